/*
 * row_batch.c: batches, written by base/row_writer.h where the table allows it, else as arrays.
 *
 * One plan a table and session turn: it is prepared on the first flush and freed with the SPI
 * connection.  A batch counts bytes roughly (text and the like), only to bound memory.
 */
#include "postgres.h"

#include "base/row_batch.h"

#include "base/row_writer.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef struct ColumnState
{
	Oid type;
	Oid array_type;
	int16 length;
	bool by_value;
	char align;
	Datum *values;
	bool *nulls;
} ColumnState;

struct RowBatch
{
	const char *table;
	const RowColumn *columns;
	int column_count;
	ColumnState *states;
	int rows;
	MemoryContext context;
	bool decided; /* writer or plan */
	RowWriter *writer;
	SPIPlanPtr plan;
	Datum **values; /* of each column, as the writer wants them */
	bool **nulls;
};

static void insert_arrays(RowBatch *batch);
static void prepare_plan(RowBatch *batch);

RowBatch *
row_batch_open(const char *table, const RowColumn *columns, int column_count)
{
	RowBatch *batch = palloc0(sizeof(RowBatch));

	batch->table = table;
	batch->columns = columns;
	batch->column_count = column_count;
	batch->states = palloc0(sizeof(ColumnState) * column_count);
	batch->values = palloc(sizeof(Datum *) * column_count);
	batch->nulls = palloc(sizeof(bool *) * column_count);
	batch->context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom row batch", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < column_count; i++)
	{
		ColumnState *state = &batch->states[i];

		state->type = columns[i].type;
		state->array_type = get_array_type(columns[i].type);
		get_typlenbyvalalign(columns[i].type, &state->length, &state->by_value, &state->align);
		state->values = palloc(sizeof(Datum) * ROW_BATCH_ROWS);
		state->nulls = palloc(sizeof(bool) * ROW_BATCH_ROWS);
		batch->values[i] = state->values;
		batch->nulls[i] = state->nulls;
	}
	return batch;
}

MemoryContext
row_batch_context(const RowBatch *batch)
{
	return batch->context;
}

void
row_batch_start(RowBatch *batch)
{
	Assert(batch->rows < ROW_BATCH_ROWS);
	for (int i = 0; i < batch->column_count; i++)
	{
		batch->states[i].values[batch->rows] = (Datum) 0;
		batch->states[i].nulls[batch->rows] = true;
	}
}

void
row_batch_set(RowBatch *batch, int column, Datum value)
{
	batch->states[column].values[batch->rows] = value;
	batch->states[column].nulls[batch->rows] = false;
}

bool
row_batch_end(RowBatch *batch)
{
	batch->rows++;
	return batch->rows == ROW_BATCH_ROWS ||
		   MemoryContextMemAllocated(batch->context, true) > ROW_BATCH_BYTES;
}

int
row_batch_count(const RowBatch *batch)
{
	return batch->rows;
}

bool
row_batch_get(const RowBatch *batch, int row, int column, Datum *value)
{
	*value = batch->states[column].values[row];
	return !batch->states[column].nulls[row];
}

void
row_batch_change(RowBatch *batch, int row, int column, Datum value)
{
	batch->states[column].values[row] = value;
	batch->states[column].nulls[row] = false;
}

Datum
row_batch_array(const RowBatch *batch, int column)
{
	ColumnState *state = &batch->states[column];
	MemoryContext old = MemoryContextSwitchTo(batch->context);
	int lower = 1;
	int rows = batch->rows;
	ArrayType *array =
		construct_md_array(state->values, state->nulls, 1, &rows, &lower, state->type,
						   state->length, state->by_value, state->align);

	MemoryContextSwitchTo(old);
	return PointerGetDatum(array);
}

void
row_batch_flush(RowBatch *batch)
{
	if (batch->rows == 0)
		return;
	if (!batch->decided)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(batch));

		batch->writer = row_writer_open(batch->table, batch->columns, batch->column_count);
		batch->decided = true;
		MemoryContextSwitchTo(old);
	}
	if (batch->writer != NULL)
		row_writer_insert(batch->writer, batch->rows, batch->values, batch->nulls);
	else
		insert_arrays(batch);
	batch->rows = 0;
	MemoryContextReset(batch->context);
}

void
row_batch_close(RowBatch *batch)
{
	row_batch_flush(batch);
	if (batch->writer != NULL)
		row_writer_close(batch->writer);
	batch->writer = NULL;
	batch->decided = false;
}

static void
insert_arrays(RowBatch *batch)
{
	Datum *arrays = MemoryContextAlloc(batch->context, sizeof(Datum) * batch->column_count);
	int code;

	if (batch->plan == NULL)
		prepare_plan(batch);
	for (int i = 0; i < batch->column_count; i++)
		arrays[i] = row_batch_array(batch, i);
	code = SPI_execute_plan(batch->plan, arrays, NULL, false, 0);
	if (code != SPI_OK_INSERT || SPI_processed != (uint64) batch->rows)
		elog(ERROR, "insert into %s returned %s", batch->table, SPI_result_code_string(code));
}

static void
prepare_plan(RowBatch *batch)
{
	StringInfoData names, arrays, text;
	Oid *types = palloc(sizeof(Oid) * batch->column_count);

	initStringInfo(&names);
	initStringInfo(&arrays);
	initStringInfo(&text);
	for (int i = 0; i < batch->column_count; i++)
	{
		types[i] = batch->states[i].array_type;
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(batch->columns[i].name));
		appendStringInfo(&arrays, "%spg_catalog.unnest($%d)", i > 0 ? ", " : "", i + 1);
	}
	appendStringInfo(&text, "INSERT INTO %s (%s) SELECT * FROM ROWS FROM (%s)", batch->table,
					 names.data, arrays.data);
	batch->plan = SPI_prepare(text.data, batch->column_count, types);
	if (batch->plan == NULL)
		elog(ERROR, "could not prepare the insert into %s: %s", batch->table,
			 SPI_result_code_string(SPI_result));
}
