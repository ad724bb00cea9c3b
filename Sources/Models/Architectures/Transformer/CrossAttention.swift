import InterchangeTensors

/// A decoder block's attention to all rows of the encoder, with its norm before or behind it.
struct CrossAttention: Sendable {
  /// Of the stream before it.
  var norm: ListedNorm?
  var query: ListedMap
  var key: ListedMap
  var value: ListedMap
  var output: ListedMap
  /// Of the stream after it.
  var afterNorm: ListedNorm?
  let rule: AttentionRule

  /// Its addition to the stream [output rows, width] for the rows that are needed.
  func callAsFunction(_ stream: Tensor, _ context: BlockContext) -> Tensor {
    let input = context.visit(.crossAttentionInput, norm?(stream) ?? stream)
    let queries = context.visit(.crossQueryOutput, query(input))
    let rows = context.visit(.encoderOutput, context.encoderRows)
    let keys = context.visit(.crossKeyOutput, made(rows, by: key))
    let values = context.visit(.crossValueOutput, made(rows, by: value))
    let mixed = context.crossAttention(query: queries, key: keys, value: values, rule: rule) {
      (key($0), value($0))
    }
    return context.visit(
      .crossAttentionOutput,
      context.projecting(
        context.visit(.crossAttentionValueOutput, mixed), by: output.map, heads: heads,
        announcing: .crossHeadOutput))
  }

  private var heads: Int { query.map.weight.rows / rule.headWidth }

  /// Nothing of no rows: all sources may be known.
  private func made(_ rows: Tensor, by map: ListedMap) -> Tensor {
    rows.rows == 0 ? .zeros([0, map.map.weight.rows]) : map(rows)
  }

  func dimensions(of component: Component) -> ComponentDimensions? {
    switch component {
    case .crossQueryOutput, .crossAttentionValueOutput:
      ComponentDimensions(width: query.map.weight.rows, heads: heads)
    case .crossKeyOutput, .crossValueOutput:
      ComponentDimensions(width: key.map.weight.rows, heads: key.map.weight.rows / rule.headWidth)
    case .crossAttentionScores, .crossAttentionWeight:
      ComponentDimensions(width: heads, heads: heads, isPerPosition: true)
    case .crossHeadOutput:
      ComponentDimensions(width: heads * output.map.weight.rows, heads: heads)
    case .crossAttentionInput, .crossAttentionOutput, .residualMiddleCross:
      ComponentDimensions(width: output.map.weight.rows)
    case .encoderOutput: ComponentDimensions(width: key.map.weight.width)
    default: nil
    }
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> CrossAttention {
    var copy = self
    copy.norm = try norm?.mapped(by: change)
    copy.query = try query.mapped(by: change)
    copy.key = try key.mapped(by: change)
    copy.value = try value.mapped(by: change)
    copy.output = try output.mapped(by: change)
    copy.afterNorm = try afterNorm?.mapped(by: change)
    return copy
  }
}
