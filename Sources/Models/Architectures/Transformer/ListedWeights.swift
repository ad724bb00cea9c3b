import InterchangeBasics
import InterchangeTensors

/// A linear map with its place in the list of weights.
struct ListedMap: Sendable {
  var map: LinearMap
  let slot: WeightSlot

  init(_ map: LinearMap, _ slot: WeightSlot) { (self.map, self.slot) = (map, slot) }

  func callAsFunction(_ rows: Tensor) -> Tensor { map(rows) }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> ListedMap {
    ListedMap(try map.mapped(slot, by: change), slot)
  }
}

/// A table of rows with its place in the list of weights.
struct ListedTable: Sendable {
  var table: Weight
  let slot: WeightSlot

  init(_ table: Weight, _ slot: WeightSlot) { (self.table, self.slot) = (table, slot) }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> ListedTable {
    ListedTable(try table.mapped(slot, by: change), slot)
  }
}

/// A norm of rows with its place in the list of weights.
struct ListedNorm: Sendable {
  var weight: Tensor  // [width]
  var bias: Tensor?  // [width]
  let design: NormDesign
  let slot: WeightSlot
  /// The bias of a layer norm that has none.
  private let zeros: Tensor?

  init(_ weight: Tensor, bias: Tensor?, _ design: NormDesign, _ slot: WeightSlot) {
    (self.weight, self.bias, self.design, self.slot) = (weight, bias, design, slot)
    zeros = design.kind == .layer && bias == nil ? .zeros(weight.shape) : nil
  }

  func callAsFunction(_ rows: Tensor) -> Tensor {
    guard let bias = bias ?? zeros else { return rows.rmsNorm(weight, epsilon: design.epsilon) }
    return rows.layerNorm(weight, bias: bias, epsilon: design.epsilon)
  }

  /// The norm by the divisors that a change makes of the rows' own [rows, 1]; nil: by their own. To
  /// the bit the same where a divisor is left as it is.
  func callAsFunction(_ rows: Tensor, scales change: ((Tensor) -> Tensor)?) -> Tensor {
    let normed = self(rows)
    guard let change else { return normed }
    let own = rows.normScale(isCentered: design.kind == .layer, epsilon: design.epsilon)
    let factors = (own / change(own)).reshaped([rows.rows])
    guard let bias else { return normed.scalingRows(by: factors) }
    let additions = factors - Tensor(repeating: 1, shape: factors.shape)
    let unbiased = rows.layerNorm(weight, bias: .zeros(bias.shape), epsilon: design.epsilon)
    return normed + unbiased.scalingRows(by: additions)
  }

  /// The norm of each head of rows [rows, heads · width].
  func eachHead(_ rows: Tensor) -> Tensor {
    let width = weight.count
    return self(rows.reshaped([rows.count / width, width])).reshaped(rows.shape)
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> ListedNorm {
    guard design.hasWeight else { return self }
    var copy = self
    (copy.weight, copy.bias) = try weight.mappedNorm(bias: bias, slot, by: change)
    return copy
  }
}

/// The norm of queries or keys.
struct HeadNorm: Sendable {
  let form: AttentionDesign.HeadNorm
  /// Of the form `each` the weights of all heads: [heads · headWidth].
  var norm: ListedNorm
  /// One head's norm without a weight, for the form `each`.
  private let plain: ListedNorm

  init(_ form: AttentionDesign.HeadNorm, _ norm: ListedNorm, headWidth: Int) {
    (self.form, self.norm) = (form, norm)
    plain = ListedNorm(
      Tensor(repeating: 1, shape: [headWidth]), bias: nil, norm.design, norm.slot)
  }

  func callAsFunction(_ rows: Tensor) -> Tensor {
    switch form {
    case .shared: return norm.eachHead(rows)
    case .whole: return norm(rows)
    case .each:
      let scaled = plain.eachHead(rows).multiplyingRows(norm.weight)
      return norm.bias.map(scaled.addingToRows) ?? scaled
    }
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> HeadNorm {
    var copy = self
    copy.norm = try norm.mapped(by: change)
    return copy
  }
}
