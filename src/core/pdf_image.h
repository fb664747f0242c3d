/*
 * pdf_image.h: pictures of a template, checked and made ready for a file.
 *
 * PNG of 8 bits (grey, RGB, palette, with or without transparency, not interlaced) is unpacked,
 * laid on white and packed again: PDF/A-1 knows no transparency.  JPEG goes in as it is once its
 * header has been checked; in gray profiles without its colours.
 */
#ifndef CORE_PDF_IMAGE_H
#define CORE_PDF_IMAGE_H

#include "core/buffer.h"
#include "core/pdf_profile.h"

#define PDF_IMAGE_MOST_PIXELS (4096 * 4096)
#define PDF_IMAGE_MOST_BYTES (4 * 1024 * 1024)
#define PDF_IMAGE_NAME_SIZE 20

typedef struct PdfImage
{
	char name[PDF_IMAGE_NAME_SIZE]; /* of the resource: from its content, so the same everywhere */
	int width, height;				/* pixels */
	ByteBuffer object;				/* dictionary and stream, from behind "0 obj" on */
} PdfImage;

/*
 * PORT_INVALID with rule IMAGE-KIND (neither PNG nor JPEG, or a kind of them that is not taken),
 * IMAGE-FORMAT (broken or cut); PORT_TOO_LARGE.  Gray profiles get gray pixels, of a JPEG
 * its brightness.
 */
extern PortStatus pdf_image_open(PdfImage *image, const Port *port, const PdfProfile *profile,
								 const void *bytes, size_t length, PortFault *fault);
/* The largest size of the image's shape within width and height; *height 0: as high as it gets. */
extern void pdf_image_fit(const PdfImage *image, int *width, int *height);

#endif
