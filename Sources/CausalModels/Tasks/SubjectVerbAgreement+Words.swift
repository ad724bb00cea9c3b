extension SubjectVerbAgreement {
  /// Prepositions of one word that make sense between most things.
  static let prepositions = [
    "near", "behind", "beside", "above", "below", "opposite", "inside", "around",
  ]

  /// Common nouns with a regular plural, people, animals and things.
  ///
  /// Singular and plural are single tokens after a space in the usual byte-level vocabularies.
  public static let nouns = [
    "boy", "girl", "doctor", "teacher", "farmer", "artist", "lawyer", "pilot", "driver", "nurse",
    "singer", "writer", "painter", "actor", "author", "parent", "friend", "neighbor", "brother",
    "king", "queen", "soldier", "player", "scientist", "manager", "customer", "visitor", "engineer",
    "chef", "tourist", "cousin", "dog", "cat", "horse", "cow", "bird", "duck", "monkey", "rabbit",
    "bear", "tiger", "snake", "spider", "key", "cabinet", "car", "truck", "boat", "plane", "train",
    "house", "tree", "flower", "table", "chair", "book", "computer", "door", "window", "picture",
    "plate", "cup", "spoon", "bag", "ring", "clock", "letter", "map", "coin", "stone", "rock",
    "river", "mountain", "building", "tower", "bridge", "road", "garden", "desk", "mirror",
    "guitar", "camera", "ball", "toy", "hat", "shirt", "jacket", "apple", "orange", "banana",
    "cookie", "sign", "statue", "fence", "gate", "wall", "machine", "engine", "shop", "store",
    "school", "hotel", "hospital", "island", "village", "bowl", "candle", "blanket", "pillow",
    "pencil", "notebook", "poster", "temple", "castle", "tent", "ship", "cloud",
  ]
}
