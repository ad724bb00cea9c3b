import InterchangeCausalModels
import Testing

@Suite("Hierarchical equality")
struct HierarchicalEqualityTests {
  private let task = HierarchicalEquality()

  /// The four objects of an input, read from its numbers and not from its setting.
  private func objects(_ input: VectorInput) -> [[Float]] {
    (0..<4).map { Array(input.values[$0 * 4..<$0 * 4 + 4]) }
  }

  @Test("Inputs are sixteen numbers of the open interval, labelled by brute force, balanced")
  func inputs() throws {
    let inputs = try task.inputs(count: 400, seed: 0)
    #expect(task.inputWidth == 16)
    for input in inputs {
      #expect(input.values.count == 16)
      #expect(input.values.allSatisfy { -1 <= $0 && $0 < 1 })
      let o = objects(input)
      #expect(input.answer == String((o[0] == o[1]) == (o[2] == o[3])))
      #expect(try input.answer == task.causalModel.answer(input.setting))
    }
    let combinations = inputs.map { [objects($0)[0] == objects($0)[1], $0.answer == "true"] }
    for combination in [[true, true], [true, false], [false, true], [false, false]] {
      #expect(combinations.count { $0 == combination } == 100)
    }
    let mean = inputs.flatMap(\.values).reduce(0, +) / 6400
    // The mean of 6,400 uniform values has a standard deviation of about 0.009 (repeats included).
    #expect(abs(mean) < 0.05)
  }

  @Test("Objects never occur in two inputs")
  func fresh() throws {
    let inputs = try task.inputs(count: 200, seed: 1)
    var seen: Set<[Float]> = []
    for input in inputs {
      let own = Set(objects(input))
      #expect(seen.isDisjoint(with: own))
      seen.formUnion(own)
    }
  }

  @Test("Labels of interchanges by brute force on the vectors", arguments: Self.changes)
  func labels(change: HierarchicalEquality.Change) throws {
    let data = try task.counterfactuals(changing: change, count: 640, seed: 2)
    #expect(data.count == 640)
    #expect(Set(data.examples).count == 640)
    for example in data {
      let base = objects(example.base)
      let sources = example.sources.map(objects)
      var left = base[0] == base[1]
      var right = base[2] == base[3]
      switch change {
      case .leftEqual: left = sources[0][0] == sources[0][1]
      case .rightEqual: right = sources[0][2] == sources[0][3]
      case .bothEqual:
        left = sources[0][0] == sources[0][1]
        right = sources[1][2] == sources[1][3]
      case .firstArgument: left = sources[0][0] == base[1]
      }
      #expect(example.label == String(left == right))
      #expect(example.labelIndex == (left == right ? 1 : 0))
      #expect(example.sources.count == example.variables.count)
    }
    // 640 is a multiple of every number of combinations (16, 32, 64), so balance is exact.
    #expect(data.count { $0.label == "true" } == 320)
    #expect(data.count(where: \.changesAnswer) == 320)
    #expect(data.count { $0.base.answer == "true" } == 320)
    for position in data[0].sources.indices {
      #expect(data.count { $0.sources[position].answer == "true" } == 320)
    }
  }

  @Test(
    "Nothing but the swapped variable predicts the label: the base's answer and the source's",
    arguments: Self.changes)
  func independence(change: HierarchicalEquality.Change) throws {
    let data = try task.counterfactuals(changing: change, count: 640, seed: 3)
    #expect(data.count { $0.label == $0.base.answer } == 320)
    #expect(data.count { $0.label == $0.source.answer } == 320)
  }

  @Test("Splits share no object and drop nothing")
  func split() throws {
    let data = try task.counterfactuals(changing: .bothEqual, count: 640, seed: 4)
    let (train, test) = try data.split(disjoint: task.group, fraction: 0.75, seed: 0)
    #expect(train.count == 480)
    #expect(test.count == 160)
    let vectors = { (data: CounterfactualDataset<VectorInput>) in
      Set(data.flatMap { ([$0.base] + $0.sources).flatMap(objects) })
    }
    #expect(vectors(train).isDisjoint(with: vectors(test)))
  }

  @Test("Other widths, and the seed")
  func widthAndSeed() throws {
    let wide = HierarchicalEquality(objectWidth: 7)
    #expect(try wide.inputs(count: 3, seed: 0).allSatisfy { $0.values.count == 28 })
    #expect(try task.inputs(count: 20, seed: 5) == task.inputs(count: 20, seed: 5))
    #expect(try task.inputs(count: 20, seed: 5) != task.inputs(count: 20, seed: 6))
  }

  static let changes = HierarchicalEquality.Change.allCases
}
