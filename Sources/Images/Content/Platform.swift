/// What an image runs on, in the words of Go and OCI (`linux`, `amd64`, `v7`).
public struct Platform: Hashable, Sendable, CustomStringConvertible {
  /// The operating system.
  public var os: String
  /// The processor's architecture.
  public var architecture: String
  /// Its version; nil for the architecture's usual one.
  public var variant: String?

  /// Makes a platform; other names of the same (`x86_64`, `aarch64`, `armhf`) become the usual ones, as in containerd.
  public init(os: String, architecture: String, variant: String? = nil) {
    self.os = os.lowercased()
    let variant = variant.flatMap { $0.isEmpty ? nil : $0.lowercased() }
    switch (architecture.lowercased(), variant) {
    case ("x86_64", _), ("x86-64", _), ("amd64", _):
      (self.architecture, self.variant) = ("amd64", variant == "v1" ? nil : variant)
    case ("aarch64", _), ("arm64", _):
      (self.architecture, self.variant) = ("arm64", variant == "v8" || variant == "8" ? nil : variant)
    case ("armhf", _), ("arm", nil), ("arm", "7"): (self.architecture, self.variant) = ("arm", "v7")
    case ("armel", _), ("arm", "6"): (self.architecture, self.variant) = ("arm", "v6")
    case ("arm", "5"): (self.architecture, self.variant) = ("arm", "v5")
    case ("arm", "8"): (self.architecture, self.variant) = ("arm", "v8")
    case ("i386", _), ("i686", _): (self.architecture, self.variant) = ("386", variant)
    case (let name, _): (self.architecture, self.variant) = (name, variant)
    }
  }

  /// This machine's.
  public static let host = Platform(os: "linux", architecture: hostArchitecture)

  /// What runs here, the best first: containerd's order for `platforms.Only`.
  public var runnable: [Platform] {
    let fallbacks: [(String, String?)]
    switch (architecture, variant) {
    case ("amd64", let variant?):
      let level = variant.hasPrefix("v") ? Int(variant.dropFirst()) ?? 1 : 1
      let levels = (1..<max(2, min(level, 9))).reversed().map { ("amd64", $0 == 1 ? nil : "v\($0)") }
      fallbacks = levels + [("386", nil)]
    case ("amd64", nil): fallbacks = [("386", nil)]
    case ("arm64", _): fallbacks = [("arm", "v8"), ("arm", "v7"), ("arm", "v6"), ("arm", "v5")]
    case ("arm", "v8"): fallbacks = [("arm", "v7"), ("arm", "v6"), ("arm", "v5")]
    case ("arm", "v7"): fallbacks = [("arm", "v6"), ("arm", "v5")]
    case ("arm", "v6"): fallbacks = [("arm", "v5")]
    default: fallbacks = []
    }
    return [self] + fallbacks.map { Platform(os: os, architecture: $0.0, variant: $0.1) }
  }

  /// `linux/arm/v7`.
  public var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }
}
