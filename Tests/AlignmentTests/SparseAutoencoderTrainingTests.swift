import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors
import Testing

/// Autoencoders trained on sums of few planted directions.
@Suite struct SparseAutoencoderTrainingTests {
  private static let (width, planted, active) = (24, 32, 3)
  /// Directions that are hardly alike: [planted, width].
  private static let directions: [[Float]] = {
    var generator = RandomGenerator(seed: 11)
    return (0..<planted).map { _ in
      let row = (0..<width).map { _ in Float(generator.normal()) }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / length }
    }
  }()

  /// Vectors about 5 in every coordinate, each with three directions of lengths 1 to 2.
  private static func rows(_ count: Int, seed: UInt64) -> Tensor {
    var generator = RandomGenerator(seed: seed)
    return Tensor(
      rows: (0..<count).map { _ in
        var row = Array(repeating: Float(5), count: width)
        for index in Array(0..<planted).shuffled(using: &generator).prefix(active) {
          let size = Float(1 + generator.uniform())
          for place in 0..<width { row[place] += size * directions[index][place] }
        }
        return row
      })
  }

  private static func likeness(_ a: [Float], _ b: some Collection<Float>) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// 1 − Σ‖h − D(E(h))‖² ∕ Σ‖h − h̄‖², the features a row and those that are active nowhere, by
  /// loops.
  private static func reading(
    _ autoencoder: SparseAutoencoder, _ rows: Tensor
  ) -> (explained: Double, perRow: Double, active: Set<Int>) {
    let features = autoencoder.encode(rows)
    let rebuilt = autoencoder.decode(features, of: rows)
    var (error, total, count, active) = (0.0, 0.0, 0, Set<Int>())
    for column in 0..<rows.width {
      let values = (0..<rows.rows).map { Double(rows[$0, column]) }
      let mean = values.reduce(0, +) / Double(values.count)
      for (row, value) in values.enumerated() {
        error += (value - Double(rebuilt[row, column])) * (value - Double(rebuilt[row, column]))
        total += (value - mean) * (value - mean)
      }
    }
    for row in 0..<rows.rows {
      for feature in 0..<features.width where features[row, feature] > 0 {
        count += 1
        active.insert(feature)
      }
    }
    return (1 - error / total, Double(count) / Double(rows.rows), active)
  }

  @Test(arguments: [false, true])
  func plantedDirectionsAreFound(isPenalized: Bool) throws {
    let (train, test) = (Self.rows(4096, seed: 1), Self.rows(512, seed: 2))
    var training =
      isPenalized
      ? SparseAutoencoderTraining(features: 48, penalty: 0.05, steps: 1000, rate: 3e-3, seed: 4)
      : SparseAutoencoderTraining(
        features: 48, active: Self.active, steps: 1000, rate: 3e-3, seed: 4)
    training.batchSize = 256
    let (autoencoder, fit) = try training.fit(train, heldOut: test)
    let found = Self.reading(autoencoder, test)
    let own = Self.reading(autoencoder, train)
    // Sums in another order, of a few thousand numbers.
    #expect(abs(found.explained - (fit.explained ?? .nan)) < 1e-5)
    #expect(abs(own.explained - fit.trainingExplained) < 1e-5)
    #expect(abs(found.perRow - fit.activePerRow) < 1e-9)
    #expect(fit.dead == 48 - found.active.union(own.active).count)
    #expect(fit.losses.count == 1000 && fit.rows == 4096 && fit.heldOutRows == 512)
    #expect(found.explained > (isPenalized ? 0.8 : 0.85), "\(found.explained)")
    if !isPenalized { #expect(found.perRow <= Double(Self.active) + 1e-9) }
    // Planted directions are features'. The most alike of 48 random ones in 24 dimensions are
    // about 0.5; a penalty shrinks features, which mixes directions.
    let decoder = autoencoder.decoder.elements
    let best = Self.directions.map { direction in
      (0..<48).map {
        Self.likeness(direction, decoder[$0 * Self.width..<($0 + 1) * Self.width])
      }.max() ?? 0
    }
    let wanted: Float = isPenalized ? 0.7 : 0.9
    #expect(best.count { $0 > wanted } > 20, "\(best.sorted())")
    for feature in 0..<48 {
      let row = decoder[feature * Self.width..<(feature + 1) * Self.width]
      // A rounding of 24 squares.
      #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  /// The same seed gives the same bytes, another one others.
  @Test func theSeedDecides() throws {
    let rows = Self.rows(300, seed: 3)
    func weights(_ seed: UInt64) throws -> [Float] {
      try SparseAutoencoderTraining(features: 16, active: 2, steps: 30, seed: seed).fit(rows)
        .0.encoder.elements
    }
    #expect(try weights(1) == weights(1))
    #expect(try weights(1) != weights(2))
  }

  /// Features that nothing activates are started anew, and then are active.
  @Test func deadFeaturesAreRevived() throws {
    let rows = Self.rows(2048, seed: 5)
    let training = SparseAutoencoderTraining(
      features: 256, penalty: 1, steps: 400, rate: 1e-2, seed: 1)
    let (_, fit) = try training.fit(rows)
    #expect(fit.revived > 0)
  }

  /// What the measure of vectors is changes nothing but the measure of features.
  @Test func theMeasureOfVectorsDoesNotMatter() throws {
    let rows = Self.rows(300, seed: 6)
    let training = SparseAutoencoderTraining(features: 16, active: 2, steps: 30)
    let (small, first) = try training.fit(rows)
    let (large, second) = try training.fit(64 * rows)
    // A power of two only moves exponents.
    #expect(abs(first.trainingExplained - second.trainingExplained) < 1e-4)
    let (one, other) = (small.encode(rows), large.encode(64 * rows))
    for place in 0..<one.count {
      #expect(abs(64 * one.elements[place] - other.elements[place]) < 1e-2)
    }
  }

  /// The loss of a step on all rows is the share of their variance that isn't explained.
  @Test func theLossIsWhatIsNotExplained() throws {
    var training = SparseAutoencoderTraining(features: 16, active: 2, steps: 1, rate: 1e-9)
    training.batchSize = 200
    let fit = try training.fit(Self.rows(200, seed: 8)).1
    // At such a rate a step changes nothing; sums of 4800 numbers.
    #expect(abs(1 - fit.losses[0] - fit.trainingExplained) < 1e-4)
  }

  @Test func whatCannotWorkIsNamed() throws {
    let rows = Self.rows(10, seed: 7)
    func fault(_ training: SparseAutoencoderTraining, _ rows: Tensor, _ other: Tensor? = nil)
      -> String?
    {
      do {
        _ = try training.fit(rows, heldOut: other)
        return nil
      } catch { return "\(error)" }
    }
    let good = SparseAutoencoderTraining(features: 8, active: 2, steps: 2)
    #expect(fault(good, rows) == nil)
    #expect(
      fault(SparseAutoencoderTraining(features: 8, active: 9), rows)
        == "active features: expected 1 to 8, found 9")
    #expect(
      fault(SparseAutoencoderTraining(features: 8, penalty: -1), rows)
        == "penalty: expected 0 or more, found -1.0")
    #expect(
      fault(SparseAutoencoderTraining(features: 8, active: 2, steps: 0), rows)
        == "steps: expected at least 1, found 0")
    #expect(
      fault(good, Tensor(repeating: 3, shape: [5, 4]))
        == "rows: expected vectors that differ, found the same vector everywhere")
    #expect(
      fault(good, rows, Self.rows(4, seed: 1).columns(0..<5))
        == "held-out rows: expected [rows, 24], found [4, 5]")
    var elements = rows.elements
    elements[3 * Self.width + 5] = .nan
    #expect(
      fault(good, Tensor(elements, shape: rows.shape))
        == "rows: expected numbers, found none in row 3, coordinate 5")
    #expect(fault(good, rows.rowSlice(0..<1)) == "rows: expected at least 2, found 1")
  }
}
