import InterchangeTensors

/// A block's attention of rows to rows of the same sequence.
struct SelfAttention: Sendable {
  var query: ListedMap
  var key: ListedMap
  var value: ListedMap
  var output: ListedMap
  var queryNorm: HeadNorm?
  var keyNorm: HeadNorm?
  let rotary: RotaryEmbedding?
  var rule: AttentionRule
  /// Maps of relative positions, where they aren't the queries' and keys' own.
  var positionKey: ListedMap?
  var positionQuery: ListedMap?
  /// The additions of relative positions to scores; nil: none.
  var relative: RelativeScores?
  let clip: Float?

  /// The heads' output for the rows that are needed [output rows, width] from the rows that came in
  /// [key rows, width], after their norm.
  func callAsFunction(_ input: Tensor, _ context: BlockContext) -> Tensor {
    let keys = clipped(context.visit(.keyOutput, key(input)))
    let values = clipped(context.visit(.valueOutput, value(input)))
    let queries = clipped(
      context.visit(.queryOutput, query(context.keepingOutputRows(input))))
    var placedKeys = keyNorm?(keys) ?? keys
    var placedQueries = queryNorm?(queries) ?? queries
    if let rotary {
      placedQueries = placedQueries.rotated(by: context.queryAngles(rotary))
      placedKeys = placedKeys.rotated(by: context.keyAngles(rotary))
    }
    let (ready, visited) = (
      context.visit(.positionedQueryOutput, placedQueries),
      context.visit(.positionedKeyOutput, placedKeys)
    )
    let mixed = context.attention(
      query: ready, key: visited, value: values, rule: rule,
      pairs: relative.map { relative in
        { relative($0, queries: ready, keys: visited, scale: rule.scale) }
      })
    return context.projecting(
      context.visit(.attentionValueOutput, mixed), by: output.map,
      heads: queries.width / rule.headWidth)
  }

  private func clipped(_ rows: Tensor) -> Tensor { clip.map(rows.clipped(to:)) ?? rows }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> SelfAttention {
    var copy = self
    copy.query = try query.mapped(by: change)
    copy.key = try key.mapped(by: change)
    copy.value = try value.mapped(by: change)
    copy.output = try output.mapped(by: change)
    copy.positionKey = try positionKey?.mapped(by: change)
    copy.positionQuery = try positionQuery?.mapped(by: change)
    copy.queryNorm = try queryNorm?.mapped(by: change)
    copy.keyNorm = try keyNorm?.mapped(by: change)
    return copy
  }
}
