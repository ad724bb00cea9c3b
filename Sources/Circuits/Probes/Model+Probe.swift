import InterchangeBasics
import InterchangeModels
import InterchangeTensors

extension Model {
  /// Linear probes of a component of some layers, with their control task.
  ///
  /// - Parameters:
  ///   - head: one head's part of the component
  ///   - progress: called after every layer with the number that is done
  /// - Throws: `CircuitError` for too few labels or examples, or a setting that can't work;
  ///   `ModelError` for a component, layer or position that there is not.
  public func probe(
    _ examples: [ProbeExample], component: Component = .blockOutput, layers: [Int],
    head: Int? = nil, settings: ProbeSettings = ProbeSettings(),
    progress: (Int) -> Void = { _ in }
  ) throws -> ProbeReport {
    for layer in layers { try validate(component, layer: layer, head: head) }
    guard settings.penalty >= 0, settings.penalty.isFinite else {
      throw CircuitError.invalidSetting(
        name: "penalty", expected: "a number from 0", found: "\(settings.penalty)")
    }
    let task = try ProbeTask(examples)
    let control = task.control(settings)
    let width = try width(of: Site(component, layer: layers.first ?? 0, head: head))
    try requireMemory(
      20 * Double(examples.count) * Double(width) * Double(layers.count),
      for: "the vectors of \(examples.count) examples in \(layers.count) layers")
    let vectors = try vectors(examples, component, layers, head)
    var fitted = [ProbeReport.Layer?](repeating: nil, count: layers.count)
    // A group of layers at a time: each fit is one thread's.
    let group = max(1, Parallel.threads)
    for start in stride(from: 0, to: layers.count, by: group) {
      let part = Array(start..<min(start + group, layers.count))
      var results = [ProbeReport.Layer?](repeating: nil, count: part.count)
      results.withUnsafeMutableBufferPointer { results in
        Parallel.forEach(part.count) { index in
          let place = part[index]
          results[index] = task.layer(layers[place], vectors[place], width, control, settings)
        }
      }
      for (place, result) in zip(part, results) { fitted[place] = result }
      progress(start + part.count)
    }
    return ProbeReport(
      component: component, head: head, labels: task.names, types: task.typeCount,
      seenTypes: control.seenTypes, constant: task.constant, layers: fitted.compactMap { $0 })
  }

  /// The vectors of each layer: [layers][examples · width].
  private func vectors(
    _ examples: [ProbeExample], _ component: Component, _ layers: [Int], _ head: Int?
  ) throws -> [[Double]] {
    var all = layers.map { _ in [Double]() }
    for start in stride(from: 0, to: examples.count, by: 32) {
      let part = examples[start..<min(start + 32, examples.count)]
      var request = Request(part.map(\.input))
      request.captures = layers.map {
        Cells(component, layer: $0, head: head, positions: part.map { [$0.position] })
      }
      for (index, rows) in try run(request).captures.enumerated() {
        all[index] += rows.elements.map(Double.init)
      }
    }
    return all
  }
}

/// Examples with their labels and parts as numbers.
struct ProbeTask {
  /// A labeling with the examples that are fitted and those that are held out.
  struct Part {
    var labels: [Int]
    var train: [Int]
    var test: [Int]
  }

  /// The labelings of a control task.
  struct Control {
    var parts: [Part]
    var seenTypes: Double
  }

  let names: [String]
  let part: Part
  private let types: [Int]
  let typeCount: Int

  init(_ examples: [ProbeExample]) throws {
    names = Set(examples.map(\.label)).sorted()
    guard names.count > 1 else {
      throw CircuitError.noExamples(
        reason: "a probe needs at least two labels, found "
          + (names.first.map { "only '\($0)'" } ?? "none"))
    }
    let index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    part = Part(
      labels: examples.map { index[$0.label]! },
      train: examples.indices.filter { !examples[$0].isTest },
      test: examples.indices.filter { examples[$0].isTest })
    let known = Set(examples.map(\.type)).sorted()
    let places = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, $0) })
    types = examples.map { places[$0.type]! }
    typeCount = known.count
    guard !part.train.isEmpty, !part.test.isEmpty else {
      throw CircuitError.noExamples(
        reason: "a probe needs examples to fit and others to be measured on; found "
          + "\(part.train.count) and \(part.test.count)")
    }
    let seen = Set(part.train.map { part.labels[$0] })
    guard seen.count > 1 else {
      throw CircuitError.noExamples(
        reason: "all examples of the fit have the label '\(names[seen.first ?? 0])'")
    }
  }

  /// The most frequent label of the fit on the held-out examples.
  var constant: Accuracy {
    var counts = names.map { _ in 0 }
    for index in part.train { counts[part.labels[index]] += 1 }
    let most = counts.indices.max { (counts[$0], $1) < (counts[$1], $0) } ?? 0
    return Accuracy(correct: part.test.count { part.labels[$0] == most }, n: part.test.count)
  }

  /// Random labels of types, with the frequencies of the real labels, and a random split.
  func control(_ settings: ProbeSettings) -> Control {
    var generator = RandomGenerator(seed: settings.seed)
    var (seen, held) = (0, 0)
    let parts = (0..<max(0, settings.controls)).map { _ in
      let ofTypes = (0..<typeCount).map { _ in
        part.labels[Int.random(in: 0..<part.labels.count, using: &generator)]
      }
      let order = part.labels.indices.shuffled(using: &generator)
      let train = Array(order.prefix(part.train.count))
      let test = Array(order.dropFirst(part.train.count).prefix(part.test.count))
      let known = Set(train.map { types[$0] })
      seen += test.count { known.contains(types[$0]) }
      held += test.count
      return Part(labels: types.map { ofTypes[$0] }, train: train, test: test)
    }
    return Control(parts: parts, seenTypes: held > 0 ? Double(seen) / Double(held) : 0)
  }

  /// The probe of one layer with its controls.
  func layer(
    _ layer: Int, _ vectors: [Double], _ width: Int, _ control: Control, _ settings: ProbeSettings
  ) -> ProbeReport.Layer {
    func fitted(_ part: Part) -> (train: Accuracy, test: Accuracy, fit: LogisticRegression) {
      func rows(_ indices: [Int]) -> [Double] {
        indices.flatMap { vectors[$0 * width..<($0 + 1) * width] }
      }
      let fit = LogisticRegression(
        rows(part.train), width: width, labels: part.train.map { part.labels[$0] },
        classes: names.count, penalty: settings.penalty, iterations: settings.iterations)
      func accuracy(_ indices: [Int]) -> Accuracy {
        let found = fit.classes(of: rows(indices))
        return Accuracy(
          correct: zip(found, indices).count { $0 == part.labels[$1] }, n: indices.count)
      }
      return (accuracy(part.train), accuracy(part.test), fit)
    }
    let own = fitted(part)
    let controls = control.parts.map(fitted)
    return ProbeReport.Layer(
      layer: layer, train: own.train, test: own.test, controls: controls.map(\.test),
      isConverged: own.fit.isConverged && controls.allSatisfy(\.fit.isConverged),
      iterations: own.fit.iterations)
  }
}
