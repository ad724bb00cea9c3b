import Foundation
import Synchronization

/// A hub on this machine that speaks the interface of Hugging Face's, with the faults that a test
/// asks for.
package final class HubServer: Sendable {
  /// A request as it came.
  package struct Request: Sendable {
    package let method: String
    /// The path with its query.
    package let path: String
    /// Headers by their names in lower case.
    package let headers: [String: String]

    /// The first byte that is asked for.
    package var start: Int? {
      headers["range"]?.wholeMatch(of: /bytes=(\d+)-\d*/).flatMap { Int($0.1) }
    }
  }

  /// What a request is answered with.
  package struct Answer: Sendable {
    package var status = 200
    package var headers: [String: String] = [:]
    package var body = Data()
    /// The bytes of the body after which the connection is cut.
    package var cut: Int?
    /// Seconds before the answer, and before the cut.
    package var delay = 0.0
    package var stall = 0.0

    package init(status: Int = 200, headers: [String: String] = [:], body: Data = Data()) {
      (self.status, self.headers, self.body) = (status, headers, body)
    }
  }

  /// A repository that the hub has.
  package struct Repository: Sendable {
    package let name: String
    package let commit: String
    package var files: [String: Data]
    /// The files that are in large-file storage.
    package var large: Set<String> = []
    package var branches = ["main"]

    package init(_ name: String, commit: String, files: [String: Data], large: Set<String> = []) {
      (self.name, self.commit, self.files, self.large) = (name, commit, files, large)
    }
  }

  private struct State {
    var repositories: [Repository] = []
    var requests: [Request] = []
    var change: (@Sendable (Request, Answer) -> Answer)?
  }

  private let state = Mutex(State())
  private let descriptor: Int32
  /// The port that it listens on.
  package let port: UInt16

  /// Starts a hub.
  package init(_ repositories: [Repository] = []) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRINUSE) }
    descriptor = listener
    port = UInt16(bigEndian: address.sin_port)
    state.withLock { $0.repositories = repositories }
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let self else {
          close(connection)
          return
        }
        Thread.detachNewThread { self.serve(connection) }
      }
    }
  }

  deinit {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  /// The address of the hub by a name of this machine.
  package func address(host: String = "127.0.0.1") -> String { "http://\(host):\(port)" }

  /// The requests so far.
  package var requests: [Request] { state.withLock { $0.requests } }

  /// Replaces what the hub has.
  package func replace(_ repositories: [Repository]) {
    state.withLock { $0.repositories = repositories }
  }

  /// Changes the answers from now on.
  package func change(_ body: (@Sendable (Request, Answer) -> Answer)?) {
    state.withLock { $0.change = body }
  }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    while let request = Self.read(connection) {
      let (repositories, change) = state.withLock { state in
        state.requests.append(request)
        return (state.repositories, state.change)
      }
      let plain = Self.answer(request, repositories)
      let answer = change?(request, plain) ?? plain
      if answer.delay > 0 { Thread.sleep(forTimeInterval: answer.delay) }
      guard Self.write(answer, to: connection, hasBody: request.method != "HEAD") else { return }
    }
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard bytes.count < 65536, recv(connection, &byte, 1, 0) == 1 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return Request(method: String(words[0]), path: String(words[1]), headers: headers)
  }

  /// - Returns: whether the connection is still good
  private static func write(_ answer: Answer, to connection: Int32, hasBody: Bool) -> Bool {
    var headers = answer.headers
    if headers["Content-Length"] == nil { headers["Content-Length"] = "\(answer.body.count)" }
    let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
    var bytes = Data("HTTP/1.1 \(answer.status) OK\r\n\(lines.joined())\r\n".utf8)
    if hasBody { bytes += answer.cut.map { answer.body.prefix($0) } ?? answer.body }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(connection, $0.baseAddress! + written, $0.count - written, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      written += count
    }
    if answer.stall > 0 { Thread.sleep(forTimeInterval: answer.stall) }
    return answer.cut == nil
  }
}

extension HubServer {
  /// What the hub answers without a fault.
  private static func answer(_ request: Request, _ repositories: [Repository]) -> Answer {
    let path = request.path.split(separator: "?")[0].removingPercentEncoding ?? ""
    for repository in repositories {
      let names = repository.branches + [repository.commit]
      let api = "/api/models/\(repository.name)/revision/"
      if path.hasPrefix(api) {
        guard names.contains(String(path.dropFirst(api.count))) else {
          return Answer(status: 404, headers: ["X-Error-Code": "RevisionNotFound"])
        }
        return Answer(body: repository.listing)
      }
      for name in names {
        let resolve = "/\(repository.name)/resolve/\(name)/"
        if path.hasPrefix(resolve) {
          return repository.answer(String(path.dropFirst(resolve.count)), request)
        }
      }
    }
    return Answer(status: 401, headers: ["X-Error-Code": "RepoNotFound"])
  }
}

extension HubServer.Repository {
  /// The hash of a file, by the system's own program.
  package func hash(of path: String) -> String {
    let content = files[path] ?? Data()
    if large.contains(path) { return Self.digest("sha256sum", content) }
    return Self.digest("sha1sum", Data("blob \(content.count)\0".utf8) + content)
  }

  private static let digests = Mutex<[String: String]>([:])

  private static func digest(_ program: String, _ content: Data) -> String {
    let key = program + content.base64EncodedString()
    if let known = digests.withLock({ $0[key] }) { return known }
    let file = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program, file.path]
    process.standardOutput = pipe
    do {
      try content.write(to: file)
      try process.run()
    } catch {
      return "\(error)"
    }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let digits = String(decoding: output, as: UTF8.self).prefix { $0 != " " }
    digests.withLock { $0[key] = String(digits) }
    return String(digits)
  }

  /// The list of files as the hub's interface has it.
  fileprivate var listing: Data {
    let siblings: [[String: Any]] = files.keys.sorted().map { path in
      let size = files[path]?.count ?? 0
      guard large.contains(path) else {
        return ["rfilename": path, "size": size, "blobId": hash(of: path)]
      }
      let stored: [String: Any] = ["sha256": hash(of: path), "size": size, "pointerSize": 134]
      let pointer = String(repeating: "0", count: 40)
      return ["rfilename": path, "size": size, "blobId": pointer, "lfs": stored]
    }
    let document: [String: Any] = ["sha": commit, "siblings": siblings, "gated": false]
    return (try? JSONSerialization.data(withJSONObject: document)) ?? Data()
  }

  /// A file, or the part of it that is asked for.
  fileprivate func answer(
    _ path: String, _ request: HubServer.Request
  ) -> HubServer.Answer {
    guard let content = files[path] else {
      return HubServer.Answer(status: 404, headers: ["X-Error-Code": "EntryNotFound"])
    }
    var headers = ["ETag": "\"\(hash(of: path))\"", "X-Repo-Commit": commit]
    if large.contains(path) {
      headers["X-Linked-ETag"] = headers["ETag"]
      headers["X-Linked-Size"] = "\(content.count)"
    }
    guard let range = request.headers["range"], let start = request.start else {
      return HubServer.Answer(headers: headers, body: content)
    }
    let end = min(
      range.split(separator: "-").last.flatMap { Int($0) } ?? .max, content.count - 1)
    guard start <= end else { return HubServer.Answer(status: 416, headers: headers) }
    headers["Content-Range"] = "bytes \(start)-\(end)/\(content.count)"
    return HubServer.Answer(status: 206, headers: headers, body: content[start...end])
  }
}
