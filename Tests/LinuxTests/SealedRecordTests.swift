import Glibc
import RuntimeTestKit
import Testing

@testable import Linux

@Suite("A sealed record is what was sealed, for what it was sealed, or an error")
struct SealedRecordTests {
  @Test("random bytes of every length come back")
  func roundTrip() throws {
    var generator = SeededGenerator()
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      #expect(try SealedRecord.open(SealedRecord.seal(bytes, as: "a"), as: "a") == bytes, "seed \(generator.seed)")
    }
  }

  @Test("another purpose, any bit, any length and any tail are noticed", arguments: [0, 1, 7, 8, 9, 40])
  func damaged(_ length: Int) throws {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let record = SealedRecord.seal(bytes, as: "plan of c.0")
    func refuses(_ record: [UInt8], _ purpose: String = "plan of c.0") -> Bool {
      do throws(SyscallError) { _ = try SealedRecord.open(record, as: purpose) } catch { return error.errno == EBADMSG }
      return false
    }
    #expect(!refuses(record))
    for purpose in ["", "plan of c.1", "plan of c.0 ", "PLAN of c.0"] {
      #expect(refuses(record, purpose), "\(purpose)")
    }
    for place in record.indices {
      for bit in 0..<8 {
        var damaged = record
        damaged[place] ^= 1 << bit
        #expect(refuses(damaged), "byte \(place), bit \(bit)")
      }
    }
    for count in 0..<record.count { #expect(refuses(Array(record.prefix(count))), "\(count) bytes") }
    #expect(refuses(record + [0x0A]) && refuses(record + record) && refuses([0] + record))
  }
}
