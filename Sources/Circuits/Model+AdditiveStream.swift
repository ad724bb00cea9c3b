import InterchangeModels

extension Model {
  /// The network as a sum of additions to one stream.
  ///
  /// - Parameter method: what needs it, for the error
  /// - Throws: ``CircuitError/unsuitable(architecture:method:reason:)`` for one that is none.
  func additiveStream(for method: String) throws -> any AdditiveStream {
    guard let stream = architecture as? any AdditiveStream else {
      let reason =
        stacks()
        ? "expected one stack, found an encoder-decoder"
        : "its outputs aren't known as a sum of what its blocks add to one stream; expected a "
          + "transformer whose norms stand before attention and MLP or before the addition"
      throw CircuitError.unsuitable(
        architecture: architecture.name, method: method, reason: reason)
    }
    if let reason = stream.attributionFault {
      throw CircuitError.unsuitable(
        architecture: architecture.name, method: method, reason: reason)
    }
    return stream
  }

  private func stacks() -> Bool { architecture.stacks != nil }
}
