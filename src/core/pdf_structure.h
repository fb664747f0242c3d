/*
 * pdf_structure.h: writes the structure of a document into its file.
 */
#ifndef CORE_PDF_STRUCTURE_H
#define CORE_PDF_STRUCTURE_H

#include "core/pdf_file.h"
#include "core/pdf_tags.h"

/*
 * Of a long document, after each page: writes what is finished, so that memory does not grow with
 * the rows of a table.  pages holds the object numbers of the pages so far.
 */
extern void pdf_file_put_page_structure(PdfFile *file, PdfTags *tags, const int *pages, int page);
/*
 * After the last page: the rest.  Elements that nothing was drawn for are left out.
 */
extern void pdf_file_put_structure(PdfFile *file, PdfTags *tags, const int *pages);

#endif
