import InterchangeTensors

/// The pruning of several weights together (arXiv 2012.07463): in the first
/// half of a training their gates are drawn and a penalty shuts them; then the largest changes are
/// kept, of all weights together.
///
/// The updates refer to it; it doesn't keep them alive.
public final class DiffPruning {
  private struct Member {
    weak var update: SparseUpdate?
  }

  /// The share of the changes that is kept.
  public let share: Double
  /// The weight of an open gate in the loss.
  public let penalty: Float
  private var members: [Member] = []
  /// The updates that are ready for the present step.
  private var prepared: Set<ObjectIdentifier> = []

  /// - Parameters:
  ///   - share: above 0, to 1
  ///   - penalty: 0 or more
  public init(share: Double, penalty: Float) {
    (self.share, self.penalty) = (share, penalty)
  }

  func add(_ update: SparseUpdate) { members.append(Member(update: update)) }

  /// Gets all updates ready when the first of them is told of a step; halfway, settles which
  /// changes are kept: the largest of all.
  func prepare(_ update: SparseUpdate, step: Int, of steps: Int) {
    let isFirst = prepared.isEmpty || prepared.contains(ObjectIdentifier(update))
    if isFirst { prepared = [] }
    prepared.insert(ObjectIdentifier(update))
    guard isFirst else { return }
    let updates = members.compactMap(\.update)
    for update in updates { update.isSettled = step > steps / 2 }
    guard step == steps / 2 else { return }
    let sizes = updates.flatMap(\.magnitudes).sorted(by: >)
    let kept = max(1, Int((Double(sizes.count) * share).rounded()))
    for update in updates { update.settle(keeping: sizes[kept - 1]) }
  }
}
