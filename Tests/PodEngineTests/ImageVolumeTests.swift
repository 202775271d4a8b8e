import Foundation
import Glibc
import PodModel
import Testing

@testable import PodEngine

@Suite(
  "An image's volumes are empty directories, wherever its paths lead",
  .enabled(if: geteuid() == 0, "root is required")
)
struct ImageVolumeTests {
  /// Two layers with something in them.
  private func withLayers(_ body: ([String]) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "swiftlet-volumes-\(UUID().uuidString)")
    let layers = ["1", "2"].map { root.appending(path: $0) }
    let files = FileManager.default
    for path in ["data", "full/deep", "var/lib/db"] {
      try files.createDirectory(at: layers[0].appending(path: path), withIntermediateDirectories: true)
    }
    try files.createDirectory(at: layers[1].appending(path: "data"), withIntermediateDirectories: true)
    #expect(chown(layers[1].appending(path: "data").path, 999, 998) == 0)
    #expect(chmod(layers[1].appending(path: "data").path, 0o2770) == 0)
    try files.createSymbolicLink(atPath: layers[0].appending(path: "link").path, withDestinationPath: "/etc")
    try Data().write(to: layers[0].appending(path: "file"))
    try body(layers.map(\.path))
    try files.removeItem(at: root)
  }

  @Test("what is empty or missing is mounted, with owner and mode of the topmost; what is not is left")
  func places() throws {
    try withLayers { layers in
      let volumes = try ImageVolumes(layers: layers).empty(
        ["/data/", "/full", "/new/place", "/link", "/link/x", "/file", "/var/lib/./db/../db", "/etc"],
        except: ["/etc/hosts"]
      )
      #expect(
        volumes == [
          ImageVolume(path: "/data", uid: 999, gid: 998, mode: 0o2770),
          ImageVolume(path: "/new/place", uid: 0, gid: 0, mode: 0o755),
          ImageVolume(path: "/var/lib/db", uid: 0, gid: 0, mode: 0o755),
        ]
      )
    }
  }

  @Test(
    "places that are the kernel's are refused by name",
    arguments: ["/", "/..", "/proc", "/proc/x", "/dev/shm", "/sys/", "//dev"]
  )
  func refused(path: String) throws {
    try withLayers { layers in
      let error = #expect(throws: ConfigurationError.self) {
        try ImageVolumes(layers: layers).empty([path], except: [])
      }
      #expect(error?.description.contains("declares a volume at \(MountPath.normalised(path))") == true)
    }
  }
}
