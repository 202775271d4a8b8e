/// The version of this program (semver.org), as `--version` prints it and nodes report it.
public let swiftletVersion = "0.1.0"
