import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// Normal noise, drawn anew for every cell: it follows from the seed, the example, the layer and
/// the position, whatever else is in the batch.
public struct NoiseSource: InterventionSource {
  /// The standard deviation of each coordinate.
  public let deviation: Double
  /// The seed of the draws.
  public let seed: UInt64

  /// - Parameter deviation: in the units of the site
  public init(deviation: Double, seed: UInt64) { (self.deviation, self.seed) = (deviation, seed) }

  public func reader(
    of examples: [AlignmentExample], at sites: [Site], in model: Model, store: ActivationStore
  ) throws -> any SourceReader {
    Reader(
      sites: try sites.map { ($0.layer, try model.width(of: $0)) }, deviation: deviation,
      seed: seed)
  }

  private struct Reader: SourceReader {
    let sites: [(layer: Int, width: Int)]
    let deviation: Double
    let seed: UInt64

    func rows(of examples: [Int], positions: [[Int]]) throws -> [Tensor] {
      sites.map { layer, width in
        var values: [Float] = []
        for (example, positions) in zip(examples, positions) {
          for position in positions {
            values += NoiseSource.draw(
              width, deviation: deviation, seed: seed, [example, layer, position])
          }
        }
        return Tensor(values, shape: [positions.reduce(0) { $0 + $1.count }, width])
      }
    }
  }

  /// A vector of noise that follows from a seed and a few numbers.
  public static func draw(_ width: Int, deviation: Double, seed: UInt64, _ place: [Int]) -> [Float]
  {
    let mixed = place.reduce(seed) { seed, part in
      var seeds = SplitMix64(seed: seed ^ UInt64(truncatingIfNeeded: part))
      return seeds.next()
    }
    var generator = RandomGenerator(seed: mixed)
    return (0..<width).map { _ in Float(deviation * generator.normal()) }
  }
}
