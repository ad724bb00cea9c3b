import InterchangeFineTuning

/// Steering vectors, the way in which they were found, and their effect on a prompt.
public struct SteeringRun: Codable, Sendable {
  /// A prompt's continuation without and with the vectors.
  public struct Continuation: Codable, Sendable {
    public let prompt: String
    public let before: String
    public let after: String

    public init(prompt: String, before: String, after: String) {
      (self.prompt, self.before, self.after) = (prompt, before, after)
    }
  }

  /// The way in which the vectors were found; nil for given ones.
  public let method: SteeringVectors.Method?
  /// The number of contrast pairs; nil for given vectors.
  public let pairs: Int?
  /// The layers that are steered.
  public let layers: [Int]
  /// The factor of the vectors.
  public let coefficient: Double
  /// The length of each layer's vector and its order of unseen pairs; nil for given vectors.
  public let summaries: [SteeringVectors.Summary]?
  public var continuation: Continuation?

  /// A run with vectors found in contrast pairs, or with given ones.
  public init(
    method: SteeringVectors.Method?, pairs: Int?, layers: [Int], coefficient: Double,
    summaries: [SteeringVectors.Summary]?, continuation: Continuation? = nil
  ) {
    (self.method, self.pairs, self.layers) = (method, pairs, layers)
    (self.coefficient, self.summaries) = (coefficient, summaries)
    self.continuation = continuation
  }
}
