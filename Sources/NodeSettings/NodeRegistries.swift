import Foundation
import Manifests
import Registry

extension RegistryClient {
  /// A client for this node, as its configuration and the environment of this process have it.
  ///
  /// - Throws: ``ConfigurationFile/Problem``.
  public convenience init(_ configuration: NodeConfiguration) throws(ConfigurationFile.Problem) {
    let variables = ProcessInfo.processInfo.environment
    self.init(
      RegistryConfiguration(configuration),
      credentials: try CredentialChain(
        configuration,
        home: variables["HOME"],
        environment: variables.map { "\($0.key)=\($0.value)" }.sorted()
      )
    )
  }
}
