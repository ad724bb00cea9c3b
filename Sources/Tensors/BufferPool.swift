import Foundation
import Synchronization

/// Keeps freed buffers for reuse: fresh pages are what a CPU training step otherwise spends its time on.
///
/// Buffers are grouped by size class, eight classes to a power of two, so that at most an eighth of a
/// buffer is slack.
package final class BufferPool: Sendable {
  package static let shared = BufferPool()

  private struct State: ~Copyable {
    /// Addresses of unused buffers by capacity; numbers, because pointers aren't Sendable.
    var free: [Int: [UInt]] = [:]
    var cachedBytes = 0
    var liveBytes = 0
  }

  private let state = Mutex(State())

  /// Bytes of all buffers handed out and not yet returned.
  package var liveBytes: Int { state.withLock { $0.liveBytes } }

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
      guard let address = state.free[capacity]?.popLast() else { return nil }
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
      state.free[capacity, default: []].append(address)
    }
  }

  /// Returns all unused buffers to the system.
  package func trim() {
    state.withLock { state in
      for address in state.free.values.joined() {
        UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
      }
      state.free = [:]
      state.cachedBytes = 0
    }
  }
}
