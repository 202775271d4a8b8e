import Glibc
import Linux
import Testing

@testable import Networking

/// Every suite that needs the kernel stands below this one: one test at a time.
@Suite(
  "The network of the pods, in the kernel",
  .serialized,
  .enabled(if: geteuid() == 0, "only root makes network namespaces"),
  .enabled(if: World.missing.isEmpty, "needs \(World.missing.joined(separator: ", "))")
)
enum Kernel {}

/// How much longer than usual the tests with a number of attempts run: the environment variable `SCALE`.
let scale = max(1, getenv("SCALE").flatMap { Int(String(cString: $0)) } ?? 1)

/// A process with a network namespace of its own.
struct Place: Sendable {
  let process: Running
  var pid: Int32 { process.pid }

  init() throws {
    process = try Running(World.child, ["hold"])
    try process.await("ready")
  }
}

/// A host of a test's own, which is a namespace with an uplink to another one that is its neighbour and everything outside;
/// nothing of this machine's own network is touched. The host is 192.0.2.2, the neighbour 192.0.2.1, and "the Internet"
/// 198.51.100.1.
final class World: Sendable {
  static let child: String = {
    let own = (try? readLinkText("/proc/self/exe")) ?? ""
    return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) + "/network-child"
  }()

  /// Programs that are not there.
  static var missing: [String] {
    ["/usr/bin/nsenter (util-linux)", "/usr/sbin/nft (nftables)", "/usr/sbin/ip (iproute2)"].filter {
      access(String($0.prefix { $0 != " " }), X_OK) != 0
    }
  }

  let scratch: Scratch
  let host: Place
  let outside: Place
  static let networks = "10.85.0.0/16,10.86.0.0/16"

  init() throws {
    guard access(Self.child, X_OK) == 0 else {
      throw Trouble("\(Self.child) is not there: run swift build --build-tests")
    }
    scratch = try Scratch()
    host = try Place()
    outside = try Place()
    try shell(
      in: host,
      """
      ip link add up0 type veth peer name up0 netns \(outside.pid)
      # No address of its own that turns up while a test compares.
      ip link set up0 addrgenmode none
      ip addr add 192.0.2.2/24 dev up0; ip link set up0 up
      ip route add default via 192.0.2.1 2>/dev/null || true
      """
    )
    try shell(
      in: outside,
      "ip addr add 192.0.2.1/24 dev up0; ip link set up0 up; ip addr add 198.51.100.1/32 dev lo"
    )
    try shell(in: host, "ip route replace default via 192.0.2.1")
  }

  // MARK: Programs

  func start(in place: Place, _ program: String, _ arguments: [String]) throws -> Running {
    try Running("/usr/bin/nsenter", ["-t", "\(place.pid)", "-n", "--", program] + arguments)
  }

  @discardableResult
  func run(in place: Place, _ program: String, _ arguments: [String]) throws -> String {
    let (status, output) = try start(in: place, program, arguments).finish()
    if status != .exited(0) { throw Trouble("\(program) \(arguments.joined(separator: " ")): \(output)") }
    return output.split(separator: "\n").joined(separator: "\n")
  }

  @discardableResult
  func shell(in place: Place, _ script: String) throws -> String { try run(in: place, "/bin/sh", ["-ec", script]) }

  // MARK: The network

  func state(_ instance: String = "swl0") -> String { scratch.path + "/" + instance }

  private func words(_ command: String, _ instance: String, _ rest: [String]) -> [String] {
    [command, state(instance), Self.networks] + rest
  }

  @discardableResult
  func network(_ command: String, _ instance: String = "swl0", _ rest: String...) throws -> String {
    try run(in: host, Self.child, words(command, instance, rest))
  }

  func start(_ command: String, _ instance: String = "swl0", _ rest: String...) throws -> Running {
    try start(in: host, Self.child, words(command, instance, rest))
  }

  /// A pod with its address.
  func pod(_ uid: String, _ instance: String = "swl0") throws -> (place: Place, address: String) {
    let place = try Place()
    return (place, try network("attach", instance, uid, "\(place.pid)"))
  }

  /// A UDP server that says who asks.
  func serve(in place: Place, _ port: Int) throws -> Running {
    let server = try start(in: place, Self.child, ["serve", "\(port)"])
    try server.await("ready")
    return server
  }

  /// Whom the server at an address takes the asker for; `nil` without an answer.
  func ask(in place: Place, _ address: String, _ port: Int) throws -> String? {
    let (status, output) = try start(in: place, Self.child, ["ask", address, "\(port)"]).finish()
    return status == .exited(0) ? output.split(separator: "\n").first.map(String.init) : nil
  }

  /// Whether a TCP connection comes about.
  func connects(in place: Place, _ address: String, _ port: Int) throws -> Bool {
    try start(in: place, Self.child, ["connect", address, "\(port)"]).finish().output.contains("hello")
  }

  // MARK: What there is

  /// Everything in the kernel that pods and their network leave, without what counts or ages.
  func kernelState() throws -> String {
    try shell(
      in: host,
      """
      ip -br link | sed 's/@[^ ]*//' | awk '{print $1, $3}' | sort; ip -br addr | awk '{print $1, $3, $4}' | sort
      ip route show table all | sed 's/ linkdown//' | sort
      ip -6 route show table all | grep -v up0 | sort; ip neigh | grep -v up0 | sort || true
      bridge fdb | grep -v up0 | sort; nft list tables
      """
    )
  }

  /// Every setting of the host's network.
  func settings() throws -> String {
    try shell(
      in: host,
      "for f in $(find /proc/sys/net/ipv4 /proc/sys/net/ipv6 -type f -perm -400 | grep -v -e /neigh/ -e stable_secret | sort);"
        + " do echo $f $(cat $f 2>/dev/null); done"
    )
  }

  /// The pods that have a record.
  func records(_ instance: String = "swl0") throws -> [String] {
    let directory = try openDirectory(AT_FDCWD, state(instance) + "/pods")
    return try entries(of: directory.raw)
  }
}

private func readLinkText(_ path: String) throws -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = try checkCount("readlink") { readlink(path, &buffer, buffer.count) }
  return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
