import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors
import Testing

/// Products with weights in every stored form, against the same product in double precision.
@Suite struct StoredProductTests {
  private static func matrices() throws -> [StoredTensor] {
    try ["all-types.gguf", "blocks.gguf"].flatMap { name in
      let file = try GGUFFile(contentsOf: Fixture.url(name))
      return try file.names.map { try file.tensor(named: $0) }.filter { $0.shape.count == 2 }
    }
  }

  /// x·Wᵀ and y·W with few rows and with many, for whole weights and for chosen rows.
  @Test(arguments: [1, 3, 5, 16, 17, 32, 33, 70])
  func products(rows: Int) throws {
    var generator = RandomGenerator(seed: UInt64(rows))
    var types: Set<String> = []
    for stored in try Self.matrices() {
      types.insert(stored.elementType.rawValue)
      let whole = stored.weight()
      let order = (0..<7).map { _ in Int.random(in: 0..<stored.rows, using: &generator) }
      for (weight, matrix) in [
        (whole, stored.floats()), (whole.selecting(order), stored.floats().gatherRows(order)),
      ] {
        let x = Tensor.normal([rows, weight.width], using: &generator).requiringGradient()
        let y = x.linear(weight)
        let dy = Tensor.normal([rows, weight.rows], using: &generator)
        let dx = (y * dy).sum().gradients(of: [x])[0]
        expectNear(y, product(x.detached, matrix.transposed()), "\(stored.name): x·Wᵀ")
        expectNear(dx, product(dy, matrix), "\(stored.name): y·W")
      }
    }
    #expect(types.count >= 23, "\(types)")
  }

  @Test func biasIsAddedAndHasAGradient() throws {
    let weight = Weight(Tensor(rows: [[1, 2], [3, 4], [5, 6]]))
    let bias = Parameter("bias", Tensor([10, 20, 30]))
    let x = Tensor(rows: [[1, 0], [0, 1]])
    let y = x.linear(weight, bias: bias.tensor)
    #expect(y.elements == [11, 23, 35, 12, 24, 36])
    y.sum().backward()
    #expect(try #require(bias.gradient).elements == [2, 2, 2])
    #expect(weight.floats([2, 0]).elements == [5, 6, 1, 2])
    #expect(weight.selecting([2, 0]).selecting([1, 1]).floats().elements == [1, 2, 1, 2])
  }

  /// The plain product in double precision with, for each element, the sum of magnitudes.
  private func product(_ a: Tensor, _ b: Tensor) -> (values: [Double], scales: [Double]) {
    let (x, w) = (a.elements, b.elements)
    var (values, scales): ([Double], [Double]) = ([], [])
    for i in 0..<a.rows {
      for j in 0..<b.width {
        var (sum, scale) = (0.0, 0.0)
        for k in 0..<a.width {
          let term = Double(x[i * a.width + k]) * Double(w[k * b.width + j])
          sum += term
          scale += abs(term)
        }
        values.append(sum)
        scales.append(scale)
      }
    }
    return (values, scales)
  }

  /// Within float32 rounding of a sum of the terms' size.
  private func expectNear(
    _ found: Tensor, _ expected: (values: [Double], scales: [Double]), _ what: String
  ) {
    #expect(found.count == expected.values.count, "\(what)")
    let worst = zip(found.elements, zip(expected.values, expected.scales)).map {
      abs(Double($0) - $1.0) / max($1.1, 1e-30)
    }.max()
    #expect(worst ?? 0 < 1e-5, "\(what)")
  }
}
