import Foundation
import Interchange

/// An architecture with its family: blocks that add one attention head's output to the residual
/// stream, and nothing else.
struct Mixer: WeightInventory {
  struct Block {
    var query: LinearMap
    var key: LinearMap
    var value: LinearMap
  }

  let shape: ModelShape
  var words: Weight  // [vocabulary, width]
  var blocks: [Block]

  func dimensions(of component: Component) -> ComponentDimensions? {
    switch component {
    case .blockInput, .blockOutput, .attentionInput, .attentionOutput:
      ComponentDimensions(width: width)
    case .attentionScores, .attentionWeight:
      ComponentDimensions(width: 1, heads: 1, isPerPosition: true)
    case .attentionValueOutput, .queryOutput, .keyOutput, .positionedKeyOutput, .valueOutput:
      ComponentDimensions(width: width, heads: 1)
    default: nil
    }
  }

  func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    words.floats(try tokenIDs(inputs, positions: positions))
  }

  func block(_ index: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    let block = blocks[index]
    let input = context.visit(.attentionInput, residual)  // [key rows, width]
    let key = context.visit(.keyOutput, block.key(input))
    let mixed = context.attention(
      query: context.visit(.queryOutput, block.query(context.keepingOutputRows(input))),
      key: context.visit(.positionedKeyOutput, key),
      value: context.visit(.valueOutput, block.value(input)), headWidth: width, causal: true)
    return context.keepingOutputRows(residual)
      + context.visit(.attentionOutput, context.visit(.attentionValueOutput, mixed))
  }

  func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    let head = LinearMap(weight: words)
    return (outputs.map(head.selecting) ?? head)(residual)
  }

  func mapWeights(_ change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> Mixer {
    var copy = self
    copy.words = try words.mapped(WeightSlot(.table, names: "words"), by: change)
    copy.blocks = try blocks.enumerated().map { layer, block in
      func slot(_ projection: Projection) -> WeightSlot {
        WeightSlot(
          projection, layer: layer, names: WeightNames(folder: "\(layer).\(projection.rawValue)"))
      }
      return Block(
        query: try block.query.mapped(slot(.query), by: change),
        key: try block.key.mapped(slot(.key), by: change),
        value: try block.value.mapped(slot(.value), by: change))
    }
    return copy
  }
}

/// Mixers in folders: `config.json`, safetensors, and a tokenizer.
enum MixerFamily: ModelFamily {
  static let names = ["mixer"]
  static let fields = KnownFields(applied: ["size", "depth", "words", "longest"])

  static func read(_ folder: ModelFolder) throws -> any Architecture {
    let (file, reader) = (folder.configuration, try folder.reader())
    let shape = ModelShape(
      name: "mixer", layers: try file.value("depth"), width: try file.value("size"),
      vocabulary: try file.value("words"), outputs: try file.value("words"),
      maximumLength: try file.value("longest"))
    let check = ConfigurationCheck(path: file.path)
    try check.size(shape.layers, "depth")
    try check.size(shape.width, "size")
    try check.size(shape.vocabulary, "words")
    return Mixer(
      shape: shape, words: try reader.weight("words", shape.vocabulary, shape.width),
      blocks: try (0..<shape.layers).map { layer in
        func map(_ projection: Projection) throws -> LinearMap {
          try reader.projection("\(layer).\(projection.rawValue)", shape.width, shape.width)
        }
        return Mixer.Block(query: try map(.query), key: try map(.key), value: try map(.value))
      })
  }

  /// Writes a mixer that says what an animal in the text says: each value turns an animal's vector
  /// into its sound's. Its tokenizer knows whole words.
  static func write(sounds: [String: String], otherWords: [String], to folder: URL) throws {
    let vocabulary = ["[UNK]"] + otherWords + sounds.keys.sorted() + Set(sounds.values).sorted()
    let size = vocabulary.count
    var ids: [String: Int] = [:]
    for (id, word) in vocabulary.enumerated() { ids[word] = id }
    var value = [Float](repeating: 0, count: size * size)
    for (animal, sound) in sounds { value[ids[sound]! * size + ids[animal]!] = 20 }
    let identity = (0..<size * size).map { Float($0 / size == $0 % size ? 1 : 0) }
    let none = Tensor.zeros([size, size])

    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Safetensors.write(
      [
        ("words.weight", Tensor(identity, shape: [size, size])), ("0.query.weight", none),
        ("0.key.weight", none), ("0.value.weight", Tensor(value, shape: [size, size])),
        ("1.query.weight", none), ("1.key.weight", none), ("1.value.weight", none),
      ], to: folder.appending(component: "model.safetensors"))
    try Data(
      #"{"model_type": "mixer", "size": \#(size), "depth": 2, "words": \#(size), "longest": 32}"#
        .utf8
    ).write(to: folder.appending(component: "config.json"))
    let entries = vocabulary.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let tokenizer = """
      {"added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
      "post_processor": null, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
      "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
      "max_input_chars_per_word": 100, "vocab": {\(entries)}}}
      """
    try Data(tokenizer.utf8).write(to: folder.appending(component: "tokenizer.json"))
  }
}
