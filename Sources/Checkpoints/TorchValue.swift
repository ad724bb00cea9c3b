/// A value that `torch.save` wrote: plain data with tensors in it.
public enum TorchValue: Sendable {
  /// Python's `None`.
  case none
  /// A `bool`.
  case boolean(Bool)
  /// An `int` of 64 bits.
  case integer(Int)
  /// A `float`.
  case double(Double)
  /// A `str`.
  case string(String)
  /// A tensor, still in the file.
  case tensor(TorchTensor)
  /// A `list`.
  case list([TorchValue])
  /// A tuple, or a `torch.Size`.
  case tuple([TorchValue])
  /// A `dict` or `OrderedDict`, in its order; each key is there once.
  case dictionary([Entry])

  /// A key of a dictionary.
  public enum Key: Hashable, Sendable {
    /// A text.
    case string(String)
    /// A whole number.
    case integer(Int)
  }

  /// A key of a dictionary with its value.
  public struct Entry: Sendable {
    /// The key.
    public let key: Key
    /// The value.
    public let value: TorchValue
  }

  /// The value of a text key; nil when there is none, and when this isn't a dictionary.
  public subscript(key: String) -> TorchValue? {
    guard case .dictionary(let entries) = self else { return nil }
    return entries.first { $0.key == .string(key) }?.value
  }
}

extension Unpickler {
  /// A value as a tree.
  mutating func tree(_ root: Value) throws -> TorchValue {
    var builder = TreeBuilder(machine: self)
    return try builder.tree(root, depth: 0).value
  }
}

/// Makes trees of the machine's objects.
///
/// An object that is referred to twice is made once and shared. A tree counts all its values,
/// shared ones each time, because a walk through it meets them each time: a small file can describe
/// an immense tree.
private struct TreeBuilder {
  typealias Tree = (value: TorchValue, size: Int)

  private static let mostLevels = 64
  private static let mostValues = 1 << 22

  let machine: Unpickler
  var made: [Int: Tree] = [:]

  init(machine: Unpickler) { self.machine = machine }

  mutating func tree(_ value: Unpickler.Value, depth: Int) throws -> Tree {
    switch value {
    case .none: return (.none, 1)
    case .boolean(let value): return (.boolean(value), 1)
    case .integer(let value): return (.integer(value), 1)
    case .double(let value): return (.double(value), 1)
    case .string(let value): return (.string(value), 1)
    case .object(let index):
      if let tree = made[index] { return tree }
      // A value that contains itself ends here too.
      guard depth < Self.mostLevels else {
        throw malformed("at most \(Self.mostLevels) levels of values in values", "more")
      }
      let tree = try tree(object: machine.objects[index], depth: depth + 1)
      made[index] = tree
      return tree
    }
  }

  private mutating func tree(object: Unpickler.Object, depth: Int) throws -> Tree {
    switch object.kind {
    case .tensor(let tensor): return (.tensor(tensor), 1)
    case .list:
      let (values, size) = try trees(object.items, depth: depth)
      return (.list(values), size)
    case .tuple:
      let (values, size) = try trees(object.items, depth: depth)
      return (.tuple(values), size)
    case .dictionary, .attributedDictionary:
      let (values, size) = try trees(object.items, depth: depth)
      return (.dictionary(try entries(values)), size)
    case .global, .storage:
      throw malformed("tensors and plain data", "a type, a function or a storage as a value")
    }
  }

  private mutating func trees(
    _ items: [Unpickler.Value], depth: Int
  ) throws -> (values: [TorchValue], size: Int) {
    var values: [TorchValue] = []
    values.reserveCapacity(items.count)
    var size = 1
    for item in items {
      let tree = try tree(item, depth: depth)
      values.append(tree.value)
      size += tree.size
      guard size <= Self.mostValues else {
        throw malformed("at most \(Self.mostValues) values", "more")
      }
    }
    return (values, size)
  }

  /// Entries of keys and values in turn.
  private func entries(_ values: [TorchValue]) throws -> [TorchValue.Entry] {
    var known: Set<TorchValue.Key> = []
    return try stride(from: 0, to: values.count, by: 2).map { index in
      let key: TorchValue.Key
      switch values[index] {
      case .string(let text): key = .string(text)
      case .integer(let number): key = .integer(number)
      default: throw malformed("texts and integers as keys", "another value")
      }
      guard known.insert(key).inserted else {
        throw malformed("each key of a dictionary once", "\(key) again")
      }
      return TorchValue.Entry(key: key, value: values[index + 1])
    }
  }

  private func malformed(_ expected: String, _ found: String) -> CheckpointError {
    .malformed(
      file: machine.storages.file.path, place: "data.pkl", expected: expected, found: found)
  }
}
