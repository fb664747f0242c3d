/*
 * pdf_icc.h: the colour profile of archived documents.
 */
#ifndef CORE_PDF_ICC_H
#define CORE_PDF_ICC_H

#include <stddef.h>

extern const unsigned char pdf_icc_srgb[];
extern const size_t pdf_icc_srgb_length;

#endif
