import InterchangeTokenizers
import Testing

@Suite struct NormalizerTests {
  private func normalize(_ text: String, _ normalizer: any Normalizer) -> [Unicode.Scalar] {
    Array(String(decoding: normalizer.apply(to: Array(text.utf8)), as: UTF8.self).unicodeScalars)
  }

  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("e\u{301}", "\u{E9}"), ("\u{212B}", "\u{C5}"),
    ("a\u{300}\u{323}b", "\u{1EA1}\u{300}b"), ("\u{344}", "\u{308}\u{301}"),
    // Hangul: from three letters, and from a syllable and a final consonant.
    ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{B3A8}\u{11AB}x", "\u{B3AC}x"),
    ("\u{AC01}\u{11A8}", "\u{AC01}\u{11A8}"), ("\u{11A8}", "\u{11A8}"),
    // A Tibetan vowel sign of two marks, after another mark.
    ("x\u{302}\u{F73}", "x\u{F71}\u{F72}\u{302}"),
    ("\u{AC00}\u{11C2}\u{11C2}", "\u{AC1B}\u{11C2}"),
  ])
  func canonicalComposition(text: String, composed: String) {
    #expect(normalize(text, NormalFormC()) == Array(composed.unicodeScalars))
  }

  @Test func replacing() {
    #expect(
      normalize("a  b ", Replacement(LiteralPattern(" "), with: "▁"))
        == Array("a▁▁b▁".unicodeScalars))
    #expect(
      normalize("aaa", Replacement(LiteralPattern("aa"), with: "b")) == Array("ba".unicodeScalars))
    #expect(
      normalize("aaa", Replacement(LiteralPattern(""), with: "b")) == Array("aaa".unicodeScalars))
    #expect(normalize("", PrefixText("▁")) == [])
    #expect(normalize("a", PrefixText("▁")) == Array("▁a".unicodeScalars))
  }
}
