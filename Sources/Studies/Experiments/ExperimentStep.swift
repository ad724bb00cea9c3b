import InterchangeBasics

/// The points of a step, with what they have in common and in what they differ.
struct ExperimentStep {
  let name: String
  let points: [ExperimentResult.Point]

  /// The options in which the points differ.
  var axes: [String] {
    (points.first?.options ?? []).filter(\.varies).map(\.name)
  }

  /// The axes but for the seed, over which there are means.
  var comparedAxes: [String] { axes.filter { $0 != CommandDefinition.counted } }

  /// Tells whether the points are of several seeds.
  var hasSeeds: Bool { axes.contains(CommandDefinition.counted) }

  /// The names of all measures, in order.
  var measureNames: [String] {
    points.flatMap(\.measures).map(\.name).reduce(into: []) { names, name in
      if !names.contains(name) { names.append(name) }
    }
  }

  /// Points of the same compared options, each of another seed.
  struct Group {
    /// The values of the compared axes.
    let values: [String]
    let points: [ExperimentResult.Point]

    /// The measures of a name.
    func measures(_ name: String) -> [RunMeasure] {
      points.compactMap { $0.measures.first { $0.name == name } }
    }

    /// A measure over the seeds; nil where a point hasn't got it.
    func statistics(_ name: String) -> SeedStatistics? {
      let values = measures(name).map(\.value)
      return values.isEmpty || values.count < points.count ? nil : SeedStatistics(values)
    }
  }

  /// The points by the compared axes.
  var groups: [Group] {
    var groups: [(values: [String], points: [ExperimentResult.Point])] = []
    for point in points {
      let values = comparedAxes.map { point.value($0) }
      if let place = groups.firstIndex(where: { $0.values == values }) {
        groups[place].points.append(point)
      } else {
        groups.append((values, [point]))
      }
    }
    return groups.map { Group(values: $0.values, points: $0.points) }
  }

  /// The results of all points as one of each kind, where every kind has such a form.
  var joined: [any RunResult]? {
    guard points.count > 1 else { return nil }
    func join<Result: RunResult>(_ type: Result.Type) -> (any RunResult)? {
      let all = points.compactMap { $0.results[type] }
      return all.count == points.count ? type.joined(all) : nil
    }
    let kinds = points[0].results.all.map { type(of: $0) }
    let joined = kinds.compactMap { kind -> (any RunResult)? in join(kind) }
    return joined.count == kinds.count && !kinds.isEmpty ? joined : nil
  }
}

extension ExperimentResult {
  /// The steps in their order.
  var steps: [ExperimentStep] {
    var names: [String] = []
    for point in points where !names.contains(point.step) { names.append(point.step) }
    return names.map { name in
      ExperimentStep(name: name, points: points.filter { $0.step == name })
    }
  }
}

extension ExperimentResult.Point {
  /// The numbers by which it is compared.
  var measures: [RunMeasure] { results.all.flatMap(\.measures) }

  /// The value of an option, in words.
  func value(_ name: String) -> String {
    options.first { $0.name == name }?.values.joined(separator: " ") ?? ""
  }

  /// The options in which it differs from the step's others: `layer 10, rank 2`.
  var difference: String {
    options.filter(\.varies).map { "\($0.name) \($0.values.joined(separator: " "))" }
      .joined(separator: ", ")
  }
}
