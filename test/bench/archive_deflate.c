/*
 * archive_deflate.c: the baseline of archive_values.sh inside the server: deflate at level 6 and inflate of one value, with
 * a state that is kept.
 */
#include "postgres.h"

#include "core/deflate.h"
#include "fmgr.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(bench_deflate);
PG_FUNCTION_INFO_V1(bench_inflate);

static ByteBuffer out;

static Datum
result(uint32 head, bool with_head)
{
	bytea *value = palloc(VARHDRSZ + 4 + out.length);

	SET_VARSIZE(value, VARHDRSZ + (with_head ? 4 : 0) + out.length);
	if (with_head)
		memcpy(VARDATA(value), &head, 4);
	memcpy(VARDATA(value) + (with_head ? 4 : 0), out.bytes, out.length);
	PG_RETURN_BYTEA_P(value);
}

Datum
bench_deflate(PG_FUNCTION_ARGS)
{
	static Deflater *deflater = NULL;
	bytea *value = PG_GETARG_BYTEA_PP(0);

	if (deflater == NULL)
	{
		deflater = deflater_open(&port_malloc, DEFLATE_RAW, 6);
		buffer_init(&out, &port_malloc);
	}
	buffer_reset(&out);
	if (deflater_run(deflater, NULL, 0, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &out) != PORT_OK)
		elog(ERROR, "could not deflate");
	return result((uint32) VARSIZE_ANY_EXHDR(value), true);
}

Datum
bench_inflate(PG_FUNCTION_ARGS)
{
	static Inflater *inflater = NULL;
	bytea *value = PG_GETARG_BYTEA_PP(0);
	uint32 length;

	if (inflater == NULL)
	{
		inflater = inflater_open(&port_malloc, DEFLATE_RAW);
		buffer_init(&out, &port_malloc);
	}
	memcpy(&length, VARDATA_ANY(value), 4);
	buffer_reset(&out);
	if (inflater_run(inflater, NULL, 0, VARDATA_ANY(value) + 4, VARSIZE_ANY_EXHDR(value) - 4, length, &out) != PORT_OK)
		elog(ERROR, "could not inflate");
	return result(0, false);
}
