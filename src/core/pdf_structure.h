/*
 * pdf_structure.h: writes the structure of a document into its file.
 */
#ifndef CORE_PDF_STRUCTURE_H
#define CORE_PDF_STRUCTURE_H

#include "core/pdf_file.h"
#include "core/pdf_tags.h"

/*
 * After the last page; pages holds their object numbers.  Elements that nothing was drawn for are
 * left out.  Memory grows with the number of elements.
 */
extern void pdf_file_put_structure(PdfFile *file, PdfTags *tags, const int *pages);

#endif
