/*
 * pdf_collection.h: resources of documents whose pages are taken over into one file.
 *
 * Pages name fonts (the same in every file), colours and images, each by a name that says what it
 * is.  The file that takes them over says again what they are, in its own profile, once for all.
 */
#ifndef CORE_PDF_COLLECTION_H
#define CORE_PDF_COLLECTION_H

#include "core/pdf_file.h"

typedef struct PdfCollectedImage
{
	char name[PDF_IMAGE_NAME_SIZE];
	int number;
} PdfCollectedImage;

typedef struct PdfCollection
{
	int *inks;
	PdfCollectedImage *images;
	int ink_count, ink_room, image_count, image_room;
	ByteBuffer last; /* resources of the last document: most have the same */
} PdfCollection;

/* Right behind pdf_file_begin. */
extern void pdf_collection_begin(PdfCollection *collection, PdfFile *file);
/*
 * A document of ours from start on; first_page: where its first page's stream starts behind that.
 * Images are copied.  False when more of the document is needed: never with start 0.
 */
extern bool pdf_collection_add(PdfFile *file, const char *bytes, size_t length, size_t start,
							   size_t first_page);
/* Called by pdf_file_end. */
extern void pdf_collection_write(PdfFile *file);

#endif
