/*
 * pdf_packed.h: small objects together in deflated object streams (PDF 1.5).
 *
 * Half a million elements of structure take a tenth of the room so.  A file with such streams ends
 * in a cross-reference stream instead of a table.  Short files do without: the archive packs what
 * they have in common, and cannot see it when it is deflated.
 */
#ifndef CORE_PDF_PACKED_H
#define CORE_PDF_PACKED_H

#include "core/deflate.h"
#include "core/pdf_file.h"

#define PDF_VERSION_PACKED 5

typedef struct PdfPacker
{
	Deflater *deflater; /* opened by the first file; NULL: none was */
	ByteBuffer bodies, heads, packed;
	int stream; /* object number of the stream that is being filled */
	int count;	/* objects in it */
} PdfPacker;

extern void pdf_packer_init(PdfPacker *packer, const Port *port);
/* For this file, after pdf_file_begin; the packer must last until pdf_file_end. */
extern PortStatus pdf_file_pack(PdfFile *file, PdfPacker *packer);
/*
 * An object that may be packed: what is between the two is appended to the buffer.  One at a time,
 * and no stream.
 */
extern ByteBuffer *pdf_file_open_small(PdfFile *file, int number);
extern void pdf_file_close_small(PdfFile *file);

/* Called by pdf_file_end: the objects that wait, and the table of all as a stream. */
extern void pdf_packed_finish(PdfFile *file);
extern void pdf_packed_put_table(PdfFile *file, int catalog, int info);

#endif
