/// A linear map inside a block, by the name that it has in most checkpoints.
public enum Projection: String, Sendable, CaseIterable, Codable {
  case query, key, value, output
  /// The MLP's; models without a gated MLP have no gate.
  case gate, up, down

  /// True of the attention's, false of the MLP's.
  package var isAttention: Bool { [.query, .key, .value, .output].contains(self) }

  /// The component that it makes.
  public var component: Component {
    switch self {
    case .query: .queryOutput
    case .key: .keyOutput
    case .value: .valueOutput
    case .output: .attentionOutput
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
    case .gate, .up: .mlpInput
    case .down: .mlpHidden
    }
  }
}
