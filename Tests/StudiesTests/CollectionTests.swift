import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// Collected activations against runs of single texts, read back by a reader of the test's own.
@Suite struct CollectionTests {
  private static let texts = CollectedTexts(
    "letters",
    texts: [
      SpannedText("abc abc", spans: ["word": 4..<7]), SpannedText("cab", spans: ["word": 0..<1]),
      SpannedText("ab cab abd", spans: ["word": 3..<6]),
    ], label: "kind", labels: ["x", "y", "x"])

  /// A file's rows, by the layout that its form's own page describes.
  private struct Matrix {
    let shape: [Int]
    let values: [Float]
    var metadata: [String: String] = [:]

    init(_ url: URL) throws {
      let data = try Data(contentsOf: url)
      let start: Int
      if url.pathExtension == "npy" {
        #expect(data.prefix(8) == Data([0x93] + Array("NUMPY".utf8) + [1, 0]))
        let length = Int(data[8]) + 256 * Int(data[9])
        start = 10 + length
        #expect(start % 64 == 0)
        let header = String(decoding: data[10..<start], as: UTF8.self)
        #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': ("))
        #expect(header.hasSuffix("\n"))
        let numbers = header.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
        shape = numbers.split(separator: ",").compactMap {
          Int($0.trimmingCharacters(in: .whitespaces))
        }
      } else {
        let length = data.prefix(8).enumerated().reduce(0) { $0 + Int($1.1) << (8 * $1.0) }
        start = 8 + length
        let json = try JSONSerialization.jsonObject(with: data[8..<start])
        let header = try #require(json as? [String: [String: Any]])
        metadata = header["__metadata__"] as? [String: String] ?? [:]
        let name = try #require(header.keys.first { $0 != "__metadata__" })
        #expect(header[name]?["dtype"] as? String == "F32")
        shape = try #require(header[name]?["shape"] as? [Int])
        #expect(header[name]?["data_offsets"] as? [Int] == [0, 4 * shape[0] * shape[1]])
      }
      let bytes = data.dropFirst(start)
      try #require(bytes.count == 4 * shape[0] * shape[1])
      values = bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }
  }

  private func expectSame(
    _ model: LanguageModel, _ sites: [Site], _ positions: Positions,
    _ format: any RowFileFormat.Type
  ) throws {
    let folder = try TemporaryFolder()
    let found = try model.collect(
      Self.texts, at: sites, positions: positions, format: format, into: folder.url)
    let manifest = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.url.appending(component: "manifest.json"))) as? [String: Any])
    let rows = try #require(manifest["rows"] as? [[String: Any]])
    #expect(rows.count == found.rows && manifest["rowCount"] as? Int == found.rows)
    #expect(manifest["dtype"] as? String == "float32")
    #expect((manifest["texts"] as? [[String: String]])?.map { $0["label"] } == ["x", "y", "x"])
    var places: [(text: Int, position: Int)] = []
    let encoded = Self.texts.texts.map { model.encode($0.text) }
    for (index, text) in encoded.enumerated() {
      let spans = Self.texts.texts[index].spans.mapValues { text.tokens(in: $0) }
      for position in try positions.resolved(length: text.length, spans: spans) {
        let row = rows[places.count]
        #expect(row["text"] as? Int == index && row["position"] as? Int == position)
        #expect(row["id"] as? Int == text.ids[position])
        #expect(row["token"] as? String == model.tokenizer.token(text.ids[position]))
        places.append((index, position))
      }
    }
    #expect(places.count == found.rows)
    #expect(found.files == found.places.map(\.file) + ["manifest.json"])
    let wanted = encoded.indices.map { text in
      places.filter { $0.text == text }.map(\.position)
    }
    let run = try model.run(
      Request(encoded.map(\.input), captures: sites.map { Cells($0, positions: wanted) }))
    for (index, (site, place)) in zip(sites, found.places).enumerated() {
      let matrix = try Matrix(folder.url.appending(component: place.file))
      let width = try model.width(of: site)
      #expect(matrix.shape == [found.rows, width] && place.width == width)
      let expected = try places.map { text, position in
        let cells = Cells(
          site.component, layer: site.layer, head: site.head, positions: [[position]])
        return try model.run(Request([encoded[text].input], captures: [cells])).captures[0].elements
      }
      #expect(matrix.values == run.captures[index].elements, "\(site)")
      // By itself each position is computed in products of fewer rows.
      for (value, alone) in zip(matrix.values, expected.flatMap(\.self)) {
        #expect(abs(value - alone) < 1e-4 * max(1, abs(alone)), "\(site)")
      }
      let norms = (0..<found.rows).map { row in
        matrix.values[row * width..<(row + 1) * width].reduce(0) { $0 + Double($1) * Double($1) }
          .squareRoot()
      }.sorted()
      let middle = Double(norms[(norms.count - 1) / 2] + norms[norms.count / 2]) / 2
      #expect(abs(place.norms.median - middle) <= 1e-12 * middle)
      #expect(place.norms.least == norms[0] && place.norms.most == norms[norms.count - 1])
    }
  }

  /// Every row is that of a run of the texts, bit by bit, and to rounding that of its text alone.
  @Test(arguments: ["gpt2", "gpt-neox", "gemma2", "opt", "mistral", "llama3-scaled"])
  func rowsAreThoseOfRuns(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let last = model.layers - 1
    let sites = [
      Site.blockOutput(0), .blockOutput(last), .mlpHidden(last),
      Site(.attentionValueOutput, layer: 0, head: 1), .queryOutput(0),
    ]
    try expectSame(model, sites, .all, SafetensorsRows.self)
    try expectSame(model, [sites[1]], .span("word"), NumPyRows.self)
    try expectSame(model, [sites[1]], .last, NumPyRows.self)
  }

  /// The plane's points have the distances of the centered rows along two axes.
  @Test func planeOfASite() throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel("gpt2", in: place.url)
    let found = try model.collect(
      Self.texts, at: [.blockOutput(1)], positions: .all, into: place.url)
    let plane = try #require(found.plane)
    // The first position of each text is left out.
    #expect(plane.points.count == found.rows - 3 && plane.leavesOutFirst)
    #expect(plane.points.filter { $0.label == "y" }.count == 2)
    let matrix = try Matrix(place.url.appending(component: found.places[0].file))
    let width = matrix.shape[1]
    var kept: [[Double]] = []
    var row = 0
    for text in Self.texts.texts {
      for position in 0..<model.encode(text.text).length {
        if position > 0 {
          kept.append((0..<width).map { Double(matrix.values[row * width + $0]) })
        }
        row += 1
      }
    }
    let count = Double(kept.count)
    let variance = (0..<width).reduce(0.0) { sum, column in
      let values = kept.map { $0[column] }
      let mean = values.reduce(0, +) / count
      return sum + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    // The squares along each component are its share of all.
    for axis in 0..<2 {
      let along = plane.points.reduce(0.0) { sum, point in
        let value = axis == 0 ? point.x : point.y
        return sum + value * value
      }
      // Float32's rounding in a decomposition of few rows.
      #expect(abs(along / variance - plane.shares[axis]) < 1e-4)
    }
    #expect(plane.shares[0] >= plane.shares[1] && plane.shares[0] + plane.shares[1] <= 1 + 1e-6)
    #expect(found.figures().map(\.name) == ["plane"])
  }

  /// What can't be collected is named, and leaves no file.
  @Test func badInputIsNamed() throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel("gpt2", in: place.url)
    let out = place.url.appending(component: "out")
    func fault(
      _ texts: CollectedTexts, _ sites: [Site], _ positions: Positions = .all,
      into folder: URL? = nil
    ) -> String {
      do {
        _ = try model.collect(texts, at: sites, positions: positions, into: folder ?? out)
        return "none"
      } catch {
        return "\(error)"
      }
    }
    let none = CollectedTexts("none", texts: [])
    #expect(fault(none, [.blockOutput(0)]) == "none: there is no text to read, or no site")
    let empty = CollectedTexts("given", texts: [SpannedText("abc"), SpannedText("")])
    #expect(fault(empty, [.blockOutput(0)]).hasPrefix("given: text 1 (\"\"): expected 1 to"))
    #expect(fault(Self.texts, [.blockOutput(9)]).contains("layer 9 is out of range"))
    #expect(fault(Self.texts, [Site(.crossAttentionOutput, layer: 0)]).contains("no component"))
    #expect(
      fault(Self.texts, [.blockOutput(0)], .index(5)).hasPrefix(
        "letters: text 1 (\"cab\"): position")
    )
    #expect(fault(Self.texts, [.blockOutput(0)], .span("verb")).contains("verb"))
    #expect(fault(Self.texts, [.attentionWeight(0)]) != "none")
    #expect(!FileManager.default.fileExists(atPath: out.path))
    let file = try place.file("taken", Data("x".utf8))
    #expect(fault(Self.texts, [.blockOutput(0)], into: file) != "none")
  }
}
