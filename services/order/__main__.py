from services.chassis import importing

with importing.for_good():
    from services.order.main import main

main()
