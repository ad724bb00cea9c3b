import CInterchangeKernels
import InterchangeBasics
import InterchangeTensors
import Testing

/// The few-row products with stored weights, against plain loops in double precision.
@Suite struct WeightKernelTests {
  /// float32 sums of some thousand terms; an error of one rounding (6e-8) a term would be far more.
  private static let tolerance = 1e-5

  @Test(arguments: 1...Int(CK_FEW_ROWS))
  func float32OfEveryWidth(rows: Int) {
    var generator = RandomGenerator(seed: UInt64(rows))
    for width in Array(1...70) + [576, 1100, 2500] {
      let outputs = Int.random(in: 1...40, using: &generator)
      for ordered in [false, true] {
        let weight = StoredMatrix(
          .float32, rows: outputs, width: width, ordered: ordered, using: &generator)
        expectProducts(weight, rows: rows, "width \(width), ordered \(ordered)", &generator)
      }
    }
  }

  @Test(arguments: 1...Int(CK_FEW_ROWS))
  func widenedForms(rows: Int) {
    var generator = RandomGenerator(seed: UInt64(100 + rows))
    for form in StoredForm.widened {
      // One block, few blocks, and more than the kernels widen at once.
      for blocks in [1, 3, 1280 / form.block + 1] {
        let outputs = Int.random(in: 1...50, using: &generator)
        let weight = StoredMatrix(
          form, rows: outputs, width: blocks * form.block, ordered: Bool.random(using: &generator),
          using: &generator)
        expectProducts(weight, rows: rows, "\(form.name), \(blocks) blocks", &generator)
      }
    }
  }

  @Test func emptyProducts() {
    var generator = RandomGenerator(seed: 1)
    let weight = StoredMatrix(.float32, rows: 5, width: 20, ordered: false, using: &generator)
    let packed = packedRows([Float](repeating: 1, count: 40), rows: 2, width: 20)
    defer { packed.deallocate() }
    var out = [Float](repeating: 7, count: 10)
    ck_few_product(&weight.weight, 3, 0, packed.baseAddress, 2, &out, 5)
    #expect(out == [Float](repeating: 7, count: 10))
    // A sum over no outputs is zero.
    ck_few_product_transposed(&weight.weight, 0, 1, 3, packed.baseAddress, 2, &out, 5)
    #expect(out == [7, 0, 0, 0, 7, 7, 0, 0, 0, 7])
  }

  // MARK: -

  private func expectProducts(
    _ matrix: StoredMatrix, rows: Int, _ what: String, _ generator: inout RandomGenerator
  ) {
    for transposed in [false, true] {
      let product = Product(matrix, rows: rows, transposed: transposed, using: &generator)
      let label = "\(rows) rows, \(what), transposed \(transposed)"
      let whole = product.result(of: [0..<product.columns])
      let error = product.largestError(of: whole)
      #expect(error < Self.tolerance, "\(label): relative error \(error)")

      // However the columns are split: the same bits, and nothing outside is written.
      let unit = transposed ? matrix.form.block : 1
      let cuts = (0..<3).map { _ in
        Int.random(in: 0...product.columns / unit, using: &generator) * unit
      }.sorted()
      let split = product.result(
        of: [cuts[0]..<cuts[1], 0..<cuts[0], cuts[2]..<product.columns, cuts[1]..<cuts[2]])
      #expect(bits(split) == bits(whole), "\(label): split at \(cuts)")
      let part = product.result(of: [cuts[0]..<cuts[1]])
      let expected = whole.indices.map { index in
        cuts[0]..<cuts[1] ~= index % product.stride ? whole[index] : Product.untouched
      }
      #expect(bits(part) == bits(expected), "\(label): only \(cuts[0])..<\(cuts[1])")
    }
  }

  private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
}

/// A random left operand and its product with a stored matrix.
private struct Product {
  static let untouched: Float = 123.25

  let matrix: StoredMatrix
  let rows: Int
  let transposed: Bool
  let left: [Float]
  let terms: Int
  let columns: Int
  /// Rows of the result are longer than its columns.
  let stride: Int

  init(
    _ matrix: StoredMatrix, rows: Int, transposed: Bool, using generator: inout RandomGenerator
  ) {
    self.matrix = matrix
    self.rows = rows
    self.transposed = transposed
    terms = transposed ? matrix.rows : matrix.width
    columns = transposed ? matrix.width : matrix.rows
    stride = columns + 3
    left = (0..<rows * terms).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  func result(of ranges: [Range<Int>]) -> [Float] {
    let packed = packedRows(left, rows: rows, width: terms)
    defer { packed.deallocate() }
    var out = [Float](repeating: Self.untouched, count: rows * stride)
    for range in ranges {
      if transposed {
        ck_few_product_transposed(
          &matrix.weight, matrix.rows, range.lowerBound, range.count, packed.baseAddress, rows,
          &out, stride)
      } else {
        ck_few_product(
          &matrix.weight, range.lowerBound, range.count, packed.baseAddress, rows, &out, stride)
      }
    }
    return out
  }

  /// The largest |error| / Σ |x · w|; infinite where columns outside were written.
  func largestError(of result: [Float]) -> Double {
    let weights = matrix.floats()
    var largest = 0.0
    for row in 0..<rows {
      for column in 0..<stride {
        let got = Double(result[row * stride + column])
        guard column < columns else {
          if got != Double(Self.untouched) { return .infinity }
          continue
        }
        var sum = 0.0
        var size = Double.leastNormalMagnitude
        for term in 0..<terms {
          let weight =
            transposed
            ? weights[term * matrix.width + column] : weights[column * matrix.width + term]
          let value = Double(left[row * terms + term]) * Double(weight)
          sum += value
          size += value.magnitude
        }
        let error = (got - sum).magnitude / size
        guard error.isFinite else { return .infinity }
        largest = max(largest, error)
      }
    }
    return largest
  }
}

private func packedRows(_ x: [Float], rows: Int, width: Int) -> UnsafeMutableBufferPointer<Float> {
  let count = ck_few_packed_count(rows, width)
  let raw = UnsafeMutableRawPointer.allocate(
    byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
  let packed = UnsafeMutableBufferPointer(
    start: raw.bindMemory(to: Float.self, capacity: count), count: count)
  ck_few_pack(x, rows, width, packed.baseAddress)
  return packed
}
