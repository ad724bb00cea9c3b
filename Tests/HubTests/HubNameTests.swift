import Foundation
import InterchangeHub
import Testing

/// What is a name, and what the environment says.
@Suite struct HubNameTests {
  @Test func names() throws {
    let plain = try #require(HubName("gpt2"))
    #expect(plain.repository == "gpt2" && plain.revision == nil && plain.file == nil)
    let all = try #require(HubName("google/gemma-2-2b@refs/pr/1:sub/model-Q4_K_M.gguf"))
    #expect(all.repository == "google/gemma-2-2b" && all.revision == "refs/pr/1")
    #expect(all.file == "sub/model-Q4_K_M.gguf")
    #expect(all.description == "google/gemma-2-2b@refs/pr/1:sub/model-Q4_K_M.gguf")
    #expect(HubName("a_b/c.d-e")?.repository == "a_b/c.d-e")
  }

  /// What can't be a name is a path, or nothing.
  @Test(arguments: [
    "", "/gpt2", "a/b/c", "./gpt2", "../gpt2", "a--b", "a..b", "gpt2/", "-gpt2", "gpt2.",
    "gpt2.git",
    "gpt 2", "gpt2@", "gpt2:", "gpt2@../x", "gpt2@/x", "gpt2:/etc/passwd", "gpt2:../x", "gpt2@a\nb",
    "gpt2:a\\b", "café", "~/gpt2", "gpt2@a//b", String(repeating: "a", count: 97),
  ])
  func noNames(_ text: String) {
    #expect(HubName(text) == nil)
  }

  @Test func theCacheIsWhereHuggingFaceHubHasIt() {
    func cache(_ environment: [String: String]) -> String {
      HubSettings(
        environment: environment.merging(["HOME": "/home/me"]) { $1 }
      ).cache.path
    }
    #expect(cache([:]) == "/home/me/.cache/huggingface/hub")
    #expect(cache(["XDG_CACHE_HOME": "/x"]) == "/x/huggingface/hub")
    #expect(cache(["XDG_CACHE_HOME": "/x", "HF_HOME": "~/h"]) == "/home/me/h/hub")
    #expect(cache(["HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old"]) == "/old")
    #expect(
      cache([
        "HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "$D/${E}/c", "D": "/d",
        "E": "e",
      ])
        == "/d/e/c")
    #expect(cache(["HF_HUB_CACHE": "", "HF_HOME": ""]) == "/home/me/.cache/huggingface/hub")
  }

  @Test func settingsThatSayNothing() {
    for endpoint in ["huggingface.co", "ftp://a", "http://", "https://user@host", "file:///x"] {
      let words = message { try HubFetch(HubSettings(environment: ["HF_ENDPOINT": endpoint])) }
      #expect(
        words
          == "badInput: HF_ENDPOINT: expected an address such as https://huggingface.co, found something else"
      )
    }
    // Not shown, whatever it is.
    let words = message {
      try HubFetch(HubSettings(environment: ["HF_TOKEN": "hf_secret\r\nX-Evil: 1"]))
    }
    #expect(
      words
        == "badInput: HF_TOKEN: expected a token of letters, digits and underscores, found something else"
    )
  }
}
