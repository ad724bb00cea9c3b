import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeModels

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

extension JSONValue {
  /// A value as records hold it.
  fileprivate init(encoding value: some Encodable) throws {
    self = try JSONDecoder.ofRecords.decode(
      JSONValue.self, from: JSONEncoder.ofRecords.encode(value))
  }
}
