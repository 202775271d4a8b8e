Payload.run(CommandLine.arguments)
