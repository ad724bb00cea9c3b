/// A prompt and what should follow it.
public struct PromptCompletion: Codable, Sendable, Equatable {
  public var prompt: String
  public var completion: String

  public init(prompt: String, completion: String) {
    (self.prompt, self.completion) = (prompt, completion)
  }
}
