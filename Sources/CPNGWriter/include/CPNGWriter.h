// PNG files in memory, over libpng.
//
// libpng reports errors by longjmp, which must not cross Swift frames. Here every jump starts and
// ends inside one C call; a caller sees a code and a message.

#pragma once

#include <stddef.h>
#include <stdint.h>

#define PNG_WRITER_MESSAGE_LENGTH 256

/// What a call came to.
typedef enum {
  PNG_WRITER_OK = 0,
  /// An argument is out of its range: sizes, channels, a keyword.
  PNG_WRITER_BAD_ARGUMENT = 1,
  PNG_WRITER_OUT_OF_MEMORY = 2,
  /// The bytes are not a PNG file, or a damaged one.
  PNG_WRITER_BAD_FILE = 3,
  /// libpng refused to encode.
  PNG_WRITER_ENCODING = 4,
} png_writer_status;

/// How a text is stored.
typedef enum {
  /// UTF-8, as it is.
  PNG_WRITER_ITXT = 0,
  /// UTF-8, compressed.
  PNG_WRITER_ITXT_COMPRESSED = 1,
  /// Latin-1, compressed.
  PNG_WRITER_ZTXT = 2,
} png_writer_text_kind;

/// One text chunk; the keyword has 1 to 79 printable Latin-1 bytes.
typedef struct {
  const char *keyword;
  const char *text;
  png_writer_text_kind kind;
} png_writer_text;

/// Eight-bit pixels, rows from the top.
typedef struct {
  const uint8_t *pixels;
  size_t bytes_per_row;
  uint32_t width;
  uint32_t height;
  /// 3 (red, green, blue) or 4 (with alpha, not premultiplied).
  int channels;
  /// Written as the physical size; 0 writes none.
  uint32_t pixels_per_metre;
} png_writer_image;

/// Encodes an image with its texts; `*bytes` is freed by `png_writer_free`.
///
/// Nothing in the bytes depends on time or machine: the same call gives the same bytes.
png_writer_status png_writer_encode(const png_writer_image *image, const png_writer_text *texts,
                                    size_t text_count, uint8_t **bytes, size_t *length,
                                    char message[PNG_WRITER_MESSAGE_LENGTH]);

void png_writer_free(uint8_t *bytes);

/// One text read back: both strings end in a zero, `length` counts the text without it.
typedef struct {
  char *keyword;
  char *text;
  size_t length;
} png_writer_read_text;

/// What a PNG file says besides its pixels.
typedef struct {
  uint32_t width;
  uint32_t height;
  uint32_t pixels_per_metre;
  size_t text_count;
  png_writer_read_text *texts;
} png_writer_contents;

/// Reads the size and the texts of a PNG file, checking all of it, the pixels included.
///
/// `*contents` is freed by `png_writer_free_contents`, after a failure too.
png_writer_status png_writer_read(const uint8_t *bytes, size_t length,
                                  png_writer_contents *contents,
                                  char message[PNG_WRITER_MESSAGE_LENGTH]);

void png_writer_free_contents(png_writer_contents *contents);
