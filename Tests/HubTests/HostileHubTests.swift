import Foundation
import InterchangeHub
import InterchangeTestSupport
import Testing

/// Names and hashes of a hub that means harm lead to no file outside the cache.
@Suite struct HostileHubTests {
  @Test(arguments: [
    "../../x", "/etc/x", "a/../../x", "..", "a//b", "a/./b", "", "a\\..\\b", "a\u{1B}[2Jb", "a\0b",
    String(repeating: "a", count: 256),
  ])
  func pathsThatLeadOut(_ path: String) throws {
    let bench = try Bench()
    bench.server.change { request, answer in
      var answer = answer
      let listing: [String: Any] = [
        "sha": Bench.commit, "siblings": [["rfilename": "config.json"], ["rfilename": path]],
      ]
      if request.path.contains("/api/") {
        answer.body = (try? JSONSerialization.data(withJSONObject: listing)) ?? Data()
      }
      return answer
    }
    let words = bench.fault("org/tiny", ["*"])
    #expect(
      words.hasPrefix(
        "failed: 127.0.0.1: list of files: expected paths inside the repository, found"))
    #expect(words.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    #expect(!FileManager.default.fileExists(atPath: bench.cache.path))
  }

  @Test(arguments: [
    "main", "../../../../tmp/x", "0123", String(repeating: "A", count: 40),
    String(repeating: "g", count: 40),
  ])
  func commitsThatAreNone(_ commit: String) throws {
    let bench = try Bench()
    bench.server.change { request, answer in
      var answer = answer
      let text = String(decoding: answer.body, as: UTF8.self)
      if request.path.contains("/api/") {
        answer.body = Data(text.replacing(Bench.commit, with: commit).utf8)
      }
      return answer
    }
    #expect(
      bench.fault().hasPrefix("failed: 127.0.0.1: list of files: sha: expected a commit, found"))
  }

  /// A hub whose list has no hashes: those of the headers are names of files, so only hashes are
  /// taken.
  @Test func hashesOfHeaders() throws {
    let bench = try Bench()
    let listing: [String: Any] = [
      "sha": Bench.commit, "siblings": Bench.files.keys.map { ["rfilename": $0] },
    ]
    let body = try JSONSerialization.data(withJSONObject: listing)
    func serve(_ tag: String?) {
      bench.server.change { request, answer in
        var answer = answer
        if request.path.contains("/api/") { answer.body = body }
        if let tag {
          (answer.headers["ETag"], answer.headers["X-Linked-ETag"]) = (tag, nil)
        }
        return answer
      }
    }
    for tag in ["\"../../../x\"", "\"abc\"", "W/\"..\"", "\"\"", "\"/etc/x\"", "\"a\u{1B}b\""] {
      serve(tag)
      let words = bench.fault()
      #expect(words.hasPrefix("failed: 127.0.0.1: config.json: ETag: expected a hash"))
      #expect(words.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
    #expect(try bench.paths("blobs").isEmpty)
    serve(nil)
    try bench.fetch()
    #expect(try bench.paths("blobs").count == 4)
    #expect(bench.server.requests.contains { $0.method == "HEAD" })
  }

  @Test func answersThatAreNone() throws {
    let bench = try Bench()
    for (body, words) in [
      ("<html>", "list of files: expected valid JSON, found no a value"),
      ("{}", "list of files: sha: expected a commit, found nothing"),
      (
        "{\"sha\": \"\(Bench.commit)\"}",
        "list of files: siblings: expected an array, found nothing"
      ),
    ] {
      bench.server.change { _, _ in HubServer.Answer(body: Data(body.utf8)) }
      #expect(bench.fault() == "failed: 127.0.0.1: \(words)")
    }
    bench.server.change { request, answer in
      var answer = answer
      if request.path.contains("/resolve/") {
        answer.headers["X-Repo-Commit"] = String(repeating: "b", count: 40)
      }
      return answer
    }
    #expect(bench.fault().contains("X-Repo-Commit: expected \(Bench.commit), found \"bbbb"))
  }

  /// Links in the cache in the place of files and folders are not written through.
  @Test func links() throws {
    let bench = try Bench(["config.json": Data("{}".utf8), "sub/a.txt": Data("a".utf8)], large: [])
    let precious = bench.cache.deletingLastPathComponent().appending(component: "precious")
    try FileManager.default.createDirectory(at: precious, withIntermediateDirectories: true)
    let files = FileManager.default
    try files.createDirectory(at: bench.snapshot, withIntermediateDirectories: true)
    try files.createSymbolicLink(
      at: bench.snapshot.appending(component: "sub"), withDestinationURL: precious)
    #expect(
      message { try bench.fetch("org/tiny", ["*"]) }.hasSuffix(
        "sub: a link in the place of a folder"))
    #expect(try files.contentsOfDirectory(atPath: precious.path).isEmpty)
    // What was fetched of a file is never a link.
    let other = try Bench(["config.json": Data("{}".utf8)], large: [])
    let hash = HubServer.Repository(
      "org/tiny", commit: Bench.commit, files: ["config.json": Data("{}".utf8)]
    ).hash(of: "config.json")
    let blobs = other.repository.appending(component: "blobs")
    try files.createDirectory(at: blobs, withIntermediateDirectories: true)
    try files.createSymbolicLink(
      at: blobs.appending(component: hash + ".incomplete"),
      withDestinationURL: precious.appending(component: "file"))
    #expect(
      message { try other.fetch("org/tiny", ["*"]) }.hasSuffix(
        ".incomplete: can't be written: Too many levels of symbolic links"))
    #expect(try files.contentsOfDirectory(atPath: precious.path).isEmpty)
  }
}
