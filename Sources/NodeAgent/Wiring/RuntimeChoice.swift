import ArgumentParser
import Cgroups
import NativeRuntime
import OCIRuntime
import RuntimeAPI

/// A runtime by its handler name.
enum RuntimeChoice: Hashable, ExpressibleByArgument {
  /// This project's own.
  case native
  /// An OCI runtime's command line.
  case oci(String)

  init?(argument: String) {
    if argument == "native" {
      self = .native
    } else if argument.hasPrefix("oci:"), argument.count > 4 {
      self = .oci(String(argument.dropFirst(4)))
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .native: "native"
    case .oci(let binary): "oci:\(binary)"
    }
  }

  static let allValueStrings = ["native", "oci:crun", "oci:runc"]
}

/// Makes the runtimes: the one place that names them.
struct RuntimeFactory {
  let places: NodePlaces
  let hierarchy: CgroupHierarchy

  func make(_ choice: RuntimeChoice) throws(RuntimeError) -> any ContainerRuntime {
    switch choice {
    case .native:
      return try NativeRuntime(
        NativeRuntimeConfiguration(
          runDirectory: places.run,
          filterCache: places.filters,
          shim: places.shim,
          hierarchy: hierarchy
        )
      )
    case .oci(let binary):
      return try OCIRuntime(
        OCIRuntimeConfiguration(
          binary: binary,
          runDirectory: places.run,
          shim: places.shim,
          hierarchy: hierarchy
        )
      )
    }
  }
}
