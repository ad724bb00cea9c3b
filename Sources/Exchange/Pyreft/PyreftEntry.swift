import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// One intervention of a folder of pyreft's.
public struct PyreftEntry {
  /// Its name in the folder.
  public let key: String
  public let form: ReFT.Form
  public let component: Component
  public let layer: Int
  /// The number of dimensions that it writes, k.
  public let rank: Int
  let archive: TorchArchive

  /// Maps its file; throws as ``PyreftFolder/init(contentsOf:)``.
  init(form: ReFT.Form, place: PyreftPlace, key: String, folder: URL) throws {
    (self.form, self.key) = (form, key)
    (component, layer) = (place.component, place.layer)
    archive = try TorchArchive(contentsOf: folder.appending(component: "intkey_\(key).bin"))
    let tensors = AdapterTensors(archive)
    guard case .dictionary(let entries) = archive.value, entries.count == archive.names.count else {
      throw tensors.invalid("value", "a dictionary of tensors", "something else")
    }
    let shape = try archive.tensor(named: form.biasName).shape
    guard shape.count == 1, shape[0] >= 1, shape[0] == place.rank ?? shape[0] else {
      let expected = place.rank.map { "[\($0)]" } ?? "[k]"
      throw tensors.invalid("tensor \(form.biasName)", "shape \(expected)", "\(shape)")
    }
    rank = shape[0]
  }

  /// The form that a class of pyreft's has, by the text of its type.
  static func form(
    _ type: String, _ field: String, _ invalid: PyreftPlace.Invalid
  ) throws -> ReFT.Form {
    let name = type.wholeMatch(of: /<class 'pyreft\.interventions\.([A-Za-z]+)Intervention'>/)?.1
    guard let name, name.first?.isUppercase == true,
      let form = ReFT.Form(rawValue: name.lowercased())
    else {
      let names = ReFT.Form.allCases.map { "\($0.rawValue.capitalized)Intervention" }
      throw invalid(field, "one of pyreft's \(names.joined(separator: ", "))", quoted(type))
    }
    return form
  }

  /// The intervention, for vectors of a width d.
  func intervention(width: Int, activation: Activation?) throws -> ReFT {
    let reader = PyreftTensors(AdapterTensors(archive))
    guard rank <= width else {
      throw reader.tensors.invalid("rank", "1 to \(width)", "\(rank)")
    }
    if form != .loreft {
      for name in ["embed_dim", "interchange_dim"] where archive.contains(name) {
        let found = try reader.tensor(name, []).elements[0]
        guard found == Float(width) else {
          throw reader.tensors.invalid(
            "tensor \(name)", "\(width)", Int(exactly: found).map { "\($0)" } ?? "\(found)")
        }
      }
    }
    var bias = try reader.tensor(form.biasName, [rank])
    let weight =
      try form.weightName.map { try reader.tensor($0, [rank, width]) }
    let projection: ReFT.Projection
    if form.isOrthonormal {
      projection = .rotation(try reader.rotation(form, rank: rank, width: width))
    } else {
      let free = try reader.tensor("proj_layer.weight", [rank, width])
      projection = .free(Parameter("projection", free))
      if archive.contains("proj_layer.bias") {
        let shift = try reader.tensor("proj_layer.bias", [rank])
        bias = try folded(bias, shift, activation, reader)
      }
    }
    try reader.tensors.requireAllRead()
    return ReFT(form, projection, weight: weight, bias: bias, activation: activation)
  }

  /// f(W h + b) − (P h + c) is f(W h + b − c) − P h where f is the identity; NoDiReFT doesn't use
  /// c.
  private func folded(
    _ bias: Tensor, _ shift: Tensor, _ activation: Activation?, _ reader: PyreftTensors
  ) throws -> Tensor {
    guard form.replaces else { return bias }
    guard activation == nil || shift.elements.allSatisfy({ $0 == 0 }) else {
      throw reader.tensors.invalid(
        "tensor proj_layer.bias", "zeros where there is an activation function", "other numbers")
    }
    return bias - shift
  }
}

extension ReFT.Form {
  /// pyreft's name of b.
  var biasName: String {
    switch self {
    case .loreft: "bias"
    case .consreft, .lobireft: "learned_source"
    case .noreft, .direft, .nodireft: "learned_source.bias"
    }
  }

  /// pyreft's name of W.
  var weightName: String? {
    guard hasWeight else { return nil }
    return self == .loreft ? "weight" : "learned_source.weight"
  }
}

/// The numbers of a file of pyreft's.
struct PyreftTensors {
  /// The beginning of the names of an orthogonal parametrization's parts.
  static let parametrization = "rotate_layer.parametrizations.weight"

  let tensors: AdapterTensors

  init(_ tensors: AdapterTensors) { self.tensors = tensors }

  /// A tensor of a shape, all of it finite.
  func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    try tensors.tensor(name, shape)
  }

  /// R [k, d]; LoReFT saves it, transposed, the others the parameters that torch makes it from.
  func rotation(_ form: ReFT.Form, rank: Int, width: Int) throws -> Rotation {
    let frame: Tensor
    if form == .loreft {
      frame = try tensor("rotate_layer", [width, rank]).transposed()
    } else {
      let prefix = Self.parametrization
      let parametrization = OrthogonalParametrization(
        original: try tensor("\(prefix).original", [width, rank]),
        base: try tensor("\(prefix).0.base", [width, width]))
      guard let made = parametrization.frame() else {
        throw tensors.invalid(
          "tensor \(prefix).original",
          "columns of sum at most \(OrthogonalParametrization.largestSum)", "more")
      }
      frame = made
    }
    let error = Rotation.orthonormalityError(frame)
    guard error < 1e-3 else {
      throw tensors.invalid(
        "rotate_layer", "a frame with orthonormal rows", "‖RRᵀ − I‖∞ = \(error)")
    }
    return try Rotation(orthonormal: frame)
  }
}
