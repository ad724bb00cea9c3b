#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "CPNGWriter.h"
#include "failure.h"

// A hostile file may promise more than memory holds; no figure comes near these.
static const uint64_t largest_pixel_count = (uint64_t)1 << 30;
static const size_t largest_text = (size_t)1 << 28;

// Everything that must survive a longjmp lives here, outside the frame that calls setjmp.
typedef struct {
  png_writer_failure failure;
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t length;
  size_t position;
} decoder;

static void take(png_structp png, png_bytep data, size_t count) {
  decoder *self = png_get_io_ptr(png);
  if (count > self->length - self->position) png_error(png, "the file ends too early");
  memcpy(data, self->bytes + self->position, count);
  self->position += count;
}

static void read_pixels(decoder *self) {
  uint64_t height = png_get_image_height(self->png, self->info);
  uint64_t width = png_get_image_width(self->png, self->info);
  if (width * height > largest_pixel_count) png_error(self->png, "the image is too large");
  int passes = png_set_interlace_handling(self->png);
  png_start_read_image(self->png);
  for (int pass = 0; pass < passes; pass++) {
    for (uint64_t row = 0; row < height; row++) png_read_row(self->png, NULL, NULL);
  }
}

static char *copy(png_structp png, const char *text, size_t length) {
  char *result = malloc(length + 1);
  if (!result) png_error(png, "out of memory");
  if (length > 0) memcpy(result, text, length);
  result[length] = 0;
  return result;
}

static void take_texts(decoder *self, png_writer_contents *contents) {
  png_textp texts = NULL;
  int count = 0;
  png_get_text(self->png, self->info, &texts, &count);
  if (count <= 0) return;
  contents->texts = calloc((size_t)count, sizeof(png_writer_read_text));
  if (!contents->texts) png_error(self->png, "out of memory");
  for (int i = 0; i < count; i++) {
    // iTXt counts its length apart.
    size_t length = texts[i].compression > 0 ? texts[i].itxt_length : texts[i].text_length;
    png_writer_read_text *text = &contents->texts[i];
    contents->text_count = (size_t)i + 1;
    text->length = length;
    text->keyword = copy(self->png, texts[i].key, strlen(texts[i].key));
    text->text = copy(self->png, texts[i].text, length);
  }
}

// The only frame that setjmp returns to twice; it has no locals that change after setjmp.
static void decode(decoder *self, png_writer_contents *contents) {
  if (setjmp(png_jmpbuf(self->png))) return;
  png_set_read_fn(self->png, self, take);
  png_set_crc_action(self->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_benign_errors(self->png, 0);
  png_set_chunk_malloc_max(self->png, largest_text);
  png_read_info(self->png, self->info);
  contents->width = png_get_image_width(self->png, self->info);
  contents->height = png_get_image_height(self->png, self->info);
  contents->pixels_per_metre = png_get_pixels_per_meter(self->png, self->info);
  read_pixels(self);
  png_read_end(self->png, self->info);
  take_texts(self, contents);
  self->failure.status = PNG_WRITER_OK;
}

png_writer_status png_writer_read(const uint8_t *bytes, size_t length,
                                  png_writer_contents *contents,
                                  char message[PNG_WRITER_MESSAGE_LENGTH]) {
  memset(contents, 0, sizeof *contents);
  if (length < 8 || png_sig_cmp(bytes, 0, 8) != 0) {
    return png_writer_fail(message, PNG_WRITER_BAD_FILE, "not a PNG file");
  }
  decoder self = {.failure = {.status = PNG_WRITER_BAD_FILE, .message = message},
                  .bytes = bytes,
                  .length = length};
  self.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &self.failure, png_writer_on_error,
                                    png_writer_on_warning);
  if (self.png) self.info = png_create_info_struct(self.png);
  if (self.info) {
    decode(&self, contents);
  } else {
    self.failure.status = png_writer_fail(message, PNG_WRITER_OUT_OF_MEMORY, "out of memory");
  }
  png_destroy_read_struct(&self.png, &self.info, NULL);
  return self.failure.status;
}

void png_writer_free_contents(png_writer_contents *contents) {
  for (size_t i = 0; i < contents->text_count; i++) {
    free(contents->texts[i].keyword);
    free(contents->texts[i].text);
  }
  free(contents->texts);
  memset(contents, 0, sizeof *contents);
}
