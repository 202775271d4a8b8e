import Manifests
import Testing

/// One way to spoil a pod: lines of the container (from line 9), of the spec (from line 9) or of the metadata (line 5),
/// and what is to be said about them.
struct Spoiled: CustomTestStringConvertible, Sendable {
  var text: String
  var expected: [String]
  var testDescription: String { text }

  static func container(_ lines: String, _ expected: String...) -> Spoiled {
    Spoiled(text: ManifestTests.smallest + indented(lines, 4), expected: expected)
  }

  static func spec(_ lines: String, _ expected: String...) -> Spoiled {
    Spoiled(text: ManifestTests.smallest + indented(lines, 2), expected: expected)
  }

  static func metadata(_ lines: String, _ expected: String...) -> Spoiled {
    let text = ManifestTests.smallest.replacing("\nspec:", with: indented(lines, 2) + "\nspec:")
    return Spoiled(text: text, expected: expected)
  }

  static func text(_ text: String, _ expected: String...) -> Spoiled { Spoiled(text: text, expected: expected) }

  private static func indented(_ lines: String, _ count: Int) -> String {
    lines.split(separator: "\n").map { "\n" + String(repeating: " ", count: count) + $0 }.joined()
  }
}

@Suite("Every problem of a manifest is found at its place, with what to do")
struct BadManifestTests {
  static let types: [Spoiled] = [
    .container("tty: maybe", #"9:10: error: spec.containers[0].tty: expected true or false, found the string "maybe""#),
    .container(
      #"tty: "true""#,
      #"9:10: error: spec.containers[0].tty: expected true or false, found the string "true"; write true without quotes"#
    ),
    .container("tty: 1", "9:10: error: spec.containers[0].tty: expected true or false, found the integer 1"),
    .container(
      "workingDir: 8080",
      #"9:17: error: spec.containers[0].workingDir: expected a string, found the integer 8080; write "8080""#
    ),
    .container("workingDir: [a]", "9:17: error: spec.containers[0].workingDir: expected a string, found a list"),
    .container(
      "args: [1, a, yes, ~, {}]",
      #"9:12: error: spec.containers[0].args[0]: expected a string, found the integer 1; write "1""#,
      #"9:18: error: spec.containers[0].args[2]: expected a string, found the boolean true; write "yes""#,
      "9:23: error: spec.containers[0].args[3]: expected a value",
      "9:26: error: spec.containers[0].args[4]: expected a string, found a mapping"
    ),
    .container(
      "command: sleep 5",
      #"9:14: error: spec.containers[0].command: expected a list, found the string "sleep 5"; begin each element with - "#
    ),
    .container(
      "env: {A: b}",
      "9:10: error: spec.containers[0].env: expected a list, found a mapping; begin each element with - "
    ),
    .container(#"args: ["a\0b"]"#, "9:12: error: spec.containers[0].args[0]: must not contain a NUL character"),
    .container(
      "args: [!!binary aGk=]",
      #"9:12: error: spec.containers[0].args[0]: expected a string, found a value tagged "tag:yaml.org,2002:binary"; write "aGk=""#
    ),
    .container(
      "securityContext: true",
      "9:22: error: spec.containers[0].securityContext: expected a mapping, found the boolean true"
    ),
    .spec(
      "hostNetwork: 'yes'",
      #"9:16: error: spec.hostNetwork: expected true or false, found the string "yes"; write true without quotes"#
    ),
    .spec(
      "terminationGracePeriodSeconds: -1",
      "9:34: error: spec.terminationGracePeriodSeconds: must be 0 to 2147483647, found -1"
    ),
    .spec(
      "terminationGracePeriodSeconds: 30s",
      #"9:34: error: spec.terminationGracePeriodSeconds: expected an integer, found the string "30s""#
    ),
    .spec(
      "terminationGracePeriodSeconds: 1.5",
      "9:34: error: spec.terminationGracePeriodSeconds: expected an integer, found the number 1.5"
    ),
    .metadata(
      "labels: {a: 1, b: on}",
      #"5:15: error: metadata.labels.a: expected a string, found the integer 1; write "1""#,
      #"5:21: error: metadata.labels.b: expected a string, found the boolean true; write "on""#
    ),
  ]

  static let names: [Spoiled] = [
    .spec("hostNetwrk: true", "9:3: error: spec.hostNetwrk: unknown field; did you mean hostNetwork?"),
    .spec("image: a", "9:3: error: spec.image: unknown field; it is a field of spec.containers[]"),
    .spec(
      "privileged: true",
      "9:3: error: spec.privileged: unknown field; it is a field of spec.containers[].securityContext"
    ),
    .spec("restartpolicy: Never", "9:3: error: spec.restartpolicy: unknown field; did you mean restartPolicy?"),
    .container("nonsense: 1", "9:5: error: spec.containers[0].nonsense: unknown field"),
    .container("hostNetwork: true", "9:5: error: spec.containers[0].hostNetwork: unknown field; it is a field of spec"),
    .container(#""a b.c": 1"#, #"9:5: error: spec.containers[0]."a b.c": unknown field"#),
    .container("? [a]\n: 1", "9:7: error: spec.containers[0]: expected a name as key"),
    .metadata("label: {}", "5:3: error: metadata.label: unknown field; did you mean labels?"),
    .metadata(
      "namespace: Shop",
      #"5:14: error: metadata.namespace: "Shop" must consist of lower case letters, digits and -, and start and end with a letter or digit"#
    ),
    .metadata(
      "uid: ../../etc",
      #"5:8: error: metadata.uid: "../../etc" must consist of letters, digits and -, and start and end with a letter or digit"#
    ),
    .metadata(
      "generateName: a-",
      "5:3: error: metadata.generateName: not yet supported by this version; give the pod a name"
    ),
    .metadata("labels: {a/b/c: x}", #"5:12: error: metadata.labels.a/b/c: "a/b/c" must have at most one /"#),
    .metadata(
      "labels: {a: -}",
      #"5:15: error: metadata.labels.a: "-" must consist of letters, digits, -, _ and ., and start and end with a letter or digit"#
    ),
    .metadata(
      "annotations: {container.apparmor.security.beta.kubernetes.io/main: runtime/default}",
      #"5:70: error: metadata.annotations."container.apparmor.security.beta.kubernetes.io/main": AppArmor is not yet supported by this version; remove the annotation"#
    ),
    .metadata(
      "annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}",
      #"5:59: warning: metadata.annotations."seccomp.security.alpha.kubernetes.io/pod": without effect since Kubernetes 1.27; use securityContext.seccompProfile"#
    ),
    .spec(
      "hostname: a.b",
      #"9:13: error: spec.hostname: "a.b" must consist of lower case letters, digits and -, and start and end with a letter or digit"#
    ),
    .spec(
      "- name: x",
      "9:5: error: spec.containers[1].image: required"
    ),
  ]

  static let values: [Spoiled] = [
    .spec(
      "restartPolicy: always",
      #"9:18: error: spec.restartPolicy: expected one of Always, OnFailure, Never, found "always"; did you mean Always?"#
    ),
    .spec(
      "restartPolicy: Sometimes",
      #"9:18: error: spec.restartPolicy: expected one of Always, OnFailure, Never, found "Sometimes""#
    ),
    .spec(
      "dnsPolicy: None",
      "9:14: error: spec.dnsPolicy: dnsPolicy None needs a nameserver; add one under dnsConfig.nameservers"
    ),
    .spec(
      "hostUsers: false",
      "9:14: error: spec.hostUsers: user namespaces are not yet supported by this version; leave hostUsers out"
    ),
    .spec("os: {name: windows}", "9:14: error: spec.os.name: windows is not yet supported; this is a Linux node"),
    .spec("os: {}", "9:7: error: spec.os.name: required"),
    .spec(
      "hostPID: true\nshareProcessNamespace: true",
      "10:26: error: spec.shareProcessNamespace: must not be true beside hostPID: true; choose one of them"
    ),
    .container(
      "imagePullPolicy: IfNotPresnt",
      #"9:22: error: spec.containers[0].imagePullPolicy: expected one of Always, IfNotPresent, Never, found "IfNotPresnt"; did you mean IfNotPresent?"#
    ),
    .container("workingDir: srv", #"9:17: error: spec.containers[0].workingDir: "srv" must be an absolute path"#),
    .container(
      "terminationMessagePath: ''",
      #"9:29: error: spec.containers[0].terminationMessagePath: "" must be an absolute path"#
    ),
    .container(
      "env:\n- name: A=B\n- value: x\n- {name: C, value: 1}",
      #"10:13: error: spec.containers[0].env[0].name: "A=B" must consist of printable ASCII characters other than ="#,
      "11:7: error: spec.containers[0].env[1].name: required",
      #"12:24: error: spec.containers[0].env[2].value: expected a string, found the integer 1; write "1""#
    ),
    .container(
      "env: [{name: A}, {name: A}]",
      #"9:29: warning: spec.containers[0].env[1].name: "A": set twice; the last one counts"#
    ),
    .container(
      "env: [{name: A, valueFrom: {fieldRef: {}}}]",
      "9:43: error: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: required"
    ),
    .container(
      "ports: [{containerPort: 0}, {containerPort: 65536}, {name: http}]",
      "9:29: error: spec.containers[0].ports[0].containerPort: must be 1 to 65535, found 0",
      "9:49: error: spec.containers[0].ports[1].containerPort: must be 1 to 65535, found 65536",
      "9:57: error: spec.containers[0].ports[2].containerPort: required"
    ),
    .container(
      "ports: [{containerPort: 80, name: a}, {containerPort: 81, name: a}]",
      #"9:69: error: spec.containers[0].ports[1].name: "a": duplicate port name; it is already at line 9"#
    ),
    .container(
      "ports: [{containerPort: 80, protocol: tcp, name: HTTP}]",
      #"9:43: error: spec.containers[0].ports[0].protocol: expected one of TCP, UDP, SCTP, found "tcp"; did you mean TCP?"#,
      #"9:54: error: spec.containers[0].ports[0].name: "HTTP" must consist of lower case letters, digits and -, and start and end with a letter or digit"#
    ),
    .container(
      "ports: [{containerPort: 80, hostPort: 80}]",
      "9:43: error: spec.containers[0].ports[0].hostPort: not yet supported by this version; use hostNetwork, or connect to the pod's address"
    ),
    .container(
      "ports: [{containerPort: 80, hostIP: 127.0.0.1}]",
      "9:33: error: spec.containers[0].ports[0].hostIP: not yet supported by this version; use hostNetwork, or connect to the pod's address"
    ),
    .text(
      ManifestTests.smallest + "\n    ports: [{containerPort: 80, hostPort: 81}]\n  hostNetwork: true",
      "9:43: error: spec.containers[0].ports[0].hostPort: must equal containerPort when hostNetwork is true"
    ),
    .text(
      ManifestTests.smallest + "\n    ports: [{containerPort: 80, name: h}]\n  - name: b\n    image: b:1\n"
        + "    ports: [{containerPort: 80, name: h}, {containerPort: 80, protocol: UDP}]\n",
      #"12:39: warning: spec.containers[1].ports[0].name: "h": port name of another container; it is already at line 9"#
    ),
    .text(
      ManifestTests.smallest + "\n    ports: [{containerPort: 80}]\n  - name: b\n    image: b:1\n"
        + "    ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]\n  hostNetwork: true",
      "12:29: error: spec.containers[1].ports[0].containerPort: 80/TCP: duplicate port of the host, as hostNetwork is true; "
        + "it is already at line 9"
    ),
    .container(
      "lifecycle: {stopSignal: SIGTREM}",
      #"9:29: error: spec.containers[0].lifecycle.stopSignal: "SIGTREM" is no signal such as SIGTERM; did you mean SIGTERM?"#,
      "9:29: error: spec.containers[0].lifecycle.stopSignal: needs spec.os, which says whose signals are meant; add os: {name: linux} to spec"
    ),
    .container(
      "lifecycle: {preStop: {sleep: {seconds: 31}}}",
      "9:44: error: spec.containers[0].lifecycle.preStop.sleep.seconds: must be at most terminationGracePeriodSeconds, 30, found 31"
    ),
    .container(
      "livenessProbe: {grpc: {port: 1}}",
      "9:21: error: spec.containers[0].livenessProbe.grpc: not yet supported by this version; use exec, httpGet or tcpSocket"
    ),
    .container(
      "startupProbe: {}",
      "9:19: error: spec.containers[0].startupProbe: expected one of exec, httpGet, tcpSocket"
    ),
    .container(
      "livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}",
      "9:43: error: spec.containers[0].livenessProbe.tcpSocket: must not be set beside exec; one action is possible"
    ),
    .container(
      "livenessProbe: {exec: {command: [a]}, successThreshold: 2}",
      "9:61: error: spec.containers[0].livenessProbe.successThreshold: must be 1 for a probe that ends its container, found 2"
    ),
    .container(
      "readinessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 1}",
      "9:44: error: spec.containers[0].readinessProbe.terminationGracePeriodSeconds: must not be set for a readiness probe, which ends no container"
    ),
    .container(
      "readinessProbe: {httpGet: {port: web}}",
      #"9:38: error: spec.containers[0].readinessProbe.httpGet.port: there is no port "web"; name one under ports, or write its number"#
    ),
    .container(
      "readinessProbe: {exec: {command: [a]}, periodSeconds: -1}",
      "9:59: error: spec.containers[0].readinessProbe.periodSeconds: must be 0 to 2147483647, found -1"
    ),
  ]

  static let resources: [Spoiled] = [
    .container(
      "resources: {limits: {cpu: 1x}}",
      #"9:31: error: spec.containers[0].resources.limits.cpu: "1x" is no quantity: unknown suffix x; known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and exponents such as e3"#
    ),
    .container(
      "resources: {limits: {memory: 64MB}}",
      #"9:34: error: spec.containers[0].resources.limits.memory: "64MB" is no quantity: unknown suffix MB; known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and exponents such as e3; did you mean Mi?"#
    ),
    .container(
      "resources: {limits: {memory: -1}}",
      "9:34: error: spec.containers[0].resources.limits.memory: must not be negative, found -1"
    ),
    .container(
      "resources: {limits: {memory: 10E}}",
      #"9:34: error: spec.containers[0].resources.limits.memory: "10E" is no quantity: beyond 2^63-1"#
    ),
    .container(
      "resources: {limits: {memory: 128m}}",
      "9:34: warning: spec.containers[0].resources.limits.memory: 128m is not a whole number of bytes; m means thousandths; M or Mi millions"
    ),
    .container(
      "resources: {limits: {cpu: true}}",
      "9:31: error: spec.containers[0].resources.limits.cpu: expected a quantity such as 500m or 64Mi, found the boolean true"
    ),
    .container(
      "resources: {limits: {cpu: 1}, requests: {cpu: 1001m}}",
      "9:51: error: spec.containers[0].resources.requests.cpu: 1001m is more than the limit of 1; lower the request or raise the limit"
    ),
    .container(
      "resources: {limits: {memry: 1}}",
      "9:26: error: spec.containers[0].resources.limits.memry: unknown resource; did you mean memory?"
    ),
    .container(
      "resources: {limits: {ephemeral-storage: 1Gi, hugepages-2Mi: 4Mi, example.com/gpu: 1}}",
      "9:26: error: spec.containers[0].resources.limits.ephemeral-storage: not yet supported by this version; remove it",
      "9:50: error: spec.containers[0].resources.limits.hugepages-2Mi: not yet supported by this version; remove it",
      #"9:70: error: spec.containers[0].resources.limits."example.com/gpu": not yet supported by this version; remove it"#
    ),
    .container(
      "resources: {limit: {cpu: 1}}",
      "9:17: error: spec.containers[0].resources.limit: unknown field; did you mean limits?"
    ),
  ]

  static let security: [Spoiled] = [
    .container(
      "securityContext: {privileged: true, allowPrivilegeEscalation: false}",
      "9:67: error: spec.containers[0].securityContext.allowPrivilegeEscalation: must not be false beside privileged: true"
    ),
    .container(
      "securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}}",
      "9:49: error: spec.containers[0].securityContext.allowPrivilegeEscalation: must not be false when the capability SYS_ADMIN is added"
    ),
    .container(
      "securityContext: {capabilities: {add: [NET_ADMN], drop: [all]}}",
      #"9:44: error: spec.containers[0].securityContext.capabilities.add[0]: "NET_ADMN" is no capability of Linux; did you mean NET_ADMIN?"#
    ),
    .container(
      "securityContext: {procMount: Unmasked}",
      "9:34: error: spec.containers[0].securityContext.procMount: Unmasked needs a user namespace, which is not yet supported by this version; remove it; privileged containers see all of /proc"
    ),
    .container(
      "securityContext: {runAsUser: -1, runAsGroup: 2147483648}",
      "9:34: error: spec.containers[0].securityContext.runAsUser: must be 0 to 2147483647, found -1",
      "9:50: error: spec.containers[0].securityContext.runAsGroup: must be 0 to 2147483647, found 2147483648"
    ),
    .container(
      "securityContext: {runAsUser: 0, runAsNonRoot: true}",
      "9:34: warning: spec.containers[0].securityContext.runAsUser: 0 is root, and runAsNonRoot is true; the container will not start"
    ),
    .container(
      "securityContext: {seccompProfile: {}}",
      "9:39: error: spec.containers[0].securityContext.seccompProfile.type: required"
    ),
    .container(
      "securityContext: {seccompProfile: {type: Localhost}}",
      "9:39: error: spec.containers[0].securityContext.seccompProfile.localhostProfile: required when type is Localhost"
    ),
    .container(
      "securityContext: {seccompProfile: {type: Localhost, localhostProfile: ''}}",
      "9:75: error: spec.containers[0].securityContext.seccompProfile.localhostProfile: must not be empty"
    ),
    .container(
      "securityContext: {seccompProfile: {type: Localhost, localhostProfile: /etc/x}}",
      #"9:75: error: spec.containers[0].securityContext.seccompProfile.localhostProfile: "/etc/x" must be a path below the node's directory of profiles"#
    ),
    .container(
      "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/../x}}",
      #"9:75: error: spec.containers[0].securityContext.seccompProfile.localhostProfile: "a/../x" must not contain .."#
    ),
    .container(
      "securityContext: {seccompProfile: {type: Unconfined, localhostProfile: a}}",
      "9:76: error: spec.containers[0].securityContext.seccompProfile.localhostProfile: must not be set when type is Unconfined; set type to Localhost"
    ),
    .container(
      "securityContext: {seLinuxOptions: {level: s0}, appArmorProfile: {type: RuntimeDefault}, windowsOptions: {}}",
      "9:23: error: spec.containers[0].securityContext.seLinuxOptions: not yet supported by this version; remove them; SELinux labels are not set",
      "9:52: error: spec.containers[0].securityContext.appArmorProfile: not yet supported by this version; remove it; AppArmor profiles are not loaded",
      "9:93: error: spec.containers[0].securityContext.windowsOptions: not yet supported by this version; remove them; this is a Linux node"
    ),
    .spec(
      "securityContext: {supplementalGroups: [-5], supplementalGroupsPolicy: strict, fsGroup: x}",
      "9:42: error: spec.securityContext.supplementalGroups[0]: must be 0 to 2147483647, found -5",
      #"9:73: error: spec.securityContext.supplementalGroupsPolicy: expected one of Merge, Strict, found "strict"; did you mean Strict?"#,
      #"9:90: error: spec.securityContext.fsGroup: expected an integer, found the string "x""#
    ),
    .spec(
      "securityContext: {sysctls: [{name: Net.x, value: '1'}, {name: kernel.shm_rmid_forced}, {name: a, value: 1}]}",
      #"9:38: error: spec.securityContext.sysctls[0].name: "Net.x" must be a name such as net.ipv4.ip_forward: lower case letters, digits, -, _ between dots or slashes"#,
      "9:58: error: spec.securityContext.sysctls[1].value: required",
      #"9:107: error: spec.securityContext.sysctls[2].value: expected a string, found the integer 1; write "1""#
    ),
    .spec(
      "hostNetwork: true\nhostIPC: true\nsecurityContext: {sysctls: [{name: net.a, value: a}, {name: kernel.shmmax, value: a}, {name: net/a, value: a}]}",
      #"11:38: error: spec.securityContext.sysctls[0].name: "net.a" must not be set when hostNetwork is true; it would be the host's"#,
      #"11:63: error: spec.securityContext.sysctls[1].name: "kernel.shmmax" must not be set when hostIPC is true; it would be the host's"#,
      #"11:96: error: spec.securityContext.sysctls[2].name: "net/a": duplicate sysctl"#,
      #"11:96: error: spec.securityContext.sysctls[2].name: "net/a" must not be set when hostNetwork is true; it would be the host's"#
    ),
    .spec(
      "securityContext: {privileged: true}",
      "9:21: error: spec.securityContext.privileged: unknown field; it is a field of spec.containers[].securityContext"
    ),
  ]

  static let documents: [Spoiled] = [
    .text("", "1:1: error: no pod in this file"),
    .text("# nothing", "1:1: error: no pod in this file"),
    .text("a", #"1:1: error: expected a pod, found the string "a"; begin with apiVersion: v1 and kind: Pod"#),
    .text("{}", "1:1: error: kind: required; begin with apiVersion: v1 and kind: Pod"),
    .text("kind: Pod", "1:1: error: apiVersion: required; begin with apiVersion: v1 and kind: Pod"),
    .text("apiVersion: v2\nkind: Pod", #"1:13: error: apiVersion: expected v1 for kind Pod, found "v2""#),
    .text("apiVersion: v1\nkind: Pod", "1:1: error: metadata: required", "1:1: error: spec: required"),
    .text(
      "apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {}",
      "3:11: error: metadata.name: required",
      "4:7: error: spec.containers: required"
    ),
    .text(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}",
      "4:20: error: spec.containers: must have at least one container"
    ),
    .text(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: 8080}\nspec: {containers: [{}, ~, {name: a, image: ' '}]}",
      #"3:18: error: metadata.name: expected a string, found the integer 8080; write "8080""#,
      "4:21: error: spec.containers[0].name: required",
      "4:21: error: spec.containers[0].image: required",
      "4:25: error: spec.containers[1]: expected a value",
      #"4:45: error: spec.containers[2].image: " " must not begin or end with white space"#
    ),
    .text(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}, {name: a, image: b}]}",
      #"4:49: error: spec.containers[1].name: "a": duplicate container name; it is already at line 4"#
    ),
    .text(
      "apiVersion: apps/v1\nkind: Deployment",
      #"2:7: error: kind: "Deployment" is not yet supported by this version; make a Pod of its spec.template: metadata with a name, and spec"#
    ),
    .text(
      "apiVersion: v1\nkind: pod",
      #"2:7: error: kind: "pod" is not yet supported by this version; did you mean Pod?"#
    ),
    .text(
      "apiVersion: v1\nkind: Service",
      #"2:7: error: kind: "Service" is not yet supported by this version; connect to the pod's address"#
    ),
    .text(
      ManifestTests.smallest + "\n---\n" + ManifestTests.smallest,
      #"13:9: error: metadata.name: "web": duplicate pod in namespace default; it is already at line 4"#
    ),
    .text(
      "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: []}]",
      "3:32: error: items[0].kind: a List within a List is not supported"
    ),
    .text("apiVersion: v1\nkind: List\nitms: []", "3:1: error: itms: unknown field"),
    .text(
      ManifestTests.smallest + "\n    image: c\n    tty: 1",
      #"9:5: error: "image": duplicate key; it is already at line 8"#
    ),
    .text("{a: 1, a: 2}", #"1:2: error: "a": duplicate key"#),
    .text(
      "a: b: c",
      "1:5: error: no YAML: mapping values are not allowed in this context; quote a value that contains a colon and a space"
    ),
    .text(
      "a:\n\tb: c",
      "2:1: error: no YAML: while scanning for the next token found character that cannot start any token; indent with spaces, and quote what begins with @, ` or %"
    ),
    .text("a: *b", "1:4: error: no YAML: found undefined alias"),
    .text(
      "a: \"b",
      "1:6: error: no YAML: while scanning a quoted scalar that begins at line 1 found unexpected end of stream"
    ),
    .text("a: \u{1}", "1:4: error: no text: control characters are not allowed"),
    .text(
      ManifestTests.smallest.replacing("web", with: "W") + "\n---\na: [",
      #"4:9: error: metadata.name: "W" must consist of lower case letters, digits, - and ., and each part must start and end with a letter or digit"#,
      "10:5: error: no YAML: while parsing a flow node did not find expected node content"
    ),
    .spec(
      "affinity: {podAntiAffinity: {}}\nvolumes: []\ninitContainers: ~",
      "9:31: warning: spec.affinity.podAntiAffinity: without effect on a single node; the pod runs here whatever runs beside it"
    ),
  ]

  @Test(arguments: types + names + values + resources + security + documents)
  func isReported(spoiled: Spoiled) {
    #expect(diagnose(spoiled.text) == spoiled.expected)
    let result = ManifestReader.read(spoiled.text, file: "f")
    #expect(result.hasErrors == spoiled.expected.contains { $0.contains(": error: ") })
    #expect(result.pods.isEmpty == result.hasErrors)
  }

  @Test(arguments: [
    "ephemeralContainers: [{}]", "hostnameOverride: a", "overhead: {}", "readinessGates: [{}]", "resourceClaims: [{}]",
    "resources: {}", "runtimeClassName: gvisor",
  ])
  func fieldsOfThePodThatAreNotThereYet(line: String) {
    let diagnostics = diagnose(ManifestTests.smallest + "\n  " + line)
    #expect(diagnostics.count == 1)
    let name = line.prefix { $0 != ":" }
    #expect(diagnostics.first?.hasPrefix("9:3: error: spec.\(name): not yet supported by this version; ") == true)
  }

  @Test(arguments: [
    "resizePolicy: [{}]", "restartPolicyRules: [{}]", "volumeDevices: [{}]",
  ])
  func fieldsOfTheContainerThatAreNotThereYet(line: String) {
    let diagnostics = diagnose(ManifestTests.smallest + "\n    " + line)
    #expect(diagnostics.count == 1)
    let name = line.prefix { $0 != ":" }
    #expect(diagnostics.first?.hasPrefix("9:5: error: spec.containers[0].\(name): not yet supported") == true)
  }

  /// Every field of v1.36, by the number of them in its API reference.
  @Test(arguments: [
    (
      2, "", 42,
      """
      containers initContainers ephemeralContainers volumes restartPolicy terminationGracePeriodSeconds
      activeDeadlineSeconds dnsPolicy dnsConfig hostAliases hostname subdomain setHostnameAsFQDN hostnameOverride
      hostNetwork hostPID hostIPC shareProcessNamespace hostUsers nodeName nodeSelector affinity tolerations
      schedulerName topologySpreadConstraints schedulingGates preemptionPolicy schedulingGroup priority
      priorityClassName serviceAccountName serviceAccount automountServiceAccountToken imagePullSecrets securityContext
      readinessGates runtimeClassName overhead enableServiceLinks os resources resourceClaims
      """
    ),
    (
      4, "", 25,
      """
      name image imagePullPolicy command args workingDir ports env envFrom resources resizePolicy restartPolicy
      restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle
      terminationMessagePath terminationMessagePolicy securityContext stdin stdinOnce tty
      """
    ),
    (
      4, "securityContext", 12,
      """
      capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem
      allowPrivilegeEscalation procMount seccompProfile appArmorProfile
      """
    ),
    (
      2, "securityContext", 13,
      """
      seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy
      fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile seLinuxChangePolicy
      """
    ),
  ])
  func everyFieldOfKubernetesIsKnown(indentation: Int, object: String, count: Int, names: String) {
    let names = names.split(whereSeparator: \.isWhitespace).filter { !ManifestTests.smallest.contains(" \($0):") }
    let present = ["containers", "name", "image"].filter {
      object.isEmpty && (indentation == 2) == ($0 == "containers")
    }
    #expect(names.count + present.count == count)
    let indent = "\n" + String(repeating: " ", count: indentation)
    let fields = names.map { object.isEmpty ? "\(indent)\($0): ~" : "\(indent)  \($0): ~" }.joined()
    let text = ManifestTests.smallest + (object.isEmpty ? "" : "\(indent)\(object):") + fields
    #expect(diagnose(text) == [])
    #expect(diagnose(text + "\(indent)unheardOf: 1").count == 1)
  }

  @Test func allProblemsAtOnce() {
    let text =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: A}\nspec:\n  x: 1\n  containers:\n  - {name: B, y: 2}\n---\nkind: Z\n"
    #expect(diagnose(text).count == 6)
  }
}
