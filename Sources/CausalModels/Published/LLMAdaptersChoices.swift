import Foundation
import InterchangeBasics
import InterchangeDatasets

/// Multiple choice in the form of LLM-Adapters (Hu et al. 2023, arXiv 2304.01933), such as ARC-Easy:
/// a JSON array of objects whose `instruction` has the question and "Answer1: … Answer2: …", and
/// whose `answer` names one. Read as ``ChoiceQuestions`` of four choices; others are left out.
enum LLMAdaptersChoices: PairReader {
  static let form = "LLM-Adapters' choices (Answer1: … Answer2: …)"

  static func source(at url: URL) throws -> (any PairSource)? {
    let own = PublishedFile.files(at: url, of: "json", with: [#""instruction""#, "Answer1:"])
    guard !own.isEmpty else { return nil }
    var (questions, others, seen) = ([ChoiceQuestions.Question](), 0, Set<String>())
    for file in own {
      for question in try Self.questions(file) {
        guard question.choices.count == 4, Set(question.choices).count == 4,
          seen.insert(question.text).inserted
        else {
          others += 1
          continue
        }
        questions.append(question)
      }
    }
    return try ChoiceQuestions(
      url.deletingPathExtension().lastPathComponent, questions,
      dropped: others > 0 ? ["no four different choices, or asked before": others] : [:])
  }

  /// A file's questions.
  private static func questions(_ url: URL) throws -> [ChoiceQuestions.Question] {
    let file = try PublishedFile(url)
    guard let rows = file.value.array else {
      throw file.fault("expected an array of objects, found \(file.value.summary)")
    }
    let part = DataSplit(inFileName: url.deletingPathExtension().lastPathComponent)
    return try rows.enumerated().map { index, row in
      let place = "[\(index + 1)]"
      let instruction = try file.text(row["instruction"], "\(place).instruction")
      let answer = try file.text(row["answer"], "\(place).answer")
      guard let parsed = Self.parsed(instruction) else {
        throw file.fault("\(place).instruction: expected a question and Answer1: … Answer2: …")
      }
      guard answer.hasPrefix("answer"), let number = Int(answer.dropFirst("answer".count)),
        (1...parsed.choices.count).contains(number)
      else {
        throw file.fault(
          "\(place).answer: expected answer1 to answer\(parsed.choices.count), found \(answer)")
      }
      return ChoiceQuestions.Question(
        parsed.question, choices: parsed.choices, right: number - 1, part: part)
    }
  }

  /// The question and the choices of an instruction; nil for another text.
  static func parsed(_ instruction: String) -> (question: String, choices: [String])? {
    guard let first = instruction.range(of: "Answer1:") else { return nil }
    var question = instruction[..<first.lowerBound]
    if let mark = question.range(of: "the question:") { question = question[mark.upperBound...] }
    var rest = instruction[first.upperBound...]
    if let end = rest.range(of: "\nAnswer format:", options: .backwards) {
      rest = rest[..<end.lowerBound]
    }
    var choices: [String] = []
    while let next = rest.range(of: "Answer\(choices.count + 2):") {
      choices.append(rest[..<next.lowerBound].trimmed)
      rest = rest[next.upperBound...]
    }
    choices.append(rest.trimmed)
    let text = question.trimmed
    return text.isEmpty || choices.contains("") ? nil : (text, choices)
  }
}

extension Substring {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
