Swiftlet.start()
