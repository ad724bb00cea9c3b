import InterchangeTokenizers

extension LanguageModel {
  /// The architecture with its weights.
  public var architecture: any Architecture { network.architecture }
  /// The number of blocks.
  public var layers: Int { architecture.layers }
  /// The width of the residual stream.
  public var width: Int { architecture.width }

  /// ``Model/run(_:store:)`` of the network.
  ///
  /// - Throws: as that.
  public func run(_ request: Request, store: ActivationStore? = nil) throws -> Run {
    try network.run(request, store: store)
  }

  /// The width of the vectors at a site: that of one head when the site names one.
  ///
  /// - Throws: ``ModelError`` when the model has no such site.
  public func width(of site: Site) throws -> Int { try network.width(of: site) }

  /// A request for the logits of each input's output position: the last one of a decoder, the first
  /// of a classifier, the mask of a masked-language model.
  public func measuring(
    _ inputs: [ModelInput], edits: [Edit] = [], outputs: [Int]? = nil
  ) -> Request {
    network.measuring(inputs, edits: edits, outputs: outputs)
  }

  /// A text's continuation.
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// print(try model.generate("The capital of France is"))
  /// ```
  ///
  /// - Parameter options: at most 64 tokens, the likeliest each time, when not given; the token
  ///   that ends a text ends a continuation, too
  /// - Returns: the text that was added
  /// - Throws: ``ModelError`` for an empty text, one that is too long, or an encoder.
  public func generate(
    _ text: String, options: GenerationOptions = GenerationOptions()
  ) throws -> String {
    let added = try network.generate([encode(text).ids], options: options.ending(tokenizer))
    return decode(continuation: added[0])
  }

  /// The text of tokens that were added to a prompt; those of an encoder-decoder are a text of their
  /// own.
  public func decode(continuation ids: [Int]) -> String {
    tokenizer.decode(ids, continuing: architecture.stacks == nil)
  }
}

extension GenerationOptions {
  /// The same options, where the tokens that end a continuation end one, too.
  package func ending(_ tokenizer: Tokenizer) -> GenerationOptions {
    var options = self
    options.stopTokens.formUnion(tokenizer.endTokens)
    return options
  }
}
