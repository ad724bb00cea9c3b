import Foundation

/// Work that needs more memory than the machine has.
public struct MemoryError: Error, Equatable, CustomStringConvertible {
  /// The setting that makes it so large.
  public let name: String
  /// One line with the setting, what it needs and what there is.
  public let description: String
}

/// Refuses work, before it begins, that needs more memory than the machine has.
///
/// - Parameters:
///   - name: the setting that decides it, with its value in words
///   - bytes: about what it needs; counted in floating point, so that no product overflows
/// - Throws: ``MemoryError``.
package func requireMemory(_ bytes: Double, for name: String) throws(MemoryError) {
  let present = Double(ProcessInfo.processInfo.physicalMemory)
  guard bytes > present else { return }
  func gibibytes(_ bytes: Double) -> String { String(format: "%.1f", bytes / 0x1p30) }
  throw MemoryError(
    name: name,
    description: "\(name): expected what fits into this machine's memory of "
      + "\(gibibytes(present)) GiB, found work for about \(gibibytes(bytes)) GiB; choose less")
}
