/*
 * pdf_state.h: what pdf_source.c, pdf_xref.c and pdf_search.c share; private to the three.
 *
 * Cross-reference sections are not copied out: a table is computed with where it stands (its
 * entries have 20 bytes each), a stream with its decoded text, newest first.  The few objects that
 * lead to an attached file are looked up one by one, so a section costs nothing for the objects it
 * lists.
 */
#ifndef CORE_PDF_STATE_H
#define CORE_PDF_STATE_H

#include "core/pdf_source.h"

#define MAX_SECTIONS 256
#define MAX_DECODED 64

typedef struct Decoded
{
	size_t offset; /* of the stream's object */
	ByteBuffer text;
	PdfValue dict;
} Decoded;

typedef struct Section
{
	size_t offset; /* of the table's first subsection, or of the stream's object */
	int decoded;   /* -1 = a table */
	int widths[3];
	bool hybrid; /* a table whose free entries may be used by the stream behind it */
} Section;

typedef struct Found
{
	uint32_t number, offset;
} Found;

struct PdfSource
{
	const Port *port;
	const char *bytes;
	size_t length;
	int ratio;
	PortFault *fault;
	int64_t work;
	PortStatus status; /* of what must end the reading */
	bool damaged;	   /* an object is not where it should be */
	bool searched;
	bool encrypted;
	PdfValue root;
	Section sections[MAX_SECTIONS];
	int section_count;
	Decoded decoded[MAX_DECODED];
	int decoded_count;
	int nesting; /* of streams being decoded */
	size_t structure_bytes;
	Found *found; /* by a search, in order of the file */
	size_t found_count;
	size_t streams[MAX_DECODED]; /* object streams that the search found */
	int stream_count;			 /* -1 = not looked for yet */
};

typedef struct Where
{
	enum
	{
		WHERE_NOWHERE,
		WHERE_FILE,
		WHERE_STREAM
	} kind;
	size_t offset;	/* in the file */
	int64_t number; /* of the object stream */
} Where;

static inline PdfCursor
pdf_cursor_at(PdfSource *source, size_t offset)
{
	PdfCursor cursor = {source->bytes, source->length, offset, &source->work};

	return cursor;
}

/* pdf_source.c: "12 0 obj" and the value behind it; number -1 = any. */
extern bool pdf_object_at(PdfSource *source, size_t offset, int64_t number, PdfValue *value,
						  PdfCursor *after);
/*
 * Decodes the stream at an offset of the file, once; its number in source->decoded, -1 = it cannot
 * be.
 */
extern int pdf_decode_at(PdfSource *source, size_t offset, int64_t number);
/* The object out of a decoded object stream. */
extern PdfValue pdf_object_inside(PdfSource *source, int at, int64_t number);

/* pdf_xref.c: by the cross-reference. */
extern Where pdf_locate(PdfSource *source, int64_t number);
extern void pdf_take_trailer(PdfSource *source, const PdfValue *trailer);

/* pdf_search.c: by what the search found, in the file or in whichever object stream it is. */
extern Where pdf_locate_found(PdfSource *source, int64_t number);
extern PdfValue pdf_object_in_any(PdfSource *source, int64_t number);

#endif
