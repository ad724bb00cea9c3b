import Foundation
import InterchangeBasics
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The head of an answer.
struct HTTPHead: Sendable {
  let status: Int
  private let fields: [String: String]

  init(_ response: HTTPURLResponse) {
    status = response.statusCode
    var fields: [String: String] = [:]
    for (name, value) in response.allHeaderFields {
      if let name = name as? String, let value = value as? String {
        fields[name.lowercased()] = value
      }
    }
    self.fields = fields
  }

  /// A header by its name, in any case.
  subscript(name: String) -> String? { fields[name.lowercased()] }

  var isSuccess: Bool { (200..<300).contains(status) }
  var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }
}

/// A connection that failed, in the system's words.
struct HTTPFailure: Error {
  let reason: String
}

/// Requests by Foundation's URLSession, each answered in the calling thread.
///
/// Redirects are not followed: who sends a token has to see where it goes. The session hands its
/// data on as fast as they come, whether anybody takes them or not; so a caller asks for pieces of
/// a large file, and no more than a piece is ever in memory.
final class HTTPClient: Sendable {
  /// What the session tells, in order.
  private enum Event: Sendable {
    case head(HTTPHead)
    case data(Data)
    case end(HTTPFailure?)
  }

  /// The events of one request that nobody has taken yet.
  private final class Inbox: Sendable {
    private let events = Mutex<[Event]>([])
    private let count = DispatchSemaphore(value: 0)

    func put(_ event: Event) {
      events.withLock { $0.append(event) }
      count.signal()
    }

    func next() -> Event {
      count.wait()
      return events.withLock { $0.removeFirst() }
    }
  }

  private final class Delegate: NSObject, URLSessionDataDelegate {
    /// The inbox of each task that runs.
    let inboxes = Mutex<[Int: Inbox]>([:])

    private func put(_ event: Event, _ task: URLSessionTask) {
      inboxes.withLock { $0[task.taskIdentifier] }?.put(event)
    }

    func urlSession(
      _ session: URLSession, task: URLSessionTask,
      willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
      completionHandler: @escaping (URLRequest?) -> Void
    ) {
      completionHandler(nil)
    }

    func urlSession(
      _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
      completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
      if let response = response as? HTTPURLResponse { put(.head(HTTPHead(response)), dataTask) }
      completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
      put(.data(data), dataTask)
    }

    func urlSession(
      _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
      put(.end(error.map { HTTPFailure(reason: $0.localizedDescription) }), task)
    }
  }

  private let delegate = Delegate()
  private let session: URLSession
  /// The longest body of an answer that isn't a success.
  private static let longestRefusal = 1 << 20

  init(timeout: TimeInterval) {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = timeout
    configuration.httpShouldSetCookies = false
    configuration.httpCookieAcceptPolicy = .never
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    session = URLSession(configuration: configuration, delegate: delegate, delegateQueue: nil)
  }

  deinit { session.invalidateAndCancel() }

  /// Sends a request and waits for its answer.
  ///
  /// - Parameters:
  ///   - begin: is told the head of an answer that is a success
  ///   - receive: is given its body in pieces
  /// - Throws: ``HTTPFailure``, and the errors of `begin` and `receive`, which end the request.
  func send(
    _ request: URLRequest, begin: (HTTPHead) throws -> Void = { _ in },
    receive: (Data) throws -> Void
  ) throws -> HTTPHead {
    let task = session.dataTask(with: request)
    let inbox = Inbox()
    delegate.inboxes.withLock { $0[task.taskIdentifier] = inbox }
    defer { delegate.inboxes.withLock { _ = $0.removeValue(forKey: task.taskIdentifier) } }
    task.resume()
    do {
      var head: HTTPHead?
      var refusal = 0
      while true {
        switch inbox.next() {
        case .head(let received):
          head = received
          if received.isSuccess { try begin(received) }
        case .data(let data):
          if head?.isSuccess == true {
            try receive(data)
          } else {
            refusal += data.count
            if refusal > Self.longestRefusal, let head {
              task.cancel()
              return head
            }
          }
        case .end(let failure):
          if let failure { throw failure }
          guard let head else { throw HTTPFailure(reason: "no answer") }
          return head
        }
      }
    } catch {
      task.cancel()
      throw error
    }
  }
}
