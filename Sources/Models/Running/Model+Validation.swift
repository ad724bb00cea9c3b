import InterchangeBasics

extension Model {
  /// Checks a site against this model.
  ///
  /// - Throws: ``ModelError`` naming the layer, head or component that it doesn't have.
  public func validate(_ component: Component, layer: Int, head: Int? = nil) throws {
    guard (0..<architecture.layers).contains(layer) else {
      throw ModelError.layerOutOfRange(layer: layer, layers: architecture.layers)
    }
    let name = component.name(isPerHead: head != nil)
    guard let dimensions = architecture.dimensions(of: component, layer: layer) else {
      let layers = (0..<architecture.layers).filter {
        architecture.hasComponent(component, layer: $0)
      }
      throw layers.isEmpty
        ? ModelError.noSuchComponent(component: name, architecture: architecture.name)
        : ModelError.componentOfOtherLayers(component: name, layer: layer, layers: layers)
    }
    guard head == nil || dimensions.heads != nil else {
      throw ModelError.noSuchComponent(component: name, architecture: architecture.name)
    }
    if let head, let heads = dimensions.heads, !(0..<heads).contains(head) {
      throw ModelError.headOutOfRange(head: head, heads: heads, site: component.rawValue)
    }
  }

  /// Checks that some layer of this model has a component.
  ///
  /// - Throws: ``ModelError`` naming the head or component that it doesn't have.
  public func validate(_ component: Component, head: Int? = nil) throws {
    let layer = (0..<architecture.layers).first {
      architecture.hasComponent(component, layer: $0)
    }
    try validate(component, layer: layer ?? 0, head: head)
  }

  /// The width of the vectors at a site: that of one head when the site names one.
  ///
  /// - Throws: ``ModelError`` when the model has no such site, or the width is another for each
  ///   text.
  public func width(of site: Site) throws -> Int {
    try validate(site.component, layer: site.layer, head: site.head)
    let dimensions = architecture.dimensions(of: site.component, layer: site.layer)!
    guard !dimensions.isPerPosition else {
      throw ModelError.widthOfText(component: site.component.rawValue)
    }
    return dimensions.columns(head: site.head).count
  }

  /// The width of the vectors at a site for a text: of those with numbers for each position of it
  /// too.
  ///
  /// - Throws: ``ModelError`` when the model has no such site.
  public func width(of site: Site, for input: ModelInput) throws -> Int {
    try validate(site.component, layer: site.layer, head: site.head)
    return architecture.dimensions(of: site.component, layer: site.layer)!
      .inRun(longest: keyCount(of: input, at: site)).columns(head: site.head).count
  }

  /// Checks that vectors at a site can be compared, or put in the place of one another, over some
  /// texts: where a vector has numbers for each position they have to be equally long.
  ///
  /// - Throws: ``ModelError`` when the model has no such site, or texts of different lengths.
  public func validate(_ site: Site, over inputs: some Sequence<ModelInput>) throws {
    try validate(site.component, layer: site.layer, head: site.head)
    guard architecture.dimensions(of: site.component, layer: site.layer)!.isPerPosition else {
      return
    }
    let lengths = Set(inputs.map { keyCount(of: $0, at: site) })
    guard lengths.count < 2 else {
      throw ModelError.unequalLengths(
        component: site.component.rawValue, lengths: lengths.sorted())
    }
  }

  /// The number of positions that a component of a layer has for an input: those of the source in
  /// an encoder, and where a decoder reads the source.
  public func positionCount(
    of input: ModelInput, _ component: Component, layer: Int
  ) -> Int {
    guard let source = input.source, isOfSource(component, layer: layer) else {
      return input.length
    }
    return source.length
  }

  /// Tells whether the positions of a component are those of a source that an encoder reads.
  public func isOfSource(_ component: Component, layer: Int) -> Bool {
    guard let stacks else { return false }
    return layer < stacks.encoder.architecture.layers || component.isOfSource
  }

  /// The number of positions that a site has for an input, as
  /// ``positionCount(of:_:layer:)`` counts them.
  public func positionCount(of input: ModelInput, at site: Site) -> Int {
    positionCount(of: input, site.component, layer: site.layer)
  }

  /// The number of positions that a site's queries can see of an input: of a component with a
  /// number for each position so many, of which a cross-attention's are the source's.
  public func keyCount(of input: ModelInput, at site: Site) -> Int {
    guard site.component.isOverSource, let source = input.source else {
      return positionCount(of: input, at: site)
    }
    return source.length
  }

  /// Checks a request against this model.
  func validate(_ request: Request) throws {
    guard architecture.outputs > 0 || request.logits == nil else {
      throw ModelError.noOutputs(architecture: architecture.name)
    }
    guard architecture.isCausal || request.caches == nil else {
      throw ModelError.notADecoder(architecture: architecture.name)
    }
    if let labels = architecture.labels, request.caches != nil {
      throw ModelError.givesLabels(architecture: architecture.name, labels: labels)
    }
    for input in request.inputs {
      guard (input.source == nil) == (stacks == nil) else {
        throw ModelError.invalidInput(
          expected: stacks == nil ? "one sequence" : "a source with a target", found: input.kind)
      }
      try validate(length: input.length, of: stacks?.decoder.architecture ?? architecture)
      if let stacks, let source = input.source {
        try validate(length: source.length, of: stacks.encoder.architecture)
      }
    }
    for cells in request.edits.map(\.cells) + request.captures {
      try validate(cells.component, layer: cells.layer, head: cells.head)
      try validate(cells.positions, request, of: cells)
    }
    for edit in request.edits {
      if let component = edit.reading { try validate(component, layer: edit.cells.layer) }
    }
    if let logits = request.logits { try validate(logits, request) }
    let named = (request.outputs ?? []) + (request.targets ?? [])
    if let output = named.first(where: { !(0..<architecture.outputs).contains($0) }) {
      throw ModelError.invalidInput(
        expected: "outputs below \(architecture.outputs)", found: "output \(output)")
    }
  }

  private func validate(length: Int, of architecture: any Architecture) throws {
    guard (1...architecture.maximumLength).contains(length) else {
      throw ModelError.invalidLength(length: length, maximum: architecture.maximumLength)
    }
  }

  /// - Parameter cells: where the positions are, if not the outputs'
  private func validate(
    _ positions: [[Int]], _ request: Request, of cells: Cells? = nil
  ) throws {
    require(
      positions.count == request.inputs.count,
      "run: expected positions for \(request.inputs.count) sequences, got \(positions.count)")
    for (sequence, list) in positions.enumerated() {
      let input = request.inputs[sequence]
      let isSource = cells.map { isOfSource($0.component, layer: $0.layer) } ?? false
      let length = isSource ? input.source?.length ?? 0 : input.length
      let start = isSource ? 0 : request.caches?[sequence].count ?? 0
      for position in list where !(start..<length).contains(position) {
        throw ModelError.positionOutOfRange(position: position, length: length)
      }
    }
  }
}
