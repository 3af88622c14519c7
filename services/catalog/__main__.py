from services.chassis import importing

with importing.for_good():
    from services.catalog.main import main

main()
