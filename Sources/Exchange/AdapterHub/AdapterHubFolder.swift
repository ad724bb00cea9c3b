import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A folder that `save_adapter` of the adapters library (AdapterHub) wrote: `adapter_config.json`
/// and `pytorch_adapter.bin`, of bottleneck adapters.
///
/// Nothing in the files is executed.
public struct AdapterHubFolder: ForeignAdapter {
  static let configurationName = "adapter_config.json"
  static let weightsName = "pytorch_adapter.bin"

  public static let name = "adapterhub"

  private let configuration: ModelConfiguration
  /// The bottlenecks' fields.
  private let settings: ModelConfiguration
  private let weights: TorchArchive

  /// The fields beside the bottlenecks'.
  private static let outerFields = KnownFields(
    applied: ["config", "hidden_size", "model_type", "name"],
    harmless: ["config_id", "model_class", "model_name", "version"])

  private static let fields = KnownFields(
    applied: [
      "dropout", "is_parallel", "leave_out", "mh_adapter", "non_linearity", "original_ln_before",
      "output_adapter", "reduction_factor", "scaling",
    ],
    harmless: [
      // Of the start, and of what is off.
      "factorized_phm_W", "factorized_phm_rule", "hypercomplex_nonlinearity", "init_weights",
      "init_weights_seed", "inv_adapter_reduction_factor", "learn_phm", "phm_bias", "phm_c_init",
      "phm_dim", "phm_init_range", "phm_rank", "shared_W_phm", "shared_phm_rule",
      // The order of two additions without a norm between them.
      "adapter_residual_before_ln",
    ],
    harmlessAt: [
      "cross_adapter": [], "inv_adapter": [], "ln_after": [], "ln_before": [],
      "original_ln_after": [true], "phm_layer": [], "residual_before_ln": [true],
      "stochastic_depth": [.number(0)], "use_gating": [],
    ])

  public static func isFolder(_ url: URL) -> Bool {
    let url = url.appending(component: configurationName)
    guard let file = try? ModelConfiguration(contentsOf: url) else { return false }
    return file.fields["peft_type"] == nil && file.fields["config"] != nil
  }

  public static func adapter(contentsOf url: URL, for base: LanguageModel) throws -> any Adapter {
    try AdapterHubFolder(contentsOf: url).adapter(for: base)
  }

  /// Reads the configuration, every field of which has to be understood, and checks the
  /// description of every tensor.
  ///
  /// - Throws: `FineTuningError/invalidAdapter(path:field:expected:found:)` for what has no meaning
  ///   here, `CheckpointError` for a file that is missing or damaged.
  public init(contentsOf url: URL) throws {
    configuration = try ModelConfiguration(
      contentsOf: url.appending(component: Self.configurationName))
    guard let settings = try configuration.sectionIfPresent("config") else {
      throw FineTuningError.invalidAdapter(
        path: configuration.path, field: "config", expected: "a bottleneck's settings",
        found: "none")
    }
    let fault =
      Self.outerFields.fault(in: configuration.fields)
      ?? Self.fields.fault(in: settings.fields, prefix: "config.")
    if let fault {
      throw FineTuningError.invalidAdapter(
        path: configuration.path, field: fault.field, expected: fault.expected, found: fault.found)
    }
    self.settings = settings
    weights = try TorchArchive(contentsOf: url.appending(component: Self.weightsName))
  }

  private func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
    .invalidAdapter(path: configuration.path, field: field, expected: expected, found: found)
  }

  /// The adapter, for a base model whose tensors fit.
  ///
  /// - Throws: `FineTuningError/invalidAdapter(path:field:expected:found:)` naming what doesn't fit
  ///   the model, `ModelError` for a site that it lacks.
  public func adapter(for base: LanguageModel) throws -> any Adapter {
    let layout = try AdapterHubLayout.of(base)
    let width = base.architecture.width
    if let model: String = try configuration.valueIfPresent("model_type"), model != layout.model {
      throw invalid("model_type", layout.model, model)
    }
    if let found: Int = try configuration.valueIfPresent("hidden_size"), found != width {
      throw invalid("hidden_size", "\(width), as the model has", "\(found)")
    }
    let name: String = try configuration.value("name")
    let function: String = try settings.value("non_linearity")
    guard let activation = Activation(transformersName: function) else {
      throw invalid(
        "config.non_linearity", Activation.allCases.map(\.transformersName).joined(separator: ", "),
        function)
    }
    let factor: Double = try settings.value("reduction_factor")
    guard factor > 0, factor <= Double(width), (Double(width) / factor) < 1e6 else {
      throw invalid("config.reduction_factor", "above 0, to \(width)", "\(factor)")
    }
    let rank = max(1, Int((Double(width) / factor).rounded(.down)))
    let scale: Double = try settings.valueIfPresent("scaling") ?? 1
    let dropout: Double = try settings.valueIfPresent("dropout") ?? 0
    guard scale.isFinite, (0..<1).contains(dropout) else {
      throw invalid("config.scaling, config.dropout", "numbers", "\(scale), \(dropout)")
    }
    let isParallel: Bool = try settings.valueIfPresent("is_parallel") ?? false
    let leftOut: [Int] = try settings.valueIfPresent("leave_out") ?? []
    let places = try chosenPlaces()
    let tensors = AdapterTensors(weights)
    var placed: [PlacedIntervention] = []
    for layer in 0..<base.architecture.layers where !leftOut.contains(layer) {
      for place in places {
        let (changed, read) = try components(place, layout, isParallel)
        // A headless model's names begin with the body's own.
        let module = "\(layout.module(place, layer: layer)).adapters.\(name)"
        let short = module.split(separator: ".").dropFirst().joined(separator: ".")
        let stem = weights.contains("\(short).adapter_up.weight") ? short : module
        func map(_ end: String, _ rows: Int, _ inputs: Int) throws -> (Tensor, Tensor) {
          (
            try tensors.tensor("\(stem).\(end).weight", [rows, inputs]),
            try tensors.tensor("\(stem).\(end).bias", [rows])
          )
        }
        let bottleneck = Bottleneck(
          down: try map("adapter_down.0", rank, width), up: try map("adapter_up", width, rank),
          activation: activation, scale: Float(scale), isParallel: isParallel)
        placed.append(
          PlacedIntervention(
            bottleneck, at: Site(changed, layer: layer, .every), reading: read, dropout: dropout))
      }
    }
    try tensors.requireAllRead()
    let adapter = InterventionAdapter(placed)
    try adapter.validate(for: base.network)
    return adapter
  }

  private func chosenPlaces() throws -> [AdapterHubLayout.Place] {
    let attention: Bool = try settings.value("mh_adapter")
    let output: Bool = try settings.value("output_adapter")
    guard attention || output else {
      throw invalid("config.mh_adapter, config.output_adapter", "one that is true", "none")
    }
    return (attention ? [.attention] : []) + (output ? [.output] : [])
  }

  private func components(
    _ place: AdapterHubLayout.Place, _ layout: AdapterHubLayout, _ isParallel: Bool
  ) throws -> (changed: Component, read: Component?) {
    let isAfter: Bool = try settings.valueIfPresent("original_ln_before") ?? false
    if let found = layout.component(place, isParallel: isParallel, isAfterAddition: isAfter) {
      return found
    }
    throw isParallel
      ? invalid(
        "config.is_parallel",
        "false for \(layout.model), where it reads the residual stream before its norm", "true")
      : invalid(
        "config.original_ln_before",
        "false for \(layout.model), where it puts a norm before the adapter", "true")
  }
}
