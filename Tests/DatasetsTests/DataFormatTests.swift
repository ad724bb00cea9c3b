import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import Testing

/// Every form of data file, and the messages for malformed ones.
@Suite struct DataFormatTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    component: "DataFormatTests-\(UUID().uuidString)")

  /// Reads a file with this name and text; a path in an error is shown as "…".
  private func read(
    _ text: String, as name: String, split: DataSplit? = nil, folder: String = "set"
  ) throws -> [TaskExample] {
    try read(Data(text.utf8), as: name, split: split, folder: folder)
  }

  private func read(
    _ data: Data, as name: String, split: DataSplit? = nil, folder name2: String = "set"
  ) throws -> [TaskExample] {
    let parent = folder.appending(component: name2)
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    let file = parent.appending(component: name)
    try data.write(to: file)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try TaskExample.read(split == nil ? file.path : parent.path, split: split)
  }

  private func message(_ text: String, as name: String) -> String? {
    message { try read(text, as: name) }
  }

  private func message(_ body: () throws -> [TaskExample]) -> String? {
    do {
      _ = try body()
      return nil
    } catch {
      return "\(error)".components(separatedBy: "/").last
    }
  }

  @Test func instructionArrays() throws {
    let examples = try read(
      """
      \u{FEFF}[
        {"instruction": "Is it?\\n\\nAnswer format: true/false", "input": "", "output": "the correct answer is true",
         "answer": "true"},

        {"instruction": "2 + 2", "input": "x", "output": "4", "answer": 4, "extra": [1]},
        {"answer": 0.5, "instruction": "half", "input": null}
      ]
      """, as: "train.json")
    #expect(examples.map(\.prompt) == ["Is it?\n\nAnswer format: true/false", "2 + 2", "half"])
    #expect(examples.map(\.input) == ["", "x", ""])
    #expect(examples.map(\.completion) == ["the correct answer is true", "4", "0.5"])
    #expect(examples.map(\.answer) == ["true", "4", "0.5"])
    #expect(examples.map(\.choices) == [["true", "false"], [], []])
    #expect(examples.map(\.origin?.line) == [2, 5, 6])
  }

  @Test func jsonLines() throws {
    let lines = """
      {"prompt": "a", "completion": " b"}

         \t
      {"completion": "ü\\n\\u2028\u{2028}", "prompt": "x", "more": [1]}
      """
    for (text, name) in [
      (lines, "pairs.jsonl"), (lines + "\n", "pairs"), ("\u{FEFF}\r\n" + lines, "pairs.json"),
      (lines.replacing("\n", with: "\r\n"), "pairs.jsonl"),
    ] {
      let examples = try read(text, as: name).map { example in
        var example = example
        if text.first == "\u{FEFF}" { example.origin?.line -= 1 }
        return example
      }
      #expect(examples.map(\.prompt) == ["a", "x"])
      #expect(examples.map(\.completion) == [" b", "ü\n\u{2028}\u{2028}"])
      #expect(examples.map(\.origin?.line) == [1, 4])
    }
  }

  @Test func commaSeparatedValues() throws {
    let text = """
      prompt,completion,id
      "a, ""b""
      c"," d",1

      ü, e ,2
      "",f,
      """
    for text in [text, text.replacing("\n", with: "\r\n") + "\r\n"] {
      let examples = try read(text, as: "data.csv")
      #expect(
        examples.map { $0.prompt.replacing("\r\n", with: "\n") } == ["a, \"b\"\nc", "ü", ""])
      #expect(examples.map(\.completion) == [" d", " e ", "f"])
      #expect(examples.map(\.origin?.line) == [2, 5, 6])
    }
    let labelled = try read("label,text\nhappy,I won\nsad,I lost\nhappy,Yes\n", as: "mood.csv")
    #expect(labelled.map(\.answer) == ["happy", "sad", "happy"])
    #expect(labelled[1].completion == " sad" && labelled[1].sentences == ["I lost"])
    #expect(labelled.allSatisfy { $0.choices == ["happy", "sad"] })
    #expect(try read("text,label\nx,1.5\ny,2\n", as: "n.csv").map(\.label) == [1.5, 2])
  }

  @Test func glueFiles() throws {
    let sentiment = try read(
      "sentence\tlabel\nit \"s good \t1\nbad\t0\n", as: "dev.tsv", split: .dev, folder: "SST-2")
    #expect(sentiment.map(\.answer) == ["positive", "negative"])
    #expect(sentiment.map(\.label) == [1, 0])
    #expect(sentiment[0].sentences == ["it \"s good "])
    #expect(
      sentiment[1].prompt
        == "Sentence: bad\nIs the sentiment positive or negative?\nAnswer:")
    let pairs = try read(
      "\u{FEFF}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t7\t8\tA .\tB .\r\n",
      as: "anything.tsv")
    #expect(pairs[0].sentences == ["A .", "B ."] && pairs[0].answer == "yes")
    #expect(pairs[0].choices == ["no", "yes"])
    let similar = try read(
      "index\tsentence1\tsentence2\tscore\n0\ta\tb\t3.75\n", as: "dev.tsv", split: .dev,
      folder: "STS-B")
    #expect(similar[0].label == 3.75 && similar[0].completion == " 3.75")
    let acceptable = try read(
      "gj04\t1\t\tThey left.\ngj04\t0\t*\tThey leave left.\n", as: "train.tsv", split: .train,
      folder: "CoLA")
    #expect(acceptable.map(\.answer) == ["yes", "no"])
  }

  @Test(arguments: [
    ("a.json", "", "a.json: line 1: expected an array"),
    ("a.json", "[]", "a.json: no examples in the file"),
    ("a.json", "[\n{\"instruction\": \"a\"\n", "a.json: line 3: expected \",\" or \"}\""),
    (
      "a.json", "[{\"instruction\": \"a\", \"output\": \"b\"},\n\n {\"output\": \"b\"}]",
      "a.json: line 3: no field 'prompt'"
    ),
    (
      "a.json", "[\n{\"instruction\": \"a\"}]",
      "a.json: line 2: no field 'output'"
    ),
    ("a.json", "[3]", "a.json: line 1: element 0: expected an object, found 3"),
    (
      "a.json", "[{\"instruction\": 1, \"output\": \"b\"}]",
      "a.json: line 1: element 0: field 'instruction': expected a text, found 1"
    ),
    (
      "a.json", "[{\"instruction\": \"a\", \"output\": [\"b\"]}]",
      "a.json: line 1: element 0: field 'output': expected a text, found an array of 1"
    ),
    ("a.jsonl", "\n \n\t\n", "a.jsonl: no examples in the file"),
    ("a.jsonl", "{}", "a.jsonl: line 1: no field 'prompt'"),
    ("a.jsonl", "\r\n[]", "a.jsonl: line 2: expected an object, found an array of 0"),
    (
      "a.jsonl", "{\"prompt\": \"a\", \"completion\": null}",
      "a.jsonl: line 1: no field 'completion'"
    ),
    (
      "a.jsonl", "{\"prompt\": \"a\", \"comp",
      "a.jsonl: line 1: expected the end of a string at byte 21 of the line"
    ),
    ("a.csv", "prompt,completion\n\na,b\n\"c\nd\n", "a.csv: line 4: a quote is not closed"),
    ("a.csv", "prompt,completion\na\"b,c", "a.csv: line 2: a quote inside an unquoted value"),
    ("a.csv", "prompt,completion\n\"a\"b,c", "a.csv: line 2: text after a closing quote"),
    ("a.csv", "prompt,completion\n\"a\n\",b\nc\n", "a.csv: line 4: expected 2 columns, found 1"),
    (
      "a.csv", "x,y\n1,2\n",
      "a.csv: line 1: expected a header with prompt and completion, text and label, or instruction; "
        + "found x, y"
    ),
    ("a.csv", "prompt,completion,x,x\n", "a.csv: line 1: a column's name occurs twice"),
    (
      "SST-2.tsv", "sentence\tlabel\na\t2\n",
      "SST-2.tsv: line 2: column 'label': expected 0 or 1, found '2'"
    ),
    ("SST-2.tsv", "sentence\tlabel\na\n", "SST-2.tsv: line 2: expected 2 columns, found 1"),
    (
      "SST-2.tsv", "index\tsentence\n",
      "SST-2.tsv: line 1: SST-2: no column 'label', found index, sentence"
    ),
    (
      "a.txt", "a",
      "a.txt: expected a file that ends in .json, .jsonl, .csv or .tsv, or a stated format: "
        + "instructions, jsonl, csv, tsv"
    ),
  ])
  func malformedFilesAreNamed(name: String, text: String, expected: String) {
    #expect(message(text, as: name) == expected)
  }

  @Test func unreadableFilesAreNamed() {
    #expect(
      message { try read(Data([0x7B, 0xFF]), as: "a.jsonl") } == "a.jsonl: no readable UTF-8 file")
    #expect(
      message { try TaskExample.read("/nowhere/a.json") } == "a.json: no such file or folder")
  }

  @Test func foldersHaveParts() throws {
    #expect(
      message { try read("[]", as: "test.json", split: .train) }
        == "set: expected one file for the part 'train', such as train.json, found test.json")
    #expect(
      message { try read("x", as: "notes.txt", split: .dev) }
        == "set: expected one file for the part 'dev', such as dev.json, found no data files")
    let lines = "{\"prompt\": \"a\", \"completion\": \"b\"}"
    #expect(try read(lines, as: "validation.jsonl", split: .dev).count == 1)
  }
}
