import Foundation

extension Data {
  /// The XXH64 digest of the bytes, as ``MappedFile/identity()`` writes it.
  package var identity: String { withUnsafeBytes { XXH64.label($0) } }
}
