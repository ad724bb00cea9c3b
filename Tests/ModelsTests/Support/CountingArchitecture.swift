import InterchangeModels
import InterchangeTensors
import Synchronization

/// An architecture that counts the rows that it computes.
struct CountingArchitecture: Architecture {
  /// The rows that were computed since the last ``take()``.
  struct Rows: Equatable {
    /// Rows that came into a block and went out of it, layer by layer, of the blocks that ran.
    var blocks: [Int: [Int]] = [:]
    var logits = 0
    var embedded = 0
  }

  final class Counter: Sendable {
    private let rows = Mutex(Rows())

    func count(_ change: (inout Rows) -> Void) { rows.withLock { change(&$0) } }

    func take() -> Rows {
      rows.withLock { rows in
        defer { rows = Rows() }
        return rows
      }
    }
  }

  let base: any Architecture
  let counter = Counter()

  var name: String { base.name }
  var layers: Int { base.layers }
  var width: Int { base.width }
  var vocabulary: Int { base.vocabulary }
  var outputs: Int { base.outputs }
  var isCausal: Bool { base.isCausal }
  var maximumLength: Int { base.maximumLength }
  var parameterCount: Int { base.parameterCount }
  var weightBytes: Int { base.weightBytes }
  var recordedWidth: Int { base.recordedWidth }

  func blockCost(_ layer: Int, keyRows: Int, outputRows: Int, pairs: Int) -> RunCost {
    base.blockCost(layer, keyRows: keyRows, outputRows: outputRows, pairs: pairs)
  }

  func outputCost(rows: Int, outputs: Int) -> RunCost {
    base.outputCost(rows: rows, outputs: outputs)
  }

  func dimensions(of component: Component) -> ComponentDimensions? {
    base.dimensions(of: component)
  }

  func outputPosition(of input: ModelInput) -> Int { base.outputPosition(of: input) }

  func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    let rows = try base.embed(inputs, positions: positions)
    counter.count { $0.embedded += rows.rows }
    return rows
  }

  func block(_ layer: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    let result = base.block(layer, residual, context)
    counter.count { $0.blocks[layer] = [residual.rows, result.rows] }
    return result
  }

  func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    counter.count { $0.logits += residual.rows }
    return base.logits(residual, outputs: outputs)
  }

  func randomlyInitialized(seed: UInt64) -> CountingArchitecture {
    CountingArchitecture(base: base.randomlyInitialized(seed: seed))
  }
}
