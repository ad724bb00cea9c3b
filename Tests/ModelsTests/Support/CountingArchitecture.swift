import InterchangeModels
import InterchangeTensors
import Synchronization

/// An architecture that counts the rows that it computes.
struct CountingArchitecture: WeightInventory {
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

  var shape: ModelShape { base.shape }

  func dimensions(of component: Component) -> ComponentDimensions? {
    base.dimensions(of: component)
  }

  func dimensions(of component: Component, layer: Int) -> ComponentDimensions? {
    base.dimensions(of: component, layer: layer)
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

  func mapWeights(
    _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> CountingArchitecture {
    guard let base = base as? any WeightInventory else { return self }
    return CountingArchitecture(base: try base.mapWeights(change))
  }
}
