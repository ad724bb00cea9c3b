import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors

/// An architecture of a user's own: blocks that add one head's attention to the residual stream.
struct Mixer: WeightInventory {
  struct Layer {
    var query: LinearMap
    var key: LinearMap
    var value: LinearMap
  }

  let shape: ModelShape
  var words: Weight
  var blocks: [Layer]

  init(_ shape: ModelShape, words: Weight, blocks: [Layer]) {
    (self.shape, self.words, self.blocks) = (shape, words, blocks)
  }

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
    let layer = blocks[index]
    let input = context.visit(.attentionInput, residual)
    let key = context.visit(.keyOutput, layer.key(input))
    let mixed = context.attention(
      query: context.visit(.queryOutput, layer.query(context.keepingOutputRows(input))),
      key: context.visit(.positionedKeyOutput, key),
      value: context.visit(.valueOutput, layer.value(input)), headWidth: width, causal: true)
    let attended = context.visit(
      .attentionOutput, context.visit(.attentionValueOutput, mixed))
    return context.keepingOutputRows(residual) + attended
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
      return Layer(
        query: try block.query.mapped(slot(.query), by: change),
        key: try block.key.mapped(slot(.key), by: change),
        value: try block.value.mapped(slot(.value), by: change))
    }
    return copy
  }
}

/// Mixers in folders.
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
      shape, words: try reader.weight("words", shape.vocabulary, shape.width),
      blocks: try (0..<shape.layers).map { layer in
        func map(_ projection: Projection) throws -> LinearMap {
          try reader.projection("\(layer).\(projection.rawValue)", shape.width, shape.width)
        }
        return Mixer.Layer(query: try map(.query), key: try map(.key), value: try map(.value))
      })
  }
}

/// The same network without a list of its weights.
struct Unlisted: Architecture {
  let base: Mixer

  var shape: ModelShape { base.shape }

  func dimensions(of component: Component) -> ComponentDimensions? {
    base.dimensions(of: component)
  }

  func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    try base.embed(inputs, positions: positions)
  }

  func block(_ layer: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    base.block(layer, residual, context)
  }

  func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    base.logits(residual, outputs: outputs)
  }
}
