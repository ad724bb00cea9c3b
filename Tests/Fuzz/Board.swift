import Foundation

/// A file of counts that a worker writes and its parent reads, whatever becomes of the worker: the
/// input under way, and for each reader how many inputs ran and how many were accepted.
final class Board {
  private let words: UnsafeMutablePointer<UInt64>
  private let size: Int

  init(_ url: URL, readers: Int) throws {
    size = 8 * (1 + 3 * readers)
    let descriptor = open(url.path, O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, off_t(size)) == 0,
      let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      map != MAP_FAILED
    else { throw Failure.noBoard(url.path) }
    close(descriptor)
    words = map.bindMemory(to: UInt64.self, capacity: size / 8)
  }

  enum Failure: Error { case noBoard(String) }

  deinit { munmap(words, size) }

  /// The number of the input under way.
  var current: UInt64 {
    get { words[0] }
    set { words[0] = newValue }
  }

  func count(_ reader: Int, isAccepted: Bool, microseconds: UInt64) {
    words[1 + 3 * reader] += 1
    words[2 + 3 * reader] += isAccepted ? 1 : 0
    words[3 + 3 * reader] += microseconds
  }

  func counts(_ reader: Int) -> (ran: UInt64, accepted: UInt64, microseconds: UInt64) {
    (words[1 + 3 * reader], words[2 + 3 * reader], words[3 + 3 * reader])
  }
}
