import CInterchangeKernels
import CInterchangeOpenBLAS

/// Calls into CKernels and OpenBLAS on raw rows, split over the thread pool.
enum Kernels {
  typealias Rows = UnsafeMutablePointer<Float>

  static func accumulate(
    _ source: UnsafePointer<Float>, scale: Float = 1, into target: Rows, count: Int
  ) {
    Parallel.ranges(count, work: count) { range in
      ck_accumulate(
        source + range.lowerBound, scale, target + range.lowerBound, range.count)
    }
  }

  /// c = a·b, or c += a·b with `accumulating`; `a` is [m, k] (or its transpose), `b` is [k, n] (or
  /// its transpose), all with row strides, so that a slice of columns is a matrix too.
  static func product(
    _ a: UnsafePointer<Float>, _ aStride: Int, aTransposed: Bool = false,
    _ b: UnsafePointer<Float>, _ bStride: Int, bTransposed: Bool = false,
    into c: Rows, _ cStride: Int, m: Int, n: Int, k: Int, scale: Float = 1,
    accumulating: Bool = false
  ) {
    guard m > 0 && n > 0 else { return }
    // A call of OpenBLAS costs more than a product of rows as few and short as attention has them.
    if m <= 4 && !aTransposed && scale == 1 && n * k <= 1 << 16 {
      for row in 0..<m {
        let (left, out) = (a + row * aStride, c + row * cStride)
        if bTransposed {
          ck_row_dots(left, b, bStride, n, k, out, accumulating ? 1 : 0)
        } else {
          ck_weighted_rows(left, b, bStride, k, n, out, accumulating ? 1 : 0)
        }
      }
      return
    }
    Parallel.start
    cblas_sgemm(
      CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans,
      bTransposed ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), scale, a, blasint(aStride), b, blasint(bStride),
      accumulating ? 1 : 0, c, blasint(cStride))
  }

  /// ``product(_:_:aTransposed:_:_:bTransposed:into:_:m:n:k:scale:accumulating:)`` of whole
  /// matrices, on all threads.
  static func parallelProduct(
    _ a: UnsafePointer<Float>, _ aStride: Int, aTransposed: Bool = false,
    _ b: UnsafePointer<Float>, _ bStride: Int, bTransposed: Bool = false,
    into c: Rows, _ cStride: Int, m: Int, n: Int, k: Int, accumulating: Bool = false
  ) {
    // Packing has to pay.
    if m > CK_FEW_ROWS && n >= CK_PANEL && k >= CK_PANEL {
      var matrix = ck_weight(
        data: b, row_bytes: 4 * bStride, width: bTransposed ? k : n, order: nil, widen: nil,
        block: 1, block_bytes: 4)
      packedProduct(
        ck_left(data: a, stride: aStride, transposed: aTransposed ? 1 : 0), rows: m, &matrix,
        0..<(bTransposed ? n : k), transposed: bTransposed, into: c, cStride,
        accumulating: accumulating)
    } else {
      splitProduct(
        a, aStride, aTransposed: aTransposed, b, bStride, bTransposed: bTransposed, into: c,
        cStride, m: m, n: n, k: k, accumulating: accumulating)
    }
  }

  /// A product by OpenBLAS, split over the pool along the longer side of the result.
  static func splitProduct(
    _ a: UnsafePointer<Float>, _ aStride: Int, aTransposed: Bool = false,
    _ b: UnsafePointer<Float>, _ bStride: Int, bTransposed: Bool = false,
    into c: Rows, _ cStride: Int, m: Int, n: Int, k: Int, accumulating: Bool = false
  ) {
    let work = m * n * k / 16
    if n >= m {
      Parallel.ranges(n, work: work) { range in
        let start = range.lowerBound
        product(
          a, aStride, aTransposed: aTransposed, b + (bTransposed ? start * bStride : start),
          bStride,
          bTransposed: bTransposed, into: c + start, cStride, m: m, n: range.count, k: k,
          accumulating: accumulating)
      }
    } else {
      Parallel.ranges(m, work: work) { range in
        let start = range.lowerBound
        product(
          a + (aTransposed ? start : start * aStride), aStride, aTransposed: aTransposed, b,
          bStride,
          bTransposed: bTransposed, into: c + start * cStride, cStride, m: range.count, n: n, k: k,
          accumulating: accumulating)
      }
    }
  }
}
