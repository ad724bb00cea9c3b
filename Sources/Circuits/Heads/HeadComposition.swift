import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// The part of what a head writes that later heads read, by weights: composition scores (Elhage et
/// al. 2021).
///
/// With QK = W_Qᵀ W_K and OV = W_O W_V, of an earlier head 1 and a later head 2: Q ‖QK₂ᵀ OV₁‖ /
/// (‖QK₂‖ ‖OV₁‖), K ‖QK₂ OV₁‖ / (‖QK₂‖ ‖OV₁‖), V ‖OV₂ OV₁‖ / (‖OV₂‖ ‖OV₁‖), in Frobenius norms.
/// Gains of norms are multiplied into the maps, and layer norms' centering; a rotation by the
/// position is left out. With grouped queries several heads share W_K and W_V.
public struct HeadComposition: Codable, Sendable, Equatable {
  /// The input of the later head that reads.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case query, key, value
  }

  /// A pair of heads.
  public struct Pair: Codable, Sendable, Equatable {
    /// The input of the later head that reads.
    public let kind: Kind
    /// The earlier head's layer and number.
    public let from: [Int]
    /// The later head's layer and number.
    public let to: [Int]
    /// The score.
    public let score: Double
  }

  /// A kind over all pairs of layers.
  public struct Map: Codable, Sendable, Equatable {
    /// The input of the later head that reads.
    public let kind: Kind
    /// The largest score among the heads of two layers, [later layer][earlier layer]; nil where the
    /// one isn't earlier.
    public let largest: [[Double?]]
    /// The mean over all pairs of heads.
    public let mean: Double
    /// The mean of heads with random weights of the same shapes.
    public let randomMean: Double
    /// The standard deviation of those heads' scores.
    public let randomDeviation: Double
  }

  /// One for each kind.
  public let maps: [Map]
  /// The pairs with the largest scores of each kind, the largest first.
  public let pairs: [Pair]
  /// 1 / √width: the root mean square of a score when a random rotation stands between the heads.
  public let rotated: Double

  init(maps: [Map], pairs: [Pair], rotated: Double) {
    (self.maps, self.pairs, self.rotated) = (maps, pairs, rotated)
  }

  private enum CodingKeys: String, CodingKey { case maps, pairs, rotated }

  /// Reads square maps and pairs of named heads.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    maps = try values.decode([Map].self, forKey: .maps)
    pairs = try values.decode([Pair].self, forKey: .pairs)
    rotated = try values.decode(Double.self, forKey: .rotated)
    guard
      !maps.isEmpty,
      maps.allSatisfy({ map in
        !map.largest.isEmpty && map.largest.count == maps[0].largest.count
          && map.largest.allSatisfy { $0.count == map.largest.count }
      }), pairs.allSatisfy({ $0.from.count == 2 && $0.to.count == 2 })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .maps, in: values, debugDescription: "expected square maps and pairs of heads")
    }
  }
}

/// The factors of a layer's heads in whose products composition scores are norms: what is
/// orthonormal is left out, so that no matrix is as large as [width, width].
struct CompositionFactors {
  let heads: Int
  /// R_K W_Q, R_Q W_K and R_O W_V of each head: [heads · rows, width], with W_Kᵀ = (orthonormal)
  /// R_K.
  let readers: [Tensor]
  /// (W_O R_Vᵀ)ᵀ of each head: [heads · rows, width].
  let writer: Tensor
  /// The Frobenius norms of QK, QK and OV, and of OV, of each head.
  let readerNorms: [[Double]]
  let writerNorms: [Double]

  init(_ matrices: HeadMatrices) throws {
    heads = matrices.heads
    let outputs = matrices.output.transposed()
    var readers: [[Tensor]] = [[], [], []]
    var writers: [Tensor] = []
    for head in 0..<matrices.heads {
      let key = matrices.rows(matrices.keyHead(of: head))
      let (q, k) = (matrices.query.rowSlice(matrices.rows(head)), matrices.key.rowSlice(key))
      let (v, o) = (matrices.value.rowSlice(key), outputs.rowSlice(matrices.rows(head)))
      readers[0].append(try Self.triangle(k).linear(q.transposed()))
      readers[1].append(try Self.triangle(q).linear(k.transposed()))
      readers[2].append(try Self.triangle(o).linear(v.transposed()))
      writers.append(try Self.triangle(v).linear(o.transposed()))
    }
    self.readers = readers.map(Tensor.concatenatingRows)
    writer = .concatenatingRows(writers)
    readerNorms = readers.map { $0.map(\.norm) }
    writerNorms = writers.map(\.norm)
  }

  /// A matrix T whose T X has the norm of Aᵀ X, for A [rows, width]: the R of Aᵀ = Q R, or Aᵀ
  /// itself where that has fewer rows.
  private static func triangle(_ matrix: Tensor) throws -> Tensor {
    let tall = matrix.transposed()
    return tall.rows < tall.width ? tall : try tall.qr().r
  }

  /// The scores of one kind between these heads, the later ones, and an earlier layer's: [later
  /// heads][earlier heads].
  func scores(_ kind: Int, from earlier: CompositionFactors) -> [[Double]] {
    let product = readers[kind].linear(earlier.writer)
    let (rows, columns) = (product.rows / heads, product.width / earlier.heads)
    return product.withElements { elements in
      (0..<heads).map { later in
        (0..<earlier.heads).map { first in
          var sum = 0.0
          for row in later * rows..<(later + 1) * rows {
            let start = row * product.width + first * columns
            for place in start..<start + columns {
              sum += Double(elements[place]) * Double(elements[place])
            }
          }
          let norms = readerNorms[kind][later] * earlier.writerNorms[first]
          return norms > 0 ? sum.squareRoot() / norms : 0
        }
      }
    }
  }
}

extension HeadComposition {
  /// The composition of all heads of a network.
  ///
  /// - Parameters:
  ///   - kept: how many pairs of each kind are kept
  ///   - seed: of the random heads
  ///   - progress: called with the number of layers that are done
  init(
    of stream: any AdditiveStream, keeping kept: Int, seed: UInt64, progress: (Int) -> Void
  ) throws {
    let layers = stream.layers
    let first = stream.headMatrices(of: 0)
    try requireMemory(
      16 * Double(layers) * Double(first.heads * first.headWidth) * Double(stream.width),
      for: "the composition of \(layers) layers of \(first.heads) heads")
    var factors: [CompositionFactors] = []
    var largest = Kind.allCases.map { _ in
      [[Double?]](repeating: [Double?](repeating: nil, count: layers), count: layers)
    }
    var (sums, count) = ([0.0, 0.0, 0.0], 0)
    var best = Kind.allCases.map { _ in [Pair]() }
    for later in 0..<layers {
      let own = try CompositionFactors(stream.headMatrices(of: later))
      for earlier in 0..<later {
        for (index, kind) in Kind.allCases.enumerated() {
          let scores = own.scores(index, from: factors[earlier])
          largest[index][later][earlier] = scores.joined().max()
          sums[index] += scores.joined().reduce(0, +)
          let least = best[index].count < kept ? -1 : best[index].last?.score ?? -1
          for (to, row) in scores.enumerated() {
            for (from, score) in row.enumerated() where score > least {
              best[index].append(
                Pair(kind: kind, from: [earlier, from], to: [later, to], score: score))
            }
          }
          best[index] = Array(best[index].sorted { $0.score > $1.score }.prefix(kept))
        }
        count += own.heads * factors[earlier].heads
      }
      factors.append(own)
      progress(later + 1)
    }
    let random = try Self.random(like: first, width: stream.width, seed: seed)
    maps = Kind.allCases.enumerated().map { index, kind in
      Map(
        kind: kind, largest: largest[index], mean: count > 0 ? sums[index] / Double(count) : 0,
        randomMean: random[index].mean, randomDeviation: random[index].deviation)
    }
    pairs = best.flatMap { $0 }
    rotated = 1 / Double(stream.width).squareRoot()
  }

  /// The scores of heads whose maps are drawn from a normal distribution, of each kind.
  private static func random(
    like shape: HeadMatrices, width: Int, seed: UInt64
  ) throws -> [SeedStatistics] {
    var generator = RandomGenerator(seed: seed)
    func drawn(_ rows: Int, _ columns: Int) -> Tensor {
      Tensor.normal([rows, columns], deviation: 1, using: &generator)
    }
    let count = 8
    let rows = count * shape.headWidth
    func layer() throws -> CompositionFactors {
      try CompositionFactors(
        HeadMatrices(
          heads: count, keyHeads: count, headWidth: shape.headWidth, query: drawn(rows, width),
          key: drawn(rows, width), value: drawn(rows, width), output: drawn(width, rows)))
    }
    let (earlier, later) = (try layer(), try layer())
    return Kind.allCases.indices.map {
      SeedStatistics(Array(later.scores($0, from: earlier).joined()))
    }
  }
}
