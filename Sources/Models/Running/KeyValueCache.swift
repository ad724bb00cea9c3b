import InterchangeTensors

/// Where keys and values of a sequence's leading positions are found.
protocol KnownKeys: AnyObject {
  /// Keys and values of a layer: [at least the known positions, keyHeads · headWidth] each.
  func known(_ layer: Int) -> (keys: Tensor, values: Tensor)?
}

/// The keys and values of a sequence's leading positions, layer by layer.
public final class KeyValueCache: KnownKeys, @unchecked Sendable {
  /// The number of positions that are stored.
  public private(set) var count = 0
  /// The source as the decoder of an encoder-decoder reads it, once that has been run.
  var source: KnownSource?
  private var layers: [(keys: Tensor, values: Tensor)?]

  /// An empty cache for a model's number of layers.
  public init(layers: Int) {
    self.layers = Array(repeating: nil, count: layers)
  }

  func known(_ layer: Int) -> (keys: Tensor, values: Tensor)? { layers[layer] }

  /// Adds rows of the next positions to a layer; ``advance(by:)`` follows when all layers have
  /// them.
  func append(layer: Int, keys: Tensor, values: Tensor) {
    layers[layer] = (
      Self.grown(layers[layer]?.keys, count, keys), Self.grown(layers[layer]?.values, count, values)
    )
  }

  func advance(by rows: Int) { count += rows }

  /// The stored rows followed by new ones, with room to grow so that a generation is linear.
  private static func grown(_ stored: Tensor?, _ count: Int, _ rows: Tensor) -> Tensor {
    guard let stored, count > 0 else { return rows.detached }
    var buffer = stored
    let needed = count + rows.rows
    if stored.rows < needed {
      buffer = Tensor(uninitialized: [needed + needed / 2 + 16, rows.width])
      buffer.pointer.update(from: stored.pointer, count: count * rows.width)
    }
    let source = rows.pointer
    withExtendedLifetime(rows) {
      (buffer.pointer + count * rows.width).update(from: source, count: rows.count)
    }
    return buffer
  }

  /// A cache of the same leading positions that grows on its own.
  public func copy() -> KeyValueCache {
    let copy = KeyValueCache(layers: layers.count)
    copy.count = count
    copy.source = source
    copy.layers = layers.map { pair in
      pair.map { ($0.keys.rowSlice(0..<count).copied(), $0.values.rowSlice(0..<count).copied()) }
    }
    return copy
  }
}

extension Tensor {
  /// The same values in storage of their own.
  func copied() -> Tensor {
    let result = Tensor(uninitialized: shape)
    result.pointer.update(from: pointer, count: count)
    return withExtendedLifetime(self) { result }
  }
}
