/*
 * invoice_rules.c: evaluates the rule table while an invoice streams by.
 *
 * Kept per document: three sums, marks, the tax totals (few), and the places of their groups;
 * nothing per line.  Comparisons are exact; a number that is none gives a finding of its own
 * (VALUE-NUMBER) and silences the rules that need it.
 */
#include "core/invoice_rules.h"

#include "core/rules_facts.h"
#include "core/rules_value.h"
#include "core/xml_paths.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_TAX_TOTALS 16

/* A sum that remembers whether anything went in, and whether it can be trusted. */
typedef struct Sum
{
	Decimal value;
	int64_t count;
	bool wrong;
} Sum;

typedef struct TaxTotal
{
	char currency[16];
	bool has_currency;
	Number amount;
} TaxTotal;

struct InvoiceRules
{
	const Port *port;
	const InvoiceSink *next;
	InvoiceSink sink;

	const char *format;
	bool structured; /* facts come, so that missing elements are known to be missing */
	InvoicePlace place;
	Sum sums[SUM_COUNT];
	Sum breakdown; /* of the tax total at hand */
	bool marks[MARK_COUNT];
	TaxTotal tax_totals[MAX_TAX_TOTALS];
	int tax_total_count;
	int64_t totals_line;
	int64_t totals_count;
	PortStatus status;
	int first_rule[INVOICE_GROUP_COUNT + 1]; /* into order */
	int order[128];
};

static const char *const profiles[] = {"en16931", "peppol", "peppol-selfbilling", "xrechnung",
									   "cius-ro"};

bool
invoice_rules_knows(const char *profile)
{
	size_t length = profile == NULL ? 0 : strcspn(profile, "+");

	if (profile == NULL)
		return true;
	if (profile[length] != '\0' && strcmp(profile + length, "+advisory") != 0)
		return false;
	for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++)
		if (strlen(profiles[i]) == length && memcmp(profiles[i], profile, length) == 0)
			return true;
	return false;
}

/* Where a group stands, in the words of its format. */
static const char *
group_path(const InvoiceRules *rules, InvoiceGroupKind kind)
{
	static const char *const ubl[INVOICE_GROUP_COUNT] = {
		[INVOICE_NOTE] = "/cbc:Note",
		[INVOICE_PRECEDING] = "/cac:BillingReference",
		[INVOICE_SELLER_ID] = "/cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification",
		[INVOICE_ACCOUNT] = "/cac:PaymentMeans/cac:PayeeFinancialAccount",
		[INVOICE_ALLOWANCE] = "/cac:AllowanceCharge",
		[INVOICE_CHARGE] = "/cac:AllowanceCharge",
		[INVOICE_TAX] = "/cac:TaxTotal/cac:TaxSubtotal",
		[INVOICE_ATTACHMENT] = "/cac:AdditionalDocumentReference",
		[INVOICE_LINE_ALLOWANCE] = "/cac:AllowanceCharge",
		[INVOICE_LINE_CHARGE] = "/cac:AllowanceCharge",
		[INVOICE_CLASSIFICATION] = "/cac:Item/cac:CommodityClassification",
		[INVOICE_ATTRIBUTE] = "/cac:Item/cac:AdditionalItemProperty",
		[INVOICE_TOTALS] = "/cac:LegalMonetaryTotal",
		[INVOICE_TAX_TOTAL] = "/cac:TaxTotal",
		[INVOICE_PARTY_TAX] = "/cac:PartyTaxScheme",
		[INVOICE_ADDRESS] = "/cac:PostalAddress",
		[INVOICE_MEANS] = "/cac:PaymentMeans",
		[INVOICE_PERIOD] = "/cac:InvoicePeriod",
		[INVOICE_LINE_PERIOD] = "/cac:InvoicePeriod",
		[INVOICE_CATEGORY] = "/cac:TaxCategory",
	};

	return rules->structured && ubl[kind] != NULL ? ubl[kind] : "";
}

static bool
is_line_detail(InvoiceGroupKind kind)
{
	return kind == INVOICE_LINE_ALLOWANCE || kind == INVOICE_LINE_CHARGE ||
		   kind == INVOICE_CLASSIFICATION || kind == INVOICE_ATTRIBUTE ||
		   kind == INVOICE_LINE_PERIOD;
}

static bool
is_credit_note(const InvoiceRules *rules)
{
	return rules->format != NULL && strcmp(rules->format, "ubl-creditnote") == 0;
}

static int64_t
line_number(const InvoiceGroup *group)
{
	if (group->kind == INVOICE_LINE)
		return group->place.group_no;
	return is_line_detail(group->kind) ? group->parent_no : 0;
}

/* Out of the format's own paths; false: UBL's groups have names of their own, above. */
static bool
write_xml_path(const InvoiceRules *rules, const InvoiceGroup *group, int term, int64_t line_no,
			   char *out, size_t size)
{
	int format = xml_format_find(rules->format);
	const XmlPaths *paths = format >= 0 ? xml_paths(format) : NULL;
	const char *below = is_credit_note(rules) ? "CreditNoteLine" : "InvoiceLine";
	bool ubl = paths != NULL && strcmp(paths->format->name, "ubl") == 0;
	const char *root;
	size_t length;

	if (paths == NULL)
		return false;
	root = paths->format->roots[is_credit_note(rules) ? 1 : 0].name;
	length = (size_t) snprintf(out, size, "/%s", strchr(root, ':') ? strchr(root, ':') + 1 : root);
	out += length;
	size -= length;
	if (term >= 0 &&
		xml_paths_locate(paths, term, XML_NO_GROUP, ubl ? below : NULL, line_no, out, size))
		return true;
	if (!ubl && group->kind != INVOICE_DOCUMENT)
		xml_paths_locate(paths, XML_NO_TERM, (int) group->kind, NULL, line_no, out, size);
	return !ubl;
}

/* term: the value in question, -1 = the group as a whole */
static void
write_path(const InvoiceRules *rules, const InvoiceGroup *group, int term, char *out, size_t size)
{
	bool credit = is_credit_note(rules);
	int64_t line_no = line_number(group);
	char step[64] = "";

	if (write_xml_path(rules, group, term, line_no, out, size))
		return;
	if (!rules->structured)
	{
		snprintf(out, size, line_no > 0 ? "/invoice/line[%lld]" : "/invoice", (long long) line_no);
		return;
	}
	snprintf(out, size, credit ? "/CreditNote" : "/Invoice");
	if (line_no > 0)
		snprintf(step, sizeof(step), "/cac:%s[%lld]", credit ? "CreditNoteLine" : "InvoiceLine",
				 (long long) line_no);
	snprintf(out + strlen(out), size - strlen(out), "%s%s", step, group_path(rules, group->kind));
}

static void
report(InvoiceRules *rules, const char *id, FindingSeverity severity, const InvoiceGroup *group,
	   int term, const char *message)
{
	char path[256], location[300];
	Finding finding = {severity, group->place, id, location, message};
	int first = (int) invoice_group_info[group->kind].first;

	finding.place.document_no = rules->place.document_no;
	if (term >= 0 && group->lines != NULL && group->lines[term - first] != 0)
		finding.place.line_no = group->lines[term - first];
	write_path(rules, group, term, path, sizeof(path));
	if (finding.place.line_no > 0)
		snprintf(location, sizeof(location), "%s, line %lld", path,
				 (long long) finding.place.line_no);
	else
		snprintf(location, sizeof(location), "%s", path);
	if (rules->status == PORT_OK && rules->next->finding != NULL)
		rules->status = rules->next->finding(rules->next->state, &finding);
}

/* One sentence, with the figures where there are any. */
static void
fire(InvoiceRules *rules, const Rule *rule, const InvoiceGroup *group, const char *figures)
{
	char message[400];

	snprintf(message, sizeof(message), "%s%s%s", rule->text, *figures ? ": " : "", figures);
	report(rules, rule->id, rule->severity, group, -1, message);
}

static Slice
value_of(const InvoiceGroup *group, int term)
{
	return group->values[term - (int) invoice_group_info[group->kind].first];
}

static Number
number_of(const InvoiceGroup *group, int term)
{
	Slice slice = value_of(group, term);
	Number number = {NUMBER_ABSENT, {0, 0}};

	if (slice.bytes != NULL)
		number.state = decimal_parse(slice.bytes, slice.length, &number.value) == DECIMAL_OK
						   ? NUMBER_GOOD
						   : NUMBER_WRONG;
	return number;
}

static void
add_to_sum(Sum *sum, Number number)
{
	sum->count++;
	if (number.state == NUMBER_WRONG ||
		(number.state == NUMBER_GOOD && !decimal_add(sum->value, number.value, &sum->value)))
		sum->wrong = true;
}

static bool
is_blank_text(Slice slice)
{
	for (size_t i = 0; i < slice.length; i++)
		if (!strchr(" \t\r\n", slice.bytes[i]))
			return false;
	return true;
}

static bool
text_is(Slice slice, const char *text)
{
	return slice.bytes != NULL && slice.length == strlen(text) &&
		   strncasecmp(slice.bytes, text, slice.length) == 0;
}

/* Codes compare case and all. */
static bool
same_code(Slice slice, const char *code)
{
	return slice.length == strlen(code) && memcmp(slice.bytes, code, slice.length) == 0;
}

/* -- lexical checks ------------------------------------------------------------------------- */

static void
report_value(InvoiceRules *rules, const InvoiceGroup *group, int term, const char *id,
			 const char *what)
{
	const InvoiceTermInfo *info = &invoice_term_info[term];
	Slice slice = value_of(group, term);
	char message[300], key[24];
	size_t i;

	for (i = 0; info->key[i] && i < sizeof(key) - 1; i++)
		key[i] = (char) (info->key[i] == '_'   ? '-'
						 : info->key[i] >= 'a' ? info->key[i] - 32
											   : info->key[i]);
	key[i] = '\0';
	snprintf(message, sizeof(message), "%s%s%s%s is %s: \"%.*s\"", info->text, *key ? " (" : "",
			 key, *key ? ")" : "", what, slice.length > 80 ? 80 : (int) slice.length, slice.bytes);
	report(rules, id, FINDING_FATAL, group, term, message);
}

/* Amounts and dates that are none; rules that need them stay silent. */
static void
check_values(InvoiceRules *rules, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	for (int term = (int) info->first; term <= (int) info->last; term++)
	{
		InvoiceTermType type = invoice_term_info[term].type;
		Slice slice = value_of(group, term);
		Decimal value;

		if (slice.bytes == NULL || type < TERM_TYPE_DATE || type > TERM_TYPE_PERCENT)
			continue;
		/* these two came with their tax totals */
		if (rules->structured && (term == TERM_BT_110 || term == TERM_BT_111))
			continue;
		if (type == TERM_TYPE_DATE)
		{
			if (!rules_good_date(slice))
				report_value(rules, group, term, "VALUE-DATE", "not a date of the form YYYY-MM-DD");
			continue;
		}
		switch (decimal_parse(slice.bytes, slice.length, &value))
		{
			case DECIMAL_OK:
				break;
			case DECIMAL_TOO_LONG:
				report_value(rules, group, term, "VALUE-RANGE", "a number of more than 38 digits");
				break;
			default:
				report_value(rules, group, term, "VALUE-NUMBER", "not a decimal number");
				break;
		}
	}
}

/* -- the kinds of check --------------------------------------------------------------------- */

static void
check_total(InvoiceRules *rules, const Rule *rule, const InvoiceGroup *group,
			const InvoiceGroup *document)
{
	Number found = number_of(document, rule->operands[0].term);
	const Sum *sum = &rules->sums[rule->operands[1].term];
	Decimal expected = decimal_round_xpath(sum->value, 2);
	char figures[160];

	if (found.state == NUMBER_WRONG || sum->wrong)
		return;
	if (found.state == NUMBER_ABSENT &&
		(!rules->structured || (rule->check == CHECK_TOTAL_IF && sum->count == 0)))
		return;
	if (found.state == NUMBER_GOOD && decimal_compare(found.value, expected) == 0)
		return;
	rules_write_figures(figures, sizeof(figures), found, expected);
	fire(rules, rule, group, figures);
}

typedef struct Side
{
	Decimal value;
	bool missing, wrong, round;
} Side;

static void
add_operand(Side *side, const RuleOperand *operand, Number number)
{
	Decimal value = operand->sign < 0 ? decimal_negate(number.value) : number.value;

	if (number.state == NUMBER_WRONG)
		side->wrong = true;
	else if (number.state == NUMBER_ABSENT)
		side->missing |= (operand->flags & OPERAND_OPTIONAL) == 0;
	else
	{
		side->wrong |= !decimal_add(side->value, value, &side->value);
		side->round |= (operand->flags & OPERAND_OPTIONAL) != 0;
	}
}

static void
check_balance(InvoiceRules *rules, const Rule *rule, const InvoiceGroup *group,
			  const InvoiceGroup *document)
{
	Side left = {0}, right = {0};
	Number found = {NUMBER_GOOD, {0, 0}};
	char figures[160] = "";

	for (const RuleOperand *operand = rule->operands; operand->sign != 0; operand++)
		add_operand(operand->flags & OPERAND_LEFT ? &left : &right, operand,
					number_of(document, operand->term));
	if (left.wrong || right.wrong || (!rules->structured && (left.missing || right.missing)))
		return;
	if (left.round)
		left.value = decimal_round_xpath(left.value, 2);
	if (right.round)
		right.value = decimal_round_xpath(right.value, 2);
	if (!left.missing && !right.missing && decimal_compare(left.value, right.value) == 0)
		return;
	found.value = left.value;
	if (!left.missing && !right.missing)
		rules_write_figures(figures, sizeof(figures), found, right.value);
	else
		snprintf(figures, sizeof(figures), "an amount is missing");
	fire(rules, rule, group, figures);
}

static void
check_tax_sum(InvoiceRules *rules, const Rule *rule, const InvoiceGroup *group, Number found)
{
	Decimal expected = decimal_round_xpath(rules->breakdown.value, 2);
	char figures[160];

	if (rules->breakdown.count == 0 || rules->breakdown.wrong || found.state == NUMBER_WRONG ||
		(found.state == NUMBER_ABSENT && !rules->structured) ||
		(found.state == NUMBER_GOOD && decimal_compare(found.value, expected) == 0))
		return;
	rules_write_figures(figures, sizeof(figures), found, expected);
	fire(rules, rule, group, figures);
}

static void
check_tax_total(InvoiceRules *rules, const Rule *rule, const InvoiceGroup *document)
{
	Slice currency = value_of(document, TERM_BT_5);
	Number gross = number_of(document, TERM_BT_112), net = number_of(document, TERM_BT_109);
	const TaxTotal *total = NULL;
	int count = 0;
	char figures[160] = "";
	Decimal expected;

	if (currency.bytes == NULL)
		return;
	for (int i = 0; i < rules->tax_total_count; i++)
		if (rules->tax_totals[i].has_currency &&
			rules->tax_totals[i].amount.state != NUMBER_ABSENT &&
			same_code(currency, rules->tax_totals[i].currency))
		{
			total = &rules->tax_totals[i];
			count++;
		}
	if (gross.state == NUMBER_WRONG || net.state == NUMBER_WRONG ||
		(count == 1 && total->amount.state == NUMBER_WRONG))
		return;
	if (!rules->structured &&
		(count != 1 || gross.state == NUMBER_ABSENT || net.state == NUMBER_ABSENT))
		return;
	if (count != 1)
		snprintf(figures, sizeof(figures), "found %d tax totals in currency %.*s, expected one",
				 count, (int) (currency.length > 3 ? 3 : currency.length), currency.bytes);
	else if (gross.state == NUMBER_ABSENT || net.state == NUMBER_ABSENT)
		snprintf(figures, sizeof(figures), "an amount is missing");
	else if (!decimal_add(net.value, total->amount.value, &expected))
		return;
	else
	{
		expected = decimal_round_xpath(expected, 2);
		if (decimal_compare(gross.value, expected) == 0)
			return;
		rules_write_figures(figures, sizeof(figures), gross, expected);
	}
	fire(rules, rule, document, figures);
}

static void
check_tax_amount(InvoiceRules *rules, const Rule *rule, const InvoiceGroup *group)
{
	Number tax = number_of(group, TERM_BT_117), base = number_of(group, TERM_BT_116);
	Number rate = number_of(group, TERM_BT_119);
	Decimal expected;
	char figures[160];
	bool too_wide = false;

	if (rules->structured && !rules->marks[MARK_TAX_CATEGORY])
		rate.state = NUMBER_ABSENT;
	if (tax.state == NUMBER_WRONG || base.state == NUMBER_WRONG || rate.state == NUMBER_WRONG)
		return;
	if (!rules->structured &&
		(tax.state == NUMBER_ABSENT || base.state == NUMBER_ABSENT || rate.state == NUMBER_ABSENT))
		return;
	if (rules_tax_holds(tax, base, rate, &expected, &too_wide))
	{
		if (too_wide)
			report_value(rules, group, TERM_BT_116, "VALUE-RANGE", "too large for the VAT check");
		return;
	}
	rules_write_figures(figures, sizeof(figures), tax, expected);
	fire(rules, rule, group, figures);
}

static bool
any_present(const Rule *rule, const InvoiceGroup *group)
{
	for (const RuleOperand *operand = rule->operands; operand->sign != 0; operand++)
		if (value_of(group, operand->term).bytes != NULL)
			return true;
	return false;
}

static void
apply(InvoiceRules *rules, const Rule *rule, const InvoiceGroup *group,
	  const InvoiceGroup *document)
{
	Slice first = {NULL, 0};
	bool holds = true;

	if (rule->check == CHECK_ANY || rule->check == CHECK_NOT_BLANK || rule->check == CHECK_PREFIX ||
		rule->check == CHECK_NOT_BOTH)
		first = value_of(group, rule->operands[0].term);
	switch (rule->check)
	{
		case CHECK_ANY:
			holds = any_present(rule, group);
			break;
		case CHECK_NOT_BLANK:
			holds = first.bytes != NULL && !is_blank_text(first);
			break;
		case CHECK_NOT_BOTH:
			holds = first.bytes == NULL || value_of(group, rule->operands[1].term).bytes == NULL;
			break;
		case CHECK_PREFIX:
			holds = first.bytes == NULL || rules_vat_prefix(first);
			break;
		case CHECK_SEEN:
			holds = rules->marks[rule->operands[0].term];
			break;
		case CHECK_TOTAL:
		case CHECK_TOTAL_IF:
			return check_total(rules, rule, group, document);
		case CHECK_BALANCE:
			return check_balance(rules, rule, group, document);
		case CHECK_TAX_TOTAL:
			return check_tax_total(rules, rule, document);
		case CHECK_TAX_SUM:
			return check_tax_sum(rules, rule, group, number_of(group, rule->operands[0].term));
		case CHECK_TAX_AMOUNT:
			return check_tax_amount(rules, rule, group);
	}
	if (!holds)
		fire(rules, rule, group, "");
}

static void
apply_all(InvoiceRules *rules, const InvoiceGroup *group, const InvoiceGroup *document)
{
	for (int i = rules->first_rule[group->kind]; i < rules->first_rule[group->kind + 1]; i++)
	{
		const Rule *rule = &rules_en16931[rules->order[i]];

		if ((!rules->structured && !rule->arithmetic) ||
			(rule->only_if != MARK_NONE && !rules->marks[rule->only_if]) ||
			(rule->when_text != NULL &&
			 !text_is(value_of(group, rule->when_term), rule->when_text)))
			continue;
		apply(rules, rule, group, document);
	}
}

/* -- what passes ---------------------------------------------------------------------------- */

static void
note_tax_total(InvoiceRules *rules, Slice currency, Number amount)
{
	TaxTotal *total;

	if (rules->tax_total_count >= MAX_TAX_TOTALS)
		return;
	total = &rules->tax_totals[rules->tax_total_count++];
	total->amount = amount;
	total->has_currency = currency.bytes != NULL;
	/* longer than any currency: keep enough to be different from all of them */
	snprintf(total->currency, sizeof(total->currency), "%.*s",
			 (int) (currency.length > 15 ? 15 : currency.length),
			 currency.bytes ? currency.bytes : "");
}

static void
note_category(InvoiceRules *rules, const InvoiceGroup *group)
{
	bool vat = text_is(value_of(group, TERM_CATEGORY_SCHEME), "VAT");

	if (vat && value_of(group, TERM_CATEGORY_CODE).bytes != NULL &&
		text_is(value_of(group, TERM_CATEGORY_OWNER), "line"))
		rules->marks[MARK_LINE_CATEGORY] = true;
	/* the rate of a category that names no tax does not count */
	if (vat && text_is(value_of(group, TERM_CATEGORY_OWNER), "tax"))
		rules->marks[MARK_TAX_CATEGORY] = true;
}

static void
note_party_tax(InvoiceRules *rules, const InvoiceGroup *group)
{
	if (text_is(value_of(group, TERM_PARTY_TAX_ROLE), "seller") &&
		text_is(value_of(group, TERM_PARTY_TAX_SCHEME), "VAT") &&
		value_of(group, TERM_PARTY_TAX_COMPANY).bytes != NULL)
		rules->marks[MARK_SELLER_IDENTIFIED] = true;
}

/* Sums and marks; after the rules of the group itself where they are about this group alone. */
static void
note_group(InvoiceRules *rules, const InvoiceGroup *group)
{
	switch (group->kind)
	{
		case INVOICE_SYNTAX:
			rules->structured = true;
			break;
		case INVOICE_LINE:
			add_to_sum(&rules->sums[SUM_LINES], number_of(group, TERM_BT_131));
			rules->marks[MARK_LINE] = true;
			break;
		case INVOICE_ALLOWANCE:
			add_to_sum(&rules->sums[SUM_ALLOWANCES], number_of(group, TERM_BT_92));
			break;
		case INVOICE_CHARGE:
			add_to_sum(&rules->sums[SUM_CHARGES], number_of(group, TERM_BT_99));
			break;
		case INVOICE_TAX:
			add_to_sum(&rules->breakdown, number_of(group, TERM_BT_117));
			rules->marks[MARK_TAX] = true;
			break;
		case INVOICE_TAX_TOTAL:
			note_tax_total(rules, value_of(group, TERM_TAX_TOTAL_CURRENCY),
						   number_of(group, TERM_TAX_TOTAL_AMOUNT));
			break;
		case INVOICE_TOTALS:
			rules->totals_line = group->place.line_no;
			rules->totals_count++;
			break;
		case INVOICE_CATEGORY:
			note_category(rules, group);
			break;
		case INVOICE_PARTY_TAX:
			note_party_tax(rules, group);
			break;
		case INVOICE_PARTY:
			if (text_is(value_of(group, TERM_PARTY_ROLE), "seller"))
				rules->marks[MARK_SELLER] = true;
			break;
		case INVOICE_SELLER_ID:
			rules->marks[MARK_SELLER_IDENTIFIED] = true;
			break;
		default:
			break;
	}
}

static PortStatus
on_begin(void *state, const InvoicePlace *place, const char *format)
{
	InvoiceRules *rules = state;

	rules->format = format;
	rules->structured = false;
	rules->place = *place;
	memset(rules->sums, 0, sizeof(rules->sums));
	memset(&rules->breakdown, 0, sizeof(rules->breakdown));
	memset(rules->marks, 0, sizeof(rules->marks));
	rules->tax_total_count = 0;
	rules->totals_count = 0;
	rules->status = PORT_OK;
	return rules->next->begin ? rules->next->begin(rules->next->state, place, format) : PORT_OK;
}

static PortStatus
on_group(void *state, const InvoiceGroup *group)
{
	InvoiceRules *rules = state;

	/* values of other facts come again as business terms */
	if (!invoice_is_fact(group->kind) || group->kind == INVOICE_TAX_TOTAL)
		check_values(rules, group);
	note_group(rules, group);
	/* totals are judged at the end, when the sums are known */
	if (group->kind != INVOICE_TOTALS)
		apply_all(rules, group, NULL);
	if (group->kind == INVOICE_LINE)
		rules->marks[MARK_LINE_CATEGORY] = false;
	else if (group->kind == INVOICE_TAX)
		rules->marks[MARK_TAX_CATEGORY] = false;
	else if (group->kind == INVOICE_TAX_TOTAL)
		memset(&rules->breakdown, 0, sizeof(rules->breakdown));
	if (rules->status != PORT_OK || invoice_is_fact(group->kind) || rules->next->group == NULL)
		return rules->status;
	return rules->next->group(rules->next->state, group);
}

/* Records have no tax total element: the one in BT-110 is in the document's currency. */
static void
derive_tax_total(InvoiceRules *rules, const InvoiceGroup *document)
{
	Slice values[2] = {value_of(document, TERM_BT_110), value_of(document, TERM_BT_5)};
	InvoiceGroup group = {INVOICE_TAX_TOTAL, document->place, 0, values, NULL};

	note_tax_total(rules, values[1], number_of(&group, TERM_TAX_TOTAL_AMOUNT));
	apply_all(rules, &group, NULL);
}

static PortStatus
on_end(void *state, const InvoiceGroup *document)
{
	InvoiceRules *rules = state;
	InvoiceGroup totals = {INVOICE_TOTALS, document->place, 0, NULL, NULL};

	check_values(rules, document);
	if (!rules->structured)
		derive_tax_total(rules, document);
	if (value_of(document, TERM_BT_30).bytes != NULL)
		rules->marks[MARK_SELLER_IDENTIFIED] = true;
	totals.place.line_no = rules->totals_count > 0 ? rules->totals_line : document->place.line_no;
	if (rules->totals_count > 0 || !rules->structured)
		apply_all(rules, &totals, document);
	apply_all(rules, document, document);
	if (rules->status != PORT_OK || rules->next->end == NULL)
		return rules->status;
	return rules->next->end(rules->next->state, document);
}

static PortStatus
on_finding(void *state, const Finding *finding)
{
	InvoiceRules *rules = state;

	return rules->next->finding ? rules->next->finding(rules->next->state, finding) : PORT_OK;
}

static PortStatus
on_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	InvoiceRules *rules = state;

	return rules->next->extra ? rules->next->extra(rules->next->state, place, path, value)
							  : PORT_OK;
}

static void
sort_by_group(InvoiceRules *rules)
{
	int at = 0;

	for (int kind = 0; kind < INVOICE_GROUP_COUNT; kind++)
	{
		rules->first_rule[kind] = at;
		for (int i = 0; i < rules_en16931_count; i++)
			if ((int) rules_en16931[i].group == kind)
				rules->order[at++] = i;
	}
	rules->first_rule[INVOICE_GROUP_COUNT] = at;
}

InvoiceRules *
invoice_rules_open(const Port *port, const char *profile, const InvoiceSink *next)
{
	InvoiceRules *rules = port->alloc(port->host, sizeof(InvoiceRules));

	(void) profile; /* all profiles contain EN 16931; the sets that add to it are not here yet */
	if (rules == NULL)
		return NULL;
	memset(rules, 0, sizeof(*rules));
	rules->port = port;
	rules->next = next;
	rules->sink.state = rules;
	rules->sink.begin = on_begin;
	rules->sink.group = on_group;
	rules->sink.end = on_end;
	rules->sink.finding = on_finding;
	rules->sink.extra = on_extra;
	sort_by_group(rules);
	return rules;
}

const InvoiceSink *
invoice_rules_sink(InvoiceRules *rules)
{
	return &rules->sink;
}

void
invoice_rules_close(InvoiceRules *rules)
{
	if (rules != NULL)
		rules->port->release(rules->port->host, rules);
}
