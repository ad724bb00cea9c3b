import Foundation
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTestSupport
import Testing

/// The rows of a table of relative positions by distance, as transformers 5 has them.
@Suite struct RelativePositionTests {
  /// Eight buckets on either side, up to a distance of 16: from four on they grow.
  @Test func bucketsOfDistances() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file(
      "config.json",
      Data(
        """
        {"architectures": ["DebertaV2Model"], "model_type": "deberta-v2", "hidden_size": 8,
         "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8,
         "vocab_size": 8, "max_position_embeddings": 64, "relative_attention": true,
         "position_buckets": 8, "max_relative_positions": 16, "pos_att_type": ["c2p", "p2c"]}
        """.utf8))
    let settings = ModelSettings(.folder(try ModelConfiguration(contentsOf: file)))
    let relative = try #require(try DebertaFamily.design(settings).attention.relative)
    // make_log_bucket_position of 0 to 19; the table has rows for −8 to 7.
    let buckets = [0, 1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 7, 7, 7, 8, 8, 8, 8]
    let expected = buckets.dropFirst().reversed().map { -$0 } + buckets
    #expect(relative.places(length: 20) == expected.map { min($0, 7) + 8 })
  }
}
