import Glibc
import Linux
import Testing

/// A directory below `/tmp` that is gone at the end of its owner's scope (a class could be gone after its last use).
struct TemporaryDirectory: ~Copyable {
  let path: String

  init() throws {
    var template = Array("/tmp/privileges-test-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
  }

  deinit {
    do {
      let parent = try openDirectory(AT_FDCWD, "/tmp")
      try removeTree(parent.raw, String(path.dropFirst("/tmp/".count)))
    } catch {
      Issue.record("\(path) is left behind: \(error)")
    }
  }
}
