/*
 * invoice_rules.c: the rules between a reader and a consumer.
 *
 * Of XML formats with rules of their own the reader shows every element (xml_watch.h); findings
 * then come back through its queue.  Of all others the groups of the canonical invoice are shown to
 * the same engine as if they were elements, for the arithmetic.  Values that are no dates or
 * numbers are told here, in the words of the model (VALUE-NUMBER ...).
 */
#include "core/invoice_rules.h"

#include "core/rules_advisory.h"
#include "core/rules_run.h"
#include "core/rules_value.h"
#include "core/xml_paths.h"
#include "core/xml_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD_FINDINGS 8

typedef struct HeldFinding
{
	Finding finding;
	char rule[24], location[480], message[320];
} HeldFinding;

struct InvoiceRules
{
	const Port *port;
	const InvoiceSink *next;
	InvoiceSink sink;
	XmlWatch watch;
	XmlInvoice *reader; /* whose queue takes the findings */
	RuleRun *run;
	RuleRun *model;			/* of formats without rules on their elements */
	RuleAdvisory *advisory; /* NULL: not asked for */

	const char *format;
	bool structured; /* the format's elements are judged */
	bool typed;		 /* a value of this document is known to be wrong */
	bool official;	 /* judge as the official rules do */
	bool doubtful;	 /* the engine met a value that a rule needs */
	HeldFinding doubt;
	HeldFinding held[HELD_FINDINGS]; /* on values, until it is known which of them a rule needs */
	int held_count;
	InvoicePlace place;
	PortStatus status;
};

static const char *const profiles[] = {"en16931", "peppol", "peppol-selfbilling", "xrechnung",
									   "cius-ro"};

bool
invoice_rules_knows(const char *profile)
{
	size_t length = profile == NULL ? 0 : strcspn(profile, "+");

	if (profile == NULL)
		return true;
	if (profile[length] != '\0' && !rules_advisory_wanted(profile))
		return false;
	if (length == 0)
		return *profile == '+';
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

/* -- findings on values -------------------------------------------------------------------------
 */

static void
hold(HeldFinding *held, const Finding *finding, const char *rule)
{
	held->finding = *finding;
	snprintf(held->rule, sizeof(held->rule), "%s", rule);
	snprintf(held->location, sizeof(held->location), "%s", finding->location);
	snprintf(held->message, sizeof(held->message), "%s", finding->message);
	held->finding.rule = held->rule;
	held->finding.location = held->location;
	held->finding.message = held->message;
}

static void
tell(InvoiceRules *rules, const Finding *finding)
{
	if (rules->status == PORT_OK && rules->next->finding != NULL)
		rules->status = rules->next->finding(rules->next->state, finding);
}

/*
 * A value that is not what it should be is fatal for those who store it.  The official rules accept
 * it unless one of them needs it, which the engine tells at the end: until then it waits, and if
 * too many do it is a warning.
 */
static void
tell_own(InvoiceRules *rules, const Finding *finding)
{
	Finding told = *finding;

	if (!rules->official || !rules->structured)
	{
		rules->typed = true;
		return tell(rules, finding);
	}
	if (rules->held_count < HELD_FINDINGS)
		return hold(&rules->held[rules->held_count++], finding, finding->rule);
	told.severity = FINDING_WARNING;
	tell(rules, &told);
}

static void
tell_held(InvoiceRules *rules)
{
	for (int i = 0; i < rules->held_count; i++)
	{
		Finding *held = &rules->held[i].finding;

		if (rules->doubtful && !rules->typed &&
			held->place.line_no == rules->doubt.finding.place.line_no)
			rules->typed = true;
		else
			held->severity = FINDING_WARNING;
		tell(rules, held);
	}
	/* the reason why rules were silent, unless it has been told already */
	if (rules->doubtful && !rules->typed)
		tell(rules, &rules->doubt.finding);
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
	tell_own(rules, &finding);
}

static Slice
value_of(const InvoiceGroup *group, int term)
{
	return group->values[term - (int) invoice_group_info[group->kind].first];
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
			 key, *key ? ")" : "", what, slice_shown(slice, 80), slice.bytes);
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

/* -- elements of XML formats ------------------------------------------------------------------ */

static void
watch_begin(void *state, XmlInvoice *reader, const XmlPaths *paths, int root,
			const XmlElement *element, const InvoicePlace *place)
{
	InvoiceRules *rules = state;
	const RuleSyntaxInfo *syntax = rules_syntax(paths->format->roots[root].label);

	rules->reader = NULL;
	if (syntax == NULL)
		return;
	rules->reader = reader;
	rules_run_begin(rules->run, rules_program(syntax, xml_paths_vocabulary()), place, element);
	if (rules->advisory != NULL)
		rules_advisory_begin(rules->advisory, syntax, xml_paths_vocabulary(), place, element);
}

static void
watch_start(void *state, uint16_t node, const XmlElement *element, int64_t line)
{
	InvoiceRules *rules = state;

	(void) node;
	if (rules->reader == NULL)
		return;
	rules_run_start(rules->run, element, line);
	if (rules->advisory != NULL)
		rules_advisory_start(rules->advisory, element, line);
}

static void
watch_text(void *state, const char *bytes, size_t length)
{
	InvoiceRules *rules = state;

	if (rules->reader != NULL)
		rules_run_text(rules->run, bytes, length);
}

static void
watch_end(void *state, uint16_t node)
{
	InvoiceRules *rules = state;

	(void) node;
	if (rules->reader == NULL)
		return;
	rules_run_end(rules->run);
	if (rules->advisory != NULL)
		rules_advisory_end(rules->advisory);
}

static void
watch_finish(void *state)
{
	InvoiceRules *rules = state;

	if (rules->reader != NULL)
		rules_run_finish(rules->run);
}

static bool
watch_failed(void *state)
{
	const InvoiceRules *rules = state;

	return rules->run->failed || buffer_failed(&rules->run->text);
}

static void
take_finding(void *host, const Finding *finding)
{
	InvoiceRules *rules = host;

	xml_watch_finding(rules->reader, finding);
}

/* Not an official rule: a value that cannot be stored as what it is. */
static bool
is_own(const char *rule)
{
	return strncmp(rule, "VALUE-", 6) == 0 || strcmp(rule, "UBL-REPEATED") == 0 ||
		   strcmp(rule, "CII-REPEATED") == 0;
}

/*
 * The engine marks its own finding on a value: it waits until the end whether there is a better
 * one.
 */
static bool
hold_back(InvoiceRules *rules, const Finding *finding)
{
	if (*finding->rule != RULE_DOUBT)
	{
		if (finding->severity != FINDING_FATAL || !is_own(finding->rule))
			return false;
		tell_own(rules, finding);
		return true;
	}
	rules->doubtful = true;
	hold(&rules->doubt, finding, finding->rule + 1);
	return true;
}

/* "/invoice/bg_25[3]/bt_131" in the words of the format. */
static void
write_model_path(const InvoiceRules *rules, const char *location, char *out, size_t size)
{
	static const Slice nothing[INVOICE_TERM_COUNT];
	InvoiceGroup group = {INVOICE_DOCUMENT, rules->place, 0, nothing, NULL};
	const char *key = strstr(location, "/bg_");
	size_t length = key == NULL ? 0 : strcspn(++key, "[/,");

	for (int kind = 0; key != NULL && kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		if (strlen(invoice_group_info[kind].key) == length &&
			memcmp(invoice_group_info[kind].key, key, length) == 0)
			group.kind = (InvoiceGroupKind) kind;
	group.place.group_no = key != NULL && key[length] == '[' ? atoll(key + length + 1) : 0;
	write_path(rules, &group, -1, out, size);
}

static void
pass_finding(void *host, const Finding *finding)
{
	InvoiceRules *rules = host;
	char path[256], location[300];
	Finding told = *finding;

	write_model_path(rules, finding->location, path, sizeof(path));
	snprintf(location, sizeof(location), told.place.line_no > 0 ? "%s, line %lld" : "%s", path,
			 (long long) told.place.line_no);
	told.location = location;
	finding = &told;
	if (!hold_back(rules, finding))
		tell(rules, finding);
}

/* -- the canonical invoice as elements --------------------------------------------------------- */

static XmlVocabulary model_names;

static uint16_t model_root_name(void);

static XmlElement
model_element(const char *name)
{
	return (XmlElement){.name = xml_vocabulary_find(&model_names, name), .text = name};
}

static void
show_values(InvoiceRules *rules, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];

	for (int term = (int) info->first; term <= (int) info->last; term++)
	{
		Slice value = value_of(group, term);
		XmlElement element;

		if (value.bytes == NULL || *invoice_term_info[term].key == '\0')
			continue;
		element = model_element(invoice_term_info[term].key);
		if (element.name == 0)
			continue;
		rules_run_start(rules->model, &element,
						group->lines != NULL && group->lines[term - (int) info->first] != 0
							? group->lines[term - (int) info->first]
							: group->place.line_no);
		rules_run_text(rules->model, value.bytes, value.length);
		rules_run_end(rules->model);
	}
}

static void
show_group(InvoiceRules *rules, const InvoiceGroup *group)
{
	XmlElement element = model_element(invoice_group_info[group->kind].key);

	if (element.name == 0)
		return;
	rules_run_start(rules->model, &element, group->place.line_no);
	show_values(rules, group);
	rules_run_end(rules->model);
}

void
invoice_rules_prepare(void)
{
	(void) rules_program(rules_syntax("ubl-invoice"), xml_paths_vocabulary());
	(void) rules_program(rules_syntax("cii"), xml_paths_vocabulary());
	(void) model_root_name();
	(void) rules_program(&rules_syntax_model, &model_names);
}

const char *
invoice_rules_problem(void)
{
	return rules_program_problem();
}

static uint16_t
model_root_name(void)
{
	uint16_t number = xml_vocabulary_find(&model_names, "invoice");

	return number != 0 ? number : xml_vocabulary_add(&model_names, "invoice");
}

static void
show_begin(InvoiceRules *rules, const InvoicePlace *place)
{
	XmlElement root = {.name = model_root_name(), .text = "invoice"};

	rules_run_begin(rules->model, rules_program(&rules_syntax_model, &model_names), place, &root);
}

/* -- the sink ---------------------------------------------------------------------------------- */

static PortStatus
on_begin(void *state, const InvoicePlace *place, const char *format)
{
	InvoiceRules *rules = state;

	rules->format = format;
	rules->structured = rules_syntax(format) != NULL;
	rules->place = *place;
	rules->status = PORT_OK;
	rules->typed = rules->doubtful = false;
	rules->held_count = 0;
	if (!rules->structured)
		show_begin(rules, place);
	return rules->next->begin ? rules->next->begin(rules->next->state, place, format) : PORT_OK;
}

static PortStatus
on_group(void *state, const InvoiceGroup *group)
{
	InvoiceRules *rules = state;

	check_values(rules, group);
	if (!rules->structured)
		show_group(rules, group);
	if (rules->status == PORT_OK && (rules->run->failed || rules->model->failed))
		rules->status = PORT_NO_MEMORY;
	if (rules->status != PORT_OK || rules->next->group == NULL)
		return rules->status;
	return rules->next->group(rules->next->state, group);
}

static PortStatus
on_end(void *state, const InvoiceGroup *document)
{
	InvoiceRules *rules = state;

	check_values(rules, document);
	if (!rules->structured)
	{
		show_values(rules, document);
		rules_run_finish(rules->model);
	}
	tell_held(rules);
	if (rules->status == PORT_OK && (rules->run->failed || rules->model->failed))
		rules->status = PORT_NO_MEMORY;
	if (rules->status != PORT_OK || rules->next->end == NULL)
		return rules->status;
	return rules->next->end(rules->next->state, document);
}

static PortStatus
on_finding(void *state, const Finding *finding)
{
	InvoiceRules *rules = state;

	if (!hold_back(rules, finding))
		tell(rules, finding);
	return rules->status;
}

static PortStatus
on_extra(void *state, const InvoicePlace *place, const char *path, Slice value)
{
	InvoiceRules *rules = state;

	return rules->next->extra ? rules->next->extra(rules->next->state, place, path, value)
							  : PORT_OK;
}

InvoiceRules *
invoice_rules_open(const Port *port, const char *profile, const RuleCodes *codes,
				   const InvoiceSink *next)
{
	InvoiceRules *rules = port->alloc(port->host, sizeof(InvoiceRules));

	if (rules == NULL)
		return NULL;
	memset(rules, 0, sizeof(*rules));
	rules->port = port;
	rules->run = rules_run_open(port, codes, profile, take_finding, rules);
	rules->model = rules_run_open(port, codes, profile, pass_finding, rules);
	if (rules_advisory_wanted(profile))
		rules->advisory = rules_advisory_open(port, take_finding, rules);
	if (rules->run == NULL || rules->model == NULL ||
		(rules->advisory == NULL && rules_advisory_wanted(profile)))
	{
		invoice_rules_close(rules);
		return NULL;
	}
	rules->next = next;
	rules->sink = (InvoiceSink){.state = rules,
								.begin = on_begin,
								.group = on_group,
								.end = on_end,
								.finding = on_finding,
								.extra = on_extra,
								.watch = &rules->watch};
	rules->watch = (XmlWatch){.state = rules,
							  .begin = watch_begin,
							  .start = watch_start,
							  .text = watch_text,
							  .end = watch_end,
							  .finish = watch_finish,
							  .failed = watch_failed};
	return rules;
}

void
invoice_rules_as_official(InvoiceRules *rules)
{
	rules->official = true;
}

void
invoice_rules_again(InvoiceRules *rules, const RuleCodes *codes)
{
	rules->run->codes = rules->model->codes = codes;
	rules->format = NULL;
	rules->structured = rules->typed = rules->doubtful = false;
	rules->held_count = 0;
	rules->status = PORT_OK;
	rules->place = (InvoicePlace){0};
}

const InvoiceSink *
invoice_rules_sink(InvoiceRules *rules)
{
	return &rules->sink;
}

void
invoice_rules_close(InvoiceRules *rules)
{
	if (rules == NULL)
		return;
	rules_run_close(rules->run);
	rules_run_close(rules->model);
	rules_advisory_close(rules->advisory);
	rules->port->release(rules->port->host, rules);
}
