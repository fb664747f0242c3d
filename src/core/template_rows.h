/*
 * template_rows.h: rows of a list, laid out for reading or, where there are many, packed.
 *
 * A row of slices takes 16 bytes a field whether the field is there or not; packed, a field takes
 * its bytes and one or two more.  A packed row is laid out when it is at hand, in room of whoever
 * has it there.
 */
#ifndef CORE_TEMPLATE_ROWS_H
#define CORE_TEMPLATE_ROWS_H

#include "core/template_data.h"

/* Fields of a group that can be packed. */
#define TEMPLATE_PACKED_FIELDS 16

extern size_t template_row_packed_size(const Slice *row, int fields);
/* Writes exactly as many bytes. */
extern void template_row_pack(const Slice *row, int fields, char *packed);
/* The values point into packed. */
extern void template_row_unpack(const char *packed, int fields, Slice *row);

/* One value of a row. */
extern Slice template_row_value(const TemplateRows *rows, int row, int field);
/* A row, in space where it was packed. */
extern const Slice *template_row(const TemplateRows *rows, int row, int fields, Slice *space);
/* The most decimals that mean something in a field of numbers, not less than least. */
extern int template_rows_decimals(const TemplateRows *rows, int field, int least);
/* Rows first .. first + count - 1. */
extern TemplateRows template_rows_part(const TemplateRows *rows, int first, int count);

/*
 * Adjustments come with those of the document first, then by line: the place of the first one of a
 * line, and behind its last.
 */
extern void template_rows_of_line(const TemplateRows *adjustments, Slice line_no, int *first,
								  int *end);

#endif
