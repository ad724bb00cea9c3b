import InterchangeBasics
import InterchangeTensors

/// A tensor of a torch archive: a view, by shape and strides, of a storage in the file.
public struct TorchTensor: Sendable {
  /// The lengths of the axes, outermost first.
  public let shape: [Int]
  /// The number of elements of the storage from one neighbor to the next along each axis.
  public let strides: [Int]
  /// The form in which the elements are stored.
  public let elementType: ElementType
  private let storage: TorchStorage
  /// The element of the storage that is the first of the tensor.
  private let offset: Int

  /// A contradiction between a view and its storage.
  struct Fault: Error {
    let expected: String
    let found: String
  }

  /// As many axes as torch allows.
  private static let mostAxes = 64

  /// Checks that every element of the view lies in the storage.
  init(
    _ storage: TorchStorage, elementType: ElementType, offset: Int, shape: [Int], strides: [Int]
  ) throws {
    guard shape.count == strides.count, shape.count <= Self.mostAxes else {
      throw Fault(
        expected: "a stride for each of at most \(Self.mostAxes) axes",
        found: "\(shape.count) axes, \(strides.count) strides")
    }
    guard offset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
      throw Fault(
        expected: "an offset and strides of at least 0", found: "\(offset) and \(strides)")
    }
    guard let count = elementCount(of: shape), elementType.byteCount(ofRow: count) != nil else {
      throw Fault(expected: "a possible shape", found: "\(shape)")
    }
    var needed = count == 0 ? 0 : 1
    if count > 0 {
      var last = offset
      for (length, stride) in zip(shape, strides) {
        let (distance, overflow) = (length - 1).multipliedReportingOverflow(by: stride)
        let (sum, overflowOfSum) = last.addingReportingOverflow(distance)
        last = overflow || overflowOfSum ? Int.max - 1 : min(sum, Int.max - 1)
      }
      needed = last + 1
    }
    let held = storage.bytes.count / elementType.bytesPerBlock
    guard needed <= held else {
      throw Fault(
        expected: "elements \(shape) with strides \(strides) from \(offset) to lie in the storage",
        found: "one of \(held) elements")
    }
    self.shape = shape
    self.strides = strides
    self.elementType = elementType
    self.storage = storage
    self.offset = count == 0 ? 0 : offset
  }

  /// The number of elements.
  public var count: Int { shape.product }

  /// The tensor with its elements in a row: where it lies in the file, or, for a transposed or
  /// otherwise strided one, a copy.
  ///
  /// - Throws: ``CheckpointError`` when there isn't the memory for the copy, and when a tensor that
  ///   repeats its elements (of stride 0) would need more than 64 MB and more than the file has.
  public func stored(as name: String) throws -> StoredTensor {
    let size = count * elementType.bytesPerBlock
    if isContiguous {
      let start = storage.bytes.lowerBound + offset * elementType.bytesPerBlock
      return StoredTensor(
        name: name, shape: shape, elementType: elementType, file: storage.file,
        byteRange: start..<start + size)
    }
    let limit = max(storage.file.size, 64 << 20)
    guard size <= limit else {
      throw CheckpointError.malformed(
        file: storage.file.path, place: "tensor \(quoted(name))",
        expected: "at most \(limit) bytes for a tensor that repeats its elements",
        found: "\(size)")
    }
    let copy = try MappedFile(rearranging: storage.file.path, size: size) { gather(into: $0) }
    return StoredTensor(
      name: name, shape: shape, elementType: elementType, file: copy, byteRange: 0..<size)
  }

  /// True when the elements lie one after the other, the innermost axis first.
  private var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      guard stride == expected || count == 0 else { return false }
      expected *= length
    }
    return true
  }

  /// Writes the elements in the order of the shape.
  private func gather(into destination: UnsafeMutableRawBufferPointer) {
    switch elementType.bytesPerBlock {
    case 1: gather(UInt8.self, into: destination)
    case 2: gather(UInt16.self, into: destination)
    case 4: gather(UInt32.self, into: destination)
    default: gather(UInt64.self, into: destination)
    }
  }

  private func gather<T: BitwiseCopyable>(
    _ type: T.Type, into destination: UnsafeMutableRawBufferPointer
  ) {
    let size = MemoryLayout<T>.size
    let width = shape.last ?? 1
    let stride = strides.last ?? 0
    var index = Array(repeating: 0, count: max(0, shape.count - 1))
    var start = offset
    storage.file.withBytes { file in
      let source = UnsafeRawBufferPointer(rebasing: file[storage.bytes])
      for row in 0..<count / width {
        for column in 0..<width {
          let element = source.loadUnaligned(
            fromByteOffset: (start + column * stride) * size, as: type)
          destination.storeBytes(
            of: element, toByteOffset: (row * width + column) * size, as: type)
        }
        // The next row: the innermost index that isn't at its end goes up, the later ones go to 0.
        for axis in index.indices.reversed() {
          index[axis] += 1
          start += strides[axis]
          if index[axis] < shape[axis] { break }
          start -= strides[axis] * shape[axis]
          index[axis] = 0
        }
      }
    }
  }
}

/// The bytes that one or more tensors are views of.
struct TorchStorage: Sendable {
  let file: MappedFile
  let bytes: Range<Int>
  /// The elements' type; nil for bytes whose type each tensor gives.
  let type: ElementType?
}

/// The storages of an archive, by key.
struct TorchStorages {
  let file: MappedFile
  /// The folder in the archive that has everything.
  let root: String
  let directory: ZipDirectory

  /// The storage of a key, which must hold `count` elements.
  func storage(_ key: String, type: ElementType?, count: Int) throws -> TorchStorage {
    let place = "storage \(quoted(key))"
    // Torch counts them; a long key that many tensors share would be slow to look up.
    guard key.utf8.count <= 255, let bytes = directory.entries["\(root)/data/\(key)"] else {
      throw CheckpointError.malformed(
        file: file.path, place: place, expected: "its entry in the archive", found: "none")
    }
    guard let size = (type ?? .uint8).byteCount(ofRow: count), size <= bytes.count else {
      throw CheckpointError.malformed(
        file: file.path, place: place,
        expected: "\(count) elements of \(type?.rawValue ?? "bytes")",
        found: "\(bytes.count) bytes")
    }
    return TorchStorage(
      file: file, bytes: bytes.lowerBound..<bytes.lowerBound + size, type: type)
  }
}
