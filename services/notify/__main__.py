from services.chassis import importing

with importing.for_good():
    from services.notify.main import main

main()
