from services.cart.main import main

main()
