import Manifests
import Testing

@Suite("Every field of the Kubernetes 1.36 API is in exactly one class, and no other field is")
struct FieldWalkTests {
  /// The fields of each type by where it stands, after the API reference; inlined types are written out.
  static let types: [String: String] = [
    "spec": """
    volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds
    activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount
    automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace
    securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases
    priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks
    preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates
    resourceClaims resources hostnameOverride schedulingGroup
    """,
    "spec.containers": """
    name image command args workingDir ports envFrom env resources resizePolicy restartPolicy
    restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle
    terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce
    tty
    """,
    "spec.initContainers": """
    name image command args workingDir ports envFrom env resources resizePolicy restartPolicy
    restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle
    terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce
    tty
    """,
    "spec.containers.securityContext": """
    capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot
    readOnlyRootFilesystem allowPrivilegeEscalation procMount seccompProfile appArmorProfile
    """,
    "spec.securityContext": """
    seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups
    supplementalGroupsPolicy fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile
    seLinuxChangePolicy
    """,
    "spec.volumes": """
    name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs
    persistentVolumeClaim rbd flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap
    vsphereVolume quobyte azureDisk photonPersistentDisk projected portworxVolume scaleIO storageos
    csi ephemeral image
    """,
    "spec.volumes.emptyDir": "medium sizeLimit",
    "spec.volumes.hostPath": "path type",
    "spec.volumes.configMap": "name items defaultMode optional",
    "spec.volumes.secret": "secretName items defaultMode optional",
    "spec.volumes.downwardAPI": "items defaultMode",
    "spec.volumes.downwardAPI.items": "path fieldRef resourceFieldRef mode",
    "spec.volumes.configMap.items": "key path mode",
    "spec.volumes.projected": "sources defaultMode",
    "spec.volumes.projected.sources": """
    secret downwardAPI configMap serviceAccountToken clusterTrustBundle podCertificate
    """,
    "spec.volumes.projected.sources.configMap": "name items optional",
    "spec.volumes.projected.sources.secret": "name items optional",
    "spec.volumes.projected.sources.downwardAPI": "items",
    "spec.containers.volumeMounts": "name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr",
    "spec.containers.volumeDevices": "name devicePath",
    "spec.containers.ports": "name hostPort containerPort protocol hostIP",
    "spec.containers.env": "name value valueFrom",
    "spec.containers.env.valueFrom": "fieldRef resourceFieldRef configMapKeyRef secretKeyRef fileKeyRef",
    "spec.containers.env.valueFrom.configMapKeyRef": "name key optional",
    "spec.containers.env.valueFrom.secretKeyRef": "name key optional",
    "spec.containers.env.valueFrom.fieldRef": "apiVersion fieldPath",
    "spec.containers.env.valueFrom.resourceFieldRef": "containerName resource divisor",
    "spec.containers.envFrom": "prefix configMapRef secretRef",
    "spec.containers.envFrom.configMapRef": "name optional",
    "spec.containers.envFrom.secretRef": "name optional",
    "spec.containers.resources": "limits requests claims",
    "spec.containers.resources.claims": "name request",
    "spec.containers.lifecycle": "postStart preStop stopSignal",
    "spec.containers.lifecycle.postStart": "exec httpGet tcpSocket sleep",
    "spec.containers.lifecycle.preStop.exec": "command",
    "spec.containers.lifecycle.preStop.httpGet": "path port host scheme httpHeaders",
    "spec.containers.lifecycle.preStop.httpGet.httpHeaders": "name value",
    "spec.containers.lifecycle.preStop.tcpSocket": "port host",
    "spec.containers.lifecycle.preStop.sleep": "seconds",
    "spec.containers.livenessProbe": """
    exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold
    failureThreshold terminationGracePeriodSeconds
    """,
    "spec.containers.readinessProbe": """
    exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold
    failureThreshold terminationGracePeriodSeconds
    """,
    "spec.containers.startupProbe.grpc": "port service",
    "spec.containers.resizePolicy": "resourceName restartPolicy",
    "spec.containers.securityContext.capabilities": "add drop",
    "spec.containers.securityContext.seccompProfile": "type localhostProfile",
    "spec.containers.securityContext.seLinuxOptions": "user role type level",
    "spec.securityContext.appArmorProfile": "type localhostProfile",
    "spec.securityContext.sysctls": "name value",
    "spec.dnsConfig": "nameservers searches options",
    "spec.dnsConfig.options": "name value",
    "spec.hostAliases": "ip hostnames",
    "spec.imagePullSecrets": "name",
    "spec.os": "name",
    "spec.affinity": "nodeAffinity podAffinity podAntiAffinity",
    "spec.affinity.nodeAffinity": """
    requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution
    """,
    "spec.affinity.podAffinity": """
    requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution
    """,
    "spec.affinity.podAntiAffinity": """
    requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution
    """,
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution": "nodeSelectorTerms",
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms": """
    matchExpressions matchFields
    """,
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchExpressions": """
    key operator values
    """,
    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution": "weight preference",
    "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution": """
    labelSelector namespaces topologyKey namespaceSelector matchLabelKeys mismatchLabelKeys
    """,
    "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution": "weight podAffinityTerm",
    "spec.tolerations": "key operator value effect tolerationSeconds",
    "spec.topologySpreadConstraints": """
    maxSkew topologyKey whenUnsatisfiable labelSelector minDomains nodeAffinityPolicy nodeTaintsPolicy
    matchLabelKeys
    """,
    "spec.schedulingGates": "name",
    "spec.schedulingGroup": "podGroupName",
    "spec.readinessGates": "conditionType",
    "configmap": "apiVersion kind metadata immutable data binaryData",
    "secret": "apiVersion kind metadata immutable data stringData type",
    "metadata": """
    name generateName namespace selfLink uid resourceVersion generation creationTimestamp
    deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers
    managedFields
    """,
    "metadata.ownerReferences": "apiVersion kind name uid controller blockOwnerDeletion",
    "spec.ephemeralContainers": """
    name image command args workingDir ports envFrom env resources resizePolicy restartPolicy
    restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle
    terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce
    tty targetContainerName
    """,
  ]

  @Test(arguments: types.keys.sorted())
  func fieldsAreThoseOfKubernetes(path: String) throws {
    let expected = try #require(Self.types[path]).split(whereSeparator: \.isWhitespace).map(String.init)
    let fields = try FieldCatalogue.explain(path).fields.map(\.name)
    #expect(fields.sorted() == expected.sorted())
  }

  @Test(arguments: [
    ("spec", 42), ("spec.containers", 25), ("spec.initContainers", 25), ("spec.ephemeralContainers", 26),
    ("spec.containers.securityContext", 12), ("spec.securityContext", 13), ("spec.volumes", 31),
    ("spec.containers.volumeMounts", 7), ("spec.volumes.projected.sources", 6), ("spec.containers.livenessProbe", 10),
  ])
  func counts(path: String, count: Int) throws {
    #expect(try FieldCatalogue.explain(path).fields.count == count)
  }

  /// All fields below a field.
  static func walk(_ field: FieldExplanation) -> [FieldExplanation] {
    [field] + field.fields.flatMap(walk)
  }

  @Test func everyFieldIsDocumentedAndRefusalsSayWhatToDo() {
    let fields = FieldCatalogue.kinds.flatMap(Self.walk)
    #expect(fields.count > 900)
    for field in fields {
      #expect(!field.text.isEmpty, "\(field.path)")
      #expect(field.text.hasSuffix("."), "\(field.path)")
      #expect(!field.type.isEmpty, "\(field.path)")
      if field.fate.title == "not yet" { #expect(field.fate.advice?.isEmpty == false, "\(field.path)") }
    }
  }

  @Test func objectsOfOneTypeHaveTheSameFields() {
    var seen: [String: [String]] = [:]
    for field in FieldCatalogue.kinds.flatMap(Self.walk) where !field.fields.isEmpty {
      let type = String(field.type.drop { "[]".contains($0) })
      let names = field.fields.map(\.name)
      #expect(seen.updateValue(names, forKey: type).map { $0 == names } ?? true, "\(field.path)")
    }
  }

  /// A field that nobody knows is refused wherever a type has fields.
  @Test func pathsLeadSomewhereOrSayWhy() {
    for (path, message) in [
      ("pod.spec.containrs", "\"pod.spec.containrs\": unknown field; did you mean containers?"),
      (
        "spec.containers[0].image.tag",
        "\"pod.spec.containers.image.tag\": pod.spec.containers.image has no fields; it is of type string"
      ),
      ("subPath", "\"pod.subPath\": unknown field; it is a field of pod.spec.containers.volumeMounts"),
      ("configmap.dat", "\"configmap.dat\": unknown field; did you mean data?"),
      ("pods", "\"pod.pods\": unknown field; did you mean pod?"),
      ("", "\"pod.\": unknown field; fields of pod: apiVersion, kind, metadata, spec, status"),
    ] {
      #expect { try FieldCatalogue.explain(path) } throws: { "\($0)" == message }
    }
  }

  @Test(arguments: ["pod", "Pod", "pod.spec", "spec", "spec.containers[0].env[1].valueFrom", "secret.data"])
  func paths(path: String) throws { _ = try FieldCatalogue.explain(path) }
}
