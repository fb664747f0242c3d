/*
 * row_batch.h: rows into a table by batches.
 *
 * They go straight into a plain table (base/row_writer.h), else through one prepared plan INSERT
 * INTO t (c1, ...) SELECT * FROM ROWS FROM (unnest($1), ...).  The caller is connected to SPI,
 * names table and columns as constants, and closes the batch at the end.  Values of a batch live in
 * its own memory context, which each flush resets.
 */
#ifndef BASE_ROW_BATCH_H
#define BASE_ROW_BATCH_H

#include "postgres.h"

#define ROW_BATCH_ROWS 1000
/* a batch with large values is flushed early */
#define ROW_BATCH_BYTES (4 * 1024 * 1024)

typedef struct RowColumn
{
	const char *name;
	Oid type;
} RowColumn;

typedef struct RowBatch RowBatch;

/* table and columns must live as long as the batch; memory is taken from the current context. */
extern RowBatch *row_batch_open(const char *table, const RowColumn *columns, int column_count);
/* For the values of the row being built. */
extern MemoryContext row_batch_context(const RowBatch *batch);
/* Starts a row of nulls. */
extern void row_batch_start(RowBatch *batch);
extern void row_batch_set(RowBatch *batch, int column, Datum value);
/* The row is complete; true if the batch is full and wants a flush. */
extern bool row_batch_end(RowBatch *batch);
extern int row_batch_count(const RowBatch *batch);
/* A value of a row kept so far; false if it is null. */
extern bool row_batch_get(const RowBatch *batch, int row, int column, Datum *value);
extern void row_batch_change(RowBatch *batch, int row, int column, Datum value);
/* All values of a column as an array (in the batch's context). */
extern Datum row_batch_array(const RowBatch *batch, int column);
extern void row_batch_flush(RowBatch *batch);
/* Flushes and lets go of the table; in the (sub)transaction of the first flush. */
extern void row_batch_close(RowBatch *batch);

#endif
