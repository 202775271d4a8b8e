import CLinux
import Glibc
import Linux
import UnpackPlan

/// The confined child that parses an archive nobody trusts: `swiftlet-unpack LIMITS PARENT [files]`.
///
/// Descriptor 0 is the archive, 3 an empty directory that becomes its whole file system, 4 a pipe for the one message it
/// writes. It locks itself in before it reads the first byte of the archive; if it cannot, it says so and reads nothing.
public enum UnpackProgram {
  /// Descriptor of the directory to unpack into.
  public static let targetDescriptor: Int32 = 3
  /// Descriptor of the pipe for the report.
  public static let reportDescriptor: Int32 = 4

  /// Runs the program; never returns. Exits 0 when the archive lies unpacked and the report is written, else 1.
  public static func run() -> Never {
    do throws(UnpackFailure) {
      let report = try unpack(arguments: CommandLine.arguments)
      finish(.done(report), code: 0)
    } catch {
      finish(.failed(error), code: 1)
    }
  }

  private static func unpack(arguments: [String]) throws(UnpackFailure) -> UnpackReport {
    let (limits, purpose) = try request(arguments)
    // Names are UTF-8 here. Chosen before the root directory is gone: no conversion module may ever come from the target.
    guard setlocale(LC_CTYPE, "C.UTF-8") != nil else {
      throw UnpackFailure(.confinement, "the C library has no C.UTF-8 locale")
    }
    let archive = ArchiveReader(descriptor: 0, limits: limits)
    let root = try Confinement(limits: limits).enter(target: targetDescriptor, report: reportDescriptor)
    var report = try write(archive, root, limits, purpose)
    archive.complete(&report)
    return report
  }

  private static func write(
    _ archive: ArchiveReader,
    _ root: consuming OwnedFD,
    _ limits: UnpackLimits,
    _ purpose: UnpackPurpose
  ) throws(UnpackFailure) -> UnpackReport {
    switch purpose {
    case .layer:
      var layer = LayerWriter(root: root, limits: limits)
      try archive.readEntries { (entry) throws(UnpackFailure) in try layer.apply(entry) }
      return try layer.finish()
    case .files:
      var files = FileWriter(root: root, limits: limits)
      try archive.readEntries { (entry) throws(UnpackFailure) in try files.apply(entry) }
      return files.report
    }
  }

  private static func request(_ arguments: [String]) throws(UnpackFailure) -> (UnpackLimits, UnpackPurpose) {
    let purpose = arguments.count == 4 ? UnpackPurpose(rawValue: arguments[3]) : .layer
    guard [3, 4].contains(arguments.count), let parent = Int32(arguments[2]), let purpose else {
      throw UnpackFailure(.request, "this program is started by swiftlet: usage: swiftlet-unpack LIMITS PARENT [files]")
    }
    do throws(SyscallError) {
      try check("prctl(PR_SET_PDEATHSIG)") { lx_prctl(Int32(LX_PR_SET_PDEATHSIG), UInt(SIGKILL), 0, 0, 0) }
    } catch {
      throw UnpackFailure(.confinement, error.description)
    }
    // The parent may have died before the signal was asked for.
    guard lx_getppid() == parent else { throw UnpackFailure(.request, "the program that asked is gone") }
    do throws(UnpackMessageError) {
      return (try UnpackLimits(parsing: Array(arguments[1].utf8)), purpose)
    } catch {
      throw UnpackFailure(.request, error.description)
    }
  }

  /// A pipe that nobody reads leaves nothing else to say: the exit code is all that is left then.
  private static func finish(_ message: UnpackMessage, code: Int32) -> Never {
    do throws(SyscallError) {
      try writeAll(reportDescriptor, message.serialized)
    } catch {
      lx_exit(2)
    }
    lx_exit(code)
  }
}
