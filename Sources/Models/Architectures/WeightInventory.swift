import InterchangeBasics
import InterchangeTensors

/// An architecture that lists its weights, each once, and can be made again with others.
///
/// From the list follow the number of parameters, bytes, costs, biases, names, changes of weights
/// and random initialization; no architecture writes any of them. An architecture writes
/// ``mapWeights(_:)`` alone, with the names of its tensors:
///
/// ```
/// public func mapWeights(
///   _ change: (WeightSlot) throws -> WeightSlot.Value
/// ) rethrows -> OneLayer {
///   var copy = self
///   copy.table = try table.mapped(WeightSlot(.table, names: "embed"), by: change)
///   copy.up = try up.mapped(WeightSlot(.up, layer: 0, names: "up"), by: change)
///   return copy
/// }
/// ```
public protocol WeightInventory: Architecture {
  /// The same architecture with what `change` makes of each weight.
  ///
  /// Weights are handed over in a fixed order, which is that in which random ones are drawn. A tied
  /// weight comes after the one to which it is tied, with that one's new value.
  func mapWeights(_ change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> Self
}

extension WeightInventory {
  /// All weights, each once, in the order of ``mapWeights(_:)``.
  public var weights: [WeightSlot] {
    var all: [WeightSlot] = []
    _ = mapWeights { slot in
      all.append(slot)
      return slot.value
    }
    return all
  }
}

/// One weight of an architecture: what it is, where it is used, what files call it.
public struct WeightSlot: Sendable {
  /// The job of a weight.
  public enum Kind: Hashable, Sendable {
    /// A linear map of a block that goes by a name.
    case projection(Projection)
    /// Another linear map: of a block, a pooler, a head.
    case map
    /// A norm, with the component that it makes when that is one of a block's.
    case norm(Component?)
    /// A table whose rows are looked up.
    case table
  }

  /// The rows that a weight is multiplied with.
  public enum Side: Sendable {
    /// All rows that come into a block, as keys and values are made of them.
    case keyRows
    /// The rows of a block whose output is needed.
    case outputRows
    /// The rows of the sources that a cross-attention reads.
    case sourceRows
    /// The rows whose outputs are measured; all of the weight is read.
    case measuredRows
    /// The rows whose outputs are measured, by those rows of the weight whose outputs are wanted.
    case wantedOutputs
    /// None: a table, a norm, or a map outside blocks and outputs.
    case none
  }

  /// The numbers of a weight, in the form in which an architecture has them.
  public enum Value: Sendable {
    /// A linear map with its bias.
    case map(LinearMap)
    /// A table as it is stored: [rows, width].
    case table(Weight)
    /// A table in float32: [rows, width].
    case tensor(Tensor)
    /// A norm's weight and bias, [width] each.
    case norm(weight: Tensor, bias: Tensor?)
  }

  /// The job of the weight.
  public var kind: Kind
  /// The block that has it, or the first of several; nil outside blocks.
  public var layer: Int?
  /// The number of blocks, one after another, that have it: more than 1 where they share it.
  public var uses = 1
  /// The rows that it is multiplied with.
  public var side: Side
  /// Its names in files, without `.weight` and `.bias`.
  public var names: WeightNames
  /// The share of those rows that it is multiplied with: less than 1 of one expert among several.
  public var share = 1.0
  /// Other rows that it makes beside those of its projection's component, in a word; nil: none. A
  /// change of the weight changes them, too; an edit of the component doesn't.
  public var alsoMakes: String?
  /// Tells whether its matrix is that of another weight, and only a bias its own.
  public var isTied: Bool
  /// The standard deviation of its matrix in a model that has not been trained.
  public var deviation: Double
  /// The numbers; nil until an architecture fills it in.
  fileprivate var filled: Value?

  /// A weight's place, to be filled by ``LinearMap/mapped(_:by:)`` and the like.
  public init(
    _ kind: Kind, layer: Int? = nil, side: Side = .none,
    names: WeightNames = WeightNames(), isTied: Bool = false, deviation: Double = 0.02
  ) {
    (self.kind, self.layer, self.side) = (kind, layer, side)
    (self.names, self.isTied, self.deviation) = (names, isTied, deviation)
  }

  /// The numbers.
  public var value: Value {
    guard let filled else { programmerError("weight slot: \(names) was not filled") }
    return filled
  }

  /// The place of a block's projection, to be filled by ``LinearMap/mapped(_:by:)``.
  public init(
    _ projection: Projection, layer: Int, names: WeightNames, deviation: Double = 0.02
  ) {
    self.init(
      .projection(projection), layer: layer,
      side: projection.component.isOfSource
        ? .sourceRows : projection.component.isKeySide ? .keyRows : .outputRows, names: names,
      deviation: deviation)
  }

  /// Tells whether a block has it or, for nil, whether it is outside blocks.
  public func isIn(_ layer: Int?) -> Bool {
    guard let first = self.layer, let layer else { return self.layer == layer }
    return (first..<first + uses).contains(layer)
  }

  /// Hands a value over to a change.
  fileprivate func changed(
    _ value: Value, by change: (WeightSlot) throws -> Value
  ) rethrows -> Value {
    var slot = self
    slot.filled = value
    return try change(slot)
  }

  fileprivate func mismatch(_ expected: String) -> Never {
    programmerError("weight slot: \(names): expected \(expected) from the change")
  }
}

/// The names of a weight in each format of file; nil where there is no such form.
public struct WeightNames: Sendable, Equatable, ExpressibleByStringLiteral {
  /// The formats that have names of their own for the same weights.
  public enum Format: Sendable {
    /// A folder with safetensors or a `pytorch_model.bin`.
    case folder
    /// A GGUF file.
    case gguf
  }

  /// The name in a folder's checkpoint.
  public var folder: String?
  /// The name in a GGUF file.
  public var gguf: String?
  /// The part of the folder's tensor that is the weight; nil for all of it, as it stands.
  public var folderPart: TensorPart?
  /// The part of the GGUF file's tensor that is the weight; nil for all of it, as it stands.
  public var ggufPart: TensorPart?

  /// Names in the formats that have one.
  public init(folder: String? = nil, gguf: String? = nil) {
    (self.folder, self.gguf) = (folder, gguf)
  }

  /// The name in a folder's checkpoint, where there is no other form.
  public init(stringLiteral name: String) { self.init(folder: name) }

  /// A prefix before names, in the formats that have both.
  public static func + (prefix: WeightNames, names: WeightNames) -> WeightNames {
    func joined(_ a: String?, _ b: String?) -> String? { a.flatMap { a in b.map { a + $0 } } }
    var joint = names
    joint.folder = joined(prefix.folder, names.folder)
    joint.gguf = joined(prefix.gguf, names.gguf)
    return joint
  }

  /// The part of the tensor in a format that is the weight; nil for all of it.
  public func part(_ format: Format) -> TensorPart? { format == .folder ? folderPart : ggufPart }

  /// The name in a format that the architecture is known to have.
  public subscript(format: Format) -> String {
    let name = format == .folder ? folder : gguf
    guard let name else { programmerError("weight names: no name in the format \(format)") }
    return name
  }
}

extension LinearMap {
  /// The map that a change makes of this one.
  public func mapped(
    _ slot: WeightSlot, by change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> LinearMap {
    guard case .map(let map) = try slot.changed(.map(self), by: change) else {
      slot.mismatch("a map")
    }
    return map
  }
}

extension Weight {
  /// The table that a change makes of this one.
  public func mapped(
    _ slot: WeightSlot, by change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Weight {
    guard case .table(let table) = try slot.changed(.table(self), by: change) else {
      slot.mismatch("a table")
    }
    return table
  }
}

extension Tensor {
  /// The table in float32 that a change makes of this one.
  public func mapped(
    _ slot: WeightSlot, by change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Tensor {
    guard case .tensor(let table) = try slot.changed(.tensor(self), by: change) else {
      slot.mismatch("a table in float32")
    }
    return table
  }

  /// The norm's weight that a change makes of this one; the norm has no bias.
  public func mappedNorm(
    _ slot: WeightSlot, by change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Tensor {
    try mappedNorm(bias: nil, slot, by: change).weight
  }

  /// The norm's weight and bias that a change makes of these.
  public func mappedNorm(
    bias: Tensor?, _ slot: WeightSlot, by change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> (weight: Tensor, bias: Tensor?) {
    let value = try slot.changed(.norm(weight: self, bias: bias), by: change)
    guard case .norm(let weight, let bias) = value else { slot.mismatch("a norm") }
    return (weight, bias)
  }
}
