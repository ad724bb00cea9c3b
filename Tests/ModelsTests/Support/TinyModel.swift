import Foundation
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors

/// The files of Tests/Fixtures/models, made by its make_fixtures.py.
enum Fixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(components: "Fixtures", "models")

  static func url(_ name: String) -> URL { folder.appending(path: name) }
}

/// A tiny checkpoint with what transformers computes with it.
struct TinyModel {
  /// One interchange: rows of a source prompt's activation put into the base prompt's.
  struct Patch: Decodable {
    let source: Int
    let site: String
    let layer: Int
    let head: Int?
    let basePositions: [Int]
    let sourcePositions: [Int]

    func siteValue() throws -> Site {
      try Site(named: site, layer: layer, head: head, .indices(basePositions))
    }
  }

  /// Interchanges made together in one run of a base prompt, and its last position's logits.
  struct PatchedRun: Decodable {
    let base: Int
    let edits: [Patch]
    let logits: String

    private enum CodingKeys: CodingKey { case base, edits, logits }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      base = try container.decode(Int.self, forKey: .base)
      logits = try container.decode(String.self, forKey: .logits)
      edits = try container.decodeIfPresent([Patch].self, forKey: .edits) ?? [Patch(from: decoder)]
    }
  }

  struct Distributed: Decodable {
    let base: Int
    let source: Int
    let site: String
    let layer: Int
    let basePositions: [Int]
    let sourcePositions: [Int]
    let target: Int
    let loss: Float
  }

  struct LoReFT: Decodable {
    let prompt: Int
    let site: String
    let layer: Int
    let positions: [Int]
    let loss: Float
  }

  struct Text: Decodable {
    let text: String
    let ids: [Int]
  }

  /// `expected.json`.
  struct Document: Decodable {
    let prompts: [[Int]]
    let targets: [[Int]]?
    let losses: [Float]?
    let patches: [PatchedRun]?
    let patches2: [PatchedRun]?
    let distributed: Distributed?
    let loreft: LoReFT?
    let texts: [Text]?
  }

  /// All that have activations, gradients and patches; one is read from GGUF.
  static let names = decoders + ["bert", "roberta"]
  /// Those that can continue a text.
  static let decoders = ["llama-mha", "llama-gqa", "llama-bias", "llama-gqa.gguf"]

  let name: String
  let model: Model
  let document: Document
  private let expected: SafetensorsFile

  init(_ name: String) throws {
    self.name = name
    let url = Fixtures.url(name)
    let isGGUF = name.hasSuffix(".gguf")
    if isGGUF {
      model = try LanguageModel(contentsOf: url).network
    } else {
      model = Model(try ModelFamilies.architecture(in: ModelFolder(url)))
    }
    let folder = isGGUF ? url.deletingPathExtension() : url
    expected = try SafetensorsFile(contentsOf: folder.appending(component: "expected.safetensors"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    document = try decoder.decode(
      Document.self, from: Data(contentsOf: folder.appending(component: "expected.json")))
  }

  func tensor(_ name: String) throws -> Tensor { try expected.tensor(named: name).floats() }

  var inputs: [ModelInput] { document.prompts.map(ModelInput.tokens) }
  var layers: Int { model.architecture.layers }

  /// Every component of every layer that the reference has hooks for.
  var places: [(component: Component, layer: Int)] {
    let inside = Component.withoutReference.union([
      .gateOutput, .upOutput, .positionedKeyOutput, .residualMiddle,
    ])
    return Component.allCases.filter {
      !inside.contains($0) && model.architecture.dimensions(of: $0) != nil
    }.flatMap { component in
      (0..<layers).map { (component, $0) }
    }
  }
}

extension Component {
  /// Those whose values the fixtures don't have: they are compared with what they are made of.
  static let withoutReference = Set<Component>([
    .embeddingOutput, .attentionNormScale, .positionedQueryOutput, .mlpNormScale, .expertOutput,
    .encoderOutput, .finalNormScale, .finalNormOutput, .logits,
  ]).union(ofAttention)
}

/// Every position of each input.
func everywhere(_ inputs: [ModelInput]) -> [[Int]] { inputs.map { Array(0..<$0.length) } }

extension Tensor {
  /// The row at an index, as a vector.
  func row(_ index: Int) -> Tensor { rowSlice(index..<index + 1).reshaped([width]) }

  /// Rows of heads with numbers for each position, of as many of them as a width has.
  func keeping(_ width: Int, of heads: Int) -> Tensor {
    reshaped([rows * heads, self.width / heads]).columns(0..<width / heads)
      .reshaped([rows, width])
  }
}
