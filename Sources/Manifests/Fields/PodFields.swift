import PodModel

/// The fields of a pod's document.
enum PodFields {
  static let table = FieldTable<Pod>(
    [
      .checked("apiVersion", .string, required: true, "v1."),
      .checked("kind", .string, required: true, "Pod."),
      .honoured(
        "metadata",
        \.metadata,
        MetadataFields.table.reader(ObjectMeta(name: "")),
        required: true,
        "Name, namespace, labels and annotations."
      ),
      .honoured("spec", \.spec, PodSpecFields.table.reader(PodSpec(containers: [])), required: true, "What is wanted."),
      .ignored("status", .opaque("PodStatus"), "What was last observed."),
    ],
    named: "Pod"
  )

  static var empty: Pod { Pod(metadata: ObjectMeta(name: ""), spec: PodSpec(containers: [])) }
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
    add(VolumeMountFields.table, "spec.containers[].volumeMounts[]")
    add(EnvironmentFields.table, "spec.containers[].env[]")
    add(LifecycleFields.table, "spec.containers[].lifecycle")
    add(ProbeFields.table, "spec.containers[].livenessProbe")
    add(VolumeFields.table, "spec.volumes[]")
    return owners
  }()
}
