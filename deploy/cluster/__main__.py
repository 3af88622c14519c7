from deploy.cluster.cli import main

main()
