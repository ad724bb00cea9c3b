/// A key of raw UTF-8 bytes.
///
/// `String` is no key for a vocabulary: it compares by canonical equivalence, and would take the
/// tokens "é" (one scalar) and "é" (two) for the same.
struct ByteString: Hashable, Sendable {
  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
