import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A perceptron whose hidden layer carries two signs in known directions.
///
/// The input is (a, b, n₁, n₂), each ±1; the hidden vector of width 8 is Σ xᵢ·dᵢ + c with
/// orthonormal dᵢ, the constant c so large that the rectifier never cuts. The four outputs tell the
/// signs of a and b apart; n₁ and n₂ are noise that no output reads.
struct TwoSigns {
  static let width = 8
  /// The orthonormal directions of a, b, n₁ and n₂: [4, 8].
  let directions: Rotation
  let network: Perceptron
  var model: Model { Model(network) }
  let site = Site.blockOutput(0, .last)

  /// - Parameter scales: how large each input's part of the hidden vector is
  init(scales: [Float] = [1, 1, 1, 1], seed: UInt64 = 5) throws {
    directions = try Rotation.random(rank: 4, width: Self.width, seed: seed)
    let frame = directions.frame
    let weight = (0..<Self.width).map { row in (0..<4).map { scales[$0] * frame[$0, row] } }
    let offset: Float = 20
    // Outputs 2·[a > 0] + [b > 0]; the constant's part of each direction is taken off again.
    let signs: [(Float, Float)] = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    let readout = signs.map { a, b in
      (0..<Self.width).map { 3 * (a * frame[0, $0] / scales[0] + b * frame[1, $0] / scales[1]) }
    }
    let bias = readout.map { row in -offset * row.reduce(0, +) }
    network = Perceptron(
      hidden: [
        Perceptron.Linear(
          weight: Tensor(rows: weight), bias: Tensor(repeating: offset, shape: [Self.width]))
      ],
      readout: Perceptron.Linear(weight: Tensor(rows: readout), bias: Tensor(bias)))
  }

  static func label(_ a: Float, _ b: Float) -> Int { (a > 0 ? 2 : 0) + (b > 0 ? 1 : 0) }

  private static func input(_ generator: inout RandomGenerator) -> [Float] {
    (0..<4).map { _ in Bool.random(using: &generator) ? 1 : -1 }
  }

  /// Examples that set a to the source's, which always differs from the base's.
  static func changingA(_ count: Int, seed: UInt64) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: seed)
    return (0..<count).map { _ in
      let base = input(&generator)
      var source = input(&generator)
      source[0] = -base[0]
      return AlignmentExample(
        base: .vectors([base]), sources: [.vectors([source])], label: label(source[0], base[1]),
        baseLabel: label(base[0], base[1]))
    }
  }

  /// Examples that set a to the first source's and b to the second's.
  static func changingBoth(_ count: Int, seed: UInt64) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: seed)
    return (0..<count).map { _ in
      let (base, first, second) = (
        input(&generator), input(&generator), input(&generator)
      )
      return AlignmentExample(
        base: .vectors([base]), sources: [.vectors([first]), .vectors([second])],
        label: label(first[0], second[1]), baseLabel: label(base[0], base[1]))
    }
  }

  /// Settings that reach the optimum of this network.
  static var settings: AlignmentSettings {
    var settings = AlignmentSettings()
    (settings.epochs, settings.learningRate, settings.patience) = (40, 0.05, 40)
    return settings
  }

  func search(_ settings: AlignmentSettings = settings) -> DistributedAlignmentSearch {
    DistributedAlignmentSearch(site: site, dimensions: 1, settings: settings)
  }

  /// The known direction of one input as a rotation of rank 1.
  func direction(_ index: Int) throws -> Rotation {
    try Rotation(orthonormal: directions.frame.rowSlice(index..<index + 1))
  }
}

/// A vector input's numbers.
func vector(_ input: ModelInput) -> [Float] {
  guard case .vectors(let vectors) = input else { return [] }
  return vectors[0]
}
