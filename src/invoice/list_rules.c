/*
 * list_rules.c: the rule sets of the library, and their rules, as rows.
 */
#include "postgres.h"

#include "core/invoice_model.h"
#include "core/rules_advisory.h"
#include "core/rules_table.h"
#include "export.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_list_rule_sets);
MAILROOM_FUNCTION(mailroom_list_rules);
MAILROOM_FUNCTION(mailroom_list_invoice_models);

/* Shadows have no id, notes of the engine begin with #. */
static bool
is_rule(const Rule *rule)
{
	return rule->id != NULL && *rule->id != '#';
}

/* Parts of a set share its name; the first one tells. */
static bool
is_part(int number)
{
	for (int i = 0; i < number; i++)
		if (strcmp(rules_sets[i]->name, rules_sets[number]->name) == 0)
			return true;
	return false;
}

static Datum
date_of(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return text == NULL ? (Datum) 0 : DirectFunctionCall1(date_in, CStringGetDatum(text));
}

/* mailroom.list_rule_sets() → table(rule_set, version, valid_from, valid_to) */
Datum
mailroom_list_rule_sets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < rules_set_count; i++)
	{
		const RuleSet *set = rules_sets[i];
		bool nulls[4] = {false, false, false, false};
		Datum values[4];

		if (is_part(i))
			continue;
		values[0] = CStringGetTextDatum(set->name);
		values[1] = CStringGetTextDatum(set->version);
		values[2] = date_of(set->valid_from, &nulls[2]);
		values[3] = date_of(set->valid_to, &nulls[3]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static void
put_rule(ReturnSetInfo *rsinfo, const RuleSet *set, const Rule *rule)
{
	static const char *const severities[] = {"fatal", "warning", "information"};
	bool nulls[7] = {false};
	Datum values[7];

	values[0] = CStringGetTextDatum(set->name);
	values[1] = CStringGetTextDatum(rule->id);
	values[2] = CStringGetTextDatum(severities[rule->severity]);
	values[3] = BoolGetDatum((rule->syntaxes & RULE_UBL) != 0);
	values[4] = BoolGetDatum((rule->syntaxes & RULE_CII) != 0);
	values[5] = BoolGetDatum((rule->syntaxes & RULE_MODEL) != 0);
	values[6] = CStringGetTextDatum(rule->text);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_pattern(ReturnSetInfo *rsinfo, const RuleSet *set, const RulePattern *pattern)
{
	for (int i = 0; pattern->count == 0 || i < pattern->count; i++)
	{
		const Rule *rule = &pattern->rules[i];

		if (rule->context == NULL)
			return;
		if (is_rule(rule))
			put_rule(rsinfo, set, rule);
	}
}

/* The advisory layer's elements that are not used; each rule once. */
static void
put_advisory(ReturnSetInfo *rsinfo, uint8_t syntax)
{
	int count;
	const AdvisoryRule *rules = rules_advisory_table(syntax, &count);

	for (int i = 0; i < count; i++)
	{
		char text[300];
		Rule rule = {rules[i].id, FINDING_WARNING, syntax, NULL, NULL, text};

		if (rules[i].id == NULL || rules[i].allowed)
			continue;
		rules_advisory_text(&rules[i], text, sizeof(text));
		put_rule(rsinfo, &rules_advisory, &rule);
	}
}

/* mailroom.list_rules() → table(rule_set, rule, severity, ubl, cii, other, message) */
Datum
mailroom_list_rules(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < rules_set_count; i++)
	{
		const RuleSet *set = rules_sets[i];

		for (int p = 0; p < set->pattern_count; p++)
			put_pattern((ReturnSetInfo *) fcinfo->resultinfo, set, &set->patterns[p]);
	}
	put_advisory((ReturnSetInfo *) fcinfo->resultinfo, RULE_UBL);
	put_advisory((ReturnSetInfo *) fcinfo->resultinfo, RULE_CII);
	return (Datum) 0;
}

/* mailroom.list_invoice_models() → table(model, version, identifier, valid_from, valid_to) */
Datum
mailroom_list_invoice_models(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < invoice_model_count; i++)
	{
		const InvoiceModel *model = &invoice_models[i];
		bool nulls[5] = {false};
		Datum values[5];

		values[0] = CStringGetTextDatum(model->name);
		values[1] = CStringGetTextDatum(model->version);
		values[2] = CStringGetTextDatum(model->identifier);
		values[3] = date_of(model->valid_from, &nulls[3]);
		values[4] = date_of(model->valid_to, &nulls[4]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
