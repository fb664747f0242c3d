/*
 * pdf_profile.c: the profiles by name.
 */
#include "core/pdf_profile.h"

#include <string.h>

const PdfProfile pdf_profile_print = {"print", 4, 0, 0, PDF_GRAY, false, false};

static const PdfProfile *const profiles[] = {
	&pdf_profile_print,
	&(const PdfProfile){"print-rgb", 4, 0, 0, PDF_RGB, false, false},
	&(const PdfProfile){"print-cmyk", 4, 0, 0, PDF_CMYK, false, false},
	&(const PdfProfile){"pdfa-1b", 4, 1, 'B', PDF_RGB, false, false},
	&(const PdfProfile){"pdfa-1a", 4, 1, 'A', PDF_RGB, true, false},
	&(const PdfProfile){"pdfa-3b", 7, 3, 'B', PDF_RGB, false, false},
	&(const PdfProfile){"pdfa-3a", 7, 3, 'A', PDF_RGB, true, false},
	&(const PdfProfile){"factur-x", 7, 3, 'B', PDF_RGB, false, true},
	&(const PdfProfile){"factur-x-tagged", 7, 3, 'A', PDF_RGB, true, true},
};

const PdfProfile *
pdf_profile_find(const char *name)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (strcmp(profiles[i]->name, name) == 0)
			return profiles[i];
	return NULL;
}
