/*
 * pdf_syntax.h: the text of PDF objects (ISO 32000-1, 7.2 and 7.3).
 *
 * A value is a slice of the source and its kind; nothing is built.  Nothing recurses, and every
 * byte looked at is counted against the work that the caller grants, so that a file made of loops
 * ends.
 */
#ifndef CORE_PDF_SYNTAX_H
#define CORE_PDF_SYNTAX_H

#include "core/invoice.h"

typedef enum PdfKind
{
	PDF_NONE, /* the end, or what is no PDF syntax */
	PDF_NUMBER,
	PDF_NAME,
	PDF_STRING,
	PDF_ARRAY,
	PDF_DICT,
	PDF_REFERENCE,
	PDF_WORD, /* true, null, obj, stream ... */
	PDF_CLOSE /* of an array or dictionary; never the kind of a value */
} PdfKind;

typedef struct PdfValue
{
	PdfKind kind;
	Slice text; /* with its brackets; of a name without the slash */
	int64_t
		number; /* of a number its whole part, of a reference the object; INT64_MIN = too long */
} PdfValue;

typedef struct PdfCursor
{
	const char *bytes;
	size_t length, at;
	int64_t *work; /* counted down; below 0 everything is PDF_NONE */
} PdfCursor;

/* The next value; arrays and dictionaries as a whole. */
extern PdfValue pdf_next_value(PdfCursor *cursor);
/* Behind the opening bracket of an array or dictionary. */
extern PdfCursor pdf_inside(const PdfValue *value, int64_t *work);
/* The value of a key, PDF_NONE if it is not there. */
extern PdfValue pdf_find_key(const PdfValue *dict, const char *key, int64_t *work);
extern bool pdf_text_is(const PdfValue *value, const char *text);
/* Where a word begins in raw bytes, NULL = nowhere. */
extern const char *pdf_find_word(const char *bytes, size_t length, const char *word);
/* A string in ASCII; other characters become "?". */
extern void pdf_string_text(const PdfValue *value, char *out, size_t size);

#endif
