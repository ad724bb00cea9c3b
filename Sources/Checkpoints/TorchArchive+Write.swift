import Foundation
import InterchangeBasics
import InterchangeTensors

extension TorchArchive {
  /// A tensor of a state dictionary that is written.
  public enum Element: Sendable {
    /// Elements in float32.
    case tensor(Tensor)
    /// One int64 without axes, as torch keeps sizes.
    case integer(Int)
  }

  /// The folder in the archive, the name that torch gives what has none.
  private static let root = "archive"

  /// Writes a state dictionary, in this order, as `torch.save` does: `torch.load` reads it, with
  /// `weights_only`, too.
  ///
  /// The same input gives the same bytes. The file appears under its name only when all of it is on
  /// the disk.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be written, when a name is used twice, and
  ///   for 4 GiB and more.
  public static func write(
    _ elements: [(name: String, element: Element)], to url: URL
  ) throws {
    let path = url.path(percentEncoded: false)
    var names: Set<String> = []
    for (name, _) in elements where !names.insert(name).inserted {
      throw CheckpointError.malformed(
        file: path, place: "tensor \(quoted(name))", expected: "each name once", found: "it again")
    }
    try CheckpointError.writing(to: path) { write in
      try withoutActuallyEscaping(write) { write in
        var zip = ZipWriter(path: path, write)
        try zip.add("\(root)/data.pkl", pickle(elements))
        try zip.add("\(root)/byteorder", Array("little".utf8))
        for (index, (_, element)) in elements.enumerated() {
          let name = "\(root)/data/\(index)"
          switch element {
          case .tensor(let tensor):
            try tensor.withElements { try zip.add(name, UnsafeRawBufferPointer($0)) }
          case .integer(let number):
            try withUnsafeBytes(of: Int64(number).littleEndian) { try zip.add(name, $0) }
          }
        }
        try zip.add("\(root)/version", Array("3\n".utf8))
        try zip.finish()
      }
    }
  }

  /// An `OrderedDict` of tensors, as Python's second protocol has it.
  private static func pickle(_ elements: [(name: String, element: Element)]) -> [UInt8] {
    var pickle = Pickler()
    pickle.emptyOrderedDictionary()
    pickle.mark()
    for (index, (name, element)) in elements.enumerated() {
      pickle.text(name)
      pickle.tensor(element, storage: "\(index)")
    }
    pickle.setItems()
    return pickle.finished()
  }
}

extension TorchArchive.Element {
  fileprivate var shape: [Int] {
    switch self {
    case .tensor(let tensor): tensor.shape
    case .integer: []
    }
  }

  /// The type of torch's storage.
  fileprivate var storageType: String {
    switch self {
    case .tensor: "FloatStorage"
    case .integer: "LongStorage"
    }
  }
}

/// The operations of a pickle that a state dictionary needs, one after another.
private struct Pickler {
  private var out = LittleEndianBytes()

  init() { out.bytes = [0x80, 2] }

  private mutating func operation(_ letter: Unicode.Scalar) {
    out.append(UInt8(ascii: letter))
  }

  mutating func mark() { operation("(") }
  mutating func setItems() { operation("u") }

  mutating func text(_ text: String) {
    operation("X")
    out.append(UInt32(text.utf8.count))
    out.bytes += text.utf8
  }

  private mutating func integer(_ number: Int) {
    if let small = UInt8(exactly: number) {
      operation("K")
      out.append(small)
    } else if let small = Int32(exactly: number) {
      operation("J")
      out.append(small)
    } else {
      out.bytes += [0x8A, 8]  // LONG1
      out.append(Int64(number))
    }
  }

  private mutating func tuple(_ numbers: [Int]) {
    mark()
    for number in numbers { integer(number) }
    operation("t")
  }

  private mutating func global(_ module: String, _ name: String) {
    out.bytes += Array("c\(module)\n\(name)\n".utf8)
  }

  /// `OrderedDict()`
  mutating func emptyOrderedDictionary() {
    global("collections", "OrderedDict")
    operation(")")
    operation("R")
  }

  /// `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`
  mutating func tensor(_ element: TorchArchive.Element, storage key: String) {
    let shape = element.shape
    global("torch._utils", "_rebuild_tensor_v2")
    mark()
    mark()
    text("storage")
    global("torch", element.storageType)
    text(key)
    text("cpu")
    integer(shape.product)
    operation("t")
    operation("Q")
    integer(0)
    tuple(shape)
    tuple(shape.indices.map { Array(shape[($0 + 1)...]).product })
    out.bytes.append(0x89)
    emptyOrderedDictionary()
    operation("t")
    operation("R")
  }

  mutating func finished() -> [UInt8] {
    operation(".")
    return out.bytes
  }
}
