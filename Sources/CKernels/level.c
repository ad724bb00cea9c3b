#include "level.h"

#include "CKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ck_chosen_level = CK_BASELINE;

static const char *const names[] = {"baseline", "avx2", "avx512"};

static int best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return CK_AVX512;
  // A processor with these has the rest of what Haswell brought, F16C, LZCNT and MOVBE, too.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
      && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
    return CK_AVX2;
#endif
  return CK_BASELINE;
}

/// Chooses the level before anything can call a kernel. Numbers of another level than the one asked
/// for must not come about, and nobody could catch an error yet: the program ends as after bad
/// usage.
__attribute__((constructor)) static void choose_level(void) {
  const int best = best_level();
  ck_chosen_level = best;
  const char *wanted = getenv("INTERCHANGE_KERNELS");
  if (!wanted || !*wanted) return;
  for (int level = CK_BASELINE; level <= CK_AVX512; level++) {
    if (strcmp(wanted, names[level]) != 0) continue;
    if (level <= best) {
      ck_chosen_level = level;
      return;
    }
    fprintf(
      stderr, "interchange: INTERCHANGE_KERNELS: expected at most %s, the best level of this "
      "processor, found %s\n", names[best], wanted);
    _Exit(64);
  }
  fprintf(
    stderr, "interchange: INTERCHANGE_KERNELS: expected avx512, avx2 or baseline, found \"%s\"\n",
    wanted);
  _Exit(64);
}

const char *ck_level_name(void) { return names[ck_chosen_level]; }
