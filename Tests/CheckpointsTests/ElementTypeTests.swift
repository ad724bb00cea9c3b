import InterchangeCheckpoints
import Testing

@Suite struct ElementTypeTests {
  @Test func namesAreThoseOfTheFormats() {
    #expect(ElementType(rawValue: "Q4_1") == .q4_1)
    #expect(ElementType(rawValue: "BF16") == .bfloat16)
    #expect(ElementType(rawValue: "IQ2_XXS") == .iq2_XXS)
    #expect(ElementType(rawValue: "Q8_K") == nil)
    #expect("\(ElementType.q6_K)" == "Q6_K")
  }

  @Test func rowsAreWholeBlocks() {
    #expect(ElementType.q4_1.byteCount(ofRow: 576) == 360)
    #expect(ElementType.q4_1.byteCount(ofRow: 577) == nil)
    #expect(ElementType.q5_K.byteCount(ofRow: 512) == 352)
    #expect(ElementType.float16.byteCount(ofRow: 0) == 0)
    #expect(ElementType.float32.byteCount(ofRow: -4) == nil)
    #expect(ElementType.float64.byteCount(ofRow: .max) == nil)
  }
}
