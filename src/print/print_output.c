/*
 * print_output.c: calls of the archive room's outgoing file functions.
 */
#include "postgres.h"

#include "print/print_output.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

static Statement open_file =
	STATEMENT("SELECT mailroom.open_outgoing_file($1, $2, $3, $4, mailing_id => $5)", INT8OID,
			  TEXTOID, TEXTOID, TEXTOID, INT8OID);
static Statement append_file =
	STATEMENT("SELECT mailroom.append_outgoing_file($1, $2, $3)", INT8OID, INT8OID, BYTEAOID);
static Statement close_file = STATEMENT(
	"SELECT pg_catalog.encode(mailroom.close_outgoing_file($1, $2), 'hex')", INT8OID, INT8OID);

int64
print_open_output(int64 issuer_id, int64 mailing_id, const char *kind, const char *suffix,
				  const char *media_type)
{
	Datum arguments[5] = {
		Int64GetDatum(issuer_id), CStringGetTextDatum(kind),
		CStringGetTextDatum(psprintf("mailing-" INT64_FORMAT "%s", mailing_id, suffix)),
		CStringGetTextDatum(media_type), Int64GetDatum(mailing_id)};

	(void) statement_run(&open_file, arguments, NULL);
	return statement_int64(0, 1);
}

void
print_append_output(int64 issuer_id, int64 outgoing_file_id, const char *bytes, Size length)
{
	while (length > 0)
	{
		Size size = Min(length, PRINT_PART_BYTES);
		bytea *part = palloc(VARHDRSZ + size);
		Datum arguments[3] = {Int64GetDatum(issuer_id), Int64GetDatum(outgoing_file_id),
							  PointerGetDatum(part)};

		SET_VARSIZE(part, VARHDRSZ + size);
		memcpy(VARDATA(part), bytes, size);
		(void) statement_run(&append_file, arguments, NULL);
		SPI_freetuptable(SPI_tuptable);
		pfree(part);
		bytes += size;
		length -= size;
	}
}

char *
print_close_output(int64 issuer_id, int64 outgoing_file_id)
{
	Datum arguments[2] = {Int64GetDatum(issuer_id), Int64GetDatum(outgoing_file_id)};

	(void) statement_run(&close_file, arguments, NULL);
	return statement_text(0, 1, CurrentMemoryContext);
}
