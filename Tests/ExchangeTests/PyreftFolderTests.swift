import Foundation
import InterchangeCheckpoints
import InterchangeExchange
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Folders that pyreft saved, with its logits.
enum PyreftFixtures {
  struct Expected: Decodable {
    struct Case: Decodable, CustomTestStringConvertible {
      let folder, positions: String
      let form: ReFT.Form
      let activation: Activation?
      let logits: [[Float]]
      var testDescription: String { folder }
    }
    let prompts: [[Int]]
    let cases: [Case]
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/interventions/pyreft")

  static func expected() throws -> Expected {
    let data = try Data(contentsOf: folder.appending(component: "expected.json"))
    return try JSONDecoder().decode(Expected.self, from: data)
  }

  /// The largest difference of the logits of the prompts' last positions from pyreft's.
  static func distance(
    _ adapter: any Adapter, _ model: LanguageModel, _ found: Expected.Case, _ prompts: [[Int]]
  ) throws -> Float {
    let logits = try AdaptedModel(model, adapters: [adapter]).lastLogits(prompts).elements
    let expected = found.logits.flatMap { $0 }
    guard logits.count == expected.count else { return .infinity }
    return zip(logits, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }
}

/// Folders that pyreft saved give pyreft's logits.
@Suite struct PyreftFolderTests {
  @Test func logitsArePyrefts() throws {
    let model = try TinyModels.safetensors()
    let expected = try PyreftFixtures.expected()
    #expect(Set(expected.cases.map(\.form)) == Set(ReFT.Form.allCases))
    for found in expected.cases {
      let folder = try PyreftFolder(
        contentsOf: PyreftFixtures.folder.appending(component: found.folder))
      #expect(folder.entries.allSatisfy { $0.form == found.form })
      #expect(Set(folder.entries.map(\.layer)) == [0, 2])
      let adapter = try folder.adapter(
        for: model, positions: Positions(parsing: found.positions), activation: found.activation)
      let distance = try PyreftFixtures.distance(adapter, model, found, expected.prompts)
      // Logits of order one, float32 on both sides.
      #expect(distance < 1e-4, "\(found.folder): \(distance)")

      // An imported adapter can be kept.
      let kept = try TemporaryFolder()
      try AdapterFile.write(adapter, of: model, to: kept.url)
      let read = try AdapterFile.read(contentsOf: kept.url.path, base: model).adapter
      #expect(try PyreftFixtures.distance(read, model, found, expected.prompts) == distance)
    }
  }

  private func adapter(_ name: String, _ positions: Positions) throws -> InterventionAdapter {
    try PyreftFolder(contentsOf: PyreftFixtures.folder.appending(component: name))
      .adapter(for: TinyModels.safetensors(), positions: positions)
  }

  @Test func sitesAndParameters() throws {
    let untied = try adapter("loreft-untied", .firstAndLast(2, 2))
    let ends: [Positions] = [.halves(first: 2, last: 0), .halves(first: 0, last: 2)]
    #expect(
      untied.interventions.map(\.site)
        == ends.flatMap { [.blockOutput(0, $0), .blockOutput(2, $0)] })
    #expect(untied.parameters.count == 4 * 3)
    let paths = try adapter("loreft-paths", .last)
    #expect(paths.interventions.map(\.site) == [.mlpOutput(0, .last), .mlpOutput(2, .last)])
    let square = try adapter("consreft-square", .last)
    let reft = try #require(square.interventions[0].intervention as? ReFT)
    #expect(reft.rank == 16 && (reft.rotation?.orthonormalityError ?? 1) < 1e-5)
  }
}
