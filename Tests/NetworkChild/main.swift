NetworkChild.main()
