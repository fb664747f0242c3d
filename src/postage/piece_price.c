/*
 * piece_price.c: mailroom.piece_price, the core's price of a piece for SQL.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "core/tariff_price.h"
#include "executor/executor.h"
#include "export.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* columns of mailroom.price_row, counted from 1 */
enum
{
	ROW_FORM = 4,
	ROW_UP_TO_GRAMS,
	ROW_PRICE,
	ROW_RATE,
	ROW_BASE_GRAMS,
	ROW_PERCENT,
	ROW_UNIT
};

#define MILLIGRAMS_PER_GRAM 1000

MAILROOM_FUNCTION(mailroom_piece_price);

static TariffPriceRow read_price_row(HeapTupleHeader tuple);
static TariffPriceForm read_form(HeapTupleHeader tuple);
static int64 read_number(HeapTupleHeader tuple, AttrNumber column, bool is_wide);

/* mailroom.piece_price(price_rows mailroom.price_row[], milligrams bigint) → bigint */
Datum
mailroom_piece_price(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	int64 milligrams = PG_GETARG_INT64(1);
	int64 price;
	int16 length;
	bool by_value;
	char alignment;
	Datum *items;
	bool *nulls;
	int count;
	int i;
	TariffPriceRow *rows;

	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &alignment);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, alignment, &items, &nulls,
					  &count);
	rows = palloc(sizeof(TariffPriceRow) * Max(count, 1));
	for (i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("price row %d is null", i + 1)));
		rows[i] = read_price_row(DatumGetHeapTupleHeader(items[i]));
		if (i > 0 && rows[i].up_to_milligrams <= rows[i - 1].up_to_milligrams)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("price rows are not ascending by weight"),
							errdetail("Row %d ends at %lld milligrams, the one before at %lld.",
									  i + 1, (long long) rows[i].up_to_milligrams,
									  (long long) rows[i - 1].up_to_milligrams)));
	}
	if (!tariff_piece_price(rows, count, milligrams, &price))
		PG_RETURN_NULL();
	PG_RETURN_INT64(price);
}

static TariffPriceRow
read_price_row(HeapTupleHeader tuple)
{
	TariffPriceRow row;

	row.form = read_form(tuple);
	row.up_to_milligrams = read_number(tuple, ROW_UP_TO_GRAMS, false) * MILLIGRAMS_PER_GRAM;
	row.item_micro = read_number(tuple, ROW_PRICE, true);
	row.rate_micro = read_number(tuple, ROW_RATE, true);
	row.base_milligrams = read_number(tuple, ROW_BASE_GRAMS, false) * MILLIGRAMS_PER_GRAM;
	row.percent_points = (int32) read_number(tuple, ROW_PERCENT, false);
	row.unit_micro = read_number(tuple, ROW_UNIT, true);
	return row;
}

static TariffPriceForm
read_form(HeapTupleHeader tuple)
{
	static const char *const names[] = {"step", "kilo", "gram", "average", "flat"};
	bool is_null;
	Datum value = GetAttributeByNum(tuple, ROW_FORM, &is_null);
	char *name = is_null ? pstrdup("null") : TextDatumGetCString(value);
	int i;

	for (i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (TariffPriceForm) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("price row of form \"%s\" cannot be computed", name),
					errhint("Take rows from mailroom.price_rows(), which resolves percentages.")));
}

static int64
read_number(HeapTupleHeader tuple, AttrNumber column, bool is_wide)
{
	bool is_null;
	Datum value = GetAttributeByNum(tuple, column, &is_null);

	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a price row lacks a number")));
	return is_wide ? DatumGetInt64(value) : DatumGetInt32(value);
}
