// swift-tools-version: 6.2
import PackageDescription

/// Every target is built in Swift 6 mode with warnings as errors.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A static program has no loader that an image could poison (CVE-2019-5736 and its variants).
let staticProgram: [LinkerSetting] = [.unsafeFlags(["-static-executable"])]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name + "Tests", dependencies: dependencies, swiftSettings: strict)
}

func systemLibrary(_ name: String, _ pkgConfig: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([pkgConfig + "-dev"])])
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "swiftlet",
  products: [
    .executable(name: "swiftlet", targets: ["swiftlet"]),
    .executable(name: "swiftlet-shim", targets: ["swiftlet-shim"]),
    .executable(name: "swiftlet-unpack", targets: ["swiftlet-unpack"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    // L0
    .target(name: "CLinux"),
    .target(name: "CHostProbe"),
    .target(name: "CPayload"),
    systemLibrary("CSeccomp", "libseccomp"),
    systemLibrary("CCapability", "libcap"),
    systemLibrary("CArchive", "libarchive"),
    .target(name: "CExtendedAttributes"),
    library("JSONText", []),
    library("PodModel", []),
    // L1
    library("Linux", ["CLinux"]),
    library("LaunchPlan", ["JSONText"]),
    library("UnpackPlan", ["JSONText"]),
    library("RuntimeAPI", []),
    library("PodLogic", ["PodModel"]),
    // L2
    library("Cgroups", ["Linux", "CLinux"]),
    library("Privileges", ["Linux", "RuntimeAPI", "JSONText", "CSeccomp", "CCapability", crypto]),
    library("Images", ["Linux", "CLinux", "CExtendedAttributes", "JSONText", "UnpackPlan", crypto]),
    library(
      "LayerUnpack",
      ["Linux", "CLinux", "CExtendedAttributes", "UnpackPlan", "CArchive", "CSeccomp", crypto]
    ),
    library("StateStore", ["Linux", "JSONText"]),
    library("Volumes", ["PodModel", "Linux", "CLinux"]),
    library("Shim", ["LaunchPlan", "JSONText", "Linux", "CLinux"]),
    library("ShimClient", ["LaunchPlan", "JSONText", "Linux", "CLinux"]),
    library("Manifests", ["PodModel", yams]),
    library("Networking", ["Linux", "CLinux", "JSONText"]),
    // L3
    library("Registry", ["Images", "JSONText", "Linux", httpClient, nioCore, nioHTTP1, nioPosix, nioSSL]),
    library("Probes", [httpClient, nioCore, nioHTTP1, nioPosix, nioSSL]),
    library(
      "Supervision",
      ["RuntimeAPI", "LaunchPlan", "JSONText", "ShimClient", "Cgroups", "StateStore", "Linux"]
    ),
    library(
      "HostCheck",
      ["Linux", "Cgroups", "Privileges", "Networking", "CLinux", "CHostProbe", "CExtendedAttributes", "CSeccomp"]
    ),
    library("RuntimeTestKit", ["RuntimeAPI", "StateStore", "Cgroups", "Linux", "CLinux"]),
    .executableTarget(
      name: "payload",
      dependencies: ["Linux", "CLinux", "CPayload"],
      swiftSettings: strict,
      linkerSettings: staticProgram
    ),
    // L4
    library(
      "NativeRuntime",
      ["Supervision", "RuntimeAPI", "LaunchPlan", "ShimClient", "Cgroups", "Privileges", "StateStore", "Linux"]
    ),
    library("OCIRuntime", ["Supervision", "RuntimeAPI", "LaunchPlan", "ShimClient", "Cgroups", "StateStore", "Linux"]),
    library(
      "PodEngine",
      ["PodLogic", "PodModel", "RuntimeAPI", "Images", "Privileges", "StateStore", "Volumes", "Linux", "CLinux"]
    ),
    // L5
    library("CommandLineOptions", [argumentParser]),
    library("NodeSettings", ["Manifests", "PodModel", "Registry", "Images", "Linux"]),
    // L6
    library(
      "NodeAgent",
      [
        "CommandLineOptions", "CLinux", "Networking", "NodeSettings", "Registry", "Probes",
        "PodEngine", "PodModel", "PodLogic", "RuntimeAPI", "Manifests", "NativeRuntime", "OCIRuntime", "Images",
        "StateStore", "Cgroups", "Linux", argumentParser,
      ]
    ),
    library(
      "Commands",
      [
        "CommandLineOptions", "HostCheck", "Images", "JSONText", "Linux", "Manifests", "NodeSettings", "PodModel",
        "Registry", argumentParser,
      ]
    ),
    // Tests
    tests("Privileges", ["Privileges", "RuntimeAPI", "JSONText", "Linux", "CSeccomp", "CCapability"]),
    // L7
    .executableTarget(
      name: "swiftlet",
      dependencies: ["NodeAgent", "Commands", "CommandLineOptions", "Linux", argumentParser],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "swiftlet-shim",
      dependencies: ["Shim"],
      swiftSettings: strict,
      linkerSettings: staticProgram
    ),
    .executableTarget(
      name: "swiftlet-bench",
      dependencies: [
        "NativeRuntime", "RuntimeAPI", "ShimClient", "StateStore", "Privileges", "Cgroups", "Linux", "Images",
        "Networking", "PodEngine", "PodLogic", "PodModel",
      ],
      swiftSettings: strict
    ),
    .executableTarget(name: "swiftlet-unpack", dependencies: ["LayerUnpack"], swiftSettings: strict),
    // tests
    .target(
      name: "ArchiveTestKit",
      dependencies: ["Linux", "CExtendedAttributes"],
      path: "Tests/ArchiveTestKit",
      swiftSettings: strict
    ),
    // What the tests of Images and Registry run, and kill.
    .executableTarget(
      name: "pull-child",
      dependencies: ["Images", "Registry", "Linux"],
      path: "Tests/PullChild",
      swiftSettings: strict
    ),
    // What the tests of Networking run in network namespaces, and kill.
    .executableTarget(
      name: "network-child",
      dependencies: ["Networking", "Linux", "CLinux"],
      path: "Tests/NetworkChild",
      swiftSettings: strict
    ),
    tests("Networking", ["Networking", "JSONText", "Linux", "CLinux", "RuntimeTestKit"]),
    tests("UnpackPlan", ["UnpackPlan"]),
    // The programs that these run (swiftlet, swiftlet-unpack) are built with every test run.
    tests(
      "LayerUnpack",
      ["LayerUnpack", "UnpackPlan", "Linux", "CLinux", "CExtendedAttributes", "CSeccomp", "ArchiveTestKit"]
    ),
    tests(
      "Registry",
      [
        "Registry", "Images", "JSONText", "Linux", "ArchiveTestKit", httpClient, nioCore, nioHTTP1, nioPosix, nioSSL,
      ]
    ),
    tests("Images", ["Images", "UnpackPlan", "JSONText", "Linux", "CLinux", "CExtendedAttributes", "ArchiveTestKit"]),
    tests(
      "Commands",
      [
        "Commands", "CommandLineOptions", "HostCheck", "Images", "JSONText", "Linux", "Manifests", argumentParser,
        "ArchiveTestKit",
      ]
    ),
    tests("NodeSettings", ["NodeSettings", "Manifests", "Registry", "Images", "PodModel", "ArchiveTestKit"]),
    tests("HostCheck", ["HostCheck", "Privileges", "Linux", "CLinux"]),
    tests("JSONText", ["JSONText"]),
    tests("Probes", ["Probes", nioCore, nioHTTP1, nioPosix]),
    tests("Linux", ["Linux", "CLinux", "RuntimeTestKit"]),
    tests("LaunchPlan", ["LaunchPlan", "JSONText", "RuntimeTestKit"]),
    tests("Cgroups", ["Cgroups", "Linux", "RuntimeTestKit"]),
    tests("Shim", ["Shim", "LaunchPlan", "Linux", "RuntimeTestKit"]),
    tests("StateStore", ["StateStore", "Linux", "RuntimeTestKit"]),
    tests("Supervision", ["Supervision", "ShimClient", "Cgroups", "StateStore", "RuntimeAPI"]),
    // Not on swiftlet-shim: its linker settings would make the bundle of tests static. A build with tests has it anyway.
    tests(
      "NativeRuntime",
      ["NativeRuntime", "RuntimeTestKit", "Supervision", "RuntimeAPI", "Linux", "CLinux", "ArchiveTestKit"]
    ),
    tests("OCIRuntime", ["OCIRuntime", "RuntimeTestKit", "Supervision", "RuntimeAPI", "Linux"]),
    tests(
      "PodEngine",
      [
        "PodEngine", "PodLogic", "PodModel", "RuntimeAPI", "RuntimeTestKit", "Images", "Privileges", "Linux", "CLinux",
        "Volumes",
      ]
    ),
    tests(
      "NodeAgent",
      [
        "NodeAgent", "PodEngine", "PodLogic", "PodModel", "RuntimeAPI", "RuntimeTestKit", "Images", "Privileges",
        "Linux",
      ]
    ),
    .target(name: "CTrace", path: "Tests/CTrace"),
    tests(
      "Crash",
      [
        "NativeRuntime", "RuntimeAPI", "ShimClient", "Privileges", "StateStore", "Cgroups", "HostCheck", "JSONText",
        "Linux",
        "CSeccomp", "CTrace", "ArchiveTestKit",
      ]
    ),
    tests("RuntimeTestKit", ["RuntimeTestKit", "RuntimeAPI"]),
    tests(
      "Sandbox",
      [
        "NodeAgent", "PodEngine", "PodLogic", "PodModel", "RuntimeAPI", "Images", "Privileges", "StateStore", "Cgroups",
        "Linux", "CLinux", "CommandLineOptions", "CSeccomp", "RuntimeTestKit", crypto, argumentParser,
      ]
    ),
    tests("Volumes", ["Volumes", "PodModel", "Linux", "CLinux"]),
    tests("RuntimeAPI", ["RuntimeAPI"]),
    tests("PodLogic", ["PodLogic", "PodModel"]),
    tests("PodModel", ["PodModel"]),
    tests("Manifests", ["Manifests", "PodModel"]),
  ]
)
