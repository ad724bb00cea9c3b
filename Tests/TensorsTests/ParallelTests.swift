import Foundation
import InterchangeTensors
import Synchronization
import Testing

/// The number of visits to each index of a parallel loop.
private final class Visits: Sendable {
  private let counts: Mutex<[Int]>

  init(_ count: Int) { counts = Mutex(Array(repeating: 0, count: count)) }

  func visit(_ index: Int) { counts.withLock { $0[index] += 1 } }
  var onceEach: Bool { counts.withLock { $0.allSatisfy { $0 == 1 } } }
}

/// The number of threads belongs to the process: tests that set it run in one of their own.
@Suite struct ParallelTests {
  @Test(arguments: [0, 1, 2, 3, 7, 64, 1_000]) func everyIndexOnce(count: Int) {
    let visits = Visits(count)
    Parallel.forEach(count) { visits.visit($0) }
    #expect(visits.onceEach)
  }

  @Test func rangesCoverEverything() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 3, 8] {
        Parallel.threads = threads
        #expect(Parallel.threads == threads)
        for (count, work) in [
          (0, 1 << 20), (1, 1 << 20), (5, 1 << 20), (1_000, 0), (1_001, 1 << 20),
        ] {
          let visits = Visits(count)
          let parts = Mutex(0)
          Parallel.ranges(count, work: work) { range in
            #expect(!range.isEmpty)
            parts.withLock { $0 += 1 }
            for index in range { visits.visit(index) }
          }
          #expect(visits.onceEach, "\(count) on \(threads)")
          #expect(parts.withLock { $0 } == (work == 0 ? min(count, 1) : min(count, threads)))
        }
      }
      Parallel.threads = 0
      #expect(Parallel.threads == 1)
    }
  }

  @Test func manyShortLoops() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 3] {
        Parallel.threads = threads
        for round in 0..<4_000 {
          let count = round % 9
          let visits = Visits(count)
          Parallel.forEach(count) { visits.visit($0) }
          #expect(visits.onceEach)
        }
      }
    }
  }

  @Test func loopsInsideLoops() async {
    await #expect(processExitsWith: .success) {
      Parallel.threads = 3
      for _ in 0..<200 {
        let visits = Visits(8 * 5 * 3)
        Parallel.forEach(8) { outer in
          Parallel.forEach(5) { middle in
            Parallel.ranges(3, work: 1 << 20) { range in
              for inner in range { visits.visit((outer * 5 + middle) * 3 + inner) }
            }
          }
        }
        #expect(visits.onceEach)
      }
    }
  }

  @Test func severalThreadsAtOnce() async {
    await #expect(processExitsWith: .success) {
      Parallel.threads = 3
      await withTaskGroup(of: Bool.self) { group in
        for task in 0..<6 {
          group.addTask {
            (0..<500).allSatisfy { round in
              // The number of threads changes while others are at work.
              if task == 0 && round % 50 == 0 { Parallel.threads = 1 + (round / 50) % 4 }
              let visits = Visits(5)
              Parallel.forEach(5) { visits.visit($0) }
              return visits.onceEach
            }
          }
        }
        for await complete in group { #expect(complete) }
      }
    }
  }

  @Test func theNumberOfThreadsCanChangeInsideALoop() async {
    await #expect(processExitsWith: .success) {
      // A deadlock must end the test, not the patience of whoever runs it.
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: 10)
        exit(EXIT_FAILURE)
      }
      Parallel.threads = 3
      let visits = Visits(50)
      Parallel.forEach(50) { index in
        Parallel.threads = 1 + index % 3
        visits.visit(index)
      }
      #expect(visits.onceEach)
    }
  }

  @Test func theFirstFactorisationIsDoneLikeTheNext() async {
    await #expect(processExitsWith: .success) {
      // Whoever comes first must find BLAS on one thread already: another split of its sums gives
      // other last digits.
      let matrix = Tensor((0..<90_000).map { Float($0 * 7_919 % 1_013) }, shape: [300, 300])
      let first = try matrix.symmetricEigen().values
      Parallel.forEach(2) { _ in }
      #expect(try matrix.symmetricEigen().values == first)
    }
  }

  @Test func resultsOfOneAndOfSeveralThreadsAgree() async {
    await #expect(processExitsWith: .success) {
      var samples = Samples(seed: 121)
      let (x, weight) = (samples.normal([300, 200]), samples.normal([257, 200]))
      let vector = samples.normal([200])
      func results() -> [Tensor] {
        [
          x.linear(weight), x.rmsNorm(vector, epsilon: 1e-5), x.activated(.silu), x + x,
          x.linear(x).crossEntropy(Array(0..<300)),
        ]
      }
      Parallel.threads = 1
      let expected = results()
      for threads in [2, 3] {
        Parallel.threads = threads
        // Only the order of the products' sums may differ.
        for (found, wanted) in zip(results(), expected) {
          expectClose(found, wanted, absolute: 3e-5)
        }
      }
    }
  }
}
