/* rules: the notation compiles, and each kind of test does what XPath would */
#include "check.h"
#include "codes.h"

#include "core/invoice_reader.h"
#include "core/invoice_rules.h"
#include "core/rules_program.h"
#include "core/rules_run.h"
#include "core/xml_paths.h"

#include <stdlib.h>

#define UBL "urn:oasis:names:specification:ubl:schema:xsd:"
#define HEAD                                               \
	"<Invoice xmlns=\"" UBL "Invoice-2\" xmlns:cac=\"" UBL \
	"CommonAggregateComponents-2\" xmlns:cbc=\"" UBL "CommonBasicComponents-2\">"

static RuleCodes *codes;

typedef struct Heard
{
	char rules[4096]; /* id@line, blanks between */
	int count;
} Heard;

static PortStatus
hear(void *state, const Finding *finding)
{
	Heard *heard = state;
	size_t length = strlen(heard->rules);

	heard->count++;
	snprintf(heard->rules + length, sizeof(heard->rules) - length, " %s@%d", finding->rule,
			 (int) finding->place.line_no);
	return PORT_OK;
}

static Heard
judge(const Port *port, const char *bytes, size_t length, size_t piece)
{
	static Heard heard;
	InvoiceSink sink = {.state = &heard, .finding = hear};
	InvoiceRules *rules;
	InvoiceReader *reader;
	PortStatus status = PORT_OK;

	memset(&heard, 0, sizeof(heard));
	rules = invoice_rules_open(port, "en16931", codes, &sink);
	reader = invoice_reader_open(port, NULL, NULL, invoice_rules_sink(rules));
	for (size_t at = 0; at < length && status == PORT_OK; at += piece)
		status = reader->push(reader, bytes + at, length - at < piece ? length - at : piece);
	if (status == PORT_OK)
		reader->finish(reader);
	reader->close(reader);
	invoice_rules_close(rules);
	return heard;
}

static void
check_fires(const char *body, const char *rule, bool wanted)
{
	char text[8192];
	int length = snprintf(text, sizeof(text), HEAD "%s</Invoice>", body);
	Heard whole = judge(&port_malloc, text, (size_t) length, (size_t) length);
	Heard pieces = judge(&port_malloc, text, (size_t) length, 7);
	char word[64];

	snprintf(word, sizeof(word), " %s@", rule);
	CHECK((strstr(whole.rules, word) != NULL) == wanted);
	CHECK_TEXT(pieces.rules, whole.rules);
	if ((strstr(whole.rules, word) != NULL) != wanted)
		printf("# %s: %s\n", rule, whole.rules);
}

/* All rules in all syntaxes compile, within the program's limits. */
static void
test_compile(void)
{
	static XmlVocabulary names;
	const RuleSyntaxInfo *const syntaxes[] = {rules_syntax("ubl-invoice"), rules_syntax("cii"),
											  &rules_syntax_model};

	for (int i = 0; i < 3; i++)
	{
		const RuleProgram *program =
			rules_program(syntaxes[i], i == 2 ? &names : xml_paths_vocabulary());

		CHECK(!program->failed);
		CHECK_TEXT(program->problem, "");
		CHECK(program->test_count > 0);
	}
	CHECK(rules_syntax("finvoice") == NULL);
}

/* A faulty rule is told, with its set: nothing is judged by what is left of the program. */
static void
test_faulty_rules(void)
{
	static const Rule good[] = {{"X-1", FINDING_FATAL, RULE_UBL, "/", "exists(/ID)", "an ID"}};
	static const Rule tests[][1] = {
		{{"X-2", FINDING_FATAL, RULE_UBL, "/", "exist(/ID)", "an ID"}},
		{{"X-3", FINDING_FATAL, RULE_UBL, "/", "code(no_such_list, /ID)", "a code"}},
		{{"X-4", FINDING_FATAL, RULE_UBL, "TaxTotal]", "true", "a context"}},
		{{"X-5", FINDING_FATAL, RULE_UBL, "/", "exists(/ID) exists(/ID)", "two tests"}},
	};
	static const char *const problems[] = {
		"rule set \"broken\": function at \"exist(/ID)\" of \"exist(/ID)\"",
		"rule set \"broken\": code list at \"no_such_list, /ID)\" of \"code(no_such_list, /ID)\"",
		"rule set \"broken\": context at \"]\" of \"TaxTotal]\"",
		"rule set \"broken\": more than a test at \"exists(/ID)\" of \"exists(/ID) exists(/ID)\"",
	};

	for (size_t i = 0; i <= sizeof(tests) / sizeof(*tests); i++)
	{
		XmlVocabulary *names = calloc(1, sizeof(XmlVocabulary));
		RuleProgram *program = calloc(1, sizeof(RuleProgram));
		bool broken = i < sizeof(tests) / sizeof(*tests);
		RulePattern patterns[] = {{NULL, good, 1}, {NULL, broken ? tests[i] : good, 1}};
		RuleSet set = {.name = "broken", .patterns = patterns, .pattern_count = 2};
		const RuleSet *sets[] = {&set};

		rules_compile(program, rules_syntax("ubl-invoice"), names, sets, 1);
		CHECK(program->built);
		CHECK(program->failed == broken);
		CHECK_TEXT(program->problem, broken ? problems[i] : "");
		free(program);
		free(names);
	}
	CHECK(invoice_rules_problem() == NULL);
}

static void
test_kinds(void)
{
	check_fires("<cbc:ID> </cbc:ID>", "BR-02", true);
	check_fires("<cbc:ID>1</cbc:ID>", "BR-02", false);
	/* a comment between the digits is no part of the text */
	check_fires("<cbc:ID>1<!-- --></cbc:ID>", "BR-02", false);
	check_fires("<cbc:DocumentCurrencyCode> EUR </cbc:DocumentCurrencyCode>", "BR-CL-04", false);
	check_fires("<cbc:DocumentCurrencyCode>eur</cbc:DocumentCurrencyCode>", "BR-CL-04", true);
	check_fires("<cbc:DocumentCurrencyCode>E UR</cbc:DocumentCurrencyCode>", "BR-CL-04", true);
	/* decimals are characters, not digits */
	check_fires("<cac:LegalMonetaryTotal><cbc:PayableAmount>1.230</cbc:PayableAmount>"
				"</cac:LegalMonetaryTotal>",
				"BR-DEC-18", true);
	check_fires("<cac:LegalMonetaryTotal><cbc:PayableAmount>-1.23</cbc:PayableAmount>"
				"</cac:LegalMonetaryTotal>",
				"BR-DEC-18", false);
	/* a missing operand makes a comparison false */
	check_fires("<cac:InvoiceLine/>", "BR-27", true);
	check_fires("<cac:InvoiceLine><cac:Price><cbc:PriceAmount>1e-1</cbc:PriceAmount></cac:Price>"
				"</cac:InvoiceLine>",
				"BR-27", false);
	/* any pair of nodes will do, and none will not */
	check_fires("<cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode><cac:TaxTotal><cbc:TaxAmount "
				"currencyID=\"NOK\">1</cbc:TaxAmount><cbc:TaxAmount currencyID=\"SEK\">1"
				"</cbc:TaxAmount></cac:TaxTotal>",
				"BR-53", false);
	check_fires("<cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode>", "BR-53", true);
	check_fires("<cac:InvoicePeriod><cbc:StartDate>2026-10-31</cbc:StartDate><cbc:EndDate>"
				"2026-10-30</cbc:EndDate></cac:InvoicePeriod>",
				"BR-29", true);
	check_fires("<cac:InvoicePeriod><cbc:StartDate>2026-10-31</cbc:StartDate></cac:InvoicePeriod>",
				"BR-29", false);
	/* the scheme of a category is VAT whatever its case, and with blanks around */
	check_fires("<cac:AllowanceCharge><cbc:ChargeIndicator>0</cbc:ChargeIndicator><cac:TaxCategory>"
				"<cbc:ID>S</cbc:ID><cac:TaxScheme><cbc:ID> vat </cbc:ID></cac:TaxScheme>"
				"</cac:TaxCategory></cac:AllowanceCharge>",
				"BR-32", false);
}

/* Elements that stand where no rule expects them are judged as well. */
static void
test_places(void)
{
	check_fires("<cac:Delivery><cac:Despatch><cbc:DeclaredAmount>1.999</cbc:DeclaredAmount>"
				"</cac:Despatch></cac:Delivery>",
				"UBL-DT-01", true);
	check_fires("<cac:Shipment><cac:OriginAddress><cac:Country><cbc:IdentificationCode>Q1"
				"</cbc:IdentificationCode></cac:Country></cac:OriginAddress></cac:Shipment>",
				"BR-CL-14", true);
	check_fires("<cac:InvoiceLine><cac:Price><cac:AllowanceCharge><cbc:Amount currencyID=\"EUR\">"
				"1.999</cbc:Amount></cac:AllowanceCharge></cac:Price></cac:InvoiceLine>",
				"UBL-DT-01", false);
}

/* What the official sheet cannot judge gives one finding on the value, and no rule fires for it. */
static void
test_aborts(void)
{
	check_fires("<cac:InvoiceLine><cbc:LineExtensionAmount>1,5</cbc:LineExtensionAmount>"
				"</cac:InvoiceLine><cac:LegalMonetaryTotal><cbc:LineExtensionAmount>1"
				"</cbc:LineExtensionAmount></cac:LegalMonetaryTotal>",
				"BR-CO-10", false);
	check_fires("<cac:AllowanceCharge><cbc:ChargeIndicator>maybe</cbc:ChargeIndicator>"
				"</cac:AllowanceCharge>",
				"VALUE-INDICATOR", true);
	check_fires("<cbc:ID>1</cbc:ID><cbc:ID>2</cbc:ID>", "VALUE-SEVERAL", true);
	check_fires("<cbc:ID>1</cbc:ID>", "VALUE-SEVERAL", false);
}

/* One finding for each node, and memory that does not grow with the lines. */
typedef struct Counted
{
	size_t now, peak;
} Counted;

static void *
count_alloc(void *host, size_t size)
{
	Counted *counted = host;
	size_t *block = malloc(size + 16);

	*block = size;
	counted->now += size;
	counted->peak = counted->now > counted->peak ? counted->now : counted->peak;
	return block + 2;
}

static void
count_release(void *host, void *block)
{
	if (block == NULL)
		return;
	((Counted *) host)->now -= ((size_t *) block)[-2];
	free((size_t *) block - 2);
}

static void *
count_resize(void *host, void *old, size_t old_size, size_t size)
{
	void *made = count_alloc(host, size);

	if (old != NULL)
		memcpy(made, old, old_size < size ? old_size : size);
	count_release(host, old);
	return made;
}

static bool
count_interrupted(void *host)
{
	(void) host;
	return false;
}

static size_t
peak_of(int lines, int *findings)
{
	static const char line[] = "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:LineExtensionAmount>1.00"
							   "</cbc:LineExtensionAmount><cac:Item><cbc:Name>n</cbc:Name>"
							   "<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25"
							   "</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>"
							   "</cac:InvoiceLine>\n";
	size_t size = sizeof(HEAD) + (sizeof(line) - 1) * (size_t) lines + 64, length;
	char *text = malloc(size);
	Counted counted = {0, 0};
	Port port = {&counted, count_alloc, count_resize, count_release, count_interrupted};
	Heard heard;

	length = (size_t) snprintf(text, size, "%s", HEAD);
	for (int i = 0; i < lines; i++)
	{
		memcpy(text + length, line, sizeof(line) - 1);
		length += sizeof(line) - 1;
	}
	length += (size_t) snprintf(text + length, size - length, "</Invoice>");
	heard = judge(&port, text, length, 16 * 1024);
	*findings = heard.count;
	free(text);
	CHECK(counted.now == 0);
	return counted.peak;
}

static void
test_lines(void)
{
	int few, many;
	size_t small = peak_of(200, &few), large = peak_of(20000, &many);

	/* a line without quantity, unit, price: five rules, each once for each line */
	CHECK(many > few * 90);
	CHECK(large < small * 2);
	printf("# peak %zu bytes for 200 lines, %zu for 20,000\n", small, large);
}

static void
test_patterns(void)
{
	static const struct
	{
		const char *text, *pattern;
		bool matches;
	} cases[] = {
		{"2026-02-01", "\\d{4}-\\d{2}-\\d{2}", true},
		{"2026-02-1", "\\d{4}-\\d{2}-\\d{2}", false},
		{"ab", "(a|b)+", true},
		{"abc", "(a|b)+", false},
		{"", "x?", true},
		{"xx", "x?", false},
		{"a.b", "[^@]+\\.[a-z]", true},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a*)*b", false},
		{"NO123456789MVA", "NO\\d{9}MVA", true},
		{" 20261031 ", "\\s*\\d{4}(1[0-2]|0[1-9])(3[01]|[12][0-9]|0[1-9])\\s*", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK(rules_matches((Slice){cases[i].text, strlen(cases[i].text)},
							(Slice){cases[i].pattern, strlen(cases[i].pattern)}) ==
			  cases[i].matches);
}

int
main(void)
{
	codes = rule_codes_shipped(&port_malloc);
	test_compile();
	test_faulty_rules();
	test_kinds();
	test_places();
	test_aborts();
	test_lines();
	test_patterns();
	rule_codes_close(codes);
	return check_done();
}
