import Glibc

/// What the loop waits for in one round.
struct PollSet {
  /// What a descriptor stands for.
  enum Source {
    case listener
    case termination
    case children
    case connection(Int)
    case process(String, ProcessEvent)
    case output(String, Int)
    case attached(String, Int)
  }

  /// What of a process it is.
  enum ProcessEvent { case status, end, cgroup, command }

  private var entries: [pollfd] = []
  private var sources: [Source] = []

  mutating func add(_ descriptor: Int32, _ events: Int32, _ source: Source) {
    entries.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
    sources.append(source)
  }

  /// Waits, at most `milliseconds` (-1: for ever), and returns what is ready.
  mutating func wait(milliseconds: Int32) -> [Source] {
    let count = poll(&entries, nfds_t(entries.count), milliseconds)
    if count <= 0 { return [] }
    return zip(entries, sources).filter { $0.0.revents != 0 }.map(\.1)
  }
}
