import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension RAVELStudy {
  public var tables: [ResultTable] {
    [table, attributeTable, countTable]
      + [ResultTable(choiceOfLayer: choice), ResultTable(layersOf: methods)].compactMap { $0 }
  }

  /// Each method's means over attributes, in both splits.
  public var table: ResultTable {
    let seeds = methods.map(\.runs.count).max() ?? 1
    return ResultTable(
      "RAVEL at \(site).",
      note: "Means over \(attributes.joined(separator: ", "))"
        + (seeds > 1 ? " and \(seeds) seeds, ± their deviation" : "")
        + ". Without a swap Cause is 0, Iso 1 and Disentangle 0.5.",
      header: [
        "method", "pairs of", "Cause", "Iso", "Disentangle", "95 % interval", "±",
        "random model", "self swap", "seconds",
      ] + (hasOwnSites ? ["site"] : []),
      rows: AttributePairs.Part.held.flatMap { part in
        methods.compactMap { method in
          method.scores(part).map { scores in
            [
              method.title, part.title, number(scores.cause.value),
              number(scores.isolation.value),
              number(scores.disentangle.value), interval(scores.disentangle),
              method.runs.count > 1
                ? number(scores.disentangle.deviation) : ResultTable.nothing,
              number(method.randomScores(part)?.disentangle.value),
              String(format: "%g", method.selfSwapChange), String(format: "%.0f", method.seconds),
            ] + (hasOwnSites ? [method.site ?? ResultTable.nothing] : [])
          }
        }
          + [constantRow(part)].compactMap { $0 }
      })
  }

  /// Tells whether each method has its own site.
  private var hasOwnSites: Bool { methods.contains { $0.layers != nil } }

  /// The scores of always giving the most frequent label.
  private func constantRow(_ part: AttributePairs.Part) -> [String]? {
    let own = counts.filter { $0.part == part }
    func mean(_ share: (AttributePairs.Count) -> Double?) -> Double? {
      let shares = own.compactMap(share)
      return shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count)
    }
    guard let whole = constantAnswer(part) else { return nil }
    let none = ResultTable.nothing
    return [
      "most frequent label", part.title, number(mean(\.constantCause)),
      number(mean(\.constantIsolation)), number(whole), none, none, none, none, none,
    ] + (hasOwnSites ? [none] : [])
  }

  /// Every attribute's scores and the size of its swap.
  public var attributeTable: ResultTable {
    ResultTable(
      "Each attribute.", note: "Size: dimensions or features that are swapped, of each seed.",
      header: ["method", "attribute", "pairs of", "size", "Cause", "Iso", "Disentangle", "n"],
      rows: methods.flatMap { method in
        attributes.flatMap { attribute in
          AttributePairs.Part.held.compactMap { part in
            method.scores(part, attribute).map { scores in
              [
                method.title, attribute, part.title, sizes(method, attribute),
                number(scores.cause.value) + " " + interval(scores.cause),
                number(scores.isolation.value) + " " + interval(scores.isolation),
                number(scores.disentangle.value), pairs(attribute, part),
              ]
            }
          }
        }
      })
  }

  private func sizes(_ method: AttributeMethodScores, _ attribute: String) -> String {
    method.runs.compactMap { run in
      run.swaps.first { $0.attribute == attribute }.map { "\($0.size)" }
    }.joined(separator: ", ")
  }

  private func pairs(_ attribute: String, _ part: AttributePairs.Part) -> String {
    counts.first { $0.attribute == attribute && $0.part == part }
      .map { "\($0.causePairs) + \($0.isolationPairs)" } ?? ResultTable.nothing
  }

  /// The texts of each attribute that the model answers right.
  public var countTable: ResultTable {
    let hasDropped = counts.contains { ($0.droppedPairs ?? 0) != 0 }
    return ResultTable(
      "What is left.",
      note: "Texts that the model answers right, with the entities and prompts of which there is "
        + "one; pairs that should cause + that should leave.",
      header: [
        "attribute", "part", "right", "entities", "prompts", "values", "no single token",
        "pairs",
      ] + (hasDropped ? ["pairs without the position"] : []),
      rows: counts.map { count in
        [
          count.attribute, count.part.title, count.accuracy?.summary ?? ResultTable.nothing,
          "\(count.knownEntities) of \(count.entities)",
          "\(count.knownPrompts) of \(count.prompts)", "\(count.values)",
          "\(count.droppedAnswers)", "\(count.causePairs) + \(count.isolationPairs)",
        ]
          + (hasDropped
            ? [count.droppedPairs.map(String.init) ?? ResultTable.nothing] : [])
      })
  }

  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: [
          "method", "seed", "part", "attribute", "size", "cause", "causePairs", "iso", "isoPairs",
          "randomModel",
        ],
        rows: methods.flatMap { method in
          method.runs.flatMap { rows($0, of: method, isRandom: false) }
            + (method.randomModel.map { rows($0, of: method, isRandom: true) } ?? [])
        })
    ]
  }

  /// A run's accuracies, a row for each part and attribute.
  private func rows(
    _ run: AttributeMethodScores.Run, of method: AttributeMethodScores, isRandom: Bool
  ) -> [[String]] {
    func cells(_ accuracy: Accuracy?) -> [String] {
      accuracy.map { ["\($0.value)", "\($0.n)"] } ?? [ResultTable.nothing, ResultTable.nothing]
    }
    return run.parts.flatMap { part in
      part.attributes.map { report in
        let swap = run.swaps.first { $0.attribute == report.attribute }
        return [
          method.name, "\(run.seed)", part.part.rawValue, report.attribute,
          swap.map { "\($0.size)" } ?? ResultTable.nothing,
        ] + cells(report.cause) + cells(report.leave) + ["\(isRandom)"]
      }
    }
  }

  /// Remarks that belong to the numbers, a sentence each.
  public var remarks: [String] {
    var remarks = AttributePairs.Part.held.compactMap { part -> String? in
      let orders = orders(part)
      guard !orders.isEmpty else { return nil }
      let words = orders.map { order in
        order.first + (order.difference >= 0 ? " ≥ " : " < ") + order.second
          + (order.isOpen ? " (open)" : "")
      }
      let wrong = orders.count { $0.difference < 0 }
      return "\(part.title), in the published order: " + words.joined(separator: ", ")
        + (wrong == 0 ? "; all as published" : "; \(wrong) of \(orders.count) not as published")
    }
    for method in methods where method.selfSwapChange != 0 {
      remarks.append(
        "\(method.title): swapping bases with themselves changes logits: a defect")
    }
    for method in methods {
      let found = method.runs.flatMap { run in
        run.swaps.compactMap { swap in
          swap.note.map { "\(swap.attribute), seed \(run.seed): \($0)" }
        }
      }
      if !found.isEmpty { remarks.append("\(method.title): " + found.joined(separator: "; ")) }
    }
    return remarks
  }

  private func number(_ value: Double?) -> String { ResultTable.number(value, "%.3f") }

  private func interval(_ score: ShareScore) -> String {
    String(format: "[%.2f, %.2f]", score.interval[0], score.interval[1])
  }
}
