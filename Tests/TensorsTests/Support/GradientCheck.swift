import InterchangeBasics
import InterchangeTensors
import Testing

/// Compares an operation with a plain-loop reference in Double, and its gradients with central
/// differences of that reference.
///
/// The differences are taken in Double with a step of 1e-5: truncation (step² = 1e-10) and
/// cancellation (1e-16 / 1e-5) are both far below float32's rounding, so the tolerances only speak
/// of the operation. Every element of a small operand is checked; of a large one some elements are,
/// and all together by the derivative along a random direction. Every subset of the operands takes
/// its turn in needing gradients; operands that need none must get zeros from `gradients(of:)`.
func checkOperation(
  _ operands: [Tensor], absolute: Double = 2e-6, relative: Double = 1e-5,
  gradientAbsolute: Double? = nil, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation, operation: ([Tensor]) -> Tensor,
  reference: ([Matrix]) -> [Double]
) {
  let label = "\(label) \(operands.map(\.shape))"
  let values = operands.map(Matrix.init)
  let plain = operation(operands)
  #expect(!plain.requiresGradient, "\(label)", sourceLocation: sourceLocation)
  expectClose(
    plain, reference(values), absolute: absolute, relative: relative, label,
    sourceLocation: sourceLocation)

  var samples = Samples(seed: 77)
  let cotangent = Tensor.uniform(plain.shape, in: -1..<1, using: &samples.generator)
  let weights = cotangent.elements.map(Double.init)
  func loss(_ operands: [Matrix]) -> Double {
    zip(reference(operands), weights).reduce(0) { $0 + $1.0 * $1.1 }
  }
  let slopes = operands.indices.map { Slopes(of: loss, at: values, operand: $0, &samples) }

  for subset in 1..<(1 << operands.count) {
    let needed = operands.indices.map { subset & (1 << $0) != 0 }
    let leaves = zip(operands, needed).map { $1 ? $0.requiringGradient() : $0 }
    let result = operation(leaves)
    #expect(result.requiresGradient, "\(label)", sourceLocation: sourceLocation)
    // Not bit by bit: tests that run at the same time may hold the threads, and a product that is
    // cut elsewhere rounds otherwise.
    expectClose(
      result, plain.elements.map(Double.init), absolute: absolute, relative: relative,
      "\(label): recording changed the values", sourceLocation: sourceLocation)
    let gradients = (result * cotangent).sum().gradients(of: leaves)
    for (index, gradient) in gradients.enumerated() {
      let name = "\(label): gradient of operand \(index), needed \(needed)"
      #expect(gradient.shape == operands[index].shape, "\(name)", sourceLocation: sourceLocation)
      #expect(!gradient.requiresGradient, "\(name)", sourceLocation: sourceLocation)
      if needed[index] {
        slopes[index].compare(
          gradient, absolute: gradientAbsolute ?? absolute, relative: relative, name,
          sourceLocation)
      } else {
        #expect(
          gradient.elements.allSatisfy { $0 == 0 }, "\(name)", sourceLocation: sourceLocation)
      }
    }
  }
}

/// Central differences of a scalar function of one operand.
private struct Slopes {
  private var places: [Int]
  private var partials: [Double]
  private var direction: [Double]
  private var alongDirection: Double

  init(
    of loss: ([Matrix]) -> Double, at values: [Matrix], operand: Int, _ samples: inout Samples
  ) {
    let step = 1e-5
    func slope(_ move: (inout Matrix, Double) -> Void) -> Double {
      let ends = [step, -step].map { signed in
        var moved = values
        move(&moved[operand], signed)
        return loss(moved)
      }
      return (ends[0] - ends[1]) / (2 * step)
    }
    let count = values[operand].elements.count
    places = count <= 48 ? Array(0..<count) : samples.indices(6, below: count)
    partials = places.map { place in slope { $0.elements[place] += $1 } }
    let signs = (0..<count).map { _ in samples.generator.next() & 1 == 0 ? 1.0 : -1.0 }
    direction = signs
    alongDirection = slope { matrix, step in
      for place in signs.indices { matrix.elements[place] += step * signs[place] }
    }
  }

  func compare(
    _ gradient: Tensor, absolute: Double, relative: Double, _ label: String,
    _ sourceLocation: SourceLocation
  ) {
    let found = gradient.elements.map(Double.init)
    guard found.count == direction.count else { return }
    expectClose(
      places.map { found[$0] }, partials, absolute: absolute, relative: relative, label,
      sourceLocation: sourceLocation)
    let terms = zip(found, direction).map { $0 * $1 }
    // Errors of single elements are independent, so the sum's grows with the terms' root sum of
    // squares; the factor 4 leaves room for four deviations.
    let size = terms.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let spread = absolute * Double(found.count).squareRoot() + relative * size
    expectClose(
      terms.reduce(0, +), alongDirection, absolute: 4 * spread, relative: relative,
      "\(label), along a direction", sourceLocation: sourceLocation)
  }
}
