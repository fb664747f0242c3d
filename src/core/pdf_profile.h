/*
 * pdf_profile.h: what kind of PDF is written.
 *
 * A profile decides the version, the level of PDF/A, what colours become, and whether the structure
 * of the text is written down.  The content streams of the pages are the same in all of them but
 * for the marks of the structure, so that the print file can take over the pages of archived
 * documents.
 */
#ifndef CORE_PDF_PROFILE_H
#define CORE_PDF_PROFILE_H

#include "core/port.h"

typedef enum PdfColourSpace
{
	PDF_GRAY,
	PDF_RGB,
	PDF_CMYK
} PdfColourSpace;

typedef struct PdfProfile
{
	const char *name;
	int version;	  /* minor: 4 is PDF 1.4 */
	int part;		  /* of PDF/A, 0 = none */
	char conformance; /* A or B */
	PdfColourSpace colour;
	bool tagged;
	bool hybrid; /* carries the invoice's XML */
} PdfProfile;

extern const PdfProfile pdf_profile_print;

/* NULL: there is none of that name. */
extern const PdfProfile *pdf_profile_find(const char *name);

#endif
