import Glibc
import Images
import Manifests
import PodModel
import Registry

extension RegistryConfiguration {
  /// How registries are reached on this node.
  public init(_ configuration: NodeConfiguration) {
    var registries: [String: RegistryOptions] = [:]
    for registry in configuration.registries {
      registries[registry.name] = RegistryOptions(
        mirrors: registry.mirrors,
        isInsecure: registry.insecure,
        caFile: registry.caFile
      )
    }
    self.init(registries: registries)
  }
}

extension CredentialChain {
  /// The credentials of this node: those of single registries, of the node, of credential providers, of whoever runs this.
  ///
  /// - Parameters:
  ///   - home: The home directory of whoever runs this; nil without one.
  ///   - environment: The variables that credential providers inherit: `name=value`.
  /// - Throws: ``ConfigurationFile/Problem`` for the file that names credential providers.
  public init(
    _ configuration: NodeConfiguration,
    home: String?,
    environment: [String]
  ) throws(ConfigurationFile.Problem) {
    var sources: [any CredentialSource] = configuration.registries.compactMap { registry in
      registry.authFile.map { CredentialFile($0, registry: registry.name, isRequired: true) }
    }
    if let file = configuration.images.authFile { sources.append(CredentialFile(file, isRequired: true)) }
    sources.append(CredentialFile("/etc/swiftlet/auth.json", isRequired: false))
    if let providers = configuration.images.credentialProviders {
      sources += try Self.providers(providers, environment)
    }
    if let home { sources.append(CredentialFile(home + "/.docker/config.json", isRequired: false)) }
    self.init(sources)
  }

  private static func providers(
    _ settings: CredentialProviderSettings,
    _ environment: [String]
  ) throws(ConfigurationFile.Problem) -> [any CredentialSource] {
    let text = try ConfigurationFile.text(settings.configFile)
    let (config, diagnostics) = CredentialProviderConfig.read(text, file: settings.configFile)
    guard let config else {
      throw ConfigurationFile.Problem(description: diagnostics.map { $0.rendered() }.joined(separator: "\n"))
    }
    return try config.providers.map { provider throws(ConfigurationFile.Problem) in
      guard let seconds = GoDuration.seconds(provider.defaultCacheDuration) else {
        throw ConfigurationFile.Problem(
          description:
            "\(settings.configFile): provider \(provider.name): defaultCacheDuration: expected a duration such as "
            + "12h, found \"\(provider.defaultCacheDuration)\""
        )
      }
      return CredentialProvider(
        CredentialProvider.Settings(
          name: provider.name,
          matchImages: provider.matchImages,
          defaultCacheSeconds: seconds,
          arguments: provider.args,
          environment: provider.env.map { "\($0.name)=\($0.value)" }
        ),
        directory: settings.binDir,
        inherited: environment
      )
    }
  }
}

extension PullOptions {
  /// How images are pulled on this node.
  public init(_ settings: ImageSettings) {
    self.init()
    layersAtOnce = Int(settings.maxParallelLayerPulls)
    gate = PullGate(imagesAtOnce: Int(settings.maxParallelImagePulls))
  }
}

extension CollectionThresholds {
  /// When images are removed on this node.
  public init(_ settings: ImageSettings) {
    self.init()
    high = settings.gcHighThresholdPercent
    low = settings.gcLowThresholdPercent
    minimumAge = settings.gcMinimumAgeSeconds
  }
}

extension Secret {
  /// The registry credentials in it; nil for a Secret of another type.
  public func registryCredentials() throws(CredentialError) -> DockerConfig? {
    let origin = "Secret \(metadata.namespace)/\(metadata.name)"
    switch type {
    case Secret.dockerConfig:
      return try DockerConfig(parsing: data[Secret.dockerConfigKey] ?? [], origin: origin)
    case Secret.dockerCfg:
      return try DockerConfig(parsing: data[Secret.dockerCfgKey] ?? [], origin: origin, isLegacy: true)
    default: return nil
    }
  }
}
