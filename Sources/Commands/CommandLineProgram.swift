import ArgumentParser
import Glibc
import Linux

/// Runs the program's root command: exit code 2 for wrong usage, 1 for what could not be done, 0 otherwise; a command may
/// choose another by throwing `ExitCode`. `prepare` sees the command that is about to run.
public func runCommandLine(
  _ root: any ParsableCommand.Type,
  prepare: (any ParsableCommand) throws -> Void = { _ in }
) async -> Never {
  do {
    var command = try root.parseAsRoot()
    try prepare(command)
    if var command = command as? any AsyncParsableCommand {
      try await command.run()
    } else {
      try command.run()
    }
    exit(EXIT_SUCCESS)
  } catch let code as ExitCode {
    exit(code.rawValue)
  } catch {
    // Help and version are "errors" of the parser that go to standard output.
    let code = root.exitCode(for: error)
    if code == .success { root.exit(withError: error) }
    if code == .validationFailure {
      writeToStandardError(shortened(root.fullMessage(for: error)))
      exit(2)
    }
    writeToStandardError("swiftlet: \(error)")
    exit(EXIT_FAILURE)
  }
}

/// What repeats an argument of whatever length, for a terminal.
func shortened(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { $0.utf8.count > 2000 ? "\($0.prefix(1000)) … \($0.suffix(500))" : String($0) }
    .joined(separator: "\n")
}

/// A line for people; standard output is for results.
public func writeToStandardError(_ line: String) {
  // Where nobody listens there is nobody to tell.
  try? writeAll(STDERR_FILENO, Array((line + "\n").utf8))
}

/// A result, written at once.
///
/// - Throws: `CommandFailure`: a result that was not delivered is a failure of the command.
func writeToStandardOutput(_ text: String) throws(CommandFailure) {
  do throws(SyscallError) { try writeAll(STDOUT_FILENO, Array(text.utf8)) } catch {
    throw CommandFailure("the result could not be written to standard output: \(errorText(error.errno))")
  }
}
