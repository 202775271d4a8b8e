import Glibc

/// Finds the addresses by which others know this machine.
enum HostAddresses {
  /// Of each family the first address of an interface that is up and no loopback, those of the interface with the
  /// default route before others. Bridges of container engines have addresses, too: they come last of all.
  static func current() -> [String] {
    let uplinks = defaultRouteInterfaces()
    let found = interfaceAddresses().sorted { a, b in
      rank(a.interface, uplinks) < rank(b.interface, uplinks)
    }
    return [sa_family_t(AF_INET), sa_family_t(AF_INET6)].compactMap { family in
      found.first { $0.family == family }?.text
    }
  }

  private struct Address {
    var interface: String
    var family: sa_family_t
    var text: String
  }

  private static func rank(_ interface: String, _ uplinks: [String]) -> Int {
    if let index = uplinks.firstIndex(of: interface) { return index }
    return access("/sys/class/net/\(interface)/bridge", F_OK) == 0 ? uplinks.count + 1 : uplinks.count
  }

  /// `/proc/net/route` (proc_net(5)): name, then the destination in hexadecimal, 0 for the default route.
  private static func defaultRouteInterfaces() -> [String] {
    guard let file = fopen("/proc/net/route", "re") else { return [] }
    defer { fclose(file) }
    var interfaces: [String] = []
    var line = [CChar](repeating: 0, count: 512)
    while interfaces.count < 64, fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let words = text.split { $0 == "\t" || $0 == " " }
      if words.count > 1, words[1] == "00000000" { interfaces.append(String(words[0])) }
    }
    return interfaces
  }

  private static func interfaceAddresses() -> [Address] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var addresses: [Address] = []
    for entry in sequence(first: list, next: { $0?.pointee.ifa_next }) {
      guard let entry = entry?.pointee, let address = entry.ifa_addr else { continue }
      let flags = Int32(bitPattern: entry.ifa_flags)
      guard flags & Int32(IFF_UP) != 0, flags & Int32(IFF_LOOPBACK) == 0,
        let text = text(of: address)
      else { continue }
      addresses.append(
        Address(interface: String(cString: entry.ifa_name), family: address.pointee.sa_family, text: text)
      )
    }
    return addresses
  }

  /// Link-local addresses of IPv6 mean nothing without their interface.
  private static func text(of address: UnsafeMutablePointer<sockaddr>) -> String? {
    let length: socklen_t
    switch Int32(address.pointee.sa_family) {
    case AF_INET: length = socklen_t(MemoryLayout<sockaddr_in>.size)
    case AF_INET6: length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    default: return nil
    }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard getnameinfo(address, length, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0 else { return nil }
    let text = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.contains("%") ? nil : text
  }
}
