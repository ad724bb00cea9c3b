import Foundation
import Synchronization

/// Keeps freed buffers for reuse: fresh pages are what a CPU training step otherwise spends its time on.
///
/// Buffers are grouped by size class, eight classes to a power of two, so that at most an eighth of a
/// buffer is slack. Unused ones never hold more than was in use at the same time before, or 64 MiB:
/// beyond that, the classes that nobody asked for longest are let go.
package final class BufferPool: Sendable {
  package static let shared = BufferPool()

  private struct Class {
    /// Addresses of unused buffers; numbers, because pointers aren't Sendable.
    var free: [UInt] = []
    /// When one was last asked for.
    var lastUse = 0
  }

  private struct State: ~Copyable {
    /// By capacity.
    var classes: [Int: Class] = [:]
    var clock = 0
    var cachedBytes = 0
    var liveBytes = 0
    /// What unused buffers may hold: grows with what has been in use.
    var limit = 64 << 20

    /// Lets buffers of the classes used longest ago go until the limit holds.
    mutating func shrink() {
      let oldest = classes.filter { !$0.value.free.isEmpty }
        .sorted { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) }
      for (capacity, _) in oldest {
        let bytes = capacity * MemoryLayout<Float>.stride
        while cachedBytes > limit, let address = classes[capacity]?.free.popLast() {
          UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
          cachedBytes -= bytes
        }
      }
    }
  }

  private let state = Mutex(State())

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

  /// A buffer of at least `capacity` floats, 64-byte aligned, with arbitrary contents.
  func take(capacity: Int) -> UnsafeMutablePointer<Float> {
    let bytes = capacity * MemoryLayout<Float>.stride
    let cached: UInt? = state.withLock { state in
      state.liveBytes += bytes
      state.limit = max(state.limit, state.liveBytes)
      state.clock += 1
      state.classes[capacity, default: Class()].lastUse = state.clock
      guard let address = state.classes[capacity]?.free.popLast() else { return nil }
      state.cachedBytes -= bytes
      return address
    }
    let pointer =
      cached.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
      ?? .allocate(byteCount: bytes, alignment: 64)
    return pointer.bindMemory(to: Float.self, capacity: capacity)
  }

  func giveBack(_ pointer: UnsafeMutablePointer<Float>, capacity: Int) {
    let bytes = capacity * MemoryLayout<Float>.stride
    let address = UInt(bitPattern: pointer)
    state.withLock { state in
      state.liveBytes -= bytes
      state.cachedBytes += bytes
      state.classes[capacity, default: Class()].free.append(address)
      if state.cachedBytes > state.limit { state.shrink() }
    }
  }

  /// Returns all unused buffers to the system.
  package func trim() {
    state.withLock { state in
      let limit = state.limit
      state.limit = 0
      state.shrink()
      state.limit = limit
    }
  }
}
