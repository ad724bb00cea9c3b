import InterchangeBasics
import InterchangeModels

/// Linear probes of a component over layers, beside a control task: selectivity (Hewitt and Liang
/// 2019, arXiv 1909.03368).
///
/// A probe is a logistic regression from the vector at a position to a label, measured on held-out
/// examples. The control task gives every *type* (a word, a name) a label at random, drawn with the
/// frequencies of the real ones, so that only what the probe memorizes about types can be right; it
/// is split at random, as its types have to come in both parts. Selectivity is the accuracy less
/// the control task's.
public struct ProbeReport: Codable, Sendable, Equatable {
  /// The probe of a layer.
  public struct Layer: Codable, Sendable, Equatable {
    /// The layer, counted from 0.
    public let layer: Int
    /// On the examples of the fit.
    public let train: Accuracy
    /// On the held-out examples.
    public let test: Accuracy
    /// The control task on its held-out examples, one for each labeling; empty without a control.
    public let controls: [Accuracy]
    /// Tells whether all fits converged.
    public let isConverged: Bool
    /// The steps of the probe's fit.
    public let iterations: Int

    /// The mean accuracy of the control task; nil without a control.
    public var control: Double? {
      controls.isEmpty ? nil : controls.reduce(0) { $0 + $1.value } / Double(controls.count)
    }

    /// The accuracy less that of the control task; nil without a control.
    public var selectivity: Double? { control.map { test.value - $0 } }
  }

  /// The component.
  public let component: Component
  /// One head's part of it; nil for all of it.
  public let head: Int?
  /// The labels in alphabetical order.
  public let labels: [String]
  /// The number of different types.
  public let types: Int
  /// The share of the control task's held-out examples whose type the fit has seen.
  public let seenTypes: Double
  /// The accuracy of giving always the most frequent label of the fit's examples on the held-out
  /// ones.
  public let constant: Accuracy
  /// Layer by layer.
  public let layers: [Layer]

  init(
    component: Component, head: Int?, labels: [String], types: Int, seenTypes: Double,
    constant: Accuracy, layers: [Layer]
  ) {
    (self.component, self.head, self.labels) = (component, head, labels)
    (self.types, self.seenTypes) = (types, seenTypes)
    (self.constant, self.layers) = (constant, layers)
  }
}
