// How a libpng error becomes a status and a message.

#pragma once

#include <png.h>

#include "CPNGWriter.h"

typedef struct {
  png_writer_status status;
  char *message;  // [PNG_WRITER_MESSAGE_LENGTH]
} png_writer_failure;

/// Writes the message and returns the status.
png_writer_status png_writer_fail(char *message, png_writer_status status, const char *text);

/// libpng's error function: keeps the message and jumps back.
PNG_NORETURN void png_writer_on_error(png_structp png, png_const_charp text);

/// libpng's warning function: says nothing on standard error.
void png_writer_on_warning(png_structp png, png_const_charp text);
