#include "failure.h"

#include <stdio.h>

png_writer_status png_writer_fail(char *message, png_writer_status status, const char *text) {
  snprintf(message, PNG_WRITER_MESSAGE_LENGTH, "%s", text);
  return status;
}

PNG_NORETURN void png_writer_on_error(png_structp png, png_const_charp text) {
  png_writer_failure *failure = png_get_error_ptr(png);
  png_writer_fail(failure->message, failure->status, text);
  png_longjmp(png, 1);
}

void png_writer_on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}
