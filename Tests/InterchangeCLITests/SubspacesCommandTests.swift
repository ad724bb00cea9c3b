import Foundation
import Testing

/// `interchange das` with its verdict and what it chooses, and `interchange subspaces` on its
/// folders.
@Suite struct SubspacesCommandTests {
  private let model: TemporaryFile
  private let out: TemporaryFile

  init() throws {
    model = try TaughtModel.make()
    out = try TemporaryFile(folder: ())
  }

  private func das(_ name: String, _ more: [String]) throws -> [String: Any] {
    let result = try Program.run(
      [
        "das", model.url.path, "--layer", "1", "--pairs", "4096", "--batch", "8", "--json", "--out",
        out.url.appending(component: name).path,
      ] + more)
    #expect(result.status == 0, "\(result.errors)")
    let alignments = try #require(try result.results()["alignments"] as? [[String: Any]])
    return try #require(alignments.first)
  }

  private func report(_ name: String, _ more: [String]) throws -> [String: Any] {
    try #require(try das(name, more)["report"] as? [String: Any])
  }

  /// Every fit has its rank and its verdict, with a reason.
  @Test(
    arguments: [
      ["--steps", "3"], ["--epochs", "1"], ["--max-steps", "20"], ["--boundless", "--steps", "3"],
      ["--boundless", "--published-boundary", "--steps", "3"],
    ])
  func verdicts(more: [String]) throws {
    let report = try report("verdict", more + ["--no-controls"])
    let verdict = try #require(report["verdict"] as? String)
    #expect(
      [
        "converged", "loss still falling", "not fitted", "not above random", "overfits",
        "too few pairs",
      ].contains(verdict))
    #expect(try #require(report["verdictReason"] as? String).isEmpty == false)
    #expect(try #require(report["rank"] as? Int) >= 1)
    let fit = try #require(report["fit"] as? [String: Any])
    let budget = try #require(fit["budget"] as? [String: Int])
    let asked = ["--steps": "steps", "--epochs": "epochs", "--max-steps": "maximumSteps"]
    if !more.contains("--boundless") { #expect(budget[asked[more[0]]!] == Int(more[1])) }
    // The table on the terminal has it, too.
    let text = try Program.run(
      ["das", model.url.path, "--layer", "1", "--pairs", "4096", "--batch", "8", "--no-controls"]
        + more)
    #expect(text.output.contains("verdict") && text.output.contains("\nverdict: "))
  }

  @Test func rankSiteAndSeeds() throws {
    let run = try das(
      "chosen",
      [
        "--layer", "0-1", "--rank", "auto", "--max-rank", "2", "--seeds", "2", "--steps", "3",
        "--no-controls",
      ])
    let report = try #require(run["report"] as? [String: Any])
    let dimension = try #require(report["dimension"] as? [String: Any])
    #expect(report["rank"] as? Int == dimension["dimension"] as? Int)
    let candidates = try #require(dimension["candidates"] as? [[String: Any]])
    #expect(candidates.compactMap { $0["rank"] as? Int }.allSatisfy { (1...2).contains($0) })
    let sites = try #require(run["siteSelection"] as? [String: Any])
    let tried = try #require(sites["candidates"] as? [[String: Any]])
    #expect(
      tried.compactMap { $0["site"] as? String } == [0, 1].map { "block_output \($0) @ -1" })
    let chosen = try #require(sites["chosen"] as? Int)
    #expect(report["site"] as? String == tried[chosen]["site"] as? String)
    let seeds = try #require(run["seeds"] as? [String: Any])
    #expect(seeds["seeds"] as? [Int] == [0, 1])
    let angles = try #require(seeds["likenesses"] as? [[[String: Any]]])
    #expect(angles.count == 2 && angles[0].count == 2)
  }

  @Test func comparedSubspaces() throws {
    let first = try report("a", ["--rank", "1", "--steps", "3", "--no-controls"])
    _ = try report("b", ["--rank", "2", "--steps", "3", "--no-controls", "--seed", "5"])
    let folders = ["a", "b"].map { out.url.appending(component: $0).path }
    let target = out.url.appending(component: "compared")
    let result = try Program.run(["subspaces"] + folders + ["--json", "--out", target.path])
    #expect(result.status == 0, "\(result.errors)")
    let json = try #require(try result.results()["subspaces"] as? [String: Any])
    #expect(json["names"] as? [String] == ["a", "b"] && json["ranks"] as? [Int] == [1, 2])
    let swaps = try #require(json["swaps"] as? [String: Any])
    let accuracies = try #require(swaps["accuracies"] as? [[[String: Any]]])
    #expect(accuracies.count == 2 && accuracies.allSatisfy { $0.count == 2 })
    // A run's own subspace on its own pairs is what the run said.
    let own = try #require(first["test"] as? [String: Any])
    #expect(accuracies[0][0]["correct"] as? Int == own["correct"] as? Int)
    #expect(accuracies[0][0]["n"] as? Int == own["n"] as? Int)
    let files = try FileManager.default.contentsOfDirectory(atPath: target.path)
    #expect(Set(files).isSuperset(of: ["run.json", "subspaces.png", "angles.png"]))
    let alone = try Program.run(["subspaces"] + folders + ["--no-swaps"])
    #expect(alone.status == 0 && alone.output.contains("a – b"))
    #expect(!alone.output.contains("random subspaces"))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    func error(_ arguments: [String], status: Int32) throws -> String {
      let result = try Program.run(arguments)
      #expect(result.status == status && result.output.isEmpty, "\(result.errors)")
      return result.errors
    }
    let das = ["das", model.url.path, "--layer", "1"]
    #expect(
      try error(das + ["--steps", "3", "--epochs", "2"], status: 64)
        .contains("give either --steps or --epochs"))
    #expect(
      try error(das + ["--published-boundary"], status: 64).contains("is for --boundless"))
    #expect(try error(das + ["--rank", "some"], status: 64).contains("'some'"))
    #expect(
      try error(["das", model.url.path, "--layer", "x"], status: 64).contains("'x'"))
    #expect(try error(["subspaces", out.url.path], status: 64).contains("two folders or more"))
    #expect(
      try error(["subspaces", out.url.path, out.url.path], status: 65).contains("no record"))
  }
}
