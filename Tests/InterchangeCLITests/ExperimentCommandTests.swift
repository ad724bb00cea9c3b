import Foundation
import Interchange
import InterchangeBasics
import Testing

/// `interchange run` and `gather` on a tiny model: 60 points, whole, in parts and killed.
@Suite struct ExperimentCommandTests {
  private let model: TemporaryFile
  private let folder: URL

  init() throws {
    model = try TaughtModel.make()
    folder = try TemporaryFile(folder: ()).url
  }

  /// Two layers × five ranks × six seeds.
  private var sixty: String {
    """
    model: \(model.url.path)
    task: agreement
    pairs: 128
    controls: false
    steps:
      - das: {layers: 0-1, ranks: [1, 2, 3, 4, 5], seeds: 6, steps: 4, batch: 8}
    """
  }

  private func document(_ text: String, _ name: String = "experiment.yaml") throws -> String {
    let url = folder.appending(component: name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  private func run(_ document: String, _ more: [String]) throws -> Program.Result {
    try Program.run(["run", document] + more)
  }

  /// The record in a folder without times.
  private func numbers(_ name: String) throws -> String {
    let record = try RunRecord(folder: folder.appending(component: name))
    var copy = record
    copy.seconds = 0
    let parsed = try JSONParser.parse([UInt8](Data(copy.json().utf8)))
    return "\(Self.withoutTimes(parsed))"
  }

  private static func withoutTimes(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): .array(elements.map(withoutTimes))
    case .object(let members):
      .object(
        members.filter { $0.key != "started" && $0.key != "seconds" }
          .map { JSONValue.Member(key: $0.key, value: withoutTimes($0.value)) })
    default: value
    }
  }

  /// Sixty points in one run, in one that is killed ten times, and in three parts, have the same
  /// record but for times.
  @Test func wholeKilledAndGatheredAreTheSame() throws {
    let file = try document(sixty)
    func out(_ name: String) -> [String] { ["--out", folder.appending(component: name).path] }
    let start = Date()
    let whole = try run(file, out("whole"))
    try #require(whole.status == 0, "\(whole.errors)")
    let length = Date().timeIntervalSince(start)

    for _ in 0..<10 {
      let process = try Program.start(["run", file, "--resume"] + out("killed"))
      Thread.sleep(forTimeInterval: Double.random(in: 0.05...length / 5))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let killed = try run(file, ["--resume"] + out("killed"))
    try #require(killed.status == 0, "\(killed.errors)")
    #expect(try numbers("killed") == numbers("whole"))
    #expect(killed.output == whole.output)

    for (part, range) in [("c", "40:"), ("a", ":20"), ("b", "20:40")] {
      let result = try run(file, ["--points", range] + out(part))
      try #require(result.status == 0, "\(result.errors)")
      #expect(!exists("\(part)/run.json"))
    }
    let parts = ["b", "c", "a"].map { folder.appending(component: $0).path }
    let gathered = try Program.run(["gather"] + parts + out("gathered"))
    try #require(gathered.status == 0, "\(gathered.errors)")
    #expect(try numbers("gathered") == numbers("whole"))
    #expect(gathered.output == whole.output)
    #expect(exists("gathered/das.png") && exists("gathered/points"))

    let record = try RunRecord(folder: folder.appending(component: "whole"))
    let points = try #require(record.results[ExperimentResult.self]).points
    #expect(points.count == 60)
    #expect(points[13].name == "013-das-layer-0-rank-3-seed-1")
    #expect(points.allSatisfy { $0.results.alignments?.count == 1 })

    // The page of the whole, and a part that is missing.
    let report = try Program.run(["report", folder.appending(component: "gathered").path])
    #expect(report.status == 0 && exists("gathered/report.html"))
    let missing = try Program.run(["gather", parts[0], parts[2]] + out("missing"))
    #expect(missing.status == 65)
    #expect(missing.errors.contains("20 of 60 points") && missing.errors.contains("--points 40:60"))
  }

  private func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: path).path)
  }

  /// Steps that use what earlier ones made, and the record of a command that is run again.
  @Test func stepsUseOneAnother() throws {
    let pairs = try TemporaryFile(Data(#"{"prompt":"abc","completion":"cc"}"#.utf8))
    let file = try document(
      """
      model: \(model.url.path)
      task: agreement
      pairs: 128
      steps:
        - sweep: {limit: 4}
        - das: {layer: 1, ranks: [1, 2], steps: 4, batch: 8}
        - finetune:
            data: \(pairs.url.path)
            layers: 1
            positions: -1
            subspace: {das: {rank: 2}}
            use: fixed
            epochs: 2
            answers: loss
        - examine: {adapter: finetune, controls: false}
        - predict: {text: abc}
        - subspaces: [das]
      """)
    let out = folder.appending(component: "out").path
    let result = try run(file, ["--out", out])
    try #require(result.status == 0, "\(result.errors)")
    let points = try #require(
      RunRecord(folder: URL(filePath: out)).results[ExperimentResult.self]
    ).points
    #expect(
      points.map(\.step) == ["sweep", "das", "das", "finetune", "examine", "predict", "subspaces"])
    // The adapter's subspace is the one of rank 2: in it the same accuracy is found.
    let found = try #require(points[2].results.alignments?.first).report
    let examined = try #require(points[4].results.alignments?.first).report
    #expect(examined.rank == 2 && examined.test.correct == found.test.correct)
    #expect(points[5].output?.contains("logit") == true)
    #expect(result.output.contains("das: agreement: subjectNumber."))

    // A record in a point's folder, again.
    let again = try run(out + "/points/001-das-rank-1", [])
    #expect(again.status == 0 && again.errors.contains("the numbers are those of"))
    let copy = out + "-copy"
    let whole = try run(out + "/run.json", ["--out", copy])
    try #require(whole.status == 0, "\(whole.errors)")
    let digests = try [out, copy].map {
      try RunRecord(folder: URL(filePath: $0)).results[ExperimentResult.self]?.digest
    }
    #expect(digests[0] == digests[1] && digests[0] != nil)
  }

  /// `--save-as` writes a document whose run gives the command's numbers.
  @Test func savedCommandsRun() throws {
    let file = folder.appending(component: "saved.yaml").path
    let words = [
      "das", model.url.path, "--layer", "1", "--pairs", "128", "--steps", "4", "--batch", "8",
      "--position", "-1", "--seeds", "2", "--no-controls",
    ]
    let saved = try Program.run(words + ["--save-as", file])
    try #require(saved.status == 0 && saved.output.isEmpty, "\(saved.errors)")
    #expect(
      try String(contentsOf: URL(filePath: file), encoding: .utf8) == """
        model: \(model.url.path)
        steps:
          - das: {layer: 1, pairs: 128, steps: 4, batch: 8, position: -1, --seeds: 2, no-controls: true}

        """)
    let direct = try Program.run(words + ["--json"])
    let run = try run(file, ["--out", folder.appending(component: "out").path, "--json"])
    try #require(run.status == 0, "\(run.errors)")
    let point = try #require(run.record().results[ExperimentResult.self]?.points.first)
    let expected = try direct.record().results
    #expect(try point.results.numbersDigest() == expected.numbersDigest())
    #expect(point.digest == (try expected.numbersDigest()))
  }

  @Test func dryRunShowsThePoints() throws {
    let file = try document(sixty)
    let result = try run(file, ["--dry-run", "--points", "3:5"])
    try #require(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 4 && lines[1].hasPrefix("003-das-layer-0-rank-1-seed-3"))
    #expect(lines[3].hasPrefix("2 points, about "))
    #expect(!exists("experiment-output"))
  }

  /// Faults of a document, each with its words.
  @Test(arguments: [
    ("steps:\n  - dass: {layer: 1}", "line 2: steps[1].dass: 'dass' is no command that can be a"),
    ("steps:\n  - das: {layrs: 0-3}", "line 2: steps[1].das.layrs: 'layrs' is no option of das"),
    ("tusk: agreement\nsteps:\n  - das: {layer: 1}", "line 1: tusk: 'tusk' is no option of any"),
    ("steps:\n  - das: {layers: []}", "the list of layer is empty"),
    ("steps: []", "expected one step or more, found none"),
    ("steps:\n  - das: {layer: 1, steps: many}", "line 2: steps[1].das: "),
    ("steps:\n  - das: {layer: 1, out: x}", "'out' is given to `run`, not in a document"),
    ("steps:\n  - das: {layer: 1, seed: 1, seeds: 2}", "'seeds' and 'seed' are the same option"),
    ("steps:\n  - examine: {adapter: das}\n  - das: {layer: 1}", "'das' comes later"),
    (
      "steps:\n  - das: {layers: 0-1}\n  - examine: {adapter: {das: {rank: 1}}}",
      "'rank' is the same in all points of das"
    ),
    (
      "steps:\n  - das: {layers: 0-1}\n  - finetune: {data: x, subspace: das}",
      "das has 2 points that match; say which, such as {das: {layer: 0}}"
    ),
  ])
  func faultsAreNamed(_ text: String, _ expected: String) throws {
    let result = try run(document("model: \(model.url.path)\n" + text), ["--dry-run"])
    #expect(result.status == 65)
    let shifted = expected.replacing("line 2", with: "line 3").replacing("line 1", with: "line 2")
    #expect(result.errors.contains(shifted), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  /// Another document in the folder, parts of another model, points with other numbers.
  @Test func differencesAreNamed() throws {
    func text(_ ranks: String, _ path: String) -> String {
      """
      model: \(path)
      task: agreement
      pairs: 128
      controls: false
      steps:
        - das: {layer: 1, ranks: \(ranks), steps: 2, batch: 8}
      """
    }
    func out(_ name: String) -> [String] { ["--out", folder.appending(component: name).path] }
    let file = try document(text("[1, 2]", model.url.path))
    let first = try run(file, out("first"))
    try #require(first.status == 0, "\(first.errors)")
    let changed = try run(
      document(text("[1, 3]", model.url.path), "changed.yaml"), ["--resume"] + out("first"))
    #expect(changed.status == 65)
    #expect(changed.errors.contains("steps.das.rank: 1, 2 there, 1, 3 here"), "\(changed.errors)")
    // No change: a comment, and another form.
    let same = try run(
      document("# again\n" + text("1-2", model.url.path), "same.yaml"),
      ["--resume"] + out("first"))
    #expect(same.status == 0 && same.output == first.output, "\(same.errors)")

    let other = try TaughtModel.make()
    let weights = other.url.appending(path: "model.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 2] ^= 1
    try bytes.write(to: weights)
    // The same path, as on two machines.
    let link = folder.appending(component: "model")
    func use(_ url: URL) throws {
      try? FileManager.default.removeItem(at: link)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: url)
    }
    let linked = try document(text("[1, 2]", link.path), "linked.yaml")
    try use(model.url)
    #expect(try run(linked, ["--points", "0:1"] + out("a")).status == 0)
    #expect(try run(linked, ["--points", "0:2"] + out("b")).status == 0)
    try use(other.url)
    #expect(try run(linked, ["--points", "1:2"] + out("c")).status == 0)
    let names = { (names: [String]) in names.map { folder.appending(component: $0).path } }
    let mixed = try Program.run(["gather"] + names(["a", "c"]) + out("mixed"))
    #expect(mixed.status == 65 && mixed.errors.contains("are of different experiments: model."))
    // A point that both have counts once where it has the same numbers.
    #expect(try Program.run(["gather"] + names(["a", "b"]) + out("both")).status == 0)
    let record = folder.appending(path: "b/points/000-das-rank-1/run.json")
    let edited = try String(contentsOf: record, encoding: .utf8)
      .replacing(/"finalLoss" : [-0-9.e]+/, with: #""finalLoss" : 7.5"#)
    try Data(edited.utf8).write(to: record)
    let conflict = try Program.run(["gather"] + names(["a", "b"]) + out("conflict"))
    #expect(conflict.status == 65)
    #expect(conflict.errors.contains("point 000-das-rank-1:"), "\(conflict.errors)")
    #expect(conflict.errors.contains("have different numbers"), "\(conflict.errors)")
  }

  /// A run that is stopped by a signal leaves its folder for the next one.
  @Test func aSignalLeavesWhatIsFinished() throws {
    let file = try document(sixty)
    let out = folder.appending(component: "out").path
    let process = try Program.start(["run", file, "--out", out])
    let mark = URL(filePath: out).appending(path: "points/001-das-layer-0-rank-1-seed-1/point.json")
    let end = Date().addingTimeInterval(120)
    while !FileManager.default.fileExists(atPath: mark.path), Date() < end {
      Thread.sleep(forTimeInterval: 0.02)
    }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGINT)
    #expect(exists("out/points/000-das-layer-0-rank-1-seed-0/point.json"))
    let dates = {
      try FileManager.default.attributesOfItem(atPath: mark.path)[.modificationDate] as? Date
    }
    let before = try dates()
    let again = try run(file, ["--resume", "--points", "0:4", "--out", out])
    #expect(again.status == 0, "\(again.errors)")
    #expect(try dates() == before)
  }
}
