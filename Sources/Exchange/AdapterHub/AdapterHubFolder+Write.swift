import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension AdapterHubFolder: ExportForm {
  public static var holds: String {
    "serial-adapter, and parallel-adapter of an encoder, of \(AdapterHubLayout.models)"
  }

  public static func isMade(for adapter: any Adapter) -> Bool {
    Bottleneck.methods.contains(adapter.method)
  }

  /// The file; `scaling` isn't written, as the library takes no number without a point: the tensors
  /// have it in them.
  private struct Configuration: Encodable {
    struct Bottlenecks: Encodable {
      let mhAdapter: Bool
      let outputAdapter: Bool
      let reductionFactor: Double
      let nonLinearity: String
      let originalLnBefore: Bool
      let originalLnAfter = true
      let isParallel: Bool
      let leaveOut: [Int]
      let dropout: Double
    }
    let config: Bottlenecks
    let hiddenSize: Int
    let modelClass: String
    let modelName: String
    let modelType: String
    let name: String
  }

  /// The name that the adapter has in the library.
  private static let adapterName = "interchange"

  /// The settings that all bottlenecks of a folder share.
  private struct Shared: Equatable {
    let rank: Int
    let activation: Activation
    let isParallel: Bool
    let isAfterAddition: Bool
    let dropout: Double
  }

  /// Writes bottleneck adapters for the adapters library.
  ///
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for places or models that the
  ///   library doesn't have, and for bottlenecks that differ; `CheckpointError` or
  ///   `FileSystemError` when it can't be written.
  @discardableResult
  public static func write(
    _ adapter: any Adapter, of base: LanguageModel, to folder: URL
  ) throws -> [String] {
    let layout = try AdapterHubLayout.of(base)
    let width = base.architecture.width
    var shared: Shared?
    var layers: [AdapterHubLayout.Place: [Int]] = [:]
    var elements: [(name: String, element: TorchArchive.Element)] = []
    for placed in (adapter as? InterventionAdapter)?.interventions ?? [] {
      guard let bottleneck = placed.intervention as? Bottleneck else {
        throw unwritable("bottleneck adapters alone", placed.intervention.name)
      }
      let (place, isAfterAddition) = try place(of: placed, bottleneck, layout)
      let own = Shared(
        rank: bottleneck.rank, activation: bottleneck.activation,
        isParallel: bottleneck.isParallel, isAfterAddition: isAfterAddition,
        dropout: placed.dropout)
      guard shared ?? own == own else {
        throw unwritable(
          "one rank, activation, dropout and kind of place for all", "others at \(placed.site)")
      }
      shared = own
      layers[place, default: []].append(placed.site.layer)
      let stem = "\(layout.module(place, layer: placed.site.layer)).adapters.\(adapterName)"
      elements += [
        ("\(stem).adapter_down.0.weight", .tensor(bottleneck.down.value)),
        ("\(stem).adapter_down.0.bias", .tensor(bottleneck.downBias.value)),
        ("\(stem).adapter_up.weight", .tensor((bottleneck.scale * bottleneck.up.value).detached)),
        ("\(stem).adapter_up.bias", .tensor((bottleneck.scale * bottleneck.upBias.value).detached)),
      ]
    }
    let sets = Set(layers.values.map { $0.sorted() })
    guard let shared, let chosen = sets.first, sets.count == 1 else {
      throw unwritable("both places in the same layers", "others")
    }
    let configuration = Configuration(
      config: Configuration.Bottlenecks(
        mhAdapter: layers[.attention] != nil, outputAdapter: layers[.output] != nil,
        reductionFactor: reductionFactor(width, rank: shared.rank),
        nonLinearity: shared.activation.transformersName,
        originalLnBefore: shared.isAfterAddition, isParallel: shared.isParallel,
        leaveOut: (0..<base.architecture.layers).filter { !chosen.contains($0) },
        dropout: shared.dropout),
      hiddenSize: width, modelClass: layout.modelClass, modelName: base.name,
      modelType: layout.model, name: adapterName)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try TorchArchive.write(elements, to: folder.appending(component: weightsName))
    try writeAtomically(
      JSONEncoder.configuration.encode(configuration),
      to: folder.appending(component: configurationName))
    return ["adapters.init(model); model.load_adapter(\"\(folder.lastPathComponent)\") loads it"]
  }

  /// The library's place of a bottleneck.
  private static func place(
    of placed: PlacedIntervention, _ bottleneck: Bottleneck, _ layout: AdapterHubLayout
  ) throws -> (AdapterHubLayout.Place, isAfterAddition: Bool) {
    guard placed.site.positions == .every, placed.site.head == nil else {
      throw unwritable("whole vectors at every position", "\(placed.site)")
    }
    for place in AdapterHubLayout.Place.allCases {
      for isAfter in [false, true] {
        let found = layout.component(
          place, isParallel: bottleneck.isParallel, isAfterAddition: isAfter)
        if let found, found.changed == placed.site.component, found.read == placed.reading {
          return (place, isAfter && !bottleneck.isParallel)
        }
      }
    }
    guard bottleneck.isParallel, !layout.isNormedAfter else {
      throw unwritable(
        "a place after the attention or the MLP", "\(placed.site.component.rawValue)")
    }
    let read = placed.reading?.rawValue ?? "nothing"
    throw unwritable(
      "a serial adapter, as the library's parallel ones read the residual stream of "
        + "\(layout.model) before the norm", "a parallel one, which reads \(read)")
  }

  /// A factor r for which ⌊width / r⌋ is the rank.
  private static func reductionFactor(_ width: Int, rank: Int) -> Double {
    let factor = Double(width) / Double(rank)
    return Int((Double(width) / factor).rounded(.down)) == rank
      ? factor : Double(width) / (Double(rank) + 0.5)
  }
}
