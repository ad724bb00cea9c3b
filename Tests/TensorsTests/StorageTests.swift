import Foundation
import InterchangeTensors
import Testing

@Suite struct StorageTests {
  @Test func accessors() {
    let tensor = Tensor(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(tensor.shape == [2, 3])
    #expect((tensor.count, tensor.rows, tensor.width) == (6, 2, 3))
    #expect(tensor[1, 0] == 4)
    #expect(tensor.withElements { Array($0) } == tensor.elements)
    let scalar = Tensor([7], shape: [])
    #expect((scalar.count, scalar.rows, scalar.width, scalar.scalar) == (1, 1, 1, 7))
    let empty = Tensor(rows: [])
    #expect((empty.count, empty.shape, empty.elements) == (0, [0, 0], []))
    #expect(tensor.description == "Tensor([2, 3]: 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)")
    #expect(Tensor.zeros([9]).description.hasSuffix("0.0, …)"))
  }

  @Test func writingACopyLeavesTheOriginal() {
    let original = Tensor([1, 2, 3, 4], shape: [2, 2])
    var copies = [original, original.detached, original.reshaped([4]), original.rowSlice(0..<2)]
    for index in copies.indices { copies[index].mutateElements { $0[0] = 9 } }
    #expect(original.elements == [1, 2, 3, 4])
    #expect(copies.allSatisfy { $0.elements == [9, 2, 3, 4] })
  }

  @Test func writingASliceLeavesTheWhole() {
    let whole = Tensor((0..<12).map(Float.init), shape: [4, 3])
    var slice = whole.rowSlice(1..<3)
    slice.mutateElements { elements in
      #expect(elements.count == 6)
      for index in elements.indices { elements[index] *= 10 }
    }
    #expect(slice.elements == [30, 40, 50, 60, 70, 80])
    #expect(whole.elements == (0..<12).map(Float.init))
  }

  @Test func writingTheWholeLeavesASlice() {
    var whole = Tensor((0..<6).map(Float.init), shape: [3, 2])
    let slice = whole.rowSlice(1..<2)
    whole.mutateElements { $0.update(repeating: -1) }
    #expect(slice.elements == [2, 3])
    #expect(whole.elements == Array(repeating: -1, count: 6))
  }

  @Test func writingTheOnlyHolderCopiesNothing() {
    var tensor = Tensor([1, 2, 3])
    let before = UInt(bitPattern: tensor.pointer)
    tensor.mutateElements { $0[1] = 5 }
    #expect(UInt(bitPattern: tensor.pointer) == before)
    #expect(tensor.elements == [1, 5, 3])
  }

  @Test func aSliceOutlivesTheWhole() {
    func slice() -> Tensor {
      let whole = Tensor((0..<6).map(Float.init), shape: [3, 2])
      return whole.rowSlice(2..<3)
    }
    let kept = slice()
    _ = Tensor(repeating: .nan, shape: [3, 2])
    #expect(kept.elements == [4, 5])
  }

  @Test func recordedTensorsCannotBeWritten() async {
    await #expect(processExitsWith: .failure) {
      var leaf = Tensor([1]).requiringGradient()
      leaf.mutateElements { $0[0] = 2 }
    }
  }

  @Test func linearAlgebraLeavesItsInput() throws {
    let matrix = Tensor(rows: [[4, 1], [1, 3]])
    _ = try matrix.qr()
    _ = try matrix.svd()
    _ = try matrix.symmetricEigen()
    _ = try matrix.cholesky()
    #expect(matrix.elements == [4, 1, 1, 3])
  }
}

/// A page of memory that faults when it is written.
private final class ReadOnlyPage: Sendable {
  private let address: UInt
  private let length = 4_096

  init(_ elements: [Float]) {
    let page = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    page.assumingMemoryBound(to: Float.self).update(from: elements, count: elements.count)
    mprotect(page, length, PROT_READ)
    address = UInt(bitPattern: page)
  }

  deinit { munmap(UnsafeMutableRawPointer(bitPattern: address)!, length) }

  var pointer: UnsafePointer<Float> { UnsafePointer(bitPattern: address)! }
}

@Suite struct BorrowedStorageTests {
  private let values = (1...12).map(Float.init)

  private func borrowed() -> (tensor: Tensor, page: ReadOnlyPage) {
    let page = ReadOnlyPage(values)
    return (Tensor(borrowing: page.pointer, shape: [3, 4], owner: page), page)
  }

  @Test func mutatingCopiesFirst() {
    var (tensor, page) = borrowed()
    #expect(tensor.pointer == UnsafeMutablePointer(mutating: page.pointer))
    tensor.mutateElements { $0[0] = 100 }
    #expect(tensor.elements == [100] + values.dropFirst())
    #expect(page.pointer[0] == 1)
    var slice = Tensor(borrowing: page.pointer, shape: [3, 4], owner: page).rowSlice(1..<2)
    slice.mutateElements { $0[3] = -8 }
    #expect(slice.elements == [5, 6, 7, -8])
  }

  @Test func theOwnerLivesAsLongAsATensorNeedsIt() {
    weak var owner: ReadOnlyPage?
    do {
      let view: Tensor
      do {
        let (tensor, page) = borrowed()
        owner = page
        view = tensor.rowSlice(2..<3).reshaped([2, 2]).detached
      }
      #expect(owner != nil)
      #expect(view.elements == [9, 10, 11, 12])
    }
    #expect(owner == nil)
  }

  @Test func noOperationWritesItsOperands() throws {
    // Every write to the page ends the process; the test only has to finish.
    let (tensor, page) = borrowed()
    let vector = Tensor(borrowing: page.pointer, shape: [4], owner: page)
    let square = Tensor(borrowing: page.pointer, shape: [3, 3], owner: page)
    func loss(_ x: Tensor, _ vector: Tensor) -> Tensor {
      let rotary = RotaryEmbedding(headWidth: 4, base: 10).angles(at: [0, 1, 2])
      let segment = AttentionSegment(queries: 0..<3, queryPositions: [0, 1, 2], keys: 0..<3)
      let mixed = Tensor.attention(
        query: x, key: x, value: x, segments: [segment], headWidth: 2, causal: true)
      let normed = x.rmsNorm(vector, epsilon: 1) + x.layerNorm(vector, bias: vector, epsilon: 1)
      let edited = x.replacingRows([1], with: x.rowSlice(0..<1)).replacingColumns(0..<4, with: x)
      let products = x.linear(x, bias: nil).matrixProduct(x).addingToRows(vector)
      let rest = Tensor.swiglu(gate: x, up: x).multiplyingRows(vector).rotated(by: rotary)
      let all = mixed + normed + edited + products + rest + x.transposed().reshaped([3, 4])
      return all.crossEntropy([0, 1, 2]) + x.sum() + x.gatherRows([0, 0]).columns(1..<2).mean()
    }
    _ = loss(tensor, vector)
    let (x, weight) = (tensor.requiringGradient(), vector.requiringGradient())
    let gradients = loss(x, weight).gradients(of: [x, weight])
    #expect(gradients.allSatisfy { $0.elements.allSatisfy { $0.isFinite } })
    let parameter = Parameter("borrowed", tensor)
    parameter.tensor.sum().backward()
    parameter.tensor.sum().backward()
    let optimizer = AdamW([parameter], weightDecay: 0.1)
    try optimizer.step(learningRate: 0.1)
    #expect(parameter.value.elements != values)
    _ = try square.qr()
    _ = try square.svd()
    _ = try square.symmetricEigen()
    #expect((0..<12).allSatisfy { page.pointer[$0] == values[$0] })
  }
}
