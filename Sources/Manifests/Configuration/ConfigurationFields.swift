import PodModel

/// The fields of the configuration file.
enum ConfigurationFields {
  static let table = FieldTable<NodeConfiguration>([
    .honoured("registries", \.registries, registry.reader(RegistrySettings()).list),
    .honoured("images", \.images, images.reader(ImageSettings())),
    .honoured("nodeLabels", \.nodeLabels, nodeLabels),
    .honoured("network", \.network, network.reader(NetworkSettings())),
  ])

  private static let network = FieldTable<NetworkSettings>([.honoured("podCIDRs", \.podCIDRs, cidr.list)])

  /// A network of IPv4; bits beyond the prefix would say that something else was meant.
  private static let cidr = FieldReader.string.then { text, place, reading -> String? in
    if IPv4CIDR(text) != nil { return text }
    let message = "\(text.quoted) is no network of IPv4"
    reading.error(place, message, hint: "expected one such as 10.85.0.0/16, with room for pods: at most /29")
    return nil
  }

  private static let nodeLabels = FieldReader<[String: String]>.strings(key: .qualifiedName, value: .labelValue)
    .then { labels, place, reading -> [String: String]? in
      for name in NodeIdentity.ownLabels where labels[name] != nil {
        reading.error(place.field(name), "is set by the node itself", hint: "remove it")
      }
      return labels
    }

  private static let registry = FieldTable<RegistrySettings>([
    .honoured("name", \.name, host, required: true),
    .honoured("mirrors", \.mirrors, host.list),
    .honoured("insecure", \.insecure, .bool),
    .honoured("caFile", \.caFile, .absolutePath),
    .honoured("authFile", \.authFile, .absolutePath),
  ])

  private static let images = FieldTable<ImageSettings>(
    [
      .honoured("authFile", \.authFile, .absolutePath),
      .honoured("maxParallelImagePulls", \.maxParallelImagePulls, .integer(1...64)),
      .honoured("maxParallelLayerPulls", \.maxParallelLayerPulls, .integer(1...64)),
      .honoured("gcHighThresholdPercent", \.gcHighThresholdPercent, .integer(0...100)),
      .honoured("gcLowThresholdPercent", \.gcLowThresholdPercent, .integer(0...100)),
      .honoured("gcMinimumAgeSeconds", \.gcMinimumAgeSeconds, .integer(0...Int64(Int32.max))),
      .honoured("credentialProviders", \.credentialProviders, providers.reader(CredentialProviderSettings())),
    ],
    finish: { settings, places, reading in
      guard settings.gcLowThresholdPercent > settings.gcHighThresholdPercent else { return }
      reading.error(
        places.place(of: "gcLowThresholdPercent"),
        "\(settings.gcLowThresholdPercent) is above gcHighThresholdPercent, \(settings.gcHighThresholdPercent)",
        hint: "removing starts at the high threshold and stops at the low one"
      )
    }
  )

  private static let providers = FieldTable<CredentialProviderSettings>([
    .honoured("configFile", \.configFile, .absolutePath, required: true),
    .honoured("binDir", \.binDir, .absolutePath, required: true),
  ])

  /// A host with an optional port, without scheme and path.
  private static let host = FieldReader.string.then { text, place, reading -> String? in
    let isHost =
      !text.isEmpty && text.utf8.count <= 261
      && text.utf8.allSatisfy { $0.isAlphanumericHostByte || ".-:[]".utf8.contains($0) }
    if isHost { return text }
    reading.error(
      place,
      "\(text.quoted) is no registry",
      hint:
        "expected a host name with an optional port, such as registry.example:5000, without https:// and without a path"
    )
    return nil
  }
}

extension UInt8 {
  fileprivate var isAlphanumericHostByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
