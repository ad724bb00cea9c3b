import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A test of a subspace of a hidden vector: it works by the part of it that is read, or by an
/// accident (Makelov, Lange and Nanda 2023, arXiv 2311.17030).
///
/// The part of the site's vector that a projection W reads lies in W's row space. A direction found
/// by DAS can get its effect from two parts that do nothing by themselves: one that tells base and
/// source apart but that nothing reads (in W's null space), and one that is read but lies dormant
/// on natural inputs. The test swaps within the subspace's part in the row space and within its
/// part in the null space, each alone.
public struct IllusionTest: Codable, Sendable {
  /// ‖R_row‖² / ‖R‖²: the share of the subspace that is read at all.
  public let rowSpaceShare: Double
  /// The swap within the whole subspace.
  public let whole: Accuracy
  /// The swap within the part that is read; nil when there is none.
  public let rowSpace: Accuracy?
  /// The swap within the part that isn't; nil when there is none. It changes nothing downstream, so
  /// that its accuracy is that of no intervention.
  public let nullSpace: Accuracy?

  /// True when the whole subspace works and the part of it that is read doesn't: less than half of
  /// the way from the null space's accuracy to the whole's.
  public var isSuspect: Bool {
    let floor = nullSpace?.value ?? 0
    return Self.isSuspect(whole: whole.value, row: rowSpace?.value ?? floor, null: floor)
  }

  private static func isSuspect(whole: Double, row: Double, null: Double) -> Bool {
    whole - null > 0.1 && row - null < (whole - null) / 2
  }

  /// A remark on a fit whose controls are those of an illusion.
  static func remarks(_ controls: [ControlResult], whole: Accuracy) -> [String] {
    func value(_ kind: ControlKind) -> Double? {
      controls.first { $0.name == kind.rawValue }?.iia.value
    }
    guard let row = value(.rowSpace), let null = value(.nullSpace),
      isSuspect(whole: whole.value, row: row, null: null)
    else { return [] }
    return [
      String(
        format: "perhaps an illusion: the whole subspace reaches %.2f, the part of it that the "
          + "projection reads %.2f alone", whole.value, row)
    ]
  }
}

extension Alignment {
  /// Splits the subspace in the part that the site's projection reads and the rest, and swaps in
  /// each part alone.
  ///
  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` for a site that no
  ///   projection alone reads (it has to be `mlp_hidden` or all heads of `attention_value_output`),
  ///   `AlignmentError` or `ModelError` when an example doesn't fit.
  public func illusionTest(on examples: [AlignmentExample]) throws -> IllusionTest {
    guard let parts = try readParts() else {
      throw AlignmentError.invalidSetting(
        name: "site", expected: "mlp_hidden or attention_value_output, whole, with one source",
        found: search.site.description)
    }
    let data = try SiteExamples(examples, at: search.site, of: model, store: store)
    func accuracy(_ rotation: Rotation) throws -> Accuracy {
      Accuracy(try run.outcomes(data, DistributedInterchange(rotation)))
    }
    return IllusionTest(
      rowSpaceShare: parts.share, whole: try accuracy(rotation),
      rowSpace: try parts.row.map(accuracy), nullSpace: try parts.null.map(accuracy))
  }

  /// The parts of the subspace that the site's projection reads and that it doesn't; nil for a site
  /// that no projection alone reads.
  func readParts() throws -> ReadParts? {
    let site = search.site
    guard [.mlpHidden, .attentionValueOutput].contains(site.component), site.head == nil,
      blocks.count == 1, let found = SiteWeight(of: site, in: model)
    else { return nil }
    return try ReadParts(of: rotation, read: found.weight)
  }
}

/// A subspace in two parts: in the row space of a weight, and in its null space.
struct ReadParts {
  /// ‖R_row‖² / ‖R‖².
  let share: Double
  /// The part that the weight reads; nil when there is none.
  let row: Rotation?
  /// The part that it doesn't; nil when there is none.
  let null: Rotation?

  /// - Parameter weight: [outputs, width]
  init(of rotation: Rotation, read weight: Tensor) throws {
    let (frame, read) = (rotation.frame, try Self.rowSpace(of: weight))
    let rowPart = frame.linear(read).matrixProduct(read)
    let norm = frame.norm
    share = (rowPart.norm / norm) * (rowPart.norm / norm)
    row = try Self.span(of: rowPart)
    null = try Self.span(of: frame - rowPart)
  }

  /// An orthonormal basis [rank, inputs] of the row space of a weight [outputs, inputs].
  private static func rowSpace(of weight: Tensor) throws -> Tensor {
    let (_, values, right) = try weight.svd()
    let rank = values.count { $0 > 1e-5 * (values.first ?? 0) }
    return right.gatherRows(Array(0..<max(1, rank)))
  }

  /// The rotation that rows [k, d] span, of as many dimensions as they have; nil for next to none.
  private static func span(of rows: Tensor) throws -> Rotation? {
    let (_, values, right) = try rows.svd()
    let rank = values.count { $0 > 1e-3 }
    guard rank > 0 else { return nil }
    return try Rotation(orthonormal: right.gatherRows(Array(0..<rank)), isTrained: false)
  }
}
