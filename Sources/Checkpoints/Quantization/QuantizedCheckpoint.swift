import InterchangeBasics

/// A checkpoint some of whose weights are stored in parts: small numbers and their scales.
///
/// Such a weight has one name here, that of the weight, and is made of its parts when it is asked
/// for; the parts themselves have no names here. It is held in a form as small as the file's where
/// there is one (``ElementType/scaledInt8`` and those after it), else in float32. Computation is
/// float32: what a reference rounds to float16 on the way isn't rounded.
public struct QuantizedCheckpoint: Checkpoint {
  private let base: any Checkpoint
  private let weights: [String: QuantizedWeight]

  /// The file or folder.
  public var path: String { base.path }
  /// The names of all tensors; that of a weight stands where its first part stands in the files.
  public let names: [String]
  /// The files that hold them.
  public var files: [MappedFile] { base.files }
  /// Remarks on the weights for the user, a sentence each.
  public let notes: [String]

  /// The weights that a method finds in a checkpoint, each in the place of its parts.
  ///
  /// - Throws: ``CheckpointError`` when there are none, and when a part belongs to two weights or a
  ///   weight is there beside its parts.
  init(_ base: any Checkpoint, _ weights: [QuantizedWeight], notes: [String], method: String) throws
  {
    guard !weights.isEmpty else {
      throw CheckpointError.malformed(
        file: base.path, place: "tensors", expected: "weights quantized by \(method)", found: "none"
      )
    }
    var ofPart: [String: Int] = [:]
    for (index, weight) in weights.enumerated() {
      for part in weight.parts where ofPart.updateValue(index, forKey: part) != nil {
        throw CheckpointError.malformed(
          file: base.path, place: "tensor \(quoted(part))", expected: "it to belong to one weight",
          found: "two")
      }
      guard weight.parts.contains(weight.name) || !base.contains(weight.name) else {
        throw CheckpointError.malformed(
          file: base.path, place: "tensor \(quoted(weight.name))",
          expected: "it alone or its parts", found: "both")
      }
    }
    var named: Set<Int> = []
    names = base.names.compactMap { name in
      guard let index = ofPart[name] else { return name }
      return named.insert(index).inserted ? weights[index].name : nil
    }
    self.weights = Dictionary(weights.map { ($0.name, $0) }) { first, _ in first }
    (self.base, self.notes) = (base, base.notes + notes)
    parts = Set(ofPart.keys)
  }

  private let parts: Set<String>

  /// True when there is a tensor of this name.
  public func contains(_ name: String) -> Bool {
    weights[name] != nil || base.contains(name) && !parts.contains(name)
  }

  /// The tensor of this name; that of a quantized weight is made anew for each call.
  ///
  /// - Throws: ``CheckpointError`` when there is none, or not the memory to hold it.
  public func tensor(named name: String) throws -> StoredTensor {
    if let weight = weights[name] { return try weight.stored(in: base.path) }
    guard !parts.contains(name) else { throw missingTensor(name) }
    return try base.tensor(named: name)
  }
}

/// A weight that is stored in parts, all of which have been checked.
struct QuantizedWeight: Sendable {
  /// The name of the whole.
  let name: String
  /// The shape of the whole; its rows are `content`'s.
  let shape: [Int]
  /// The names of the tensors that it is made of.
  let parts: [String]
  /// The elements.
  let content: ScaledRows

  fileprivate func stored(in path: String) throws -> StoredTensor {
    let type = content.elementType
    let size = content.rows * content.width / type.blockSize * type.bytesPerBlock
    let copy = try MappedFile(rearranging: path, size: size) { content.write(to: $0) }
    return StoredTensor(
      name: name, shape: shape, elementType: type, file: copy, byteRange: 0..<size)
  }
}
