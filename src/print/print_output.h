/*
 * print_output.h: bytes on their way into an outgoing file.  SPI must be connected.
 */
#ifndef PRINT_OUTPUT_H
#define PRINT_OUTPUT_H

#include "postgres.h"

/* Parts are cut at this size; the archive room takes up to 16 MB. */
#define PRINT_PART_BYTES (1024 * 1024)

extern int64 print_open_output(int64 issuer_id, int64 mailing_id, const char *kind,
							   const char *suffix, const char *media_type);
extern void print_append_output(int64 issuer_id, int64 outgoing_file_id, const char *bytes,
								Size length);
/* Closes the file; its SHA-256 as 64 hexadecimal digits, palloc'd. */
extern char *print_close_output(int64 issuer_id, int64 outgoing_file_id);

#endif
