import Networking
import Testing

@Suite("Addresses")
struct AddressTests {
  @Test("text")
  func text() {
    #expect(IPv4Address("10.85.0.2")?.number == 0x0a55_0002)
    #expect(IPv4Address("10.85.0.2").map { "\($0)" } == "10.85.0.2")
    for wrong in ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.4 ", "a.b.c.d", "1..2.3"] {
      #expect(IPv4Address(wrong) == nil, "\(wrong)")
    }
    for wrong in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.1/16", "10.0.0.0/016", "/16"] {
      #expect(IPv4Network(wrong) == nil, "\(wrong)")
    }
  }
}
