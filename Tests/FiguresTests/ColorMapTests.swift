import InterchangeFigures
import Testing

@Suite struct ColorMapTests {
  /// Published colors (matplotlib's 256-entry tables) at the ends and in the middle.
  @Test(arguments: [
    (ColorMap.viridis, 0x440154, 0x21918C, 0xFDE725),
    (ColorMap.cividis, 0x00224E, 0x7D7C78, 0xFEE838),
    (ColorMap.magma, 0x000004, 0xB73779, 0xFCFDBF),
  ])
  func `Sequential maps have the published colours`(
    map: ColorMap, low: Int, middle: Int, high: Int
  ) {
    for (position, hex) in [(0.0, low), (0.5, middle), (1, high)] {
      // One level: the table is rounded, and linear between every fifth entry.
      #expect(isNear(map.color(at: position), Color(hex: UInt32(hex)), within: 1.6))
    }
  }

  @Test(arguments: ColorMap.all.filter { $0.kind == .sequential })
  func `Sequential maps grow lighter all the way`(map: ColorMap) {
    let lightness = (0...1000).map { map.color(at: Double($0) / 1000).lightness }
    for (before, after) in zip(lightness, lightness.dropFirst()) { #expect(after > before) }
    #expect(lightness[1000] - lightness[0] > 70)
  }

  @Test(arguments: ColorMap.all.filter { $0.kind == .sequential })
  func `Sequential maps grow lighter evenly`(map: ColorMap) {
    let lightness = (0...10).map { map.color(at: Double($0) / 10).lightness }
    let mean = (lightness[10] - lightness[0]) / 10
    for (before, after) in zip(lightness, lightness.dropFirst()) {
      // The maps are uniform in CAM02-UCS, near to but not the same as L*.
      #expect(abs(after - before - mean) < 0.35 * mean)
    }
  }

  @Test func `The diverging map is balanced`() {
    let map = ColorMap.blueRed
    #expect(map.color(at: 0.5).lightness > 95)
    for step in 0...100 {
      let reach = Double(step) / 200
      let low = map.color(at: 0.5 - reach)
      let high = map.color(at: 0.5 + reach)
      // Two eight-bit colors can't be equally light to better than about one.
      #expect(abs(low.lightness - high.lightness) < 1)
      if step > 5 { #expect(low.blue > low.red && high.red > high.blue) }
    }
    let left = (0...200).map { map.color(at: Double($0) / 400).lightness }
    for (before, after) in zip(left, left.dropFirst()) { #expect(after > before) }
  }

  @Test func `Positions outside are moved to the ends`() {
    #expect(ColorMap.magma.color(at: -3) == ColorMap.magma.color(at: 0))
    #expect(ColorMap.magma.color(at: .infinity) == ColorMap.magma.color(at: 1))
  }

  @Test func `Maps are found by name`() {
    for map in ColorMap.all { #expect(ColorMap(named: map.name) == map) }
    #expect(ColorMap(named: "jet") == nil)
  }

  @Test func `Luminance, lightness and contrast follow the standards`() {
    #expect(abs(Color.white.lightness - 100) < 1e-9)
    #expect(Color.black.lightness == 0)
    // sRGB (119, 119, 119) has L* 50.03 (CIE 1976).
    #expect(abs(Color(hex: 0x777777).lightness - 50.03) < 0.01)
    #expect(abs(Color(hex: 0xFF0000).luminance - 0.2126) < 1e-12)
    for map in ColorMap.all {
      for step in 0...100 {
        let ground = map.color(at: Double(step) / 100)
        let letters = ground.contrasting
        let (light, dark) = (
          max(ground.luminance, letters.luminance), min(ground.luminance, letters.luminance)
        )
        // The better of black and white always reaches the square root of 21.
        #expect((light + 0.05) / (dark + 0.05) >= 4.58)
      }
    }
  }
}
