import Foundation
import InterchangeBasics
import InterchangeCausalModels
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

extension LanguageModel {
  /// Writes the activations of some sites over texts into a folder: a file [rows, width] for each
  /// site, and `manifest.json`, which has a text, a position and a token for each row.
  ///
  /// Rows are in the order of texts and positions. They are written batch by batch, so that memory
  /// doesn't grow with the number of texts; the files appear under their names when all are
  /// complete.
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// let found = try model.collect(
  ///   try CollectedTexts("agreement", count: 64), at: [.blockOutput(20)], positions: .last,
  ///   into: URL(filePath: "activations"))
  /// print(found.rows, found.places[0].file)
  /// ```
  ///
  /// - Parameters:
  ///   - sites: whose own positions don't matter
  ///   - positions: of each text; named parts where the texts have them
  ///   - format: the form of the files
  ///   - identity: the model's, for the manifest
  ///   - seed: of the sample for quartiles and the plane, where there are many rows
  ///   - progress: called with the number of texts that are done and of all
  /// - Throws: `CollectionError` that names a text without a wanted position, one that is too
  ///   long, or sites with other positions than the first; `ModelError` for a site that the model
  ///   lacks or a number that is none; `FileSystemError` when the folder can't be written.
  public func collect(
    _ texts: CollectedTexts, at sites: [Site], positions: Positions = .all,
    format: any RowFileFormat.Type = SafetensorsRows.self, into folder: URL,
    identity: RunRecord.ModelIdentity? = nil, seed: UInt64 = 0,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> ActivationCollection {
    var collector = try ActivationCollector(
      self, texts, at: sites, positions: positions, format: format, seed: seed)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let paths = ([ActivationCollection.manifestName] + collector.files).map {
      folder.appending(component: $0).path(percentEncoded: false)
    }
    // The last is finished first: the manifest stands for all of them.
    try writeAtomically(toEach: paths) { writers in
      try collector.write(
        manifest: writers[0], files: Array(writers.dropFirst()), identity, progress)
    }
    return try collector.result
  }
}

/// One collection on its way into files.
private struct ActivationCollector {
  typealias Writer = (UnsafeRawBufferPointer) throws -> Void

  /// Tokens in a batch, unless a single text has more.
  private static let batchTokens = 1024

  private let model: LanguageModel
  private let texts: CollectedTexts
  private let sites: [Site]
  private let widths: [Int]
  private let positions: Positions
  private let format: any RowFileFormat.Type
  private let rows: Int
  private let leavesOutFirst: Bool
  private var samples: [RowSample]

  /// Checks everything before a file is made.
  init(
    _ model: LanguageModel, _ texts: CollectedTexts, at wanted: [Site], positions: Positions,
    format: any RowFileFormat.Type, seed: UInt64
  ) throws {
    (self.model, self.texts, self.positions, self.format) = (model, texts, positions, format)
    let all = wanted.map { Site($0.component, layer: $0.layer, head: $0.head, positions) }
    sites = all.indices.filter { !all[..<$0].contains(all[$0]) }.map { all[$0] }
    guard let first = texts.texts.first, !sites.isEmpty else {
      throw CollectionError(description: "\(texts.name): there is no text to read, or no site")
    }
    for site in sites {
      try model.network.validate(
        site, over: texts.texts.lazy.map { model.encode($0.text).input })
    }
    let input = model.encode(first.text).input
    widths = try sites.map { try model.network.width(of: $0, for: input) }
    var (rows, hasLater) = (0, false)
    for index in texts.texts.indices {
      let (_, places) = try Self.read(
        index, of: texts, at: sites, positions: positions, in: model)
      rows += places.count
      hasLater = hasLater || places.contains { $0 > 0 }
    }
    guard rows > 0 else {
      throw CollectionError(description: "\(texts.name): no text has a position \(positions)")
    }
    (self.rows, leavesOutFirst) = (rows, hasLater)
    let keepsRows = sites.count == 1
    samples = sites.map { _ in RowSample(keepsRows: keepsRows, seed: seed) }
  }

  /// The files' names, one for each site.
  var files: [String] { sites.map { $0.file(in: format) } }

  /// A text as the model reads it, and the positions that are read of it.
  private static func read(
    _ index: Int, of texts: CollectedTexts, at sites: [Site], positions: Positions,
    in model: LanguageModel
  ) throws -> (text: EncodedText, positions: [Int]) {
    let text = texts.texts[index]
    let encoded = model.encode(text.text)
    func fault(_ reason: String) -> CollectionError {
      CollectionError(
        description: "\(texts.name): text \(index) (\(quoted(text.text))): \(reason)")
    }
    let most = model.architecture.maximumLength
    guard (1...most).contains(encoded.length) else {
      throw fault("expected 1 to \(most) tokens, found \(encoded.length)")
    }
    let lengths = sites.map { model.network.positionCount(of: encoded.input, at: $0) }
    if let other = lengths.firstIndex(where: { $0 != lengths[0] }) {
      throw fault(
        "expected sites with the same positions, found \(lengths[0]) of \(sites[0].name) and "
          + "\(lengths[other]) of \(sites[other].name) \(sites[other].layer)")
    }
    do {
      let spans = text.spans.mapValues { encoded.tokens(in: $0) }
      return (encoded, try positions.resolved(length: lengths[0], spans: spans))
    } catch {
      throw fault("\(error)")
    }
  }

  /// Writes all files.
  mutating func write(
    manifest: @escaping Writer, files: [Writer], _ identity: RunRecord.ModelIdentity?,
    _ progress: (Int, Int) -> Void
  ) throws {
    for (site, (width, write)) in zip(sites, zip(widths, files)) {
      let metadata = [
        "site": "\(site)", "model": identity?.identity ?? model.name, "texts": texts.name,
      ]
      let header = try format.header(
        tensor: site.fileName, rows: rows, width: width, metadata: metadata)
      try header.withUnsafeBytes { try write($0) }
    }
    var list = ManifestWriter(manifest)
    try list.begin(head(identity), texts)
    var next = 0
    while next < texts.texts.count {
      let batch = try batch(from: next)
      let cells = sites.map { Cells($0, positions: batch.map(\.positions)) }
      let found = try model.run(Request(batch.map(\.text.input), captures: cells)).captures
      for (index, rows) in found.enumerated() {
        try rows.withElements { values in
          try files[index](UnsafeRawBufferPointer(values))
          sample(index, values, batch, first: next)
        }
      }
      for (offset, part) in batch.enumerated() {
        for position in part.positions {
          let id = token(part.text, position)
          try list.add(
            .init(
              text: next + offset, position: position, id: id,
              token: id.map { model.tokenizer.token($0) }))
        }
      }
      next += batch.count
      progress(next, texts.texts.count)
    }
    try list.end()
  }

  /// As many texts from one on as a batch takes, at least one.
  private func batch(
    from first: Int
  ) throws -> [(text: EncodedText, positions: [Int])] {
    var (batch, tokens, index) = ([(text: EncodedText, positions: [Int])](), 0, first)
    while index < texts.texts.count {
      let part = try Self.read(index, of: texts, at: sites, positions: positions, in: model)
      tokens += part.text.length
      guard batch.isEmpty || tokens <= Self.batchTokens else { break }
      batch.append(part)
      index += 1
    }
    return batch
  }

  private mutating func sample(
    _ index: Int, _ values: UnsafeBufferPointer<Float>,
    _ batch: [(text: EncodedText, positions: [Int])], first: Int
  ) {
    var row = 0
    for (offset, part) in batch.enumerated() {
      for position in part.positions {
        let range = row * widths[index]..<(row + 1) * widths[index]
        samples[index].add(
          UnsafeBufferPointer(rebasing: values[range]), text: first + offset,
          isCandidate: position > 0 || !leavesOutFirst)
        row += 1
      }
    }
  }

  /// The token at a position of the sites; nil in a target that has only begun.
  private func token(_ text: EncodedText, _ position: Int) -> Int? {
    model.network.positionCount(of: text.input, at: sites[0]) == text.ids.count
      ? text.ids[position] : nil
  }

  private func head(_ identity: RunRecord.ModelIdentity?) -> CollectionManifest {
    CollectionManifest(
      version: interchangeVersion, model: identity, source: texts.name, label: texts.label,
      format: format.name, dtype: "float32", positions: "\(positions)", rowCount: rows,
      sites: zip(sites, zip(widths, files)).map { site, file in
        .init(
          site: site.name, layer: site.layer, head: site.head, file: file.1,
          tensor: site.fileName, shape: [rows, file.0])
      })
  }

  /// The collection, when all is written.
  var result: ActivationCollection {
    get throws {
      let plane =
        sites.count == 1
        ? try samples[0].plane(labels: texts.labels, leavesOutFirst: leavesOutFirst) : nil
      return ActivationCollection(
        source: texts.name, label: texts.label, positions: positions, texts: texts.texts.count,
        rows: rows, format: format.name, summarized: samples[0].summarized,
        places: zip(sites.indices, files).map { index, file in
          let part = ModelPart(sites[index].component, head: sites[index].head)
          return .init(
            part: part.name, layer: sites[index].layer, width: widths[index], file: file,
            norms: samples[index].summary)
        }, plane: plane)
    }
  }
}
