import ArchiveTestKit
import Linux
import Testing

extension Crashes {
  @Suite(
    "In a chroot no container is made: what the chroot hides is above its root",
    .disabled(if: Requirements.systemd, "needs a machine without systemd")
  )
  struct ChrootOfARun {
    @Test("A run that sees a part of its mount namespace says so and leaves nothing; one whose root that part is, runs")
    func chroot() throws {
      let node = try ForegroundNode()
      let manifest = try node.manifest("echo hello")
      let words = node.commandLine(["run", "-f", manifest.file])
      let scratch = node.places.scratch.path
      let root = scratch + "/part"
      try ensureDirectories(root)
      for (change, code, isRefused) in [
        ("exec /usr/sbin/chroot \(root)", Int32(125), true),
        ("cd \(root) && /usr/sbin/pivot_root . mnt && exec", 0, false),
      ] {
        for name in ["out", "err"] { _ = try node.places.scratch.file(name, []) }
        let inside = "exec >\(scratch)/out 2>\(scratch)/err; mount --rbind / \(root) && \(change) \(words)"
        _ = try node.places.scratch.file("inside", Array(inside.utf8))
        let shell = "unshare --mount --propagation private sh \(scratch)/inside"
        let status = try ForegroundNode.wait(try node.spawn(shell: shell))
        #expect(status == .exited(code), "\(change): \(node.text("err"))")
        #expect(node.text("err").contains("make containers in a chroot") == isRefused, "\(node.text("err"))")
        #expect(node.text("out").contains("hello") == !isRefused)
        #expect(try node.oracle(beforeNextCommand: true).settle() == [])
      }
    }
  }
}
