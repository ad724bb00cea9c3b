import InterchangeBasics

extension SentencePieceKind {
  /// The classes that are known.
  static let all: [SentencePieceKind] = [llama, gemma, t5, xlmRoberta, albert, debertaV2]

  private static let mark = String(SentencePieceNormalization.mark)

  /// SentencePiece's own way.
  static let own: SentencePieceKind = {
    var kind = SentencePieceKind([], [:]) { model, _ in
      var normalization = SentencePieceNormalization()
      normalization.map = model.characterMap
      let defined = model.pieces.filter { $0.kind == .userDefined }
      if !defined.isEmpty {
        normalization.kept = PieceTrie(defined.map { (Array($0.text.utf8), 0) })
      }
      normalization.addsPrefix = model.addsPrefix
      normalization.removesExtraSpaces = model.removesExtraSpaces
      normalization.escapesSpaces = model.escapesSpaces
      return Steps(
        normalizers: [normalization], droppedSpace: model.addsPrefix ? .everyFragment : .none)
    }
    kind.findsDefinedPieces = false
    return kind
  }()

  private static let llama: SentencePieceKind = {
    var kind = SentencePieceKind(
      ["Llama"],
      ["bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"]
    ) { _, settings throws(TokenizerError) in
      let isOlder = try settings?.flag("legacy") ?? false
      let scheme: Metaspace.Scheme =
        try settings?.flag("add_prefix_space") == false ? .never : isOlder ? .always : .first
      return Steps(
        words: [Metaspace(scheme: scheme, cuts: false)],
        droppedSpace: scheme == .never ? .none : .first)
    }
    kind.hasUnknown = false
    return kind
  }()

  private static let gemma = SentencePieceKind(
    ["Gemma"],
    [
      "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>",
      "mask_token": "<mask>",
    ]
  ) { _, _ in
    // The reference cuts at spaces, too, of which none is left.
    Steps(normalizers: [Replacement(LiteralPattern(" "), with: mark)], droppedSpace: .none)
  }

  /// Words at white space, each with a mark before it.
  private static func words(_ model: SentencePieceModel) -> Steps {
    Steps(
      normalizers: model.characterMap.map { [PrecompiledNormalization($0)] } ?? [],
      words: [WhitespaceSplit.cut, Metaspace(scheme: .always, cuts: true)])
  }

  private static let t5: SentencePieceKind = {
    var kind = SentencePieceKind(
      ["T5"], ["eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"]
    ) { model, _ in words(model) }
    // The sentinels come after the model's pieces, the last first.
    kind.pieces = { model, settings throws(TokenizerError) in
      let value = settings?.document.root["extra_ids"]
      guard let count = value == nil ? 100 : value?.integer, 0...10_000 ~= count else {
        throw model.fault("extra_ids", "a number from 0 to 10000", value?.summary ?? "none")
      }
      let known = Set(model.pieces.map(\.text))
      return model.pieces.map { ($0.text, $0.score, $0.kind) }
        + (0..<count).reversed().map { ("<extra_id_\($0)>", 0, .control) }
        .filter { !known.contains($0.0) }
    }
    kind.unknown = 2
    kind.suffix = ["eos_token"]
    return kind
  }()

  private static let xlmRoberta: SentencePieceKind = {
    var kind = SentencePieceKind(
      ["XLMRoberta"],
      [
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>",
        "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>",
      ]
    ) { model, _ in words(model) }
    // Four special tokens in fairseq's order stand for the model's first three.
    kind.pieces = { model, _ in
      [("<s>", 0, .control), ("<pad>", 0, .control), ("</s>", 0, .control), ("<unk>", 0, .unknown)]
        + model.pieces.dropFirst(3).map { ($0.text, $0.score, $0.kind) }
        + [("<mask>", 0, .control)]
    }
    kind.unknown = 3
    kind.prefix = ["bos_token"]
    kind.suffix = ["eos_token"]
    kind.marksBetween = 2
    return kind
  }()

  private static let albert: SentencePieceKind = {
    var kind = SentencePieceKind(
      ["Albert"],
      [
        "bos_token": "[CLS]", "eos_token": "[SEP]", "unk_token": "<unk>", "sep_token": "[SEP]",
        "pad_token": "<pad>", "cls_token": "[CLS]", "mask_token": "[MASK]",
      ]
    ) { model, settings throws(TokenizerError) in
      var steps = words(model)
      var own: [any Normalizer] = [
        Replacement(LiteralPattern("``"), with: "\""),
        Replacement(LiteralPattern("''"), with: "\""),
      ]
      if try settings?.flag("keep_accents") != true { own += [NormalFormKD(), StripAccents()] }
      if try settings?.flag("do_lower_case") != false { own.append(Lowercase()) }
      steps.normalizers = own + steps.normalizers
      return steps
    }
    kind.unknown = 1
    kind.prefix = ["cls_token"]
    kind.suffix = ["sep_token"]
    kind.secondType = 1
    return kind
  }()

  private static let debertaV2: SentencePieceKind = {
    var kind = SentencePieceKind(
      ["DebertaV2"],
      [
        "bos_token": "[CLS]", "eos_token": "[SEP]", "unk_token": "[UNK]", "sep_token": "[SEP]",
        "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
      ]
    ) { _, settings throws(TokenizerError) in
      var normalizers: [any Normalizer] = []
      if try settings?.flag("do_lower_case") == true { normalizers.append(Lowercase()) }
      if let spaces = RegularExpression(#"\s{2,}|[\n\r\t]"#) {
        normalizers.append(Replacement(spaces, with: " "))
      }
      normalizers += [NormalFormC(), Strip(left: false, right: true)]
      var words: [any PreTokenizerStep] = []
      if try settings?.flag("split_by_punct") == true {
        words.append(Cut(ScalarPattern.punctuation, .isolated))
      }
      words.append(Metaspace(scheme: .always, cuts: true))
      return Steps(normalizers: normalizers, words: words)
    }
    kind.unknown = 1
    kind.prefix = ["cls_token"]
    kind.suffix = ["sep_token"]
    kind.secondType = 1
    return kind
  }()
}
