import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Torch archives that are written. The tests of folders for pyreft and for the adapters library
/// tell that torch reads them.
@Suite struct TorchArchiveWriterTests {
  private let elements: [(name: String, element: TorchArchive.Element)] = [
    ("weight", .tensor(Tensor((0..<70_000).map { Float($0) / 7 }, shape: [70, 1000]))),
    ("size", .integer(576)),
    ("large", .integer(1 << 40)),
    ("rotate_layer.parametrizations.weight.0.base", .tensor(Tensor([1.5], shape: [1, 1]))),
    ("none", .tensor(.zeros([0, 3]))),
    ("naïve", .tensor(Tensor([-0.5, .leastNonzeroMagnitude], shape: [2]))),
  ]

  @Test func areReadBack() throws {
    let place = try TemporaryFolder()
    let url = place.url.appending(component: "a.bin")
    try TorchArchive.write(elements, to: url)
    let archive = try TorchArchive(contentsOf: url)
    #expect(archive.names == elements.map(\.name))
    for (name, element) in elements {
      let stored = try archive.tensor(named: name)
      switch element {
      case .tensor(let tensor):
        #expect(stored.shape == tensor.shape && stored.elementType == .float32)
        #expect(stored.floats().elements == tensor.elements)
        // As torch's own, where it can be mapped.
        #expect(stored.byteRange.lowerBound % 64 == 0)
      case .integer(let number):
        #expect(stored.shape == [] && stored.elementType == .int64)
        #expect(stored.floats().elements == [Float(number)])
      }
    }
    let again = place.url.appending(component: "b.bin")
    try TorchArchive.write(elements, to: again)
    #expect(try Data(contentsOf: url) == Data(contentsOf: again))
  }

  /// Both headers have the checksum of the data, by the specification's bitwise loop.
  @Test func checksums() throws {
    let place = try TemporaryFolder()
    let url = place.url.appending(component: "a.bin")
    try TorchArchive.write(elements, to: url)
    let bytes = [UInt8](try Data(contentsOf: url))
    func number(_ at: Int, _ size: Int) -> Int {
      (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    let end = bytes.count - 22
    var position = number(end + 16, 4)
    for _ in 0..<number(end + 10, 2) {
      let (checksum, size) = (number(position + 16, 4), number(position + 24, 4))
      let local = number(position + 42, 4)
      let data = local + 30 + number(local + 26, 2) + number(local + 28, 2)
      #expect(number(local + 14, 4) == checksum && number(local + 22, 4) == size)
      var crc = ~UInt32(0)
      for byte in bytes[data..<data + size] {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
      }
      #expect(Int(~crc) == checksum)
      position += 46 + number(position + 28, 2)
    }
    #expect(position == end)
  }

  @Test func aNameThatIsUsedTwice() throws {
    let place = try TemporaryFolder()
    let url = place.url.appending(component: "a.bin")
    let message = line {
      try TorchArchive.write([("a", .integer(1)), ("a", .integer(2))], to: url)
    }
    #expect(message?.hasSuffix("tensor \"a\": expected each name once, found it again") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.url.path).isEmpty)
  }
}
