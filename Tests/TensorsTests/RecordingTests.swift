import InterchangeTensors
import Testing

@Suite struct RecordingTests {
  @Test func nothingIsRecordedWithoutNeed() {
    let a = Tensor([1, 2])
    #expect(!a.requiresGradient)
    #expect(!(a + a).requiresGradient)
    #expect((a + a.requiringGradient()).requiresGradient)
    #expect(!a.requiringGradient().detached.requiresGradient)
  }

  @Test func aTensorUsedTwiceGathersBothGradients() {
    let x = Tensor([3, -2]).requiringGradient()
    #expect((x * x).sum().gradients(of: [x])[0].elements == [6, -4])
    #expect((x + x).sum().gradients(of: [x])[0].elements == [2, 2])
    #expect((x - x).sum().gradients(of: [x])[0].elements == [0, 0])
    #expect((x * x * x).sum().gradients(of: [x])[0].elements == [27, 12])
  }

  @Test func diamonds() {
    // a = 2x, y = a² + a x = 6x², dy/dx = 12x
    let x = Tensor([1, 2, -3]).requiringGradient()
    let a: Tensor = 2 * x
    let y = (a * a + a * x).sum()
    #expect(y.gradients(of: [x])[0].elements == [12, 24, -36])
  }

  @Test func manyDiamondsAreWalkedOnce() {
    // 2^60 paths lead back; each node must be visited once.
    let x = Tensor([1]).requiringGradient()
    var y = x
    for _ in 0..<60 { y = y + y }
    #expect(y.sum().gradients(of: [x])[0].elements == [0x1p60])
  }

  @Test func gradientsOfWhatLiesBetween() {
    let x = Tensor([1, 2]).requiringGradient()
    let hidden: Tensor = 3 * x
    let unrelated = Tensor([5, 5]).requiringGradient()
    let y = (hidden * hidden).sum()
    let found = y.gradients(of: [hidden, x, unrelated, y, Tensor([9, 9])])
    #expect(found[0].elements == [6, 12])
    #expect(found[1].elements == [18, 36])
    #expect(found[2].elements == [0, 0])
    #expect(found[3].elements == [1])
    #expect(found[4].elements == [0, 0])
    #expect(found.map(\.shape) == [[2], [2], [2], [], [2]])
  }

  @Test func gradientsCanBeAskedForTwice() {
    var samples = Samples(seed: 81)
    let x = samples.normal([4, 6]).requiringGradient()
    let y = (x.activated(.gelu) + x).reshaped([6, 4]).replacingRows([1], with: .zeros([1, 4])).sum()
    let first = y.gradients(of: [x])[0].elements
    #expect(y.gradients(of: [x])[0].elements == first)
  }

  @Test func detachedPassesNothing() {
    let x = Tensor([2, 3]).requiringGradient()
    #expect((x * x.detached).sum().gradients(of: [x])[0].elements == [2, 3])
    #expect(x.detached.sum().gradients(of: [x])[0].elements == [0, 0])
  }

  @Test func requiringGradientStartsAFresh() {
    let x = Tensor([2]).requiringGradient()
    let hidden: Tensor = 5 * x
    let start = hidden.requiringGradient()
    let found = (start * start).sum().gradients(of: [start, x])
    #expect(found[0].elements == [20])
    #expect(found[1].elements == [0])
  }

  @Test func summingInPlaceSparesWhoSharesTheGradient() {
    // z, x + z and x get the same gradient tensor; x's grows by a second share, the others' don't.
    let x = Tensor([1, 1]).requiringGradient()
    let z = Tensor([1, 1]).requiringGradient()
    let inner = x + z
    let found = ((inner + x).sum()).gradients(of: [inner, x, z])
    #expect(found.map(\.elements) == [[1, 1], [2, 2], [1, 1]])
    // The same through views: reshapes, slices and concatenations share storage too.
    let a = Tensor([1, 2, 3, 4]).requiringGradient()
    let view = a.reshaped([2, 2])
    let slice = view.rowSlice(1..<2)
    let joined = Tensor.concatenatingRows([view, slice, view])
    let gradients = joined.sum().gradients(of: [joined, view, slice, a])
    #expect(gradients[0].elements == Array(repeating: 1, count: 10))
    #expect(gradients[1].elements == [2, 2, 3, 3])
    #expect(gradients[2].elements == [1, 1])
    #expect(gradients[3].elements == [2, 2, 3, 3])
  }

  @Test func onlyWhatIsNeededIsAskedFor() {
    nonisolated(unsafe) var asked: [[Bool]] = []
    let (a, b, c) = (Tensor([1]), Tensor([2]).requiringGradient(), Tensor([3]))
    let custom = Tensor([6]).recorded(from: [a, b, c]) { gradient, needed in
      asked.append(needed)
      return [nil, 7 * gradient, nil]
    }
    #expect(custom.sum().gradients(of: [b])[0].elements == [7])
    #expect(asked == [[false, true, false]])
    let untouched = Tensor([6]).recorded(from: [a, c]) { _, _ in
      Issue.record("a recording of constants was walked")
      return []
    }
    #expect(!untouched.requiresGradient)
  }

  @Test func branchesThatTheScalarDoesNotUseAreNotWalked() {
    let x = Tensor([1]).requiringGradient()
    let aside = x.recorded(from: [x]) { _, _ in
      Issue.record("a branch beside the scalar was walked")
      return [nil]
    }
    #expect((2 * x).sum().gradients(of: [x])[0].elements == [2])
    withExtendedLifetime(aside) {}
  }

  @Test func longChainsAreFreed() {
    // Freeing a chain must not exhaust the stack: longer than any model's tape.
    let x = Tensor([1]).requiringGradient()
    var y = x
    for _ in 0..<20_000 { y = 1 * y }
    #expect(y.sum().gradients(of: [x])[0].elements == [1])
  }

  @Test func backwardNeedsAScalar() async {
    await #expect(processExitsWith: .failure) {
      Tensor([1, 2]).requiringGradient().backward()
    }
  }
}
