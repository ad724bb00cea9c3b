import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The weight to which a site's vectors belong: the only projection that reads them, or the one that
/// makes them.
struct SiteWeight {
  /// [outputs, inputs]; of a site of one head the part that is the head's.
  let weight: Tensor
  /// The side of the weight on which the site's vectors are.
  let side: Rotation.WeightSide

  /// - Returns: nil for a site that several projections read and none makes, such as the residual
  ///   stream, and where the weights aren't listed
  init?(of site: Site, in model: Model) {
    guard let found = Self.projection(of: site, in: model.architecture),
      let weight = model.architecture.weight(of: found.projection, layer: site.layer)
    else { return nil }
    side = found.side
    guard let head = site.head else {
      self.weight = weight
      return
    }
    let dimensions = model.architecture.dimensions(of: site.component, layer: site.layer)
    guard let dimensions, let heads = dimensions.heads else { return nil }
    let part = dimensions.width / heads
    let own = head * part..<(head + 1) * part
    self.weight = side == .inputs ? weight.columns(own) : weight.rowSlice(own)
  }

  /// Tells whether a site has one, without reading it.
  static func exists(of site: Site, in model: Model) -> Bool {
    projection(of: site, in: model.architecture) != nil
  }

  private static func projection(
    of site: Site, in architecture: any Architecture
  ) -> (projection: Projection, side: Rotation.WeightSide)? {
    let present = Projection.allCases.filter {
      architecture.tensorName(of: $0, layer: site.layer) != nil
    }
    if let maker = present.first(where: { architecture.component(of: $0) == site.component }) {
      return (maker, .outputs)
    }
    let readers = present.filter { $0.input == site.component }
    return readers.count == 1 ? (readers[0], .inputs) : nil
  }
}
