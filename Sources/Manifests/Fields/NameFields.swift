import PodModel

/// `v1.PodDNSConfig` and `v1.HostAlias` of Kubernetes 1.36.
enum NameFields {
  static let dnsConfig = FieldTable<PodDNSConfig>(
    [
      .honoured("nameservers", \.nameservers, address.list, "Addresses, after those of the policy; at most three."),
      .honoured(
        "searches",
        \.searches,
        FieldReader.name(.searchDomain).list,
        "Domains that are tried with short names; at most 32."
      ),
      .honoured(
        "options",
        \.options,
        option.list,
        "Options of resolv.conf(5); one of the same name replaces the policy's."
      ),
    ],
    named: "PodDNSConfig",
    finish: { config, places, reading in
      if config.nameservers.count > 3 {
        reading.error(places.place(of: "nameservers"), "must be at most 3, found \(config.nameservers.count)")
      }
      if config.searches.count > 32 {
        reading.error(places.place(of: "searches"), "must be at most 32, found \(config.searches.count)")
      }
      // With the blanks between them, as on the line of resolv.conf.
      let length = config.searches.reduce(0) { $0 + $1.utf8.count + 1 } - 1
      if length > 2048 {
        reading.error(places.place(of: "searches"), "must have at most 2048 characters in all, found \(length)")
      }
    }
  )

  private static let option = FieldTable<PodDNSConfig.Option>(
    [
      .honoured("name", \.name, word, required: true, "Its name, such as ndots."),
      .honoured("value", \.value, .string, "Its value, where it has one."),
    ],
    named: "PodDNSConfigOption"
  ).reader(PodDNSConfig.Option(name: ""))

  private static let word = FieldReader.string.then { text, place, reading -> String? in
    if !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return text }
    reading.error(place, "\(text.quoted) must be a word such as ndots")
    return nil
  }

  static let hostAlias = FieldTable<HostAlias>(
    [
      .honoured("ip", \.ip, address, required: true, "An address."),
      .honoured("hostnames", \.hostnames, FieldReader.name(.dnsSubdomain).list, "Its names."),
    ],
    named: "HostAlias"
  ).reader(HostAlias(ip: "", hostnames: []))

  static let address = FieldReader.string.then { text, place, reading -> String? in
    if IPAddress.isAddress(text) { return text }
    reading.error(place, "\(text.quoted) is no IP address", hint: "expected one such as 10.0.0.1 or fd00::1")
    return nil
  }
}

/// Texts of addresses, as strict as Go's `net/netip`: no zeros before a number, no port, no zone.
enum IPAddress {
  static func isAddress(_ text: String) -> Bool {
    text.utf8.count <= 45 && (isIPv4(text[...]) || isIPv6(text))
  }

  private static func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && (part == "0" || !part.hasPrefix("0")) && UInt8(part) != nil
      }
  }

  private static func isIPv6(_ text: String) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2, text.contains(":") else { return false }
    var groups = 0
    for (index, half) in halves.enumerated() where !half.isEmpty {
      let parts = half.split(separator: ":", omittingEmptySubsequences: false)
      for (position, part) in parts.enumerated() {
        if part.contains(".") {
          guard index == halves.count - 1, position == parts.count - 1, isIPv4(part) else { return false }
          groups += 2
        } else {
          guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isASCII), UInt16(part, radix: 16) != nil,
            !part.hasPrefix("+"), !part.hasPrefix("-")
          else { return false }
          groups += 1
        }
      }
    }
    return halves.count == 2 ? groups <= 7 : groups == 8
  }
}
