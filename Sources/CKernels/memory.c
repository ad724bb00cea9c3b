#include "CKernels.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <malloc.h>
#endif

void ck_return_large_buffers(void) {
#if defined(M_MMAP_THRESHOLD)
  // A set threshold stays: glibc's own rises with every buffer freed, up to 32 MiB.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}
