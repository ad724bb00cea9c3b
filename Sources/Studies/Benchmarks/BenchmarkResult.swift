import Foundation
import InterchangeTensors

/// The cost of a workload.
public struct BenchmarkResult: Codable, Sendable {
  public var what: String
  /// The median time of a step; for `generate`, of a token.
  public var medianSeconds: Double
  public var minimumSeconds: Double
  /// Steps that were timed, after those that warmed up.
  public var steps: Int
  /// Every step's time.
  public var seconds: [Double]
  /// The process's largest resident memory.
  public var peakMemory: Double
  /// Memory pages that were touched for the first time in a step: its median.
  public var minorFaultsPerStep: Double
  /// 10⁹ floating-point operations a second in matrix products, where they are counted.
  public var gflops: Double?
  /// The time before the first step: base and source runs.
  public var firstPassSeconds: Double?
  /// Of a forward pass, a training step or epoch, or a decoding.
  public var tokens: Int?
  /// Of training steps: the losses.
  public var losses: [Double]?
  public var threads: Int
  public var weights: String?

  enum CodingKeys: String, CodingKey {
    case what, steps, seconds, gflops, tokens, losses, threads, weights
    case medianSeconds = "median_s"
    case minimumSeconds = "min_s"
    case peakMemory = "peak_rss_mib"
    case minorFaultsPerStep = "minor_faults_per_step"
    case firstPassSeconds = "first_pass_s"
  }
}

/// Times the steps of a workload as they pass.
struct StepClock {
  private var last = ContinuousClock.now
  private var lastFaults = Self.minorFaults
  private(set) var seconds: [Double] = []
  private var faults: [Double] = []

  /// Ends a step and begins the next.
  mutating func tick() {
    let (now, faultsNow) = (ContinuousClock.now, Self.minorFaults)
    seconds.append((now - last) / .seconds(1))
    faults.append(Double(faultsNow - lastFaults))
    (last, lastFaults) = (ContinuousClock.now, faultsNow)
  }

  /// Begins a step: what happened since the last one is not timed.
  mutating func restart() { (last, lastFaults) = (ContinuousClock.now, Self.minorFaults) }

  /// The steps after the first `warmup`, whose extra time over the median is that of a first pass.
  func measurement(_ what: Benchmark.Work, warmup: Int) -> BenchmarkResult {
    let timed = Array(seconds.dropFirst(warmup))
    let median = Self.median(timed)
    return BenchmarkResult(
      what: what.rawValue, medianSeconds: median, minimumSeconds: timed.min() ?? 0,
      steps: timed.count, seconds: timed, peakMemory: Self.peakMemory,
      minorFaultsPerStep: Self.median(Array(faults.dropFirst(warmup))), gflops: nil,
      firstPassSeconds: warmup > 0 ? max(0, seconds[0] - median) : nil, tokens: nil, losses: nil,
      threads: Parallel.threads, weights: nil)
  }

  static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  private static var usage: rusage {
    var usage = rusage()
    getrusage(numericCast(RUSAGE_SELF.rawValue), &usage)
    return usage
  }

  private static var minorFaults: Int { Int(usage.ru_minflt) }

  /// Begins to measure the peak anew, where the system allows it: without pooled buffers of earlier
  /// work.
  static func resetPeakMemory() {
    BufferPool.shared.trim()
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
  }

  /// The largest resident memory so far, or since ``resetPeakMemory()``, in MiB.
  ///
  /// `ru_maxrss` is the largest of this program and of the one that started it, before it did: it
  /// counts only where the system doesn't tell the program's own.
  static var peakMemory: Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let own = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      .flatMap { Double($0.split(whereSeparator: \.isWhitespace).dropFirst().first ?? "") }
    return (own ?? Double(usage.ru_maxrss)) / 1024
  }
}
