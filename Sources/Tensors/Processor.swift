import CInterchangeKernels
import CInterchangeOpenBLAS

/// The means by which numbers are computed on this processor: they differ from level to level by
/// float32's rounding.
public enum Processor {
  /// The level that all kernels run at: `avx512`, `avx2` or `baseline`.
  ///
  /// It is the best that the processor has, or a lower one that the environment variable
  /// `INTERCHANGE_KERNELS` names; any other value of it ends the program at its start, with exit
  /// code 64.
  public static let kernelLevel = String(cString: ck_level_name())

  /// OpenBLAS's version, how it was built, and last the processor that its own kernels are for:
  /// with `DYNAMIC_ARCH` the variable `OPENBLAS_CORETYPE` forces another.
  public static let openBLAS = String(cString: openblas_get_config())
}
