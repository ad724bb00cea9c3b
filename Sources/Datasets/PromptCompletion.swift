/// A prompt and the text that should follow it.
public struct PromptCompletion: Codable, Sendable, Equatable {
  /// The text before.
  public var prompt: String
  /// The text after.
  public var completion: String

  /// A prompt with its completion.
  public init(prompt: String, completion: String) {
    (self.prompt, self.completion) = (prompt, completion)
  }
}
