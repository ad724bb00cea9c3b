/// A variable of a question: drawn, or computed from others.
struct QuestionVariable: Sendable {
  enum Kind: Sendable {
    /// One of these values, drawn at random.
    case drawn([CausalValue])
    /// One of the values of a class, whose name is the value of another variable.
    case classed(variable: String, [(name: CausalValue, values: [CausalValue])])
    /// The value of an expression.
    case computed(CausalExpression)
  }

  let name: String
  let kind: Kind
  let type: ExpressionType

  /// The values that are drawn; empty for a computed variable.
  var values: [CausalValue] {
    switch kind {
    case .drawn(let values): values
    case .classed(_, let classes): classes.flatMap(\.values)
    case .computed: []
    }
  }

  /// Its part in a causal model: an input, or a function of others.
  var causalVariables: [CausalVariable] {
    switch kind {
    case .drawn(let values): [.input(name, values: values)]
    case .classed(let variable, let classes):
      [
        .input(name, values: values),
        .table(
          variable, of: name,
          Dictionary(
            classes.flatMap { group in group.values.map { ($0, group.name) } }
          ) { first, _ in first }),
      ]
    case .computed(let expression): [.expression(name, expression)]
    }
  }
}
