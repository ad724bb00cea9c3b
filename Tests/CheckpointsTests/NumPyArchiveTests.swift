import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Archives of numpy's, as `numpy.savez` writes them and as nobody does.
@Suite struct NumPyArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// An array's entry: magic, version, header, elements.
  private func array(
    _ descr: String = "<f4", order: String = "False", shape: String = "(2, 3)",
    _ data: [UInt8] = [], version: UInt8 = 1
  ) -> [UInt8] {
    let text = Array(
      "{'descr': '\(descr)', 'fortran_order': \(order), 'shape': \(shape), }  \n".utf8)
    let length = version == 1 ? littleEndian(UInt16(text.count)) : littleEndian(UInt32(text.count))
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
  }

  private func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { littleEndian($0.bitPattern) }
  }

  private func archive(_ entries: [(String, [UInt8])]) throws -> URL {
    try folder.file(
      "x.npz", ZipBuilder(entries: entries.map { .init(name: $0.0, data: $0.1) }).bytes)
  }

  private func fault(_ entry: [UInt8], name: String = "w.npy") throws -> String? {
    let url = try archive([(name, entry)])
    return line { _ = try NumPyArchive(contentsOf: url) }.map {
      String($0.dropFirst(url.path().count + 2))
    }
  }

  @Test(arguments: [UInt8(1), 2, 3])
  func arraysAreRead(version: UInt8) throws {
    let values: [Float] = [1, -2, 3.5, 4, 5, 6]
    let url = try archive([
      ("W_enc.npy", array(floats(values), version: version)),
      ("k.npy", array("<i8", shape: "()", littleEndian(7))),
      (
        "b.npy",
        array("<f8", shape: "(2,)", [1.5, -2].flatMap { littleEndian(Double($0).bitPattern) })
      ),
    ])
    let file = try NumPyArchive(contentsOf: url)
    #expect(file.names == ["W_enc", "k", "b"])
    let matrix = try file.tensor(named: "W_enc").floats()
    #expect(matrix.shape == [2, 3] && matrix.elements == values)
    #expect(try file.tensor(named: "k").floats().elements == [7])
    #expect(try file.tensor(named: "b").floats().elements == [1.5, -2])
    #expect(line { _ = try file.tensor(named: "W_end") }?.contains("near: \"W_enc\"") == true)
  }

  private func array(_ data: [UInt8], version: UInt8) -> [UInt8] {
    array("<f4", data, version: version)
  }

  @Test func hostileArraysAreNamed() throws {
    let data = floats([1, 2, 3, 4, 5, 6])
    #expect(
      try fault(array("<f4", Array(data.dropLast())))
        == "array \"w\": expected 24 bytes for the shape [2, 3], found 23")
    #expect(
      try fault(array("<f4", data + [0]))
        == "array \"w\": expected 24 bytes for the shape [2, 3], found 25")
    #expect(try fault(array(">f4", data))?.hasPrefix("array \"w\", descr: expected <f2, ") == true)
    #expect(try fault(array("|O", data))?.contains("found \"|O\"") == true)
    #expect(
      try fault(array("<f4", order: "True", data))
        == "array \"w\", fortran_order: expected False, rows one after the other, found True")
    #expect(
      try fault(array("<f4", shape: "(9223372036854775807, 9)", data))
        == "array \"w\", shape: expected a size, found [9223372036854775807, 9]")
    #expect(try fault(array("<f4", shape: "(-2, 3)", data))?.contains("header: expected") == true)
    #expect(try fault(array("<f4", shape: "__import__('os')", data))?.contains("header") == true)
    #expect(try fault(Array("PK".utf8))?.contains("expected 6 bytes") == true)
    #expect(try fault([0x93] + Array("NUMPZ".utf8) + data)?.contains("an array of numpy's") == true)
    #expect(
      try fault(data, name: "w.bin")
        == "zip entry \"w.bin\": expected an array NAME.npy, found another name")
    let compressed = try folder.file(
      "c.npz", ZipBuilder(entries: [.init(name: "w.npy", data: data, method: 8)]).bytes)
    #expect(
      line { _ = try NumPyArchive(contentsOf: compressed) }?.hasSuffix(
        "expected data stored as it is, as numpy.savez writes it, found deflated data") == true)
    let empty = try folder.file("e.npz", [])
    #expect(
      line { _ = try NumPyArchive(contentsOf: empty) }?.contains("numpy.savez writes") == true)
  }

  /// Every cut of a good file is refused and none ends the process.
  @Test func cutFilesAreRefused() throws {
    let bytes = ZipBuilder(entries: [
      .init(name: "w.npy", data: array("<f4", floats([1, 2, 3, 4, 5, 6])))
    ]).bytes
    for count in 0..<bytes.count {
      let url = try folder.file("cut.npz", bytes.prefix(count))
      #expect(throws: CheckpointError.self) { try NumPyArchive(contentsOf: url) }
    }
  }
}
