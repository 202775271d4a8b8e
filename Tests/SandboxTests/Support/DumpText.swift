import Foundation
import Glibc
import Linux

/// What `payload dump` said, as one line per fact that does not depend on the machine or the moment, so that it can be
/// reviewed and compared.
struct DumpText {
  let lines: [String]

  /// Replaced by names in mounts and elsewhere, the first one first.
  struct Names {
    var replacements: [(String, String)]
    var hostname: String
    var maximumOpenFiles: UInt64
  }

  init(_ text: String, _ names: Names) throws {
    guard let start = text.firstIndex(of: "{"),
      let root = try JSONSerialization.jsonObject(with: Data(text[start...].utf8)) as? [String: Any]
    else { throw Trouble("payload dump said: \(text)") }
    var reader = DumpReader(root: root, names: names)
    lines = reader.read()
  }
}

private struct DumpReader {
  let root: [String: Any]
  let names: DumpText.Names
  var lines: [String] = []

  mutating func read() -> [String] {
    identity()
    for line in strings("mountinfo") { lines.append("mount " + mount(line)) }
    devices()
    limits()
    for line in strings("cgroup") where line.hasPrefix("0::") {
      // The name of an exec session.
      lines.append("cgroup " + line.replacingOccurrences(of: "exec-.*", with: "<session>", options: .regularExpression))
    }
    namespaces()
    for entry in strings("environment") { lines.append("env \(named(entry))") }
    for file in objects("descriptors") {
      lines.append("open \(value(file, "fd")) \(value(file, "type")) \(withoutNumber(value(file, "target")))")
    }
    for key in [
      "umask", "cwd", "oomScoreAdj", "keyring", "securebits", "dumpable", "noNewPrivileges",
      "childSubreaper", "parentDeathSignal", "personality", "hostname", "domainname",
    ] { lines.append("\(key) \(named(value(root, key)))") }
    // The label of a security module, where there is one: no profile of ours is applied yet.
    let label = (try? readKernelFile(AT_FDCWD, "/proc/self/attr/current")) ?? "errno \(EINVAL)"
    let isOwnLabel = label.trimmingCharacters(in: ["\0", "\n"]) == value(root, "attrCurrent")
    lines.append("attrCurrent \(isOwnLabel ? "<the node's own>" : value(root, "attrCurrent"))")
    lines.append("root " + strings("root").sorted().joined(separator: " "))
    for (key, text) in object("sysctls").sorted(by: { $0.key < $1.key })
    where key != "kernel/ns_last_pid" {
      let own = try? readKernelFile(AT_FDCWD, "/proc/sys/\(key)")
      let isHosts = own.map { $0.trimmingCharacters(in: .newlines) == "\(text)" } ?? false
      lines.append("sysctl \(key) \(isHosts ? "<as on the host>" : "\(text)")")
    }
    return lines
  }

  private mutating func identity() {
    let pid = value(object("identity"), "pid")
    for (key, value) in object("identity").sorted(by: { $0.key < $1.key }) {
      lines.append("\(key) \(key != "terminal" && "\(value)" == pid && pid != "1" ? "<its own>" : "\(value)")")
    }
    // The machine's processors and its whole load.
    let left = [
      "SigQ", "Cpus_allowed_list", "Mems_allowed_list", "Speculation_Store_Bypass", "Speculation_Indirect_Branch",
    ]
    let own = DumpReader.ownBoundingSet
    for (key, value) in object("status").sorted(by: { $0.key < $1.key }) where !left.contains(key) {
      let isAll = key.hasPrefix("Cap") && "\(value)" == own
      let isOwn = key.hasPrefix("NS") && "\(value)" == pid && pid != "1"
      lines.append("status \(key) \(isAll ? "<all that the node has>" : isOwn ? "<its own>" : "\(value)")")
    }
  }

  private static let ownBoundingSet: String = {
    let status = (try? readKernelFile(AT_FDCWD, "/proc/self/status")) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapBnd:") }
    return line.map { String($0.dropFirst("CapBnd:".count)).trimmingCharacters(in: .whitespaces) } ?? ""
  }()

  /// `PLACE TYPE SOURCE ROOT OPTIONS [PROPAGATION] SUPEROPTIONS`; what lies on a filesystem of the host says only that.
  private func mount(_ line: String) -> String {
    let fields = line.split(separator: " ").map(String.init)
    guard let separator = fields.firstIndex(of: "-"), fields.count >= separator + 4 else { return line }
    let (type, source, superOptions) = (fields[separator + 1], fields[separator + 2], fields[separator + 3])
    let optional = fields[6..<separator].map(withoutNumber)
    let own = ["overlay", "proc", "tmpfs", "devpts", "mqueue", "sysfs", "cgroup2"].contains(type)
    // Only a bind of the host's /dev/null has this root; which filesystem it is on is the machine's business.
    let isHosts = !own || fields[3] == "/null"
    // How access times are kept is inherited from where the host's file lies.
    let all = fields[5].split(separator: ",")
    let options = all.filter { !isHosts || !$0.hasSuffix("atime") }.joined(separator: ",")
    return
      ([fields[4], isHosts ? "<host>" : type, isHosts ? "<host>" : source, named(fields[3]), options] + optional
      + [isHosts ? "<host>" : named(superOptions)]).joined(separator: " ")
  }

  private mutating func devices() {
    var hosts = 0
    for node in objects("devices") {
      let (path, type) = (value(node, "path"), value(node, "type"))
      var status = stat()
      let isDefault = ["null", "zero", "full", "random", "urandom", "tty", "console"].contains { path == "/dev/" + $0 }
      if ["c", "b"].contains(type), !isDefault, !path.hasPrefix("/dev/pts/"), lstat(path, &status) == 0 {
        hosts += 1
        continue
      }
      if type == "d", !["/dev/pts", "/dev/shm", "/dev/mqueue"].contains(path), lstat(path, &status) == 0 { continue }
      lines.append(
        ["dev", path, type, value(node, "mode"), value(node, "owner"), value(node, "device"), value(node, "target")]
          .filter { !$0.isEmpty }.joined(separator: " ")
      )
    }
    if hosts > 0 { lines.append("dev <nodes of the host>") }
  }

  private mutating func limits() {
    for (number, name) in [
      "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING",
      "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
    ].enumerated() {
      let values = (object("rlimits")[name] as? [String]) ?? []
      var own = rlimit()
      getrlimit(__rlimit_resource_t(UInt32(number)), &own)
      func text(_ value: rlim_t) -> String { value == .max ? "unlimited" : "\(value)" }
      if name == "NOFILE" {
        let hard = values.last == "\(min(524_288, names.maximumOpenFiles))" ? "<at most 524288>" : values.last ?? ""
        lines.append("limit NOFILE \(values.first ?? "") \(hard)")
      } else if name != "CORE", values == [text(own.rlim_cur), text(own.rlim_max)] {
        lines.append("limit \(name) <the node's own>")
      } else {
        lines.append("limit \(name) \(values.joined(separator: " "))")
      }
    }
  }

  private mutating func namespaces() {
    for (name, text) in object("namespaces").sorted(by: { $0.key < $1.key }) {
      var buffer = [CChar](repeating: 0, count: 256)
      let count = readlink("/proc/self/ns/\(name)", &buffer, 256)
      let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      lines.append("namespace \(name) \(own == "\(text)" ? "host" : "own")")
    }
  }

  // MARK: Values

  private func object(_ key: String) -> [String: Any] { root[key] as? [String: Any] ?? [:] }
  private func objects(_ key: String) -> [[String: Any]] { root[key] as? [[String: Any]] ?? [] }
  private func strings(_ key: String) -> [String] { root[key] as? [String] ?? [] }
  private func value(_ object: [String: Any], _ key: String) -> String { object[key].map { "\($0)" } ?? "" }

  private func named(_ text: String) -> String {
    var text = text
    for (from, to) in names.replacements where !from.isEmpty { text = text.replacingOccurrences(of: from, with: to) }
    if text.contains("/proc/self/fd/") {
      text = text.replacingOccurrences(of: "/proc/self/fd/[0-9]+", with: "/proc/self/fd/N", options: .regularExpression)
    }
    return text == names.hostname ? "<host>" : text.replacingOccurrences(of: "=\(names.hostname)", with: "=<host>")
  }

  private func withoutNumber(_ text: String) -> String {
    text.replacingOccurrences(of: "[0-9]+\\]$", with: "*]", options: .regularExpression)
      .replacingOccurrences(of: "(master|shared|propagate_from):[0-9]+", with: "$1:N", options: .regularExpression)
  }
}
