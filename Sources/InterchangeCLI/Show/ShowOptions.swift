import ArgumentParser
import Foundation
import Interchange

/// A length on paper with its unit.
struct LengthOption: Equatable, ExpressibleByArgument {
  let centimeters: Double

  init?(argument: String) {
    let units = ["cm": 1, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72]
    guard let unit = units.first(where: { argument.hasSuffix($0.key) }),
      let number = Double(argument.dropLast(unit.key.count)), number > 0,
      number * unit.value <= 100
    else { return nil }
    centimeters = number * unit.value
  }

  var defaultValueDescription: String { "\(centimeters)cm" }
}

/// The file that a figure or a table is written as.
enum ShownFormat: ExpressibleByArgument, CaseIterable {
  case figure(FigureFormat)
  case table(TableFormat)

  static let allCases =
    FigureFormat.allCases.map(Self.figure) + TableFormat.allCases.map(Self.table)
  static var allValueStrings: [String] { allCases.map(\.defaultValueDescription) }

  init?(argument: String) {
    guard let format = Self.allCases.first(where: { $0.defaultValueDescription == argument })
    else { return nil }
    self = format
  }

  var defaultValueDescription: String {
    switch self {
    case .figure(let format): format.rawValue
    case .table(let format): format.rawValue
    }
  }
}

/// The runs that are shown, and what of them.
struct ShownRuns: ParsableArguments {
  @Argument(help: "The folder of a run, or of several that are shown together.")
  var paths: [String]
  @Option(
    help: ArgumentHelp(
      "The names of several runs, in their order; by default their folders'.",
      valueName: "a,b,…"))
  var names: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only these layers, such as 10-20 or 0,-1.", valueName: "list"))
  var layers: LayerOption?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Only these positions: numbers, ranges, or their labels, such as 0-3,-1 or subject.",
      valueName: "list"))
  var positions: String?

  var folders: [URL] { paths.map { URL(userPath: $0) } }

  /// The runs, cut to what is shown.
  func comparison() throws -> RunComparison {
    let names = self.names.map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    if let names, names.count != paths.count {
      throw ValidationError(
        "--names: expected \(paths.count) names, one for each run, found \(names.count)")
    }
    let records = try folders.map {
      try RunRecord(folder: $0).selecting(layers: layers?.selection, positions: positions)
    }
    return RunComparison(
      zip(names ?? RunComparison.names(of: folders), records).map { (name: $0, record: $1) })
  }
}
