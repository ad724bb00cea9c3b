/// A network's input, together with a causal model's description of it.
///
/// `Prompt` is text for a language model, `VectorInput` numbers for a perceptron.
public protocol ExampleInput: Hashable, Sendable {
  /// The values of the causal model's inputs.
  var setting: Setting { get }
  /// The causal model's answer, spelled as the network gives it (" are" after a prompt).
  var answer: String { get }
  /// The things that occur in the input, by kind, for splits that share none.
  var groups: [GroupKind: Set<String>] { get }
}

/// A vector of numbers for a network, described by a causal model's inputs.
public struct VectorInput: ExampleInput {
  /// The network's input, `[width]`.
  public let values: [Float]
  /// The values of the causal model's inputs.
  public let setting: Setting
  /// The causal model's answer.
  public let answer: String
  /// The objects that the vector embeds, by their identity.
  public let groups: [GroupKind: Set<String>]

  /// An input of these parts.
  public init(
    values: [Float], setting: Setting, answer: String, groups: [GroupKind: Set<String>] = [:]
  ) {
    self.values = values
    self.setting = setting
    self.answer = answer
    self.groups = groups
  }
}
