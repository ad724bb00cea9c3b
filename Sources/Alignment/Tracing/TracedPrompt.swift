/// A prompt whose answer is traced through a model: the tokens of its subject are corrupted.
public struct TracedPrompt: Sendable, Hashable {
  /// The token ids.
  public let tokens: [Int]
  /// The positions of the subject's tokens.
  public let subject: Range<Int>
  /// The output whose probability is traced.
  public let answer: Int

  /// A prompt.
  public init(tokens: [Int], subject: Range<Int>, answer: Int) {
    (self.tokens, self.subject, self.answer) = (tokens, subject, answer)
  }

  /// The parts of a prompt over which several prompts are averaged (Meng et al. 2022).
  static let parts = [
    "first subject token", "middle subject tokens", "last subject token", "first token after",
    "further tokens", "last token",
  ]

  /// The positions of each of the ``parts``; where the subject has one token it is its last one.
  var positionsOfParts: [[Int]] {
    let last = tokens.count - 1
    let end = subject.upperBound - 1
    func inner(_ range: Range<Int>) -> [Int] { range.filter { $0 < last || $0 == end } }
    return [
      subject.count > 1 ? [subject.lowerBound] : [],
      subject.count > 2 ? Array(subject.lowerBound + 1..<end) : [],
      [end],
      end + 1 < last ? [end + 1] : [],
      end + 2 < last ? inner(end + 2..<last) : [],
      end < last ? [last] : [],
    ]
  }
}
