from ops.audit.cli import main

main()
