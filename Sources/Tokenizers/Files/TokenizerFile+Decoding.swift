import InterchangeBasics

extension TokenizerFile {
  /// The way back from tokens to text.
  struct Decoding {
    var spelling = Vocabulary.Spelling.plain
    var joining = PieceJoining()
  }

  /// The section `decoder`; without one what the encoding implies.
  func decoding(
    _ model: (value: JSONValue, kind: any ModelReader.Type), _ words: Words,
    _ normalizers: [any Normalizer]
  ) throws(TokenizerError) -> Decoding {
    let steps = try self.steps(of: root["decoder"], "decoder", list: "decoders")
    var decoding = Decoding()
    var reader = DecoderReader(
      // A space before every fragment of a text is one to take away from each; one before the
      // fragments that begin with none may be the text's own.
      droppedSpace: normalizers.contains { $0 is PrefixText } ? .everyFragment : .first)
    for step in steps {
      guard let read = DecoderReader.kinds[step.type] else {
        throw step.unknown(among: Array(DecoderReader.kinds.keys))
      }
      try read(&reader, step, &decoding)
    }
    if steps.isEmpty { decoding = implied(model, words, normalizers, reader) }
    if model.kind == MergesModel.self,
      let suffix = model.value["end_of_word_suffix"]?.string, !suffix.isEmpty
    {
      decoding.spelling.suffix = suffix
      decoding.joining.dropsLastSpace = true
    }
    return decoding
  }

  private func implied(
    _ model: (value: JSONValue, kind: any ModelReader.Type), _ words: Words,
    _ normalizers: [any Normalizer], _ reader: DecoderReader
  ) -> Decoding {
    var decoding = Decoding()
    let metaspaces = words.preTokenizer.steps.compactMap { $0 as? Metaspace }
    if words.isByteLevel {
      decoding.spelling = .byteLevel
    } else if model.kind == WordPieceModel.self {
      let mark = model.value["continuing_subword_prefix"]?.string ?? "##"
      decoding.joining.form = .words(mark: Array(mark.utf8), cleansUp: true)
    } else if let metaspace = metaspaces.first {
      decoding.spelling = .sentencePiece
      if metaspace.scheme != .never { decoding.joining.droppedSpace = reader.droppedSpace }
    } else if normalizers.contains(where: { $0 is PrefixText }) {
      decoding.spelling = .sentencePiece
      decoding.joining.droppedSpace = reader.droppedSpace
    } else if model.kind == MergesModel.self {
      decoding.spelling = .sentencePiece
    } else {
      decoding.joining.form = .spaced
    }
    return decoding
  }
}

/// The steps of a `decoder` so far.
private struct DecoderReader {
  let droppedSpace: PieceJoining.DroppedSpace
  private var isFused = false

  init(droppedSpace: PieceJoining.DroppedSpace) { self.droppedSpace = droppedSpace }

  typealias Read =
    @Sendable (
      inout DecoderReader, FileStep, inout TokenizerFile.Decoding
    ) throws(TokenizerError) -> Void

  /// The decoders that are known.
  static let kinds: [String: Read] = [
    "ByteLevel": { _, _, decoding in decoding.spelling.form = .byteLevel },
    "Metaspace": { reader, step, decoding throws(TokenizerError) in
      decoding.spelling.form = .sentencePiece
      if try Metaspace.scheme(step) != .never {
        decoding.joining.droppedSpace = reader.droppedSpace
      }
    },
    "WordPiece": { _, step, decoding throws(TokenizerError) in
      let mark = step.value["prefix"]?.string ?? "##"
      decoding.joining.form = .words(
        mark: Array(mark.utf8), cleansUp: try step.flag("cleanup", default: true))
    },
    "BPEDecoder": { _, step, decoding in
      decoding.spelling.suffix = step.value["suffix"]?.string ?? "</w>"
      decoding.joining.dropsLastSpace = true
    },
    // Tokens for bytes are known by the model, and the pieces are joined in any case.
    "ByteFallback": { _, _, _ in },
    "Fuse": { reader, _, _ in reader.isFused = true },
    "Replace": { reader, step, decoding throws(TokenizerError) in
      try reader.readReplacement(step, &decoding)
    },
    "Strip": { reader, step, decoding throws(TokenizerError) in
      try reader.readStrip(step, &decoding)
    },
  ]

  private func readReplacement(
    _ step: FileStep, _ decoding: inout TokenizerFile.Decoding
  ) throws(TokenizerError) {
    let content = try step.text("content")
    if step.value["pattern"]?["String"]?.string == "\u{2581}", content == " " {
      decoding.spelling.form = .sentencePiece
      return
    }
    let replacement = Replacement(try step.pattern(), with: content)
    decoding.spelling.changes.append { text in
      String(decoding: replacement.apply(to: Array(text.utf8)), as: UTF8.self)
    }
  }

  /// Characters that are taken from the ends: of the whole text when the pieces are fused, of each
  /// piece otherwise.
  private func readStrip(
    _ step: FileStep, _ decoding: inout TokenizerFile.Decoding
  ) throws(TokenizerError) {
    let content = try step.scalar("content")
    let (left, right) = (try step.count("start"), try step.count("stop"))
    guard isFused else {
      decoding.spelling.changes.append { text in
        var scalars = text.unicodeScalars[...]
        for _ in 0..<left where scalars.first == content { scalars.removeFirst() }
        for _ in 0..<right where scalars.last == content { scalars.removeLast() }
        return String(scalars)
      }
      return
    }
    guard content == " ", left <= 1, right <= 1 else {
      throw step.fault(
        "content", "one space at most at each end of the text", found: step.value.summary)
    }
    if left == 1 { decoding.joining.droppedSpace = droppedSpace }
    if right == 1 { decoding.joining.dropsLastSpace = true }
  }
}
