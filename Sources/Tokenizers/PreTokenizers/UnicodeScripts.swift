import Foundation

/// `UnicodeScripts`: cuts where the script changes; kana count as ideographs, and spaces as part of
/// what they follow.
struct UnicodeScripts: PreTokenizerStep, NamedPreTokenizer {
  static let name = "UnicodeScripts"

  static func steps(_ step: FileStep) -> [any PreTokenizerStep] { [UnicodeScripts()] }

  func apply(to words: inout WordList) {
    let bytes = words.text.bytes
    var scripts: [Unicode.Scalar: Int?] = [:]
    words.ranges = words.ranges.flatMap { word in
      let reader = ScalarReader(bytes: bytes, end: word.upperBound)
      // As in the reference, what comes before the first script goes.
      var starts: [Int] = []
      var last: Int?
      var index = word.lowerBound
      while index < word.upperBound {
        let (scalar, end) = reader.scalar(at: index)
        let script = scripts[scalar] ?? Self.script(of: scalar)
        scripts[scalar] = .some(script)
        if let script {
          if last != script { starts.append(index) }
          last = script
        }
        index = end
      }
      return zip(starts, starts.dropFirst() + [word.upperBound]).map { $0..<$1 }
    }
  }

  /// A number for each script; nil for a space and what has none.
  private static func script(of scalar: Unicode.Scalar) -> Int? {
    if scalar == " " { return nil }
    // The mark of long vowels.
    if scalar.value == 0x30FC { return 1 }
    let text = String(scalar)
    let match = scripts?.firstMatch(
      in: text, range: NSRange(location: 0, length: text.utf16.count))
    guard let match else { return nil }
    return (1..<match.numberOfRanges).first { match.range(at: $0).location != NSNotFound }
  }

  /// A group for each script, the first for all of Japanese and Chinese.
  private static let scripts = try? NSRegularExpression(
    pattern: #"([\p{sc=Hani}\p{sc=Hira}\p{sc=Kana}])|"#
      + names.map { #"(\p{sc=\#($0)})"# }.joined(separator: "|"))

  private static let names = """
    Zyyy Zinh Latn Grek Cyrl Armn Hebr Arab Syrc Thaa Deva Beng Guru Gujr Orya Taml Telu Knda Mlym \
    Sinh Thai Laoo Tibt Mymr Geor Hang Ethi Cher Cans Ogam Runr Khmr Mong Bopo Yiii Ital Goth Dsrt \
    Tglg Hano Buhd Tagb Limb Tale Linb Ugar Shaw Osma Cprt Brai Bugi Copt Talu Glag Tfng Sylo Xpeo \
    Khar Bali Xsux Phnx Phag Nkoo Sund Lepc Olck Vaii Saur Kali Rjng Lyci Cari Lydi Cham Lana Tavt \
    Avst Egyp Samr Lisu Bamu Java Mtei Armi Sarb Prti Phli Phlp Orkh Kthi Batk Brah Mand Cakm Merc \
    Mero Plrd Shrd Sora Takr Aghb Bass Dupl Elba Gran Khoj Lina Mahj Mani Mend Modi Mroo Nbat Narb \
    Pauc Hmng Palm Sidd Sind Tirh Wara Ahom Hluw Hatr Mult Hung Sgnw Adlm Bhks Marc Newa Osge Tang
    """.split(separator: " ").map(String.init)
}
