import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension FineTuningExperiment {
  /// Everything that decides the outcome but the data and the seed, defaults filled in: the
  /// method's choices by their names, the training's settings and the way of answering.
  ///
  /// - Throws: `FineTuningError` for an unknown method.
  public func effectiveSettings(for model: LanguageModel) throws -> JSONValue {
    let full = try configuration.effective(for: model)
    let chosen = try JSONValue(encoding: full)
    var members = [JSONValue.Member(key: "method", value: .string(full.method))]
    for choice in try AdapterMethods.named(full.method).choices {
      guard let value = chosen[choice.key] else { continue }
      members.append(JSONValue.Member(key: choice.name, value: value))
    }
    members += [
      .init(key: "answers", value: .string(mode.rawValue)),
      .init(key: "best", value: .bool(keepsBest)),
      .init(key: "training", value: try JSONValue(encoding: settings)),
    ]
    if let pooling { members.append(.init(key: "pooling", value: .string(pooling.rawValue))) }
    return .object(members)
  }
}

extension FineTuningExperiment {
  /// What decides the trained parameters beside the settings of the training and its examples: a
  /// run that goes on must have the same.
  func decisiveSettings(
    for model: LanguageModel, on data: FineTuningData, store: ActivationStore
  ) throws -> JSONValue {
    let told = try effectiveSettings(for: model).members ?? []
    var members = told.filter { !["method", "answers", "training"].contains($0.key) }
    let adapted = try adapted(model, for: data, seed: settings.seed)
    let development = try evaluator(data).tokenized(data.development, by: adapted).identity
    members += [
      .init(key: "development data", value: .string(keepsBest ? development : "not used")),
      .init(key: "activation-storage", value: .string(store.precision.rawValue)),
    ]
    if let subspace = inputs.subspace {
      members += [
        .init(key: "subspace", value: .string(subspace.rotation.identity)),
        .init(key: "use", value: .string(subspace.use.rawValue)),
      ]
    }
    return .object(members)
  }
}

extension Rotation {
  /// A hash of all numbers.
  fileprivate var identity: String {
    let frame = frame
    var hash = Fingerprint()
    for number in frame.elements { hash.add(UInt64(number.bitPattern)) }
    return "\(frame.shape), hash \(hash.text)"
  }
}

extension JSONValue {
  /// A value as records hold it.
  fileprivate init(encoding value: some Encodable) throws {
    self = try JSONDecoder.ofRecords.decode(
      JSONValue.self, from: JSONEncoder.ofRecords.encode(value))
  }
}
