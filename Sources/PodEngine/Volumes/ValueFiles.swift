import PodModel
import Volumes

/// The files of volumes that are made of values: what is in them, by the kubelet's rules and in its words.
struct ValueFiles {
  let facts: PodFacts
  let objects: any ObjectSource

  private var namespace: String { facts.pod.metadata.namespace }

  /// The files of a volume; `nil` for volumes of other kinds.
  func files(of volume: Volume) async throws -> [ValueFile]? {
    switch volume.source {
    case .emptyDir, .hostPath: return nil
    case .configMap(let source): return try await configMap(source, source.defaultMode ?? Defaults.volumeFileMode)
    case .secret(let source): return try await secret(source, source.defaultMode ?? Defaults.volumeFileMode)
    case .downwardAPI(let source): return try downward(source.items, source.defaultMode ?? Defaults.volumeFileMode)
    case .projected(let source):
      var files: [ValueFile] = []
      for part in source.sources { files += try await self.files(of: part, source.defaultMode) }
      return files
    }
  }

  private func files(of part: ProjectedVolume.Part, _ mode: UInt16) async throws -> [ValueFile] {
    switch part {
    case .configMap(let source): try await configMap(source, mode)
    case .secret(let source): try await secret(source, mode)
    case .downwardAPI(let items): try downward(items, mode)
    }
  }

  private func configMap(_ source: KeyedVolume, _ mode: UInt16) async throws -> [ValueFile] {
    guard let object = try await objects.configMap(source.name, namespace: namespace) else {
      if source.optional { return [] }
      throw VolumeError("configmap \"\(source.name)\" not found")
    }
    let values = object.data.mapValues { Array($0.utf8) }.merging(object.binaryData) { text, _ in text }
    return try Self.select(values, source, mode)
  }

  private func secret(_ source: KeyedVolume, _ mode: UInt16) async throws -> [ValueFile] {
    guard let object = try await objects.secret(source.name, namespace: namespace) else {
      if source.optional { return [] }
      throw VolumeError("secret \"\(source.name)\" not found")
    }
    return try Self.select(object.data, source, mode)
  }

  /// All values under their keys, or those of `items` under their paths.
  static func select(_ values: [String: [UInt8]], _ source: KeyedVolume, _ mode: UInt16) throws -> [ValueFile] {
    if source.items.isEmpty { return values.map { ValueFile(path: $0.key, content: $0.value, mode: mode) } }
    return try source.items.compactMap { item in
      guard let value = values[item.key] else {
        if source.optional { return nil }
        throw VolumeError("references non-existent key: \(item.key)")
      }
      return ValueFile(path: item.path, content: value, mode: item.mode ?? mode)
    }
  }

  private func downward(_ items: [DownwardAPIFile], _ mode: UInt16) throws -> [ValueFile] {
    try items.map { item in
      let text = try facts.value(of: item.source, for: nil)
      return ValueFile(path: item.path, content: Array(text.utf8), mode: item.mode ?? mode)
    }
  }
}
