/*
 * print_marks.c: which sheet of which envelope comes next, and its marks.
 *
 * Marks are a content stream of their own behind the archived one: the archived bytes stay as they
 * are, and a document printed twice gets the marks of each job.
 */
#include "postgres.h"

#include "print/print_marks.h"

#include "base/errors.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

/* Millimetres in hundredths, so that nothing is a float. */
static Statement read_profile = STATEMENT(
	"SELECT p.has_ladder, p.has_matrix, (p.ladder_x_mm * 100)::pg_catalog.int8,"
	" (p.ladder_y_mm * 100)::pg_catalog.int8, (p.bar_length_mm * 100)::pg_catalog.int8,"
	" (p.bar_thickness_mm * 100)::pg_catalog.int8, (p.bar_pitch_mm * 100)::pg_catalog.int8,"
	" (p.matrix_x_mm * 100)::pg_catalog.int8, (p.matrix_y_mm * 100)::pg_catalog.int8,"
	" (p.matrix_side_mm * 100)::pg_catalog.int8, p.feeds::pg_catalog.int8,"
	" p.name, mailroom.inserter_problem(p.issuer_id, p.name)"
	" FROM mailroom.inserter_profile p WHERE p.issuer_id = $1 AND p.is_used",
	INT8OID);
static Statement count_sheets = STATEMENT(
	"SELECT pg_catalog.sum(l.sheets)::pg_catalog.int8 FROM mailroom.letter l WHERE l.issuer_id = $1"
	" AND l.mailing_id = $2 AND (l.letter_id = $3 OR l.cover_id = $3)",
	INT8OID, INT8OID, INT8OID);

/* Hundredths of a millimetre in 1/100 pt. */
static int
length_of(int column)
{
	return (int) ((statement_int64(0, column) * 7200 + 1270) / 2540);
}

void
print_open_marks(PrintMarks *marks, int64 issuer_id, int64 mailing_id)
{
	Datum arguments[1] = {Int64GetDatum(issuer_id)};
	InserterProfile *profile = &marks->profile;
	Datum problem;
	bool isnull;

	memset(marks, 0, sizeof(*marks));
	marks->wanted = statement_run(&read_profile, arguments, NULL) > 0;
	if (!marks->wanted)
		return;
	problem = statement_value(0, 13, &isnull);
	if (!isnull) /* rows of the profile changed since it was taken into use */
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cannot draw the marks of inserter profile \"%s\"",
							   statement_text(0, 12, CurrentMemoryContext)),
						errdetail("Problems: %s.", TextDatumGetCString(problem))));
	profile->ladder = DatumGetBool(statement_value(0, 1, &isnull));
	profile->matrix = DatumGetBool(statement_value(0, 2, &isnull));
	profile->ladder_x = length_of(3);
	profile->ladder_y = length_of(4);
	profile->bar_length = length_of(5);
	profile->bar_thickness = length_of(6);
	profile->bar_pitch = length_of(7);
	profile->matrix_x = length_of(8);
	profile->matrix_y = length_of(9);
	profile->matrix_side = length_of(10);
	profile->feeds = (int) statement_int64(0, 11);
	marks->sheet.job = mailing_id % 100000000;
	marks->sheet.sequence = -1;
	marks->port = port_server(CurrentMemoryContext);
	buffer_init(&marks->content, &marks->port);
}

void
print_mark_letter(PrintMarks *marks, const PrintLetter *letter)
{
	Datum arguments[3] = {Int64GetDatum(letter->issuer_id), Int64GetDatum(letter->mailing_id),
						  Int64GetDatum(letter->cover_id)};

	if (!marks->wanted || (marks->envelope_issuer == letter->issuer_id &&
						   marks->envelope_mailing == letter->mailing_id &&
						   marks->envelope_cover == letter->cover_id))
		return;
	marks->envelope_issuer = letter->issuer_id;
	marks->envelope_mailing = letter->mailing_id;
	marks->envelope_cover = letter->cover_id;
	marks->sheet.envelope = letter->sequence_no % 10000000;
	marks->sheet.sheet = 0;
	(void) statement_run(&count_sheets, arguments, NULL);
	marks->sheet.sheets = (int) statement_int64(0, 1);
}

const ByteBuffer *
print_mark_sheet(PrintMarks *marks)
{
	if (!marks->wanted)
		return NULL;
	marks->sheet.sequence++;
	marks->sheet.sheet++;
	buffer_reset(&marks->content);
	switch (inserter_draw(&marks->profile, &marks->sheet, &marks->content))
	{
		case PORT_OK:
			break;
		case PORT_NO_MEMORY:
			port_raise(PORT_NO_MEMORY, NULL, ERRCODE_OUT_OF_MEMORY, "inserter marks");
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("envelope " INT64_FORMAT " has too many sheets for an inserter",
							marks->sheet.envelope),
					 errdetail("It has %d sheets, marks count up to 999.", marks->sheet.sheets)));
	}
	return &marks->content;
}
