import InterchangeInterventions
import InterchangeTensors
import Testing

/// Featurizers against plain loops; a swap with itself changes nothing, bit by bit.
@Suite struct FeaturizerTests {
  private static let width = 12

  static func featurizers() throws -> [any Featurizer] {
    let rows = random([40, width], seed: 3)
    let rotation = try Rotation.random(rank: 5, width: width, seed: 4)
    return [
      CoordinateFeaturizer(width: width), RotationFeaturizer(rotation),
      try PrincipalComponentFeaturizer(of: rows, rank: 4), try StandardizingFeaturizer(of: rows),
      ChainedFeaturizer(try StandardizingFeaturizer(of: rows), RotationFeaturizer(rotation)),
      ReversibleFeaturizer(width: width, layers: 3, hidden: 7, seed: 1),
      RotationFeaturizer(
        try .singularVectors(of: random([width, 20], seed: 8), side: .outputs, rank: 6)),
    ] + (try SparseAutoencoderTests.all().map(\.autoencoder))
  }

  @Test func selfSwapsChangeNothing() throws {
    for (place, featurizer) in try Self.featurizers().enumerated() {
      let base = random([9, Self.width], seed: 10)
      let gate = FeatureGate(featureCount: featurizer.featureCount, temperature: 0.3)
      let swaps: [any Intervention] = [
        FeaturizedInterchange(featurizer), FeaturizedInterchange(featurizer, features: [0, 2]),
        GatedInterchange(featurizer, gate: gate),
      ]
      for swap in swaps {
        #expect(
          swap(base, sources: [base]).elements == base.elements,
          "\(place): \(featurizer.name), \(swap.name)")
      }
    }
  }

  /// h + D(f + m ⊙ (f_s − f)) − D(f) with the featurizer's own E and D, by loops.
  @Test func swapsKeepWhatFeaturesDoNotSay() throws {
    for featurizer in try Self.featurizers() {
      let (base, source) = (random([6, Self.width], seed: 1), random([6, Self.width], seed: 2))
      let chosen = [1, 3]
      var features = featurizer.encode(base).rowsInDouble
      let old = featurizer.decode(featurizer.encode(base), of: base).rowsInDouble
      let other = featurizer.encode(source).rowsInDouble
      for row in features.indices {
        for feature in chosen { features[row][feature] = other[row][feature] }
      }
      let new = featurizer.decode(
        Tensor(rows: features.map { $0.map(Float.init) }), of: base
      ).rowsInDouble
      let expected = base.rowsInDouble.indices.map { row in
        (0..<Self.width).map { base.rowsInDouble[row][$0] + new[row][$0] - old[row][$0] }
      }
      // Sums of some tens of products of numbers below 8, in float32.
      expectClose(
        FeaturizedInterchange(featurizer, features: chosen)(base, sources: [source]), expected,
        within: 1e-4, featurizer.name)
    }
  }

  /// Over a rotation it is distributed interchange.
  @Test func allOfARotationIsDistributedInterchange() throws {
    let rotation = try Rotation.random(rank: 3, width: Self.width, seed: 5)
    let (base, source) = (random([4, Self.width], seed: 1), random([4, Self.width], seed: 2))
    expectClose(
      FeaturizedInterchange(RotationFeaturizer(rotation))(base, sources: [source]),
      DistributedInterchange(rotation)(base, sources: [source]).rowsInDouble, within: 5e-6)
  }

  @Test func aRowDoesNotDependOnOthers() throws {
    for featurizer in try Self.featurizers() {
      let (base, source) = (random([7, Self.width], seed: 6), random([7, Self.width], seed: 7))
      let swap = FeaturizedInterchange(featurizer, features: [0, 1])
      let all = swap(base, sources: [source]).rowsInDouble
      for row in 0..<7 {
        let alone = swap(
          base.gatherRows([row]), sources: [source.gatherRows([row])])
        expectClose(alone, [all[row]], within: 2e-5, featurizer.name)
      }
    }
  }

  @Test func principalComponentsAreCentred() throws {
    let rows = random([30, 5], seed: 3)
    let featurizer = try PrincipalComponentFeaturizer(of: rows, rank: 5)
    let features = featurizer.encode(rows).rowsInDouble
    for column in 0..<5 {
      #expect(abs(features.reduce(0) { $0 + $1[column] }) / 30 < 1e-5)
    }
    // All components say everything.
    expectClose(featurizer.reconstruction(of: rows), rows.rowsInDouble, within: 1e-5)
  }

  @Test func standardizedCoordinatesHaveMeanZeroAndDeviationOne() throws {
    var values = random([25, 3], seed: 3).rowsInDouble
    for row in values.indices { values[row] = [values[row][0] * 9 + 4, 7, values[row][2]] }
    let rows = Tensor(rows: values.map { $0.map(Float.init) })
    let features = try StandardizingFeaturizer(of: rows).encode(rows).rowsInDouble
    for column in [0, 2] {
      let mean = features.reduce(0) { $0 + $1[column] } / 25
      let square = features.reduce(0) { $0 + $1[column] * $1[column] } / 25
      #expect(abs(mean) < 1e-5 && abs(square - 1) < 1e-5)
    }
    #expect(features.allSatisfy { $0[1] == 0 }, "a constant has no deviation to divide by")
  }

  /// The outputs of a weight lie in the span of its left singular vectors, largest first.
  @Test func singularVectorsOfBothSides() throws {
    let weight = random([8, 3], seed: 2)
    let left = try Rotation.singularVectors(of: weight, side: .outputs, rank: 3)
    #expect(distance(of: weight.transposed(), outside: left.frame) < 1e-5)
    let right = try Rotation.singularVectors(of: weight, side: .inputs, rank: 3)
    let lengths = right.frame.linear(weight).rowsInDouble.map { dot($0, $0) }
    #expect(lengths[0] > lengths[1] && lengths[1] > lengths[2])
    #expect(
      line { _ = try Rotation.singularVectors(of: weight, side: .inputs, rank: 4) }
        == "rank 4 is out of range: expected 1 to 3, the width of the site")
  }

  /// Both directions undo each other.
  @Test(arguments: [2, 5, 16])
  func reversibleNetworksAreReversible(width: Int) {
    let network = ReversibleFeaturizer(width: width, layers: 4, hidden: 9, seed: 2)
    for parameter in network.parameters {
      parameter.value = 0.3 * random(parameter.value.shape, seed: UInt64(parameter.value.count))
    }
    let rows = random([6, width], seed: 4)
    let features = network.encode(rows)
    #expect(zip(features.elements, rows.elements).contains { abs($0 - $1) > 0.1 })
    // Eight maps, each of which makes an earlier one's rounding less than twice as large.
    let size = Double(features.elements.map(abs).max() ?? 0)
    expectClose(network.decode(features, of: rows), rows.rowsInDouble, within: 3e-5 * max(1, size))
  }

  @Test func gradientsReachEveryParameter() throws {
    for featurizer in try Self.featurizers() where !featurizer.parameters.isEmpty {
      let swap = FeaturizedInterchange(featurizer, features: [0, 1])
      let (base, source) = (random([4, Self.width], seed: 1), random([4, Self.width], seed: 2))
      (swap(base, sources: [source]) * random([4, Self.width], seed: 9)).sum().backward()
      for parameter in featurizer.parameters {
        #expect(
          parameter.gradient?.elements.contains { $0 != 0 } == true,
          "\(featurizer.name): \(parameter.name)")
        parameter.clearGradient()
      }
    }
  }

  /// The gradient of a swap through a reversible network, by differences of its own arithmetic.
  @Test func gradientOfAReversibleNetwork() throws {
    let network = ReversibleFeaturizer(width: 6, layers: 2, hidden: 5, seed: 3)
    let swap = FeaturizedInterchange(network, features: [0, 1, 2])
    let (base, source) = (random([3, 6], seed: 1), random([3, 6], seed: 2))
    let weights = random([3, 6], seed: 5)
    func loss() -> Tensor { (swap(base, sources: [source]) * weights).sum() }
    loss().backward()
    for parameter in network.parameters.prefix(4) {
      let gradient = try #require(parameter.gradient).elements[0]
      let value = parameter.value
      func moved(_ step: Float) -> Double {
        var elements = value.elements
        elements[0] += step
        parameter.value = Tensor(elements, shape: value.shape)
        return Double(loss().scalar)
      }
      let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2
      parameter.value = value
      // float32 sums of some units over a step of 0.02, and the step's own square.
      #expect(abs(slope - Double(gradient)) < 2e-3, "\(parameter.name)")
    }
  }
}
