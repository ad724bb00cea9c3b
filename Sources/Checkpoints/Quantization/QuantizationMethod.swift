import InterchangeBasics
import InterchangeTensors

/// A way in which other tools store the weights of a folder in fewer bits: what its
/// `quantization_config` says and how its tensors belong together.
protocol QuantizationMethod: Sendable {
  /// The `quant_method` that it answers to.
  static var name: String { get }
  /// The fields of `quantization_config` that it understands; any other is refused.
  static var fields: KnownFields { get }

  /// Reads the settings, whose fields have been checked.
  ///
  /// - Throws: ``CheckpointError`` that names the field.
  init(_ settings: ModelConfiguration) throws

  /// Remarks on the weights for the user, a sentence each.
  var notes: [String] { get }

  /// The weights that a checkpoint has in parts.
  ///
  /// - Throws: ``CheckpointError`` that names the tensor.
  func weights(in checkpoint: any Checkpoint) throws -> [QuantizedWeight]
}

extension QuantizationMethod {
  var notes: [String] { [] }
}

/// The methods that are known.
private let quantizationMethods: [any QuantizationMethod.Type] = [
  AWQ.self, BitsAndBytes.self, CompressedTensors.self, FineGrainedFloat8.self, GPTQ.self,
]

extension ModelConfiguration {
  /// Model types whose projections are stored as [inputs, outputs]; the parts of a quantized one
  /// are as [outputs, inputs] all the same, or aren't, depending on the tool.
  private static let transposedTypes: Set<String> = [
    "gpt2", "openai-gpt", "imagegpt", "decision_transformer", "gptsan-japanese",
  ]

  /// A checkpoint whose weights are dequantized as the field `quantization_config` says, or as it
  /// is without such a field.
  ///
  /// - Throws: ``CheckpointError`` for a method or setting that isn't known, and as the methods.
  func dequantized(_ checkpoint: any Checkpoint) throws -> any Checkpoint {
    guard let settings = try sectionIfPresent("quantization_config"), !settings.fields.isEmpty
    else { return checkpoint }
    func wrong(_ field: String, expected: String, found: String) -> CheckpointError {
      .malformed(
        file: path, place: "field \(quoted(field))", expected: expected, found: found)
    }
    let name = try settings.quantizationMethod()
    guard let method = quantizationMethods.first(where: { $0.name == name }) else {
      throw wrong(
        "quantization_config.quant_method",
        expected: "one of " + quantizationMethods.map { $0.name }.joined(separator: ", ")
          + "; others have to be dequantized and saved by the tool that made them",
        found: name.map { quoted($0) } ?? "none")
    }
    if let type: String = try valueIfPresent("model_type"), Self.transposedTypes.contains(type) {
      throw wrong(
        "quantization_config",
        expected: "none in a model of type \(type), whose projections are stored transposed",
        found: method.name)
    }
    try method.fields.check(settings)
    let reader = try method.init(settings)
    return try QuantizedCheckpoint(
      checkpoint, reader.weights(in: checkpoint), notes: reader.notes, method: method.name)
  }

  /// The method's name; bitsandbytes didn't always write it.
  private func quantizationMethod() throws -> String? {
    if let name: String = try valueIfPresent("quant_method") { return name.lowercased() }
    let flags = ["load_in_4bit", "load_in_8bit"]
    return try flags.contains { try valueIfPresent($0) == true } ? BitsAndBytes.name : nil
  }

  /// Checks that a value can be read here.
  ///
  /// - Throws: ``CheckpointError`` that names the field.
  func require<T: Equatable & JSONReadable>(_ field: String, _ value: T, in known: [T]) throws {
    guard !known.contains(value) else { return }
    throw CheckpointError.malformed(
      file: path, place: "field \(quoted("quantization_config." + field))",
      expected: known.map { "\($0)" }.joined(separator: ", "), found: quoted("\(value)"))
  }

  /// A size that is a number of columns: positive, or nil for −1, which stands for all of them.
  ///
  /// - Throws: ``CheckpointError`` that names the field.
  func groupSize(_ field: String = "group_size") throws -> Int? {
    let size: Int = try valueIfPresent(field) ?? 128
    guard size != -1 else { return nil }
    guard (1...1 << 24).contains(size) else {
      throw CheckpointError.malformed(
        file: path, place: "field \(quoted("quantization_config." + field))",
        expected: "-1, or 1 to \(1 << 24)", found: "\(size)")
    }
    return size
  }
}

extension Checkpoint {
  /// The names of the tensors with an ending, without it.
  func stems(ending: String) -> [String] {
    names.filter { $0.hasSuffix(ending) && $0.count > ending.count }
      .map { String($0.dropLast(ending.count)) }
  }

  /// A tensor of one of these types and, where it is said, this shape.
  ///
  /// - Throws: ``CheckpointError`` that names the tensor.
  func part(_ name: String, _ types: [ElementType], _ shape: [Int]? = nil) throws -> StoredTensor {
    let tensor = try tensor(named: name)
    guard types.contains(tensor.elementType) else {
      throw wrong(
        name, expected: "elements of type " + types.map(\.rawValue).joined(separator: ", "),
        found: tensor.elementType.rawValue)
    }
    if let shape, tensor.shape != shape {
      throw wrong(name, expected: "shape \(shape)", found: "\(tensor.shape)")
    }
    return tensor
  }

  /// A fault of a tensor.
  func wrong(_ name: String, expected: String, found: String) -> CheckpointError {
    .malformed(
      file: path, place: "tensor \(quoted(name))", expected: expected, found: found)
  }
}

extension [ElementType] {
  /// The types that scales are stored in.
  static let scales: [ElementType] = [.float32, .float16, .bfloat16]
}
