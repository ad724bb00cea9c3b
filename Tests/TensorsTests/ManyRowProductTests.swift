import CInterchangeKernels
import InterchangeBasics
import InterchangeTensors
import Testing

/// The products with many rows, against plain loops in double precision.
@Suite struct ManyRowProductTests {
  /// float32 sums of some thousand terms; an error of one rounding (6e-8) a term would be far more.
  private static let tolerance = 1e-5

  @Test(arguments: [1, 7, 33, 47, 96, 101, 200])
  func float32OfEveryShape(rows: Int) {
    var generator = RandomGenerator(seed: UInt64(rows))
    for (outputs, width) in [
      (1, 1), (15, 17), (16, 191), (33, 193), (47, 5), (48, 384), (49, 30), (97, 577), (70, 900),
      (400, 45),
    ] {
      for ordered in [false, true] {
        let weight = StoredMatrix(
          .float32, rows: outputs, width: width, ordered: ordered, using: &generator)
        for transposed in [false, true] {
          expectProduct(
            Many(weight, rows: rows, transposed: transposed, using: &generator), &generator)
        }
      }
    }
  }

  @Test(arguments: StoredForm.widened)
  func widenedForms(form: StoredForm) {
    var generator = RandomGenerator(seed: 3)
    for blocks in [1, 3, 1100 / form.block + 1] {
      for transposed in [false, true] {
        let outputs = Int.random(in: 1...210, using: &generator)
        let weight = StoredMatrix(
          form, rows: outputs, width: blocks * form.block,
          ordered: Bool.random(using: &generator), using: &generator)
        expectProduct(Many(weight, rows: 35, transposed: transposed, using: &generator), &generator)
      }
    }
  }

  /// A row's products have the same bits in every batch and at every place in it, however many
  /// threads (whose number belongs to the process). 2100 × 600 is packed in several parts.
  @Test func rowsAreIndependent() async {
    await #expect(processExitsWith: .success) {
      for (outputs, width) in [(100, 700), (2100, 600)] {
        var samples = Samples(seed: 5)
        let operands = Operands(
          x: samples.normal([1000, width]), y: samples.normal([1000, outputs]),
          weight: samples.normal([outputs, width]))
        let whole = operands.products(0..<1000)
        for (start, count) in [(0, 33), (11, 64), (900, 100), (0, 1000)] {
          for threads in 1...2 {
            Parallel.threads = threads
            let parts = operands.products(start..<start + count)
            for (index, (part, all)) in zip(parts, whole).enumerated() {
              let size = all.count / 1000
              #expect(
                part == Array(all[start * size..<(start + count) * size]),
                "product \(index): \(count) rows from \(start), \(threads) threads")
            }
          }
        }
      }
    }
  }

  @Test(arguments: [false, true]) func noRows(roundsAlike: Bool) {
    let x = Tensor(repeating: 1, shape: [0, 60]).requiringGradient()
    let weight = Weight(Tensor(repeating: 1, shape: [50, 60]))
    Weight.$roundsAlike.withValue(roundsAlike) {
      let y = x.linear(weight)
      #expect(y.shape == [0, 50])
      #expect(y.sum().gradients(of: [x])[0].shape == [0, 60])
    }
  }

  // MARK: -

  private func expectProduct(_ product: Many, _ generator: inout RandomGenerator) {
    for (leftTransposed, accumulating) in [(false, false), (true, false), (false, true)] {
      let label =
        "\(product.rows) rows, \(product.matrix.form.name) "
        + "[\(product.matrix.rows), \(product.matrix.width)], transposed \(product.transposed), "
        + "left transposed \(leftTransposed), accumulating \(accumulating)"
      let whole = product.result(leftTransposed, accumulating, rowCuts: [], panelCuts: [])
      let error = product.largestError(of: whole, accumulating)
      #expect(error < Self.tolerance, "\(label): relative error \(error)")
      // However rows and panels are split: the same bits.
      let split = product.result(
        leftTransposed, accumulating,
        rowCuts: [Int.random(in: 0...product.rows, using: &generator)],
        panelCuts: [Int.random(in: 0...product.panels, using: &generator)])
      #expect(split.map(\.bitPattern) == whole.map(\.bitPattern), "\(label): split")
    }
  }
}

/// The operands of every product of many rows.
private struct Operands {
  let x: Tensor
  let y: Tensor
  let weight: Tensor

  /// The bits of x·Wᵀ, frozen and not, and of y·W, as a product and as the gradient of x·Wᵀ.
  func products(_ rows: Range<Int>) -> [[UInt32]] {
    let (x, y) = (x.rowSlice(rows), y.rowSlice(rows))
    let leaf = x.requiringGradient()
    let gradient = (leaf.linear(Weight(weight)) * y).sum().gradients(of: [leaf])[0]
    return [x.linear(Weight(weight)), x.linear(weight), y.matrixProduct(weight), gradient]
      .map { $0.elements.map(\.bitPattern) }
  }
}

/// A random left operand and its product with a stored matrix.
private struct Many {
  static let before: Float = 0.25

  let matrix: StoredMatrix
  let rows: Int
  let transposed: Bool
  let left: [Float]
  let terms: Int
  let columns: Int
  /// Rows of the result are longer than its columns.
  let stride: Int

  var panels: Int { (columns + Int(CK_PANEL) - 1) / Int(CK_PANEL) }

  init(
    _ matrix: StoredMatrix, rows: Int, transposed: Bool, using generator: inout RandomGenerator
  ) {
    self.matrix = matrix
    self.rows = rows
    self.transposed = transposed
    terms = transposed ? matrix.width : matrix.rows
    columns = transposed ? matrix.rows : matrix.width
    stride = columns + 3
    left = (0..<rows * terms).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  /// - Parameters:
  ///   - leftTransposed: whether the left operand is stored as [terms, rows]
  ///   - rowCuts: where the rows of the result are split over calls; likewise the panels
  func result(
    _ leftTransposed: Bool, _ accumulating: Bool, rowCuts: [Int], panelCuts: [Int]
  ) -> [Float] {
    let packed = aligned(ck_packed_count(terms, columns))
    let scratch = aligned(Int(CK_PRODUCT_SCRATCH))
    defer {
      packed.deallocate()
      scratch.deallocate()
    }
    pack(into: packed, panelCuts)
    // Rows are longer than the operand, too.
    let leftStride = (leftTransposed ? rows : terms) + 5
    var stored = [Float](repeating: .nan, count: (leftTransposed ? terms : rows) * leftStride)
    for row in 0..<rows {
      for term in 0..<terms {
        stored[leftTransposed ? term * leftStride + row : row * leftStride + term] =
          left[row * terms + term]
      }
    }
    var out = [Float](repeating: Self.before, count: rows * stride)
    stored.withUnsafeBufferPointer { stored in
      let a = ck_left(
        data: stored.baseAddress, stride: leftStride, transposed: leftTransposed ? 1 : 0)
      for rowPart in parts(rows, rowCuts) {
        for part in parts(panels, panelCuts) {
          ck_product(
            a, packed, terms, columns, rowPart.lowerBound, rowPart.count, part.lowerBound,
            part.count, accumulating ? 1 : 0, &out, stride, scratch)
        }
      }
    }
    return out
  }

  private func pack(into packed: UnsafeMutablePointer<Float>, _ cuts: [Int]) {
    if transposed {
      for part in parts(panels, cuts) {
        ck_pack_transposed(&matrix.weight, 0, columns, part.lowerBound, part.count, packed)
      }
    } else {
      for part in parts(terms, cuts.map { min($0, terms) }) {
        ck_pack(&matrix.weight, 0, terms, part.lowerBound, part.count, packed)
      }
    }
  }

  private func parts(_ count: Int, _ cuts: [Int]) -> [Range<Int>] {
    zip([0] + cuts, cuts + [count]).map { $0..<$1 }
  }

  private func aligned(_ count: Int) -> UnsafeMutablePointer<Float> {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: 4 * max(count, 1), alignment: 64)
    return raw.bindMemory(to: Float.self, capacity: count)
  }

  /// The largest |error| / Σ |a · b|; infinite where columns outside were written.
  func largestError(of result: [Float], _ accumulating: Bool) -> Double {
    let weights = matrix.floats()
    var largest = 0.0
    for row in 0..<rows {
      for column in 0..<stride {
        let got = Double(result[row * stride + column])
        guard column < columns else {
          if got != Double(Self.before) { return .infinity }
          continue
        }
        var sum = accumulating ? Double(Self.before) : 0
        var size = sum + Double.leastNormalMagnitude
        for term in 0..<terms {
          let weight =
            transposed
            ? weights[column * matrix.width + term] : weights[term * matrix.width + column]
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
