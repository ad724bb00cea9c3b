import InterchangeTensors

/// A block of a transformer: attention, an MLP, and norms where its design has them.
struct TransformerBlock: Sendable {
  let design: BlockDesign
  var attentionNorm: ListedNorm?
  var attention: SelfAttention
  /// Of what the attention makes, or of the stream after it.
  var afterAttentionNorm: ListedNorm?
  /// Of a decoder that reads an encoder; nil elsewhere.
  var cross: CrossAttention?
  var mlpNorm: ListedNorm?
  var mlp: any BlockMLP
  /// Of what the MLP makes, or of the stream after it.
  var afterMLPNorm: ListedNorm?

  func callAsFunction(_ residual: Tensor, _ context: BlockContext) -> Tensor {
    let normed =
      attentionNorm?(residual, scales: context.announcer(of: .attentionNormScale)) ?? residual
    let attended = added(
      attention(context.visit(.attentionInput, normed), context), norm: afterAttentionNorm,
      from: .attentionProjection, to: .attentionOutput, context)
    let kept = context.keepingOutputRows(residual)
    guard design.order == .sequential else {
      let own =
        mlpNorm?(kept, scales: context.announcer(of: .mlpNormScale))
        ?? context.keepingOutputRows(normed)
      return kept + attended + raised(own, context)
    }
    var middle = context.visit(.residualMiddle, ofStream(kept + attended, afterAttentionNorm))
    if let cross {
      middle = context.visit(
        .residualMiddleCross, ofStream(middle + cross(middle, context), cross.afterNorm))
    }
    let input = mlpNorm?(middle, scales: context.announcer(of: .mlpNormScale)) ?? middle
    return ofStream(middle + raised(input, context), afterMLPNorm)
  }

  private func raised(_ input: Tensor, _ context: BlockContext) -> Tensor {
    added(
      mlp(context.visit(.mlpInput, input), context), norm: afterMLPNorm, from: .mlpProjection,
      to: .mlpOutput, context)
  }

  /// The addition to the stream of what a projection made.
  private func added(
    _ made: Tensor, norm: ListedNorm?, from projection: Component, to addition: Component,
    _ context: BlockContext
  ) -> Tensor {
    guard design.changesAdditions else { return context.visit(addition, made) }
    var rows = context.visit(projection, made)
    if design.hasNormsBehind, let norm { rows = norm(rows) }
    if design.residualScale != 1 { rows = design.residualScale * rows }
    return context.visit(addition, rows)
  }

  private func ofStream(_ rows: Tensor, _ norm: ListedNorm?) -> Tensor {
    guard design.hasNormsOfStream, let norm else { return rows }
    return norm(rows)
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> TransformerBlock {
    var copy = self
    copy.attentionNorm = try attentionNorm?.mapped(by: change)
    copy.attention = try attention.mapped(by: change)
    copy.afterAttentionNorm = try afterAttentionNorm?.mapped(by: change)
    copy.cross = try cross?.mapped(by: change)
    copy.mlpNorm = try mlpNorm?.mapped(by: change)
    copy.mlp = try mlp.mapped(by: change)
    copy.afterMLPNorm = try afterMLPNorm?.mapped(by: change)
    return copy
  }
}
