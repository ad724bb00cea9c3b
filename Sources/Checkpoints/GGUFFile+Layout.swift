import InterchangeBasics

/// The places of a GGUF file's tensors, after all checks.
struct GGUFLayout {
  private(set) var tensors: [String: StoredTensor] = [:]
  /// The type numbers of tensors of other types, of which only the start is known.
  private(set) var unreadable: [String: UInt32] = [:]

  init(
    _ descriptions: [GGUFTensorDescription], in file: MappedFile, descriptionEnd: Int,
    alignment: Int
  ) throws {
    // Both are far below 2^62: the file's size, and a uint32.
    let dataStart = (descriptionEnd + alignment - 1) / alignment * alignment
    try Self.checkPadding(descriptionEnd..<min(dataStart, file.size), in: file)
    var ranges: [(name: String, range: Range<Int>)] = []
    for description in descriptions {
      let start = try Self.start(
        of: description, in: file, dataStart: dataStart, alignment: alignment)
      guard let type = ElementType(gguf: description.typeNumber) else {
        unreadable[description.name] = description.typeNumber
        ranges.append((description.name, start..<start))
        continue
      }
      let size = try Self.size(of: description, type, in: file)
      guard size <= file.size - start else {
        throw description.malformed(
          in: file, expected: "\(size) bytes at \(start) of the file",
          found: "\(file.size - start) to its end")
      }
      tensors[description.name] = StoredTensor(
        name: description.name, shape: description.shape, elementType: type, file: file,
        byteRange: start..<start + size)
      ranges.append((description.name, start..<start + size))
    }
    try Self.checkOverlaps(ranges, in: file)
  }

  /// Padding that isn't zero is a sign of a wrong count or length before it, which would shift all
  /// data.
  private static func checkPadding(_ range: Range<Int>, in file: MappedFile) throws {
    guard let wrong = range.first(where: { file.load(UInt8.self, at: $0) != 0 }) else { return }
    throw CheckpointError.malformed(
      file: file.path, place: "padding before the data",
      expected: "zeros from \(range.lowerBound) to \(range.upperBound)",
      found: "\(file.load(UInt8.self, at: wrong)) at \(wrong)")
  }

  private static func start(
    of description: GGUFTensorDescription, in file: MappedFile, dataStart: Int, alignment: Int
  ) throws -> Int {
    guard description.offset % UInt64(alignment) == 0 else {
      throw description.malformed(
        in: file, expected: "an offset that is a multiple of \(alignment)",
        found: "\(description.offset)")
    }
    guard dataStart <= file.size, description.offset <= UInt64(file.size - dataStart) else {
      throw description.malformed(
        in: file, expected: "an offset within \(max(0, file.size - dataStart)) bytes of data",
        found: "\(description.offset)")
    }
    return dataStart + Int(description.offset)
  }

  private static func size(
    of description: GGUFTensorDescription, _ type: ElementType, in file: MappedFile
  ) throws -> Int {
    let width = description.shape.last ?? 1
    guard width % type.blockSize == 0 else {
      throw description.malformed(
        in: file, expected: "rows of whole \(type) blocks of \(type.blockSize)",
        found: "rows of \(width)")
    }
    guard elementCount(of: description.shape) != nil,
      let size = elementCount(
        of: description.shape.dropLast() + [type.byteCount(ofRow: width) ?? -1])
    else {
      throw description.malformed(
        in: file, expected: "a shape that fits a file", found: "\(description.shape)")
    }
    return size
  }

  private static func checkOverlaps(
    _ ranges: [(name: String, range: Range<Int>)], in file: MappedFile
  ) throws {
    let order = ranges.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for (previous, next) in zip(order, order.dropFirst())
    where previous.range.upperBound > next.range.lowerBound {
      throw CheckpointError.malformed(
        file: file.path, place: "tensor \(quoted(next.name))",
        expected: "bytes after those of \(quoted(previous.name)), which end at "
          + "\(previous.range.upperBound)",
        found: "bytes from \(next.range.lowerBound)")
    }
  }
}

extension GGUFTensorDescription {
  fileprivate func malformed(
    in file: MappedFile, expected: String, found: String
  ) -> CheckpointError {
    .malformed(
      file: file.path, place: "tensor \(quoted(name))", expected: expected, found: found)
  }
}
