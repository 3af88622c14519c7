from ops.smoke.cli import main

main()
