import CInterchangeKernels
import Synchronization

/// Keeps freed buffers for reuse: fresh pages are what a CPU training step otherwise spends its
/// time on.
///
/// Buffers are grouped by size class, eight classes to a power of two, so that at most an eighth of
/// a buffer is slack; a request without a buffer of its class takes one of the next three. All
/// buffers together, used and unused, hold at most a quarter (or 16 MiB) more than was in use at
/// one time: beyond that, unused buffers of the classes that were unused longest are freed.
package final class BufferPool: Sendable {
  package static let shared = BufferPool()

  private struct Class {
    /// Addresses of unused buffers; numbers, because pointers aren't Sendable.
    var free: [UInt] = []
    /// The clock of the last request.
    var lastUse = 0
  }

  private struct State: ~Copyable {
    /// By capacity.
    var classes: [Int: Class] = [:]
    var clock = 0
    var cachedBytes = 0
    var liveBytes = 0
    /// The most that was in use at one time.
    var peakBytes = 0

    /// An unused buffer of this class or of one a little larger, or nil when a new one has to be
    /// made.
    mutating func take(_ capacity: Int) -> (capacity: Int, address: UInt)? {
      clock += 1
      var granted = capacity
      for _ in 0..<4 {
        if let address = classes[granted]?.free.popLast() {
          classes[granted]?.lastUse = clock
          cachedBytes -= granted * MemoryLayout<Float>.stride
          count(granted)
          return (granted, address)
        }
        granted = BufferPool.capacity(for: granted + 1)
      }
      classes[capacity, default: Class()].lastUse = clock
      count(capacity)
      shrink(to: peakBytes + max(BufferPool.slack, peakBytes / 4) - liveBytes)
      return nil
    }

    private mutating func count(_ capacity: Int) {
      liveBytes += capacity * MemoryLayout<Float>.stride
      peakBytes = max(peakBytes, liveBytes)
    }

    /// Frees buffers of the classes used longest ago until unused ones hold no more than a limit.
    mutating func shrink(to limit: Int) {
      guard cachedBytes > max(0, limit) else { return }
      let oldest = classes.filter { !$0.value.free.isEmpty }
        .sorted { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) }
      for (capacity, _) in oldest {
        let bytes = capacity * MemoryLayout<Float>.stride
        while cachedBytes > max(0, limit), let address = classes[capacity]?.free.popLast() {
          UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
          cachedBytes -= bytes
        }
      }
    }
  }

  private static let slack = 16 << 20
  private let state = Mutex(State())

  private init() {
    // Freed buffers go back to the system at once: those worth keeping are kept here.
    ck_return_large_buffers()
  }

  /// Bytes of all buffers handed out and not yet returned.
  package var liveBytes: Int { state.withLock { $0.liveBytes } }
  /// Bytes of all buffers that wait for use.
  package var cachedBytes: Int { state.withLock { $0.cachedBytes } }

  /// The capacity, in floats, of the buffer that serves a request.
  package static func capacity(for count: Int) -> Int {
    guard count > 64 else { return 64 }
    let step = 1 << max(4, (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) - 3)
    return (count + step - 1) / step * step
  }

  /// A buffer of at least `capacity` floats, 64-byte aligned, with arbitrary contents, and its
  /// capacity.
  func take(capacity: Int) -> (pointer: UnsafeMutablePointer<Float>, capacity: Int) {
    let found: (capacity: Int, address: UInt)? = state.withLock { $0.take(capacity) }
    let granted = found?.capacity ?? capacity
    let pointer =
      found.flatMap { UnsafeMutableRawPointer(bitPattern: $0.address) }
      ?? .allocate(byteCount: granted * MemoryLayout<Float>.stride, alignment: 64)
    return (pointer.bindMemory(to: Float.self, capacity: granted), granted)
  }

  func giveBack(_ pointer: UnsafeMutablePointer<Float>, capacity: Int) {
    let bytes = capacity * MemoryLayout<Float>.stride
    let address = UInt(bitPattern: pointer)
    state.withLock { state in
      state.liveBytes -= bytes
      state.cachedBytes += bytes
      state.classes[capacity, default: Class()].free.append(address)
    }
  }

  /// Returns all unused buffers to the system.
  package func trim() {
    state.withLock { $0.shrink(to: 0) }
  }
}
