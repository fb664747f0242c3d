/*
 * document_print.c: the print profile that documents are checked against.
 */
#include "postgres.h"

#include "base/statement.h"
#include "catalog/pg_type.h"
#include "document/document_writer.h"
#include "utils/builtins.h"

/* Lengths come in 1/100 pt: 72 pt are 25.4 mm. */
#define POINTS(column) "(" column " OPERATOR(pg_catalog.*) 7200 OPERATOR(pg_catalog./) 25.4)::int8"

static Statement find_profile = STATEMENT(
	"SELECT p.name, coalesce(p.max_pages, 0)::int8, coalesce(p.max_sheets, 0)::int8,"
	" coalesce(p.max_bytes, 0), p.duplex::int4::int8,"
	" coalesce(pg_catalog.right(p.pdf_version, 1)::int8, 0), coalesce(p.colour, ''),"
	" coalesce(p.address_min_pt OPERATOR(pg_catalog.*) 100, 0)::int8,"
	" coalesce(p.address_max_pt OPERATOR(pg_catalog.*) 100, 0)::int8, p.address_bold::int4::int8,"
	" p.address_blank_line::int4::int8,"
	" coalesce(pg_catalog.array_to_string(p.address_families, ', '), '')"
	" FROM mailroom.print_profile_use u JOIN mailroom.print_profile p"
	" ON p.issuer_id = u.issuer_id AND p.name = u.profile"
	" WHERE u.issuer_id = $1 AND u.template IN ('', $2) ORDER BY u.template DESC LIMIT 1",
	INT8OID, TEXTOID);

static Statement find_zones = STATEMENT(
	"SELECT z.name, z.kind, z.first_page::int4::int8, " POINTS("z.x_mm") ", " POINTS(
		"z.y_mm") ", " POINTS("z.width_mm") ", " POINTS("z.height_mm") ", " POINTS("z.play_"
																				   "mm") " FROM "
																						 "mailroom."
																						 "print_"
																						 "check_"
																						 "zone($1, "
																						 "$2) AS z",
	INT8OID, TEXTOID);

static void
take_limits(PrintLimits *limits, const char *colour, const char *families)
{
	limits->pages = (int) statement_int64(0, 2);
	limits->sheets = (int) statement_int64(0, 3);
	limits->bytes = statement_int64(0, 4);
	limits->duplex = statement_int64(0, 5) != 0;
	limits->version = (int) statement_int64(0, 6);
	limits->address_least = (int) statement_int64(0, 8);
	limits->address_most = (int) statement_int64(0, 9);
	limits->no_bold_address = statement_int64(0, 10) == 0;
	limits->no_blank_line = statement_int64(0, 11) == 0;
	print_check_families(limits, families);
	limits->only_gray = strcmp(colour, "gray") == 0;
	limits->no_rgb = strcmp(colour, "cmyk") == 0;
	limits->no_cmyk = strcmp(colour, "rgb") == 0;
}

static void
take_zone(PrintZone *zone, int row, MemoryContext context)
{
	const char *kind = statement_text(row, 2, context);

	strlcpy(zone->name, statement_text(row, 1, context), sizeof(zone->name));
	zone->kind = strcmp(kind, "window") == 0	? PRINT_WINDOW
				 : strcmp(kind, "no_text") == 0 ? PRINT_NO_TEXT
				 : strcmp(kind, "mark") == 0	? PRINT_MARK
												: PRINT_FREE;
	zone->first_page = statement_int64(row, 3) != 0 || zone->kind == PRINT_WINDOW;
	zone->x = (int) statement_int64(row, 4);
	zone->y = (int) statement_int64(row, 5);
	zone->width = (int) statement_int64(row, 6);
	zone->height = (int) statement_int64(row, 7);
	zone->play = (int) statement_int64(row, 8);
}

void
document_use_print_profile(DocumentWriter *writer, int64 issuer_id, const char *template_name)
{
	PrintCheck *check = &writer->check;
	Datum arguments[2] = {Int64GetDatum(issuer_id), CStringGetTextDatum(template_name)};
	uint64 zones;

	memset(check, 0, sizeof(*check));
	writer->layout.check = NULL;
	if (statement_run(&find_profile, arguments, NULL) == 0)
	{
		SPI_freetuptable(SPI_tuptable);
		return;
	}
	strlcpy(check->name, statement_text(0, 1, writer->context), sizeof(check->name));
	take_limits(&check->limits, statement_text(0, 7, writer->context),
				statement_text(0, 12, writer->context));
	SPI_freetuptable(SPI_tuptable);
	arguments[1] = CStringGetTextDatum(check->name);
	zones = statement_run(&find_zones, arguments, NULL);
	for (uint64 row = 0; row < zones && check->zone_count < PRINT_MAX_ZONES; row++)
		take_zone(&check->zones[check->zone_count++], (int) row, writer->context);
	SPI_freetuptable(SPI_tuptable);
	writer->layout.check = check;
}
