// The one place where a kernel's level is chosen.
//
// A kernel has one body, which is compiled for every level of the processor; a call goes to the
// version of the level that was chosen once, before the program's first line (level.c).
#ifndef CK_LEVEL_H
#define CK_LEVEL_H

#define INLINE static inline __attribute__((always_inline))

enum { CK_BASELINE, CK_AVX2, CK_AVX512 };

/// One of the levels; never changed once the program runs.
extern __attribute__((visibility("hidden"))) int ck_chosen_level;

#define CK_LIST(...) __VA_ARGS__
// Not inlined where the level is looked up: a call of any version must not set up the frame of one.
#define CK_VERSION(TARGET, LEVEL, RESULT, NAME, SUFFIX, PARAMETERS, ARGUMENTS) \
  TARGET static __attribute__((noinline)) RESULT NAME##SUFFIX PARAMETERS { \
    return NAME##_body(LEVEL, CK_LIST ARGUMENTS); \
  }

/// Starts the definition of a kernel; its body in braces follows, in which `level` is a constant.
/// PARAMETERS and ARGUMENTS are lists in parentheses, with and without the types. The body is
/// inlined into a version for each level, and so must be the functions that it calls (INLINE).
#if defined(__x86_64__)
#define CK_KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) \
  RESULT NAME PARAMETERS; \
  INLINE RESULT NAME##_body(const int level, CK_LIST PARAMETERS); \
  CK_VERSION(, CK_BASELINE, RESULT, NAME, _baseline, PARAMETERS, ARGUMENTS) \
  CK_VERSION(CK_TARGET("arch=haswell"), CK_AVX2, RESULT, NAME, _avx2, PARAMETERS, ARGUMENTS) \
  CK_VERSION(CK_TARGET("avx512f"), CK_AVX512, RESULT, NAME, _avx512, PARAMETERS, ARGUMENTS) \
  RESULT NAME PARAMETERS { \
    if (ck_chosen_level == CK_AVX512) return NAME##_avx512 ARGUMENTS; \
    if (ck_chosen_level == CK_AVX2) return NAME##_avx2 ARGUMENTS; \
    return NAME##_baseline ARGUMENTS; \
  } \
  INLINE RESULT NAME##_body(const int level, CK_LIST PARAMETERS)
#define CK_TARGET(FEATURES) __attribute__((target(FEATURES)))
/// A constant that differs from level to level.
#define CK_TILE(AVX512, AVX2, BASELINE) \
  (level == CK_AVX512 ? (AVX512) : level == CK_AVX2 ? (AVX2) : (BASELINE))
#else
#define CK_KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) \
  RESULT NAME PARAMETERS; \
  INLINE RESULT NAME##_body(const int level, CK_LIST PARAMETERS); \
  RESULT NAME PARAMETERS { return NAME##_body(CK_BASELINE, CK_LIST ARGUMENTS); } \
  INLINE RESULT NAME##_body(const int level, CK_LIST PARAMETERS)
// 32 registers of four floats hold what 16 of eight do.
#define CK_TILE(AVX512, AVX2, BASELINE) (AVX2)
#endif

#endif
