/*
 * print_marks.h: inserter marks of a print file, sheet by sheet.
 */
#ifndef PRINT_MARKS_H
#define PRINT_MARKS_H

#include "print/print_letter.h"

#include "base/port_server.h"
#include "core/inserter_mark.h"

typedef struct PrintMarks
{
	bool wanted; /* the issuer has a profile in use */
	Port port;
	InserterProfile profile;
	InserterSheet sheet;
	int64 envelope_issuer, envelope_mailing, envelope_cover; /* the one at hand */
	ByteBuffer content;
} PrintMarks;

/* Reads the profile in use; SPI must be connected. */
extern void print_open_marks(PrintMarks *marks, int64 issuer_id, int64 mailing_id);
/* The letter whose sheets come next. */
extern void print_mark_letter(PrintMarks *marks, const PrintLetter *letter);
/* Marks of the next sheet, or NULL when none are wanted; valid until the next call. */
extern const ByteBuffer *print_mark_sheet(PrintMarks *marks);

#endif
