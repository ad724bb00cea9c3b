import Foundation
import InterchangeTensors
import Testing

/// Which kernels the tests of this run speak of.
@Suite struct ProcessorTests {
  private let environment = ProcessInfo.processInfo.environment

  @Test func kernelsAreThoseAskedFor() {
    #expect(["avx512", "avx2", "baseline"].contains(Processor.kernelLevel))
    if let forced = environment["INTERCHANGE_KERNELS"], !forced.isEmpty {
      #expect(Processor.kernelLevel == forced)
    }
  }

  /// OpenBLAS overlooks a name that it doesn't know, and can choose only where it was built for
  /// many processors.
  @Test func openBLASIsTheOneAskedFor() {
    if let forced = environment["OPENBLAS_CORETYPE"], Processor.openBLAS.contains("DYNAMIC_ARCH") {
      #expect(Processor.openBLAS.lowercased().contains(forced.lowercased()))
    }
  }
}
