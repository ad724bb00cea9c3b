import CInterchangeKernels
import InterchangeBasics

/// A frozen matrix [outputs, inputs] in the form in which a checkpoint stores it.
///
/// Its bytes are read where they lie, usually a memory-mapped file: products with few rows widen
/// them on the way, products with many rows as they lay out a panel. Computation is float32.
public struct Weight: @unchecked Sendable {
  /// The form in which the numbers are stored.
  package struct Format {
    /// Widens whole blocks to float32; nil for aligned float32, which is read as it is.
    package let widen:
      (@convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int) -> Void)?
    /// The number of elements in a block.
    package let block: Int
    /// The bytes of a block.
    package let bytesPerBlock: Int

    package init(
      widen: (@convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int) -> Void)?,
      block: Int, bytesPerBlock: Int
    ) {
      (self.widen, self.block, self.bytesPerBlock) = (widen, block, bytesPerBlock)
    }

    package static let float32 = Format(widen: nil, block: 1, bytesPerBlock: 4)
  }

  /// The number of outputs.
  public let rows: Int
  /// The number of inputs: the length of a row.
  public let width: Int
  /// The bytes and the order of rows, read by kernels while `owner` and `order` are alive.
  let kernel: ck_weight
  private let owner: AnyObject & Sendable
  private let order: RowOrder?

  /// Rows that lie one after another in memory that `owner` keeps alive.
  package init(
    _ bytes: UnsafeRawPointer, rows: Int, width: Int, format: Format, owner: AnyObject & Sendable
  ) {
    (self.rows, self.width, self.owner, order) = (rows, width, owner, nil)
    kernel = ck_weight(
      data: bytes, row_bytes: width / format.block * format.bytesPerBlock, width: width, order: nil,
      widen: format.widen, block: format.block, block_bytes: format.bytesPerBlock)
  }

  /// A matrix [rows, width] in float32, not copied.
  public init(_ matrix: Tensor) {
    self.init(
      matrix.pointer, rows: matrix.rows, width: matrix.width, format: .float32,
      owner: matrix.storage)
  }

  private init(_ weight: Weight, order: RowOrder) {
    (rows, width, owner) = (order.count, weight.width, weight.owner)
    self.order = order
    var kernel = weight.kernel
    kernel.order = UnsafePointer(order.base)
    self.kernel = kernel
  }

  /// The number of elements.
  public var count: Int { rows * width }
  /// The bytes of the elements in the form in which they are stored.
  public var byteCount: Int { rows * kernel.row_bytes }

  /// True when products with few rows are summed as products with many are, so that no bit of a row
  /// depends on the number of rows computed with it; slower.
  @TaskLocal package static var roundsAlike = false

  private static func areFew(_ rows: Int) -> Bool { rows <= CK_FEW_ROWS && !roundsAlike }

  /// The chosen rows in the order given, without a copy; an index may repeat.
  public func selecting(_ indices: [Int]) -> Weight {
    require(
      indices.allSatisfy { $0 >= 0 && $0 < rows }, "selecting: a row outside 0..<\(rows)")
    return Weight(self, order: RowOrder(indices, of: order))
  }

  /// The matrix in float32: [rows, width].
  public func floats() -> Tensor { floats(0..<rows) }

  /// Rows in float32: [indices.count, width].
  public func floats(_ indices: [Int]) -> Tensor { selecting(indices).floats() }

  /// Consecutive rows in float32, widened on all threads: [range.count, width].
  func floats(_ range: Range<Int>) -> Tensor {
    let panel = Tensor(uninitialized: [range.count, width])
    withKernel { kernel in
      Parallel.ranges(range.count, work: panel.count) { part in
        ck_weight_rows(
          kernel, range.lowerBound + part.lowerBound, part.count,
          panel.pointer + part.lowerBound * width)
      }
    }
    return panel
  }

  /// Calls `body` with consecutive rows as a float32 matrix: the stored ones, or widened ones.
  func withPlainRows<R>(_ range: Range<Int>, _ body: (UnsafePointer<ck_weight>) -> R) -> R {
    withKernel { kernel in
      let scratch =
        kernel.pointee.widen == nil && order == nil
        ? nil : Tensor(uninitialized: [range.count, width])
      if let scratch { ck_weight_rows(kernel, range.lowerBound, range.count, scratch.pointer) }
      var plain = kernel.pointee
      plain.data =
        scratch.map { UnsafeRawPointer($0.pointer) }
        ?? kernel.pointee.data + range.lowerBound * kernel.pointee.row_bytes
      (plain.row_bytes, plain.order, plain.widen) = (4 * width, nil, nil)
      (plain.block, plain.block_bytes) = (1, 4)
      return withExtendedLifetime(scratch) { body(&plain) }
    }
  }

  /// Calls `body` with the matrix in the form that kernels read, kept alive during the call.
  func withKernel<R>(_ body: (UnsafePointer<ck_weight>) -> R) -> R {
    withExtendedLifetime(self) { withUnsafePointer(to: kernel, body) }
  }
}

/// The stored row that each row of a weight is.
private final class RowOrder: @unchecked Sendable {
  let base: UnsafeMutablePointer<UInt32>
  let count: Int

  /// - Parameter earlier: the order that the indices count in
  init(_ indices: [Int], of earlier: RowOrder?) {
    count = indices.count
    base = .allocate(capacity: max(1, indices.count))
    for (row, index) in indices.enumerated() {
      base[row] = earlier.map { $0.base[index] } ?? UInt32(index)
    }
  }

  deinit { base.deallocate() }
}

extension Tensor {
  /// x·Wᵀ (+ bias) with a frozen weight: no gradient of the weight is ever made.
  ///
  /// - Parameters:
  ///   - weight: [outputs, inputs]
  ///   - bias: [outputs]
  /// - Returns: [rows, outputs]
  public func linear(_ weight: Weight, bias: Tensor? = nil) -> Tensor {
    require(
      weight.width == width && (bias?.count ?? weight.rows) == weight.rows,
      "linear: expected [rows, k] · [n, k]ᵀ + [n], got \(shape) · [\(weight.rows), \(weight.width)]ᵀ"
    )
    let result = weight.product(detached)
    if let bias { ck_add_bias(result.pointer, bias.pointer, rows, weight.rows) }
    return result.recorded(from: [self] + (bias.map { [$0] } ?? [])) { gradient, needed in
      [needed[0] ? weight.transposedProduct(gradient) : nil]
        + (bias == nil ? [] : [needed[1] ? gradient.columnSums() : nil])
    }
  }
}

extension Weight {
  /// x·Wᵀ: [x.rows, inputs] → [x.rows, outputs].
  fileprivate func product(_ x: Tensor) -> Tensor {
    let result = Tensor(uninitialized: [x.rows, rows])
    guard !Self.areFew(x.rows) else {
      fewRows(x) { kernel, packed in
        // Chunks small enough that a slower thread takes fewer of them.
        Parallel.chunks(rows, size: 96, work: count) { range in
          ck_few_product(
            kernel, range.lowerBound, range.count, packed, x.rows, result.pointer, rows)
        }
      }
      return result
    }
    manyRows(x, transposed: true, into: result)
    return withExtendedLifetime(x) { result }
  }

  /// y·W: [y.rows, outputs] → [y.rows, inputs].
  func transposedProduct(_ y: Tensor) -> Tensor {
    let result = Tensor(uninitialized: [y.rows, width])
    guard !Self.areFew(y.rows) else {
      fewRows(y) { kernel, packed in
        let unit = max(16, kernel.pointee.block)
        let units = (width + unit - 1) / unit
        Parallel.ranges(units, work: count) { part in
          let range = part.lowerBound * unit..<min(width, part.upperBound * unit)
          ck_few_product_transposed(
            kernel, rows, range.lowerBound, range.count, packed, y.rows, result.pointer, width)
        }
      }
      return result
    }
    manyRows(y, transposed: false, into: result)
    return withExtendedLifetime(y) { result }
  }

  private func fewRows(
    _ left: Tensor, _ body: (UnsafePointer<ck_weight>, UnsafePointer<Float>) -> Void
  ) {
    guard left.rows > 0 else { return }
    let packed = Tensor(uninitialized: [ck_few_packed_count(left.rows, left.width)])
    ck_few_pack(left.pointer, left.rows, left.width, packed.pointer)
    withKernel { body($0, packed.pointer) }
    withExtendedLifetime((left, packed)) {}
  }

  private func manyRows(_ left: Tensor, transposed: Bool, into result: Tensor) {
    guard width > 0 && rows > 0 && left.rows > 0 else {
      return result.pointer.update(repeating: 0, count: result.count)
    }
    withKernel { kernel in
      Kernels.packedProduct(
        ck_left(data: left.pointer, stride: left.width, transposed: 0), rows: left.rows, kernel,
        0..<rows, transposed: transposed, into: result.pointer, result.width)
    }
    withExtendedLifetime(left) {}
  }
}
