/// The types of what a scheduler reads, which nothing on a single node could come of, in Kubernetes 1.36.
enum SchedulingFields {
  static let affinity = Shape.object(
    "Affinity",
    [
      FieldOutline(
        "nodeAffinity",
        .object("NodeAffinity", nodeAffinity),
        "Which nodes the pod may run on: what is required must hold for this one."
      ),
      FieldOutline("podAffinity", .object("PodAffinity", podAffinity), "Near which pods it wants to be."),
      FieldOutline("podAntiAffinity", .object("PodAntiAffinity", podAffinity), "Away from which pods it wants to be."),
    ]
  )

  private static let nodeAffinity = [
    FieldOutline(required, .object("NodeSelector", nodeSelector), "Of these terms one must hold for this node."),
    FieldOutline(preferred, .list(.object("PreferredSchedulingTerm", preferredNodes)), "Terms that weigh."),
  ]

  static let required = "requiredDuringSchedulingIgnoredDuringExecution"
  private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

  private static let nodeSelector = [
    FieldOutline("nodeSelectorTerms", .list(nodeTerm), "The terms; all that a term says must hold.")
  ]

  private static let preferredNodes = [
    FieldOutline("weight", .integer, "1 to 100."), FieldOutline("preference", nodeTerm, "The term."),
  ]

  private static let nodeTerm = Shape.object(
    "NodeSelectorTerm",
    [
      FieldOutline("matchExpressions", .list(requirement("NodeSelectorRequirement")), "About the labels of the node."),
      FieldOutline("matchFields", .list(requirement("NodeSelectorRequirement")), "About metadata.name of the node."),
    ]
  )

  private static func requirement(_ name: String) -> Shape {
    .object(
      name,
      [
        FieldOutline("key", .string, "The label."),
        FieldOutline("operator", .string, "In, NotIn, Exists, DoesNotExist; for nodes also Gt, Lt."),
        FieldOutline("values", .list(.string), "What it is compared with."),
      ]
    )
  }

  private static let podAffinity = [
    FieldOutline(required, .list(.object("PodAffinityTerm", podTerm)), "Terms that a scheduler keeps to."),
    FieldOutline(preferred, .list(.object("WeightedPodAffinityTerm", weightedPods)), "Terms that weigh."),
  ]

  private static let weightedPods = [
    FieldOutline("weight", .integer, "1 to 100."),
    FieldOutline("podAffinityTerm", .object("PodAffinityTerm", podTerm), "The term."),
  ]

  private static let podTerm = [
    FieldOutline("labelSelector", labelSelector, "Which pods."),
    FieldOutline("namespaces", .list(.string), "Of which namespaces."),
    FieldOutline("namespaceSelector", labelSelector, "Of which namespaces, by their labels."),
    FieldOutline("topologyKey", .string, "The label that nodes of one place share."),
    FieldOutline("matchLabelKeys", .list(.string), "Labels that must be the same as this pod's."),
    FieldOutline("mismatchLabelKeys", .list(.string), "Labels that must differ from this pod's."),
  ]

  private static let labelSelector = Shape.object(
    "LabelSelector",
    [
      FieldOutline("matchLabels", .map(.string), "Labels and their values."),
      FieldOutline("matchExpressions", .list(requirement("LabelSelectorRequirement")), "What else must hold."),
    ]
  )

  static let toleration = Shape.object(
    "Toleration",
    [
      FieldOutline("key", .string, "The taint's key."), FieldOutline("operator", .string, "Exists, Equal, Gt or Lt."),
      FieldOutline("value", .string, "The taint's value."), FieldOutline("effect", .string, "The taint's effect."),
      FieldOutline("tolerationSeconds", .integer, "How long the pod stays."),
    ]
  )

  static let spreadConstraint = Shape.object(
    "TopologySpreadConstraint",
    [
      FieldOutline("maxSkew", .integer, "By how many pods places may differ."),
      FieldOutline("topologyKey", .string, "The label that nodes of one place share."),
      FieldOutline("whenUnsatisfiable", .string, "DoNotSchedule or ScheduleAnyway."),
      FieldOutline("labelSelector", labelSelector, "Which pods count."),
      FieldOutline("minDomains", .integer, "How many places there must be."),
      FieldOutline("nodeAffinityPolicy", .string, "Whether nodes that the pod may not run on count."),
      FieldOutline("nodeTaintsPolicy", .string, "Whether nodes with taints count."),
      FieldOutline("matchLabelKeys", .list(.string), "Labels that must be the same as this pod's."),
    ]
  )

  static let gate = Shape.object("PodSchedulingGate", [FieldOutline("name", .string, "Its name.")])
  static let group = Shape.object("PodSchedulingGroup", [FieldOutline("podGroupName", .string, "Its name.")])
}
