import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import OrderedCollections

/// LoRA (arXiv 2106.09685) of projections, by the names that their modules have in transformers.
enum PeftLoRA: PeftKind {
  static let name = "LORA"
  /// The path of the model inside peft's own.
  private static let prefix = "base_model.model."

  static let fields = KnownFields(
    // The tensors' names say which modules and layers there are.
    applied: [
      "exclude_modules", "fan_in_fan_out", "layers_pattern", "layers_to_transform", "lora_alpha",
      "lora_dropout", "r",
      "target_modules", "use_rslora",
    ],
    harmless: ["eva_config", "megatron_core", "qalora_group_size", "runtime_config"],
    harmlessAt: [
      "bias": ["none"],
      // The others start from a changed base model.
      "init_lora_weights": [true, false, "gaussian", "orthogonal", "eva"],
      "ensure_weight_tying": [false], "lora_bias": [false],
      "use_dora": [false], "use_qalora": [false],
      "alora_invocation_tokens": [], "alpha_pattern": [], "arrow_config": [], "corda_config": [],
      "kasa_config": [], "layer_replication": [], "loftq_config": [], "lora_ga_config": [],
      "megatron_config": [], "monteclora_config": [], "rank_pattern": [], "target_parameters": [],
      "trainable_token_indices": [], "use_bdlora": [], "velora_config": [],
    ])

  private struct Fields: Encodable {
    let r: Int
    let loraAlpha: Double
    let loraDropout: Double
    let bias = "none"
    let targetModules: [String]
    var layersToTransform: [Int]?
    var layersPattern: String?
  }

  /// The projection of one layer, and its module's path.
  private struct Place {
    let layer: Int
    let projection: Projection
    let module: String
  }

  /// The projections of a model that have a module, layer by layer.
  private static func places(_ architecture: any Architecture) -> [Place] {
    (0..<architecture.layers).flatMap { layer in
      Projection.allCases.compactMap { projection in
        module(projection, layer, architecture).map {
          Place(layer: layer, projection: projection, module: $0)
        }
      }
    }
  }

  private static func module(
    _ projection: Projection, _ layer: Int, _ architecture: any Architecture
  ) -> String? {
    architecture.tensorName(of: projection, layer: layer).map {
      $0.hasSuffix(".weight") ? String($0.dropLast(".weight".count)) : $0
    }
  }

  static func adapter(
    _ folder: PeftFolder, _ tensors: AdapterTensors, for base: LanguageModel
  ) throws -> any Adapter {
    let configuration = folder.configuration
    let rank: Int = try configuration.value("r")
    let alpha: Double = try configuration.value("lora_alpha")
    let isStabilized: Bool = try configuration.valueIfPresent("use_rslora") ?? false
    let dropout: Double = try configuration.valueIfPresent("lora_dropout") ?? 0
    guard rank >= 1, alpha.isFinite, (0..<1).contains(dropout) else {
      throw folder.invalid(
        "r, lora_alpha, lora_dropout", "numbers", "\(rank), \(alpha), \(dropout)")
    }
    // Maps stored as [inputs, outputs] have the same two factors.
    let isTransposed: Bool = try configuration.valueIfPresent("fan_in_fan_out") ?? false
    let canBe = Projection.allCases.contains {
      base.architecture.tensorPart(of: $0, layer: 0)?.isTransposed == true
    }
    guard !isTransposed || canBe else {
      throw folder.invalid(
        "fan_in_fan_out", "false, as the model's maps are [outputs, inputs]", "true")
    }
    let scale = alpha / (isStabilized ? Double(rank).squareRoot() : Double(rank))
    var modules = try Set(folder.weights.names.map { try module(ofTensor: $0, tensors) })
    try requireTargets(folder, modules, base)
    var placed: [PlacedIntervention] = []
    var found: Set<String> = []
    for place in places(base.architecture) {
      // The paths may begin with a class's name or without.
      guard let module = modules.first(where: { isSame($0.dropFirst(prefix.count), place.module) })
      else { continue }
      found.insert(module)
      let (layer, projection) = (place.layer, place.projection)
      if let other = base.architecture.otherRows(of: projection, layer: layer) {
        throw tensors.invalid(
          "tensor \(module).lora_A.weight", "no update of a weight that also makes \(other)",
          "one, which in peft changes those, too")
      }
      let site = Site(
        base.architecture.component(of: place.projection), layer: place.layer, .every)
      let input = Site(place.projection.input, layer: place.layer)
      let part = base.architecture.tensorPart(of: place.projection, layer: place.layer)
      let outputs = try part?.total ?? base.width(of: site)
      let down = try tensors.tensor(
        module + ".lora_A.weight", [rank, try base.width(of: input)])
      let up = try tensors.tensor(module + ".lora_B.weight", [outputs, rank])
      let update = LowRankUpdate(
        down: down, up: part?.rows.map(up.gatherRows) ?? up, scale: Float(scale))
      placed.append(
        PlacedIntervention(update, at: site, reading: place.projection.input, dropout: dropout))
    }
    modules.subtract(found)
    if let other = modules.min() {
      throw tensors.invalid("tensor \(other).lora_A.weight", "a projection of the model", "another")
    }
    return InterventionAdapter(placed)
  }

  private static func module(
    ofTensor name: String, _ tensors: AdapterTensors
  ) throws -> String {
    guard name.hasPrefix(prefix),
      let ending = [".lora_A.weight", ".lora_B.weight"].first(where: { name.hasSuffix($0) })
    else { throw tensors.invalid("tensor \(name)", "a projection's lora_A or lora_B", "another") }
    return String(name.dropLast(ending.count))
  }

  private static func isSame(_ path: Substring, _ module: String) -> Bool {
    path == module || path.hasSuffix("." + module) || module.hasSuffix("." + path)
  }

  /// Refuses a folder whose tensors aren't those that its own fields name for this model, such as
  /// that of a model with other layers.
  private static func requireTargets(
    _ folder: PeftFolder, _ modules: Set<String>, _ base: LanguageModel
  ) throws {
    // A single name can be a pattern, or stand for all.
    guard case .array(let names)? = folder.configuration.fields["target_modules"] else { return }
    let targets = names.compactMap(\.string)
    func isTarget(_ module: some StringProtocol) -> Bool {
      targets.contains { module == $0 || module.hasSuffix("." + $0) }
    }
    if let other = modules.filter({ !isTarget($0) }).min() {
      throw folder.invalid(
        "target_modules", "the tensors' modules", "none that ends like \(quoted(other))")
    }
    let isNarrowed = ["layers_to_transform", "exclude_modules", "layers_pattern"].contains {
      ![nil, .null].contains(folder.configuration.fields[$0])
    }
    let missing = places(base.architecture).first { place in
      isTarget(place.module)
        && !modules.contains { isSame($0.dropFirst(prefix.count), place.module) }
    }
    if let missing, !isNarrowed {
      throw folder.invalid(
        "target_modules",
        "tensors for all layers of the model (0 to \(base.architecture.layers - 1))",
        "none for \(missing.module)")
    }
  }

  /// The updates of one module: of a whole projection, or of several that are one tensor.
  private struct Module {
    var updates: [(part: TensorPart?, update: LowRankUpdate)] = []

    /// The two factors at a rank, padded with zeros: those of several parts one after another, so
    /// that each keeps to its own rows.
    func factors(rank: Int) -> (down: Tensor, up: Tensor) {
      let first = updates[0].update
      let total = updates[0].part?.total ?? first.up.value.rows
      var downs = updates.map(\.update.down.value)
      let filled = updates.reduce(0) { $0 + $1.update.rank }
      if filled < rank { downs.append(.zeros([rank - filled, first.down.value.width])) }
      var up = Tensor.zeros([total, rank])
      var start = 0
      for (part, update) in updates {
        var own = update.up.value
        if let rows = part?.rows {
          own = Tensor.zeros([total, own.width]).replacingRows(rows, with: own)
        }
        up = up.replacingColumns(start..<start + update.rank, with: own)
        start += update.rank
      }
      return (Tensor.concatenatingRows(downs), up)
    }
  }

  static func contents(_ adapter: any Adapter, of base: LanguageModel) throws -> PeftContents? {
    guard let adapter = adapter as? InterventionAdapter else { return nil }
    let architecture = base.architecture
    var modules: OrderedDictionary<String, Module> = [:]
    var layers: [Int: Set<String>] = [:]
    var layersPattern: String?
    var shared: (rank: Int, scale: Float, dropout: Double)?
    for placed in adapter.interventions {
      let layer = placed.site.layer
      guard let update = placed.intervention as? LowRankUpdate, let projection = placed.projection,
        let path = module(projection, layer, architecture)
      else { throw unwritable("lora of whole projections", placed.intervention.name) }
      let own = (rank: update.rank, scale: update.scale, dropout: placed.dropout)
      guard shared ?? own == own else {
        throw unwritable("one rank, scale and dropout for all", "rank \(own.rank) among others")
      }
      shared = own
      let parts = path.split(separator: ".").map(String.init)
      layersPattern = parts.firstIndex(of: "\(layer)").flatMap { $0 > 0 ? parts[$0 - 1] : nil }
      modules[path, default: Module()].updates.append(
        (architecture.tensorPart(of: projection, layer: layer), update))
      layers[layer, default: []].insert(path)
    }
    let all = Set(places(architecture).map(\.module))
    let targets = layers.mapValues { Set($0.map { target($0, all, but: modules.keys) }) }
    guard let shared, let first = targets.values.first,
      targets.values.allSatisfy({ $0 == first })
    else { throw unwritable("the same projections in every layer", "others") }
    // Several projections in one tensor need the ranks of all of them.
    let most = modules.values.map(\.updates.count).max() ?? 1
    let rank = shared.rank * most
    var fields = Fields(
      r: rank, loraAlpha: Double(shared.scale) * Double(rank), loraDropout: shared.dropout,
      targetModules: first.sorted())
    if layers.count < architecture.layers {
      (fields.layersToTransform, fields.layersPattern) = (layers.keys.sorted(), layersPattern)
    }
    return PeftContents(
      fields: fields,
      tensors: modules.flatMap { path, module in
        let factors = module.factors(rank: rank)
        return [
          (name: prefix + path + ".lora_A.weight", tensor: factors.down),
          (name: prefix + path + ".lora_B.weight", tensor: factors.up),
        ]
      })
  }

  /// The shortest end of a module's path that no module without an update has.
  private static func target(
    _ path: String, _ all: Set<String>, but updated: some Collection<String>
  ) -> String {
    let parts = path.split(separator: ".")
    let others = all.subtracting(updated).filter { other in
      // The same module of another layer may be left out by its layer.
      other.split(separator: ".").filter { Int($0) == nil } != parts.filter { Int($0) == nil }
    }
    for count in 1..<max(2, parts.count) {
      let end = parts.suffix(count).joined(separator: ".")
      if !others.contains(where: { $0.hasSuffix("." + end) || $0 == end }) { return end }
    }
    return path
  }
}
