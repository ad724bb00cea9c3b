import InterchangeTensors

/// A linear map as stored: weight [outputs, inputs], bias [outputs] when there is one.
struct LinearMap: Sendable {
  let weight: Weight
  var bias: Tensor?

  func callAsFunction(_ rows: Tensor) -> Tensor { rows.linear(weight, bias: bias) }

  /// Some of the outputs, in the order given.
  func selecting(_ outputs: [Int]) -> LinearMap {
    LinearMap(
      weight: weight.selecting(outputs),
      bias: bias.map {
        $0.reshaped([$0.count, 1]).gatherRows(outputs).reshaped([outputs.count])
      })
  }

  /// The number of its trainable numbers.
  var count: Int { weight.count + (bias?.count ?? 0) }
  /// The bytes of its numbers as they are held.
  var byteCount: Int { weight.byteCount + 4 * (bias?.count ?? 0) }
}

extension Weight {
  /// What a product with so many rows costs.
  func cost(rows: Int) -> RunCost {
    RunCost(
      rows: 0, operations: 2 * Double(count) * Double(rows), weightBytes: Double(byteCount))
  }
}
