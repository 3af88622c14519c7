from services.chassis import importing

with importing.for_good():
    from services.payment.main import main

main()
