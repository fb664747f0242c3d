/*
 * rules_sets_test.c: every rule is well written in every syntax, and identifier checks take and refuse what the
 * official rules do.
 */
#include "check.h"
#include "core/rules_advisory.h"
#include "core/rules_peppol.h"
#include "core/rules_program.h"

static void
check_notation(const RuleSyntaxInfo *syntax)
{
	static XmlVocabulary vocabularies[4];
	static int count;
	const RuleProgram *program = rules_program(syntax, &vocabularies[count++]);

	CHECK_TEXT(program->problem, "");
	CHECK(!program->failed);
	if (syntax->namespaces != NULL)
		CHECK(rules_advisory_sound(syntax, &vocabularies[count - 1]));
}

static bool
holds(const char *name, const char *value)
{
	for (int i = 0; i < PEPPOL_CHECK_COUNT; i++)
		if (strcmp(rules_peppol_checks[i].name, name) == 0)
			return rules_peppol_checks[i].holds((Slice){value, strlen(value)});
	CHECK(!"no such check");
	return false;
}

/* Of several editions the one in force on the day counts. */
static void
check_editions(void)
{
	static const RuleSet a1 = {.name = "a", .valid_from = "2025-11-17", .valid_to = "2026-08-16"};
	static const RuleSet a2 = {.name = "a", .valid_from = "2026-05-18"};
	static const RuleSet a2_part = {.name = "a", .valid_from = "2026-05-18"};
	static const RuleSet b = {.name = "b", .valid_from = "2024-06-05", .valid_to = "2026-12-31"};
	const RuleSet *const sets[] = {&a1, &a2, &a2_part, &b};
	static const struct
	{
		const char *day, *in_force;
	} days[] = {
		{"2019-01-01", "ynny"}, {"2026-05-17", "ynny"}, {"2026-05-18", "nyyy"},
		{"2026-12-31", "nyyy"}, {"2027-01-01", "nyyn"}, {NULL, "nyyy"},
	};

	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++)
		for (int set = 0; set < 4; set++)
			CHECK(rules_set_in_force(sets, 4, set, days[i].day) == (days[i].in_force[set] == 'y'));
	/* everything that is compiled in counts today */
	for (int i = 0; i < rules_set_count; i++)
		CHECK(rules_set_in_force(rules_sets, rules_set_count, i, NULL));
}

static void
check_identifiers(void)
{
	CHECK(holds("gln", "7300010000001") && !holds("gln", "7300010000002") && !holds("gln", "73000100000O1"));
	CHECK(!holds("gln", ""));
	CHECK(holds("mod11", "923609016") && !holds("mod11", "923609017") && !holds("mod11", "000000000"));
	CHECK(holds("belgian", "0202239951") && !holds("belgian", "0202239952") && !holds("belgian", "202239951"));
	CHECK(holds("australian", "51824753556") && !holds("australian", "51824753557"));
	CHECK(holds("swedish", "5560125790") && !holds("swedish", "5560125791") && !holds("swedish", "556012579"));
	CHECK(holds("swedish", "556012579012"));
	CHECK(holds("codice_fiscale", "RSSMRA85T10A562S") && holds("codice_fiscale", "12345678901"));
	CHECK(!holds("codice_fiscale", "RSSMRA85T10A5625") && !holds("codice_fiscale", "1234567890A"));
	CHECK(holds("partita_iva", "IT00743110157") && !holds("partita_iva", "IT00743110158"));
	CHECK(holds("partita_iva", "DE1") && !holds("partita_iva", "IT"));
	CHECK(holds("greek", "094259216") && !holds("greek", "094259217") && !holds("greek", "09425921"));
	CHECK(holds("number", " 12.5e3 ") && holds("number", "-.5") && holds("number", "INF"));
	CHECK(!holds("number", "12 3") && !holds("number", "") && !holds("number", "1e") && !holds("number", "+"));
	CHECK(holds("natural", "07") && !holds("natural", "-7") && !holds("natural", "7.0"));
	CHECK(holds("date", "2028-02-29") && !holds("date", "2026-02-29") && !holds("date", "2026-02-28Z"));
	CHECK(holds("f_skatt", "Godk\xC3\xA4nd  f\xC3\xB6r F-skatt ") && !holds("f_skatt", "Godkand for F-skatt"));
	CHECK(!holds("f_skatt", "Godk\xC3\xA4nd f\xC3\xB6r F-skatt!") && !holds("f_skatt", ""));
	CHECK(holds("iban", "DE75 5121 0800 1245 1261 99") && !holds("iban", "DE75512108001245126198"));
	CHECK(!holds("iban", "de75512108001245126199") && !holds("iban", ""));
	CHECK(holds("skonto", "30 Tage netto") && holds("skonto", "#SKONTO#TAGE=7#PROZENT=2.00#\n"));
	CHECK(holds("skonto", "#SKONTO#TAGE=7#PROZENT=2.00#BASISBETRAG=-10.00#\r\nnetto"));
	CHECK(!holds("skonto", "#SKONTO#TAGE=7#PROZENT=2.00#") && !holds("skonto", "#SKONTO#TAGE=7#PROZENT=2.0#\n"));
	CHECK(!holds("skonto", "#Skonto#TAGE=7#PROZENT=2.00#\n") && !holds("skonto", "#\n"));
}

int
main(void)
{
	check_notation(rules_syntax("ubl-invoice"));
	check_notation(rules_syntax("cii"));
	check_notation(&rules_syntax_model);
	check_editions();
	check_identifiers();
	return check_done();
}
