extension Tokenizer {
  /// The text of `ids`, with U+FFFD for bytes that are no UTF-8.
  ///
  /// Ids that name no token (a model's output may be wider than its vocabulary) add nothing.
  /// - Parameters:
  ///   - skippingSpecialTokens: leaves special tokens out of the text.
  ///   - continuing: true when `ids` continue other text, so that the space that a SentencePiece
  ///     vocabulary puts before the first word is part of the text.
  public func decode(
    _ ids: [Int], skippingSpecialTokens: Bool = false, continuing: Bool = false
  ) -> String {
    let bytes = decodeBytes(
      ids, skippingSpecialTokens: skippingSpecialTokens, continuing: continuing)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes of `ids`, which need not be valid UTF-8; the parameters are as in
  /// ``decode(_:skippingSpecialTokens:continuing:)``.
  public func decodeBytes(
    _ ids: [Int], skippingSpecialTokens: Bool = false, continuing: Bool = false
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    var joiner = PieceJoiner(
      self, skippingSpecialTokens: skippingSpecialTokens, continuing: continuing)
    for id in ids { joiner.append(id, to: &bytes) }
    return bytes
  }

  /// The text of one token as it may be shown alone, e.g. " Paris", with bytes that are no whole
  /// UTF-8 shown as "⟨E2⟩". An id that names no token is shown as "⟨#151900⟩".
  public func token(_ id: Int) -> String {
    guard 0..<count ~= id else { return "⟨#\(id)⟩" }
    return StreamingDecoder.printable(vocabulary.piece(id))
  }

  /// The token of exactly this text, e.g. " Paris" or "<|im_end|>", or that the
  /// vocabulary spells so, e.g. "ĠParis" or "<0x0A>".
  public func id(of token: String) -> Int? {
    let literal = vocabulary.id(spelled: token).map(Int.init)
    if let literal, isSpecial(literal) || vocabulary.kinds[literal] == .userDefined {
      return literal
    }
    let spelled =
      switch vocabulary.spelling.form {
      case .byteLevel: ByteLevelAlphabet.encode(token.utf8)
      case .sentencePiece: token.replacing(" ", with: "\u{2581}")
      case .plain: token.hasPrefix(" ") ? String(token.dropFirst()) : token
      }
    let suffix = vocabulary.spelling.suffix
    if !suffix.isEmpty, token.hasSuffix(" "),
      let id = vocabulary.id(spelled: token.dropLast() + suffix)
    {
      return Int(id)
    }
    return vocabulary.id(spelled: spelled).map(Int.init) ?? literal
  }

  /// True when a token is a special one: no text, but a mark for the model.
  public func isSpecial(_ id: Int) -> Bool {
    guard 0..<count ~= id else { return false }
    return vocabulary.kinds[id] == .control || vocabulary.kinds[id] == .unknown
  }
}
