/*
 * place_letters.c: mailroom.place_letter, the step of a plan that is done for every letter.
 *
 * The function is called once a letter by one statement, in the order of letters.  It keeps the
 * plan's keys and runs, and how many letters of each key came so far, in the call site's memory:
 * the statement writes rows as it reads letters, without a join or a sort.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/port_server.h"
#include "core/plan_runs.h"
#include "export.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

/* columns of the row types in 40_postage.tables.sql, counted from 0 */
enum
{
	KEY_NO,
	KEY_COUNTRY,
	KEY_POSTCODE,
	KEY_SHEETS,
	KEY_DUE_DAYS,
	KEY_LETTERS,
	KEY_SORT_CODE,
	KEY_ZONE,
	KEY_GRAMS,
	KEY_FORMAT,
	KEY_CELL_NO,
	KEY_COLUMNS
};
enum
{
	RUN_KEY_NO,
	RUN_FIRST_RANK,
	RUN_LAST_RANK,
	RUN_OFFER,
	RUN_LIST,
	RUN_DISCOUNT,
	RUN_BUNDLE,
	RUN_FIRST_SEQUENCE,
	RUN_COLUMNS
};
enum
{
	PLACED_GRAMS,
	PLACED_FORMAT,
	PLACED_ZONE,
	PLACED_OFFER,
	PLACED_LIST,
	PLACED_DISCOUNT,
	PLACED_PRICE,
	PLACED_BUNDLE,
	PLACED_SEQUENCE,
	PLACED_COLUMNS
};

/* key values are wanted for some columns only, but stay together for the cache */
typedef struct PlacingKey
{
	Datum grams;
	Datum format;
	Datum zone;
} PlacingKey;

typedef struct PlacingRun
{
	Datum offer;
	Datum bundle;
	int64 list;
	int64 discount;
	int64 first_sequence;
} PlacingRun;

typedef struct Placing
{
	PlanRuns *runs;
	PlacingKey *keys;
	PlacingRun *run_values;
	TupleDesc result;
} Placing;

/* One row of an array of rows. */
typedef struct RowReader
{
	TupleDesc desc;
	Datum *rows;
	bool *nulls;
	int count;
} RowReader;

MAILROOM_FUNCTION(mailroom_place_letter);

static Placing *start_placing(FunctionCallInfo fcinfo);
static void read_keys(Placing *placing, const RowReader *reader);
static void read_runs(Placing *placing, const RowReader *reader);
static RowReader open_rows(ArrayType *array, int columns);
static void read_row(const RowReader *reader, int row, Datum *values, bool *nulls);

/* mailroom.place_letter(keys, segments, country text, postcode text, sheets, due_days) →
 * placed_letter */
Datum
mailroom_place_letter(PG_FUNCTION_ARGS)
{
	Placing *placing = fcinfo->flinfo->fn_extra;
	PlanPlace place;
	Datum values[PLACED_COLUMNS];
	bool nulls[PLACED_COLUMNS] = {false};
	text *country;
	text *postcode;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(4) || PG_ARGISNULL(5))
		PG_RETURN_NULL();
	if (placing == NULL)
		placing = fcinfo->flinfo->fn_extra = start_placing(fcinfo);
	country = PG_GETARG_TEXT_PP(2);
	postcode = PG_ARGISNULL(3) ? NULL : PG_GETARG_TEXT_PP(3);
	if (!plan_next_place(placing->runs, VARDATA_ANY(country), VARSIZE_ANY_EXHDR(country),
						 postcode ? VARDATA_ANY(postcode) : "",
						 postcode ? VARSIZE_ANY_EXHDR(postcode) : 0, PG_GETARG_INT32(4),
						 PG_GETARG_INT32(5), &place))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("letters changed while their mailing was planned"),
				 errdetail("The plan has no place for another letter to country \"%s\", postcode "
						   "\"%s\" with %d sheets.",
						   text_to_cstring(country), postcode ? text_to_cstring(postcode) : "",
						   PG_GETARG_INT32(4)),
				 errhint("Plan the mailing again.")));
	{
		const PlacingKey *key = &placing->keys[place.key - 1];
		const PlacingRun *run = &placing->run_values[place.run];

		values[PLACED_GRAMS] = key->grams;
		values[PLACED_FORMAT] = key->format;
		values[PLACED_ZONE] = key->zone;
		values[PLACED_OFFER] = run->offer;
		values[PLACED_LIST] = Int64GetDatum(run->list);
		values[PLACED_DISCOUNT] = Int64GetDatum(run->discount);
		values[PLACED_PRICE] = Int64GetDatum(run->list - run->discount);
		values[PLACED_BUNDLE] = run->bundle;
		values[PLACED_SEQUENCE] = Int64GetDatum(run->first_sequence + place.offset);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(placing->result, values, nulls)));
}

static Placing *
start_placing(FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	Placing *placing = palloc0(sizeof(Placing));
	Port port = port_server(fcinfo->flinfo->fn_mcxt);
	RowReader keys = open_rows(PG_GETARG_ARRAYTYPE_P_COPY(0), KEY_COLUMNS);
	RowReader runs = open_rows(PG_GETARG_ARRAYTYPE_P_COPY(1), RUN_COLUMNS);

	if (get_call_result_type(fcinfo, NULL, &placing->result) != TYPEFUNC_COMPOSITE ||
		placing->result->natts != PLACED_COLUMNS)
		elog(ERROR, "result is not the row type of a placed letter");
	placing->result = BlessTupleDesc(CreateTupleDescCopy(placing->result));
	placing->runs = plan_runs_new(&port, keys.count, runs.count);
	if (placing->runs == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	read_keys(placing, &keys);
	read_runs(placing, &runs);
	ReleaseTupleDesc(keys.desc);
	ReleaseTupleDesc(runs.desc);
	MemoryContextSwitchTo(old);
	return placing;
}

/* Texts stay in the copied array, which lives as long as the call site. */
static void
read_keys(Placing *placing, const RowReader *reader)
{
	placing->keys = MemoryContextAllocHuge(CurrentMemoryContext,
										   (Size) Max(reader->count, 1) * sizeof(PlacingKey));
	for (int i = 0; i < reader->count; i++)
	{
		Datum values[KEY_COLUMNS];
		bool nulls[KEY_COLUMNS];
		text *country;
		text *postcode;
		int key_no;

		CHECK_FOR_INTERRUPTS();
		read_row(reader, i, values, nulls);
		if (nulls[KEY_CELL_NO])
			nulls[KEY_GRAMS] = nulls[KEY_FORMAT] = false;
		if (nulls[KEY_NO] || nulls[KEY_COUNTRY] || nulls[KEY_POSTCODE] || nulls[KEY_SHEETS] ||
			nulls[KEY_DUE_DAYS] || nulls[KEY_GRAMS] || nulls[KEY_FORMAT] || nulls[KEY_ZONE])
			elog(ERROR, "key of a postage plan has a null column");
		country = DatumGetTextPP(values[KEY_COUNTRY]);
		postcode = DatumGetTextPP(values[KEY_POSTCODE]);
		key_no = DatumGetInt32(values[KEY_NO]);
		if (!plan_add_key(placing->runs, key_no, VARDATA_ANY(country), VARSIZE_ANY_EXHDR(country),
						  VARDATA_ANY(postcode), VARSIZE_ANY_EXHDR(postcode),
						  DatumGetInt32(values[KEY_SHEETS]), DatumGetInt32(values[KEY_DUE_DAYS])))
			elog(ERROR, "key %d of a postage plan comes twice or is out of range", key_no);
		placing->keys[key_no - 1] =
			(PlacingKey){values[KEY_GRAMS], values[KEY_FORMAT], values[KEY_ZONE]};
	}
}

static void
read_runs(Placing *placing, const RowReader *reader)
{
	placing->run_values = MemoryContextAllocHuge(CurrentMemoryContext,
												 (Size) Max(reader->count, 1) * sizeof(PlacingRun));
	for (int i = 0; i < reader->count; i++)
	{
		Datum values[RUN_COLUMNS];
		bool nulls[RUN_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		read_row(reader, i, values, nulls);
		for (int column = 0; column < RUN_COLUMNS; column++)
			if (nulls[column])
				elog(ERROR, "run of a postage plan has a null column");
		if (!plan_add_run(placing->runs, DatumGetInt32(values[RUN_KEY_NO]),
						  DatumGetInt64(values[RUN_FIRST_RANK]),
						  DatumGetInt64(values[RUN_LAST_RANK])))
			elog(ERROR, "run %d of a postage plan does not follow the one before", i + 1);
		placing->run_values[i] = (PlacingRun){
			values[RUN_OFFER], values[RUN_BUNDLE], DatumGetInt64(values[RUN_LIST]),
			DatumGetInt64(values[RUN_DISCOUNT]), DatumGetInt64(values[RUN_FIRST_SEQUENCE])};
	}
}

static RowReader
open_rows(ArrayType *array, int columns)
{
	RowReader reader;

	reader.desc = lookup_rowtype_tupdesc(ARR_ELEMTYPE(array), -1);
	if (reader.desc->natts != columns)
		elog(ERROR, "row type has %d columns, not %d", reader.desc->natts, columns);
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &reader.rows,
					  &reader.nulls, &reader.count);
	return reader;
}

static void
read_row(const RowReader *reader, int row, Datum *values, bool *nulls)
{
	HeapTupleHeader header;
	HeapTupleData tuple;

	if (reader->nulls[row])
		elog(ERROR, "row %d of a postage plan is null", row + 1);
	header = DatumGetHeapTupleHeader(reader->rows[row]);
	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	heap_deform_tuple(&tuple, reader->desc, values, nulls);
}
