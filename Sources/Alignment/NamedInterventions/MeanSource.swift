import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// The mean over the bases of the data set: what mean ablation puts in.
public struct MeanSource: InterventionSource {
  /// Tells whether each position has a mean of its own; otherwise there is one over all positions.
  public let isByPosition: Bool

  /// - Parameter isByPosition: of bases of one length, where positions mean the same in all
  public init(isByPosition: Bool) { self.isByPosition = isByPosition }

  public func reader(
    of examples: [AlignmentExample], at sites: [Site], in model: Model, store: ActivationStore
  ) throws -> any SourceReader {
    guard let site = sites.first, !examples.isEmpty else {
      throw AlignmentError.noExamples(reason: "there is nothing to take a mean of")
    }
    let lengths = examples.map { model.positionCount(of: $0.base, at: site) }
    let length = lengths.max() ?? 0
    if isByPosition, let other = lengths.first(where: { $0 != length }) {
      throw AlignmentError.invalidSetting(
        name: "intervention mean-position",
        expected: "bases of one length, so that positions mean the same in all",
        found: "bases of \(other) and of \(length) tokens; take mean")
    }
    var sums = try sites.map {
      try Sums(rows: isByPosition ? length : 1, width: model.width(of: $0))
    }
    for group in Array(examples.indices).chunked(32) {
      let positions = group.map { Array(0..<lengths[$0]) }
      let found = try model.activations(
        at: sites, group.map { examples[$0].base }, positions: positions, store: store)
      let places = positions.flatMap { $0 }.map { isByPosition ? $0 : 0 }
      for index in sites.indices { sums[index].add(found[index], places) }
    }
    return Reader(means: sums.map(\.means), isByPosition: isByPosition)
  }

  private struct Reader: SourceReader {
    /// By site: [positions, width], or a single row.
    let means: [Tensor]
    let isByPosition: Bool

    func rows(of examples: [Int], positions: [[Int]]) throws -> [Tensor] {
      let places = positions.flatMap { $0 }.map { isByPosition ? $0 : 0 }
      return means.map { $0.gatherRows(places) }
    }
  }

  /// Sums of rows by place, in double precision.
  private struct Sums {
    private var sums: [[Double]]
    private var counts: [Double]

    init(rows: Int, width: Int) {
      sums = Array(repeating: Array(repeating: 0, count: width), count: rows)
      counts = Array(repeating: 0, count: rows)
    }

    mutating func add(_ rows: Tensor, _ places: [Int]) {
      rows.withElements { values in
        for (row, place) in places.enumerated() {
          counts[place] += 1
          let start = row * rows.width
          for column in 0..<rows.width { sums[place][column] += Double(values[start + column]) }
        }
      }
    }

    /// [rows, width]
    var means: Tensor {
      Tensor(
        zip(sums, counts).flatMap { sum, count in sum.map { Float($0 / max(1, count)) } },
        shape: [sums.count, sums[0].count])
    }
  }
}
