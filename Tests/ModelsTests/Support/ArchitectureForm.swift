import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// A tiny random checkpoint of an architecture with what transformers computes with it:
/// Tests/Fixtures/architectures, made by its make_fixtures.py.
struct ArchitectureForm {
  static let folder = ArchitectureFixtures.folder
  static let index = ArchitectureFixtures.index

  /// Decoders and the classifiers made of them.
  static let decoders = {
    let types = Set(index.filter { $0.kind == "decoder" }.map(\.type))
    return index.filter { types.contains($0.type) }.map(\.name)
  }()

  /// Encoders that are read, and the classifiers made of them.
  static let encoders = {
    let types = Set(index.filter { $0.kind == "encoder" }.map(\.type))
    // The one with a convolution is refused.
    return index.filter { types.contains($0.type) && $0.name != "deberta-v2-xlarge" }.map(\.name)
  }()

  static let encoderDecoders = index.filter { $0.kind == "encoder-decoder" }.map(\.name)

  static let all = decoders + encoders + encoderDecoders

  let name: String
  let url: URL
  let model: Model
  private let expected: SafetensorsFile

  init(_ name: String, weights: WeightForm = .stored) throws {
    self.name = name
    url = Self.folder.appending(component: name)
    model = Model(try ModelFamilies.architecture(in: ModelFolder(url, weights: weights)))
    expected = try SafetensorsFile(contentsOf: url.appending(component: "expected.safetensors"))
  }

  func tensor(_ name: String) throws -> Tensor { try expected.tensor(named: name).floats() }
  var tensorNames: [String] { expected.names }

  func input(_ text: String) throws -> ModelInput {
    func numbers(_ kind: String) throws -> [Int] {
      try tensor("\(text).\(kind)").elements.map { Int($0) }
    }
    let ids = try numbers("ids")
    if tensorNames.contains("\(text).decoder") {
      return .pair(source: .tokens(ids), target: try numbers("decoder"))
    }
    return tensorNames.contains("\(text).types")
      ? .segments(ids, types: try numbers("types")) : .tokens(ids)
  }

  /// The prefixes of what the file has of each stack, with the number of blocks below it.
  var stacks: [(prefix: String, first: Int)] {
    guard let stacks = model.architecture.stacks else { return [("", 0)] }
    return [("", stacks.encoder.layers), ("encoder.", 0)]
  }

  /// The numbers of layers of an encoder-decoder's stacks.
  func stackLayers() throws -> (encoder: Int, decoder: Int) {
    let stacks = try #require(model.architecture.stacks)
    return (stacks.encoder.layers, stacks.decoder.layers)
  }

  /// All positions of a component of a layer.
  func everywhere(_ input: ModelInput, _ component: Component, _ layer: Int) -> [[Int]] {
    [Array(0..<model.positionCount(of: input, component, layer: layer))]
  }

  /// The text read backwards, with the types at their places; of a pair what one stack reads.
  func reversed(_ input: ModelInput, layer: Int = 0) -> ModelInput {
    if case .pair(let source, let target) = input {
      return model.isOfSource(.blockOutput, layer: layer)
        ? .pair(source: reversed(source), target: target)
        : .pair(source: source, target: target.reversed())
    }
    guard case .segments(let ids, let types) = input else {
      return .tokens(input.tokenIDs!.reversed())
    }
    return .segments(ids.reversed(), types: types)
  }

  /// Tells whether a projection's weight also makes what relative positions are multiplied with, so
  /// that its own gradient isn't that of the rows alone.
  func sharesPositions(_ projection: Projection) -> Bool {
    let design = (model.architecture as? Transformer)?.design
    return [.query, .key].contains(projection) && design?.attention.relative?.isShared == true
  }

  var isClassifier: Bool { model.architecture.labels != nil }

  /// The positions whose logits are in the file.
  func measured(_ input: ModelInput) -> [Int] {
    isClassifier ? [model.architecture.outputPosition(of: input)] : Array(0..<input.length)
  }

  /// The position whose logits after the interchange are in the file.
  func patchMeasured(_ input: ModelInput) -> [Int] {
    isClassifier || model.architecture.isCausal
      ? [model.architecture.outputPosition(of: input)] : [0]
  }

  /// The loss in the file: of the next tokens, of an encoder's own tokens, or of the label 1.
  func targets(_ input: ModelInput) -> (positions: [Int], targets: [Int]) {
    guard !isClassifier else { return ([model.architecture.outputPosition(of: input)], [1]) }
    let ids = input.tokenIDs!
    guard model.architecture.isCausal else { return (Array(0..<ids.count), ids) }
    return (Array(0..<ids.count - 1), Array(ids.dropFirst()))
  }

  /// The places of layers that the file has values of a kind of, `site` or `gradient`, with their
  /// keys.
  func places(_ kind: String) -> [(key: String, component: Component, layer: Int)] {
    stacks.flatMap { prefix, first in
      tensorNames.compactMap { name in
        let beginning = "long.\(prefix)\(kind)."
        let parts = name.dropFirst(beginning.count).split(separator: ".")
        guard name.hasPrefix(beginning), parts.count == 2,
          let component = Component(rawValue: String(parts[0])), let layer = Int(parts[1])
        else { return nil }
        return (name, component, first + layer)
      }
    }
  }
}
