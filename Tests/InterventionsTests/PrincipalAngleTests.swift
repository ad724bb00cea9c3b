import Foundation
import InterchangeInterventions
import InterchangeTensors
import Testing

@Suite struct PrincipalAngleTests {
  /// Two planes of an 8-dimensional space with the given angles between them, in a random basis.
  private func planes(_ angles: [Double], seed: UInt64) throws -> (Rotation, Rotation) {
    let basis = try Rotation.random(rank: 8, width: 8, seed: seed).frame.rowsInDouble
    func combined(_ angle: Double, _ index: Int) -> [Float] {
      zip(basis[2 * index], basis[2 * index + 1]).map {
        Float(cos(angle) * $0 + sin(angle) * $1)
      }
    }
    let first = angles.indices.map { combined(0, $0) }
    let second = angles.indices.map { combined(angles[$0], $0) }
    return (
      try Rotation(orthonormal: Tensor(rows: first)),
      try Rotation(orthonormal: Tensor(rows: second))
    )
  }

  @Test(
    arguments: [
      [0.3], [0, 0], [.pi / 2], [0.1, 0.8, 1.5], [1e-4, 1e-3, .pi / 2], [0, 0.7953, 0.7954, 1],
      [1e-5, 2e-5], [.pi / 4, .pi / 4],
    ] as [[Double]])
  func knownAngles(angles: [Double]) throws {
    for seed in 1...5 {
      let (a, b) = try planes(angles, seed: UInt64(seed))
      for (a, b) in [(a, b), (b, a)] {
        let found = try a.principalAngles(to: b)
        #expect(found.count == angles.count)
        // The frames themselves are rounded to float32: some 1e-7 for each coordinate.
        for (found, expected) in zip(found, angles.sorted()) {
          #expect(abs(found - expected) < 2e-6, "\(found), expected \(expected)")
        }
      }
    }
  }

  /// Angles belong to subspaces, not to the frames that span them.
  @Test func anotherFrameOfTheSameSubspace() throws {
    let (a, b) = try planes([0.2, 0.9, 1.2], seed: 3)
    let turn = try Rotation.random(rank: 3, width: 3, seed: 6).frame
    let turned = try Rotation(orthonormal: turn.matrixProduct(b.frame))
    for (found, expected) in zip(try a.principalAngles(to: turned), [0.2, 0.9, 1.2]) {
      #expect(abs(found - expected) < 2e-6)
    }
    for angle in try b.principalAngles(to: turned) { #expect(angle < 2e-6) }
  }

  /// Subspaces of unequal rank have as many angles as the smaller has dimensions.
  @Test func unequalRanks() throws {
    let (a, b) = try planes([0.2, 0.9], seed: 3)
    let one = try Rotation(orthonormal: a.frame.rowSlice(1..<2))
    for angles in [try one.principalAngles(to: b), try b.principalAngles(to: one)] {
      #expect(angles.count == 1)
      #expect(abs(angles[0] - 0.9) < 2e-6)
    }
    let inner = try b.within(rank: 1, seed: 1)
    #expect(try inner.principalAngles(to: b)[0] < 2e-6)
  }

  @Test func otherWidths() throws {
    let a = try Rotation.random(rank: 1, width: 4, seed: 0)
    let b = try Rotation.random(rank: 1, width: 5, seed: 0)
    #expect(
      line { _ = try a.principalAngles(to: b) }
        == "principal angles: made for vectors of width 4, the site has width 5")
  }
}
