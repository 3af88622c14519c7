from services.chassis import importing

with importing.for_good():
    from services.auth.main import main

main()
