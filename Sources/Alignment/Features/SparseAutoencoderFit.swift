import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// The findings of a sparse autoencoder's training.
public struct SparseAutoencoderFit: Codable, Sendable, Equatable {
  /// The number of features.
  public let features: Int
  /// The width of the vectors.
  public let width: Int
  /// The means of sparsity in words, such as `top-16`.
  public let sparsity: String
  /// The loss of every step.
  public let losses: [Double]
  /// The number of rows that it was trained on.
  public let rows: Int
  /// The number of rows that only judged it; 0 without any.
  public let heldOutRows: Int
  /// The rows of the training that were left out, farther than
  /// ``SparseAutoencoderTraining/farthest``; nil in a record of before they were.
  public let outlyingRows: Int?
  /// The held-out rows that were left out by the same bound; nil in a record of before they were.
  public let outlyingHeldOutRows: Int?
  /// The share of the variance of held-out rows that is explained; nil without any.
  public let explained: Double?
  /// The share of the variance of the rows of the training that is explained.
  public let trainingExplained: Double
  /// The mean number of features above 0, of held-out rows where there are any.
  public let activePerRow: Double
  /// Features that are above 0 in no row at all.
  public let dead: Int
  /// The number of times that a feature was started anew.
  public let revived: Int

  /// The share of features that are above 0 in no row at all.
  public var deadShare: Double { Double(dead) / Double(features) }

  init(
    of autoencoder: SparseAutoencoder, _ training: SparseAutoencoderTraining, _ rows: Tensor,
    _ heldOut: Tensor?, outlying: Int, outlyingHeldOut: Int, losses: [Double], revived: Int
  ) throws {
    (features, width) = (autoencoder.featureCount, autoencoder.width)
    sparsity = training.sparsity.name
    (self.losses, self.revived) = (losses, revived)
    (self.rows, heldOutRows) = (rows.rows, heldOut?.rows ?? 0)
    (outlyingRows, outlyingHeldOutRows) = (outlying, outlyingHeldOut)
    let own = try Reading(of: autoencoder, rows)
    let other = try heldOut.map { try Reading(of: autoencoder, $0) }
    (explained, trainingExplained) = (other?.explained, own.explained)
    activePerRow = (other ?? own).activePerRow
    dead = own.active.indices.count {
      own.active[$0] == 0 && (other?.active[$0] ?? 0) == 0
    }
  }

  /// One set of rows, read by an autoencoder.
  private struct Reading {
    /// The number of rows in which each feature is above 0.
    let active: [Int]
    let activePerRow: Double
    let explained: Double

    init(of autoencoder: SparseAutoencoder, _ rows: Tensor) throws {
      var active = Array(repeating: 0, count: autoencoder.featureCount)
      var sums = ReconstructionSums(width: autoencoder.width)
      for part in Array(0..<rows.rows).chunked(1024) {
        let some = rows.rowSlice(part[0]..<part[part.count - 1] + 1)
        let features = autoencoder.encode(some)
        sums.add(some, rebuilt: autoencoder.decode(features, of: some))
        let width = features.width
        features.withElements { values in
          for place in values.indices where values[place] > 0 { active[place % width] += 1 }
        }
      }
      self.active = active
      activePerRow = Double(active.reduce(0, +)) / Double(rows.rows)
      explained = sums.explained
      guard explained.isFinite else {
        throw AlignmentError.invalidSetting(
          name: "rows", expected: "vectors that differ", found: "the same vector everywhere")
      }
    }
  }
}

extension SparseAutoencoderTraining.Sparsity {
  /// The words of tables.
  public var name: String {
    switch self {
    case .topK(let count): "top-\(count)"
    case .penalty(let weight): "ReLU, penalty \(weight)"
    }
  }
}
