import InterchangeModels
import InterchangeTensors

/// The choices of several methods, in the order in which help lists them.
extension AdapterChoice {
  /// The layers that are changed.
  public static let layers = AdapterChoice(
    "layers", "Layers: all, or a list with ranges such as 0,4-7,10-28:2.", valueName: "list",
    form: "all or a list such as 0,4-7", read: { LayerSelection(parsing: $0) }
  ).defaulting(to: LayerSelection.all)

  /// The component that is edited.
  public static let component = AdapterChoice(
    "site", key: "component", "The component that is edited, such as block_output.",
    valueName: "name", form: "a component",
    read: { try Site(named: $0, layer: 0, .all).component }, show: { $0.rawValue })

  /// The positions of the prompt that are edited.
  public static let positions = AdapterChoice(
    "positions",
    "Positions of the prompt: f7+l7, f3, l2, -1, all; every and every-f1 go on after it.",
    valueName: "p", form: "positions", read: { Positions(parsing: $0) })

  /// True where the first and the last positions of `fN+lM` share their weights.
  public static let isTied = AdapterChoice(
    "separate", key: "isTied",
    "Weights of their own for the first and the last positions of fN+lM.",
    valueName: nil, form: "true or false", neutral: true, read: { Bool($0).map { !$0 } },
    show: { "\(!$0)" }
  ).defaulting(to: true)

  /// The projections whose weights or biases are changed.
  public static let projections = AdapterChoice(
    "projections",
    "Projections: query,key,value,output,gate,up,down, cross_query and so on, or all.",
    valueName: "list",
    form: "a list of \(Projection.allCases.map(\.rawValue).joined(separator: ", "))",
    read: { Projection.list(parsing: $0) },
    show: { $0.map(\.rawValue).joined(separator: "+") })

  /// The rank of a low-rank edit or update, or the width of a bottleneck.
  public static let rank = AdapterChoice.integer(
    "rank", "Dimensions of a low-rank edit or update, or of a bottleneck.", valueName: "k",
    range: "1 to the width")

  /// α: a low-rank update is multiplied by α / rank, an adapter by α.
  public static let alpha = AdapterChoice.number(
    "alpha", "LoRA's scale times its rank; an adapter's scale.", valueName: "α",
    range: "a number from -1e6 to 1e6", isInRange: { abs($0) <= 1e6 })

  /// The non-linearity of an edit or of an adapter.
  public static let activation = AdapterChoice(
    "activation", "The non-linearity of a ReFT edit or an adapter.", valueName: "name",
    form: Activation.allCases.map(\.rawValue).joined(separator: ", "),
    read: { Activation(rawValue: $0) }, show: { $0.rawValue })

  /// The weight in the loss of what should be small or few: of open gates, of small latents.
  public static let penalty = number(
    "penalty", "What an open gate costs in diff pruning, and the smaller latents in ReFT-r1.",
    valueName: "λ", range: "0 to 1000000"
  ) { (0...1e6).contains($0) }

  /// The share of the edit, or of what an update reads, that training leaves out.
  public static let dropout = AdapterChoice.number(
    "dropout", "The share of the edit left out in training.", valueName: "p",
    range: "0 to below 1", neutral: 0, isInRange: { (0..<1).contains($0) }
  ).defaulting(to: 0.0)
}

extension AdapterConfiguration {
  /// The layers that are changed.
  public var layers: LayerSelection? {
    get { self[.layers] }
    set { self[.layers] = newValue }
  }
  /// The component that is edited.
  public var component: Component? {
    get { self[.component] }
    set { self[.component] = newValue }
  }
  /// The positions of the prompt that are edited.
  public var positions: Positions? {
    get { self[.positions] }
    set { self[.positions] = newValue }
  }
  /// True where the first and the last positions of `fN+lM` share their weights.
  public var isTied: Bool? {
    get { self[.isTied] }
    set { self[.isTied] = newValue }
  }
  /// The projections whose weights or biases are changed.
  public var projections: [Projection]? {
    get { self[.projections] }
    set { self[.projections] = newValue }
  }
  /// The rank of a low-rank edit, or the width of an adapter's bottleneck.
  public var rank: Int? {
    get { self[.rank] }
    set { self[.rank] = newValue }
  }
  /// α: a low-rank update is multiplied by α / rank, an adapter by α.
  public var alpha: Double? {
    get { self[.alpha] }
    set { self[.alpha] = newValue }
  }
  /// The non-linearity of a ReFT edit or of an adapter.
  public var activation: Activation? {
    get { self[.activation] }
    set { self[.activation] = newValue }
  }
  /// The weight in the loss of what should be small or few: of open gates, of small latents.
  public var penalty: Double? {
    get { self[.penalty] }
    set { self[.penalty] = newValue }
  }
  /// The share of the edit, or of what an update reads, that training leaves out.
  public var dropout: Double? {
    get { self[.dropout] }
    set { self[.dropout] = newValue }
  }
}

extension Projection {
  /// A list such as `query,value` or `query+value`; `all` names every one. nil for anything else.
  static func list(parsing text: String) -> [Projection]? {
    if text == "all" { return allCases }
    let names = text.split(whereSeparator: { $0 == "," || $0 == "+" })
    let found = names.compactMap { Projection(rawValue: String($0)) }
    return found.count == names.count && Set(found).count == found.count && !found.isEmpty
      ? found : nil
  }
}
