/// Makes zip archives and pickles that torch would never write.
struct ZipBuilder {
  /// The mistakes that a test can make in an entry.
  struct Entry {
    var name: String
    var data: [UInt8]
    var method: UInt16 = 0
    /// The data's size in the two headers, when it isn't the true one.
    var size: UInt32?
    var localSize: UInt32?
    /// The entry's place in the directory, when it isn't the true one.
    var offset: UInt32?
  }

  var entries: [Entry] = []

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = entry.offset ?? UInt32(file.count)
      let size = entry.size ?? UInt32(entry.data.count)
      let name = Array(entry.name.utf8)
      func common(_ size: UInt32) -> [UInt8] {
        littleEndian(UInt16(0)) + littleEndian(entry.method) + Array(repeating: 0, count: 8)
          + littleEndian(size) + littleEndian(size) + littleEndian(UInt16(name.count))
          + littleEndian(UInt16(0))
      }
      file += [0x50, 0x4B, 3, 4, 20, 0] + common(entry.localSize ?? size) + name + entry.data
      directory += [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + common(size)
      directory += Array(repeating: 0, count: 10) + littleEndian(offset) + name
    }
    let end =
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + littleEndian(UInt16(entries.count))
      + littleEndian(UInt16(entries.count)) + littleEndian(UInt32(directory.count))
      + littleEndian(UInt32(file.count)) + [0, 0]
    return file + directory + end
  }

  /// An archive of a pickle (without its PROTO and STOP) and one storage, "0", of `storage` bytes.
  static func archive(_ pickle: [UInt8], storage: Int = 16) -> ZipBuilder {
    ZipBuilder(entries: [
      Entry(name: "x/data.pkl", data: [0x80, 2] + pickle + Array(".".utf8)),
      Entry(name: "x/data/0", data: Array(repeating: 0, count: storage)),
    ])
  }
}

/// Operations of pickles.
enum Pickle {
  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func text(_ text: String) -> [UInt8] {
    Array("X".utf8) + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + littleEndian(value) }

  static func tuple(_ items: [UInt8]...) -> [UInt8] {
    Array("(".utf8) + items.joined() + Array("t".utf8)
  }

  static func tuple(_ integers: [Int]) -> [UInt8] {
    Array("(".utf8) + integers.flatMap(integer) + Array("t".utf8)
  }

  /// A float32 tensor of a storage that says to have `count` elements.
  static func tensor(
    _ shape: [Int], strides: [Int], offset: Int = 0, key: String = "0", count: Int = 4
  ) -> [UInt8] {
    let storage =
      tuple(
        text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), integer(count))
      + Array("Q".utf8)
    return global("torch._utils", "_rebuild_tensor_v2")
      + tuple(storage, integer(offset), tuple(shape), tuple(strides), [0x89], Array("N".utf8))
      + Array("R".utf8)
  }
}
