import CInterchangeKernels
import InterchangeBasics

extension Tensor {
  /// The matrix product of this [m, k] with `other` [k, n] → [m, n].
  public func matrixProduct(_ other: Tensor) -> Tensor {
    let (m, k, n) = (rows, width, other.width)
    require(
      other.rows == k, "matrixProduct: expected [\(m), k] · [k, n], got \(shape) · \(other.shape)")
    return Self.product(self, other, m: m, n: n, k: k).recorded(from: [self, other]) { dy, needed in
      let (a, b) = (self.detached, other.detached)
      return [
        needed[0] ? Self.product(dy, b, transposed: (false, true), m: m, n: k, k: n) : nil,
        needed[1] ? Self.product(a, dy, transposed: (true, false), m: k, n: n, k: m) : nil,
      ]
    }
  }

  /// x·Wᵀ (+ bias): the linear layer as checkpoints store it.
  ///
  /// - Parameters:
  ///   - weight: [outputs, inputs]
  ///   - bias: [outputs]
  /// - Returns: [rows, outputs]
  public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    let (m, k, n) = (rows, width, weight.rows)
    require(
      weight.width == k && (bias?.count ?? n) == n,
      "linear: expected [rows, k] · [n, k]ᵀ + [n], got \(shape) · \(weight.shape)ᵀ")
    let result = Self.product(self, weight, transposed: (false, true), m: m, n: n, k: k)
    if let bias { ck_add_bias(result.pointer, bias.pointer, m, n) }
    return result.recorded(from: [self, weight] + (bias.map { [$0] } ?? [])) { dy, needed in
      let (x, weight) = (self.detached, weight.detached)
      return [
        needed[0] ? Self.product(dy, weight, m: m, n: k, k: n) : nil,
        needed[1] ? Self.product(dy, x, transposed: (true, false), m: n, n: k, k: m) : nil,
      ] + (bias == nil ? [] : [needed[2] ? dy.columnSums() : nil])
    }
  }

  /// The product of [m, k] (or its transpose) and [k, n] (or its transpose), without a recording.
  static func product(
    _ a: Tensor, _ b: Tensor, transposed: (a: Bool, b: Bool) = (false, false), m: Int, n: Int,
    k: Int
  ) -> Tensor {
    guard k > 0 else { return .zeros([m, n]) }
    let result = Tensor(uninitialized: [m, n])
    Kernels.parallelProduct(
      a.pointer, a.width, aTransposed: transposed.a, b.pointer, b.width, bTransposed: transposed.b,
      into: result.pointer, n, m: m, n: n, k: k)
    return withExtendedLifetime((a, b)) { result }
  }

  /// x·Wᵀ by OpenBLAS, whatever kernel the linear layer uses, without a recording.
  package func openBLASLinear(_ weight: Tensor) -> Tensor {
    require(weight.width == width, "openBLASLinear: \(shape) · \(weight.shape)ᵀ")
    let result = Tensor(uninitialized: [rows, weight.rows])
    Kernels.splitProduct(
      pointer, width, weight.pointer, width, bTransposed: true, into: result.pointer, weight.rows,
      m: rows, n: weight.rows, k: width)
    return withExtendedLifetime((self, weight)) { result }
  }

  /// The sum over the rows of [rows, width] → [width], without a gradient.
  package func columnSums() -> Tensor {
    let sums = Tensor.zeros([width])
    ck_column_sums(pointer, sums.pointer, rows, width)
    return withExtendedLifetime(self) { sums }
  }

  /// Every row plus a vector: [rows, width] + [width].
  public func addingToRows(_ vector: Tensor) -> Tensor {
    require(vector.count == width, "addingToRows: expected [\(width)], got \(vector.shape)")
    let result = Tensor(uninitialized: shape)
    result.pointer.update(from: pointer, count: count)
    ck_add_bias(result.pointer, vector.pointer, rows, width)
    return result.recorded(from: [self, vector]) { gradient, needed in
      [gradient, needed[1] ? gradient.columnSums().reshaped(vector.shape) : nil]
    }
  }

  /// Every row times a vector, element by element: [rows, width] · [width].
  public func multiplyingRows(_ vector: Tensor) -> Tensor {
    require(vector.count == width, "multiplyingRows: expected [\(width)], got \(vector.shape)")
    let (rows, width) = (rows, width)
    let result = Tensor(uninitialized: shape)
    for row in 0..<rows {
      let start = row * width
      ck_multiply(pointer + start, vector.pointer, result.pointer + start, width)
    }
    return result.recorded(from: [self, vector]) { gradient, needed in
      let (x, vector) = (self.detached, vector.detached)
      return [
        needed[0] ? gradient.multiplyingRows(vector) : nil,
        needed[1] ? (gradient * x).columnSums().reshaped(vector.shape) : nil,
      ]
    }
  }

  /// The transpose of a matrix: [rows, width] → [width, rows].
  public func transposed() -> Tensor {
    let (rows, width) = (rows, width)
    let result = Tensor(uninitialized: [width, rows])
    for row in 0..<rows {
      for column in 0..<width {
        result.pointer[column * rows + row] = pointer[row * width + column]
      }
    }
    return result.recorded(from: [self]) { gradient, _ in [gradient.transposed()] }
  }
}
