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

  @Test func eightBitFloatsAreExactForEveryValue() {
    let all = Array(UInt8.min...UInt8.max)
    var (first, second) = (
      [Float](repeating: 0, count: all.count), [Float](repeating: 0, count: all.count)
    )
    ck_widen_f8_e4m3(all, &first, all.count)
    ck_widen_f8_e5m2(all, &second, all.count)
    for code in all {
      let (exponent, mantissa) = (Int(code >> 3 & 15), Float(code & 7))
      var expected =
        exponent == 0
        ? mantissa / 512
        : Float(sign: .plus, exponent: exponent - 7, significand: 1)
          * (1 + mantissa / 8)
      if code & 0x7f == 0x7f { expected = .nan }
      if code >= 0x80 { expected.negate() }
      let half = Float(Float16(bitPattern: UInt16(code) << 8))
      for (found, expected) in [(first[Int(code)], expected), (second[Int(code)], half)] {
        #expect(
          found.bitPattern == expected.bitPattern || found.isNaN && expected.isNaN, "\(code)")
      }
    }
  }
}
