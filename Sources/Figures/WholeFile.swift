import Foundation

/// Writes a file under a temporary name in its folder and renames it; on failure nothing is left.
func writeWhole(_ data: Data, to url: URL) throws(FigureError) {
  let file = url.path
  let temporary = url.deletingLastPathComponent()
    .appendingPathComponent(".\(UUID().uuidString).partial").path
  func failure() -> FigureError { .cannotWrite(file: file, reason: lastSystemError()) }

  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw failure() }
  var written = 0
  while written < data.count {
    let count = data.withUnsafeBytes { bytes in
      write(descriptor, bytes.baseAddress?.advanced(by: written), data.count - written)
    }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else {
      let error = failure()
      close(descriptor)
      unlink(temporary)
      throw error
    }
    written += count
  }
  // Some file systems report a full disk only here.
  guard close(descriptor) == 0, rename(temporary, file) == 0 else {
    let error = failure()
    unlink(temporary)
    throw error
  }
}

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

private func lastSystemError() -> String {
  String(cString: strerror(errno)).lowercased()
}
