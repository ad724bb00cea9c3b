/// The tasks of GLUE (Wang et al. 2018), as their tab-separated files have them, with a prompt and
/// label words for decoders.
public enum GLUETask: String, Sendable, CaseIterable, Codable {
  /// Acceptability of a sentence.
  case cola = "CoLA"
  /// Sentiment of a sentence.
  case sst2 = "SST-2"
  /// Paraphrases among pairs of sentences of the news.
  case mrpc = "MRPC"
  /// Duplicates among pairs of questions.
  case qqp = "QQP"
  /// Similarity of two sentences, from 0 to 5.
  case stsb = "STS-B"
  /// Entailment, neutrality or contradiction of two sentences.
  case mnli = "MNLI"
  /// Presence of a question's answer in a sentence.
  case qnli = "QNLI"
  /// Entailment of two sentences.
  case rte = "RTE"
  /// Entailment of a sentence with a pronoun resolved.
  case wnli = "WNLI"

  /// A task by its name; case, "-" and "_" don't matter.
  public init?(named name: String) {
    func plain(_ name: String) -> String { name.lowercased().filter { $0 != "-" && $0 != "_" } }
    guard let task = Self.allCases.first(where: { plain($0.rawValue) == plain(name) }) else {
      return nil
    }
    self = task
  }

  /// The task that alone has these columns.
  init?(columns: [String]) {
    let found = Set(columns)
    if found.isSuperset(of: ["Quality", "#1 String", "#2 String"]) {
      self = .mrpc
    } else if found.isSuperset(of: ["question1", "question2", "is_duplicate"]) {
      self = .qqp
    } else if found == ["sentence", "label"] {
      self = .sst2
    } else {
      return nil
    }
  }

  private struct Form {
    /// The columns of the sentences and of the label.
    var sentences: [String]
    var label: String
    /// The labels of the file, with the words that a decoder answers for them.
    var words: [(label: String, word: String)]
    /// The question after the sentences.
    var question: String
  }

  private static let pair = ["sentence1", "sentence2"]
  private static let yesAndNo = [("0", "no"), ("1", "yes")]
  private static let entailed = [("entailment", "yes"), ("not_entailment", "no")]

  private var form: Form {
    switch self {
    case .cola:
      Form(
        sentences: ["sentence"], label: "label", words: Self.yesAndNo,
        question: "Is the sentence acceptable English, yes or no?")
    case .sst2:
      Form(
        sentences: ["sentence"], label: "label", words: [("0", "negative"), ("1", "positive")],
        question: "Is the sentiment positive or negative?")
    case .mrpc:
      Form(
        sentences: ["#1 String", "#2 String"], label: "Quality", words: Self.yesAndNo,
        question: "Do both sentences mean the same, yes or no?")
    case .qqp:
      Form(
        sentences: ["question1", "question2"], label: "is_duplicate", words: Self.yesAndNo,
        question: "Do both questions ask the same, yes or no?")
    case .stsb:
      Form(
        sentences: Self.pair, label: "score", words: [],
        question: "How similar are both sentences, from 0 to 5?")
    case .mnli:
      Form(
        sentences: Self.pair, label: "gold_label",
        words: [("entailment", "yes"), ("neutral", "maybe"), ("contradiction", "no")],
        question: "Does the second sentence follow from the first, yes, maybe or no?")
    case .qnli:
      Form(
        sentences: ["question", "sentence"], label: "label", words: Self.entailed,
        question: "Does the sentence answer the question, yes or no?")
    case .rte:
      Form(
        sentences: Self.pair, label: "label", words: Self.entailed,
        question: "Does the second sentence follow from the first, yes or no?")
    case .wnli:
      Form(
        sentences: Self.pair, label: "label", words: Self.yesAndNo,
        question: "Does the second sentence follow from the first, yes or no?")
    }
  }

  /// The words that a decoder answers with, in the order of the labels; none for STS-B, a
  /// regression.
  public var words: [String] { form.words.map(\.word) }

  /// The examples of a file's rows.
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` naming the column or the label.
  func examples(_ rows: [DelimitedRows.Row], path: String) throws -> [TaskExample] {
    let form = form
    // CoLA's files have no header: source, label, the author's mark, sentence.
    let isBare = self == .cola && rows.first?.values.contains("sentence") != true
    guard let header = isBare ? ["", "label", "", "sentence"] : rows.first?.values else {
      return []
    }
    func column(_ name: String) throws -> Int {
      guard let index = header.firstIndex(of: name) else {
        throw DatasetError.invalidData(
          path: path, line: rows.first?.line ?? 0,
          reason: "\(rawValue): no column '\(name)', found " + header.joined(separator: ", "))
      }
      return index
    }
    let (sentenceColumns, labelColumn) = (try form.sentences.map(column), try column(form.label))
    return try rows.dropFirst(isBare ? 0 : 1).map { row in
      try row.checked(count: header.count, path: path)
      return try example(
        sentenceColumns.map { row.values[$0] }, label: row.values[labelColumn], form,
        TaskExample.Origin(path: path, line: row.line))
    }
  }

  private func example(
    _ sentences: [String], label: String, _ form: Form, _ origin: TaskExample.Origin
  ) throws -> TaskExample {
    func fault(_ expected: String) -> DatasetError {
      .invalidData(
        path: origin.path, line: origin.line,
        reason: "column '\(form.label)': expected \(expected), found '\(label.prefix(60))'")
    }
    var word = label
    var value: Double?
    if form.words.isEmpty {
      guard let number = Double(label), number.isFinite else { throw fault("a number") }
      value = number
    } else {
      guard let index = form.words.firstIndex(where: { $0.label == label }) else {
        throw fault(form.words.map(\.label).joined(separator: " or "))
      }
      (word, value) = (form.words[index].word, Double(index))
    }
    let lines =
      sentences.count == 1
      ? "Sentence: \(sentences[0])"
      : "Sentence 1: \(sentences[0])\nSentence 2: \(sentences[1])"
    return TaskExample(
      prompt: "\(lines)\n\(form.question)\nAnswer:", completion: " " + word, answer: word,
      choices: words, label: value, sentences: sentences, origin: origin)
  }
}
