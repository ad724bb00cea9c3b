import InterchangeBasics
import InterchangeTensors

/// A tensor in a checkpoint file, in the form of the file.
///
/// Its bytes stay in the memory map, which this value keeps alive. Computation is float32:
/// ``floats()`` widens all of it and ``floats(rows:)`` a panel of rows.
public struct StoredTensor: Sendable {
  /// The name in the file.
  public let name: String
  /// The lengths of the axes, outermost first.
  public let shape: [Int]
  /// The form in which the elements are stored.
  public let elementType: ElementType
  /// The file that holds it.
  public let file: MappedFile
  /// The place of the bytes in the file.
  public let byteRange: Range<Int>

  /// The caller has checked that the range lies in the file, and that the shape's rows are whole
  /// blocks that fill the range.
  init(
    name: String, shape: [Int], elementType: ElementType, file: MappedFile, byteRange: Range<Int>
  ) {
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.file = file
    self.byteRange = byteRange
  }

  /// The number of elements.
  public var count: Int { shape.product }
  /// The length of the innermost axis; 1 for a scalar.
  public var width: Int { shape.last ?? 1 }
  /// The number of rows: the product of all axes but the innermost.
  public var rows: Int { shape.dropLast().product }
  /// The bytes of one row.
  package var bytesPerRow: Int { width / elementType.blockSize * elementType.bytesPerBlock }

  /// The stored bytes; valid as long as this value, or its file, is kept alive.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[byteRange])
  }

  /// Reads the stored bytes without a copy; the pointer is valid during the call.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(file) { try body(bytes) }
  }

  /// Tells whether this tensor has the elements of another, in the same order.
  package func hasSameElements(as other: StoredTensor) -> Bool {
    guard elementType != other.elementType else {
      return withBytes { a in other.withBytes { a.elementsEqual($0) } }
    }
    return floats().elements == other.floats().elements
  }

  /// The tensor as float32, in its own shape.
  ///
  /// Aligned float32 data isn't copied: the result reads the memory map and keeps it alive.
  /// Integers and float64 are rounded to the nearest float32.
  public func floats() -> Tensor {
    let start = bytes.baseAddress
    if elementType == .float32, count > 0, let start,
      Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0
    {
      return Tensor(
        borrowing: start.assumingMemoryBound(to: Float.self), shape: shape, owner: file)
    }
    let result = Tensor(uninitialized: shape)
    widen(rows: 0..<rows, into: result.pointer)
    return result
  }

  /// The tensor as a frozen matrix [``rows``, ``width``] that products read in the form of the
  /// file; element types that no model's weights have (integers, float64) are widened first.
  public func weight() -> Weight {
    guard let format = elementType.weightFormat, count > 0, let start = bytes.baseAddress else {
      return Weight(floats().reshaped([rows, width]))
    }
    let isAligned = Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0
    if elementType == .float32 && !isAligned { return Weight(floats().reshaped([rows, width])) }
    return Weight(start, rows: rows, width: width, format: format, owner: file)
  }

  /// A panel of rows as float32, `[rows.count, width]`; the range must lie within 0..<``rows``.
  public func floats(rows range: Range<Int>) -> Tensor {
    let result = Tensor(uninitialized: [range.count, width])
    widen(rows: range, into: result.pointer)
    return result
  }

  /// Writes a panel of rows as float32 `[rows.count, width]` to memory that has room for it, on all
  /// threads.
  package func widen(rows range: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
    require(
      range.lowerBound >= 0 && range.upperBound <= rows,
      "StoredTensor.widen(rows:): expected rows within 0..<\(rows) of \(name), got \(range)")
    guard range.count * width > 0 else { return }
    withBytes { bytes in
      // The precondition above and `init` make this the address of at least one block.
      guard let start = bytes.baseAddress else { return }
      Parallel.ranges(range.count, work: range.count * width) { part in
        elementType.widen(
          start + (range.lowerBound + part.lowerBound) * bytesPerRow,
          into: destination + part.lowerBound * width, count: part.count * width)
      }
    }
  }
}

extension ElementType {
  /// The form in which products read weights of this type; nil for types that they don't read.
  fileprivate var weightFormat: Weight.Format? {
    if self == .float32 { return .float32 }
    return form.widening.map {
      Weight.Format(widen: $0, block: blockSize, bytesPerBlock: bytesPerBlock)
    }
  }

  /// Writes `count` elements, whole blocks, as float32.
  fileprivate func widen(
    _ blocks: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>, count: Int
  ) {
    if let widening = form.widening { return widening(blocks, out, count) }
    switch self {
    case .float64: convert(blocks, from: Double.self, into: out, count) { Float($0) }
    case .float8_e8m0: convert(blocks, from: UInt8.self, into: out, count, powerOfTwo)
    case .int8: convert(blocks, from: Int8.self, into: out, count) { Float($0) }
    case .int16: convert(blocks, from: Int16.self, into: out, count) { Float($0) }
    case .int32: convert(blocks, from: Int32.self, into: out, count) { Float($0) }
    case .int64: convert(blocks, from: Int64.self, into: out, count) { Float($0) }
    case .uint8: convert(blocks, from: UInt8.self, into: out, count) { Float($0) }
    case .uint16: convert(blocks, from: UInt16.self, into: out, count) { Float($0) }
    case .uint32: convert(blocks, from: UInt32.self, into: out, count) { Float($0) }
    case .uint64: convert(blocks, from: UInt64.self, into: out, count) { Float($0) }
    case .boolean: convert(blocks, from: UInt8.self, into: out, count) { $0 == 0 ? 0 : 1 }
    default: UnsafeMutableRawPointer(out).copyMemory(from: blocks, byteCount: 4 * count)
    }
  }
}

/// 2^(exponent − 127); 255 is no number.
private func powerOfTwo(_ exponent: UInt8) -> Float {
  switch exponent {
  case 0: Float(bitPattern: 1 << 22)
  case 255: .nan
  default: Float(bitPattern: UInt32(exponent) << 23)
  }
}

/// Converts numbers of one size, at any alignment.
private func convert<T: BitwiseCopyable>(
  _ source: UnsafeRawPointer, from type: T.Type, into out: UnsafeMutablePointer<Float>,
  _ count: Int,
  _ convert: (T) -> Float
) {
  for i in 0..<count {
    out[i] = convert(source.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: type))
  }
}
