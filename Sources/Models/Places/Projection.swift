/// A linear map inside a block, by the name that it has in most checkpoints.
public enum Projection: String, Sendable, CaseIterable, Codable {
  case query, key, value, output
  /// The cross-attention's; only the decoder of an encoder-decoder has them.
  case crossQuery = "cross_query"
  case crossKey = "cross_key"
  case crossValue = "cross_value"
  case crossOutput = "cross_output"
  /// The MLP's; models without a gated MLP have no gate.
  case gate, up, down

  /// True of the attention's, false of the MLP's.
  package var isAttention: Bool { ![.gate, .up, .down].contains(self) }

  /// True of an attention's to its own sequence.
  public var isSelfAttention: Bool { crossing != nil }

  /// The projection of the cross-attention that does the same; nil of the MLP's and its own.
  public var crossing: Projection? {
    switch self {
    case .query: .crossQuery
    case .key: .crossKey
    case .value: .crossValue
    case .output: .crossOutput
    case .crossQuery, .crossKey, .crossValue, .crossOutput, .gate, .up, .down: nil
    }
  }

  /// Tells whether a component is one that it makes, in any architecture.
  public func makes(_ component: Component) -> Bool {
    component == self.component || component == componentBeforeNorm
  }

  /// The component that it makes where a norm or a factor stands behind it.
  fileprivate var componentBeforeNorm: Component? {
    switch self {
    case .output: .attentionProjection
    case .down: .mlpProjection
    case .query, .key, .value, .crossQuery, .crossKey, .crossValue, .crossOutput, .gate, .up: nil
    }
  }

  /// The component that it makes, where nothing stands between it and the residual stream.
  public var component: Component {
    switch self {
    case .query: .queryOutput
    case .key: .keyOutput
    case .value: .valueOutput
    case .output: .attentionOutput
    case .crossQuery: .crossQueryOutput
    case .crossKey: .crossKeyOutput
    case .crossValue: .crossValueOutput
    case .crossOutput: .crossAttentionOutput
    case .gate: .gateOutput
    case .up: .upOutput
    case .down: .mlpOutput
    }
  }

  /// The component that it reads.
  public var input: Component {
    switch self {
    case .query, .key, .value: .attentionInput
    case .output: .attentionValueOutput
    case .crossQuery: .crossAttentionInput
    case .crossKey, .crossValue: .encoderOutput
    case .crossOutput: .crossAttentionValueOutput
    case .gate, .up: .mlpInput
    case .down: .mlpHidden
    }
  }
}

extension Architecture {
  /// Tells whether a layer's blocks have a projection; nil: whether any layer has.
  public func hasProjection(_ projection: Projection, layer: Int? = nil) -> Bool {
    (layer.map { [$0] } ?? Array(0..<layers)).contains { layer in
      hasComponent(component(of: projection), layer: layer)
        && hasComponent(projection.input, layer: layer)
    }
  }

  /// The component that a projection makes.
  public func component(of projection: Projection) -> Component {
    guard let inner = projection.componentBeforeNorm, dimensions(of: inner) != nil else {
      return projection.component
    }
    return inner
  }
}
