import InterchangeBasics
import InterchangeCausalModels
import Testing

/// Examples whose base and source name the two given members; the label plays no part.
private func dataset(
  _ pairs: [(String, String)], kind: GroupKind = .names
) throws -> CounterfactualDataset<VectorInput> {
  let model = try CausalModel([.input("x")], output: "x")
  let examples = try pairs.enumerated().map { index, pair in
    func input(_ name: String, _ value: Int) -> VectorInput {
      VectorInput(
        values: [Float(value)], setting: ["x": .int(value)], answer: "\(value)",
        groups: [kind: [name]])
    }
    return try CounterfactualExample(
      base: input(pair.0, 2 * index), sources: [input(pair.1, 2 * index + 1)], variables: ["x"],
      answers: ["\(2 * index)", "\(2 * index + 1)"], model: model)
  }
  return CounterfactualDataset(task: "test", changing: "x", examples: examples)
}

@Suite("Splits and shuffles of counterfactual data")
struct SplitTests {
  @Test("Whole clusters go to one part and nothing is dropped", arguments: 0..<5 as Range<UInt64>)
  func clusters(seed: UInt64) throws {
    // Ten clusters of four examples; members a-b-c of a cluster are joined through b.
    let pairs = (0..<10).flatMap { cluster in
      [("a", "b"), ("b", "c"), ("c", "b"), ("a", "a")].map {
        ("\($0)\(cluster)", "\($1)\(cluster)")
      }
    }
    let data = try dataset(pairs)
    let (train, test) = try data.split(disjoint: .names, fraction: 0.7, seed: seed)
    #expect(train.count == 28)
    #expect(test.count == 12)
    #expect(train.members(of: .names).isDisjoint(with: test.members(of: .names)))
    #expect(train.splitRecord?.dropped == 0)
    #expect(Set(train.examples + test.examples) == Set(data.examples))
    #expect(train.splitRecord?.part == .train && test.splitRecord?.part == .test)
    #expect(test.splitRecord?.disjoint == "names")
  }

  @Test("When all hangs together, examples that mix members are dropped and counted")
  func dropped() throws {
    let names = (0..<12).map { "n\($0)" }
    let pairs = names.flatMap { a in names.filter { $0 != a }.map { (a, $0) } }
    let data = try dataset(pairs)  // 132 examples, one cluster
    let (train, test) = try data.split(disjoint: .names, fraction: 0.75, seed: 3)
    #expect(train.members(of: .names).isDisjoint(with: test.members(of: .names)))
    let dropped = try #require(train.splitRecord?.dropped)
    #expect(dropped == test.splitRecord?.dropped)
    #expect(train.count + test.count + dropped == 132)
    // p = √.75 / (√.75 + √.25) = 0.634 of 12 members, 8, train: 8·7 and 4·3 pairs stay whole.
    #expect(train.count == 56)
    #expect(test.count == 12)
  }

  @Test("The seed decides, and decides again alike")
  func determinism() throws {
    let data = try dataset((0..<40).map { ("a\($0)", "b\($0)") })
    let first = try data.split(disjoint: .names, seed: 1)
    #expect(try data.split(disjoint: .names, seed: 1).train.examples == first.train.examples)
    #expect(try data.split(disjoint: .names, seed: 2).train.examples != first.train.examples)
  }

  @Test("Impossible splits throw")
  func impossible() throws {
    let one = try dataset([("a", "b"), ("b", "a")])
    #expect(throws: CausalModelError.self) { try one.split(disjoint: .names) }
    let single = try dataset([("a", "a"), ("a", "a")])
    #expect(throws: CausalModelError.self) { try single.split(disjoint: .names) }
    #expect(throws: CausalModelError.missingGroup(.nouns)) { try one.split(disjoint: .nouns) }
    let none = one.filtered { _ in false }
    #expect(none.isEmpty)
    #expect(throws: CausalModelError.self) { try none.split(disjoint: .names) }
    #expect(throws: CausalModelError.self) { try none.split(fraction: 0.5) }
    for fraction in [0, 1, -0.5, 2, .nan] {
      #expect(throws: CausalModelError.self) { try one.split(disjoint: .names, fraction: fraction) }
    }
    #expect(
      CausalModelError.invalidFraction(2).description
        == "split: expected a fraction between 0 and 1, found 2.0")
  }

  @Test("A plain random split has the asked sizes and loses nothing")
  func plain() throws {
    let data = try dataset((0..<50).map { _ in ("a", "b") })
    let (train, validation) = try data.split(fraction: 0.9, seed: 4)
    #expect(train.count == 45)
    #expect(validation.count == 5)
    #expect(Set(train.examples).isDisjoint(with: validation.examples))
    #expect(train.examples != Array(data.examples.prefix(45)))
    #expect(throws: CausalModelError.self) { try data.split(fraction: 0.001) }
  }

  @Test("Shuffled sources: all are used once, none stays, labels are kept")
  func shuffled() throws {
    let data = try dataset((0..<30).map { ("a\($0)", "b\($0)") })
    let shuffled = data.shufflingSources(seed: 5)
    #expect(shuffled.map(\.label) == data.map(\.label))
    #expect(shuffled.map(\.base) == data.map(\.base))
    #expect(Set(shuffled.map(\.source)) == Set(data.map(\.source)))
    #expect(zip(shuffled, data).allSatisfy { $0.source != $1.source })
    #expect(data.shufflingSources(seed: 5).examples == shuffled.examples)
  }

  @Test("The generator gives SplitMix64's published sequence")
  func generator() {
    var generator = SplitMix64(seed: 1_234_567)
    let values = (0..<3).map { _ in generator.next() }
    #expect(
      values == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }
}
