#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "CPNGWriter.h"
#include "failure.h"

// Everything that must survive a longjmp lives here, outside the frame that calls setjmp.
typedef struct {
  png_writer_failure failure;
  png_structp png;
  png_infop info;
  png_text *texts;
  uint8_t *bytes;
  size_t length;
  size_t capacity;
} encoder;

static void append(png_structp png, png_bytep data, size_t count) {
  encoder *self = png_get_io_ptr(png);
  if (count > SIZE_MAX / 2 - self->length) png_error(png, "the image is too large");
  size_t needed = self->length + count;
  if (needed > self->capacity) {
    size_t capacity = self->capacity < 65536 ? 65536 : self->capacity;
    while (capacity < needed) capacity *= 2;
    uint8_t *bytes = realloc(self->bytes, capacity);
    if (!bytes) {
      self->failure.status = PNG_WRITER_OUT_OF_MEMORY;
      png_error(png, "out of memory");
    }
    self->bytes = bytes;
    self->capacity = capacity;
  }
  memcpy(self->bytes + self->length, data, count);
  self->length = needed;
}

static void flush(png_structp png) { (void)png; }

static int compression(png_writer_text_kind kind) {
  switch (kind) {
    case PNG_WRITER_ITXT: return PNG_ITXT_COMPRESSION_NONE;
    case PNG_WRITER_ITXT_COMPRESSED: return PNG_ITXT_COMPRESSION_zTXt;
    case PNG_WRITER_ZTXT: return PNG_TEXT_COMPRESSION_zTXt;
  }
  return PNG_ITXT_COMPRESSION_NONE;
}

static void write_texts(encoder *self, const png_writer_text *texts, size_t count) {
  if (count == 0) return;
  for (size_t i = 0; i < count; i++) {
    self->texts[i].compression = compression(texts[i].kind);
    self->texts[i].key = (char *)texts[i].keyword;
    self->texts[i].text = (char *)texts[i].text;
    self->texts[i].lang = "";
    self->texts[i].lang_key = "";
  }
  png_set_text(self->png, self->info, self->texts, (int)count);
}

// The only frame that setjmp returns to twice; it has no locals that change after setjmp.
static void encode(encoder *self, const png_writer_image *image, const png_writer_text *texts,
                   size_t count) {
  if (setjmp(png_jmpbuf(self->png))) return;
  png_set_write_fn(self->png, self, append, flush);
  png_set_user_limits(self->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(self->png, self->info, image->width, image->height, 8,
               image->channels == 4 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (image->pixels_per_metre > 0) {
    png_set_pHYs(self->png, self->info, image->pixels_per_metre, image->pixels_per_metre,
                 PNG_RESOLUTION_METER);
  }
  write_texts(self, texts, count);
  png_write_info(self->png, self->info);
  for (uint32_t row = 0; row < image->height; row++) {
    png_write_row(self->png, image->pixels + (size_t)row * image->bytes_per_row);
  }
  png_write_end(self->png, NULL);
  self->failure.status = PNG_WRITER_OK;
}

static const char *fault(const png_writer_image *image, const png_writer_text *texts,
                         size_t count) {
  if (image->channels != 3 && image->channels != 4) return "channels must be 3 or 4";
  if (image->width == 0 || image->height == 0) return "the image has no pixels";
  if (image->width > PNG_UINT_31_MAX / 8 || image->height > PNG_UINT_31_MAX) {
    return "the image is too large";
  }
  if (image->bytes_per_row < (size_t)image->width * (size_t)image->channels) {
    return "the bytes of a row are fewer than its pixels need";
  }
  if (count > 1000) return "more than 1000 texts";
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(texts[i].keyword);
    if (length < 1 || length > 79) return "a text's keyword must have 1 to 79 bytes";
  }
  return NULL;
}

png_writer_status png_writer_encode(const png_writer_image *image, const png_writer_text *texts,
                                    size_t text_count, uint8_t **bytes, size_t *length,
                                    char message[PNG_WRITER_MESSAGE_LENGTH]) {
  *bytes = NULL;
  *length = 0;
  const char *wrong = fault(image, texts, text_count);
  if (wrong) return png_writer_fail(message, PNG_WRITER_BAD_ARGUMENT, wrong);

  encoder self = {.failure = {.status = PNG_WRITER_ENCODING, .message = message}};
  self.texts = calloc(text_count + 1, sizeof(png_text));
  self.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &self.failure, png_writer_on_error,
                                     png_writer_on_warning);
  if (self.png) self.info = png_create_info_struct(self.png);
  if (self.texts && self.info) {
    encode(&self, image, texts, text_count);
  } else {
    self.failure.status = png_writer_fail(message, PNG_WRITER_OUT_OF_MEMORY, "out of memory");
  }
  png_destroy_write_struct(&self.png, &self.info);
  free(self.texts);
  if (self.failure.status == PNG_WRITER_OK) {
    *bytes = self.bytes;
    *length = self.length;
  } else {
    free(self.bytes);
  }
  return self.failure.status;
}

void png_writer_free(uint8_t *bytes) { free(bytes); }
