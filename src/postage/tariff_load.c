/*
 * tariff_load.c: a tariff snapshot out of the catalogues, and its fingerprint.
 *
 * One query a catalogue, each with a fixed order, because the fingerprint is taken over the values
 * as they come.  A new column of a catalogue is read here, goes into a row of core/tariff.h and so
 * into the fingerprint.
 */
#include "postgres.h"

#include "base/port_server.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "miscadmin.h"
#include "postage/tariff_load.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define MAX_COLUMNS 16
#define LIST_SEPARATOR '\x1f' /* between members of an array given as text */

typedef PortStatus (*TakeRow)(Tariff *tariff, char **values);

/* A catalogue: its rows that hold on $4, for issuer $1, hand-in country $2 and currency $3. */
typedef struct Catalogue
{
	const char *name;
	TakeRow take;
	Statement rows;
} Catalogue;

static PortStatus take_carrier(Tariff *tariff, char **values);
static PortStatus take_offer(Tariff *tariff, char **values);
static PortStatus take_area(Tariff *tariff, char **values);
static PortStatus take_zone(Tariff *tariff, char **values);
static PortStatus take_price(Tariff *tariff, char **values);
static PortStatus take_scheme(Tariff *tariff, char **values);
static PortStatus take_tier(Tariff *tariff, char **values);
static PortStatus take_spread(Tariff *tariff, char **values);
static PortStatus take_measure(Tariff *tariff, char **values);
static PortStatus take_limit(Tariff *tariff, char **values);
static PortStatus take_fee(Tariff *tariff, char **values);
static PortStatus take_tax(Tariff *tariff, char **values);
static PortStatus take_paper(Tariff *tariff, char **values);
static PortStatus take_envelope(Tariff *tariff, char **values);
static void load_catalogue(Catalogue *catalogue, Tariff *tariff, Datum *arguments,
						   HashStream *hash);

#define OFFERS "mailroom.postage_offers($1, $2, $3, $4) AS o"
#define HOLDS(row) row ".valid_from <= $4 AND (" row ".valid_to IS NULL OR " row ".valid_to > $4)"
/* the problem of a mailing knows no other discounts */
#define PLANNED "s.measure = 'pieces' AND (s.stacking = 'additive' OR s.period = 'mailing')"
#define CATALOGUE(called, take_row, sql)                  \
	{                                                     \
		.name = called, .take = take_row, .rows = {       \
			.text = sql,                                  \
			.argument_count = 4,                          \
			.types = {INT8OID, TEXTOID, TEXTOID, DATEOID} \
		}                                                 \
	}

/* Carriers come before offers, offers before what refers to them, a scheme before its tiers. */
static Catalogue catalogues[] = {
	CATALOGUE("carrier", take_carrier,
			  "SELECT c.carrier, c.is_national, c.max_mailing FROM mailroom.carrier c"
			  " WHERE c.carrier IN (SELECT o.carrier FROM " OFFERS
			  ") AND " HOLDS("c") " ORDER BY c.carrier COLLATE \"C\""),
	CATALOGUE(
		"offer", take_offer,
		"SELECT o.offer, o.carrier, o.coverage, o.days, o.min_mailing, o.topup_micro,"
		" o.min_bundle, o.fixed_micro,"
		" coalesce(k.format, pg_catalog.array_to_string(o.formats, E'\\x1f')),"
		" o.vat_burden, o.refusal, o.notice_days, f.min_order_micro, a.ranges, k.class, k.area"
		" FROM " OFFERS " JOIN mailroom.carrier_offer f ON f.offer = o.offer AND " HOLDS(
			"f") " CROSS JOIN LATERAL mailroom.offer_classes(o.offer, $4) AS k"
				 " LEFT JOIN (SELECT p.offer, pg_catalog.string_agg(DISTINCT"
				 " pg_catalog.lpad(p.up_to_grams::text, 10, '0'), E'\\x1f') AS ranges"
				 " FROM mailroom.price_rows($4) AS p WHERE p.form = 'average' GROUP BY "
				 "p.offer) AS a"
				 " ON a.offer = o.offer ORDER BY o.offer_no, k.class COLLATE \"C\""),
	CATALOGUE("area", take_area,
			  "SELECT c.coverage, c.country, c.postcode_from, c.postcode_to, c.area"
			  " FROM mailroom.offer_coverage c"
			  " WHERE c.coverage IN (SELECT o.coverage FROM " OFFERS
			  ") AND " HOLDS("c") " ORDER BY c.coverage COLLATE \"C\", c.country COLLATE \"C\","
								  " c.postcode_from"),
	CATALOGUE("zone", take_zone,
			  "SELECT z.country, z.postcode_from, z.postcode_to, z.zone FROM mailroom.sort_zone z"
			  " WHERE $1 IS NOT NULL AND $2 IS NOT NULL AND $3 IS NOT NULL AND " HOLDS(
				  "z") " ORDER BY z.country COLLATE \"C\", z.postcode_from"),
	CATALOGUE("price", take_price,
			  "SELECT p.offer, p.area, p.format, p.form, p.up_to_grams, p.price_micro,"
			  " p.rate_micro, p.base_grams, p.percent_points, p.unit_micro"
			  " FROM mailroom.price_rows($4) AS p"
			  " WHERE p.offer IN (SELECT o.offer FROM " OFFERS ")"
			  " ORDER BY p.offer COLLATE \"C\", p.area COLLATE \"C\", p.format COLLATE \"C\","
			  " p.up_to_grams"),
	CATALOGUE(
		"scheme", take_scheme,
		"SELECT s.scheme, s.mode, pg_catalog.array_to_string(s.offers, E'\\x1f'), s.period,"
		" s.stacking, s.stack_order"
		" FROM mailroom.discount_scheme s"
		" WHERE " PLANNED " AND EXISTS (SELECT FROM " OFFERS
		" WHERE o.offer = ANY (s.offers)) AND " HOLDS("s") " ORDER BY s.scheme COLLATE \"C\""),
	CATALOGUE("tier", take_tier,
			  "SELECT t.scheme, t.from_count, CASE s.mode WHEN 'all' THEN t.basis_points"
			  " ELSE t.amount_micro END FROM mailroom.discount_tier t"
			  " JOIN mailroom.discount_scheme s ON s.scheme = t.scheme AND " HOLDS(
				  "s") " WHERE " PLANNED " AND EXISTS (SELECT FROM " OFFERS
					   " WHERE o.offer = ANY (s.offers)) AND " HOLDS(
						   "t") " ORDER BY t.scheme COLLATE \"C\", t.from_count"),
	CATALOGUE("spread", take_spread,
			  "SELECT c.offer, f.format, c.most FROM mailroom.offer_condition c JOIN " OFFERS
			  " ON o.offer = c.offer CROSS JOIN LATERAL pg_catalog.unnest(o.formats) AS f (format)"
			  " WHERE c.condition = 'weight-spread' AND c.most IS NOT NULL"
			  " AND c.format IN ('', f.format) AND c.category = '' AND c.region = '' AND " HOLDS(
				  "c") " ORDER BY c.offer COLLATE \"C\", f.format COLLATE \"C\", c.most"),
	CATALOGUE("measure", take_measure,
			  "SELECT f.carrier, f.format, f.max_thickness_mm, f.max_grams"
			  " FROM mailroom.carrier_format f WHERE f.carrier IN (SELECT o.carrier FROM " OFFERS
			  ") AND (f.max_thickness_mm IS NOT NULL OR f.max_grams IS NOT NULL) AND " HOLDS(
				  "f") " ORDER BY f.carrier COLLATE \"C\", f.format COLLATE \"C\""),
	CATALOGUE("limit", take_limit,
			  "SELECT o.offer, l.format, l.area, l.at_least, l.at_most, l.shortfall, l.topup_micro"
			  " FROM " OFFERS " CROSS JOIN LATERAL mailroom.offer_limits(o.offer, $4) AS l"
			  " ORDER BY o.offer_no, l.format COLLATE \"C\", l.area COLLATE \"C\","
			  " l.at_least, l.at_most, l.shortfall, l.topup_micro"),
	CATALOGUE(
		"fee", take_fee,
		"SELECT f.fee, f.per, f.amount_micro, f.below_pieces, pg_catalog.array_to_string(ARRAY("
		"SELECT o.offer FROM " OFFERS " WHERE o.carrier = f.carrier"
		" AND (f.offers IS NULL OR o.offer = ANY (f.offers)) ORDER BY o.offer_no), E'\\x1f')"
		" FROM mailroom.carrier_fee f WHERE f.kind IN ('order', 'small-batch')"
		" AND f.per IN ('order', 'piece') AND f.currency = $3"
		" AND EXISTS (SELECT FROM " OFFERS " WHERE o.carrier = f.carrier"
		" AND (f.offers IS NULL OR o.offer = ANY (f.offers))) AND " HOLDS(
			"f") " ORDER BY f.fee COLLATE \"C\""),
	CATALOGUE("tax", take_tax,
			  "SELECT p.vat_deductible_points FROM mailroom.issuer_postage p WHERE p.issuer_id = $1"
			  " AND $2 IS NOT NULL AND $3 IS NOT NULL AND $4 IS NOT NULL"),
	CATALOGUE("paper", take_paper,
			  "SELECT p.milligrams FROM mailroom.issuer_paper($1, $4) AS p"
			  " WHERE $2 IS NOT NULL AND $3 IS NOT NULL"),
	CATALOGUE("envelope", take_envelope,
			  "SELECT e.envelope, e.format, e.milligrams, e.max_sheets,"
			  " mailroom.sheet_nanometres(p.milligrams, p.micrometres, e.format), e.micrometres"
			  " FROM mailroom.issuer_envelopes($1, $4) AS e"
			  " LEFT JOIN mailroom.issuer_paper($1, $4) AS p ON true"
			  " WHERE $2 IS NOT NULL AND $3 IS NOT NULL ORDER BY e.envelope COLLATE \"C\""),
};

MAILROOM_FUNCTION(mailroom_tariff_fingerprint);

Tariff *
tariff_load(const Port *port, const TariffScope *scope, uint8 fingerprint[HASH_BYTES])
{
	Tariff *tariff = tariff_new(port);
	HashStream *hash = hash_stream_start();
	Datum arguments[4];

	arguments[0] = Int64GetDatum(scope->issuer_id);
	arguments[1] = CStringGetTextDatum(scope->origin);
	arguments[2] = CStringGetTextDatum(scope->currency);
	arguments[3] = DateADTGetDatum(scope->on_date);
	if (tariff == NULL)
		port_raise(PORT_NO_MEMORY, NULL, 0, "a tariff");
	for (int i = 0; i < lengthof(catalogues); i++)
		load_catalogue(&catalogues[i], tariff, arguments, hash);
	port_raise(tariff_finish(tariff), NULL, 0, "a tariff");
	hash_stream_finish(hash, fingerprint);
	return tariff;
}

/* mailroom.tariff_fingerprint(issuer_id, origin_country, currency, on_date) → bytea */
Datum
mailroom_tariff_fingerprint(PG_FUNCTION_ARGS)
{
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom tariff", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	Port port = port_server(work);
	TariffScope scope = {PG_GETARG_INT64(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
						 text_to_cstring(PG_GETARG_TEXT_PP(2)), PG_GETARG_DATEADT(3)};
	uint8 fingerprint[HASH_BYTES];
	bytea *result;

	SPI_connect();
	(void) tariff_load(&port, &scope, fingerprint);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	result = palloc(VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(result, VARHDRSZ + HASH_BYTES);
	memcpy(VARDATA(result), fingerprint, HASH_BYTES);
	PG_RETURN_BYTEA_P(result);
}

static void
load_catalogue(Catalogue *catalogue, Tariff *tariff, Datum *arguments, HashStream *hash)
{
	MemoryContext row_context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom tariff row", ALLOCSET_DEFAULT_SIZES);
	uint64 rows = statement_run(&catalogue->rows, arguments, NULL);
	int columns = SPI_tuptable->tupdesc->natts;

	Assert(columns <= MAX_COLUMNS);
	hash_stream_add(hash, catalogue->name, strlen(catalogue->name) + 1);
	for (uint64 row = 0; row < rows; row++)
	{
		MemoryContext old;
		char *values[MAX_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(row_context);
		old = MemoryContextSwitchTo(row_context);
		for (int i = 0; i < columns; i++)
		{
			values[i] = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, i + 1);
			if (values[i] != NULL)
				hash_stream_add(hash, values[i], strlen(values[i]));
			hash_stream_add(hash, values[i] != NULL ? "\0" : "\1", 1);
		}
		port_raise(catalogue->take(tariff, values), NULL, 0, "a tariff");
		MemoryContextSwitchTo(old);
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextDelete(row_context);
}

static int64
number_of(const char *text, int64 otherwise)
{
	return text == NULL ? otherwise : strtoll(text, NULL, 10);
}

/* Calls take for each member of a list. */
static PortStatus
each_member(Tariff *tariff, char *list, PortStatus (*take)(Tariff *tariff, const char *member))
{
	PortStatus status = PORT_OK;

	while (list != NULL && status == PORT_OK)
	{
		char *end = strchr(list, LIST_SEPARATOR);

		if (end != NULL)
			*end = '\0';
		status = take(tariff, list);
		if (end != NULL)
			*end = LIST_SEPARATOR;
		list = end == NULL ? NULL : end + 1;
	}
	return status;
}

static PortStatus
take_carrier(Tariff *tariff, char **values)
{
	TariffCarrier carrier = {values[0], values[1][0] == 't', number_of(values[2], -1)};

	return tariff_add_carrier(tariff, &carrier);
}

static PortStatus
take_offer(Tariff *tariff, char **values)
{
	TariffOffer offer = {.code = values[0],
						 .days = (int) number_of(values[3], 0),
						 .min_mailing = number_of(values[4], 0),
						 .topup = number_of(values[5], 0),
						 .min_bundle = number_of(values[6], 0),
						 .fixed = number_of(values[7], 0),
						 .burden = number_of(values[9], 0),
						 .refusal = values[10],
						 .notice_days = (int) number_of(values[11], 0),
						 .min_order = number_of(values[12], 0)};
	char *range = values[13];
	PortStatus status;

	do
	{
		offer.by_average = range != NULL;
		offer.above = offer.upto;
		offer.upto = number_of(range, 0);
		status = tariff_add_offer(tariff, &offer, values[1], values[2]);
		if (status == PORT_OK && values[14] != NULL)
			status = tariff_set_class(tariff, values[14], values[15]);
		if (status == PORT_OK)
			status = each_member(tariff, values[8], tariff_add_format);
		range = range == NULL ? NULL : strchr(range, LIST_SEPARATOR);
		range = range == NULL ? NULL : range + 1;
	} while (range != NULL && status == PORT_OK);
	return status;
}

static PortStatus
take_area(Tariff *tariff, char **values)
{
	return tariff_add_area(tariff, values[0], values[1], values[2], values[3], values[4]);
}

static PortStatus
take_zone(Tariff *tariff, char **values)
{
	return tariff_add_zone(tariff, values[0], values[1], values[2], values[3]);
}

static PortStatus
take_price(Tariff *tariff, char **values)
{
	static const char *const forms[] = {"step", "kilo", "gram", "average", "flat"};
	TariffPriceRow row = {.up_to_milligrams = number_of(values[4], 0) * 1000,
						  .item_micro = number_of(values[5], 0),
						  .rate_micro = number_of(values[6], 0),
						  .base_milligrams = number_of(values[7], 0) * 1000,
						  .percent_points = (int32_t) number_of(values[8], 0),
						  .unit_micro = number_of(values[9], 1)};
	int form = 0;

	while (form < lengthof(forms) && strcmp(forms[form], values[3]) != 0)
		form++;
	if (form == lengthof(forms))
		elog(ERROR, "price form \"%s\" is not known", values[3]);
	row.form = (TariffPriceForm) form;
	return tariff_add_price(tariff, values[0], values[1], values[2], &row);
}

static PortStatus
take_scheme_offer(Tariff *tariff, const char *offer)
{
	tariff_add_scheme_offer(tariff, offer);
	return PORT_OK;
}

static PortStatus
take_scheme(Tariff *tariff, char **values)
{
	PortStatus status = tariff_add_scheme(tariff, values[0], strcmp(values[1], "incr") == 0);

	if (status == PORT_OK)
	{
		TariffScheme *scheme = &tariff->schemes[tariff->scheme_count - 1];

		scheme->of_year = strcmp(values[3], "mailing") != 0;
		scheme->multiplies = strcmp(values[4], "multiplicative") == 0;
		scheme->order = (int) number_of(values[5], 1);
	}
	return status == PORT_OK ? each_member(tariff, values[2], take_scheme_offer) : status;
}

static PortStatus
take_tier(Tariff *tariff, char **values)
{
	int scheme = tariff_find_scheme(tariff, values[0]);

	return scheme < 0
			   ? PORT_OK
			   : tariff_add_tier(tariff, scheme, number_of(values[1], 0), number_of(values[2], 0));
}

static PortStatus
take_spread(Tariff *tariff, char **values)
{
	return tariff_add_spread(tariff, values[0], values[1], number_of(values[2], 0) * 1000);
}

static PortStatus
take_measure(Tariff *tariff, char **values)
{
	int64 millimetres = number_of(values[2], -1);
	int64 grams = number_of(values[3], -1);

	return tariff_add_measure(tariff, values[0], values[1],
							  millimetres < 0 ? -1 : millimetres * 1000,
							  grams < 0 ? -1 : grams * 1000);
}

static PortStatus
take_limit(Tariff *tariff, char **values)
{
	TariffLimit limit = {.least = number_of(values[3], 0),
						 .most = number_of(values[4], -1),
						 .is_paid = strcmp(values[5], "paid") == 0,
						 .topup = number_of(values[6], 0),
						 .is_discount = strcmp(values[5], "no-discount") == 0};

	return tariff_add_limit(tariff, &limit, values[0], values[1], values[2]);
}

static PortStatus
take_fee_offer(Tariff *tariff, const char *offer)
{
	tariff_add_fee_offer(tariff, offer);
	return PORT_OK;
}

static PortStatus
take_fee(Tariff *tariff, char **values)
{
	TariffFee fee = {.code = values[0],
					 .per_letter = strcmp(values[1], "piece") == 0,
					 .amount = number_of(values[2], 0),
					 .below = number_of(values[3], 0)};
	PortStatus status = tariff_add_fee(tariff, &fee);

	return status == PORT_OK ? each_member(tariff, values[4], take_fee_offer) : status;
}

static PortStatus
take_tax(Tariff *tariff, char **values)
{
	tariff->vat_deductible = number_of(values[0], 0);
	return PORT_OK;
}

static PortStatus
take_paper(Tariff *tariff, char **values)
{
	tariff->paper_milligrams = number_of(values[0], 0);
	return PORT_OK;
}

static PortStatus
take_envelope(Tariff *tariff, char **values)
{
	PortStatus status = tariff_add_envelope(tariff, values[0], values[1], number_of(values[2], 0),
											(int) number_of(values[3], 0));

	if (status == PORT_OK)
		tariff_set_thickness(tariff, number_of(values[4], 0), number_of(values[5], 0));
	return status;
}
