import InterchangeTensors
import Testing

/// The pool is the process's own, so what is counted here is counted in a process that does nothing
/// else.
@Suite struct BufferPoolTests {
  @Test func capacities() {
    for count in 0...64 { #expect(BufferPool.capacity(for: count) == 64) }
    var previous = 64
    var classes: Set<Int> = []
    for count in 65...70_000 {
      let capacity = BufferPool.capacity(for: count)
      #expect(capacity >= count && capacity >= previous)
      #expect(capacity % 16 == 0)
      // At most an eighth is slack; below 129 a step is one SIMD register.
      #expect(capacity - count < max(16, (count + 7) / 8))
      #expect(BufferPool.capacity(for: capacity) == capacity)
      if count > 32_768 && count <= 65_536 { classes.insert(capacity) }
      previous = capacity
    }
    #expect(classes.count == 8)
    let huge = 5_000_000_000
    #expect(BufferPool.capacity(for: huge) >= huge)
    #expect(BufferPool.capacity(for: huge) - huge <= huge / 8)
  }

  @Test func freedBuffersAreReused() async {
    await #expect(processExitsWith: .success) {
      func address(_ count: Int) -> UInt {
        let tensor = Tensor(repeating: 1, shape: [count])
        #expect(UInt(bitPattern: tensor.pointer) % 64 == 0)
        return UInt(bitPattern: tensor.pointer)
      }
      let first = address(100_000)
      #expect(address(100_000) == first)
      // A neighbor of the same class gets it too; one of another class doesn't.
      #expect(address(99_000) == first)
      #expect(address(60_000) != first)
      let held = Tensor(repeating: 1, shape: [100_000])
      #expect(UInt(bitPattern: held.pointer) == first)
      #expect(address(100_000) != first)
      BufferPool.shared.trim()
      #expect(held.elements.allSatisfy { $0 == 1 })
    }
  }

  /// Buffers of sizes that don't come again do not pile up.
  @Test func unusedBuffersAreBounded() async {
    await #expect(processExitsWith: .success) {
      let pool = BufferPool.shared
      pool.trim()
      let megabyte = 1 << 20
      for size in 0..<200 {
        // 4 MiB and more, of ever new classes.
        _ = Tensor.zeros([megabyte + size * megabyte / 8])
      }
      // One at a time was in use: the largest.
      let largest = 4 * BufferPool.capacity(for: megabyte + 199 * megabyte / 8)
      #expect(pool.cachedBytes + pool.liveBytes <= largest + max(16 << 20, largest / 8))
      // A buffer that is used over and over stays.
      let address = UInt(bitPattern: Tensor.zeros([megabyte]).pointer)
      for size in 0..<200 {
        _ = Tensor.zeros([megabyte + size * megabyte / 8])
        #expect(UInt(bitPattern: Tensor.zeros([megabyte]).pointer) == address)
      }
      pool.trim()
      #expect(pool.cachedBytes == 0)
    }
  }

  @Test func liveBytesCountWhatIsHeld() async {
    await #expect(processExitsWith: .success) {
      let start = BufferPool.shared.liveBytes
      var tensor: Tensor? = Tensor.zeros([1_000])
      let held = 4 * BufferPool.capacity(for: 1_000)
      #expect(BufferPool.shared.liveBytes == start + held)
      let slice = tensor?.rowSlice(0..<10)
      #expect(BufferPool.shared.liveBytes == start + held)
      tensor = nil
      #expect(slice?.count == 10)
      #expect(BufferPool.shared.liveBytes == start + held)
    }
  }

  @Test func trainingLeaksNothing() async {
    await #expect(processExitsWith: .success) {
      let weight = Parameter("weight", Tensor(repeating: 0.01, shape: [32, 32]))
      let rotation = Parameter(
        "rotation",
        try Stiefel.orthonormalized(
          Tensor((0..<64).map { Float($0 * $0 % 11) }, shape: [2, 32])))
      let optimizer = AdamW([weight, rotation], orthonormal: [rotation], weightDecay: 0.01)
      let x = Tensor((0..<160).map { Float($0 % 7) }, shape: [5, 32])
      func step() throws {
        let segment = AttentionSegment(
          queries: 0..<5, queryPositions: [0, 1, 2, 3, 4], keys: 0..<5)
        let hidden = x.linear(weight.tensor).activated(.gelu)
        let mixed = Tensor.attention(
          query: hidden, key: hidden, value: hidden, segments: [segment], headWidth: 8, causal: true
        )
        let inside = mixed.linear(rotation.tensor).matrixProduct(rotation.tensor)
        let edited = (hidden - inside).replacingRows([1, 3], with: inside.rowSlice(0..<2))
        let loss = edited.crossEntropy([0, 1, 2, 3, 4])
        _ = loss.gradients(of: [hidden, mixed])
        loss.backward()
        try optimizer.step(learningRate: 0.01)
      }
      try step()
      let start = BufferPool.shared.liveBytes
      for _ in 0..<50 { try step() }
      #expect(BufferPool.shared.liveBytes == start)
    }
  }

  @Test func manyThreadsShareThePool() async {
    await #expect(processExitsWith: .success) {
      let start = BufferPool.shared.liveBytes
      await withTaskGroup(of: Bool.self) { group in
        for task in 0..<8 {
          group.addTask {
            (0..<2_000).allSatisfy { round in
              let tensor = Tensor(repeating: Float(task), shape: [64 + (round * 37 + task) % 500])
              return tensor.elements.allSatisfy { $0 == Float(task) }
            }
          }
        }
        for await intact in group { #expect(intact) }
      }
      #expect(BufferPool.shared.liveBytes == start)
    }
  }
}
