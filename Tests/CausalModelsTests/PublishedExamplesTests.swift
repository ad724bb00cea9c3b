import Foundation
import InterchangeCausalModels
import Testing

/// The examples of the tasks whose numbers are published, as they were when they were measured.
@Suite("Published examples")
struct PublishedExamplesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let task: any CausalTask<Prompt>
    let change: String
    let pairs: UInt64
    let prompts: UInt64
    var count = 384
    var testDescription: String { "\(task.name) \(change)" }
  }

  static let cases = [
    Case(
      task: SubjectVerbAgreement(), change: "subjectNumber", pairs: 11_227_931_651_480_789_353,
      prompts: 2_959_198_780_435_179_849),
    Case(
      task: SubjectVerbAgreement(frame: .bare), change: "subjectNumber",
      pairs: 18_355_391_698_551_895_889, prompts: 3_473_154_138_272_134_135),
    Case(
      task: IndirectObjectIdentification(), change: "subjectPosition",
      pairs: 3_595_907_704_193_826_499, prompts: 2_953_081_483_838_517_838),
    Case(
      task: IndirectObjectIdentification(), change: "indirectObject",
      pairs: 12_942_932_211_971_013_011, prompts: 2_953_081_483_838_517_838),
    Case(
      task: CountryCapitals(), change: "country", pairs: 4_869_248_494_947_701_019,
      prompts: 14_436_942_153_961_998_644),
    Case(
      task: CountryCapitals(frame: .bare), change: "country", pairs: 9_898_497_966_938_564_747,
      prompts: 3_200_350_636_553_169_119, count: 256),
    Case(
      task: GenderedPronoun(), change: "gender", pairs: 7_354_519_009_607_015_379,
      prompts: 16_098_253_773_228_691_209),
  ]

  @Test("Texts, spans, answers, labels, groups and splits are the same", arguments: cases)
  func same(test: Case) throws {
    var pairs = ""
    for (count, seed) in [(64, 0), (128, 1), (test.count, 0)] as [(Int, UInt64)] {
      let data = try test.task.counterfactuals(changing: test.change, count: count, seed: seed)
      let parts = try data.split(disjoint: test.task.group, fraction: 0.7, seed: seed)
      for part in [data, parts.train, parts.test] {
        for example in part {
          pairs += line(example.base) + example.sources.map(line).joined()
          pairs += "\(example.variables) \(example.answers) \(example.label)\n"
        }
      }
    }
    #expect(hash(pairs) == test.pairs)
    let prompts = try [(30, 5), (38, 11)].map { try test.task.prompts(count: $0.0, seed: $0.1) }
    #expect(hash(prompts.joined().map(line).joined()) == test.prompts)
  }

  private func line(_ prompt: Prompt) -> String {
    let spans = prompt.spans.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let groups = prompt.groups.flatMap(\.value).sorted()
    return "\(prompt.text)|\(prompt.template)|\(prompt.answer)|\(spans)|\(groups)\n"
  }

  /// FNV-1a of 64 bits.
  private func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
