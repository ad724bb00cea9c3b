/// A Swift type that a metadata value of a GGUF file can be read as.
public protocol MetadataReadable {
  /// The type that the file must have, for errors: "an integer".
  static var metadataExpectation: String { get }
  /// Reads a value; nil when it is of another type or out of range.
  init?(metadata value: MetadataValue)
}

extension Int: MetadataReadable {
  /// "an integer".
  public static var metadataExpectation: String { "an integer" }

  /// Reads an integer of any width that fits.
  public init?(metadata value: MetadataValue) {
    switch value {
    case .uint8(let number): self.init(number)
    case .int8(let number): self.init(number)
    case .uint16(let number): self.init(number)
    case .int16(let number): self.init(number)
    case .uint32(let number): self.init(number)
    case .int32(let number): self.init(number)
    case .uint64(let number): self.init(exactly: number)
    case .int64(let number): self.init(exactly: number)
    default: return nil
    }
  }
}

extension Double: MetadataReadable {
  /// "a float32 or float64".
  public static var metadataExpectation: String { "a float32 or float64" }

  /// Reads a float32 or float64; integers aren't taken for one.
  public init?(metadata value: MetadataValue) {
    switch value {
    case .float32(let number): self.init(number)
    case .float64(let number): self = number
    default: return nil
    }
  }
}

extension Float: MetadataReadable {
  /// "a float32 or float64".
  public static var metadataExpectation: String { Double.metadataExpectation }

  /// Reads a float32, or a float64 rounded to the nearest float32.
  public init?(metadata value: MetadataValue) {
    guard let number = Double(metadata: value) else { return nil }
    self.init(number)
  }
}

extension Bool: MetadataReadable {
  /// "a boolean".
  public static var metadataExpectation: String { "a boolean" }

  /// Reads a boolean.
  public init?(metadata value: MetadataValue) {
    guard case .boolean(let truth) = value else { return nil }
    self = truth
  }
}

extension String: MetadataReadable {
  /// "a string".
  public static var metadataExpectation: String { "a string" }

  /// Reads a string.
  public init?(metadata value: MetadataValue) {
    guard case .string(let text) = value else { return nil }
    self = text
  }
}

extension Array: MetadataReadable where Element: MetadataReadable {
  /// The elements' type in an array of them.
  public static var metadataExpectation: String {
    "an array, each element \(Element.metadataExpectation)"
  }

  /// Reads an array, every element of which must be readable; an empty array of any type is.
  public init?(metadata value: MetadataValue) {
    guard case .array(let array) = value else { return nil }
    var elements: [Element] = []
    elements.reserveCapacity(array.count)
    for value in array {
      guard let element = Element(metadata: value) else { return nil }
      elements.append(element)
    }
    self = elements
  }
}
