import Foundation
import InterchangeBasics

/// A dense float32 array in row-major order, over pooled or memory-mapped storage.
///
/// A tensor is a value: copies share storage until one of them is written. Operations on tensors
/// are recorded for ``gradients(of:)`` when one of their operands requires a gradient, and only
/// then.
public struct Tensor: @unchecked Sendable {
  /// The lengths of the axes, outermost first.
  public let shape: [Int]
  var storage: Storage
  /// The first element's place in the storage.
  var offset: Int
  /// The operation that gave this value, when a gradient may be asked for.
  var node: GradientNode?

  init(shape: [Int], storage: Storage, offset: Int = 0) {
    self.shape = shape
    self.storage = storage
    self.offset = offset
  }

  /// A tensor with arbitrary contents, to be written before it is read.
  package init(uninitialized shape: [Int]) {
    self.init(shape: shape, storage: Storage(count: shape.product))
  }

  /// A tensor filled with one value.
  public init(repeating value: Float, shape: [Int]) {
    self.init(uninitialized: shape)
    pointer.update(repeating: value, count: count)
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: [Int]) -> Tensor { Tensor(repeating: 0, shape: shape) }

  /// A tensor from its elements in row-major order; their number must be the shape's product.
  public init(_ elements: some Collection<Float>, shape: [Int]) {
    require(
      elements.count == shape.product,
      "Tensor(_:shape:): expected \(shape.product) elements for \(shape), got \(elements.count)")
    self.init(uninitialized: shape)
    let buffer = UnsafeMutableBufferPointer(start: pointer, count: count)
    _ = buffer.initialize(from: elements)
  }

  /// A vector from its elements.
  public init(_ elements: [Float]) { self.init(elements, shape: [elements.count]) }

  /// A matrix from its rows, which must be equally long.
  public init(rows: [[Float]]) {
    let width = rows.first?.count ?? 0
    require(rows.allSatisfy { $0.count == width }, "Tensor(rows:): rows of unequal length")
    self.init(rows.flatMap { $0 }, shape: [rows.count, width])
  }

  /// A tensor over memory that `owner` keeps alive (a mapped file); it is copied before a write.
  package init(
    borrowing pointer: UnsafePointer<Float>, shape: [Int], owner: AnyObject & Sendable
  ) {
    let storage = Storage(
      borrowing: UnsafeMutablePointer(mutating: pointer), count: shape.product, owner: owner)
    self.init(shape: shape, storage: storage)
  }

  /// The number of elements.
  public var count: Int { shape.product }
  /// The length of the first axis: the rows of a matrix.
  public var rows: Int { shape.first ?? 1 }
  /// The product of all axes after the first: the width of a row.
  public var width: Int { shape.dropFirst().reduce(1, *) }
  /// True when operations on this tensor are recorded.
  public var requiresGradient: Bool { node != nil }

  /// The elements' address. Reading is always allowed; only the maker of a tensor writes.
  package var pointer: UnsafeMutablePointer<Float> { storage.base + offset }

  /// The elements in row-major order.
  public var elements: [Float] {
    withExtendedLifetime(storage) { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  }

  /// The only element of a tensor of count 1.
  public var scalar: Float {
    require(count == 1, "scalar: expected one element, got shape \(shape)")
    return withExtendedLifetime(storage) { pointer[0] }
  }

  /// Reads the elements without a copy.
  public func withElements<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: pointer, count: count))
    }
  }

  /// Writes the elements in place, after a copy when the storage is shared or read-only.
  public mutating func mutateElements<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    require(node == nil, "mutateElements: the tensor's gradient is being recorded")
    if !isHeldOnce() {
      let copy = Storage(count: count)
      copy.base.update(from: pointer, count: count)
      storage = copy
      offset = 0
    }
    return try body(UnsafeMutableBufferPointer(start: pointer, count: count))
  }

  /// True when nobody else holds the storage, so that it can be written in place.
  mutating func isHeldOnce() -> Bool {
    isKnownUniquelyReferenced(&storage) && !storage.isBorrowed
  }

  /// The same elements under another shape with the same count.
  public func reshaped(_ shape: [Int]) -> Tensor {
    require(
      shape.product == count, "reshaped: \(self.shape) has \(count) elements, not \(shape.product)")
    let result = Tensor(shape: shape, storage: storage, offset: offset)
    let original = self.shape
    return result.recorded(from: [self]) { gradient, _ in [gradient.reshaped(original)] }
  }

  /// The same values, cut off from their recording: no gradient passes.
  public var detached: Tensor {
    Tensor(shape: shape, storage: storage, offset: offset)
  }

  /// Element at (row, column) of a matrix.
  public subscript(row: Int, column: Int) -> Float {
    require(
      row >= 0 && row < rows && column >= 0 && column < width,
      "Tensor[\(row), \(column)]: out of range for \(shape)")
    return withExtendedLifetime(storage) { pointer[row * width + column] }
  }
}

/// The memory of tensors: a pooled buffer, or memory that something else owns.
final class Storage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  private let capacity: Int
  private let owner: (AnyObject & Sendable)?
  var isBorrowed: Bool { owner != nil }

  init(count: Int) {
    (base, capacity) = BufferPool.shared.take(capacity: BufferPool.capacity(for: count))
    owner = nil
  }

  init(borrowing base: UnsafeMutablePointer<Float>, count: Int, owner: AnyObject & Sendable) {
    self.base = base
    self.capacity = count
    self.owner = owner
  }

  deinit {
    if owner == nil { BufferPool.shared.giveBack(base, capacity: capacity) }
  }
}

extension [Int] {
  /// The number of elements of this shape.
  package var product: Int { reduce(1, *) }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the elements.
  public var description: String {
    let shown = elements.prefix(8).map { String($0) }.joined(separator: ", ")
    return "Tensor(\(shape): \(shown)\(count > 8 ? ", …" : ""))"
  }
}
