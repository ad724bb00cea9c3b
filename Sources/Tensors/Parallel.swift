import CInterchangeKernels
import CInterchangeOpenBLAS
import Foundation

/// The process's one thread pool.
///
/// OpenBLAS runs single-threaded inside it: products are split here, so that the two never compete
/// for the same cores.
public enum Parallel {
  /// The number of threads that share the work, the caller's included; at first that of the cores.
  public static var threads: Int {
    get {
      start
      return Int(ck_threads())
    }
    set {
      start
      ck_set_threads(Int32(clamping: newValue))
    }
  }

  /// Hands OpenBLAS's threads over to the pool, before the pool's first use.
  static let start: Void = {
    openblas_set_num_threads(1)
    ck_set_threads(Int32(clamping: ProcessInfo.processInfo.activeProcessorCount))
  }()

  private struct Job {
    let body: (Int) -> Void
  }

  /// Calls `body` for 0..<count on all threads and returns when every call has returned.
  package static func forEach(_ count: Int, _ body: (Int) -> Void) {
    start
    guard count > 1 else {
      if count == 1 { body(0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var job = Job(body: body)
      withUnsafeMutablePointer(to: &job) { job in
        let call: @convention(c) (UnsafeMutableRawPointer?, Int) -> Void = { context, index in
          context!.assumingMemoryBound(to: Job.self).pointee.body(index)
        }
        ck_parallel(count, call, job)
      }
    }
  }

  /// Splits 0..<count into one contiguous range a thread when the work (in elements) is worth it.
  package static func ranges(_ count: Int, work: Int, _ body: (Range<Int>) -> Void) {
    let parts = work < 32_768 ? 1 : min(count, threads)
    guard parts > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    forEach(parts) { part in
      body(count * part / parts..<count * (part + 1) / parts)
    }
  }

  /// Splits 0..<count into ranges of `size`, handed to whichever thread is free, when the work (in
  /// elements) is worth it.
  package static func chunks(_ count: Int, size: Int, work: Int, _ body: (Range<Int>) -> Void) {
    guard work >= 32_768, threads > 1, count > size else {
      if count > 0 { body(0..<count) }
      return
    }
    forEach((count + size - 1) / size) { chunk in
      body(chunk * size..<min(count, (chunk + 1) * size))
    }
  }
}
