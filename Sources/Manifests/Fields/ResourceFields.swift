import PodModel

/// `v1.ResourceRequirements`.
enum ResourceFields {
  static let table = FieldTable<ResourceRequirements>(
    [
      .honoured(
        "requests",
        \.requests,
        list,
        default: "the limits",
        "Promised: cpu is a share when cores are contended."
      ),
      .honoured("limits", \.limits, list, "Enforced by the kernel: cpu in cores, memory in bytes."),
      .notYet(
        "claims",
        "remove them",
        .list(.object("ResourceClaim", claim)),
        "Which of the pod's resourceClaims it uses."
      ),
    ],
    named: "ResourceRequirements",
    finish: { resources, places, reading in
      compare("cpu", resources.requests.cpu, resources.limits.cpu, places, reading)
      compare("memory", resources.requests.memory, resources.limits.memory, places, reading)
      resources.requests = Defaults.requests(resources.requests, limits: resources.limits)
    }
  )

  private static let claim = [
    FieldOutline("name", .string, "The claim."), FieldOutline("request", .string, "A request of the claim."),
  ]

  private static func compare(
    _ name: String,
    _ request: Quantity?,
    _ limit: Quantity?,
    _ places: ObjectPlaces,
    _ reading: Reading
  ) {
    guard let request, let limit, request > limit else { return }
    let place = places.place(of: "requests").field(name)
    reading.error(place, "\(request) is more than the limit of \(limit)", hint: "lower the request or raise the limit")
  }

  private static let list = FieldReader<ResourceList>(.object("map[string]Quantity", resources)) { place, reading in
    guard let entries = place.entries(reading) else { return nil }
    var list = ResourceList()
    for entry in entries {
      switch entry.name {
      case "cpu": list.cpu = amount.read(entry.value, reading)
      case "memory":
        list.memory = amount.read(entry.value, reading)
        if let bytes = list.memory, bytes.nanos % 1_000_000_000 != 0 {
          reading.warning(
            entry.value,
            "\(bytes) is not a whole number of bytes",
            hint: "m means thousandths; M or Mi millions"
          )
        }
      default: reading.error(entry.key, refusal(of: entry.name), hint: hint(for: entry.name))
      }
    }
    return list
  }

  private static let resources = [
    FieldOutline("cpu", .quantity, "Cores; 500m is half of one."),
    FieldOutline("memory", .quantity, "Bytes, such as 64Mi."),
    .refused("ephemeral-storage", "Bytes of logs, layers and emptyDirs."),
    .refused("hugepages-2Mi", "Bytes of huge pages; also hugepages-1Gi."),
  ]

  private static let amount = FieldReader.quantity.then { quantity, place, reading -> Quantity? in
    if quantity >= .zero { return quantity }
    reading.error(place, "must not be negative, found \(quantity)")
    return nil
  }

  private static func isKnown(_ name: String) -> Bool {
    name == "ephemeral-storage" || name.hasPrefix("hugepages-") || name.utf8.contains(UInt8(ascii: "/"))
  }

  private static func refusal(of name: String) -> String {
    isKnown(name) ? "not yet supported by this version" : "unknown resource"
  }

  private static func hint(for name: String) -> String? {
    if isKnown(name) { return "remove it" }
    return Suggestion.closest(to: name, among: ["cpu", "memory"]).map { "did you mean \($0)?" }
  }
}

extension FieldOutline {
  fileprivate static func refused(_ name: String, _ text: String) -> FieldOutline {
    var outline = FieldOutline(name, .quantity, text)
    outline.fate = .notYet("remove it")
    return outline
  }
}
