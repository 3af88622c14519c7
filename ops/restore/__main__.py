from ops.restore.cli import main

main()
