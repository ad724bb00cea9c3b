import InterchangeBasics
import Synchronization

/// One recorded operation: its operands and the way in which a gradient passes back to them.
final class GradientNode: @unchecked Sendable {
  /// The gradient of each operand (nil where none is needed), from the result's gradient, the need
  /// of each operand, a flag for parameters to gather theirs, and the kept tensors.
  typealias Backward = (
    _ gradient: Tensor, _ needed: [Bool], _ gathers: Bool, _ kept: consuming [Tensor]
  ) -> [Tensor?]

  private static let counter = Atomic<UInt64>(0)

  /// The order of the operation that was recorded last.
  static var latest: UInt64 { counter.load(ordering: .relaxed) }

  /// Grows in the order of recording: parents always have smaller numbers.
  let order: UInt64
  let parents: [GradientNode?]
  /// The way back; nil for a start of the recording, and once it was forgotten.
  private var backward: Backward?
  /// The tensors that the operation keeps and `backward` doesn't.
  private var kept: [Tensor]
  private var isForgotten = false
  weak var parameter: Parameter?

  init(parents: [GradientNode?] = [], keeping kept: [Tensor] = [], backward: Backward? = nil) {
    order = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    self.parents = parents
    self.kept = kept
    self.backward = backward
  }

  /// The gradients of the operands; none for a start of the recording.
  ///
  /// - Parameter forgetting: true in the last pass: kept tensors are given away then, and may be
  ///   written over
  func operandGradients(_ gradient: Tensor, gathers: Bool, forgetting: Bool) -> [Tensor?] {
    require(!isForgotten, "backward: this recording was gone through before")
    guard let backward else { return [] }
    let needed = parents.map { $0 != nil }
    guard forgetting else { return backward(gradient, needed, gathers, kept) }
    (self.backward, isForgotten) = (nil, true)
    return backward(gradient, needed, gathers, exchange(&kept, with: []))
  }
}

extension Tensor {
  /// This result, recorded with its operands when one of them requires a gradient.
  ///
  /// - Parameter backward: the operands' gradients, from the gradient of the result and for each
  ///   operand its need of one; nothing is computed for an operand that needs none.
  package func recorded(
    from operands: [Tensor],
    backward: @escaping (_ gradient: Tensor, _ needed: [Bool]) -> [Tensor?]
  ) -> Tensor {
    recorded(from: operands, keeping: []) { gradient, needed, _, _ in backward(gradient, needed) }
  }

  /// This result, recorded with its operands.
  ///
  /// - Parameters:
  ///   - kept: tensors that the backward pass needs. They are given to `backward` alone where it is
  ///     called for the last time, so that gradients can take the place of tensors that nobody else
  ///     holds (``takingPlace(of:)``); what the closure captures stays held.
  ///   - backward: as above, with the kept tensors
  func recorded(
    from operands: [Tensor], keeping kept: [Tensor], backward: @escaping GradientNode.Backward
  ) -> Tensor {
    guard operands.contains(where: { $0.node != nil }) else { return self }
    var result = self
    let shapes = operands.map(\.shape)
    result.node = GradientNode(parents: operands.map(\.node), keeping: kept.map(\.detached)) {
      // Operations work on rows and widths; the gradients they pass back have the operands' own
      // axes.
      zip(backward($0, $1, $2, $3), shapes).map { $0?.reshaped($1) }
    }
    return result
  }

  /// A tensor of arbitrary contents in the storage of one that nobody else holds, or in its own.
  ///
  /// The contents of `other` can be read until the new tensor is written.
  static func takingPlace(of other: inout Tensor) -> Tensor {
    other.isHeldOnce() ? other.detached : Tensor(uninitialized: other.shape)
  }

  /// The same values as the start of a recording: ``gradients(of:)`` can be asked for it.
  public func requiringGradient() -> Tensor {
    var result = detached
    result.node = GradientNode()
    return result
  }

  /// A computation of which only the operand is kept: its recording is forgotten, and recorded
  /// again when the gradient comes back (Chen et al. 2016, arXiv 1604.06174). Less memory for a
  /// second computation.
  ///
  /// Parameters inside get their gradients by ``backward()`` alone.
  ///
  /// - Parameter compute: gives the same result each time
  package func recomputing(_ compute: @escaping (Tensor) -> Tensor) -> Tensor {
    let start = detached
    let first = compute(node == nil ? start : start.requiringGradient())
    guard first.node != nil else { return first }
    // The operand may need no gradient where parameters inside do.
    let anchor = Tensor.zeros([1]).requiringGradient()
    return first.detached.recorded(from: [self, anchor], keeping: []) {
      gradient, needed, gathers, _ in
      let operand = needed[0] ? start.requiringGradient() : start
      let wanted = Set([operand.node?.order].compactMap { $0 })
      // An earlier recording is not this computation's to forget: other blocks may read it too.
      let before = GradientNode.latest
      let found = compute(operand).node?.backpropagate(
        gradient, keeping: wanted, gathers: gathers, forgettingAfter: before)
      return [operand.node.flatMap { found?[$0.order] }, nil]
    }
  }

  /// The gradients of this scalar with respect to tensors that took part in computing it.
  ///
  /// - Returns: one tensor for each of `tensors`, of its shape; zeros where the scalar does not
  ///   depend on it.
  public func gradients(of tensors: [Tensor]) -> [Tensor] {
    let wanted = Set(tensors.compactMap { $0.node?.order })
    let found = node?.backpropagate(
      ones, keeping: wanted, gathers: false, forgettingAfter: .max)
    return tensors.map { tensor in
      tensor.node.flatMap { found?[$0.order] } ?? .zeros(tensor.shape)
    }
  }

  /// Adds this scalar's gradient to ``Parameter/gradient`` of every parameter it depends on.
  ///
  /// The recording is forgotten on the way, so that its memory is free for what comes after:
  /// neither this nor ``gradients(of:)`` can go through any part of it again.
  public func backward() {
    _ = node?.backpropagate(ones, keeping: [], gathers: true, forgettingAfter: 0)
  }

  /// The gradient of a scalar for itself.
  private var ones: Tensor {
    require(count == 1, "backward: expected a scalar, got shape \(shape)")
    return Tensor(repeating: 1, shape: shape)
  }

  /// The sum, in this tensor's own storage when nobody else holds it.
  fileprivate consuming func adding(inPlace other: Tensor) -> Tensor {
    let count = self.count
    var sum = consume self
    sum.node = nil
    // A sum of its own is one pass over memory; a copy that is added to would be two.
    guard sum.isHeldOnce() else { return sum + other.detached }
    sum.mutateElements { Kernels.accumulate(other.pointer, into: $0.baseAddress!, count: count) }
    return sum
  }
}

extension GradientNode {
  /// Passes a gradient of this node's result back through all that it depends on.
  ///
  /// - Parameters:
  ///   - wanted: the nodes whose gradients are returned, by their order
  ///   - gathers: true when parameters gather their gradients
  ///   - forgettingAfter: operations of a larger order are forgotten on the way
  fileprivate func backpropagate(
    _ gradient: Tensor, keeping wanted: Set<UInt64>, gathers: Bool, forgettingAfter first: UInt64
  ) -> [UInt64: Tensor] {
    var pending: [UInt64: Tensor] = [order: gradient]
    var kept: [UInt64: Tensor] = [:]
    for node in recording {
      guard let gradient = pending.removeValue(forKey: node.order) else { continue }
      if wanted.contains(node.order) { kept[node.order] = gradient }
      if gathers { node.parameter?.accumulate(gradient) }
      let results = node.operandGradients(
        gradient, gathers: gathers, forgetting: node.order > first)
      for (parent, result) in zip(node.parents, results) {
        guard let parent, let result else { continue }
        if let sum = pending.removeValue(forKey: parent.order) {
          pending[parent.order] = sum.adding(inPlace: result)
        } else {
          pending[parent.order] = result
        }
      }
    }
    return kept
  }

  /// This node and all that it depends on, the latest first.
  private var recording: [GradientNode] {
    var seen: Set<UInt64> = [order]
    var stack = [self]
    var nodes: [GradientNode] = []
    while let node = stack.popLast() {
      nodes.append(node)
      for case let parent? in node.parents where seen.insert(parent.order).inserted {
        stack.append(parent)
      }
    }
    return nodes.sorted { $0.order > $1.order }
  }
}

/// A tensor with identity that training changes.
public final class Parameter: @unchecked Sendable {
  /// The name it is saved under.
  public let name: String
  /// The current value. Assigning keeps the shape.
  public var value: Tensor {
    didSet {
      require(value.shape == oldValue.shape, "\(name): the shape of a parameter is fixed")
    }
  }
  /// The gradient gathered since ``clearGradient()``, of the value's shape.
  public private(set) var gradient: Tensor?
  private let node = GradientNode()

  /// A parameter with a first value.
  public init(_ name: String, _ value: Tensor) {
    self.name = name
    self.value = value.detached
    node.parameter = self
  }

  /// The value as an operand whose gradient is recorded.
  public var tensor: Tensor {
    var result = value.detached
    result.node = node
    return result
  }

  /// Multiplies the gathered gradient.
  func scaleGradient(by scale: Float) { gradient = gradient.map { scale * $0 } }

  /// Forgets the gathered gradient.
  public func clearGradient() { gradient = nil }

  func accumulate(_ addition: Tensor) {
    guard var sum = gradient else {
      gradient = addition
      return
    }
    gradient = nil
    let count = sum.count
    sum.mutateElements { Kernels.accumulate(addition.pointer, into: $0.baseAddress!, count: count) }
    gradient = sum
  }
}

extension [Parameter] {
  /// The Euclidean norm of all gathered gradients together; they are scaled down to `limit` where
  /// it is above.
  public func clipGradients(to limit: Double) -> Double {
    let squares = compactMap(\.gradient).reduce(0.0) { $0 + Tensor.dot($1, $1) }
    let norm = squares.squareRoot()
    if norm > limit { for parameter in self { parameter.scaleGradient(by: Float(limit / norm)) } }
    return norm
  }
}
