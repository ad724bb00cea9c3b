import CInterchangePangoCairo
import Foundation
import InterchangeBasics

/// A page to draw on: lengths in points (1/72 inch), the origin at the top left, y downwards.
///
/// It owns every Cairo and Pango object that drawing needs and frees them with itself.
public final class Canvas {
  /// The material of a page.
  enum Medium: Equatable {
    /// Pixels, this many to an inch.
    case image(resolution: Double)
    case svg
    case pdf
  }

  /// The page in points.
  public let size: CGSize
  let context: OpaquePointer
  let layout: OpaquePointer
  let fontFamilies: String
  private let surface: OpaquePointer
  private let sink: Sink

  /// An empty page.
  init(_ medium: Medium, size: CGSize, fontFamilies: String) throws(FigureError) {
    let scale = medium.scale
    let limit = medium.limit
    let width = (size.width * scale).rounded()
    let height = (size.height * scale).rounded()
    guard width <= limit, height <= limit else {
      throw .tooLarge(width: width, height: height, limit: limit)
    }
    require(width >= 1 && height >= 1, "Canvas: expected a page with pixels, got \(size)")
    self.size = size
    self.fontFamilies = fontFamilies
    sink = Sink()
    surface = medium.makeSurface(size: size, pixels: (Int32(width), Int32(height)), sink: sink)
    context = cairo_create(surface)
    cairo_scale(context, scale, scale)
    layout = pango_cairo_create_layout(context)
    setUpText()
    try check()
  }

  /// A canvas for measuring text only.
  package convenience init(measuring theme: Theme) {
    do {
      try self.init(
        .image(resolution: 72), size: CGSize(width: 1, height: 1),
        fontFamilies: theme.fontFamilies)
    } catch {
      programmerError("Canvas: a surface of one pixel failed: \(error)")
    }
  }

  deinit {
    g_object_unref(UnsafeMutableRawPointer(layout))
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Glyphs are placed alike on all media, and the same text measures the same everywhere.
  private func setUpText() {
    let text = pango_layout_get_context(layout)
    let options = cairo_font_options_create()
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    pango_cairo_context_set_font_options(text, options)
    cairo_font_options_destroy(options)
    pango_context_set_round_glyph_positions(text, 0)
    // Without it, the choice among fonts would follow the user's locale.
    pango_context_set_language(text, pango_language_from_string("en"))
  }
}

extension Canvas {
  /// The finished file of an SVG or PDF page; nothing can be drawn afterwards.
  func finishedBytes() throws(FigureError) -> Data {
    cairo_show_page(context)
    try check()
    cairo_surface_finish(surface)
    try check()
    return sink.bytes
  }

  /// The pixels of an image page.
  func finishedPixels() throws(FigureError) -> Pixels {
    cairo_surface_flush(surface)
    try check()
    guard let data = cairo_image_surface_get_data(surface) else {
      throw .drawing(reason: "the surface has no pixels")
    }
    let width = Int(cairo_image_surface_get_width(surface))
    let height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    let bytes = [UInt8](unsafeUninitializedCapacity: width * height * 3) { bytes, count in
      for y in 0..<height {
        let row = UnsafeRawPointer(data + y * stride)
        for x in 0..<width {
          // Cairo keeps a pixel as one number 0x00RRGGBB of the machine's byte order.
          let pixel = row.load(fromByteOffset: 4 * x, as: UInt32.self)
          let start = (y * width + x) * 3
          bytes[start] = UInt8(truncatingIfNeeded: pixel >> 16)
          bytes[start + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
          bytes[start + 2] = UInt8(truncatingIfNeeded: pixel)
        }
      }
      count = width * height * 3
    }
    return Pixels(width: width, height: height, bytes: bytes)
  }

  /// Sets a PDF's subject.
  func setSubject(_ subject: String) {
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, subject)
  }

  private func check() throws(FigureError) {
    for status in [cairo_surface_status(surface), cairo_status(context)]
    where status != CAIRO_STATUS_SUCCESS && status != CAIRO_STATUS_SURFACE_FINISHED {
      throw .drawing(reason: String(cString: cairo_status_to_string(status)))
    }
  }
}

extension Canvas.Medium {
  /// Device units in a point.
  fileprivate var scale: Double {
    if case .image(let resolution) = self { resolution / 72 } else { 1 }
  }

  /// The longest side in device units: Cairo's for images, PDF's own for pages.
  fileprivate var limit: Double {
    if case .image = self { 32_767 } else { 14_400 }
  }

  fileprivate func makeSurface(
    size: CGSize, pixels: (width: Int32, height: Int32), sink: Sink
  ) -> OpaquePointer {
    let target = Unmanaged.passUnretained(sink).toOpaque()
    switch self {
    case .image:
      return cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels.width, pixels.height)
    case .svg:
      let surface = cairo_svg_surface_create_for_stream(
        collect, target, size.width, size.height)!
      cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PT)
      return surface
    case .pdf:
      let surface = cairo_pdf_surface_create_for_stream(
        collect, target, size.width, size.height)!
      // Later versions compress the information with the record in it.
      cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4)
      // The same figure is the same file, whenever it is drawn.
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
      return surface
    }
  }
}

/// Takes the bytes that Cairo writes; it must outlive the surface.
private final class Sink {
  var bytes = Data()
}

private func collect(
  _ target: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: UInt32
) -> cairo_status_t {
  guard let target, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
  Unmanaged<Sink>.fromOpaque(target).takeUnretainedValue().bytes.append(bytes, count: Int(count))
  return CAIRO_STATUS_SUCCESS
}
