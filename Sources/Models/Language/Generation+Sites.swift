import InterchangeTensors

/// A change of each row at a site while prompts are continued.
public struct GenerationEdit {
  /// The place; its positions are the prompt's, but ``Positions/generated`` are those that follow
  /// it, and ``Positions/every`` and ``Positions/everyAfter(first:)`` both.
  public let site: Site
  /// From rows [rows, width] to those that take their place, each for itself.
  public let transform: (Tensor) -> Tensor

  /// A change at a site.
  public init(at site: Site, transform: @escaping (Tensor) -> Tensor) {
    (self.site, self.transform) = (site, transform)
  }

  /// The cells of one step of a generation, whose sequences begin with prompts of these lengths.
  fileprivate func edit(_ request: Request, prompts: [Int], _ model: Model) throws -> Edit {
    let isOfSource = model.isOfSource(site.component, layer: site.layer)
    let positions = try request.inputs.enumerated().map { sequence, input in
      // A source is read with the first step; what is written begins with the start token.
      let stored = request.caches?[sequence].count ?? 0
      if isOfSource {
        guard site.positions != .generated else { throw ModelError.nothingGenerated }
        return try stored > 0
          ? [] : site.positions.resolved(length: model.positionCount(of: input, at: site))
      }
      let prompt = input.source == nil ? prompts[sequence] : 1
      return try site.positions.resolved(
        length: site.positions.goOn ? input.length : prompt, prompt: prompt
      )
      .filter { $0 >= stored }
    }
    return Edit(Cells(site, positions: positions), isRowwise: true, transform: transform)
  }
}

extension Model {
  /// Continues prompts with changes at sites, of the prompt's positions or of those that are
  /// generated.
  ///
  /// A generated token is read at a generated position; the first one is found from the prompt's
  /// last. Rows of components with numbers for each position grow with the text.
  ///
  /// - Returns: the added tokens of each prompt
  /// - Throws: ``ModelError`` when a prompt or a site doesn't fit.
  public func generate(
    _ prompts: [[Int]], options: GenerationOptions = GenerationOptions(),
    changing edits: [GenerationEdit], onToken: (Int, Int) -> Void = { _, _ in }
  ) throws -> [[Int]] {
    try generate(
      prompts, options: options,
      prepare: { request, active in
        let lengths = active.map { prompts[$0].count }
        let step = request
        request.edits += try edits.map { try $0.edit(step, prompts: lengths, self) }
      }, onToken: onToken)
  }
}
