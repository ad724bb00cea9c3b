import InterchangeInterventions
import InterchangeTensors
import Testing

@Suite struct InterchangeTests {
  @Test func interchangeTakesTheSource() throws {
    let (base, source) = (random([3, 5], seed: 1), random([3, 5], seed: 2).requiringGradient())
    let interchange = FullInterchange()
    #expect(interchange(base, sources: [source]).elements == source.elements)
    #expect((interchange.sourceCount, interchange.parameterCount) == (1, 0))
    let gradient = interchange(base, sources: [source]).sum().gradients(of: [source])[0]
    #expect(gradient.elements == Array(repeating: 1, count: 15))
  }

  /// h + Σ Rᵢᵀ(Rᵢ sᵢ − Rᵢ h), by loops in double precision, for blocks of rows of R.
  private static func reference(
    _ base: Rows, _ sources: [Rows], _ frame: Rows, _ blocks: [Range<Int>]
  ) -> Rows {
    base.indices.map { row in
      var result = base[row]
      for (block, source) in zip(blocks, sources) {
        for k in block {
          let step = dot(frame[k], source[row]) - dot(frame[k], base[row])
          for column in result.indices { result[column] += step * frame[k][column] }
        }
      }
      return result
    }
  }

  private static let shapes: [(rows: Int, rank: Int, width: Int)] = [
    (1, 1, 1), (1, 1, 7), (5, 3, 8), (2, 16, 16), (33, 4, 64), (3, 7, 31),
  ]

  @Test(arguments: shapes)
  func distributedInterchange(rows: Int, rank: Int, width: Int) throws {
    let rotation = try Rotation.random(rank: rank, width: width, seed: 3)
    let (base, source) = (random([rows, width], seed: 1), random([rows, width], seed: 2))
    let swap = DistributedInterchange(rotation)
    #expect((swap.sourceCount, swap.parameterCount) == (1, rank * width))
    let frame = rotation.frame.rowsInDouble
    let found = swap(base, sources: [source])
    // Sums of at most 64 float32 terms of order 1.
    expectClose(
      found,
      Self.reference(base.rowsInDouble, [source.rowsInDouble], frame, [0..<rank]), within: 5e-6)
    // The subspace's coordinates are the source's, all that is orthogonal to it is the base's.
    for row in 0..<rows {
      let (h, s, b) = (found.rowsInDouble[row], source.rowsInDouble[row], base.rowsInDouble[row])
      for direction in frame { #expect(abs(dot(direction, h) - dot(direction, s)) < 1e-5) }
      let change = zip(h, b).map { $0 - $1 }
      var outside = change
      for direction in frame {
        let part = dot(direction, change)
        for index in outside.indices { outside[index] -= part * direction[index] }
      }
      #expect(dot(outside, outside).squareRoot() < 1e-5)
    }
  }

  @Test(arguments: shapes)
  func selfSwapIsExact(rows: Int, rank: Int, width: Int) throws {
    let swap = DistributedInterchange(try Rotation.random(rank: rank, width: width, seed: 3))
    let base = 1000 * random([rows, width], seed: 1)
    #expect(
      swap(base, sources: [base]).elements.map(\.bitPattern) == base.elements.map(\.bitPattern))
  }

  /// Over the whole space nothing of the base remains, but rounding.
  @Test(arguments: [1, 8, 65])
  func fullRankIsTheFullSwap(width: Int) throws {
    let swap = DistributedInterchange(try Rotation.random(rank: width, width: width, seed: 3))
    let (base, source) = (random([4, width], seed: 1), random([4, width], seed: 2))
    expectClose(swap(base, sources: [source]), source.rowsInDouble, within: 1e-5)
  }

  /// Each source has its own rows of the rotation; rows of no block are the base's.
  @Test(arguments: [
    [0..<2, 2..<5], [3..<6, 0..<1], [0..<6], [1..<2, 3..<4, 5..<6], [0..<3, 3..<3],
  ])
  func severalSources(blocks: [Range<Int>]) throws {
    let rotation = try Rotation.random(rank: 6, width: 12, seed: 3)
    let swap = DistributedInterchange(rotation, blocks: blocks)
    #expect(swap.sourceCount == blocks.count)
    let base = random([4, 12], seed: 1)
    let sources = blocks.indices.map { random([4, 12], seed: UInt64($0) + 10) }
    let found = swap(base, sources: sources)
    let frame = rotation.frame.rowsInDouble
    expectClose(
      found, Self.reference(base.rowsInDouble, sources.map(\.rowsInDouble), frame, blocks),
      within: 5e-6)
    for (k, direction) in frame.enumerated() {
      let owner = blocks.firstIndex { $0.contains(k) }
      for row in 0..<4 {
        let wanted = (owner.map { sources[$0] } ?? base).rowsInDouble[row]
        #expect(abs(dot(direction, found.rowsInDouble[row]) - dot(direction, wanted)) < 1e-5)
      }
    }
    #expect(
      swap(base, sources: blocks.map { _ in base }).elements.map(\.bitPattern)
        == base.elements.map(\.bitPattern))
  }

  @Test(arguments: [[0..<4], [0..<1, 1..<4], [2..<3, 0..<2]])
  func gradients(blocks: [Range<Int>]) throws {
    let rotation = try Rotation.random(rank: 4, width: 9, seed: 3)
    let swap = DistributedInterchange(rotation, blocks: blocks)
    let base = random([3, 9], seed: 1).requiringGradient()
    let sources = blocks.indices.map { random([3, 9], seed: UInt64($0) + 10).requiringGradient() }
    let weights = random([3, 9], seed: 20)
    let loss = (swap(base, sources: sources) * weights).sum()
    func value(_ base: Rows, _ sources: [Rows], _ frame: Rows) -> Double {
      zip(Self.reference(base, sources, frame, blocks), weights.rowsInDouble)
        .reduce(0) { $0 + dot($1.0, $1.1) }
    }
    let (b, s) = (base.rowsInDouble, sources.map(\.rowsInDouble))
    let frame = rotation.frame.rowsInDouble
    // Before the pass that forgets the recording.
    let gradients = loss.gradients(of: [base] + sources)
    loss.backward()
    expectSlopes(
      rotation.parameter.gradient, of: { value(b, s, $0) }, at: rotation.frame, within: 2e-5, "R")
    expectSlopes(gradients[0], of: { value($0, s, frame) }, at: base, within: 5e-6, "base")
    for index in sources.indices {
      expectSlopes(
        gradients[index + 1],
        of: { moved in
          var sources = s
          sources[index] = moved
          return value(b, sources, frame)
        }, at: sources[index], within: 5e-6, "source \(index)")
    }
  }

  /// The gradient of a constrained rotation is that for its coordinates Q, R = Q S.
  @Test func gradientWithinASubspace() throws {
    let container = try Rotation.random(rank: 5, width: 9, seed: 1)
    let rotation = try container.within(rank: 2, seed: 2)
    let swap = DistributedInterchange(rotation)
    let (base, source) = (random([3, 9], seed: 1), random([3, 9], seed: 2))
    let weights = random([3, 9], seed: 20)
    (swap(base, sources: [source]) * weights).sum().backward()
    let space = container.frame.rowsInDouble
    expectSlopes(
      rotation.parameter.gradient,
      of: { coordinates in
        let frame = coordinates.map { row in
          (0..<9).map { column in dot(row, space.map { $0[column] }) }
        }
        let rows = Self.reference(base.rowsInDouble, [source.rowsInDouble], frame, [0..<2])
        return zip(rows, weights.rowsInDouble).reduce(0) { $0 + dot($1.0, $1.1) }
      }, at: rotation.parameter.value, within: 2e-5, "Q")
  }

  @Test func frozenRotationsHaveNoParameters() throws {
    let rotation = try Rotation.random(rank: 2, width: 5, seed: 1).frozen
    let swap = DistributedInterchange(rotation)
    #expect(swap.parameters.isEmpty && swap.orthonormalParameters.isEmpty)
    #expect(
      !swap(random([1, 5], seed: 1), sources: [random([1, 5], seed: 2)]).requiresGradient)
  }

  /// A row's result doesn't depend on the other rows.
  @Test func rowsAreIndependent() throws {
    let swap = DistributedInterchange(try Rotation.random(rank: 3, width: 16, seed: 3))
    let (base, source) = (random([40, 16], seed: 1), random([40, 16], seed: 2))
    let together = swap(base, sources: [source])
    for row in [0, 17, 39] {
      let alone = swap(base.rowSlice(row..<row + 1), sources: [source.rowSlice(row..<row + 1)])
      expectClose(alone, [together.rowsInDouble[row]], within: 2e-6)
    }
  }
}
