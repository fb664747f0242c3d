/*
 * rule_codes_test.c: sets of codes, short and long, and the lists that are shipped.
 */
#include "check.h"
#include "codes.h"



static bool
known(const RuleCodes *codes, RuleCodeList list, const char *value)
{
	return rule_code_known(codes, list, (Slice){value, strlen(value)});
}

static void
check_exactness(void)
{
	RuleCodes *codes = rule_codes_open(&port_malloc);
	const Slice units[] = {{"C62", 3}, {"KWH", 3}, {"12345678", 8}, {"KWH", 3}};
	const Slice longs[] = {{"text/csv", 8}, {"image/jpeg", 10}, {"application/pdf", 15}};

	CHECK(rule_codes_set(codes, CODES_UNECE_REC20_21_UNIT, units, 4) == PORT_OK);
	CHECK(rule_codes_set(codes, CODES_MIME_CODE, longs, 3) == PORT_OK);
	CHECK(known(codes, CODES_UNECE_REC20_21_UNIT, "C62"));
	CHECK(known(codes, CODES_UNECE_REC20_21_UNIT, "KWH"));
	CHECK(known(codes, CODES_UNECE_REC20_21_UNIT, "12345678"));
	CHECK(!known(codes, CODES_UNECE_REC20_21_UNIT, "123456789"));
	CHECK(!known(codes, CODES_UNECE_REC20_21_UNIT, "kwh"));
	CHECK(!known(codes, CODES_UNECE_REC20_21_UNIT, " KWH"));
	CHECK(!known(codes, CODES_UNECE_REC20_21_UNIT, "KW"));
	CHECK(!known(codes, CODES_UNECE_REC20_21_UNIT, ""));
	CHECK(!rule_code_known(codes, CODES_UNECE_REC20_21_UNIT, (Slice){NULL, 0}));
	CHECK(known(codes, CODES_MIME_CODE, "text/csv"));
	CHECK(known(codes, CODES_MIME_CODE, "application/pdf"));
	CHECK(!known(codes, CODES_MIME_CODE, "application/pd"));
	CHECK(!known(codes, CODES_MIME_CODE, "application/pdfx"));
	CHECK(!known(codes, CODES_ISO3166_COUNTRY, "SE"));
	CHECK(rule_codes_missing(codes) == 0);

	CHECK(rule_codes_set(codes, CODES_MIME_CODE, longs, 1) == PORT_OK);
	CHECK(!known(codes, CODES_MIME_CODE, "application/pdf"));
	rule_codes_close(codes);
}

static void
check_names(void)
{
	CHECK(rule_code_list_of("iso3166_country") == CODES_ISO3166_COUNTRY);
	CHECK(rule_code_list_of("none") == RULE_CODE_LISTS);
	for (int i = 0; i < RULE_CODE_LISTS; i++)
		CHECK(rule_code_list_of(rule_code_list_name(i)) == (RuleCodeList) i);
}

/* Every list of the rules is shipped, and holds each of its lines and nothing beside them. */
static void
check_shipped(void)
{
	RuleCodes *codes = rule_codes_shipped(&port_malloc);

	CHECK(codes != NULL && rule_codes_missing(codes) == RULE_CODE_LISTS);
	CHECK(known(codes, CODES_ISO3166_COUNTRY, "SE"));
	CHECK(known(codes, CODES_ISO3166_COUNTRY, "XI"));
	CHECK(!known(codes, CODES_ISO3166_COUNTRY, "EL"));
	CHECK(known(codes, CODES_VAT_ID_COUNTRY_PREFIX, "EL"));
	CHECK(known(codes, CODES_VATEX_EXEMPTION_REASON, "VATEX-EU-132-1A"));
	CHECK(known(codes, CODES_ISO4217_CURRENCY, "STD") && !known(codes, CODES_PEPPOL_CURRENCY, "STD"));
	CHECK(!known(codes, CODES_ISO4217_CURRENCY, "code"));
	rule_codes_close(codes);
}

int
main(void)
{
	check_exactness();
	check_names();
	check_shipped();
	return check_done();
}
