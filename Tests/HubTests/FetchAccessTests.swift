import Foundation
import InterchangeHub
import InterchangeTestSupport
import Testing

/// Who may fetch what, and where the token goes.
@Suite struct FetchAccessTests {
  private static let token = "hf_verySecretToken123"

  private func fault(
    _ bench: Bench, _ status: Int, _ code: String = "", token: Bool = false,
    on part: String = "/api/"
  ) -> String {
    bench.server.change { request, answer in
      guard request.path.contains(part) else { return answer }
      return HubServer.Answer(
        status: status,
        headers: ["X-Error-Code": code, "WWW-Authenticate": "Bearer realm=\"hub\""])
    }
    return message {
      try bench.fetch(environment: token ? ["HF_TOKEN": Self.token] : [:])
    }
  }

  @Test func refusals() throws {
    let bench = try Bench()
    let (name, page) = ("badInput: org/tiny", "\(bench.server.address())/org/tiny")
    #expect(
      fault(bench, 401, "RepoNotFound")
        == "\(name): no such model, or a private or gated one (status 401); if it is one, set "
        + "HF_TOKEN to a token of yours")
    #expect(
      fault(bench, 401, token: true)
        == "\(name): the hub doesn't take the token (status 401); HF_TOKEN may be wrong or too old")
    #expect(fault(bench, 404, "RepoNotFound") == "\(name): no such model (status 404)")
    #expect(
      fault(bench, 404, "RepoNotFound", token: true)
        == "\(name): no such model, or one that the token can't see (status 404)")
    #expect(
      fault(bench, 403, "GatedRepo", token: true, on: "/resolve/")
        == "\(name): the model is gated (status 403); ask for access at \(page) with the account of "
        + "HF_TOKEN")
    #expect(
      fault(bench, 401, "GatedRepo", on: "/resolve/")
        == "\(name): the model is gated (status 401); ask for access at \(page), then set HF_TOKEN "
        + "to a token of yours")
    #expect(
      fault(bench, 403)
        == "\(name): the hub gives no access (status 403); set HF_TOKEN to a token of yours")
    #expect(
      fault(bench, 404, "EntryNotFound", on: "/resolve/") == "\(name): no file \"config.json\"")
    #expect(try bench.paths("snapshots").isEmpty)
    #expect(try bench.paths("refs").isEmpty)
  }

  /// Text of the server can't steer a terminal.
  @Test func wordsOfTheServer() throws {
    let bench = try Bench()
    bench.server.change { _, _ in
      HubServer.Answer(
        status: 451, headers: ["X-Error-Message": "gone\u{1B}[2J\u{9B}31m \"x\""])
    }
    let words = bench.fault()
    #expect(words.contains("the hub says \"gone\\u{1B}[2J"))
    #expect(words.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B })
  }

  @Test func theTokenStaysWithTheHub() throws {
    let bench = try Bench()
    // Another name of this machine is another host.
    let other = bench.server.address(host: "localhost")
    bench.server.change { request, answer in
      guard request.path.contains("/resolve/") else { return answer }
      var answer = answer
      (answer.status, answer.body) = (302, Data())
      answer.headers["Location"] = "\(other)/files\(request.path)"
      return answer
    }
    // The file store serves without the hub's headers.
    let files = Bench.files
    let redirecting = bench.server
    redirecting.change { request, answer in
      if request.path.hasPrefix("/files/") {
        let name = request.path.split(separator: "/").last.map(String.init) ?? ""
        return HubServer.Answer(body: files[name] ?? Data())
      }
      guard request.path.contains("/resolve/") else { return answer }
      var answer = answer
      (answer.status, answer.body) = (302, Data())
      answer.headers["Location"] = "\(other)/files\(request.path)"
      return answer
    }
    try bench.fetch(environment: ["HF_TOKEN": Self.token + "\n"])
    let requests = bench.server.requests
    let (stored, own) = (
      requests.filter { $0.path.hasPrefix("/files/") },
      requests.filter { !$0.path.hasPrefix("/files/") }
    )
    #expect(stored.count == 4 && own.count == 5)
    #expect(stored.allSatisfy { $0.headers["authorization"] == nil })
    #expect(stored.allSatisfy { $0.headers["host"]?.hasPrefix("localhost:") == true })
    #expect(own.allSatisfy { $0.headers["authorization"] == "Bearer \(Self.token)" })
    // Nor is it written anywhere.
    for file in try FileManager.default.subpathsOfDirectory(atPath: bench.cache.path) {
      let data = (try? Data(contentsOf: bench.cache.appending(path: file))) ?? Data()
      #expect(data.range(of: Data(Self.token.utf8)) == nil)
    }
  }

  /// The file of `hf auth login`, unless the token isn't to be sent unasked.
  @Test func theTokensFile() throws {
    let bench = try Bench()
    let folder = try TemporaryFolder()
    _ = try folder.file("token", Data("hf_fromFile\n".utf8))
    try bench.fetch(environment: ["HF_HOME": folder.url.path])
    #expect(
      bench.server.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_fromFile" })
    let before = bench.server.requests.count
    try bench.fetch(
      environment: ["HF_HOME": folder.url.path, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"])
    #expect(
      bench.server.requests.dropFirst(before).allSatisfy { $0.headers["authorization"] == nil })
  }

  /// A repository that was renamed: the hub leads to its new name, and the cache has the old one.
  @Test func aNewName() throws {
    let bench = try Bench()
    bench.server.change { request, answer in
      guard request.path.hasPrefix("/api/models/old/") || request.path.hasPrefix("/old/") else {
        return answer
      }
      return HubServer.Answer(
        status: 307, headers: ["Location": request.path.replacing("/old/", with: "/org/tiny/")])
    }
    try bench.fetch("old", environment: ["HF_TOKEN": Self.token])
    #expect(try bench.model("old").name == "old")
    #expect(bench.server.requests.allSatisfy { $0.headers["authorization"] != nil })
  }

  @Test(arguments: ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://user:word@127.0.0.1/"])
  func redirectsElsewhere(_ location: String) throws {
    let bench = try Bench()
    bench.server.change { _, _ in
      HubServer.Answer(status: 302, headers: ["Location": location])
    }
    let words = bench.fault()
    #expect(words.hasPrefix("failed: 127.0.0.1: redirect"))
  }
}
