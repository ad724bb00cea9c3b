import InterchangeTensors

/// The surroundings of what a model computes before its first block and after its last one: its
/// rows, and the visitor of its components.
public struct OuterContext {
  private let visit: (visitor: Visitor, layer: Int, rows: RowSet)?
  /// Tells whether outputs are wanted, or just what they are made of.
  public let needsOutputs: Bool

  init(_ visitor: Visitor, layer: Int, rows: RowSet, needsOutputs: Bool = true) {
    visit = (visitor, layer, rows)
    self.needsOutputs = needsOutputs
  }

  private init() { (visit, needsOutputs) = (nil, true) }

  /// Surroundings in which nobody reads or edits anything.
  public static var nobody: OuterContext { OuterContext() }

  /// Announces a component: returns its rows after the edits that concern it.
  public func visit(_ component: Component, _ rows: Tensor) -> Tensor {
    visit.map { $0.visitor.visit(component, $0.layer, rows, $0.rows) } ?? rows
  }

  /// Tells whether anybody reads or edits a component.
  public func isVisited(_ component: Component) -> Bool {
    visit.map { $0.visitor.concerns(component, $0.layer) } ?? false
  }

  /// The function that announces a component; nil when nobody reads or edits it.
  func announcer(of component: Component) -> ((Tensor) -> Tensor)? {
    isVisited(component) ? { self.visit(component, $0) } : nil
  }
}
