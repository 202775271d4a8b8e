import Manifests
import PodModel
import Testing

/// Reads `text` and gives each diagnostic as `line:column: severity: message; hint`.
func diagnose(_ text: String) -> [String] {
  ManifestReader.read(text, file: "f").diagnostics.map { String($0.description.dropFirst(2)) }
}

@Suite("A manifest becomes pods with Kubernetes' defaults")
struct ManifestTests {
  static let smallest = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
      - name: main
        image: busybox:1
    """

  @Test func theSmallestPod() throws {
    let result = ManifestReader.read(Self.smallest, file: "web.yaml")
    #expect(result.diagnostics == [])
    #expect(
      result.pods == [
        Pod(
          metadata: ObjectMeta(name: "web"),
          spec: PodSpec(containers: [Container(name: "main", image: "busybox:1")])
        )
      ]
    )
  }

  static let full = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: web.1
      namespace: shop
      uid: 480b4270-3838-4d46-abee-eea2c263f3ce
      labels: {app: web, example.com/tier: "1"}
      annotations:
        note: "two\\nlines"
    spec:
      restartPolicy: OnFailure
      terminationGracePeriodSeconds: 5
      dnsPolicy: Default
      hostname: web
      subdomain: shop
      hostIPC: true
      shareProcessNamespace: yes
      hostUsers: true
      os: {name: linux}
      nodeName: n1
      tolerations:
      - {key: a, operator: Exists}
      securityContext:
        runAsUser: 1000
        runAsGroup: 0x10
        runAsNonRoot: true
        supplementalGroups: [10, 020]
        supplementalGroupsPolicy: Strict
        fsGroup: 2147483647
        fsGroupChangePolicy: OnRootMismatch
        sysctls:
        - name: net.ipv4.ip_unprivileged_port_start
          value: "0"
        seccompProfile: {type: Localhost, localhostProfile: my/profile.json}
      containers:
      - name: main
        image: localhost:5000/demo@sha256:00
        command: [sh, -c]
        args:
        - |
          # is it? *yes* & so on
          echo $(A)
        workingDir: /srv
        ports:
        - {name: http, containerPort: 8080}
        - {containerPort: 53, protocol: UDP}
        env:
        - name: A
          value: "1"
        - name: B
        resources:
          limits: {cpu: 0.5, memory: 64Mi}
          requests: {cpu: 100m}
        securityContext:
          privileged: false
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {add: [net_bind_service], drop: [ALL]}
          procMount: Default
          seccompProfile: {type: RuntimeDefault}
        lifecycle: {stopSignal: SIGRTMIN+3}
        tty: true
        stdin: true
        stdinOnce: false
        terminationMessagePath: /tmp/last
        terminationMessagePolicy: FallbackToLogsOnError
      - name: other
        image: a:latest
    """

  static var fullPod: Pod {
    get throws {
      var main = Container(name: "main", image: "localhost:5000/demo@sha256:00")
      main.command = ["sh", "-c"]
      main.args = ["# is it? *yes* & so on\necho $(A)\n"]
      main.workingDir = "/srv"
      main.ports = [ContainerPort(name: "http", containerPort: 8080), ContainerPort(containerPort: 53, protocol: .udp)]
      main.env = [EnvironmentVariable(name: "A", value: "1"), EnvironmentVariable(name: "B", value: "")]
      let memory = try Quantity(parsing: "64Mi")
      main.resources = ResourceRequirements(
        requests: ResourceList(cpu: Quantity(milli: 100), memory: memory),
        limits: ResourceList(cpu: Quantity(milli: 500), memory: memory)
      )
      main.securityContext.privileged = false
      main.securityContext.allowPrivilegeEscalation = false
      main.securityContext.readOnlyRootFilesystem = true
      main.securityContext.capabilities = Capabilities(add: ["NET_BIND_SERVICE"], drop: ["ALL"])
      main.securityContext.seccompProfile = .runtimeDefault
      main.lifecycle = Lifecycle(stopSignal: "SIGRTMIN+3")
      main.tty = true
      main.stdin = true
      main.terminationMessagePath = "/tmp/last"
      main.terminationMessagePolicy = .fallbackToLogsOnError
      var spec = PodSpec(containers: [main, Container(name: "other", image: "a:latest")])
      spec.restartPolicy = .onFailure
      spec.terminationGracePeriodSeconds = 5
      spec.dnsPolicy = .default
      spec.hostname = "web"
      spec.subdomain = "shop"
      spec.hostIPC = true
      spec.shareProcessNamespace = true
      spec.os = .linux
      spec.withoutEffect = [
        "nodeName": .string("n1"), "tolerations": .list([.map(["key": .string("a"), "operator": .string("Exists")])]),
      ]
      spec.securityContext.runAsUser = 1000
      spec.securityContext.runAsGroup = 16
      spec.securityContext.runAsNonRoot = true
      spec.securityContext.supplementalGroups = [10, 16]
      spec.securityContext.supplementalGroupsPolicy = .strict
      spec.securityContext.fsGroup = 2_147_483_647
      spec.securityContext.fsGroupChangePolicy = .onRootMismatch
      spec.securityContext.sysctls = [Sysctl(name: "net.ipv4.ip_unprivileged_port_start", value: "0")]
      spec.securityContext.seccompProfile = .localhost("my/profile.json")
      let metadata = ObjectMeta(
        name: "web.1",
        namespace: "shop",
        uid: "480b4270-3838-4d46-abee-eea2c263f3ce",
        labels: ["app": "web", "example.com/tier": "1"],
        annotations: ["note": "two\nlines"]
      )
      return Pod(metadata: metadata, spec: spec)
    }
  }

  @Test func everyFieldThatIsHonoured() throws {
    let result = ManifestReader.read(Self.full, file: "web.yaml")
    #expect(result.diagnostics == [])
    #expect(result.pods == [try Self.fullPod])
    #expect(result.pods.first?.spec.containers.map(\.imagePullPolicy) == [.ifNotPresent, .always])
  }

  @Test func severalDocumentsAndLists() {
    let second = Self.smallest.replacing("web", with: "second")
    let indented = Self.smallest.replacing("web", with: "third").replacing("\n", with: "\n  ")
    let text = "---\n\(Self.smallest)\n---\n\n---\n\(second)\n---\napiVersion: v1\nkind: List\nitems:\n- \(indented)\n"
    let result = ManifestReader.read(text, file: "f")
    #expect(result.diagnostics == [])
    #expect(result.pods.map(\.metadata.name) == ["web", "second", "third"])
  }

  @Test func json() {
    let text = """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","annotations":{"a":"\\ud83d\\ude00 \\\\ud83d \\u00e9\\/"}},
      \t"spec":{"containers":[{"name":"main","image":"busybox:1"}]}}
      """
    let result = ManifestReader.read(text, file: "f")
    #expect(result.diagnostics == [])
    #expect(result.pods.first?.metadata.annotations == ["a": "😀 \\ud83d é/"])
  }

  @Test func whatKubectlPrints() {
    let text = """
      apiVersion: v1
      kind: Pod
      metadata:
        annotations: {}
        creationTimestamp: "2026-11-20T22:19:24Z"
        generation: 1
        labels: {app: web}
        managedFields:
        - {manager: x, operation: Update, fieldsV1: {"f:spec": {".": {}}}}
        name: web
        namespace: default
        ownerReferences:
        - {apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u, controller: true}
        resourceVersion: "295"
        uid: 480b4270-3838-4d46-abee-eea2c263f3ce
      spec:
        containers:
        - image: busybox:1
          imagePullPolicy: IfNotPresent
          name: main
          ports:
          - {containerPort: 80, hostPort: 80, protocol: TCP}
          resources: {}
          terminationMessagePath: /dev/termination-log
          terminationMessagePolicy: File
        dnsPolicy: ClusterFirst
        enableServiceLinks: true
        hostNetwork: true
        initContainers: null
        nodeName: n1
        preemptionPolicy: PreemptLowerPriority
        priority: 0
        restartPolicy: Always
        schedulerName: default-scheduler
        securityContext: {}
        serviceAccount: default
        serviceAccountName: default
        terminationGracePeriodSeconds: 30
        tolerations:
        - {effect: NoExecute, key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300}
        volumes: []
      status:
        phase: Running
        qosClass: BestEffort
      """
    let result = ManifestReader.read(text, file: "f")
    #expect(result.diagnostics == [])
    let pod = result.pods.first
    #expect(pod?.status == nil)
    #expect(pod?.metadata.uid == "480b4270-3838-4d46-abee-eea2c263f3ce")
    #expect(pod?.metadata.withoutEffect.keys.sorted() == ["ownerReferences"])
    #expect(pod?.spec.withoutEffect["priority"] == .integer(0))
    #expect(pod?.spec.containers.first?.ports == [ContainerPort(containerPort: 80)])
  }

  @Test func aliasesAndMergeKeys() {
    let text = """
      apiVersion: v1
      kind: Pod
      metadata: {name: web}
      spec:
        containers:
        - &base
          name: main
          image: busybox:1
          env: &env [{name: A, value: "1"}]
        - <<: *base
          name: second
        - {name: third, image: x:1, env: *env}
        - <<: [{image: "y:1", tty: true}, *base]
          name: fourth
      """
    let result = ManifestReader.read(text, file: "f")
    #expect(result.diagnostics == [])
    #expect(result.pods.first?.spec.containers.map(\.name) == ["main", "second", "third", "fourth"])
    #expect(result.pods.first?.spec.containers.map(\.image) == ["busybox:1", "busybox:1", "x:1", "y:1"])
    #expect(result.pods.first?.spec.containers.map(\.env.count) == [1, 1, 1, 1])
  }
}

@Suite("A diagnostic is shown as compilers do")
struct DiagnosticTests {
  @Test func rendering() {
    let text = ManifestTests.smallest + "\n    imagePullPolcy: Always\n"
    let diagnostics = ManifestReader.read(text, file: "pod.yaml").diagnostics
    #expect(
      diagnostics.map { $0.rendered() } == [
        """
        pod.yaml:9:5: error: spec.containers[0].imagePullPolcy: unknown field; did you mean imagePullPolicy?
              imagePullPolcy: Always
              ^
        """
      ]
    )
  }

  @Test func longLinesAreCut() throws {
    let text =
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"\(String(repeating: "é", count: 500))\"}, \"x\":1}"
    for diagnostic in ManifestReader.read(text, file: "f").diagnostics {
      #expect(diagnostic.sourceLine.unicodeScalars.count <= 160)
      #expect(diagnostic.sourceColumn < diagnostic.sourceLine.unicodeScalars.count)
      #expect(diagnostic.description.utf8.count < 400)
    }
    let unknown = try #require(ManifestReader.read(text, file: "f").diagnostics.last)
    #expect(Array(unknown.sourceLine.unicodeScalars)[unknown.sourceColumn...].starts(with: "\"x\"".unicodeScalars))
  }

  @Test func nothingSteersTheTerminal() {
    let text = "apiVersion: v1\nkind: \"Po\\e[31md\\u202E\"\nmetadata: {name: a}\n"
    for diagnostic in ManifestReader.read(text, file: "f").diagnostics {
      #expect(!diagnostic.rendered().unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    }
  }
}
