import PodModel

/// What a pod says about itself: as files (`v1.DownwardAPIVolumeSource`) and for variables.
enum DownwardFields {
  static let volume = FieldTable<DownwardAPIVolume>(
    [
      .honoured("items", \.items, file.list, "The files."),
      .honoured(
        "defaultMode",
        \.defaultMode,
        .fileMode,
        default: "0644",
        "Permissions of the files that do not say otherwise."
      ),
    ],
    named: "DownwardAPIVolumeSource",
    finish: { _, places, reading in
      PathCheck.report(repeated: (places["items"]?.children ?? []).map { $0.field("path") }, .warning, reading)
    }
  ).reader(DownwardAPIVolume(defaultMode: Defaults.volumeFileMode))

  /// `v1.DownwardAPIProjection`.
  static let part = FieldTable<DownwardAPIVolume>(
    [.honoured("items", \.items, file.list, "The files.")],
    named: "DownwardAPIProjection"
  ).reader(DownwardAPIVolume()).then { volume, _, _ in volume.items }

  /// `v1.DownwardAPIVolumeFile`.
  private struct File: Sendable {
    var path = ""
    var field: String?
    var resource: ResourceField?
    var mode: UInt16?
  }

  private static let file = FieldTable<File>(
    [
      .honoured("path", \.path, .volumePath, required: true, "The file's path in the volume: relative, without `..`."),
      .honoured(
        "fieldRef",
        \.field,
        field(of: .file),
        "A field of the pod; labels and annotations as lines key=\"value\"."
      ),
      .honoured("resourceFieldRef", \.resource, resource(isFile: true), "A limit or request of a container."),
      .honoured("mode", \.mode, .fileMode, "The file's permissions; the volume's defaultMode when nothing is said."),
    ],
    named: "DownwardAPIVolumeFile",
    finish: { _, places, reading in _ = places.requireOne(of: ["fieldRef", "resourceFieldRef"], "source", reading) }
  ).reader(File()).then { file, _, _ -> DownwardAPIFile? in
    if let path = file.field { return DownwardAPIFile(path: file.path, source: .field(path: path), mode: file.mode) }
    return file.resource.map { DownwardAPIFile(path: file.path, source: .resource($0), mode: file.mode) }
  }

  /// `v1.ObjectFieldSelector`.
  private struct FieldSelector: Sendable {
    var path = ""
  }

  static func field(of use: FieldPath.Use) -> FieldReader<String> {
    FieldTable<FieldSelector>(
      [
        .checked("apiVersion", .string, default: "v1", "The version in which fieldPath is written: v1.") {
          text,
          place,
          reading in
          if text != "v1" { reading.error(place, "expected v1, found \(text.quoted)") }
        },
        .honoured("fieldPath", \.path, FieldPath.reader(use), required: true, FieldPath.text(use)),
      ],
      named: "ObjectFieldSelector"
    ).reader(FieldSelector()).then { selector, _, _ in selector.path.isEmpty ? nil : selector.path }
  }

  /// `v1.ResourceFieldSelector`.
  static func resource(isFile: Bool) -> FieldReader<ResourceField> {
    FieldTable<ResourceField>(
      [
        .honoured(
          "containerName",
          \.containerName,
          .name(.dnsLabel),
          required: isFile,
          "Whose resources" + (isFile ? "." : "; the container's own when nothing is said.")
        ),
        .honoured(
          "resource",
          \.resource,
          resourceName,
          required: true,
          "limits.cpu, limits.memory, requests.cpu, requests.memory."
        ),
        .honoured(
          "divisor",
          \.divisor,
          .quantity,
          default: "1",
          "The unit: 1 or 1m for cpu, 1, 1k, 1Ki, 1Mi and so on for memory; rounded up."
        ),
      ],
      named: "ResourceFieldSelector",
      finish: checkResource
    ).reader(ResourceField(resource: ""))
  }

  private static let resourceName = FieldReader<String>.string(
    oneOf: ["limits.cpu", "limits.memory", "requests.cpu", "requests.memory"],
    refusing: [
      "limits.ephemeral-storage": "cpu and memory are there", "requests.ephemeral-storage": "cpu and memory are there",
    ]
  )

  @Sendable
  private static func checkResource(_ field: inout ResourceField, _ places: ObjectPlaces, _ reading: Reading) {
    if let name = field.containerName, let place = places["containerName"] {
      reading.refer(to: .container, name, at: place)
    }
    // Servers print a missing one as 0.
    if field.divisor == .zero { field.divisor = nil }
    guard let divisor = field.divisor, let place = places["divisor"], !field.resource.isEmpty else { return }
    let isCPU = field.resource.hasSuffix("cpu")
    let texts = isCPU ? ["1", "1m"] : memoryDivisors
    // Each of these texts is a quantity.
    if texts.contains(where: { (try? Quantity(parsing: $0)) == divisor }) { return }
    reading.error(place, "expected one of \(texts.joined(separator: ", ")) for \(field.resource), found \(divisor)")
  }

  private static let memoryDivisors = [
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
  ]
}
