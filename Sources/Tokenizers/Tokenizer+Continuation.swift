extension Tokenizer {
  /// The token ids of a text that a decoder is to give after its start token: with the tokens
  /// around it that the model was trained with.
  ///
  /// - Parameter ending: whether the token that ends a sequence stands after it
  public func encodeTarget(_ text: TextPart, ending: Bool) -> [Int] {
    var ids = encode([text], addingSpecialTokens: true)
    guard let end = endOfSequence else { return ids }
    if ids.last == end { ids.removeLast() }
    return ending ? ids + [end] : ids
  }

  /// The token ids of a prompt and of texts that may follow it, each in its place: prompt and
  /// continuation are encoded in one piece, and the continuation has the tokens that the prompt
  /// leaves.
  ///
  /// Where the vocabulary has tokens over the boundary (a space that ends the prompt and the word
  /// after it; "the" and "ory"), the prompt ends before the first of them, for all continuations in
  /// the same place, so that they can be compared: of white space that is what
  /// lm-evaluation-harness does, which moves it from the prompt's end into the continuation. Where
  /// a prompt would have no token left, the texts are encoded apart.
  ///
  /// - Parameter addingSpecialTokens: puts before the prompt the tokens that the model was trained
  ///   with; nothing is put after a continuation.
  /// - Returns: the prompt's tokens, and each continuation's
  public func encode(
    _ prompt: [TextPart], continuedBy continuations: [[TextPart]],
    addingSpecialTokens: Bool = true
  ) -> (prompt: [Int], continuations: [[Int]]) {
    let prefix = addingSpecialTokens ? pipeline.templates.prefix : []
    let own = prefix + encode(prompt)
    let whole = continuations.map { prefix + encode(prompt + $0) }
    let shared = whole.map { zip(own, $0).prefix { $0 == $1 }.count }.min() ?? own.count
    guard shared > 0 || own.isEmpty else { return (own, continuations.map { encode($0) }) }
    return (Array(own.prefix(shared)), whole.map { Array($0.dropFirst(shared)) })
  }

  /// The token ids of a prompt and of one text that follows it, as
  /// ``encode(_:continuedBy:addingSpecialTokens:)`` of several.
  ///
  /// - Parameter parsingSpecialTokens: as in
  ///   ``encode(_:addingSpecialTokens:parsingSpecialTokens:)``, of both texts.
  public func encode(
    _ prompt: String, continuedBy continuation: String, addingSpecialTokens: Bool = true,
    parsingSpecialTokens: Bool = true
  ) -> (prompt: [Int], continuation: [Int]) {
    func part(_ text: String) -> TextPart {
      TextPart(text, parsesSpecialTokens: parsingSpecialTokens)
    }
    let found = encode(
      [part(prompt)], continuedBy: [[part(continuation)]],
      addingSpecialTokens: addingSpecialTokens)
    return (found.prompt, found.continuations[0])
  }
}
