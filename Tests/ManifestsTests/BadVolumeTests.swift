import Manifests
import Testing

@Suite("Every problem of volumes, mounts and what they refer to is found")
struct BadVolumeTests {
  static let volumes: [Spoiled] = [
    .spec(
      "volumes: [{emptyDir: {}}]",
      "9:13: error: spec.volumes[0].name: required"
    ),
    .spec(
      "volumes: [{name: A, emptyDir: {}}]",
      #"9:20: error: spec.volumes[0].name: "A" must consist of lower case letters, digits and -, and start and end with a letter or digit"#
    ),
    .spec(
      "volumes: [{name: a}]",
      "9:13: warning: spec.volumes[0]: no source is named: an emptyDir; write emptyDir: {}"
    ),
    .spec(
      "volumes: [{name: a, emptyDir: {}, hostPath: {path: /a}}]",
      "9:37: error: spec.volumes[0].hostPath: must not be set beside emptyDir; one source is possible"
    ),
    .spec(
      "volumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}]",
      #"9:45: error: spec.volumes[1].name: "a": duplicate volume name; it is already at line 9"#
    ),
    .spec(
      "volumes: [{name: a, emptyDr: {}}]",
      "9:23: error: spec.volumes[0].emptyDr: unknown field; did you mean emptyDir?"
    ),
    .spec(
      "volumes: [{name: a, emptyDir: {medium: memory}}]",
      #"9:42: error: spec.volumes[0].emptyDir.medium: expected one of "", Memory, found "memory"; did you mean Memory?"#
    ),
    .spec(
      "volumes: [{name: a, emptyDir: {medium: HugePages-2Mi}}]",
      "9:42: error: spec.volumes[0].emptyDir.medium: HugePages-2Mi is not yet supported; take Memory"
    ),
    .spec(
      "volumes: [{name: a, emptyDir: {sizeLimit: -1}}]",
      "9:45: error: spec.volumes[0].emptyDir.sizeLimit: must not be negative, found -1"
    ),
    .spec(
      "volumes: [{name: a, emptyDir: {sizeLimit: 64MB}}]",
      #"9:45: error: spec.volumes[0].emptyDir.sizeLimit: "64MB" is no quantity: unknown suffix MB; known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and exponents such as e3; did you mean Mi?"#
    ),
    .spec(
      "volumes: [{name: a, hostPath: {}}]",
      "9:33: error: spec.volumes[0].hostPath.path: required"
    ),
    .spec(
      "volumes: [{name: a, hostPath: {path: etc}}]",
      #"9:40: error: spec.volumes[0].hostPath.path: "etc" must be an absolute path"#
    ),
    .spec(
      "volumes: [{name: a, hostPath: {path: /etc/../root}}]",
      #"9:40: error: spec.volumes[0].hostPath.path: "/etc/../root" must not contain .."#
    ),
    .spec(
      "volumes: [{name: a, hostPath: {path: /a, type: directory}}]",
      #"9:50: error: spec.volumes[0].hostPath.type: expected one of "", DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice, found "directory"; did you mean Directory?"#
    ),
    .spec(
      "volumes: [{name: a, configMap: {}}]",
      "9:34: error: spec.volumes[0].configMap.name: required"
    ),
    .spec(
      "volumes: [{name: a, configMap: {secretName: a}}]",
      "9:34: error: spec.volumes[0].configMap.name: required",
      "9:35: error: spec.volumes[0].configMap.secretName: unknown field; did you mean name?"
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: A_b}}]",
      #"9:41: error: spec.volumes[0].configMap.name: "A_b" must consist of lower case letters, digits, - and ., and each part must start and end with a letter or digit"#
    ),
    .spec(
      "volumes: [{name: a, secret: {name: s}}]",
      "9:31: error: spec.volumes[0].secret.secretName: required",
      "9:32: error: spec.volumes[0].secret.name: unknown field; did you mean secretName?"
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{key: k}]}}]",
      "9:68: error: spec.volumes[0].configMap.items[0].path: required"
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{path: p}]}}]",
      "9:68: error: spec.volumes[0].configMap.items[0].key: required"
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{key: a/b, path: p}]}}]",
      #"9:74: error: spec.volumes[0].configMap.items[0].key: "a/b" must consist of letters, digits, -, _ and ."#
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{key: a, path: ''}]}}]",
      "9:83: error: spec.volumes[0].configMap.items[0].path: must not be empty"
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{key: a, path: /p}]}}]",
      #"9:83: error: spec.volumes[0].configMap.items[0].path: "/p" must be relative; leave out the / at its beginning"#
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{key: a, path: a/../../p}]}}]",
      #"9:83: error: spec.volumes[0].configMap.items[0].path: "a/../../p" must not contain .."#
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{key: a, path: ..data}]}}]",
      #"9:83: error: spec.volumes[0].configMap.items[0].path: "..data" must not begin with .."#
    ),
    .spec(
      "volumes: [{name: a, configMap: {name: c, optional: true, items: [{key: a, path: p}, {key: b, path: p}]}}]",
      #"9:102: warning: spec.volumes[0].configMap.items[1].path: "p": duplicate path; the last one counts; it is already at line 9"#
    ),
    .spec(
      "volumes: [{name: a, secret: {secretName: c, optional: true, defaultMode: 644}}]",
      "9:76: error: spec.volumes[0].secret.defaultMode: must be 0 to 0777, in decimal 511, found 644; write 0644, in JSON 420"
    ),
    .spec(
      "volumes: [{name: a, secret: {secretName: c, optional: true, defaultMode: 01000}}]",
      "9:76: error: spec.volumes[0].secret.defaultMode: must be 0 to 0777, in decimal 511, found 512"
    ),
    .spec(
      "volumes: [{name: a, secret: {secretName: c, optional: true, defaultMode: 400}}]",
      "9:76: warning: spec.volumes[0].secret.defaultMode: 400 is 0620 in octal, probably not what is meant; write 0400, in JSON 256"
    ),
    .spec(
      "volumes: [{name: a, secret: {secretName: c, optional: true, items: [{key: k, path: p, mode: -1}]}}]",
      "9:95: error: spec.volumes[0].secret.items[0].mode: must be 0 to 0777, in decimal 511, found -1"
    ),
    .spec(
      "volumes: [{name: a, secret: {secretName: c, optional: true, defaultMode: \"0644\"}}]",
      #"9:76: error: spec.volumes[0].secret.defaultMode: expected an integer, found the string "0644"; write 420 without quotes"#
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p}]}}]",
      "9:45: error: spec.volumes[0].downwardAPI.items[0]: expected one of fieldRef, resourceFieldRef"
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{fieldRef: {fieldPath: metadata.name}}]}}]",
      "9:45: error: spec.volumes[0].downwardAPI.items[0].path: required"
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: status.podIP}}]}}]",
      #"9:77: error: spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath: "status.podIP" is no field that a file can tell; a variable can tell it"#
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.nam}}]}}]",
      #"9:77: error: spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath: "metadata.nam" is no field that a file can tell; did you mean metadata.name?"#
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.name, apiVersion: v2}}]}}]",
      #"9:104: error: spec.volumes[0].downwardAPI.items[0].fieldRef.apiVersion: expected v1, found "v2""#
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: \"metadata.labels['-']\"}}]}}]",
      #"9:77: error: spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath: the key "-" must consist of letters, digits, -, _ and ., and start and end with a letter or digit"#
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p, resourceFieldRef: {resource: limits.cpu}}]}}]",
      "9:73: error: spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: required"
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p, resourceFieldRef: {resource: limits.cpu, containerName: mian}}]}}]",
      #"9:111: error: spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: there is no container "mian"; did you mean main?"#
    ),
    .spec(
      "volumes: [{name: a, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.uid}, resourceFieldRef: {resource: limits.cpu, containerName: main}}]}}]",
      "9:92: error: spec.volumes[0].downwardAPI.items[0].resourceFieldRef: must not be set beside fieldRef; one source is possible"
    ),
    .spec(
      "volumes: [{name: a, projected: {sources: [{}]}}]",
      "9:45: error: spec.volumes[0].projected.sources[0]: expected one of configMap, secret, downwardAPI"
    ),
    .spec(
      "volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: t}}, {clusterTrustBundle: {}}, {podCertificate: {}}]}}]",
      "9:46: error: spec.volumes[0].projected.sources[0].serviceAccountToken: not yet supported by this version; tokens come from a control plane, which this version does not talk to",
      "9:80: error: spec.volumes[0].projected.sources[1].clusterTrustBundle: not yet supported by this version; put the certificates into a ConfigMap",
      "9:106: error: spec.volumes[0].projected.sources[2].podCertificate: not yet supported by this version; put the certificate into a Secret"
    ),
    .spec(
      "volumes: [{name: a, projected: {sources: [{configMap: {name: c, optional: true}, secret: {name: s, optional: true}}]}}]",
      "9:84: error: spec.volumes[0].projected.sources[0].secret: must not be set beside configMap; one part is possible"
    ),
    .spec(
      "volumes: [{name: a, projected: {sources: [{configMap: {name: c, optional: true, items: [{key: k, path: p}]}}, {downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.name}}]}}]}}]",
      #"9:143: error: spec.volumes[0].projected.sources[1].downwardAPI.items[0].path: "p": duplicate path; it is already at line 9"#
    ),
    .spec(
      "volumes: [{name: a, projected: {sources: [{secret: {secretName: s}}]}}]",
      "9:54: error: spec.volumes[0].projected.sources[0].secret.name: required",
      "9:55: error: spec.volumes[0].projected.sources[0].secret.secretName: unknown field; did you mean name?"
    ),
    .spec(
      "volumes: [{name: a, persistentVolumeClaim: {claimName: c}}]",
      "9:23: error: spec.volumes[0].persistentVolumeClaim: not yet supported by this version; use a hostPath of type DirectoryOrCreate"
    ),
    .spec(
      "volumes: [{name: a, image: {reference: r}}, {name: b, nfs: {}}, {name: c, csi: {driver: d}}, {name: d, gitRepo: {}}]",
      "9:23: error: spec.volumes[0].image: not yet supported by this version; copy its files into an emptyDir by an init container",
      "9:57: error: spec.volumes[1].nfs: not yet supported by this version; mount it on the host and use a hostPath",
      "9:77: error: spec.volumes[2].csi: not yet supported by this version; CSI drivers are not there yet; use an emptyDir or a hostPath",
      "9:106: error: spec.volumes[3].gitRepo: not yet supported by this version; clone it into an emptyDir by an init container"
    ),
    .spec(
      "volumes: [{name: a, rbd: {}}]",
      "9:23: error: spec.volumes[0].rbd: not yet supported by this version; Kubernetes has removed it; use its CSI driver's volume on the host as a hostPath"
    ),
  ]

  static let mounts: [Spoiled] = [
    .container(
      "volumeMounts: [{name: a, mountPath: /a}]",
      #"9:27: error: spec.containers[0].volumeMounts[0].name: there is no volume "a"; add it under spec.volumes"#
    ),
    .container(
      "volumeMounts: [{mountPath: /a}, {name: b}]",
      "9:20: error: spec.containers[0].volumeMounts[0].name: required",
      "9:37: error: spec.containers[0].volumeMounts[1].mountPath: required",
      #"9:44: error: spec.containers[0].volumeMounts[1].name: there is no volume "b"; add it under spec.volumes"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: dta, mountPath: /a}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:27: error: spec.containers[0].volumeMounts[0].name: there is no volume "dta"; did you mean data?"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: a}, {name: data, mountPath: /}, {name: data, mountPath: /a/../b}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:44: error: spec.containers[0].volumeMounts[0].mountPath: "a" must be an absolute path"#,
      #"9:72: error: spec.containers[0].volumeMounts[1].mountPath: "/" must not be the root; choose a path below it"#,
      #"9:100: error: spec.containers[0].volumeMounts[2].mountPath: "/a/../b" must not contain .."#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a}, {name: data, mountPath: /a/}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:73: error: spec.containers[0].volumeMounts[1].mountPath: "/a/": duplicate mount path; it is already at line 9"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, subPath: /x}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:57: error: spec.containers[0].volumeMounts[0].subPath: "/x" must be relative; leave out the / at its beginning"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, subPath: a/../../x}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:57: error: spec.containers[0].volumeMounts[0].subPath: "a/../../x" must not contain .."#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, subPath: a, subPathExpr: $(A)}]\n  volumes: [{name: data, emptyDir: {}}]",
      "9:73: error: spec.containers[0].volumeMounts[0].subPathExpr: must not be set beside subPath; choose one of them"
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, subPathExpr: ../$(A)}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:61: error: spec.containers[0].volumeMounts[0].subPathExpr: "../$(A)" must not contain .."#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, recursiveReadOnly: IfPossible}]\n  volumes: [{name: data, emptyDir: {}}]",
      "9:67: error: spec.containers[0].volumeMounts[0].recursiveReadOnly: IfPossible needs readOnly: true"
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer}]\n  volumes: [{name: data, emptyDir: {}}]",
      "9:83: error: spec.containers[0].volumeMounts[0].recursiveReadOnly: Enabled needs mountPropagation: None, found HostToContainer"
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, mountPropagation: Bidirectional}]\n  volumes: [{name: data, emptyDir: {}}]",
      "9:66: error: spec.containers[0].volumeMounts[0].mountPropagation: Bidirectional is not yet supported; mounts of a container stay in it; take HostToContainer"
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /a, readonly: true}]\n  volumes: [{name: data, emptyDir: {}}]",
      "9:48: error: spec.containers[0].volumeMounts[0].readonly: unknown field; did you mean readOnly?"
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /proc/self/attr}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:44: error: spec.containers[0].volumeMounts[0].mountPath: "/proc/self/attr" must not be below /proc, which is the kernel's; mount it elsewhere; only figures such as /proc/meminfo can be covered"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: //proc/.}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:44: error: spec.containers[0].volumeMounts[0].mountPath: "//proc/." must not be /proc, which is the kernel's; mount it elsewhere"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    volumeMounts: [{name: data, mountPath: /dev/}]\n  volumes: [{name: data, emptyDir: {}}]",
      #"9:44: error: spec.containers[0].volumeMounts[0].mountPath: "/dev/" must not be /dev, where the container's devices are; choose a path below it"#
    ),
    .container(
      "terminationMessagePath: /proc/self/attr/current",
      #"9:29: error: spec.containers[0].terminationMessagePath: "/proc/self/attr/current" must not be below /proc, which is the kernel's; mount it elsewhere; only figures such as /proc/meminfo can be covered"#
    ),
    .spec(
      "volumes: [{name: data, nfs: {}}]\ninitContainers: [{name: i, image: i, volumeMounts: [{name: data, mountPath: /d}]}]",
      "9:26: error: spec.volumes[0].nfs: not yet supported by this version; mount it on the host and use a hostPath"
    ),
  ]

  static let references: [Spoiled] = [
    .container(
      "envFrom: [{configMapRef: {name: c}}]",
      #"9:37: error: spec.containers[0].envFrom[0].configMapRef.name: there is no ConfigMap "c" in namespace default; add it as a document of its own, or set optional: true"#
    ),
    .container(
      "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
      #"9:54: error: spec.containers[0].env[0].valueFrom.secretKeyRef.name: there is no Secret "s" in namespace default; add it as a document of its own, or set optional: true"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    env: [{name: A, valueFrom: {configMapKeyRef: {name: web, key: modee}}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {mode: a}",
      #"9:67: error: spec.containers[0].env[0].valueFrom.configMapKeyRef.key: there is no key "modee" in the ConfigMap "web"; did you mean mode?"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    env: [{name: A, valueFrom: {configMapKeyRef: {name: wbe, key: mode}}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {mode: a}",
      #"9:57: error: spec.containers[0].env[0].valueFrom.configMapKeyRef.name: there is no ConfigMap "wbe" in namespace default; did you mean web?"#
    ),
    .text(
      ManifestTests.smallest
        + "\n    env: [{name: A, valueFrom: {configMapKeyRef: {name: web, key: mode}}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: other}\ndata: {mode: a}",
      #"9:57: error: spec.containers[0].env[0].valueFrom.configMapKeyRef.name: there is no ConfigMap "web" in namespace default; add it as a document of its own, or set optional: true"#
    ),
    .text(
      ManifestTests.smallest
        + "\n  volumes: [{name: a, secret: {secretName: s, items: [{key: k, path: p}]}}]\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: a, b: b}",
      #"9:61: error: spec.volumes[0].secret.items[0].key: there is no key "k" in the Secret "s"; there is a, b"#
    ),
    .text(
      ManifestTests.smallest
        + "\n  volumes: [{name: a, projected: {sources: [{configMap: {name: c}}, {secret: {name: s}}]}}]\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: c}",
      #"9:64: error: spec.volumes[0].projected.sources[0].configMap.name: there is no ConfigMap "c" in namespace default; add it as a document of its own, or set optional: true"#,
      #"9:85: error: spec.volumes[0].projected.sources[1].secret.name: there is no Secret "s" in namespace default; there is c"#
    ),
  ]

  static let objects: [Spoiled] = [
    .text(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 1, b/c: x}",
      #"4:11: error: data.a: expected a string, found the integer 1; write "1""#,
      #"4:14: error: data.b/c: "b/c" must consist of letters, digits, -, _ and ."#
    ),
    .text(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: x}\nbinaryData: {a: aGk=}",
      #"5:17: error: binaryData.a: "a": duplicate key; it is already in data"#
    ),
    .text(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbinaryData: {a: x!}",
      "4:17: error: binaryData.a: expected base64; plain text goes under data"
    ),
    .text(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\nimmutable: maybe\nstringData: {}",
      "3:11: error: metadata.name: required",
      #"4:12: error: immutable: expected true or false, found the string "maybe""#,
      "5:1: error: stringData: unknown field; did you mean data?"
    ),
    .text(
      "apiVersion: v2\nkind: ConfigMap\nmetadata: {name: a}",
      #"1:13: error: apiVersion: expected v1 for kind ConfigMap, found "v2""#
    ),
    .text(
      "apiVersion: v1\nkind: Configmap\nmetadata: {name: a}",
      #"2:7: error: kind: "Configmap" is not yet supported by this version; did you mean ConfigMap?"#
    ),
    .text(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}",
      #"7:18: error: metadata.name: "a": duplicate configmap in namespace default; it is already at line 3"#
    ),
    .text(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringdata: {a: b}",
      "4:1: error: stringdata: unknown field; did you mean stringData?"
    ),
    .text(
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy",
      #"2:7: error: kind: "NetworkPolicy" is not yet supported by this version; remove it; this version does not filter between pods"#
    ),
    .text(
      "apiVersion: v1\nkind: PersistentVolumeClaim",
      #"2:7: error: kind: "PersistentVolumeClaim" is not yet supported by this version; remove it and use a volume of type hostPath or emptyDir"#
    ),
    .text(
      "apiVersion: v1\nkind: SecretList\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]",
      "3:9: error: items[0].spec: required"
    ),
    .text(
      "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}}\n  {\"apiVersion\": \"v1\", \"kind\": \"Pod\"}",
      "2:3: error: metadata: required",
      "2:3: error: spec: required"
    ),
  ]

  @Test(arguments: volumes + mounts + references + objects)
  func isReported(spoiled: Spoiled) {
    #expect(diagnose(spoiled.text) == spoiled.expected)
    let result = ManifestReader.read(spoiled.text, file: "f")
    #expect(result.hasErrors == spoiled.expected.contains { $0.contains(": error: ") })
    if result.hasErrors { #expect(result.pods.isEmpty && result.configMaps.isEmpty && result.secrets.isEmpty) }
  }
}
