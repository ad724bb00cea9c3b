import Foundation
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
      ? SparseAutoencoderTraining(features: 48, penalty: 0.2, steps: 1000, rate: 1e-2, seed: 4)
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
    // A penalty shrinks features, by a tenth here, and lets some be active beside those that were
    // planted, as directions aren't orthogonal.
    #expect(found.explained > (isPenalized ? 0.9 : 0.85), "\(found.explained)")
    let most = isPenalized ? 2.5 * Double(Self.active) : Double(Self.active) + 1e-9
    #expect(found.perRow <= most, "\(found.perRow)")
    // Planted directions are features'. The most alike of 48 random ones in 24 dimensions are
    // about 0.5.
    let decoder = autoencoder.decoder.elements
    let best = Self.directions.map { direction in
      (0..<48).map {
        Self.likeness(direction, decoder[$0 * Self.width..<($0 + 1) * Self.width])
      }.max() ?? 0
    }
    #expect(best.count { $0 > 0.9 } >= (isPenalized ? Self.planted : 21), "\(best.sorted())")
    for feature in 0..<48 {
      let row = decoder[feature * Self.width..<(feature + 1) * Self.width]
      // A rounding of 24 squares.
      #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  /// The rows with others, given by their places, 100 times as far from 5 in every coordinate.
  private static func withSinks(_ rows: Tensor, at places: [Int]) -> Tensor {
    var lines = (0..<rows.rows).map { rows.rowSlice($0..<$0 + 1).elements }
    let far = lines[0].map { 5 + 100 * ($0 - 5) }
    for place in places.sorted() { lines.insert(far, at: place) }
    return Tensor(rows: lines)
  }

  /// Few vectors of a hundred times the length are counted, and change not a bit of what is found.
  @Test func vectorsFarOutAreLeftOut() throws {
    let (train, test) = (Self.rows(512, seed: 9), Self.rows(64, seed: 10))
    let training = SparseAutoencoderTraining(features: 48, active: 3, steps: 60, rate: 3e-3)
    let (plain, fit) = try training.fit(train, heldOut: test)
    #expect(fit.outlyingRows == 0 && fit.outlyingHeldOutRows == 0)
    let (other, found) = try training.fit(
      Self.withSinks(train, at: [7, 300]), heldOut: Self.withSinks(test, at: [20]))
    #expect(found.outlyingRows == 2 && found.outlyingHeldOutRows == 1)
    #expect(found.rows == 512 && found.heldOutRows == 64)
    #expect(found.losses == fit.losses && found.explained == fit.explained)
    #expect(found.trainingExplained == fit.trainingExplained)
    for (a, b) in [
      (plain.encoder, other.encoder), (plain.decoder, other.decoder),
      (plain.encoderBias, other.encoderBias), (plain.decoderBias, other.decoderBias),
    ] { #expect(a.elements == b.elements) }
    // It reads such vectors, and an edit that sets nothing keeps them bit by bit.
    let sink = Self.withSinks(test, at: [0]).rowSlice(0..<1)
    #expect(other.encode(sink).elements.contains { $0 > 0 })
    #expect(FeatureEdit.adding([:], to: other)(sink, sources: []).elements == sink.elements)
  }

  /// Where the rows are one vector but a few, those aren't far out.
  @Test(arguments: [1, 4, 9])
  func aFewMayDifferFromEqualOnes(count: Int) throws {
    var lines = Array(repeating: Array(repeating: Float(0), count: 4), count: 20)
    for place in 0..<count { lines[2 * place] = [1, Float(place), 0, 0] }
    let training = SparseAutoencoderTraining(features: 4, active: 1, steps: 2)
    let (_, fit) = try training.fit(Tensor(rows: lines))
    #expect(fit.rows == 20 && fit.outlyingRows == 0)
  }

  /// All held-out rows may be far out: then nothing is left to judge by.
  @Test func heldOutRowsThatAreAllFarOut() throws {
    let rows = Self.rows(64, seed: 3)
    let training = SparseAutoencoderTraining(features: 8, active: 2, steps: 2)
    let error = #expect(throws: AlignmentError.self) {
      _ = try training.fit(rows, heldOut: Self.withSinks(rows, at: [0, 1]).rowSlice(0..<2))
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text == "held-out rows that aren't far from the others: expected at least 2, found 0")
  }

  /// Records of before rows were left out have no count.
  @Test func recordsWithoutACountAreRead() throws {
    let training = SparseAutoencoderTraining(features: 8, active: 2, steps: 2)
    let (_, fit) = try training.fit(Self.rows(20, seed: 3))
    let written = try JSONEncoder().encode(fit)
    #expect(try JSONDecoder().decode(SparseAutoencoderFit.self, from: written) == fit)
    var fields = try #require(
      try JSONSerialization.jsonObject(with: written) as? [String: Any])
    fields["outlyingRows"] = nil
    fields["outlyingHeldOutRows"] = nil
    let earlier = try JSONDecoder().decode(
      SparseAutoencoderFit.self, from: JSONSerialization.data(withJSONObject: fields))
    #expect(earlier.outlyingRows == nil && earlier.outlyingHeldOutRows == nil)
    #expect(earlier.losses == fit.losses && earlier.rows == 20)
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
