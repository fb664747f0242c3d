/*
 * pdf_used.h: colours and images that a document's pages name, beside the fonts.
 *
 * A colour is a resource of its own, a palette of one entry: the content says which, the file says
 * what it is in sRGB, gray or CMYK.  So the same content is right in an archived document and in a
 * gray print file.
 */
#ifndef CORE_PDF_USED_H
#define CORE_PDF_USED_H

#include "core/pdf_image.h"

#define PDF_MOST_INKS 128
#define PDF_MOST_IMAGES 64

typedef struct PdfUsed
{
	int inks[PDF_MOST_INKS]; /* core/ink.h */
	const PdfImage *images[PDF_MOST_IMAGES];
	int ink_count, image_count;
} PdfUsed;

/* False when there is no room for one more. */
extern bool pdf_used_ink(PdfUsed *used, int ink);
extern bool pdf_used_image(PdfUsed *used, const PdfImage *image);
/* "K4A12345678" and what it means in the profile. */
extern void pdf_put_ink_name(ByteBuffer *out, int ink);
extern void pdf_put_ink_space(ByteBuffer *out, int ink, PdfColourSpace colour);

#endif
