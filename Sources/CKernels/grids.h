// The codebooks of the IQ block types (grids.c).
#ifndef CK_GRIDS_H
#define CK_GRIDS_H

#include <stdint.h>

#define HIDDEN __attribute__((visibility("hidden")))

extern HIDDEN const uint8_t ck_grid_iq2_xxs[256][8];
extern HIDDEN const uint8_t ck_grid_iq2_xs[512][8];
extern HIDDEN const uint8_t ck_grid_iq2_s[1024][8];
extern HIDDEN const uint8_t ck_grid_iq3_xxs[256][4];
extern HIDDEN const uint8_t ck_grid_iq3_s[512][4];
/// Of iq1_s and iq1_m.
extern HIDDEN const int8_t ck_grid_iq1[2048][8];

#endif
