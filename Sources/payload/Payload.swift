import CLinux
import CPayload
import Glibc
import Linux

/// What tests run inside containers: one static program, one thread, a command for each thing that a test wants to see,
/// try or suffer. Results go to standard output, one per line, except for `dump`, which prints JSON.
///
/// Exit status 2 means that the command line was wrong, 1 that the command itself could not be carried out. That
/// something is refused inside the container is never a failure: it is what the tests want to read.
enum Payload {
  struct Failure: Error {
    var text: String
    var status: Int32 = 1
  }

  private static let usage = """
    usage: payload COMMAND [ARGUMENT...]
      dump                          all that a process can see of its sandbox, as JSON
      syscalls [LAST [MS]]          makes every system call from 0 to LAST (600) with null arguments
      masked [userns]               reads what should be masked, writes what should be read-only, remounts both
      devices [DIRECTORY]           mknod and open of device numbers
      cgroup                        tries to write everything under /sys/fs/cgroup, and ways around
      fds                           open descriptors and what they are
      exit N                        exits with status N
      signal N                      ends by signal N
      print N [TEXT...]             N numbered lines on standard output
      print-both N [TEXT...]        the same, in turn on standard output and standard error
      write TEXT...                 the text without a newline
      sleep [SECONDS]               sleeps, for ever without an argument
      ignore-term [SECONDS]         says "ready" and sleeps without heeding TERM and INT
      memhog MIB                    touches that much memory, says "touched" and sleeps
      forkstorm N [SECONDS]         forks N children, which live that long (0)
      race-exchange A B SECONDS     exchanges two names as fast as it can
      ptrace-scan SECONDS           attaches to and reads descriptors of whatever appears in /proc
      hold end|exit SECONDS         attaches to whatever appears and takes no notice of it when it ends, or stops there
      open-exe-loop SECONDS         opens /proc/*/exe for writing, again and again
      tree PATH...                  what is at and below the paths
      attempt STEP [, STEP]...      changes files: write, fill, make, link, rename, remove, mode
      filtered FILE COMMAND...      another command behind a compiled filter, as nobody

    """

  static func run(_ arguments: [String]) -> Never {
    do {
      guard arguments.count >= 2 else { throw Failure(text: usage, status: 2) }
      try command(arguments[1], Array(arguments.dropFirst(2)))
      exit(0)
    } catch let failure as Failure {
      Output.error(failure.text)
      exit(failure.status)
    } catch {
      Output.error("\(arguments.dropFirst().joined(separator: " ")): \(error)\n")
      exit(1)
    }
  }

  private static func command(_ name: String, _ arguments: [String]) throws {
    switch name {
    case "dump": try Dump.run()
    case "syscalls": try SyscallProbe.run(last: number(arguments, 0, or: 600), timeout: number(arguments, 1, or: 200))
    case "masked": try MaskProbe.run(inUserNamespace: arguments.first == "userns")
    case "devices": try DeviceProbe.run(in: arguments.first ?? "/tmp/.payload-nodes")
    case "cgroup": try CgroupProbe.run()
    case "fds": try Dump.descriptors().forEach { try Output.line("\($0.number) \($0.target)") }
    case "exit": exit(Int32(try number(arguments, 0)))
    case "signal": try Behaviour.die(by: number(arguments, 0))
    case "print": try Behaviour.print(number(arguments, 0), Array(arguments.dropFirst()), streams: [1])
    case "print-both": try Behaviour.print(number(arguments, 0), Array(arguments.dropFirst()), streams: [1, 2])
    case "write": try Output.write(1, arguments.joined(separator: " "))
    case "sleep": Behaviour.sleep(seconds: try number(arguments, 0, or: -1))
    case "ignore-term": try Behaviour.ignoreTermination(seconds: number(arguments, 0, or: -1))
    case "memhog": try Behaviour.takeMemory(mebibytes: number(arguments, 0))
    case "forkstorm": try Storms.fork(number(arguments, 0), seconds: number(arguments, 1, or: 0))
    case "race-exchange": try Storms.exchange(text(arguments, 0), text(arguments, 1), seconds: number(arguments, 2))
    case "ptrace-scan": try Attacks.scan(seconds: number(arguments, 0))
    case "hold": try Attacks.hold(atExit: text(arguments, 0) == "exit", seconds: number(arguments, 1))
    case "open-exe-loop": try Attacks.openPrograms(seconds: number(arguments, 0))
    case "tree": for path in arguments { try VolumeProbe.tree(path) }
    case "attempt": try VolumeProbe.attempt(arguments)
    case "filtered":
      try Confined.enter(filter: text(arguments, 0))
      try command(text(arguments, 1), Array(arguments.dropFirst(2)))
    default: throw Failure(text: "unknown command \(name)\n" + usage, status: 2)
    }
  }

  private static func text(_ arguments: [String], _ index: Int) throws -> String {
    guard index < arguments.count else { throw Failure(text: usage, status: 2) }
    return arguments[index]
  }

  private static func number(_ arguments: [String], _ index: Int, or fallback: Int? = nil) throws -> Int {
    if let fallback, index >= arguments.count { return fallback }
    let text = try text(arguments, index)
    guard let number = Int(text), (0...1_000_000_000).contains(number) else {
      throw Failure(text: "\(text) is not a number from 0 to 1000000000\n", status: 2)
    }
    return number
  }
}
