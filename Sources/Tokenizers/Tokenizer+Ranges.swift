extension Tokenizer {
  /// The token ids of `text`, special tokens included, and for each token the bytes of the text
  /// (UTF-8 offsets) that it stands for, whatever normalization did to them; empty for tokens that
  /// are put around the text, and for a space that is put before it.
  public func encodeWithRanges(_ text: String) -> (ids: [Int], ranges: [Range<Int>]) {
    let tokens = tokens(of: [TextPart(text, parsesSpecialTokens: true)])
    let templates = pipeline.templates
    let end = text.utf8.count
    return (
      templates.prefix + tokens.ids + templates.suffix,
      templates.prefix.map { _ in 0..<0 } + tokens.parts
        + templates.suffix.map { _ in end..<end }
    )
  }
}
