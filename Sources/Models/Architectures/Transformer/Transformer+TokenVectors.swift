import InterchangeBasics
import InterchangeTensors

extension Transformer {
  /// The vectors of tokens as they enter: after the table's factor, before positions, token types
  /// and norms are added. Sequences of such vectors are read in the place of tokens.
  public func tokenVectors(_ ids: [Int]) -> Tensor? {
    var rows = embeddings.table.floats(ids)
    if design.embedding.scale != 1 { rows = design.embedding.scale * rows }
    if let embeddingProjection, !design.embedding.projectsLast { rows = embeddingProjection(rows) }
    return rows
  }

  /// The vectors of inputs' chosen positions, one after another: of tokens those of the table, and
  /// given ones.
  ///
  /// - Throws: ``ModelError/invalidInput(expected:found:)`` for vectors of another width, and for
  ///   ids outside the vocabulary.
  func tokenVectors(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    func ofTokens(_ inputs: [ModelInput], _ positions: [[Int]]) throws -> Tensor {
      let ids = try tokenIDs(inputs, positions: positions, readsTypes: types != nil)
      return tokenVectors(ids)!
    }
    guard inputs.contains(where: { $0.tokenIDs == nil }) else {
      return try ofTokens(inputs, positions)
    }
    let width = design.embedding.projectsLast ? embeddings.table.width : design.width
    return .concatenatingRows(
      try zip(inputs, positions).compactMap { input, positions in
        guard !positions.isEmpty else { return nil }
        guard case .vectors(let vectors) = input else { return try ofTokens([input], [positions]) }
        if let other = vectors.first(where: { $0.count != width }) {
          throw ModelError.invalidInput(
            expected: "vectors of width \(width)", found: "width \(other.count)")
        }
        return Tensor(positions.flatMap { vectors[$0] }, shape: [positions.count, width])
      })
  }
}
