import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension PyreftFolder: ExportForm {
  public static let name = "pyreft"
  public static let holds =
    "\(ReFT.Form.allCases.map(\.rawValue).joined(separator: ", ")) at positions of the prompt"

  public static func isMade(for adapter: any Adapter) -> Bool {
    (adapter as? InterventionAdapter)?.interventions.contains { $0.intervention is ReFT } ?? false
  }

  /// The configuration that pyvene writes.
  private struct Configuration: Encodable {
    let mode = "parallel"
    let interventionTypes: [String]
    let interventionDimensions: [Int]
    let interventionConstantSources: [Bool]
    let representations: [JSONValue]
    let sortedKeys: [String]
  }

  /// Writes an adapter of the ReFT family as `ReftModel.save` does, in float32: `config.json`, an
  /// `intkey_*.bin` for each intervention, and a `README.md` with the positions and the activation
  /// function, which pyreft doesn't save.
  ///
  /// - Returns: a line with the positions and the function
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for what pyreft can't hold,
  ///   `CheckpointError` or `FileSystemError` when it can't be written.
  @discardableResult
  public static func write(
    _ adapter: any Adapter, of base: LanguageModel, to folder: URL
  ) throws -> [String] {
    let parts = try PyreftParts(adapter, of: base)
    let configurationFile = folder.appending(component: configurationName)
    guard !configurationFile.exists || isFolder(folder) else {
      throw unwritable(
        "a folder without a \(configurationName) of something else", configurationFile.path)
    }
    var met: [String: Int] = [:]
    let keys = parts.interventions.map { part in
      let stem = part.target.keyStem
      let number = met[stem, default: 0]
      met[stem] = number + 1
      return "\(stem)#\(number)"
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (key, part) in zip(keys, parts.interventions) {
      try TorchArchive.write(
        elements(of: part.reft), to: folder.appending(component: "intkey_\(key).bin"))
    }
    let configuration = Configuration(
      interventionTypes: parts.interventions.map { typeText($0.reft.form) },
      interventionDimensions: parts.interventions.map(\.target.width),
      interventionConstantSources: parts.interventions.map { _ in true },
      representations: parts.interventions.map { $0.target.item(rank: $0.reft.rank) },
      sortedKeys: keys)
    try writeAtomically(
      JSONEncoder.configuration.encode(configuration), to: configurationFile)
    try writeAtomically(
      Data(readme(parts, base).utf8), to: folder.appending(component: "README.md"))
    return [remark(parts)]
  }

  /// A class of pyreft's, as Python writes its type.
  private static func typeText(_ form: ReFT.Form) -> String {
    "<class 'pyreft.interventions.\(form.rawValue.capitalized)Intervention'>"
  }

  /// The tensors that pyreft's class keeps.
  private static func elements(
    of reft: ReFT
  ) throws -> [(name: String, element: TorchArchive.Element)] {
    var elements: [(name: String, element: TorchArchive.Element)] = []
    if let name = reft.form.weightName, let weight = reft.weight {
      elements.append((name, .tensor(weight.value)))
    }
    elements.append((reft.form.biasName, .tensor(reft.bias.value.reshaped([reft.rank]))))
    let projection = reft.projection.tensor.detached
    if reft.form == .loreft {
      return elements + [("rotate_layer", .tensor(projection.transposed()))]
    }
    for name in ["embed_dim", "interchange_dim"] {
      elements.append((name, .integer(reft.width)))
    }
    guard reft.form.isOrthonormal else {
      return elements + [("proj_layer.weight", .tensor(projection))]
    }
    let parametrization = try OrthogonalParametrization(of: projection)
    let prefix = PyreftTensors.parametrization
    return elements + [
      ("\(prefix).original", .tensor(parametrization.original)),
      ("\(prefix).0.base", .tensor(parametrization.base)),
    ]
  }

  /// The settings that pyreft doesn't save, in a line.
  private static func remark(_ parts: PyreftParts) -> String {
    let function = parts.activation.map { " --activation \($0.rawValue)" } ?? ""
    return "pyreft saves neither positions nor the activation function: README.md has them; "
      + "`interchange import` needs --positions \(parts.positions.asGiven)\(function)"
  }

  private static func readme(_ parts: PyreftParts, _ base: LanguageModel) -> String {
    let function = parts.activation.map { "\"\($0.transformersName)\"" } ?? "None"
    let apart = ", with interventions of their own for the first and the last"
    return """
      # A folder of pyreft's

      Interventions for \(base.name), in float32. pyreft doesn't save where and with what
      non-linearity they act:

      - positions of the prompt: `\(parts.positions.asGiven)`\(parts.isUntied ? apart : "")
      - `act_fn`: `\(function)`

      `pyreft.ReftModel.load` makes modules without `act_fn`, and W and b in bfloat16. This keeps
      both:

      ```python
      import json, pyreft, torch

      config = json.load(open("\(configurationName)"))
      places = zip(*(config[f"{kind}s"] for kind in [
          "representation", "intervention_type", "intervention_dimension"]))
      representations = []
      for (layer, component, _, _, rank, *_), type_, width in places:
          module = getattr(pyreft, type_.split(".")[-1].rstrip("'>"))(
              embed_dim=width, low_rank_dimension=rank, dtype=torch.float32, add_bias=False,
              act_fn=\(function))
          place = {"component": component, "low_rank_dimension": rank, "intervention": module}
          representations.append(place if "." in component else place | {"layer": layer})
      reft = pyreft.get_reft_model(model, pyreft.ReftConfig(representations=representations))
      for key, module in reft.interventions.items():
          module.load_state_dict(torch.load(f"intkey_{key}.bin"))
      ```

      """
  }
}

extension Positions {
  /// The positions as `import` takes them.
  fileprivate var asGiven: String {
    if case .halves(let first, let last) = self {
      return Positions.firstAndLast(first, last).description
    }
    return description
  }
}
