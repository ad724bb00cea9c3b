import Foundation
import InterchangeBasics

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A hub with its HTTP interface: where it is, the user's token, and how long to be patient.
///
/// The token goes to the hub's own scheme, host and port, never to where a redirect leads, and
/// nothing shows it.
struct HubClient: Sendable {
  /// The hub's address, without a slash at its end.
  let endpoint: URL
  private let token: String?
  private let http: HTTPClient
  /// Attempts at the same request that may fail one after the other.
  var attempts = 5
  /// Seconds before the second attempt; each further one waits twice as long.
  var pause = 1.0
  /// The longest that the hub may ask to wait, in seconds.
  static let longestPause = 300

  private static let mostRedirects = 10

  init(endpoint: URL, token: String?, timeout: TimeInterval = 30) {
    (self.endpoint, self.token) = (endpoint, token)
    http = HTTPClient(timeout: timeout)
  }

  /// The same hub with another time to wait for an answer, in seconds.
  func with(timeout: TimeInterval) -> HubClient {
    var client = HubClient(endpoint: endpoint, token: token, timeout: timeout)
    (client.attempts, client.pause) = (attempts, pause)
    return client
  }

  var hasToken: Bool { token != nil }

  /// The hub as errors name it.
  var host: String { endpoint.host() ?? endpoint.absoluteString }

  /// The address of a path whose parts are not yet escaped.
  func url(_ parts: [String], query: String = "") -> URL? {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    let path = parts.map { $0.addingPercentEncoding(withAllowedCharacters: allowed) ?? $0 }
    return URL(string: ([endpoint.absoluteString] + path).joined(separator: "/") + query)
  }

  /// Sends a request, follows redirects, and hands on the body of a success.
  ///
  /// - Parameters:
  ///   - stops: tells at which head to stop, even where it leads elsewhere
  /// - Returns: the first head that came from the hub itself, and the last one
  /// - Throws: ``HubError/unreachable(host:reason:)``,
  ///   ``HubError/malformedAnswer(host:place:expected:found:)``, and the errors of the closures.
  func send(
    _ url: URL, method: String = "GET", headers: [String: String] = [:],
    stops: (HTTPHead) -> Bool = { _ in false }, begin: (HTTPHead) throws -> Void = { _ in },
    receive: (Data) throws -> Void = { _ in }
  ) throws -> HTTPHead {
    var url = url
    for _ in 0..<Self.mostRedirects {
      var request = URLRequest(url: url)
      request.httpMethod = method
      request.setValue("interchange/\(interchangeVersion)", forHTTPHeaderField: "User-Agent")
      // Sizes and ranges are those of the file itself.
      request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
      for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
      if let token, Self.origin(url) == Self.origin(endpoint) {
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
      }
      let head: HTTPHead
      do {
        head = try http.send(request, begin: begin, receive: receive)
      } catch let failure as HTTPFailure {
        throw HubError.unreachable(
          host: url.host() ?? "", reason: failure.reason.withVisibleControls)
      }
      guard head.isRedirect, !stops(head) else { return head }
      url = try target(of: head, from: url)
    }
    throw malformed("redirects", "at most \(Self.mostRedirects)", "more")
  }

  /// The address that a redirect leads to. It isn't shown: it may be signed for the user.
  private func target(of head: HTTPHead, from url: URL) throws(HubError) -> URL {
    guard let location = head["Location"],
      let target = URL(string: location, relativeTo: url)?.absoluteURL,
      target.host()?.isEmpty == false, target.user() == nil,
      target.scheme == "https" || target.scheme == "http" && url.scheme == "http"
    else {
      throw malformed("redirect", "an address as safe as the one before", "another")
    }
    return target
  }

  /// Scheme, host and port.
  private static func origin(_ url: URL) -> [String] {
    let scheme = url.scheme?.lowercased() ?? ""
    let port = url.port ?? (scheme == "https" ? 443 : 80)
    return [scheme, url.host()?.lowercased() ?? "", "\(port)"]
  }

  func malformed(_ place: String, _ expected: String, _ found: String) -> HubError {
    .malformedAnswer(host: host, place: place, expected: expected, found: found)
  }
}

extension HubClient {
  /// Does something again while it fails by what may pass: cut connections, faults of the server,
  /// too many requests.
  ///
  /// - Parameters:
  ///   - note: is told of each failure that is not the last
  ///   - body: does it, and reports progress, which renews the patience
  func patiently<R>(
    _ note: (String) -> Void, _ body: (_ progressed: inout Bool) throws -> R
  ) throws -> R {
    var failures = 0
    while true {
      var progressed = false
      do {
        return try body(&progressed)
      } catch let error as HubError where error.isTransient {
        failures = progressed ? 1 : failures + 1
        guard failures < attempts else { throw error }
        var wait = pause * Double(1 << (failures - 1))
        if case .unavailable(_, _, let asked?) = error {
          guard asked <= Self.longestPause else { throw error }
          wait = max(wait, Double(asked))
        }
        note("\(error); trying again" + (wait >= 1 ? " in \(Int(wait.rounded())) s" : ""))
        Thread.sleep(forTimeInterval: wait)
      }
    }
  }

  /// Checks that an answer about a repository is a success.
  ///
  /// - Throws: ``HubError`` in words that tell what may help.
  func requireSuccess(_ head: HTTPHead, _ name: HubName, file: String? = nil) throws(HubError) {
    guard !head.isSuccess else { return }
    let code = head["X-Error-Code"] ?? ""
    let page = endpoint.absoluteString + "/" + name.repository
    func refused(_ reason: String, _ advice: String = "") -> HubError {
      .refused(name: name.repository, status: head.status, reason: reason, advice: advice)
    }
    let login = "set HF_TOKEN to a token of yours"
    switch head.status {
    case 401 where code == "GatedRepo", 403 where code == "GatedRepo":
      throw refused(
        "the model is gated",
        "ask for access at \(page)"
          + (hasToken ? " with the account of HF_TOKEN" : ", then \(login)"))
    case 401 where hasToken:
      throw refused("the hub doesn't take the token", "HF_TOKEN may be wrong or too old")
    case 401:
      throw refused("no such model, or a private or gated one", "if it is one, \(login)")
    case 403:
      throw refused("the hub gives no access", hasToken ? "see \(page)" : login)
    case 404 where code == "RevisionNotFound":
      throw HubError.noSuchRevision(
        name: name.repository, revision: name.revision ?? HubName.defaultRevision, place: host,
        known: [])
    case 404 where file != nil:
      throw HubError.noSuchFile(name: name.repository, file: file ?? "", known: [])
    case 404:
      throw refused("no such model" + (hasToken ? ", or one that the token can't see" : ""))
    case 408, 429, 500...:
      throw .unavailable(
        host: host, status: head.status, retryAfter: head["Retry-After"].flatMap { Int($0) })
    default:
      let words = head["X-Error-Message"].map { "the hub says " + quoted($0, upTo: 200) }
      throw refused(words ?? "the hub doesn't give it")
    }
  }
}
