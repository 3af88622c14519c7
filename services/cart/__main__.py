from services.chassis import importing

with importing.for_good():
    from services.cart.main import main

main()
