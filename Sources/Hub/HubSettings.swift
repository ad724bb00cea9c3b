import Foundation
import InterchangeBasics

/// The environment variables of Python's huggingface_hub, so that both find the same cache.
public struct HubSettings: Sendable {
  private let variables: [String: String]

  /// The settings in some environment.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    variables = environment
  }

  /// A variable that says something.
  private func value(_ name: String) -> String? {
    variables[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  private func isTrue(_ name: String) -> Bool {
    ["1", "ON", "YES", "TRUE"].contains(value(name)?.uppercased())
  }

  /// A path with a leading `~` and with `$NAME` and `${NAME}` in it, as Python expands them.
  private func expanded(_ path: String) -> URL {
    let home = value("HOME") ?? NSHomeDirectory()
    var path = path
    if path == "~" || path.hasPrefix("~/") { path = home + path.dropFirst() }
    path.replace(/\$(?:\{(?<braced>[^}]*)\}|(?<plain>\w+))/) { match in
      variables[String(match.output.braced ?? match.output.plain ?? "")] ?? String(match.output.0)
    }
    return URL(filePath: path)
  }

  /// The folder of all that huggingface_hub keeps: `$HF_HOME`, or `huggingface` in
  /// `$XDG_CACHE_HOME` or `~/.cache`.
  var home: URL {
    expanded(value("HF_HOME") ?? (value("XDG_CACHE_HOME") ?? "~/.cache") + "/huggingface")
  }

  /// The folder of repositories: `$HF_HUB_CACHE`, or `hub` in `$HF_HOME`, `$XDG_CACHE_HOME` or
  /// `~/.cache/huggingface`.
  public var cache: URL {
    (value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE")).map { expanded($0) }
      ?? home.appending(component: "hub")
  }

  /// True when nothing may be fetched: `$HF_HUB_OFFLINE`, or that of transformers.
  var isOffline: Bool { isTrue("HF_HUB_OFFLINE") || isTrue("TRANSFORMERS_OFFLINE") }

  /// The hub's address: `$HF_ENDPOINT`, or that of Hugging Face.
  ///
  /// - Throws: ``HubError/setting(name:expected:)`` for anything but a web address.
  func endpoint() throws(HubError) -> URL {
    let text = value("HF_ENDPOINT") ?? "https://huggingface.co"
    let trimmed = String(text.reversed().drop { $0 == "/" }.reversed())
    guard let url = URL(string: trimmed), ["http", "https"].contains(url.scheme?.lowercased()),
      url.host()?.isEmpty == false, url.user() == nil, url.query() == nil
    else {
      throw .setting(name: "HF_ENDPOINT", expected: "an address such as https://huggingface.co")
    }
    return url
  }

  /// The user's token: `$HF_TOKEN`, or the file that `hf auth login` writes; nil where there is
  /// none, or it is not to be sent unasked.
  ///
  /// - Throws: ``HubError/setting(name:expected:)`` for one that no header can hold.
  func token() throws(HubError) -> String? {
    guard !isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") else { return nil }
    var (name, text) = ("HF_TOKEN", value("HF_TOKEN") ?? value("HUGGING_FACE_HUB_TOKEN"))
    if text == nil {
      let file = value("HF_TOKEN_PATH").map { expanded($0) } ?? home.appending(component: "token")
      text = try? String(contentsOf: file, encoding: .utf8)
      name = file.path
    }
    let token = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .setting(name: name, expected: "a token of letters, digits and underscores")
    }
    return token.isEmpty ? nil : token
  }
}
