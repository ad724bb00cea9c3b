import Interchange

/// An intervention that is trained, saved and loaded: h ⊙ g, with one trained gain for each
/// coordinate.
final class Gain: StorableIntervention {
  /// g: [width]
  let gains: Parameter

  init(gains: Tensor) { self.gains = Parameter("gains", gains) }

  var name: String { "gain" }
  var sourceCount: Int { 0 }
  var parameters: [Parameter] { [gains] }

  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base.multiplyingRows(gains.tensor)
  }

  static var methods: [String] { ["gain"] }
  var storedTensors: [(name: String, tensor: Tensor)] { [("gains", gains.value)] }

  convenience init(from stored: StoredIntervention) throws {
    self.init(gains: try stored.tensor("gains", [stored.width]))
  }
}
