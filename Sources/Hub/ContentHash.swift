import Foundation
import InterchangeBasics

/// The hash of a file's content, which the hub gives and which names the file in the cache.
enum ContentHash: Hashable, Sendable {
  /// SHA-256 of the bytes: of files in large-file storage.
  case sha256(String)
  /// SHA-1 of `blob SIZE`, a zero byte and the bytes: of files that git itself keeps.
  case gitBlob(String)

  /// A hash in lower-case hexadecimal digits, whose number tells its kind; nil for anything else,
  /// so that no other text becomes the name of a file.
  init?(_ digits: String) {
    let isHexadecimal = digits.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    switch digits.utf8.count {
    case 64 where isHexadecimal: self = .sha256(digits)
    case 40 where isHexadecimal: self = .gitBlob(digits)
    default: return nil
    }
  }

  /// A hash in an `ETag` header: `"…"` or `W/"…"`.
  init?(etag: String) {
    var tag = etag[...]
    if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
    self.init(tag.trimmingCharacters(in: CharacterSet(charactersIn: "\"")))
  }

  /// The digits.
  var digits: String {
    switch self {
    case .sha256(let digits), .gitBlob(let digits): digits
    }
  }

  /// The hash of the same kind of a file's first bytes.
  ///
  /// - Throws: `FileSystemError` when they can't be read.
  func computed(of descriptor: Int32, size: Int, path: String) throws -> ContentHash {
    switch self {
    case .sha256:
      return .sha256(try Self.digest(SHA256.self, "", descriptor, size, path))
    case .gitBlob:
      return .gitBlob(try Self.digest(SHA1.self, "blob \(size)\0", descriptor, size, path))
    }
  }

  private static func digest<Hash: BlockHash>(
    _ kind: Hash.Type, _ head: String, _ descriptor: Int32, _ size: Int, _ path: String
  ) throws -> String {
    var digest = BlockDigest<Hash>()
    Array(head.utf8).withUnsafeBytes { digest.update($0) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var position = 0
    while position < size {
      let count = buffer.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress, min($0.count, size - position), off_t(position))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw FileSystemError(
          path: path, problem: "can't be read: \(count < 0 ? systemError() : "it ends early")")
      }
      buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      position += count
    }
    return digest.hexadecimal()
  }
}
