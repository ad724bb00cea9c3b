import Foundation
import InterchangeBasics

extension JSONValue {
  /// The value in a few words, for errors: "the string \"silu\"".
  var shortDescription: String {
    switch self {
    case .string(let value): "the string \(quoted(value))"
    case .array(let values): "an array of \(values.count)"
    case .object(let members): "an object of \(members.count) members"
    default: summary
    }
  }
}

/// A key of a JSON object whose keys are data.
struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// A value inside a JSON document that isn't of the type or form it should have;
/// ``decodeJSON(_:in:of:place:)`` adds the file.
struct JSONFault: Error {
  let place: String
  let expected: String
  let found: String
}

/// Decodes part of a file as JSON; a fault of it is told in one line.
func decodeJSON<T: Decodable>(
  _ type: T.Type, in range: Range<Int>, of file: MappedFile, place: String
) throws -> T {
  let data = file.withBytes { Data($0[range]) }
  do {
    return try JSONDecoder().decode(type, from: data)
  } catch {
    let fault = JSONFault(error, place: place)
    throw CheckpointError.malformed(
      file: file.path, place: fault.place, expected: fault.expected, found: fault.found)
  }
}

extension JSONFault {
  fileprivate init(_ error: any Error, place: String) {
    func join(_ path: [any CodingKey]) -> String {
      path.isEmpty ? place : "\(place): " + quoted(path.map(\.stringValue).joined(separator: "."))
    }
    switch error {
    case let fault as JSONFault: self = fault
    case DecodingError.typeMismatch(let type, let context):
      let words = context.debugDescription.components(separatedBy: "but found ")
      let found = words.count == 2 ? words[1].components(separatedBy: " instead")[0] : words[0]
      self.init(place: join(context.codingPath), expected: Self.words(type), found: found)
    case DecodingError.valueNotFound(let type, let context):
      self.init(place: join(context.codingPath), expected: Self.words(type), found: "null")
    case DecodingError.keyNotFound(let key, let context):
      self.init(
        place: join(context.codingPath), expected: "a field \(quoted(key.stringValue))",
        found: "none")
    case DecodingError.dataCorrupted(let context):
      let cause = context.underlyingError as NSError?
      let detail = cause?.userInfo[NSDebugDescriptionErrorKey] as? String
      let text = detail ?? context.debugDescription
      self.init(
        place: join(context.codingPath), expected: "valid JSON",
        found: "other text: \(quoted(text))")
    default:
      self.init(place: place, expected: "valid JSON", found: quoted("\(error)"))
    }
  }

  private static func words(_ type: any Any.Type) -> String {
    switch type {
    case is Int.Type: "an integer"
    case is String.Type: "a string"
    case is [Any].Type: "an array"
    default: "\(type)".hasPrefix("Array") ? "an array" : "an object"
    }
  }
}
