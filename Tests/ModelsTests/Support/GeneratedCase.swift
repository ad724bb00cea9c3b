import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// A request drawn at random: sequences, edits and captures anywhere, and measured positions.
///
/// Every edit is a trained linear map of its rows, so that its result depends on what it edits, and
/// has a gradient.
struct GeneratedCase {
  struct Place {
    let component: Component
    let layer: Int
    let head: Int?
    let positions: [[Int]]

    var cells: Cells { Cells(component, layer: layer, head: head, positions: positions) }

    /// The same place in a batch of one of the sequences.
    func only(_ sequence: Int) -> Cells {
      Cells(component, layer: layer, head: head, positions: [positions[sequence]])
    }
  }

  let inputs: [ModelInput]
  let edits: [(place: Place, map: Parameter)]
  let captures: [Place]
  let measured: [[Int]]?

  init(_ model: Model, pool: [ModelInput], _ generator: inout RandomGenerator) throws {
    inputs = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
      pool.randomElement(using: &generator)!
    }
    let inputs = inputs
    // The middle of the residual stream has a test of its own, with and without stored runs.
    // Attention's scores and weights have none of the widths that a map could have, and a divisor
    // that a map makes small makes all roundings large.
    let architecture = model.architecture
    let present = Component.allCases.filter {
      $0 != .residualMiddle
        && architecture.dimensions(of: $0).map { !$0.isPerPosition && $0.width > 1 } == true
    }
    func place() -> Place {
      let component = present.randomElement(using: &generator)!
      let heads = architecture.dimensions(of: component)?.heads
      let layers = (0..<architecture.layers).filter {
        architecture.hasComponent(component, layer: $0)
      }
      let perHead = Bool.random(using: &generator)
      return Place(
        component: component,
        layer: layers.randomElement(using: &generator)!,
        head: perHead ? heads.map { Int.random(in: 0..<$0, using: &generator) } : nil,
        positions: Self.positions(inputs, &generator))
    }
    edits = try (0..<Int.random(in: 0...4, using: &generator)).map { _ in
      let place = place()
      let width = try model.width(
        of: Site(place.component, layer: place.layer, head: place.head))
      let map = Tensor.normal(
        [width, width], deviation: 1 / Double(width).squareRoot(), using: &generator)
      return (place, Parameter("map", map))
    }
    captures = (0..<Int.random(in: 0...4, using: &generator)).map { _ in place() }
    measured =
      Int.random(in: 0..<8, using: &generator) == 0 ? nil : Self.positions(inputs, &generator)
  }

  /// Some positions of each input in any order, of some inputs none.
  private static func positions(
    _ inputs: [ModelInput], _ generator: inout RandomGenerator
  ) -> [[Int]] {
    inputs.map { input in
      let count = [0, 1, 1, 1, 2, 3, input.length].randomElement(using: &generator)!
      return Array((0..<input.length).shuffled(using: &generator).prefix(count))
    }
  }

  private static func edit(_ cells: Cells, _ map: Parameter) -> Edit {
    Edit(cells) { $0.linear(map.tensor) }
  }

  var request: Request {
    Request(
      inputs, edits: edits.map { Self.edit($0.place.cells, $0.map) },
      captures: captures.map(\.cells), logits: measured)
  }

  /// The part of the request that concerns one sequence.
  func request(only sequence: Int) -> Request {
    Request(
      [inputs[sequence]], edits: edits.map { Self.edit($0.place.only(sequence), $0.map) },
      captures: captures.map { $0.only(sequence) }, logits: measured.map { [$0[sequence]] })
  }

  /// All that a run returns: the logits and the captures.
  static func results(_ run: Run) -> [Tensor] { (run.logits.map { [$0] } ?? []) + run.captures }

  /// The gradients for the edits' maps of a random linear function of all results.
  func gradients(_ run: Run, seed: UInt64) -> [Tensor] {
    var generator = RandomGenerator(seed: seed)
    var loss = Tensor([0], shape: [])
    for result in Self.results(run) where result.count > 0 {
      let weights = Tensor.normal(result.shape, using: &generator)
      loss = loss + (result * weights).sum()
    }
    return loss.gradients(of: edits.map(\.map.tensor))
  }

  var description: String {
    let edits = edits.map { "\($0.place.cells)" }
    return "inputs \(inputs.map(\.length)), edits \(edits), captures \(captures.map(\.cells)), "
      + "measured \(String(describing: measured))"
  }
}
