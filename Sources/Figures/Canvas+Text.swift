import CInterchangePangoCairo
import Foundation

extension Canvas {
  /// The size of a text's box in points: the lines' full height, whatever letters they have.
  public func size(of text: Text) -> CGSize {
    box(of: text).size
  }

  /// Draws a text so that a point of its box comes to lie on a point of the page.
  ///
  /// The rotation is in degrees about that point, counted against the clock: 90 reads upwards.
  public func draw(
    _ text: Text, at point: CGPoint, anchor: Anchor = .topLeft, rotation: Double = 0
  ) {
    let box = box(of: text)
    cairo_save(context)
    cairo_new_path(context)
    cairo_translate(context, point.x, point.y)
    cairo_rotate(context, -rotation * .pi / 180)
    pango_cairo_update_layout(context, layout)
    cairo_move_to(
      context, -box.minX - anchor.x * box.width, -box.minY - anchor.y * box.height)
    set(text.color)
    pango_cairo_show_layout(context, layout)
    cairo_restore(context)
  }

  /// Sets the layout to a text and gives its box relative to the layout's origin.
  private func box(of text: Text) -> CGRect {
    setFont(size: text.size, isBold: text.isBold)
    setText(text)
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_NONE)
    pango_layout_set_width(layout, -1)
    pango_layout_set_alignment(layout, text.isCentered ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT)
    switch text.overflow {
    case .none: return logicalBox
    case .ellipsis(let width):
      // A layout with a width moves right-to-left text to its right end: only where it must.
      let natural = logicalBox
      guard natural.width > width else { return natural }
      pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
      pango_layout_set_width(layout, units(width))
    case .wrap(let width), .wrapCentered(let width):
      pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
      pango_layout_set_width(layout, units(width))
    }
    return logicalBox
  }

  private func setFont(size: Double, isBold: Bool) {
    let font = pango_font_description_new()
    pango_font_description_set_family(font, fontFamilies)
    pango_font_description_set_absolute_size(font, size * Double(PANGO_SCALE))
    pango_font_description_set_weight(font, isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    pango_layout_set_font_description(layout, font)
    pango_font_description_free(font)
  }

  private func setText(_ text: Text) {
    var string: String
    if text.isWrapped {
      // Lines of a title stay lines.
      string = text.string.split(separator: "\n", omittingEmptySubsequences: false)
        .map { Text.visible(String($0)) }.joined(separator: "\n")
    } else {
      string = Text.visible(text.string)
    }
    string.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        pango_layout_set_text(layout, characters.baseAddress, Int32(characters.count))
      }
    }
  }

  private var logicalBox: CGRect {
    var logical = PangoRectangle()
    pango_layout_get_extents(layout, nil, &logical)
    let scale = Double(PANGO_SCALE)
    return CGRect(
      x: Double(logical.x) / scale, y: Double(logical.y) / scale,
      width: Double(logical.width) / scale, height: Double(logical.height) / scale)
  }

  private func units(_ points: Double) -> Int32 {
    Int32(min(max(points, 0), 100_000) * Double(PANGO_SCALE))
  }
}
