import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A network whose stream carries a variable in a subspace of a known number of dimensions.
///
/// The input is k bits of the variable, one bit of another variable and some noise, each ±1; the
/// hidden vector is Σ xᵢ·dᵢ + c with random orthonormal dᵢ and a constant c so large that the
/// rectifier never cuts. The 2ᵏ⁺¹ outputs tell all k + 1 bits apart and don't read the noise. An
/// interchange of the variable sets its k bits and leaves the other variable's alone: k dimensions
/// are needed, and with one fewer about a half or three quarters of the labels are right.
package struct PlantedSubspace: Sendable {
  /// The variable's number of dimensions.
  package let dimensions: Int
  /// The width of the stream.
  package let width: Int
  /// The inputs that nothing reads.
  package let noise: Int
  package let network: Perceptron
  /// The variable's directions [k, width].
  package let directions: Rotation

  package var model: Model { Model(network) }
  package let site = Site.blockOutput(0, .last)

  /// - Parameter noise: the number of noise inputs
  package init(dimensions: Int, width: Int = 64, noise: Int = 16, seed: UInt64 = 7) throws {
    (self.dimensions, self.width, self.noise) = (dimensions, width, noise)
    let inputs = dimensions + 1 + noise
    let frame = try Rotation.random(rank: inputs, width: width, seed: seed).frame
    directions = try Rotation(orthonormal: frame.rowSlice(0..<dimensions))
    let offset: Float = 40
    // The scale makes one wrong bit cost six nats.
    let scale: Float = 3
    var (readout, bias): ([[Float]], [Float]) = ([], [])
    for code in 0..<(1 << (dimensions + 1)) {
      let signs = Self.signs(of: code, dimensions + 1)
      let row = (0..<width).map { column in
        scale * signs.indices.reduce(Float(0)) { $0 + signs[$1] * frame[$1, column] }
      }
      readout.append(row)
      bias.append(-offset * row.reduce(0, +))
    }
    network = Perceptron(
      hidden: [
        .init(
          weight: frame.transposed(), bias: Tensor(repeating: offset, shape: [width]))
      ],
      readout: .init(weight: Tensor(rows: readout), bias: Tensor(bias)))
  }

  private static func signs(of code: Int, _ count: Int) -> [Float] {
    (0..<count).map { code >> $0 & 1 == 1 ? 1 : -1 }
  }

  private static func code(of signs: some Collection<Float>) -> Int {
    signs.enumerated().reduce(0) { $0 + ($1.element > 0 ? 1 << $1.offset : 0) }
  }

  /// Pairs whose sources' bits are drawn by themselves.
  package func examples(_ count: Int, seed: UInt64) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: seed)
    func input() -> [Float] {
      (0..<dimensions + 1 + noise).map { _ in Bool.random(using: &generator) ? 1 : -1 }
    }
    return (0..<count).map { _ in
      let (base, source) = (input(), input())
      return AlignmentExample(
        base: .vectors([base]), sources: [.vectors([source])],
        label: Self.code(of: source.prefix(dimensions) + [base[dimensions]]),
        baseLabel: Self.code(of: base.prefix(dimensions + 1)))
    }
  }
}
