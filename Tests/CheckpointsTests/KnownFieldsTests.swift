import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTestSupport
import Testing

@Suite struct KnownFieldsTests {
  private static let known = KnownFields(
    applied: ["hidden_size"], harmless: ["transformers_version"],
    harmlessAt: ["hidden_act": [.string("silu")], "pretraining_tp": [.integer(1)]])

  private func refusal(_ json: String) throws -> String? {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(component: "config.json")
    try Data(json.utf8).write(to: url)
    let configuration = try ModelConfiguration(contentsOf: url)
    return line { try Self.known.check(configuration) }?.replacing(url.path + ": ", with: "")
  }

  @Test func whatSaysNothingIsLetThrough() throws {
    for value in ["null", "false", "\"\"", "[]", "{}"] {
      #expect(try refusal(#"{"hidden_size": 8, "unheard_of": \#(value)}"#) == nil, "\(value)")
      #expect(try refusal(#"{"hidden_act": \#(value)}"#) == nil, "\(value)")
    }
    #expect(try refusal(#"{"transformers_version": "5.0", "pretraining_tp": 1.0}"#) == nil)
    #expect(try refusal(#"{"hidden_act": "silu", "hidden_size": "any"}"#) == nil)
  }

  @Test func whatIsNotUnderstoodIsNamed() throws {
    for (value, found) in [
      ("true", "true"), ("0", "0"), ("\"yes\"", "yes"), ("[0]", "an array of 1"),
      ("{\"a\": null}", "an object of 1"),
    ] {
      #expect(
        try refusal(#"{"unheard_of": \#(value)}"#)
          == "field \"unheard_of\": expected no such field, as what it changes is not known here, "
          + "found \(found)")
    }
    #expect(
      try refusal(#"{"hidden_sizes": 8}"#)
        == "field \"hidden_sizes\": expected no such field, as what it changes is not known here; "
        + "near: \"hidden_size\", found 8")
    #expect(
      try refusal(#"{"hidden_act": "gelu"}"#)
        == "field \"hidden_act\": expected silu, found gelu")
    #expect(
      try refusal(#"{"pretraining_tp": 2}"#) == "field \"pretraining_tp\": expected 1, found 2")
  }

  @Test func anObjectInsideIsNamedWithItsPlace() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(component: "config.json")
    try Data(#"{"rope_scaling": {"factor": 2, "other": 1}}"#.utf8).write(to: url)
    let section = try #require(
      try ModelConfiguration(contentsOf: url).sectionIfPresent("rope_scaling"))
    #expect(
      line { try KnownFields(applied: ["factor"]).check(section) }?
        .contains("field \"rope_scaling.other\"") == true)
    #expect(line { try KnownFields(applied: ["factor"]).union(Self.known).check(section) } != nil)
    #expect(
      line {
        try KnownFields(applied: ["factor"]).union(KnownFields(harmless: ["other"])).check(section)
      } == nil)
  }
}
