/// How full the file system of the store is.
public struct DiskUsage: Equatable, Sendable {
  /// The size of the file system in bytes.
  public var capacity: Int64
  /// What is free for the store in bytes.
  public var available: Int64

  /// Describes a disk.
  public init(capacity: Int64, available: Int64) {
    self.capacity = capacity
    self.available = available
  }

  /// How much of it is used, in percent, rounded up as kubelet does; 100 for one without a size.
  public var percent: Int64 {
    guard capacity > 0 else { return 100 }
    let used = max(0, min(capacity, capacity &- available))
    return Int64((Double(used) / Double(capacity) * 100).rounded(.up))
  }
}

/// When images go, and how many (kubelet's image garbage collection).
public struct CollectionThresholds: Equatable, Sendable {
  /// From this usage on, in percent, images are removed.
  public var high: Int64 = 85
  /// Until this usage, in percent, is reached.
  public var low: Int64 = 80
  /// Images that were stored or used less than so many seconds ago stay.
  public var minimumAge: Int64 = 120

  /// 85 %, 80 %, two minutes.
  public init() {}
}

/// An image as the collection sees it: all names of one manifest.
public struct ImageUse: Equatable, Sendable {
  /// Its manifest.
  public var manifest: ContentDigest
  /// Its names.
  public var names: [ImageReference]
  /// Its layers and their sizes in bytes.
  public var layers: [ContentDigest: Int64]
  /// When it was last used or stored, in seconds since 1970.
  public var lastUsed: Int64
  /// Whether somebody uses it now.
  public var isHeld: Bool

  /// Describes an image.
  public init(
    manifest: ContentDigest,
    names: [ImageReference],
    layers: [ContentDigest: Int64],
    lastUsed: Int64,
    isHeld: Bool
  ) {
    self.manifest = manifest
    self.names = names
    self.layers = layers
    self.lastUsed = lastUsed
    self.isHeld = isHeld
  }
}

/// Which images go: a decision, nothing is done yet.
public struct CollectionPlan: Equatable, Sendable {
  /// Those that go, in this order: the least recently used first.
  public let images: [ImageUse]
  /// How many bytes must become free.
  public let wanted: Int64
  /// How many bytes of files that will free; what layers share with images that stay does not count.
  public let expected: Int64

  /// Decides.
  ///
  /// - Parameter now: Seconds since 1970.
  public init(images: [ImageUse], disk: DiskUsage, thresholds: CollectionThresholds, now: Int64) {
    guard disk.percent >= thresholds.high, disk.capacity > 0 else {
      (self.images, wanted, expected) = ([], 0, 0)
      return
    }
    let target = Int64(Double(disk.capacity) * Double(100 - thresholds.low) / 100)
    wanted = max(0, target &- disk.available)
    var users: [ContentDigest: Int] = [:]
    for image in images { for layer in image.layers.keys { users[layer, default: 0] += 1 } }
    var (chosen, freed): ([ImageUse], Int64) = ([], 0)
    let order = images.sorted { ($0.lastUsed, $0.manifest.hex) < ($1.lastUsed, $1.manifest.hex) }
    for image in order where !image.isHeld && now &- image.lastUsed >= thresholds.minimumAge {
      if freed >= wanted { break }
      chosen.append(image)
      for (layer, size) in image.layers {
        let left = (users[layer] ?? 1) - 1
        users[layer] = left
        if left == 0 { freed = freed.addingReportingOverflow(size).partialValue }
      }
    }
    (self.images, expected) = (chosen, freed)
  }
}
