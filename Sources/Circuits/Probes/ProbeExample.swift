import InterchangeModels

/// An input with a label that a probe is to read from one of its vectors.
public struct ProbeExample: Sendable, Hashable {
  /// The input.
  public var input: ModelInput
  /// The position whose vector is read.
  public var position: Int
  /// The label.
  public var label: String
  /// The thing that a control task gives labels to, at random: a word, a name.
  public var type: String
  /// Tells whether it is held out.
  public var isTest: Bool

  /// An example.
  public init(_ input: ModelInput, position: Int, label: String, type: String, isTest: Bool) {
    (self.input, self.position, self.label) = (input, position, label)
    (self.type, self.isTest) = (type, isTest)
  }
}

/// The choices of `Model/probe(_:component:layers:head:settings:progress:)`.
public struct ProbeSettings: Sendable {
  /// The factor of half the squares of the weights.
  public var penalty = 1.0
  /// The most steps of a fit.
  public var iterations = 500
  /// The number of random labelings of the control task.
  public var controls = 3
  /// The seed of the control task's labels and split.
  public var seed: UInt64 = 0

  /// A penalty of 1, as many steps as a fit needs, three labelings.
  public init() {}
}
