import InterchangeTensors

/// The second half of a block.
protocol BlockMLP: Sendable {
  /// The output [rows, width] for rows after their norm [rows, width].
  func callAsFunction(_ input: Tensor, _ context: BlockContext) -> Tensor

  /// The dimensions of a component inside it; nil for one that it doesn't have.
  func dimensions(of component: Component) -> ComponentDimensions?

  /// The same with what a change makes of each weight.
  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> Self
}

/// An MLP with one hidden layer, gated or plain.
struct FeedForward: BlockMLP {
  var gate: ListedMap?
  var up: ListedMap
  var down: ListedMap
  let activation: Activation

  func callAsFunction(_ input: Tensor, _ context: BlockContext) -> Tensor {
    self(input, visiting: context)
  }

  /// The output for rows, with nobody to visit: of one expert among several.
  func callAsFunction(_ input: Tensor) -> Tensor { self(input, visiting: nil) }

  private func callAsFunction(_ input: Tensor, visiting context: BlockContext?) -> Tensor {
    func visit(_ component: Component, _ rows: Tensor) -> Tensor {
      context?.visit(component, rows) ?? rows
    }
    let hidden: Tensor
    if let gate {
      hidden = gated(
        gate: visit(.gateOutput, gate(input)), up: visit(.upOutput, up(input)), context)
    } else {
      let raised = visit(.upOutput, up(input)).activated(activation)
      hidden = visit(.mlpActivation, raised)
    }
    return down(visit(.mlpHidden, hidden))
  }

  private func gated(gate: Tensor, up: Tensor, _ context: BlockContext?) -> Tensor {
    let isVisited = context?.isVisited(.mlpActivation) ?? false
    guard isVisited || activation != .silu else { return .swiglu(gate: gate, up: up) }
    let activated = gate.activated(activation)
    return (context?.visit(.mlpActivation, activated) ?? activated) * up
  }

  func dimensions(of component: Component) -> ComponentDimensions? {
    switch component {
    case .gateOutput where gate == nil: nil
    case .gateOutput, .upOutput, .mlpActivation, .mlpHidden:
      ComponentDimensions(width: up.map.weight.rows)
    default: nil
    }
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> FeedForward {
    var copy = self
    copy.gate = try gate?.mapped(by: change)
    copy.up = try up.mapped(by: change)
    copy.down = try down.mapped(by: change)
    return copy
  }
}
