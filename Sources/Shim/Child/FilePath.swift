/// Absolute paths as text, before the kernel confines them.
enum FilePath {
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "/" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  static func resolve(_ target: String, from directory: String) -> String {
    var components: [Substring] = target.hasPrefix("/") ? [] : directory.split(separator: "/")
    for component in target.split(separator: "/") where component != "." {
      if component == ".." { components = components.dropLast() } else { components.append(component) }
    }
    return "/" + components.joined(separator: "/")
  }
}
