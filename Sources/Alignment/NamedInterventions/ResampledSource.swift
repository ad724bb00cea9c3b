import InterchangeBasics
import InterchangeModels

/// The bases of other examples, drawn once for the whole data set: what resample ablation puts in.
public struct ResampledSource: InterventionSource {
  /// The seed of the draw.
  public let seed: UInt64

  /// Another base for each example, never its own.
  public init(seed: UInt64) { self.seed = seed }

  public func reader(
    of examples: [AlignmentExample], at sites: [Site], in model: Model, store: ActivationStore
  ) throws -> any SourceReader {
    var generator = RandomGenerator(seed: seed ^ 0x2E5A_3B1E)
    let order = Array(examples.indices).shuffled(using: &generator)
    // Positions correspond among bases of one length.
    var partners = Array(examples.indices)
    for (length, members) in Dictionary(grouping: order, by: { examples[$0].base.length }) {
      guard Set(members.map { examples[$0].base }).count > 1 else {
        throw AlignmentError.invalidSetting(
          name: "intervention resample", expected: "two different bases of \(length) tokens",
          found: "one")
      }
      for (place, member) in members.enumerated() {
        var next = place
        repeat {
          next = (next + 1) % members.count
        } while examples[members[next]].base == examples[member].base
        partners[member] = members[next]
      }
    }
    return InputReader(
      inputs: partners.map { examples[$0].base }, sites: sites, model: model, store: store)
  }
}
