import Glibc
import Manifests

extension NodeIdentity {
  /// This machine with the labels of its configuration.
  public static func current(_ configuration: NodeConfiguration) -> NodeIdentity {
    var names = utsname()
    // It fails only for an address that is none.
    uname(&names)
    return NodeIdentity(
      hostName: text(names.nodename),
      machine: text(names.machine),
      labels: configuration.nodeLabels
    )
  }

  /// A C string of a fixed size.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
