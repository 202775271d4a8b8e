import Glibc
import Linux

/// What `execve(2)` needs, as C strings made before `clone3`: every path to try, the arguments, the environment.
final class ProgramVectors {
  let arguments: CStringVector
  let environment: CStringVector
  let candidates: CStringVector
  let candidateCount: Int

  /// Looks a program without a slash up in `PATH` of the new environment, as `execvp(3)` does inside the container.
  init(arguments: [String], environment: [String]) {
    let program = arguments.first ?? ""
    var candidates = [program]
    if !program.contains("/") {
      let path = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) }
      candidates = (path ?? Self.defaultPath).split(separator: ":", omittingEmptySubsequences: false)
        .map { ($0.isEmpty ? "." : String($0)) + "/" + program }
    }
    self.arguments = CStringVector(arguments)
    self.environment = CStringVector(environment)
    self.candidates = CStringVector(candidates)
    candidateCount = candidates.count
  }

  /// What a container gets whose image and pod name no `PATH`.
  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// Tries each candidate. Returns only if none could be executed, with the error that tells most: one that is not
  /// "no such file" wins.
  func execute() -> Int32 {
    var result = ENOENT
    for index in 0..<candidateCount {
      guard let path = candidates.pointers[index] else { continue }
      execve(path, arguments.pointers, environment.pointers)
      if errno != ENOENT && errno != ENOTDIR { result = errno }
      // Only what a search may step over is stepped over (execvp(3)).
      if errno != ENOENT && errno != ENOTDIR && errno != EACCES { return result }
    }
    return result
  }
}
