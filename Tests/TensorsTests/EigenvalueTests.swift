import InterchangeBasics
import InterchangeTensors
import Testing

/// Eigenvalues of matrices of any kind, and the way back of a linear map.
@Suite struct EigenvalueTests {
  /// Of x³ − 2x² − 5x + 6 = (x − 1)(x + 2)(x − 3) by its companion matrix, and of a rotation.
  @Test func knownEigenvalues() throws {
    let companion = Tensor(rows: [[2, 5, -6], [1, 0, 0], [0, 1, 0]])
    let found = try companion.eigenvalues().sorted { $0.real < $1.real }
    for (value, expected) in zip(found, [-2.0, 1, 3]) {
      #expect(abs(value.real - expected) < 1e-12 && value.imaginary == 0)
    }
    let turn = try Tensor(rows: [[0, -1], [1, 0]]).eigenvalues().map(\.imaginary).sorted()
    #expect(abs(turn[0] + 1) < 1e-12 && abs(turn[1] - 1) < 1e-12)
    #expect(throws: LinearAlgebraError.self) {
      try Tensor(rows: [[.nan, 0], [0, 1]]).eigenvalues()
    }
  }

  /// y·W against a loop, of few and of many rows.
  @Test(arguments: [1, 5, 70]) func transposedLinear(rows: Int) {
    var generator = RandomGenerator(seed: 4)
    let weight = Tensor.normal([9, 33], using: &generator)
    let y = Tensor.normal([rows, 9], using: &generator)
    let found = y.transposedLinear(Weight(weight))
    #expect(found.shape == [rows, 33])
    for row in 0..<rows {
      for column in 0..<33 {
        let expected = (0..<9).reduce(0.0) { $0 + Double(y[row, $1]) * Double(weight[$1, column]) }
        // Nine products of numbers of about 1.
        #expect(abs(Double(found[row, column]) - expected) < 1e-5)
      }
    }
  }
}
