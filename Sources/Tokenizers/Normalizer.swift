/// A change to the text between added tokens, before it is cut into words.
package protocol Normalizer: Sendable {
  /// The normalized text.
  func apply(to text: AlignedText) -> AlignedText
}

/// A normalizer that a `tokenizer.json` can ask for.
protocol NormalizerStep: Normalizer {
  /// The `type` in the file.
  static var name: String { get }

  /// The normalizer that a step of the file describes.
  init(_ step: FileStep) throws(TokenizerError)
}

extension Normalizer {
  /// The normalized text of bytes that are valid UTF-8.
  package func apply(to text: [UInt8]) -> [UInt8] {
    apply(to: AlignedText(text)).bytes
  }
}

extension Sequence where Element == any Normalizer {
  /// The text after one normalizer after the other.
  func apply(to text: AlignedText) -> AlignedText {
    reduce(text) { $1.apply(to: $0) }
  }
}

/// The normalizers that are known.
enum NormalizerSteps {
  static let all: [any NormalizerStep.Type] = [
    BertNormalization.self, ByteLevelNormalization.self, Lowercase.self, NormalFormC.self,
    NormalFormD.self, NormalFormKC.self, NormalFormKD.self, NMTNormalization.self,
    PrecompiledNormalization.self, PrefixText.self, Replacement.self, Strip.self,
    StripAccents.self,
  ]
}
