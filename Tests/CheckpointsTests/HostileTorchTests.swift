import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct HostileTorchTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Opens a file of these bytes and uses all that it has; the error line without the file's path.
  private func fault(_ bytes: some Sequence<UInt8>) throws -> String? {
    let url = try folder.file("x.bin", bytes)
    let found = line {
      let file = try TorchArchive(contentsOf: url)
      for name in file.names { _ = try file.tensor(named: name).floats().elements.reduce(0, +) }
    }
    guard let found else { return nil }
    #expect(found.hasPrefix("\(url.path()): "))
    #expect(!found.contains("\n"))
    return String(found.dropFirst(url.path().count + 2))
  }

  private func fault(pickle: [UInt8], storage: Int = 16) throws -> String? {
    try fault(ZipBuilder.archive(pickle, storage: storage).bytes)
  }

  /// The error line for a state dictionary {"t": tensor}.
  private func fault(tensor: [UInt8]) throws -> String? {
    try fault(pickle: Array("}".utf8) + Pickle.text("t") + tensor + Array("s".utf8))
  }

  @Test(arguments: ["ComplexFloatStorage", "QInt8Storage", "complex32", "float4_e2m1fn_x2"])
  func typesThatAreNotReadAreNamed(name: String) throws {
    #expect(
      try fault(pickle: Pickle.global("torch", name))
        == "data.pkl, byte 2: expected elements of a type that can be widened to float32, found "
        + "torch's \"\(name)\"")
  }

  @Test func nothingIsExecuted() throws {
    let mark = folder.url.appending(component: "executed")
    for (module, name) in [
      ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "getattr"),
      ("torch.storage", "_load_from_bytes"), ("torch", "load"), ("collections", "namedtuple"),
    ] {
      let call =
        Pickle.global(module, name) + Pickle.tuple(Pickle.text("touch \(mark.path())"))
        + Array("R".utf8)
      #expect(
        try fault(pickle: call)
          == "data.pkl, byte 2: expected tensors and plain data, as nothing is executed, found "
          + "the name \"\(name)\" of the module \"\(module)\"")
    }
    let stackGlobal = Pickle.text("os") + Pickle.text("system") + [0x93]
    #expect(try fault(pickle: stackGlobal)?.contains("the name \"system\"") == true)
    #expect(!FileManager.default.fileExists(atPath: mark.path()))
    // NEWOBJ, INST, OBJ and EXT1 make objects of classes.
    for code in [0x81, UInt8(ascii: "i"), UInt8(ascii: "o"), 0x82] {
      #expect(
        try fault(pickle: [code])
          == "data.pkl, byte 2: expected an operation of tensors and plain data, as nothing is "
          + "executed, found 0x\(String(code, radix: 16))")
    }
    #expect(try fault(pickle: Array("}}b".utf8))?.contains("attributes of an ordered") == true)
  }

  @Test func tensorsOutsideTheirStorage() throws {
    #expect(try fault(tensor: Pickle.tensor([2, 2], strides: [2, 1])) == nil)
    #expect(try fault(tensor: Pickle.tensor([2, 2], strides: [1, 2])) == nil)
    #expect(
      try fault(tensor: Pickle.tensor([2, 3], strides: [2, 1]))?.hasSuffix(
        "expected elements [2, 3] with strides [2, 1] from 0 to lie in the storage, found one of "
          + "4 elements") == true)
    #expect(try fault(tensor: Pickle.tensor([4], strides: [1], offset: 1)) != nil)
    #expect(
      try fault(tensor: Pickle.tensor([4], strides: [-1], offset: 3))?.contains(
        "expected an offset and strides of at least 0, found 3 and [-1]") == true)
    #expect(try fault(tensor: Pickle.tensor([1], strides: [1], offset: -1)) != nil)
    #expect(
      try fault(tensor: Pickle.tensor([1 << 32, 1 << 32], strides: [0, 0]))?.contains(
        "expected a possible shape") == true)
    #expect(try fault(tensor: Pickle.tensor([1 << 62], strides: [1])) != nil)
    #expect(try fault(tensor: Pickle.tensor([2, 2], strides: [.max, .max])) != nil)
    #expect(try fault(tensor: Pickle.tensor([1], strides: [0], offset: .max)) != nil)
    #expect(try fault(tensor: Pickle.tensor([-4], strides: [1])) != nil)
    #expect(try fault(tensor: Pickle.tensor([4], strides: [])) != nil)
    let axes = Array(repeating: 1, count: 65)
    #expect(try fault(tensor: Pickle.tensor(axes, strides: axes)) != nil)
    #expect(
      try fault(tensor: Pickle.tensor([1 << 30], strides: [0]))?.contains(
        "for a tensor that repeats its elements") == true)
  }

  @Test func storagesThatAreNotThere() throws {
    #expect(
      try fault(tensor: Pickle.tensor([1], strides: [1], key: "7"))
        == "storage \"7\": expected its entry in the archive, found none")
    #expect(
      try fault(tensor: Pickle.tensor([1], strides: [1], count: 5))
        == "storage \"0\": expected 5 elements of F32, found 16 bytes")
    #expect(try fault(tensor: Pickle.tensor([1], strides: [1], count: .max)) != nil)
    #expect(try fault(tensor: Pickle.tensor([1], strides: [1], count: -1)) != nil)
  }

  @Test func valuesInThemselvesAndImmenseTrees() throws {
    #expect(try fault(pickle: Array("]".utf8)) == nil)
    #expect(
      try fault(pickle: Array("]2a".utf8))
        == "data.pkl: expected at most 64 levels of values in values, found more")
    let deep = Array(repeating: UInt8(ascii: "]"), count: 200_000)
    #expect(try fault(pickle: deep + deep.dropLast().map { _ in UInt8(ascii: "a") }) != nil)
    #expect(try fault(pickle: [UInt8(ascii: ")")] + deep.map { _ in 0x85 }) != nil)
    // Each of forty tuples has the one before it twice (DUP, TUPLE2).
    let twice = Array(repeating: [UInt8(ascii: "2"), 0x86], count: 40).joined()
    #expect(try fault(pickle: Array("]".utf8) + twice)?.contains("values, found more") == true)
  }

  @Test func picklesThatAreNone() throws {
    for text in ["0", "a", "s", "t", "1", "R", "Q", "b", "h\0", "q\0", "(", "NN", "", "}Na"] {
      #expect(try fault(pickle: Array(text.utf8)) != nil, "\(text)")
    }
    #expect(try fault(pickle: [0x80, 9])?.contains("pickle protocol 2 to 5, found 9") == true)
    #expect(
      try fault(pickle: [UInt8(ascii: "X"), 255, 255, 255, 255])?.contains("bytes to the end")
        == true
    )
    #expect(try fault(pickle: [0x8A, 9])?.contains("at most 64 bits") == true)
    let again = Pickle.text("a") + Array("Ns".utf8)
    #expect(try fault(pickle: Array("}".utf8) + again + again)?.contains("once") == true)
    #expect(try fault(pickle: Pickle.global("torch", "FloatStorage")) != nil)
  }

  @Test func archivesThatAreNone() throws {
    let good = ZipBuilder.archive(Array("}".utf8))
    #expect(try fault(good.bytes) == nil)
    #expect(
      try fault([1, 2, 3])
        == "file: expected a zip archive, as torch.save writes since 1.6, found no end record of one"
    )
    func changed(_ change: (inout ZipBuilder) -> Void) throws -> String? {
      var zip = good
      change(&zip)
      return try fault(zip.bytes)
    }
    #expect(
      try changed { $0.entries[1].method = 8 }
        == "zip entry \"x/data/0\": expected data stored as it is, as torch writes it, found "
        + "deflated data")
    #expect(try changed { $0.entries[1].size = 1 << 20 }?.contains("before the directory") == true)
    #expect(try changed { $0.entries[1].size = .max } != nil)
    #expect(try changed { $0.entries[1].localSize = 15 }?.contains("size 16") == true)
    #expect(try changed { $0.entries[1].offset = 1 << 30 }?.contains("as its place") == true)
    #expect(try changed { $0.entries[1].offset = 0 }?.contains("its header at 0") == true)
    #expect(try changed { $0.entries[0].size = 20 } != nil)
    #expect(try changed { $0.entries.append($0.entries[1]) }?.contains("each name once") == true)
    #expect(try changed { $0.entries.remove(at: 0) }?.contains("one data.pkl") == true)
    #expect(
      try changed { $0.entries.append(.init(name: "x/byteorder", data: Array("big".utf8))) }
        == "byteorder: expected little, found \"big\"")
    #expect(try fault(good.bytes + [0]) != nil)
  }

  @Test func everyTruncationThrows() throws {
    let bytes = try Fixture.bytes("torch/reft-loreft.bin")
    #expect(try fault(bytes) == nil)
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(try fault(bytes.prefix(count)) != nil, "\(count) bytes")
    }
  }

  @Test(arguments: ["values.bin", "values-4.bin", "nested.bin", "reft-direft.bin"])
  func noFlippedByteCrashes(file: String) throws {
    let bytes = try Fixture.bytes("torch/\(file)")
    var random = RandomGenerator(seed: 7)
    var refused = 0
    for _ in 0..<500 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        changed[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      if Int.random(in: 0..<8, using: &random) == 0 {
        changed.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      }
      if try fault(changed) != nil { refused += 1 }
    }
    // The contents of the storages, the padding and the texts are free to change.
    #expect(refused > 100 && refused < 500)
  }
}
