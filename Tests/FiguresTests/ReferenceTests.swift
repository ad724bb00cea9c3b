import Foundation
import InterchangeFigures
import Testing

/// Figures beside their committed images, which were drawn with the fonts of the Makefile.
///
/// `INTERCHANGE_WRITE_FIGURES=1` draws the images again; look at them before they are committed.
@Suite struct ReferenceTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(components: "Fixtures", "figures")
  private static let isWriting =
    ProcessInfo.processInfo.environment["INTERCHANGE_WRITE_FIGURES"] == "1"

  @Test(arguments: ReferenceFigure.all)
  func `Figures look like their references`(reference: ReferenceFigure) throws {
    let file = Self.folder.appending(component: reference.name + ".png")
    if Self.isWriting { try reference.figure.write(to: file) }
    let data = try Data(contentsOf: file)
    #expect(data.count < 15_000, "\(reference.name).png has \(data.count) bytes")
    let expected = try #require(LabImage(png: data), "\(reference.name).png cannot be read")
    let found = try LabImage(reference.figure.rendered())
    let difference = try #require(
      PerceptualDifference(expected, found),
      "expected \(expected.width) × \(expected.height) pixels, got \(found.width) × \(found.height)"
    )
    #expect(difference.isSmall, "\(reference.name): \(difference)")
  }

  @Test func `Every reference belongs to a figure`() throws {
    let names = try contents(of: Self.folder)
    #expect(names == ReferenceFigure.all.map { $0.name + ".png" }.sorted())
  }

  /// The page's outermost two points stay empty: nothing is cut off.
  @Test(arguments: ReferenceFigure.all)
  func `Nothing reaches the page's edge`(reference: ReferenceFigure) throws {
    #expect(try hasEmptyEdge(reference.figure))
  }
}

/// Differences that the measure sees, and others that it does not.
@Suite struct PerceptualDifferenceTests {
  private func difference(
    _ one: some Figure, _ other: some Figure
  ) throws -> PerceptualDifference {
    try #require(
      try PerceptualDifference(LabImage(one.rendered()), LabImage(other.rendered())))
  }

  @Test(arguments: ReferenceFigure.all)
  func `A figure does not differ from itself, nor by how edges are smoothed`(
    reference: ReferenceFigure
  ) throws {
    let pixels = try reference.figure.rendered()
    let same = try #require(PerceptualDifference(LabImage(pixels), LabImage(pixels)))
    // Rounding leaves similarity next to 1.
    #expect(abs(same.similarity - 1) < 1e-9 && same.color == 0 && same.meanColor == 0)

    let finer = FinerFigure(base: reference.figure, factor: 4)
    let coarse = try finer.coarsened(width: pixels.width, height: pixels.height)
    let found = try #require(PerceptualDifference(LabImage(pixels), coarse))
    #expect(found.isSmall, "\(reference.name): \(found)")
  }

  @Test func `A changed colour map is seen`() throws {
    var changed = ReferenceFigure.heatmap
    changed.colorMap = .cividis
    let found = try difference(ReferenceFigure.heatmap, changed)
    #expect(!found.isSmall, "\(found)")
  }

  @Test func `A missing label is seen`() throws {
    let whole = ReferenceFigure.heatmap
    var labels = whole.columnLabels
    labels[1] = ""
    var changed = Heatmap(
      values: whole.values, rowLabels: whole.rowLabels, columnLabels: labels)
    changed.title = whole.title
    changed.subtitle = whole.subtitle
    changed.rowTitle = whole.rowTitle
    changed.columnTitle = whole.columnTitle
    changed.valueTitle = whole.valueTitle
    changed.range = whole.range
    changed.markedCells = whole.markedCells
    changed.resolution = whole.resolution
    let found = try difference(whole, changed)
    #expect(!found.isSmall, "\(found)")
  }

  @Test func `A shifted panel is seen`() throws {
    let grid = ReferenceFigure.grid
    let pixels = try grid.rendered()
    let layout = HeatmapGridLayout(grid, measuredOn: Canvas(measuring: grid.theme))
    let scale = grid.resolution / 72
    let plot = layout.plots[4]
    var bytes = pixels.bytes
    for y in Int(plot.minY * scale)...Int(plot.maxY * scale) {
      for x in Int(plot.minX * scale)...Int(plot.maxX * scale) {
        for channel in 0..<3 {
          bytes[(y * pixels.width + x + 3) * 3 + channel] =
            pixels.bytes[(y * pixels.width + x) * 3 + channel]
        }
      }
    }
    let shifted = LabImage(width: pixels.width, height: pixels.height, bytes: bytes)
    let found = try #require(PerceptualDifference(LabImage(pixels), shifted))
    #expect(!found.isSmall, "\(found)")
  }

  @Test func `A band that is left out is seen`() throws {
    var changed = ReferenceFigure.lines
    changed.series[1].intervals = .whiskers
    let found = try difference(ReferenceFigure.lines, changed)
    #expect(!found.isSmall, "\(found)")
  }

  @Test func `Images of different sizes are not compared`() {
    let one = LabImage(width: 1, height: 2, bytes: [0, 0, 0, 255, 255, 255])
    let other = LabImage(width: 2, height: 1, bytes: [0, 0, 0, 255, 255, 255])
    #expect(PerceptualDifference(one, other) == nil)
    // White has L* 100 and no chroma; black none of either.
    #expect(abs(one.channels[0][1] - 100) < 0.01 && abs(one.channels[0][0]) < 0.01)
    #expect(abs(one.channels[1][1]) < 0.02 && abs(one.channels[2][1]) < 0.02)
  }
}

/// The same figure with a multiple of the pixels along each side.
private struct FinerFigure: Figure {
  var base: any Figure
  let factor: Int

  var title: String {
    get { base.title }
    set { base.title = newValue }
  }
  var subtitle: String {
    get { base.subtitle }
    set { base.subtitle = newValue }
  }
  var theme: Theme {
    get { base.theme }
    set { base.theme = newValue }
  }
  var size: FigureSize { base.size }
  var resolution: Double { base.resolution * Double(factor) }
  var tabSeparatedData: String { base.tabSeparatedData }
  func draw(on canvas: Canvas) { base.draw(on: canvas) }

  /// Squares of pixels become one, of their mean color.
  func coarsened(width: Int, height: Int) throws -> LabImage {
    let pixels = try rendered()
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          var sum = 0
          for part in 0..<factor * factor {
            let column = min(x * factor + part % factor, pixels.width - 1)
            let row = min(y * factor + part / factor, pixels.height - 1)
            sum += Int(pixels.bytes[(row * pixels.width + column) * 3 + channel])
          }
          bytes.append(UInt8(sum / (factor * factor)))
        }
      }
    }
    return LabImage(width: width, height: height, bytes: bytes)
  }
}
