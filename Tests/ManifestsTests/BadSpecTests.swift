import Manifests
import Testing

@Suite("Every problem of variables, hooks, init containers, names and scheduling is found")
struct BadSpecTests {
  static let variables: [Spoiled] = [
    .container(
      "env: [{name: A, value: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
      "9:31: error: spec.containers[0].env[0].valueFrom: must not be set beside a value; choose one of them"
    ),
    .container(
      "env: [{name: A, valueFrom: {}}]",
      "9:32: error: spec.containers[0].env[0].valueFrom: expected one of configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef"
    ),
    .container(
      "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k, optional: true}}}]",
      "9:33: error: spec.containers[0].env[0].valueFrom.fieldRef: must not be set beside secretKeyRef; one source is possible"
    ),
    .container(
      "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]",
      #"9:55: error: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: "metadata.labels" is no field that a variable can tell; take one key, such as metadata.labels['app'], or a file of a downwardAPI volume"#
    ),
    .container(
      "env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.podIp}}}]",
      #"9:55: error: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: "status.podIp" is no field that a variable can tell; did you mean status.podIP?"#
    ),
    .container(
      "env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec}}}]",
      #"9:55: error: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: "spec" is no field that a variable can tell; expected one of metadata.name, metadata.namespace, metadata.uid, spec.nodeName, spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP, status.podIPs, metadata.labels['key'], metadata.annotations['key']"#
    ),
    .container(
      "env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.annotations['a b']\"}}}]",
      #"9:55: error: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: the key "a b" must consist of letters, digits, -, _ and ., and start and end with a letter or digit"#
    ),
    .container(
      "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.gpu}}}]",
      #"9:62: error: spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: expected one of limits.cpu, limits.memory, requests.cpu, requests.memory, found "limits.gpu"; did you mean limits.cpu?"#
    ),
    .container(
      "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.ephemeral-storage}}}]",
      "9:62: error: spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: limits.ephemeral-storage is not yet supported; cpu and memory are there"
    ),
    .container(
      "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1Mi}}}]",
      "9:83: error: spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: expected one of 1, 1m for limits.cpu, found 1Mi"
    ),
    .container(
      "env: [{name: A, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1m}}}]",
      "9:88: error: spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: expected one of 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei for requests.memory, found 1m"
    ),
    .container(
      "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, containerName: x}}}]",
      #"9:89: error: spec.containers[0].env[0].valueFrom.resourceFieldRef.containerName: there is no container "x"; there is main"#
    ),
    .container(
      "env: [{name: A, valueFrom: {configMapKeyRef: {name: c}}}]",
      "9:50: error: spec.containers[0].env[0].valueFrom.configMapKeyRef.key: required"
    ),
    .container(
      "env: [{name: A, valueFrom: {secretKeyRef: {key: k}}}]",
      "9:47: error: spec.containers[0].env[0].valueFrom.secretKeyRef.name: required"
    ),
    .container(
      "env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: k}}}]",
      "9:33: error: spec.containers[0].env[0].valueFrom.fileKeyRef: not yet supported by this version; read the file at the start of the container's command"
    ),
    .container(
      "envFrom: [{}]",
      "9:15: error: spec.containers[0].envFrom[0]: expected one of configMapRef, secretRef"
    ),
    .container(
      "envFrom: [{prefix: A=, configMapRef: {name: c, optional: true}}]",
      #"9:24: error: spec.containers[0].envFrom[0].prefix: "A=" must consist of printable ASCII characters other than ="#
    ),
    .container(
      "envFrom: [{configMapRef: {}}]",
      "9:30: error: spec.containers[0].envFrom[0].configMapRef.name: required"
    ),
    .container(
      "envFrom: [{configMapRef: {name: c, optional: true}, secretRef: {name: s, optional: true}}]",
      "9:57: error: spec.containers[0].envFrom[0].secretRef: must not be set beside configMapRef; one source is possible"
    ),
  ]

  static let hooks: [Spoiled] = [
    .container(
      "lifecycle: {postStart: {}}",
      "9:28: error: spec.containers[0].lifecycle.postStart: expected one of exec, httpGet, tcpSocket, sleep"
    ),
    .container(
      "lifecycle: {postStart: {exec: {command: [a]}, sleep: {seconds: 1}}}",
      "9:51: error: spec.containers[0].lifecycle.postStart.sleep: must not be set beside exec; one action is possible"
    ),
    .container(
      "lifecycle: {postStart: {exec: {}}}",
      "9:35: error: spec.containers[0].lifecycle.postStart.exec.command: required"
    ),
    .container(
      "lifecycle: {postStart: {exec: {command: []}}}",
      "9:45: error: spec.containers[0].lifecycle.postStart.exec.command: must not be empty"
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {}}}",
      "9:36: error: spec.containers[0].lifecycle.preStop.httpGet.port: required"
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {port: 0}}}",
      "9:43: error: spec.containers[0].lifecycle.preStop.httpGet.port: must be 1 to 65535, found 0"
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {port: \"80\"}}}",
      #"9:43: error: spec.containers[0].lifecycle.preStop.httpGet.port: "80" must contain at least one letter; write 80 without quotes"#
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {port: web}}}",
      #"9:43: error: spec.containers[0].lifecycle.preStop.httpGet.port: there is no port "web"; name one under ports, or write its number"#
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {port: htp}}}\nports: [{name: http, containerPort: 80}]",
      #"9:43: error: spec.containers[0].lifecycle.preStop.httpGet.port: there is no port "htp"; did you mean http?"#
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {port: 80, scheme: https}}}",
      #"9:55: error: spec.containers[0].lifecycle.preStop.httpGet.scheme: expected one of HTTP, HTTPS, found "https"; did you mean HTTPS?"#
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {port: 80, httpHeaders: [{name: \"a:\", value: b}, {name: a}]}}}",
      #"9:68: error: spec.containers[0].lifecycle.preStop.httpGet.httpHeaders[0].name: "a:" must consist of letters, digits and -"#,
      "9:85: error: spec.containers[0].lifecycle.preStop.httpGet.httpHeaders[1].value: required"
    ),
    .container(
      "lifecycle: {preStop: {httpGet: {port: 80, path: \"/a\\r\\nb\"}}}",
      "9:53: error: spec.containers[0].lifecycle.preStop.httpGet.path: must not contain control characters"
    ),
    .container(
      "lifecycle: {preStop: {tcpSocket: {port: 80}}}",
      "9:27: warning: spec.containers[0].lifecycle.preStop.tcpSocket: does nothing, as in Kubernetes; use exec, httpGet or sleep"
    ),
    .container(
      "lifecycle: {preStop: {sleep: {}}}",
      "9:34: error: spec.containers[0].lifecycle.preStop.sleep.seconds: required"
    ),
    .container(
      "lifecycle: {preStop: {sleep: {seconds: -1}}}",
      "9:44: error: spec.containers[0].lifecycle.preStop.sleep.seconds: must be at least 0, found -1"
    ),
    .container(
      "lifecycle: {preStop: {grpc: {port: 1}}}",
      "9:26: error: spec.containers[0].lifecycle.preStop: expected one of exec, httpGet, tcpSocket, sleep",
      "9:27: error: spec.containers[0].lifecycle.preStop.grpc: unknown field; it is a field of spec.containers[].livenessProbe"
    ),
    .container(
      "lifecycle: {stopSignal: SIGUSR1}",
      "9:29: error: spec.containers[0].lifecycle.stopSignal: needs spec.os, which says whose signals are meant; add os: {name: linux} to spec"
    ),
    .spec(
      "terminationGracePeriodSeconds: 5\ninitContainers: [{name: i, image: i, restartPolicy: Always, lifecycle: {postStart: {sleep: {seconds: 6}}}}]",
      "10:104: error: spec.initContainers[0].lifecycle.postStart.sleep.seconds: must be at most terminationGracePeriodSeconds, 5, found 6"
    ),
  ]

  static let initial: [Spoiled] = [
    .spec(
      "initContainers: [{name: main, image: i}]",
      #"9:27: error: spec.initContainers[0].name: "main": duplicate container name; it is already at line 7"#
    ),
    .spec(
      "initContainers: [{name: i, image: i, restartPolicy: Never}]",
      "9:55: error: spec.initContainers[0].restartPolicy: Never is not yet supported for an init container; leave it out, the pod's restartPolicy holds then, or make it a sidecar by Always"
    ),
    .spec(
      "initContainers: [{name: i, image: i, restartPolicy: Allways}]",
      #"9:55: error: spec.initContainers[0].restartPolicy: expected one of Always, OnFailure, Never, found "Allways"; did you mean Always?"#
    ),
    .spec(
      "initContainers: [{name: i, image: i, lifecycle: {preStop: {sleep: {seconds: 1}}}}]",
      "9:51: error: spec.initContainers[0].lifecycle: must not be set for an init container that ends by itself; remove it, or make the container a sidecar by restartPolicy: Always"
    ),
    .spec(
      "initContainers: [{name: i, image: i, startupProbe: {exec: {command: [a]}}}]",
      "9:54: error: spec.initContainers[0].startupProbe: must not be set for an init container that ends by itself; remove it, or make the container a sidecar by restartPolicy: Always"
    ),
    .spec(
      "initContainers: {name: i}",
      "9:19: error: spec.initContainers: expected a list, found a mapping; begin each element with - "
    ),
    .container(
      "restartPolicy: Sometimes",
      #"9:20: error: spec.containers[0].restartPolicy: expected one of Always, OnFailure, Never, found "Sometimes""#
    ),
    .container(
      "resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]",
      "9:5: error: spec.containers[0].resizePolicy: not yet supported by this version; remove it; resources cannot be changed while the pod runs"
    ),
  ]

  static let names: [Spoiled] = [
    .spec(
      "activeDeadlineSeconds: 0",
      "9:26: error: spec.activeDeadlineSeconds: must be 1 to 2147483647, found 0"
    ),
    .spec(
      "hostAliases: [{hostnames: [a]}]",
      "9:17: error: spec.hostAliases[0].ip: required"
    ),
    .spec(
      "hostAliases: [{ip: 10.0.0.256, hostnames: [a]}]",
      #"9:22: error: spec.hostAliases[0].ip: "10.0.0.256" is no IP address; expected one such as 10.0.0.1 or fd00::1"#
    ),
    .spec(
      "hostAliases: [{ip: 10.0.0.1, hostnames: [A_b]}]",
      #"9:44: error: spec.hostAliases[0].hostnames[0]: "A_b" must consist of lower case letters, digits, - and ., and each part must start and end with a letter or digit"#
    ),
    .spec(
      "hostAliases: [{ip: \"fe80::1%eth0\"}]",
      #"9:22: error: spec.hostAliases[0].ip: "fe80::1%eth0" is no IP address; expected one such as 10.0.0.1 or fd00::1"#
    ),
    .spec(
      "dnsConfig: {nameservers: [a]}",
      #"9:29: error: spec.dnsConfig.nameservers[0]: "a" is no IP address; expected one such as 10.0.0.1 or fd00::1"#
    ),
    .spec(
      "dnsConfig: {nameservers: [1.1.1.1, \"::1\", 2.2.2.2, 3.3.3.3]}",
      "9:28: error: spec.dnsConfig.nameservers: must be at most 3, found 4"
    ),
    .spec(
      "dnsConfig: {searches: [a..b, _tcp.a., .]}",
      #"9:26: error: spec.dnsConfig.searches[0]: "a..b" must consist of lower case letters, digits, - and ., and each part must start and end with a letter or digit"#
    ),
    .spec(
      "dnsConfig: {searches: [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]}",
      "9:25: error: spec.dnsConfig.searches: must be at most 32, found 33"
    ),
    .spec(
      "dnsConfig: {options: [{value: a}, {name: \"a b\"}]}",
      "9:25: error: spec.dnsConfig.options[0].name: required",
      #"9:44: error: spec.dnsConfig.options[1].name: "a b" must be a word such as ndots"#
    ),
    .spec(
      "dnsPolicy: None\ndnsConfig: {nameservers: []}",
      "10:28: error: spec.dnsConfig.nameservers: dnsPolicy None needs a nameserver; add one under dnsConfig.nameservers"
    ),
    .spec(
      "dnsPolicy: None\ndnsConfig: {searches: [a]}",
      "10:14: error: spec.dnsConfig: dnsPolicy None needs a nameserver; add one under dnsConfig.nameservers"
    ),
    .spec(
      "setHostnameAsFQDN: maybe",
      #"9:22: error: spec.setHostnameAsFQDN: expected true or false, found the string "maybe""#
    ),
    .spec(
      "tolerations: [{key: a, operater: Exists}]",
      "9:26: error: spec.tolerations[0].operater: unknown field; did you mean operator?"
    ),
    .spec(
      "tolerations: {key: a}",
      "9:16: error: spec.tolerations: expected a list, found a mapping; begin each element with - "
    ),
    .spec(
      "affinity: {nodeAffinty: {}}",
      "9:14: error: spec.affinity.nodeAffinty: unknown field; did you mean nodeAffinity?"
    ),
    .spec(
      "priority: high",
      #"9:13: error: spec.priority: expected an integer, found the string "high""#
    ),
    .spec(
      "nodeSelector: {a: 1}",
      #"9:21: error: spec.nodeSelector.a: expected a string, found the integer 1; write "1""#
    ),
    .spec(
      "enableServiceLinks: \"no\"",
      #"9:23: error: spec.enableServiceLinks: expected true or false, found the string "no"; write false without quotes"#
    ),
    .spec(
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}",
      "9:97: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: needs at least one of nodeSelectorTerms"
    ),
    .spec(
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: in, values: [b]}]}]}}}",
      #"9:137: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: expected one of In, NotIn, Exists, DoesNotExist, Gt, Lt, found "in"; did you mean In?"#
    ),
    .spec(
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}, {operator: Exists}, {key: a, operator: Gt, values: [\"1\", \"2\"]}]}]}}}",
      "9:118: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: In needs at least one value",
      "9:142: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1].key: required",
      "9:193: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[2].values: Gt needs exactly one value, found 2"
    ),
    .spec(
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: spec.x, operator: Exists}]}]}}}",
      #"9:119: error: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: expected metadata.name, found "spec.x""#
    ),
  ]

  @Test(arguments: variables + hooks + initial + names)
  func isReported(spoiled: Spoiled) {
    #expect(diagnose(spoiled.text) == spoiled.expected)
    let result = ManifestReader.read(spoiled.text, file: "f")
    #expect(result.hasErrors == spoiled.expected.contains { $0.contains(": error: ") })
    if result.hasErrors { #expect(result.pods.isEmpty && result.configMaps.isEmpty && result.secrets.isEmpty) }
  }
}
