/// Modules of the kernel, so that no probe makes it load one.
struct ModuleTable {
  /// `nil` where the kernel loads no modules at all.
  private let loaded: Set<Substring>?
  private let onDisk: String

  /// Reads the tables of the running kernel.
  init(release: String) {
    loaded = kernelText("/proc/modules").map { text in
      Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first })
    }
    onDisk = kernelText("/lib/modules/\(release)/modules.dep") ?? ""
  }

  /// Takes known tables.
  init(loaded: Set<Substring>?, onDisk: String) {
    self.loaded = loaded
    self.onDisk = onDisk
  }

  /// Whether the first use of this module would load it.
  func isLoadedOnUse(_ name: String) -> Bool {
    guard let loaded, !loaded.contains(Substring(name)) else { return false }
    return onDisk.split(separator: "\n").contains { line in
      let file = line.prefix { $0 != ":" }
      return file.split(separator: "/").last?.hasPrefix("\(name).ko") == true
    }
  }

  /// What a probe sees, or that it was not tried because it would load a module.
  func probe(_ name: String, _ body: () -> Finding) -> Finding {
    isLoadedOnUse(name) ? .works("module, loaded when first used") : body()
  }
}
