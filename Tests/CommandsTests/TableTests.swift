import Testing

@testable import Commands

@Suite("Tables and sizes are for people")
struct TableTests {
  @Test("Columns are as wide as their widest cell, without blanks at the end of a line")
  func table() {
    var table = Table(header: ["NAME", "ID"])
    #expect(table.text == "NAME   ID\n")
    table.rows = [["a", "1"], ["longer", "22"]]
    #expect(table.text == "NAME     ID\na        1\nlonger   22\n")
  }

  @Test(
    "Sizes have two or three digits",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_940, "9.9 kB"), (9_960, "10 kB"), (999_499, "999 kB"),
      (999_500, "1.0 MB"), (4_200_000, "4.2 MB"), (123_456_789, "123 MB"), (5_000_000_000, "5.0 GB"),
      (7_000_000_000_000, "7.0 TB"), (Int64.max, "9223372 TB"),
    ] as [(Int64, String)]
  )
  func sizes(_ bytes: Int64, _ text: String) {
    #expect(humanSize(bytes) == text)
  }
}
