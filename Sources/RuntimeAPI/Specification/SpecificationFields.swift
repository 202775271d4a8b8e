/// Which fields of a specification say something: the paths of everything that differs from its default.
///
/// A runtime lists the paths that it honours and refuses the rest (``refuseFields(of:notIn:runtime:)``), so that a field
/// added to the specification is refused everywhere until somebody implements it.
public enum SpecificationFields {
  /// Paths such as `linux.resources.memory.limit` of all values that are not the default; indices are left out.
  public static func nonDefaultPaths(of specification: RuntimeSpecification) -> Set<String> {
    var paths: Set<String> = []
    collect(specification, at: "", into: &paths)
    return paths
  }

  /// Throws ``RuntimeError/unsupported(path:runtime:)`` for the first field, in alphabetic order, that says something
  /// and is not in `honoured`.
  public static func refuseFields(
    of specification: RuntimeSpecification,
    notIn honoured: Set<String>,
    runtime: String
  ) throws(RuntimeError) {
    if let path = nonDefaultPaths(of: specification).subtracting(honoured).min() {
      throw .unsupported(path: path, runtime: runtime)
    }
  }

  private static func collect(_ value: Any, at path: String, into paths: inout Set<String>) {
    // A filter has hundreds of names: looking at each through a mirror would take as long as starting the container.
    if let profile = value as? SeccompProfile {
      paths.formUnion(profile.nonDefaultPaths(at: path))
      return
    }
    // Environments and capabilities are many: one says as much as all of them.
    if let texts = value as? [String] {
      if !texts.isEmpty { paths.insert(path) }
      return
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      if let wrapped = mirror.children.first?.value { collectPresent(wrapped, at: path, into: &paths) }
    case .collection:
      for child in mirror.children { collectPresent(child.value, at: path, into: &paths) }
    case .dictionary:
      if !mirror.children.isEmpty { paths.insert(path) }
    case .struct where !mirror.children.isEmpty && !(value is String):
      for child in mirror.children {
        let name = child.label ?? ""
        collect(child.value, at: path.isEmpty ? name : path + "." + name, into: &paths)
      }
    default:
      if !isDefault(value) { paths.insert(path) }
    }
  }

  /// An element of a list, or a value behind an optional, says something by being there.
  private static func collectPresent(_ value: Any, at path: String, into paths: inout Set<String>) {
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .struct && !mirror.children.isEmpty && !(value is String) {
      collect(value, at: path, into: &paths)
    } else {
      paths.insert(path)
    }
  }

  private static func isDefault(_ value: Any) -> Bool {
    switch value {
    case let value as String: value.isEmpty
    case let value as Bool: !value
    case let value as any BinaryInteger: value.isZero
    default: false
    }
  }
}

extension BinaryInteger {
  fileprivate var isZero: Bool { self == 0 }
}

extension SeccompProfile {
  /// What ``SpecificationFields`` says of a profile, without reflection.
  func nonDefaultPaths(at path: String) -> Set<String> {
    var paths: Set<String> = [path + ".defaultAction"]
    if defaultErrnoRet != nil { paths.insert(path + ".defaultErrnoRet") }
    if !architectures.isEmpty { paths.insert(path + ".architectures") }
    if !flags.isEmpty { paths.insert(path + ".flags") }
    if syscalls.isEmpty { return paths }
    let rules = path + ".syscalls."
    paths.insert(rules + "action")
    if syscalls.contains(where: { !$0.names.isEmpty }) { paths.insert(rules + "names") }
    if syscalls.contains(where: { $0.errnoRet != nil }) { paths.insert(rules + "errnoRet") }
    let arguments = syscalls.flatMap(\.args)
    if arguments.isEmpty { return paths }
    paths.insert(rules + "args.op")
    if arguments.contains(where: { $0.index != 0 }) { paths.insert(rules + "args.index") }
    if arguments.contains(where: { $0.value != 0 }) { paths.insert(rules + "args.value") }
    if arguments.contains(where: { $0.valueTwo != 0 }) { paths.insert(rules + "args.valueTwo") }
    return paths
  }
}
