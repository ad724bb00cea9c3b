/// Reads a pickle of plain data and tensors; nothing in it is executed.
///
/// A pickle is a program for a stack machine. This machine knows the operations of numbers, text
/// and containers, of protocols 2 to 5; whatever a pickle calls must be one of ``TorchGlobal``,
/// each of which is a value or a function of this program. Everything else throws.
///
/// Lists, tuples, dictionaries and tensors lie in one array and are referred to by their place in
/// it, so that a pickle can't make a chain whose release recurses, nor a cycle that is never
/// released.
struct Unpickler {
  /// A value on the stack, in the memo or in a container.
  enum Value {
    case none
    case boolean(Bool)
    case integer(Int)
    case double(Double)
    case string(String)
    /// An element of ``objects``.
    case object(Int)
  }

  /// A thing that values refer to.
  struct Object {
    enum Kind {
      case list, tuple, dictionary, attributedDictionary
      case global(TorchGlobal)
      case storage(TorchStorage)
      case tensor(TorchTensor)
    }

    let kind: Kind
    /// The elements; for a dictionary key, value, key, value….
    var items: [Value] = []
  }

  private static let longestPickle = 1 << 24

  private(set) var objects: [Object] = []
  let storages: TorchStorages
  private var reader: ByteReader
  private let start: Int
  /// The start of the current operation, in bytes from the pickle's start.
  private var operation = 0
  private var stack: [Value] = []
  /// The height of the stack at each MARK.
  private var marks: [Int] = []
  private var memo: [Int: Value] = [:]

  /// A machine for the pickle in a range of the archive's file.
  init(_ range: Range<Int>, storages: TorchStorages) {
    self.storages = storages
    reader = ByteReader(storages.file, range, called: "the pickle")
    start = range.lowerBound
  }

  /// Runs the pickle and returns the value that it leaves on the stack.
  mutating func run() throws -> Value {
    // A byte of the pickle can take some hundred of memory; large models' pickles have a megabyte.
    guard reader.remaining <= Self.longestPickle else {
      throw fault(
        expected: "at most \(Self.longestPickle) bytes", found: "\(reader.remaining)")
    }
    while true {
      operation = reader.position - start
      let code = try number(UInt8.self)
      if code == UInt8(ascii: ".") { break }
      try step(code)
    }
    guard stack.count == 1, marks.isEmpty, reader.remaining == 0 else {
      throw fault(
        expected: "one value at the end",
        found: "\(stack.count), and \(reader.remaining) more bytes")
    }
    return stack[0]
  }

  /// An error about the current operation.
  func fault(expected: String, found: String) -> CheckpointError {
    reader.malformed(place, expected: expected, found: found)
  }

  private var place: String { "data.pkl, byte \(operation)" }

  private mutating func step(_ code: UInt8) throws {
    switch code {
    case 0x80:
      let version = try number(UInt8.self)
      guard (2...5).contains(version) else {
        throw fault(expected: "pickle protocol 2 to 5", found: "\(version)")
      }
    case 0x95:
      // A frame's length, which helps who reads from a stream.
      _ = try number(UInt64.self)
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "q"): memo[Int(try number(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[Int(try number(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(try number(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(try number(UInt32.self)))
    case UInt8(ascii: "c"): push(.global(try global(line(), line())))
    case 0x93:
      let name = try pop()
      guard case .string(let name) = name, case .string(let module) = try pop() else {
        throw fault(expected: "a module and a name", found: "something else")
      }
      push(.global(try global(module, name)))
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try persistent()
    default:
      if try !literal(code), try !container(code) {
        throw fault(
          expected: "an operation of tensors and plain data, as nothing is executed",
          found: "0x" + String(code, radix: 16))
      }
    }
  }

  /// Pushes a number, a truth value, a text or None; false when the operation is none of these.
  private mutating func literal(_ code: UInt8) throws -> Bool {
    switch code {
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.boolean(true))
    case 0x89: stack.append(.boolean(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try number(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try number(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try number(UInt16.self))))
    case 0x8A: stack.append(.integer(try integer(bytes: Int(try number(UInt8.self)))))
    case UInt8(ascii: "G"):
      let bits = try number(UInt64.self).byteSwapped
      stack.append(.double(Double(bitPattern: bits)))
    case UInt8(ascii: "X"): try push(textOf: UInt64(try number(UInt32.self)))
    case 0x8C: try push(textOf: UInt64(try number(UInt8.self)))
    case 0x8D: try push(textOf: try number(UInt64.self))
    default: return false
    }
    return true
  }

  /// Makes or fills a list, a tuple or a dictionary; false when the operation does neither.
  private mutating func container(_ code: UInt8) throws -> Bool {
    switch code {
    case UInt8(ascii: "]"): push(.list)
    case UInt8(ascii: ")"): push(.tuple)
    case UInt8(ascii: "}"): push(.dictionary)
    case UInt8(ascii: "t"): push(.tuple, try popToMark())
    case 0x85, 0x86, 0x87: push(.tuple, try pop(Int(code) - 0x84))
    case UInt8(ascii: "a"): try append(pop(1))
    case UInt8(ascii: "e"): try append(popToMark())
    case UInt8(ascii: "s"): try set(pop(2))
    case UInt8(ascii: "u"): try set(popToMark())
    default: return false
    }
    return true
  }

  private mutating func append(_ items: [Value]) throws {
    guard case .object(let index) = try top(), case .list = objects[index].kind else {
      throw fault(expected: "a list to append to", found: "something else")
    }
    objects[index].items += items
  }

  private mutating func set(_ items: [Value]) throws {
    guard case .object(let index) = try top(), items.count % 2 == 0 else {
      throw fault(expected: "keys and values for a dictionary", found: "something else")
    }
    switch objects[index].kind {
    case .dictionary, .attributedDictionary: objects[index].items += items
    default: throw fault(expected: "a dictionary to set items of", found: "something else")
    }
  }
}

// The stack, the memo and the bytes.
extension Unpickler {
  mutating func push(_ kind: Object.Kind, _ items: [Value] = []) {
    stack.append(.object(objects.count))
    objects.append(Object(kind: kind, items: items))
  }

  /// The topmost value above the last mark.
  func top() throws -> Value {
    guard let last = stack.last, stack.count > marks.last ?? 0 else {
      throw fault(expected: "a value on the stack", found: "none")
    }
    return last
  }

  mutating func pop() throws -> Value {
    let last = try top()
    stack.removeLast()
    return last
  }

  private mutating func pop(_ count: Int) throws -> [Value] {
    guard stack.count - count >= marks.last ?? 0 else {
      throw fault(expected: "\(count) values on the stack", found: "fewer")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws -> [Value] {
    guard let mark = marks.popLast() else {
      throw fault(expected: "a mark on the stack", found: "none")
    }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  mutating func replaceTop(by value: Value) throws {
    _ = try pop()
    stack.append(value)
  }

  private mutating func recall(_ key: Int) throws {
    guard let value = memo[key] else {
      throw fault(expected: "something kept as \(key)", found: "nothing")
    }
    stack.append(value)
  }

  private mutating func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws -> T {
    let place = place
    return try reader.number(type, place)
  }

  /// An integer of a given number of bytes, little-endian, in two's complement.
  private mutating func integer(bytes count: Int) throws -> Int {
    guard count <= 8 else {
      throw fault(expected: "an integer of at most 64 bits", found: "\(count) bytes")
    }
    var bits: UInt64 = 0
    for index in 0..<count { bits |= UInt64(try number(UInt8.self)) << (8 * UInt64(index)) }
    // The highest of the bits is the sign.
    let unused = UInt64(64 - 8 * count)
    return count == 0 ? 0 : Int(Int64(bitPattern: bits << unused) >> Int64(unused))
  }

  private mutating func push(textOf length: UInt64) throws {
    let place = place
    stack.append(.string(try reader.string(length: length, place)))
  }

  /// The text to the end of the line, as GLOBAL has it.
  private mutating func line() throws -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try number(UInt8.self)
      if byte == UInt8(ascii: "\n") { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
