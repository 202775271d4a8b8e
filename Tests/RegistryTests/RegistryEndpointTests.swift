import Registry
import Testing

@Suite("A registry's endpoint says how it is reached")
struct RegistryEndpointTests {
  @Test func plainIsKept() {
    #expect(RegistryEndpoint(host: "localhost:5000", isPlain: true).isPlain)
  }
}
