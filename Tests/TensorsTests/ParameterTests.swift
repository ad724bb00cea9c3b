import InterchangeTensors
import Testing

@Suite struct ParameterTests {
  @Test func gradientsGatherUntilCleared() {
    let weight = Parameter("weight", Tensor([2, 3]))
    #expect(weight.gradient == nil)
    (weight.tensor * weight.tensor).sum().backward()
    #expect(weight.gradient?.elements == [4, 6])
    weight.tensor.sum().backward()
    #expect(weight.gradient?.elements == [5, 7])
    weight.clearGradient()
    #expect(weight.gradient == nil)
    weight.tensor.sum().backward()
    #expect(weight.gradient?.elements == [1, 1])
  }

  @Test func everyUseOfTheTensorCounts() {
    let weight = Parameter("weight", Tensor([1, -1]))
    let (first, second) = (weight.tensor, weight.tensor)
    (first + 3 * second).sum().backward()
    #expect(weight.gradient?.elements == [4, 4])
  }

  @Test func aKeptGradientStaysAsItWas() {
    let weight = Parameter("weight", Tensor([2]))
    weight.tensor.sum().backward()
    let kept = weight.gradient
    weight.tensor.sum().backward()
    #expect(kept?.elements == [1])
    #expect(weight.gradient?.elements == [2])
  }

  @Test func sharedGradientsOfTwoParametersStayApart() {
    // Both get the very tensor that `+` passes on; the second pass adds to one of them only.
    let (a, b) = (Parameter("a", Tensor([1])), Parameter("b", Tensor([1])))
    (a.tensor + b.tensor).sum().backward()
    a.tensor.sum().backward()
    #expect(a.gradient?.elements == [2])
    #expect(b.gradient?.elements == [1])
  }

  @Test func assigningAValueLeavesEarlierRecordingsAlone() {
    let weight = Parameter("weight", Tensor([3]))
    let square = (weight.tensor * weight.tensor).sum()
    weight.value = Tensor([100])
    square.backward()
    #expect(weight.gradient?.elements == [6])
    #expect(weight.tensor.elements == [100])
  }

  /// The kept tensors of a recording are free again while gradients go back, not only when the loss
  /// goes.
  @Test func aRecordingIsForgottenOnTheWay() {
    final class Kept {}
    let weight = Parameter("weight", Tensor([2]))
    weak var lower: Kept?
    weak var upper: Kept?
    var wasThere: [Bool] = []
    func doubled(_ x: Tensor, keeping kept: Kept, _ then: @escaping () -> Void = {}) -> Tensor {
      (2 * x.detached).recorded(from: [x]) { gradient, _ in
        then()
        return withExtendedLifetime(kept) { [2 * gradient] }
      }
    }
    let loss = {
      let (first, second) = (Kept(), Kept())
      (lower, upper) = (first, second)
      let below = doubled(weight.tensor, keeping: first) {
        wasThere = [lower, upper].map { $0 != nil }
      }
      return doubled(below, keeping: second).sum()
    }()
    #expect(lower != nil && upper != nil)
    loss.backward()
    #expect(wasThere == [true, false], "the upper operation's is free while the lower one works")
    #expect(lower == nil)
    #expect(weight.gradient?.elements == [4])
    #expect(loss.scalar == 8)
  }

  /// In a backward pass the gradients of a gated unit take the place of its operands, unless
  /// somebody holds those.
  @Test(arguments: [false, true]) func gradientsTakeThePlaceOfWhatIsNeededNoMore(isHeld: Bool) {
    var samples = Samples(seed: 83)
    let (first, second) = (samples.normal([5, 40]), samples.normal([5, 40]))
    let weights = [Parameter("gate", first), Parameter("up", second)]
    nonisolated(unsafe) var tookPlace: [Bool] = []
    nonisolated(unsafe) var held: [Tensor] = []
    let loss = {
      let operands = weights.map { weight in
        let made = 2 * weight.value
        let place = UInt(bitPattern: made.pointer)
        if isHeld { held.append(made) }
        return made.recorded(from: [weight.tensor]) { gradient, _ in
          tookPlace.append(UInt(bitPattern: gradient.pointer) == place)
          return [2 * gradient]
        }
      }
      return Tensor.swiglu(gate: operands[0], up: operands[1]).sum()
    }()
    // Gradients of tensors leave the operands: taken twice, they are the same.
    let asked = (0..<2).map { _ in loss.gradients(of: weights.map(\.tensor)).map(\.elements) }
    #expect(asked[0] == asked[1])
    #expect(tookPlace == [false, false, false, false])
    tookPlace = []
    loss.backward()
    #expect(tookPlace == [!isHeld, !isHeld])
    #expect(weights.map { $0.gradient?.elements } == asked[0])
    if isHeld { #expect(held.map(\.elements) == [(2 * first).elements, (2 * second).elements]) }
  }

  /// Asking for gradients of tensors gives none to parameters, inside a recomputed part neither.
  @Test func parametersGatherInABackwardPassOnly() {
    let weight = Parameter("weight", Tensor([3]))
    let x = Tensor([2]).requiringGradient()
    let loss = (x.recomputing { $0 * weight.tensor } * weight.tensor).sum()
    #expect(loss.gradients(of: [x])[0].elements == [9])
    #expect(weight.gradient == nil)
    loss.backward()
    #expect(weight.gradient?.elements == [12])
  }

  @Test func aRecordingIsGoneThroughOnce() async {
    let weight = Parameter("weight", Tensor([3]))
    let square = (weight.tensor * weight.tensor).sum()
    // Gradients of tensors leave it as it is.
    for _ in 0..<2 {
      #expect(square.gradients(of: [weight.tensor]).map(\.elements) == [[6]])
    }
    square.backward()
    #expect(weight.gradient?.elements == [6])
    await #expect(processExitsWith: .failure) {
      let weight = Parameter("weight", Tensor([3]))
      let square = (weight.tensor * weight.tensor).sum()
      square.backward()
      square.backward()
    }
  }

  @Test func theValueIsCutOffFromHowItCameAbout() {
    let x = Tensor([1]).requiringGradient()
    let weight = Parameter("weight", 2 * x)
    #expect(!weight.value.requiresGradient)
    #expect(weight.tensor.requiresGradient)
    #expect(
      (3 * weight.tensor).sum().gradients(of: [weight.tensor, x]).map(\.elements) == [[3], [0]])
  }

  @Test func askingForGradientsDoesNotTouchParameters() {
    // A look at an activation's gradient in the middle of training must not change the next step.
    let weight = Parameter("weight", Tensor([2]))
    let x = Tensor([5]).requiringGradient()
    #expect((weight.tensor * x).sum().gradients(of: [x])[0].elements == [2])
    #expect(weight.gradient == nil)
  }

  @Test func matricesAndVectorsKeepTheirShapes() {
    let weight = Parameter("weight", Tensor.zeros([2, 3]))
    let bias = Parameter("bias", Tensor.zeros([1, 2]))
    Tensor(repeating: 1, shape: [4, 3]).linear(weight.tensor, bias: bias.tensor).sum().backward()
    #expect(weight.gradient?.shape == [2, 3])
    #expect(weight.gradient?.elements == [4, 4, 4, 4, 4, 4])
    #expect(bias.gradient?.shape == [1, 2])
    #expect(bias.gradient?.elements == [4, 4])
  }

  @Test func theShapeIsFixed() async {
    await #expect(processExitsWith: .failure) {
      let weight = Parameter("weight", Tensor.zeros([2, 3]))
      weight.value = Tensor.zeros([3, 2])
    }
  }
}
