/*
 * pdf_file.h: PDF 1.4 or 1.7, written front to back, with a classic cross-reference table unless
 * objects are packed (pdf_packed.h).
 *
 * Every file starts with the same bytes (header, fonts, resources: pdf_shared_open builds them
 * once); pages follow, then the page tree and the table.  Nothing is kept but one offset an object,
 * so a file of any length is written with flat memory: bytes collect in out, and the host takes
 * them away whenever it likes (pdf_file_taken).  There is no clock and no random number in it: the
 * same pages give the same bytes.
 */
#ifndef CORE_PDF_FILE_H
#define CORE_PDF_FILE_H

#include "core/buffer.h"
#include "core/pdf_profile.h"
#include "core/pdf_used.h"

/* The invoice's XML inside the PDF; pdf_metadata.h fills it. */
typedef struct PdfAttachment
{
	const char *bytes;
	size_t length;
	size_t plain_length;	  /* of the XML, if the bytes are in zlib format; 0 = they are not */
	const char *modified;	  /* YYYYMMDD */
	const char *file_name;	  /* factur-x.xml */
	const char *relationship; /* Alternative, or Data when the XML says less than the pages */
	const char *level;		  /* EN 16931, BASIC, ... */
} PdfAttachment;

typedef struct PdfShared
{
	const PdfProfile *profile;
	bool with_code_line; /* the face of code lines is among the fonts */
	ByteBuffer bytes;
	int object_count;
	int64_t offsets[64];		  /* of objects 1 .. object_count */
	int resources, output_intent; /* object numbers */
	size_t dictionary;			  /* where the resources start in bytes */
	size_t dictionary_length;	  /* without what closes it */
} PdfShared;

#define PDF_GROUP_PAGES 64 /* pages below one node of the page tree */

typedef struct PdfFile
{
	const Port *port;
	const PdfShared *shared;
	ByteBuffer out;
	int64_t taken;	  /* bytes that left out */
	int64_t *offsets; /* by object number; 0 = reserved, not written yet */
	int object_count, object_room;
	int *groups; /* object numbers of the page tree's inner nodes */
	int group_count, group_room;
	int kids[PDF_GROUP_PAGES]; /* page objects of the last group */
	int root;
	int resources;					  /* object number: the shared one, or the file's own */
	struct PdfCollection *collection; /* NULL: the resources are written already */
	struct PdfPacker *packer;		  /* NULL: every object stands by itself */
	int structure;					  /* object number of the structure tree, 0 = none */
	int attachment;					  /* object number of the file specification, 0 = none */
	const PdfAttachment *attached;
	int64_t page_count;
	uint64_t digest[2]; /* of all page streams: the file's identifier */
	PortStatus status;
} PdfFile;

typedef struct PdfInfo
{
	const char *title;	  /* UTF-8 */
	const char *language; /* en, nb, ... */
} PdfInfo;

extern PortStatus pdf_shared_open(PdfShared *shared, const Port *port, const PdfProfile *profile,
								  bool with_code_line);

/* For who writes objects of his own: a number, and the start of the object. */
extern int pdf_file_take_number(PdfFile *file);
extern void pdf_file_open_object(PdfFile *file, int number);

extern void pdf_file_init(PdfFile *file, const Port *port, const PdfShared *shared);
/* Starts a file; memory of the last one is used again. */
extern void pdf_file_begin(PdfFile *file);
/* The host has stored what is in out: goes on with an empty one. */
extern void pdf_file_taken(PdfFile *file);
/* Before the first page: the pages name these. */
extern void pdf_file_use(PdfFile *file, const PdfUsed *used);
/*
 * Adds an A4 page whose content stream is already deflated (zlib format).  Returns where the stream
 * starts in the file.
 */
extern int64_t pdf_file_add_page(PdfFile *file, const void *stream, size_t length);
/* The same with a second content stream, not deflated, drawn over the first. */
extern void pdf_file_add_marked_page(PdfFile *file, const void *stream, size_t length,
									 const void *marks, size_t marks_length);
/* A page without content: the empty back of a sheet. */
extern void pdf_file_add_blank(PdfFile *file);
/*
 * Adds the invoice's XML, once, in a profile of PDF/A-3; attachment must last until pdf_file_end.
 */
extern void pdf_file_attach(PdfFile *file, const PdfAttachment *attachment);
/* Writes the rest.  The first failure of all calls is returned. */
extern PortStatus pdf_file_end(PdfFile *file, const PdfInfo *info);
/* Frees the lists, and out. */
extern void pdf_file_release(PdfFile *file);

#endif
