/*
 * row_writer.h: rows straight into a heap table and its indexes, many at a time.
 *
 * The only file that writes to the heap.  It does what COPY does after its parsing: checks and NOT
 * NULL, one WAL record a page, index entries with their unique checks.  A table that wants more
 * than that (see row_writer.c) gets no writer and its rows go through INSERT.
 */
#ifndef BASE_ROW_WRITER_H
#define BASE_ROW_WRITER_H

#include "base/row_batch.h"

typedef struct RowWriter RowWriter;

/* NULL if rows of this table have to go through INSERT.  Locks the table until the transaction
 * ends. */
extern RowWriter *row_writer_open(const char *table, const RowColumn *columns, int column_count);
/* values[column][row], nulls[column][row]; visible to the next command of this transaction. */
extern void row_writer_insert(RowWriter *writer, int rows, Datum *const *values,
							  bool *const *nulls);
/* After an error there is no need: the transaction's end frees what it holds. */
extern void row_writer_close(RowWriter *writer);

#endif
