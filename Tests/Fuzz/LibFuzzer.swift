#if LIBFUZZER
  import Foundation

  // `make libfuzzer READER=…`: the toolchain's own driver, guided by coverage, on one reader.

  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
  ) -> CInt

  private nonisolated(unsafe) var reader: Reader?
  private nonisolated(unsafe) var place = URL(filePath: "/dev/shm")

  /// Hands one reader of single files to libFuzzer, with its seeds as the corpus.
  ///
  /// - Parameter words: the driver's own options, such as `-max_total_time=60`
  func runLibFuzzer(_ chosen: Reader, _ words: [String]) throws -> CInt {
    let folder = URL(filePath: ".build/libfuzzer").appending(component: chosen.name)
    let corpus = folder.appending(component: "corpus")
    try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
    for (number, seed) in chosen.seeds.enumerated() where !seed.isFolder {
      let copy = corpus.appending(component: "\(number).\(seed.ending)")
      try? FileManager.default.copyItem(at: seed.source, to: copy)
    }
    reader = chosen
    place = URL(filePath: "/dev/shm").appending(
      component: "interchange-libfuzzer-\(getpid()).\(chosen.seeds[0].ending)")
    defer { try? FileManager.default.removeItem(at: place) }
    var arguments = (["interchange-fuzz", corpus.path] + words).map { strdup($0) } + [nil]
    var count = CInt(arguments.count - 1)
    return arguments.withUnsafeMutableBufferPointer { buffer in
      var base = buffer.baseAddress!
      return runDriver(&count, &base) { bytes, length in
        try? FileManager.default.removeItem(at: place)
        guard (try? Data(bytes: bytes, count: length).write(to: place)) != nil else { return 0 }
        try? reader?.read(place)
        return 0
      }
    }
  }
#endif
