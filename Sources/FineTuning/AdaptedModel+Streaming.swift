import InterchangeModels
import InterchangeTokenizers

extension AdaptedModel {
  /// A prompt's continuation with the adapters on, told as it is written.
  ///
  /// - Parameters:
  ///   - prompt: the ids of its tokens
  ///   - show: called with each further piece of text, which ends between characters
  /// - Returns: the text that was added
  /// - Throws: `ModelError` for an empty prompt, one that is too short for the positions or too
  ///   long.
  public func stream(
    _ prompt: [Int], options: GenerationOptions = GenerationOptions(),
    show: (String) -> Void
  ) throws -> String {
    var decoder = StreamingDecoder(base.tokenizer)
    var text = ""
    func add(_ piece: String) {
      text += piece
      show(piece)
    }
    _ = try generate([prompt], options: options) { add(decoder.append($1)) }
    add(decoder.finish())
    return text
  }
}
