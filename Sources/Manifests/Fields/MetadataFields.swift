import PodModel

/// `metav1.ObjectMeta`.
enum MetadataFields {
  static let table = FieldTable<ObjectMeta>(
    [
      .honoured("name", \.name, .name(.dnsSubdomain), required: true, "A DNS subdomain, unique in the namespace."),
      .honoured("namespace", \.namespace, .name(.dnsLabel), default: "default", "A DNS label; it needs no object."),
      .honoured("uid", \.uid, .name(.uid), "Unique over time; made up when nothing is said."),
      .honoured(
        "labels",
        \.labels,
        .strings(key: .qualifiedName, value: .labelValue),
        "What the object is selected by."
      ),
      .honoured("annotations", \.annotations, .strings(key: .annotationName), "What others keep with the object."),
      .notYet("generateName", "give the pod a name", .string, "The beginning of a name that a server makes up."),
      .ignored("creationTimestamp", .time, "When a server accepted the object."),
      .ignored("deletionTimestamp", .time, "When it is to be gone."),
      .ignored("deletionGracePeriodSeconds", .integer, "How long its end may take."),
      .ignored("generation", .integer, "Counts changes of the spec."),
      .ignored("resourceVersion", .string, "The version of the object in a server."),
      .ignored("selfLink", .string, "Not set any more."),
      .ignored("managedFields", .list(.opaque("ManagedFieldsEntry")), "Who has set which field."),
      .withoutEffect(
        "ownerReferences",
        \.withoutEffect,
        .list(.object("OwnerReference", owner)),
        "Whom it is removed with."
      ),
      .withoutEffect("finalizers", \.withoutEffect, .list(.string), "Who must agree before it is removed."),
    ],
    named: "ObjectMeta",
    finish: { metadata, places, reading in
      guard let annotations = places["annotations"] else { return }
      let size = metadata.annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
      if size > greatestAnnotations {
        reading.error(annotations, "must hold at most \(greatestAnnotations) bytes in all, found \(size)")
      }
      checkProfiles(metadata.annotations, annotations, reading)
    }
  )

  private static let owner = [
    FieldOutline("apiVersion", .string, "The owner's version."), FieldOutline("kind", .string, "The owner's kind."),
    FieldOutline("name", .string, "The owner's name."), FieldOutline("uid", .string, "The owner's uid."),
    FieldOutline("controller", .boolean, "Whether it manages the object."),
    FieldOutline("blockOwnerDeletion", .boolean, "Whether it waits for the object's end."),
  ]

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
