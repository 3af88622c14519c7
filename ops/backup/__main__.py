from ops.backup.cli import main

main()
