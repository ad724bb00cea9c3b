import InterchangeBasics

extension Model {
  /// Checks a site against this model.
  ///
  /// - Throws: ``ModelError`` naming the layer, head or component that it doesn't have.
  public func validate(_ component: Component, layer: Int, head: Int? = nil) throws {
    guard (0..<architecture.layers).contains(layer) else {
      throw ModelError.layerOutOfRange(layer: layer, layers: architecture.layers)
    }
    guard let dimensions = architecture.dimensions(of: component),
      architecture.hasComponent(component, layer: layer), head == nil || dimensions.heads != nil
    else {
      throw ModelError.noSuchComponent(
        component: (head == nil ? "" : "head_") + component.rawValue,
        architecture: architecture.name)
    }
    if let head, let heads = dimensions.heads, !(0..<heads).contains(head) {
      throw ModelError.headOutOfRange(head: head, heads: heads, site: component.rawValue)
    }
  }

  /// The width of the vectors at a site: that of one head when the site names one.
  ///
  /// - Throws: ``ModelError`` when the model has no such site.
  public func width(of site: Site) throws -> Int {
    try validate(site.component, layer: site.layer, head: site.head)
    return architecture.dimensions(of: site.component)!.columns(head: site.head).count
  }

  /// Checks a request against this model.
  func validate(_ request: Request) throws {
    guard architecture.outputs > 0 || request.logits == nil else {
      throw ModelError.noOutputs(architecture: architecture.name)
    }
    guard architecture.isCausal || request.caches == nil else {
      throw ModelError.notADecoder(architecture: architecture.name)
    }
    for input in request.inputs {
      guard (1...architecture.maximumLength).contains(input.length) else {
        throw ModelError.invalidLength(
          length: input.length, maximum: architecture.maximumLength)
      }
    }
    for cells in request.edits.map(\.cells) + request.captures + request.attention.map(\.cells) {
      try validate(cells.component, layer: cells.layer, head: cells.head)
      try validate(cells.positions, request)
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

  private func validate(_ positions: [[Int]], _ request: Request) throws {
    require(
      positions.count == request.inputs.count,
      "run: expected positions for \(request.inputs.count) sequences, got \(positions.count)")
    for (sequence, list) in positions.enumerated() {
      let length = request.inputs[sequence].length
      let start = request.caches?[sequence].count ?? 0
      for position in list where !(start..<length).contains(position) {
        throw ModelError.positionOutOfRange(position: position, length: length)
      }
    }
  }
}
