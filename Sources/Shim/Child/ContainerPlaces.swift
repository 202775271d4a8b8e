import Linux

/// A directory of the container from which paths are looked up while it is being made.
enum Place: Sendable {
  case root, proc, sys, dev

  /// The one that a mount at this path is.
  init?(mountedAt path: String) {
    switch path {
    case "/proc": self = .proc
    case "/sys": self = .sys
    case "/dev": self = .dev
    default: return nil
    }
  }
}

/// A path and where its look-up begins.
///
/// What lies below `/proc`, `/sys` and `/dev` is looked up from the mounts themselves. Were it looked up from the root
/// each time, whoever can rename in the root could put something else there between two looks: a mask would then cover
/// the wrong place, or find nothing to cover and leave the real one open (the pattern of CVE-2025-31133 and
/// CVE-2025-52881).
struct PlacedPath: Sendable {
  /// As the plan has it, for messages.
  let full: String
  /// Where the look-up begins.
  let place: Place
  /// What is looked up there; begins with a slash.
  let path: String
  /// The one component that `path` has; nil if it has several.
  let name: String?

  /// - Parameter mounted: The places that have a mount of the container's by then.
  init(_ full: String, mounted: [Place]) {
    let place = mounted.first { full == $0.path || full.hasPrefix($0.path + "/") } ?? .root
    let rest = full.dropFirst(place.path.utf8.count)
    self.full = full
    self.place = place
    path = rest.isEmpty ? "/" : String(rest)
    let components = rest.split(separator: "/")
    name = components.count == 1 && components[0] != ".." ? String(components[0]) : nil
  }
}

extension Place {
  fileprivate var path: String {
    switch self {
    case .root: ""
    case .proc: "/proc"
    case .sys: "/sys"
    case .dev: "/dev"
    }
  }
}

/// The open directories that the places stand for; numbers only, open until execve.
struct ContainerPlaces {
  let root: Int32
  private var proc: Int32 = -1
  private var sys: Int32 = -1
  private var dev: Int32 = -1

  init(root: Int32) { self.root = root }

  /// Remembers the mount that was attached at a place.
  mutating func keep(_ mount: consuming OwnedFD, at place: Place) {
    let raw = mount.release()
    switch place {
    case .root: break
    case .proc: proc = raw
    case .sys: sys = raw
    case .dev: dev = raw
    }
  }

  subscript(_ place: Place) -> Int32 {
    switch place {
    case .root: root
    case .proc: proc
    case .sys: sys
    case .dev: dev
    }
  }
}
