import PodModel

/// The fields of a pod's document.
enum PodFields {
  static let table = FieldTable<Pod>([
    .checked("apiVersion", .string) { _, _, _ in },
    .checked("kind", .string) { _, _, _ in },
    .honoured("metadata", \.metadata, MetadataFields.table.reader(ObjectMeta(name: "")), required: true),
    .honoured("spec", \.spec, PodSpecFields.table.reader(PodSpec(containers: [])), required: true),
    .ignored("status"),
  ])

  static var empty: Pod { Pod(metadata: ObjectMeta(name: ""), spec: PodSpec(containers: [])) }
}

/// `metav1.ObjectMeta`.
enum MetadataFields {
  static let table = FieldTable<ObjectMeta>(
    [
      .honoured("name", \.name, .name(.dnsSubdomain), required: true),
      .honoured("namespace", \.namespace, .name(.dnsLabel)),
      .honoured("uid", \.uid, .name(.uid)),
      .honoured("labels", \.labels, .strings(key: .qualifiedName, value: .labelValue)),
      .honoured("annotations", \.annotations, .strings(key: .annotationName)),
      .notYet("generateName", "give the pod a name"),
      .ignored("creationTimestamp"),
      .ignored("deletionTimestamp"),
      .ignored("deletionGracePeriodSeconds"),
      .ignored("generation"),
      .ignored("resourceVersion"),
      .ignored("selfLink"),
      .ignored("managedFields"),
      .withoutEffect("ownerReferences", \.withoutEffect),
      .withoutEffect("finalizers", \.withoutEffect),
    ],
    finish: { metadata, places, reading in
      guard let annotations = places["annotations"] else { return }
      let size = metadata.annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
      if size > greatestAnnotations {
        reading.error(annotations, "must hold at most \(greatestAnnotations) bytes in all, found \(size)")
      }
      checkProfiles(metadata.annotations, annotations, reading)
    }
  )

  private static let greatestAnnotations = 256 * 1024

  /// Confinement that was once asked for by annotation must not be dropped in silence.
  private static func checkProfiles(_ annotations: [String: String], _ place: Place, _ reading: Reading) {
    for (name, value) in annotations.sorted(by: { $0.key < $1.key }) {
      if name.hasPrefix("container.apparmor.security.beta.kubernetes.io/"), value != "unconfined" {
        reading.error(place.field(name), "AppArmor is not yet supported by this version", hint: "remove the annotation")
      }
      if name.hasPrefix("seccomp.security.alpha.kubernetes.io/") || name.hasPrefix("container.seccomp.security.alpha") {
        reading.warning(
          place.field(name),
          "without effect since Kubernetes 1.27",
          hint: "use securityContext.seccompProfile"
        )
      }
    }
  }
}

/// Which type has a field of a name: for fields that were written into the wrong object.
enum FieldIndex {
  static let owners: [String: String] = {
    var owners: [String: String] = [:]
    func add<Model>(_ table: FieldTable<Model>, _ owner: String) {
      for field in table.fields where owners[field.name] == nil { owners[field.name] = owner }
    }
    add(ContainerFields.table, "spec.containers[]")
    add(PodSpecFields.table, "spec")
    add(SecurityContextFields.container, "spec.containers[].securityContext")
    add(SecurityContextFields.pod, "spec.securityContext")
    add(ResourceFields.table, "spec.containers[].resources")
    add(MetadataFields.table, "metadata")
    return owners
  }()
}
