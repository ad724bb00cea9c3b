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
    return whole.value - floor > 0.1
      && (rowSpace?.value ?? floor) - floor < (whole.value - floor) / 2
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
    let site = search.site
    let readers: [Component: Projection] = [.mlpHidden: .down, .attentionValueOutput: .output]
    guard let projection = readers[site.component], site.head == nil, blocks.count == 1,
      let weight = model.architecture.weight(of: projection, layer: site.layer)
    else {
      throw AlignmentError.invalidSetting(
        name: "site", expected: "mlp_hidden or attention_value_output, whole, with one source",
        found: site.description)
    }
    let data = try SiteExamples(examples, at: site, of: model, store: store)
    func accuracy(_ rotation: Rotation) throws -> Accuracy {
      Accuracy(
        try run.outcomes(data, DistributedInterchange(rotation, blocks: [0..<rotation.rank])))
    }
    let (frame, read) = (rotation.frame, try Self.rowSpace(of: weight))
    let rowPart = frame.linear(read).matrixProduct(read)
    let nullPart = frame - rowPart
    func part(_ rows: Tensor) throws -> Accuracy? {
      try Self.span(of: rows).map(accuracy)
    }
    let norm = frame.norm
    return IllusionTest(
      rowSpaceShare: (rowPart.norm / norm) * (rowPart.norm / norm),
      whole: try accuracy(rotation), rowSpace: try part(rowPart), nullSpace: try part(nullPart))
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
