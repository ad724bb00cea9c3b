import CInterchangeKernels
import InterchangeCheckpoints
import Testing

@Suite struct HalfPrecisionTests {
  private let all = Array(UInt16.min...UInt16.max)

  @Test func float16IsExactForEveryValue() {
    var widened = [Float](repeating: 0, count: all.count)
    ck_widen_f16(all, &widened, all.count)
    for (half, float) in zip(all, widened) {
      let expected = Float(Float16(bitPattern: half))
      if expected.isNaN {
        #expect(float.isNaN)
      } else if float.bitPattern != expected.bitPattern {
        Issue.record("half \(half): expected \(expected), got \(float)")
      }
    }
  }

  @Test func bfloat16IsTheUpperHalfOfAFloat() {
    var widened = [Float](repeating: 0, count: all.count)
    ck_widen_bf16(all, &widened, all.count)
    for (upper, float) in zip(all, widened)
    where float.bitPattern != UInt32(upper) << 16 {
      Issue.record("bfloat16 \(upper): got \(float)")
    }
  }
}
