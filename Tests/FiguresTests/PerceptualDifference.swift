import CInterchangePNG
import Foundation
import InterchangeFigures

/// An image in CIELAB (D65), as the eye compares colors.
struct LabImage {
  let width: Int
  let height: Int
  /// L*, a* and b*, each `[height, width]`.
  var channels: [[Double]]

  init(width: Int, height: Int, bytes: [UInt8]) {
    self.width = width
    self.height = height
    let linear = (0..<256).map { level -> Double in
      let part = Double(level) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    func response(_ part: Double) -> Double {
      part > 216.0 / 24389 ? cbrt(part) : (part * 24389 / 27 + 16) / 116
    }
    channels = [[Double]](repeating: [], count: 3)
    for start in stride(from: 0, to: width * height * 3, by: 3) {
      let (r, g, b) = (
        linear[Int(bytes[start])], linear[Int(bytes[start + 1])], linear[Int(bytes[start + 2])]
      )
      // The sRGB primaries' tristimulus values over those of white (IEC 61966-2-1).
      let x = response((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505)
      let y = response(0.2126 * r + 0.7152 * g + 0.0722 * b)
      let z = response((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0890)
      channels[0].append(116 * y - 16)
      channels[1].append(500 * (x - y))
      channels[2].append(200 * (y - z))
    }
  }

  init(_ pixels: Pixels) {
    self.init(width: pixels.width, height: pixels.height, bytes: pixels.bytes)
  }

  /// A PNG file's pixels; nil when libpng cannot read it.
  init?(png data: Data) {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    var bytes: [UInt8] = []
    let isRead = data.withUnsafeBytes { file in
      guard png_image_begin_read_from_memory(&image, file.baseAddress, file.count) != 0 else {
        return false
      }
      // PNG_FORMAT_RGB: three bytes a pixel.
      image.format = 2
      bytes = [UInt8](repeating: 0, count: Int(image.width) * Int(image.height) * 3)
      return png_image_finish_read(&image, nil, &bytes, 0, nil) != 0
    }
    guard isRead else { return nil }
    self.init(width: Int(image.width), height: Int(image.height), bytes: bytes)
  }

  /// The mean over a sliding window, weighted along each side; the image continues as at its edge.
  func averaged(_ values: [Double], weights: [Double]) -> [Double] {
    let reach = weights.count / 2
    func pass(_ values: [Double], length: Int, step: Int, lines: Int, lineStep: Int) -> [Double] {
      var result = values
      for line in 0..<lines {
        for place in 0..<length {
          var sum = 0.0
          for (offset, weight) in weights.enumerated() {
            let other = min(max(place + offset - reach, 0), length - 1)
            sum += weight * values[line * lineStep + other * step]
          }
          result[line * lineStep + place * step] = sum
        }
      }
      return result
    }
    let across = pass(values, length: width, step: 1, lines: height, lineStep: width)
    return pass(across, length: height, step: width, lines: width, lineStep: 1)
  }
}

/// The difference that the eye sees between two images of one size.
///
/// Both are blurred by a pixel first, so that it does not matter how edges are smoothed. The worst
/// place is judged, a square of 13 pixels: a label may be missing from a large page.
struct PerceptualDifference: CustomStringConvertible {
  /// The lowest mean structural similarity of lightness (Wang et al. 2004) in a square: 1 is the
  /// same, 0 unrelated.
  let similarity: Double
  /// The largest mean color difference ΔE*ab (CIE 1976) in a square; 2.3 is just noticed.
  let color: Double
  /// The mean ΔE*ab of the whole image.
  let meanColor: Double

  /// Half-way between the largest difference that edges smoothed otherwise make (0.87, 5.1, 0.9)
  /// and the smallest that a reader should be told of (0.66, 6.9: a band left out).
  var isSmall: Bool { similarity > 0.77 && color < 6 && meanColor < 1.5 }

  var description: String {
    String(
      format: "similarity %.3f, ΔE %.2f at the worst place, ΔE %.2f on average", similarity,
      color, meanColor)
  }

  /// nil for images of different sizes.
  init?(_ one: LabImage, _ other: LabImage) {
    guard one.width == other.width && one.height == other.height else { return nil }
    let blur = Self.bell(deviation: 1, reach: 3)
    let (first, second) = (
      one.channels.map { one.averaged($0, weights: blur) },
      other.channels.map { one.averaged($0, weights: blur) }
    )
    let square = [Double](repeating: 1.0 / 13, count: 13)
    let similarities = one.averaged(Self.similarity(first[0], second[0], in: one), weights: square)
    let differences = first[0].indices.map { index in
      (0..<3).reduce(0) { $0 + pow(first[$1][index] - second[$1][index], 2) }.squareRoot()
    }
    similarity = similarities.min() ?? 1
    color = one.averaged(differences, weights: square).max() ?? 0
    meanColor = differences.reduce(0, +) / Double(max(differences.count, 1))
  }

  /// Structural similarity around each pixel, with the paper's window and constants.
  private static func similarity(
    _ one: [Double], _ other: [Double], in image: LabImage
  ) -> [Double] {
    let window = bell(deviation: 1.5, reach: 5)
    func mean(_ values: [Double]) -> [Double] { image.averaged(values, weights: window) }
    func product(_ left: [Double], _ right: [Double]) -> [Double] {
      zip(left, right).map { $0 * $1 }
    }
    let (meanOne, meanOther) = (mean(one), mean(other))
    let (squareOne, squareOther) = (mean(product(one, one)), mean(product(other, other)))
    let mixed = mean(product(one, other))
    // (0.01 · 100)² and (0.03 · 100)², as lightness goes to 100.
    let (c1, c2) = (1.0, 9.0)
    return one.indices.map { index in
      let (x, y) = (meanOne[index], meanOther[index])
      let spread = squareOne[index] - x * x + squareOther[index] - y * y
      return (2 * x * y + c1) * (2 * (mixed[index] - x * y) + c2)
        / ((x * x + y * y + c1) * (spread + c2))
    }
  }

  private static func bell(deviation: Double, reach: Int) -> [Double] {
    let weights = (-reach...reach).map { exp(-pow(Double($0) / deviation, 2) / 2) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
}
