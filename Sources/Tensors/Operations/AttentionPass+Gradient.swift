import CInterchangeKernels

extension AttentionPass {
  /// The gradients of queries, keys, values and additions.
  func backward(
    _ gradient: Tensor, _ query: Tensor, _ key: Tensor, _ value: Tensor, _ kept: Kept,
    needed: [Bool]
  ) -> [Tensor?] {
    let dValue = needed[2] ? Tensor.zeros(value.shape) : nil
    let sums = ScoreGradients(
      self, query: needed[0], key: needed[1], bias: needed.count > 3 && needed[3])
    let scratch = Tensor(uninitialized: [count])
    forEachPart { part in
      if let dValue { addValueGradient(part, kept.weights, gradient, dValue) }
      guard sums.isNeeded else { return }
      writeWeightGradient(part, gradient, value, scratch)
      softmaxGradient(part, kept.weights, scratch)
      addScoreGradient(part, scratch, query, key, kept.tangents, sums)
    }
    return withExtendedLifetime(scratch) {
      [sums.query, sums.key, dValue] + sums.bias(of: self)
    }
  }

  /// The gradients of what scores are made of.
  struct ScoreGradients {
    let query: Tensor?
    let key: Tensor?
    /// Each sequence's own, so that no two of them write the same memory.
    let biases: Tensor?

    init(_ pass: AttentionPass, query: Bool, key: Bool, bias: Bool) {
      self.query = query ? .zeros([pass.queryRows, pass.queryWidth]) : nil
      self.key = key ? .zeros([pass.keyRows, pass.keyWidth]) : nil
      biases =
        bias
        ? pass.rule.bias.map {
          .zeros([$0.origin == .pair ? 1 : pass.segments.count, $0.values.count])
        } : nil
    }

    var isNeeded: Bool { query != nil || key != nil || biases != nil }

    /// The sum over sequences, in the shape of the additions; none of a rule without.
    func bias(of pass: AttentionPass) -> [Tensor?] {
      pass.rule.bias.map { [biases?.columnSums().reshaped($0.values.shape)] } ?? []
    }
  }

  /// Adds a part's share of the values' gradient.
  func addValueGradient(_ part: Part, _ weights: Tensor, _ gradient: Tensor, _ dValue: Tensor) {
    Kernels.product(
      weights.pointer + part.scores + part.known, part.length, aTransposed: true,
      gradient.pointer + part.query, queryWidth, into: dValue.pointer + part.key, keyWidth,
      m: part.segment.keys.count, n: rule.headWidth, k: part.count, accumulating: true)
  }

  /// Writes the gradient of a part's weights.
  func writeWeightGradient(_ part: Part, _ gradient: Tensor, _ value: Tensor, _ dWeights: Tensor) {
    let (own, out) = (gradient.pointer + part.query, dWeights.pointer + part.scores)
    if let known = part.segment.known {
      Kernels.product(
        own, queryWidth, known.values.pointer + part.column, keyWidth, bTransposed: true,
        into: out, part.length, m: part.count, n: part.known, k: rule.headWidth)
    }
    Kernels.product(
      own, queryWidth, value.pointer + part.key, keyWidth, bTransposed: true,
      into: out + part.known, part.length, m: part.count, n: part.segment.keys.count,
      k: rule.headWidth)
  }

  /// Turns the gradient of a part's weights into that of its scores but for the factor, in place.
  func softmaxGradient(_ part: Part, _ weights: Tensor, _ gradient: Tensor) {
    for row in 0..<part.count {
      let place = part.scores + row * part.length
      ck_softmax_gradient(
        weights.pointer + place, gradient.pointer + place, factor, part.length)
    }
  }

  /// Adds what a part's scores pass on to queries, keys and additions; writes over the gradient.
  func addScoreGradient(
    _ part: Part, _ gradient: Tensor, _ query: Tensor, _ key: Tensor, _ tangents: Tensor?,
    _ sums: ScoreGradients
  ) {
    let first = gradient.pointer + part.scores
    for row in 0..<part.count where rule.softCap != nil || rule.bias != nil {
      let own = first + row * part.length
      if let bias = rule.bias, let biases = sums.biases {
        let start = bias.origin == .pair ? 0 : part.index * bias.values.count
        let places = biases.pointer + start + biasStart(bias, part, row: row)
        ck_add(places, own, places, part.length)
      }
      if let tangents {
        let seen = seen(part, row: row)
        let kept = tangents.pointer + part.scores + row * part.length
        ck_soft_cap_gradient(
          kept + seen.lowerBound, own + seen.lowerBound, rule.scale, seen.count)
      } else {
        ck_scale(own, rule.scale, own, part.length)
      }
    }
    if let dQuery = sums.query {
      Kernels.product(
        first + part.known, part.length, key.pointer + part.key, keyWidth,
        into: dQuery.pointer + part.query, queryWidth, m: part.count, n: rule.headWidth,
        k: part.segment.keys.count)
      if let known = part.segment.known {
        Kernels.product(
          first, part.length, known.keys.pointer + part.column, keyWidth,
          into: dQuery.pointer + part.query, queryWidth, m: part.count, n: rule.headWidth,
          k: part.known, accumulating: true)
      }
    }
    if let dKey = sums.key {
      Kernels.product(
        first + part.known, part.length, aTransposed: true, query.pointer + part.query,
        queryWidth, into: dKey.pointer + part.key, keyWidth, m: part.segment.keys.count,
        n: rule.headWidth, k: part.count, accumulating: true)
    }
  }
}
