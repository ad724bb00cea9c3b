import InterchangeBasics

/// A name that a pickle of torch may use: a function or a type that this reader knows.
enum TorchGlobal {
  case orderedDictionary
  /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks[, metadata])`.
  case tensor
  /// `_rebuild_tensor_v3`, whose argument after the hooks is the element type of untyped bytes.
  case typedTensor
  /// `_rebuild_parameter(tensor, requires_grad, hooks)`.
  case parameter
  /// `_rebuild_from_type_v2(function, type, arguments, attributes)`.
  case fromType
  case tensorType
  case size
  /// The type of a storage; nil for one of bytes.
  case storage(ElementType?)
  case elementType(ElementType)

  /// The global of a name, nil for every other.
  init?(_ name: String) {
    guard let global = Self.known[name] else { return nil }
    self = global
  }

  private static let known: [String: TorchGlobal] = [
    "collections.OrderedDict": .orderedDictionary,
    "torch._utils._rebuild_tensor_v2": .tensor,
    "torch._utils._rebuild_tensor_v3": .typedTensor,
    "torch._utils._rebuild_parameter": .parameter,
    "torch._tensor._rebuild_from_type_v2": .fromType,
    "torch.Tensor": .tensorType,
    "torch.nn.parameter.Parameter": .tensorType,
    "torch.Size": .size,
    "torch.storage.UntypedStorage": .storage(nil),
    "torch.FloatStorage": .storage(.float32),
    "torch.HalfStorage": .storage(.float16),
    "torch.BFloat16Storage": .storage(.bfloat16),
    "torch.DoubleStorage": .storage(.float64),
    "torch.LongStorage": .storage(.int64),
    "torch.IntStorage": .storage(.int32),
    "torch.ShortStorage": .storage(.int16),
    "torch.CharStorage": .storage(.int8),
    "torch.ByteStorage": .storage(.uint8),
    "torch.BoolStorage": .storage(.boolean),
    "torch.float8_e4m3fn": .elementType(.float8_e4m3),
    "torch.float8_e5m2": .elementType(.float8_e5m2),
    "torch.float8_e8m0fnu": .elementType(.float8_e8m0),
    "torch.uint16": .elementType(.uint16),
    "torch.uint32": .elementType(.uint32),
    "torch.uint64": .elementType(.uint64),
  ]
}

extension Unpickler {
  /// The global of a name; every other is refused, as calling it would execute something.
  func global(_ module: String, _ name: String) throws -> TorchGlobal {
    guard let global = TorchGlobal("\(module).\(name)") else {
      let isType =
        name.hasSuffix("Storage")
        || ["complex", "float", "int", "uint", "qint", "quint", "bits"]
          .contains { name.hasPrefix($0) }
      if module == "torch", isType {
        throw fault(
          expected: "elements of a type that can be widened to float32",
          found: "torch's \(quoted(name))")
      }
      throw fault(
        expected: "tensors and plain data, as nothing is executed",
        found: "the name \(quoted(name)) of the module \(quoted(module))")
    }
    return global
  }

  /// REDUCE: the value of a known function of its arguments.
  mutating func reduce() throws {
    guard case .tuple(let arguments) = view(try pop()), case .global(let function) = view(try top())
    else { throw fault(expected: "a known function and its arguments", found: "something else") }
    _ = try pop()
    try call(function, arguments)
  }

  private mutating func call(_ function: TorchGlobal, _ arguments: [Value]) throws {
    switch function {
    case .orderedDictionary where arguments.isEmpty: push(.attributedDictionary)
    case .tensor where (6...7).contains(arguments.count):
      push(.tensor(try tensor(arguments, type: nil)))
    case .typedTensor where (7...8).contains(arguments.count):
      guard case .global(.elementType(let type)) = view(arguments[6]) else {
        throw fault(expected: "an element type", found: "something else")
      }
      push(.tensor(try tensor(arguments, type: type)))
    case .parameter where arguments.count == 3:
      guard case .tensor(let tensor) = view(arguments[0]) else {
        throw fault(expected: "a parameter's tensor", found: "something else")
      }
      push(.tensor(tensor))
    case .fromType where arguments.count == 4:
      guard case .global(let inner) = view(arguments[0]),
        case .global(.tensorType) = view(arguments[1]), case .tuple(let own) = view(arguments[2])
      else { throw fault(expected: "a tensor's function and arguments", found: "something else") }
      // Another of its own kind would let the nesting of a file become that of calls.
      if case .fromType = inner {
        throw fault(expected: "a tensor's function", found: "_rebuild_from_type_v2 again")
      }
      try call(inner, own)
    case .size where arguments.count == 1:
      guard case .tuple(let lengths) = view(arguments[0]) else {
        throw fault(expected: "the lengths of a size", found: "something else")
      }
      push(.tuple, lengths)
    default:
      throw fault(
        expected: "a call as torch.save writes it",
        found: "\(function) with \(arguments.count) arguments")
    }
  }

  /// BUILD: the attributes of an ordered dictionary, such as a state dictionary's `_metadata`, are
  /// passed over.
  mutating func build() throws {
    _ = try pop()
    guard case .object(let index) = try top(), case .attributedDictionary = objects[index].kind
    else {
      throw fault(
        expected: "attributes of an ordered dictionary only, as nothing is executed",
        found: "those of something else")
    }
  }

  /// BINPERSID: the storage that ("storage", type, key, device, count) describes.
  mutating func persistent() throws {
    guard case .tuple(let fields) = view(try top()), fields.count == 5,
      case .string("storage") = fields[0], case .global(.storage(let type)) = view(fields[1]),
      case .string(let key) = fields[2], case .integer(let count) = fields[4]
    else { throw fault(expected: "the description of a storage", found: "something else") }
    let storage = try storages.storage(key, type: type, count: count)
    _ = try pop()
    push(.storage(storage))
  }

  private func tensor(_ arguments: [Value], type: ElementType?) throws -> TorchTensor {
    guard case .storage(let storage) = view(arguments[0]),
      case .integer(let offset) = arguments[1], let shape = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { throw fault(expected: "a tensor's storage, offset, shape and strides", found: "others") }
    guard let elementType = type ?? storage.type, (type == nil) == (storage.type != nil) else {
      throw fault(expected: "a storage of one element type", found: "two or none")
    }
    do {
      return try TorchTensor(
        storage, elementType: elementType, offset: offset, shape: shape, strides: strides)
    } catch let fault as TorchTensor.Fault {
      throw self.fault(expected: fault.expected, found: fault.found)
    }
  }

  private func integers(_ value: Value) -> [Int]? {
    guard case .tuple(let items) = view(value) else { return nil }
    var result: [Int] = []
    for item in items {
      guard case .integer(let number) = item else { return nil }
      result.append(number)
    }
    return result
  }

  /// The object that a value refers to, for matching.
  private enum View {
    case tuple([Value])
    case global(TorchGlobal)
    case storage(TorchStorage)
    case tensor(TorchTensor)
    case other
  }

  private func view(_ value: Value) -> View {
    guard case .object(let index) = value else { return .other }
    switch objects[index].kind {
    case .tuple: return .tuple(objects[index].items)
    case .global(let global): return .global(global)
    case .storage(let storage): return .storage(storage)
    case .tensor(let tensor): return .tensor(tensor)
    case .list, .dictionary, .attributedDictionary: return .other
    }
  }
}
