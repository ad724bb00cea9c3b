import InterchangeBasics
import InterchangeTensors

extension Model {
  /// Checks the numbers that a run returns; a loss is the training's to judge.
  ///
  /// - Throws: ``ModelError/notFinite(place:value:origin:)`` with the place of the first number
  ///   that is none, and where in the model such numbers begin.
  func requireFinite(_ run: Run, of request: Request) throws {
    if let logits = run.logits, !logits.isFinite, let found = logits.firstNonFinite {
      let (sequence, position) = (request.logits ?? []).cell(found.index / max(1, logits.width))
      throw notFinite("the logits", sequence, position, found.value, request)
    }
    for (captured, cells) in zip(run.captures, request.captures) where !captured.isFinite {
      guard let found = captured.firstNonFinite else { continue }
      let (sequence, position) = cells.positions.cell(found.index / max(1, captured.width))
      let name = "\(cells.component.rawValue) \(cells.layer)"
      throw notFinite(name, sequence, position, found.value, request)
    }
  }

  private func notFinite(
    _ name: String, _ sequence: Int, _ position: Int?, _ value: Float, _ request: Request
  ) -> ModelError {
    let place = "\(name) of input \(sequence)" + (position.map { " at position \($0)" } ?? "")
    return .notFinite(place: place, value: "\(value)", origin: origin(of: request))
  }

  /// The first part of the model whose output has numbers that are none, for an error: the run is
  /// made once more, with the output of every block read.
  private func origin(of request: Request) -> String? {
    func all(_ layer: Int) -> [[Int]] {
      request.inputs.map { Array(0..<positionCount(of: $0, .blockOutput, layer: layer)) }
    }
    let captures =
      [Cells(.blockInput, layer: 0, positions: all(0))]
      + (0..<architecture.layers).map { Cells(.blockOutput, layer: $0, positions: all($0)) }
    let probe = Request(request.inputs, edits: request.edits, captures: captures)
    guard architecture.layers > 0, let run = try? unchecked(probe, store: nil) else { return nil }
    let stage = run.captures.firstIndex { !$0.isFinite }
    // The first capture is of what enters block 0; outside blocks the layer is nil.
    let layer = stage.flatMap { $0 > 0 ? $0 - 1 : nil }
    let place =
      layer.map { "the output of block \($0)" } ?? (stage == 0 ? "the embeddings" : "the head")
    let weight = nonFiniteWeight(layer: layer)
    return place + (weight.map { ", where tensor \($0) has such numbers" } ?? "")
  }

  /// The name of the first weight of a layer, or of those outside blocks, that has numbers that are
  /// none.
  private func nonFiniteWeight(layer: Int?) -> String? {
    guard let inventory = architecture as? any WeightInventory else { return nil }
    return inventory.weights.first { $0.isIn(layer) && !$0.value.isFinite }.map { slot in
      [slot.names.folder, slot.names.gguf].compactMap(\.self).joined(separator: " or ")
    }
  }
}

extension WeightSlot.Value {
  /// True where every number is one.
  fileprivate var isFinite: Bool {
    switch self {
    case .map(let map): map.weight.isFinite && map.bias?.firstNonFinite == nil
    case .table(let table): table.isFinite
    case .tensor(let tensor): tensor.firstNonFinite == nil
    case .norm(let weight, let bias):
      weight.firstNonFinite == nil && bias?.firstNonFinite == nil
    }
  }
}

extension Weight {
  /// True where every number is one; widened some rows at a time.
  fileprivate var isFinite: Bool {
    Array(0..<rows).chunked(1024).allSatisfy { floats($0).firstNonFinite == nil }
  }
}

extension [[Int]] {
  /// The sequence and the position of a row, where there is one row for each of these positions.
  fileprivate func cell(_ row: Int) -> (sequence: Int, position: Int?) {
    var first = 0
    for (sequence, positions) in enumerated() {
      if row < first + positions.count { return (sequence, positions[row - first]) }
      first += positions.count
    }
    return (0, nil)
  }
}
