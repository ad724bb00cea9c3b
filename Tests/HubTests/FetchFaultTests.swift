import Foundation
import InterchangeHub
import InterchangeTestSupport
import Synchronization
import Testing

/// Connections that are cut, servers with faults, and files that aren't what they are said to be.
@Suite struct FetchFaultTests {
  private func isWeights(_ request: HubServer.Request) -> Bool {
    request.path.hasSuffix("model.safetensors")
  }

  /// More often than there are attempts, as each one brings something.
  @Test func aCutConnectionGoesOn() throws {
    let bench = try Bench()
    let cuts = Mutex(6)
    bench.server.change { request, answer in
      var answer = answer
      guard request.path.hasSuffix("model.safetensors") else { return answer }
      if cuts.withLock({
        $0 -= 1
        return $0 >= 0
      }) {
        answer.cut = 10_000
      }
      return answer
    }
    try bench.fetch()
    let starts = bench.server.requests.filter(isWeights).map { $0.start ?? 0 }
    #expect(starts == [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000])
    #expect(
      try Data(contentsOf: bench.snapshot.appending(path: "model.safetensors"))
        == Bench.files["model.safetensors"])
    #expect(bench.notes.count { $0.hasSuffix("trying again") } == 6)
  }

  /// A fetch that failed leaves what it has, and no model; the next one goes on.
  @Test func aStoppedFetchGoesOn() throws {
    let bench = try Bench()
    bench.server.change { request, answer in
      var answer = answer
      guard request.path.hasSuffix("model.safetensors") else { return answer }
      answer.cut = request.start == nil ? 30_000 : 0
      return answer
    }
    #expect(bench.fault().hasPrefix("failed: 127.0.0.1: "))
    #expect(try bench.paths("blobs").count { $0.hasSuffix(".incomplete") } == 1)
    #expect(HubCache(bench.cache).unfinishedBytes(of: "org/tiny") == 30_000)
    #expect(try bench.paths("snapshots").isEmpty)
    #expect(try bench.paths("refs").isEmpty)
    #expect(
      message { try bench.model("org/tiny") }
        == "badInput: org/tiny: no such file or folder, and no model of this name in "
        + "\(bench.cache.path); `interchange fetch org/tiny` downloads it")
    bench.server.change(nil)
    let before = bench.server.requests.count
    #expect(try bench.fetch().files.filter(\.isNew).map(\.path) == ["model.safetensors"])
    let later = bench.server.requests.dropFirst(before)
    #expect(later.filter(isWeights).map(\.start) == [30_000])
    #expect(bench.notes.contains("model.safetensors: goes on after 30 kB"))
    #expect(try bench.paths("blobs").allSatisfy { !$0.hasSuffix(".incomplete") })
    try #expect(
      Data(contentsOf: bench.snapshot.appending(path: "model.safetensors"))
        == Bench.files["model.safetensors"])
  }

  @Test func piecesOfALongFile() throws {
    let bench = try Bench()
    try bench.fetch(pieceLength: 16_384)
    let ranges = bench.server.requests.filter(isWeights).map { $0.headers["range"] ?? "" }
    #expect(
      ranges == [
        "bytes=0-16383", "bytes=16384-32767", "bytes=32768-49151", "bytes=49152-65535",
        "bytes=65536-70000",
      ])
    #expect(
      try Data(contentsOf: bench.snapshot.appending(path: "model.safetensors"))
        == Bench.files["model.safetensors"])
  }

  /// A server that knows no ranges sends all of it anew.
  @Test func withoutRanges() throws {
    let bench = try Bench()
    let once = Once()
    bench.server.change { request, answer in
      guard request.path.hasSuffix("model.safetensors") else { return answer }
      var answer = HubServer.Answer(body: Bench.files["model.safetensors"] ?? Data())
      if once.isFirst {
        answer.cut = 20_000
      }
      return answer
    }
    try bench.fetch(pieceLength: 16_384)
    #expect(
      try Data(contentsOf: bench.snapshot.appending(path: "model.safetensors"))
        == Bench.files["model.safetensors"])
  }

  @Test func wrongBytesAreThrownAway() throws {
    for file in ["model.safetensors", "config.json"] {
      let bench = try Bench()
      bench.server.change { request, answer in
        var answer = answer
        if request.path.hasSuffix("/" + file) { answer.body[0] ^= 1 }
        return answer
      }
      let words = bench.fault()
      #expect(words.hasPrefix("failed: org/tiny: \(file): expected the hash "))
      #expect(words.hasSuffix("; it was thrown away: fetch it again"))
      #expect(try bench.paths("blobs").allSatisfy { !$0.hasSuffix(".incomplete") })
      #expect(try bench.paths("snapshots").isEmpty)
      #expect(try bench.paths("refs").isEmpty)
    }
    // What an earlier fetch left may be wrong as well.
    let bench = try Bench()
    let hash = HubServer.Repository(
      "org/tiny", commit: Bench.commit, files: Bench.files, large: ["model.safetensors"]
    ).hash(of: "model.safetensors")
    let left = bench.repository.appending(components: "blobs", hash + ".incomplete")
    try FileManager.default.createDirectory(
      at: left.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(repeating: 7, count: 100).write(to: left)
    #expect(bench.fault().hasPrefix("failed: org/tiny: model.safetensors: expected the hash "))
    try Data(repeating: 7, count: 100_000).write(to: left)
    try bench.fetch()
  }

  @Test func wrongSizesAreThrownAway() throws {
    let bench = try Bench()
    bench.server.change { request, answer in
      guard request.path.hasSuffix("model.safetensors") else { return answer }
      return HubServer.Answer(body: Bench.bytes(70_000))
    }
    let words = "expected a size of 70001 bytes, found 70000; it was thrown away: fetch it again"
    #expect(bench.fault() == "failed: org/tiny: model.safetensors: \(words)")
    bench.server.change { request, answer in
      guard request.path.hasSuffix("model.safetensors") else { return answer }
      // Without a length the answer ends with the connection.
      return HubServer.Answer(headers: ["Content-Length": "70010"], body: Bench.bytes(70_010))
    }
    #expect(
      bench.fault().hasPrefix("failed: org/tiny: model.safetensors: expected a size of 70001"))
    bench.server.change { request, answer in
      var answer = answer
      if request.start != nil { answer.headers["Content-Range"]? += "0" }
      return answer
    }
    #expect(
      message { try bench.fetch(pieceLength: 1 << 14) }
        == "failed: org/tiny: model.safetensors: expected a size of 70001 bytes, found 700010; "
        + "it was thrown away: fetch it again")
    #expect(try bench.paths("blobs").allSatisfy { !$0.hasSuffix(".incomplete") })
  }

  @Test func aServerThatIsBusy() throws {
    let bench = try Bench()
    let answers = Mutex([503, 429, 500])
    bench.server.change { request, answer in
      let status = answers.withLock { $0.popLast() }
      return status.map { HubServer.Answer(status: $0, headers: ["Retry-After": "0"]) } ?? answer
    }
    try bench.fetch()
    #expect(
      bench.notes == [
        "127.0.0.1: the server has a fault (status 500); it asks to wait 0 seconds; trying again",
        "127.0.0.1: too many requests (status 429); it asks to wait 0 seconds; trying again",
        "127.0.0.1: the server has a fault (status 503); it asks to wait 0 seconds; trying again",
      ])
    bench.server.change { _, _ in HubServer.Answer(status: 503) }
    let before = bench.server.requests.count
    #expect(bench.fault() == "failed: 127.0.0.1: the server has a fault (status 503)")
    #expect(bench.server.requests.count == before + 5)
    bench.server.change { _, _ in
      HubServer.Answer(status: 429, headers: ["Retry-After": "3600"])
    }
    #expect(
      bench.fault()
        == "failed: 127.0.0.1: too many requests (status 429); it asks to wait 3600 seconds")
    #expect(bench.server.requests.count == before + 6)
  }

  @Test func waitsAsLongAsItIsAsked() throws {
    let bench = try Bench()
    let once = Once()
    bench.server.change { _, answer in
      guard
        once.isFirst
      else { return answer }
      return HubServer.Answer(status: 429, headers: ["Retry-After": "1"])
    }
    let start = Date()
    try bench.fetch()
    #expect(Date().timeIntervalSince(start) >= 1)
    #expect(bench.notes.first?.hasSuffix("; trying again in 1 s") == true)
  }

  /// A server that says nothing more is left.
  @Test func silence() throws {
    let bench = try Bench()
    bench.server.change { _, answer in
      var answer = answer
      answer.delay = 3
      return answer
    }
    let start = Date()
    let words = message { try bench.fetch(timeout: 0.3) }
    #expect(words.hasPrefix("failed: 127.0.0.1: "))
    #expect(Date().timeIntervalSince(start) < 10)
  }

  @Test func noRoom() throws {
    let bench = try Bench()
    bench.server.change { request, answer in
      var answer = answer
      let text = String(decoding: answer.body, as: UTF8.self)
      if request.path.contains("/api/") {
        answer.body = Data(text.replacing("70001", with: "9000000000000000000").utf8)
      }
      return answer
    }
    let words = bench.fault()
    #expect(words.hasPrefix("failed: \(bench.cache.path): 9000000 TB are needed, "))
    #expect(!bench.server.requests.contains(where: isWeights))
  }

  @Test func nobodyThere() throws {
    let bench = try Bench()
    // A port that was free a moment ago.
    let port = try HubServer().port
    let words = message {
      try bench.fetch(environment: ["HF_ENDPOINT": "http://127.0.0.1:\(port)"])
    }
    #expect(words.hasPrefix("failed: 127.0.0.1: "))
    #expect(
      message { try bench.fetch(environment: ["HF_HUB_OFFLINE": "1"]) }
        == "badInput: HF_HUB_OFFLINE is set: nothing is fetched; unset it to fetch")
    #expect(bench.server.requests.isEmpty)
  }
}
