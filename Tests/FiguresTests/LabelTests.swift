import Foundation
import InterchangeFigures
import Testing

@Suite struct LabelTests {
  @Test(arguments: [
    (" cat", " cat"), ("\n", "␊"), ("\t\r", "⇥␍"), ("a\0b", "a␀b"),
    ("\u{202E}abc", "\\u{202e}abc"), ("\u{2028}", "\\u{2028}"), ("👩‍🔬", "👩‍🔬"),
    ("\u{10FFFF}", "\\u{10ffff}"), ("चाबियाँ", "चाबियाँ"), ("مفاتيح", "مفاتيح"),
  ])
  func `What would break a line is made visible`(label: String, drawn: String) {
    #expect(Text.visible(label) == drawn)
  }

  @Test func `Endless labels are cut`() {
    #expect(Text.visible(String(repeating: "x", count: 1_000_000)).count == 401)
    let stack = "e" + String(repeating: "\u{301}", count: 60)
    #expect(Text.visible(stack).unicodeScalars.count == 5)
  }

  @Test func `Crowded numbers are thinned by value`() {
    let layers = (1...30).map(String.init)
    let shown = AxisLabels.thinned(layers, pitch: 3, needed: 10).map { layers[$0] }
    #expect(shown == ["5", "10", "15", "20", "25", "30"])
    let words = (0..<10).map { "w\($0)" }
    #expect(AxisLabels.thinned(words, pitch: 10, needed: 15) == [0, 2, 4, 6, 8])
    #expect(AxisLabels.thinned(words, pitch: 10, needed: 9) == Array(0..<10))
    // Tokens that are digits say nothing of their places.
    let digits = ["1", "3", "7", "1", "9", "3", "1", "7", "9", "3"]
    #expect(AxisLabels.thinned(digits, pitch: 10, needed: 15) == [0, 2, 4, 6, 8])
  }

  @Test func `Labels turn when they have no room`() {
    let canvas = Canvas(measuring: .light)
    func orientation(_ labels: [String], pitch: Double) -> AxisLabels.Orientation {
      AxisLabels(labels, pitch: pitch, fontSize: 7, on: canvas).orientation
    }
    func orientation(_ label: String, pitch: Double) -> AxisLabels.Orientation {
      orientation(Array(repeating: label, count: 8), pitch: pitch)
    }
    #expect(orientation("key", pitch: 30) == .horizontal)
    #expect(orientation("unbelievably", pitch: 30) == .slanted)
    #expect(orientation("unbelievably", pitch: 8) == .vertical)
    // Places are left out instead; tokens that are digits aren't places.
    #expect(orientation((100..<108).map(String.init), pitch: 8) == .horizontal)
    #expect(orientation("100", pitch: 8) == .vertical)
  }

  @Test func `Labels below an axis never touch`() {
    let canvas = Canvas(measuring: .light)
    let labels = (0..<64).map { ["The", "␣unbelievably", "钥匙", "चाबियाँ", ",", "␣we"][$0 % 6] }
    for pitch in stride(from: 2.0, through: 90, by: 0.5) {
      let set = AxisLabels(labels, pitch: pitch, fontSize: 7, on: canvas)
      let sizes = set.shown.map {
        canvas.size(of: Text(labels[$0], size: set.fontSize, overflow: set.overflow))
      }
      let distances = zip(set.shown, set.shown.dropFirst()).map { Double($1 - $0) * pitch }
      for (index, distance) in distances.enumerated() {
        switch set.orientation {
        case .horizontal:
          #expect(distance >= (sizes[index].width + sizes[index + 1].width) / 2)
        case .slanted:
          #expect(distance * 0.7072 >= (sizes[index].height + sizes[index + 1].height) / 2)
        case .vertical:
          // A line's box has room above and below the letters, which neighbors may share.
          #expect(distance >= 0.8 * (sizes[index].height + sizes[index + 1].height) / 2)
        }
      }
    }
  }

  @Test func `Measured text grows with size and keeps to an ellipsis`() {
    let canvas = Canvas(measuring: .light)
    let small = canvas.size(of: Text("interchange", size: 6))
    let large = canvas.size(of: Text("interchange", size: 12))
    // Without hinting, widths scale exactly but for Pango's units of 1/1024 point.
    #expect(abs(large.width - 2 * small.width) < 0.1)
    let cut = Text(String(repeating: "interchange ", count: 40), size: 7, overflow: .ellipsis(60))
    #expect(canvas.size(of: cut).width <= 60)
    #expect(canvas.size(of: cut).width > 40)
    let arabic = Text("مفاتيح الخزانة", size: 7, overflow: .ellipsis(200))
    #expect(canvas.size(of: arabic).width < 100)
  }
}
