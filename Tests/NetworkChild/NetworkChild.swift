import CLinux
import Glibc
import Linux
import Networking

/// What the tests of the network run in network namespaces of their own: `network-child COMMAND ARGUMENT...`.
///
///     hold                                        a new namespace with lo up, until standard input ends; prints "ready"
///     open STATE NETWORKS                         makes the network, prints its block
///     attach STATE NETWORKS UID PID [die-STEP]    attaches the namespace of a process; prints the address
///     detach STATE NETWORKS UID                   detaches it
///     storm STATE NETWORKS NAME COUNT             attaches that many namespaces, prints "UID ADDRESS" each, ends with "done"
///     tear-down STATE NETWORKS                    removes everything
///     obstacles                                   prints the chains that drop forwarded packets
///     serve PORT | ask ADDRESS PORT [SOURCE]      a UDP server that says who asked; a client that waits a second
///     connect ADDRESS PORT | listen ADDRESS PORT  the same for one TCP connection
///     send INTERFACE HEX                          sends one raw frame
///     bench STATE NETWORKS COUNT                  what attaching and detaching costs
enum NetworkChild {
  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      switch words.first {
      case "hold": try hold()
      case "open": write("\(try network(words).network)")
      case "attach": try attach(words)
      case "detach": try PodNetwork(existing: configuration(words)).detach(pod: words[3])
      case "storm": try storm(words)
      case "tear-down": try PodNetwork(existing: configuration(words)).tearDown()
      case "obstacles": for obstacle in try ForwardingObstacle.list(Nft.find()) { write("\(obstacle)") }
      case "serve": try Datagrams.serve(words)
      case "ask": try Datagrams.ask(words)
      case "listen": try Streams.listen(words)
      case "connect": try Streams.connect(words)
      case "send": try Frames.send(words)
      case "bench": try Benchmark.run(words)
      default: throw Trouble("no command is called '\(words.first ?? "")'")
      }
      _exit(0)
    } catch {
      write("network-child: \(error)", to: 2)
      _exit(1)
    }
  }

  static func write(_ line: String, to descriptor: Int32 = 1) {
    // A reader that has gone does not matter to whoever is to be killed.
    try? writeAll(descriptor, Array((line + "\n").utf8))
  }

  /// `COMMAND STATE NETWORKS …`; the directory of the forwarding records is the state's parent's, as several instances share
  /// it.
  static func configuration(_ words: [String]) throws -> PodNetwork.Configuration {
    guard words.count >= 3 else { throw Trouble("STATE and NETWORKS are missing") }
    let state = words[1]
    let parent = String(state[..<(state.lastIndex(of: "/") ?? state.startIndex)])
    let name = String(state.split(separator: "/").last ?? "")
    return PodNetwork.Configuration(
      instance: name,
      directory: state + ".durable",
      runDirectory: state,
      networks: words[2].split(separator: ",").compactMap { IPv4Network(String($0)) },
      forwardingDirectory: parent + "/forwarding",
      notice: { NetworkChild.write("notice: \($0)", to: 2) }
    )
  }

  static func network(_ words: [String], step: @escaping @Sendable (AttachStep) -> Void = { _ in }) throws -> PodNetwork
  {
    var configuration = try configuration(words)
    configuration.step = step
    return try PodNetwork(configuration)
  }

  // MARK: Namespaces

  private static func hold() throws {
    try check("unshare") { lx_unshare(Int32(LX_CLONE_NEWNET)) }
    try check("ioctl") { lx_loopback_up() }
    write("ready")
    while try readSome(0, capacity: 1024).count > 0 {}
  }

  /// Opens a socket in the namespace of a process, as a pod's supervisor does that lives there.
  static func socket(in namespace: Int32) throws -> OwnedFD {
    let home = try openAt(AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY)
    try check("setns") { lx_setns(namespace, Int32(LX_CLONE_NEWNET)) }
    let socket = try check("socket") { Glibc.socket(16, Int32(SOCK_RAW.rawValue) | 0x80000, 0) }
    try check("setns") { lx_setns(home.raw, Int32(LX_CLONE_NEWNET)) }
    return OwnedFD(socket)
  }

  /// A new namespace and a socket in it, held by their descriptors alone.
  static func namespace() throws -> (SharedFD, SharedFD) {
    let home = try openAt(AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY)
    try check("unshare") { lx_unshare(Int32(LX_CLONE_NEWNET)) }
    let socket = try check("socket") { Glibc.socket(16, Int32(SOCK_RAW.rawValue) | 0x80000, 0) }
    let namespace = try openAt(AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY)
    try check("setns") { lx_setns(home.raw, Int32(LX_CLONE_NEWNET)) }
    return (SharedFD(namespace), SharedFD(OwnedFD(socket)))
  }

  private static func attach(_ words: [String]) throws {
    guard words.count >= 5 else { throw Trouble("UID and PID are missing") }
    let fatal = words.count > 5 ? String(words[5].dropFirst("die-".count)) : ""
    let network = try network(words) { if $0.rawValue == fatal { kill(getpid(), SIGKILL) } }
    let namespace = try openAt(AT_FDCWD, "/proc/\(words[4])/ns/net", O_RDONLY)
    let inside = try socket(in: namespace.raw)
    write("\(try network.attach(pod: words[3], namespace: namespace.raw, inside: inside.raw).address)")
  }

  private static func storm(_ words: [String]) throws {
    guard words.count == 5, let count = Int(words[4]) else { throw Trouble("NAME and COUNT are missing") }
    let network = try network(words)
    var held: [(SharedFD, SharedFD)] = []
    for number in 0..<count {
      let pod = try namespace()
      let uid = "\(words[3])-\(number)"
      let address = try network.attach(pod: uid, namespace: pod.0.raw, inside: pod.1.raw).address
      write("\(uid) \(address)")
      held.append(pod)
    }
    write("done")
    withExtendedLifetime(held) {}
  }
}

struct Trouble: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
