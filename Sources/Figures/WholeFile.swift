import Foundation
import InterchangeBasics

/// The bytes of a regular file.
func readWhole(_ url: URL) throws(FigureError) -> Data {
  let file = url.path
  let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw .cannotRead(file: file, reason: lastSystemError()) }
  defer { close(descriptor) }
  var information = stat()
  guard fstat(descriptor, &information) == 0 else {
    throw .cannotRead(file: file, reason: lastSystemError())
  }
  guard information.st_mode & S_IFMT == S_IFREG else {
    throw .cannotRead(file: file, reason: "not a regular file")
  }
  var data = Data(count: max(0, Int(information.st_size)))
  var position = 0
  while position < data.count {
    let wanted = data.count - position
    let count = data.withUnsafeMutableBytes { bytes in
      read(descriptor, bytes.baseAddress?.advanced(by: position), wanted)
    }
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw .cannotRead(file: file, reason: lastSystemError()) }
    if count == 0 { break }
    position += count
  }
  return data.prefix(position)
}

private func lastSystemError() -> String { systemError().lowercased() }
