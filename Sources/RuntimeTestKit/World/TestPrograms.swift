import Foundation
import Glibc

/// Programs of this package, beside the bundle of tests that is running.
public enum TestPrograms {
  /// The supervisor: `SWIFTLET_SHIM`, or `swiftlet-shim` of the same build.
  public static func shim() throws -> String {
    if let path = ProcessInfo.processInfo.environment["SWIFTLET_SHIM"] { return path }
    return try path(of: "swiftlet-shim")
  }

  /// A program by name.
  public static func path(of name: String) throws -> String {
    let folders = candidates()
    for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
    throw ConformanceFailure(
      expected: "\(name) beside the tests: swift build builds it",
      seen: "searched \(folders.joined(separator: ", "))"
    )
  }

  /// The bundle is an executable of its own on Linux; a runner names it in its arguments, or it is this process's program.
  /// The last resort is the package that this file was compiled in.
  private static func candidates() -> [String] {
    var folders = CommandLine.arguments.filter { $0.hasSuffix(".xctest") || $0 == CommandLine.arguments[0] }
      .map { URL(filePath: $0).deletingLastPathComponent().path(percentEncoded: false) }
    folders.append(
      URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path(percentEncoded: false)
    )
    var package = URL(filePath: #filePath)
    for _ in 0..<4 { package.deleteLastPathComponent() }
    folders.append(package.path(percentEncoded: false) + "/.build/debug")
    return folders
  }
}
