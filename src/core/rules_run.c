/*
 * rules_run.c: when rules run, and what they report.
 *
 * A line's rules run when it ends, all others at the end of the document, in its order.  Within a
 * pattern the first context that takes a node decides which tests it has to pass.
 */
#include "core/rules_run.h"

#include "core/rules_advisory.h"
#include "core/rules_evaluate.h"

#include <stdio.h>
#include <string.h>

RuleRun *
rules_run_open(const Port *port, const RuleCodes *codes, const char *profile, RuleEmit emit,
			   void *host)
{
	RuleRun *run = port->alloc(port->host, sizeof(RuleRun));

	if (run == NULL)
		return NULL;
	memset(run, 0, sizeof(*run));
	run->port = port;
	run->codes = codes;
	for (int i = 0; i < rules_set_count; i++)
		if (rules_set_in_force(rules_sets, rules_set_count, i, rule_codes_day(codes)))
			run->in_force |= 1u << i;
	run->profile = profile;
	run->emit = emit;
	run->host = host;
	buffer_init(&run->text, port);
	run->scratch = port->alloc(port->host, RULE_SCRATCH_BYTES);
	if (run->scratch == NULL)
	{
		port->release(port->host, run);
		return NULL;
	}
	return run;
}

void
rules_run_close(RuleRun *run)
{
	if (run == NULL)
		return;
	buffer_release(&run->text);
	run->port->release(run->port->host, run->scratch);
	run->port->release(run->port->host, run->nodes);
	run->port->release(run->port->host, run->heads);
	run->port->release(run->port->host, run->waiting);
	run->port->release(run->port->host, run->links);
	run->port->release(run->port->host, run->categories);
	run->port->release(run->port->host, run);
}

/* -- which rules ---------------------------------------------------------------------------- */

static bool
profile_names(const char *profile, const char *name)
{
	size_t length = strcspn(profile, "+");

	/* layers above contain those below: peppol-selfbilling is no peppol, but all are EN 16931 */
	return strlen(name) == length && memcmp(profile, name, length) == 0;
}

static bool
document_holds(RuleRun *run, uint32_t op)
{
	bool holds;

	run->wrong = false;
	run->choosing = true;
	holds = rules_holds(run, op, 1) && !run->wrong;
	run->choosing = false;
	return holds;
}

/*
 * The contexts of the patterns that apply, without the others: documents of one sender have the
 * same, so the list is kept until they change.
 */
static bool
link_contexts(RuleRun *run)
{
	const RuleProgram *program = run->program;
	size_t paths = (size_t) program->path_count + 1;
	size_t wanted = 2 * paths + (size_t) program->context_count + 1;
	uint32_t *first, *notes, *next;

	if (run->link_count < wanted)
	{
		uint32_t *made =
			port_resize_array(run->port, run->links, run->link_count, wanted, sizeof(*made));

		if (made == NULL)
		{
			run->failed = true;
			return false;
		}
		run->links = made;
		run->link_count = wanted;
	}
	first = run->links;
	notes = first + paths;
	next = notes + paths;
	for (int path = 1; path <= program->path_count; path++)
	{
		uint32_t *last[2] = {&first[path], &notes[path]};

		for (uint32_t at = program->paths[path].contexts; at != 0; at = program->contexts[at].next)
		{
			int pattern = program->contexts[at].pattern, list = program->patterns[pattern].notes;

			if (!run->pattern_on[pattern])
				continue;
			*last[list] = at;
			last[list] = &next[at];
		}
		*last[0] = *last[1] = 0;
	}
	run->first_context = first;
	run->first_note = notes;
	run->next_context = next;
	return true;
}

/* At the first line by the header so far, at the end by all of it. */
static void
choose_patterns(RuleRun *run)
{
	const RuleProgram *program = run->program;

	uint32_t sets = 0;

	run->chosen = true;
	for (int i = 0; i < program->set_count; i++)
	{
		const RuleSet *set = program->sets[i].set;
		bool on;

		if ((run->in_force & 1u << i) == 0)
			on = false;
		else if (set->detect == NULL)
			on = true;
		else if (set == &rules_advisory)
			on = rules_advisory_wanted(run->profile);
		else if (run->profile != NULL && *run->profile != '+')
			on = profile_names(run->profile, set->name);
		else
			on = document_holds(run, program->sets[i].detect);
		sets |= on ? 1u << i : 0;
	}
	for (int i = 0; i < program->pattern_count; i++)
	{
		bool on =
			(program->patterns[i].sets & sets) != 0 &&
			(program->patterns[i].when == 0 || document_holds(run, program->patterns[i].when));

		run->mask_known &= run->pattern_on[i] == on;
		run->pattern_on[i] = on;
	}
	if (!run->mask_known)
		run->mask_known = link_contexts(run);
	run->chosen_nodes = program->choice_by_lines ? 0 : run->line_node;
}

/* -- findings ------------------------------------------------------------------------------- */

static void
emit(RuleRun *run, const char *id, FindingSeverity severity, const char *path, uint32_t line,
	 const char *message)
{
	char location[460];
	Finding finding = {severity, run->place, id, location, message};

	finding.place.line_no = line;
	finding.place.group_no = 0;
	snprintf(location, sizeof(location), line > 0 ? "%s, line %u" : "%s", path, line);
	run->emit(run->host, &finding);
}

static void
fire(RuleRun *run, const Rule *rule, uint32_t op, uint32_t node)
{
	char message[600], path[400];

	*run->detail = '\0';
	rules_explain(run, op, node);
	snprintf(message, sizeof(message), "%s%s%s", rule->text, *run->detail ? ": " : "", run->detail);
	rules_write_path(run, node, path, sizeof(path));
	emit(run, rule->id, rule->severity, path, run->nodes[node].line, message);
}

static void
keep_text(RuleRun *run, RuleWaiting *waiting, uint32_t node)
{
	Slice text;

	run->wrong = false;
	run->rule_node = node;
	text = rules_eval_text(run, run->program->tests[waiting->test].kept, node);
	waiting->kept_length =
		(uint8_t) (text.length < sizeof(waiting->kept) ? text.length : sizeof(waiting->kept));
	memcpy(waiting->kept, text.length > 0 ? text.bytes : "", waiting->kept_length);
}

static void
wait_for_header(RuleRun *run, uint32_t test, uint32_t node)
{
	if (run->waiting_count == run->waiting_capacity)
	{
		size_t capacity = run->waiting_capacity == 0 ? 64 : run->waiting_capacity * 2;
		RuleWaiting *waiting = port_resize_array(run->port, run->waiting, run->waiting_capacity,
												 capacity, sizeof(*waiting));

		if (waiting == NULL)
		{
			run->failed = true;
			return;
		}
		run->waiting = waiting;
		run->waiting_capacity = capacity;
	}
	run->waiting[run->waiting_count] = (RuleWaiting){
		.test = test, .line = run->nodes[node].line, .ordinal = (uint32_t) run->line_count};
	if (run->program->tests[test].kept != 0)
		keep_text(run, &run->waiting[run->waiting_count], node);
	run->waiting_count++;
}

static void
run_test(RuleRun *run, uint32_t number, uint32_t node)
{
	const RuleTest *test = &run->program->tests[number];
	bool holds;

	if (test->deferred)
		return wait_for_header(run, number, node);
	run->wrong = false;
	run->rule_node = node;
	holds = rules_holds(run, test->op, node);
	if (!holds && !run->wrong)
		fire(run, test->rule, test->op, node);
}

static void
run_contexts(RuleRun *run, uint32_t node, uint32_t at)
{
	const RuleProgram *program = run->program;

	while (at != 0)
	{
		const RuleContext *context = &program->contexts[at];
		int pattern = context->pattern;
		bool taken;

		at = run->next_context[at];
		run->wrong = false;
		run->rule_node = node;
		run->scratch_length = 0;
		run->choosing = true;
		taken = rules_conditions_hold(run, context->conditions, node) && !run->wrong;
		run->choosing = false;
		if (!taken)
			continue;
		for (uint32_t test = context->tests; test != 0; test = program->tests[test].next)
			run_test(run, test, node);
		while (at != 0 && program->contexts[at].pattern == pattern)
			at = run->next_context[at];
	}
}

/* at: the first context of the node */
static inline void
run_node(RuleRun *run, uint32_t node, uint32_t at)
{
	if (at != 0)
		run_contexts(run, node, at);
}

/* -- lines ---------------------------------------------------------------------------------- */

static void
add_to_sum(RuleRun *run, int sum)
{
	const RuleSumOver *over = &run->program->sums[sum];
	const RuleTarget *target = &run->program->targets[over->target];
	RuleTotal *total = &run->sums[sum];

	run->wrong = false;
	run->scratch_length = 0;
	for (uint32_t node = run->heads[target->path]; node >= run->line_node;
		 node = run->nodes[node].previous)
	{
		Number number;

		if (target->conditions != 0 && !rules_conditions_hold(run, target->conditions, node))
			continue;
		total->count++;
		if (!over->decimals)
			continue;
		number = rules_node_number(run, node, true);
		total->wrong |=
			number.state != NUMBER_GOOD || !decimal_add(total->value, number.value, &total->value);
	}
	total->wrong |= run->wrong;
}

/* In their order, but only those over paths that the line has. */
static void
add_to_sums(RuleRun *run)
{
	const RuleProgram *program = run->program;
	uint64_t wanted[RULE_MAX_SUMS / 64] = {0};

	for (uint32_t node = run->line_node; node < run->node_count; node++)
		for (uint16_t sum = program->paths[run->nodes[node].path].sums; sum != 0;
			 sum = program->sums[sum].next)
			wanted[sum / 64] |= UINT64_C(1) << sum % 64;
	for (int i = 0; i < RULE_MAX_SUMS / 64; i++)
		for (; wanted[i] != 0; wanted[i] &= wanted[i] - 1)
			add_to_sum(run, i * 64 + __builtin_ctzll(wanted[i]));
}

static void
end_line(RuleRun *run)
{
	if (!run->chosen)
		choose_patterns(run);
	if (run->failed)
		return;
	for (uint32_t node = run->line_node; node < run->node_count; node++)
	{
		run_node(run, node, run->first_note[run->nodes[node].path]);
		run_node(run, node, run->first_context[run->nodes[node].path]);
	}
	add_to_sums(run);
	rules_drop_nodes(run, run->line_node);
	run->line_node = 0;
}

void
rules_run_end(RuleRun *run)
{
	uint32_t node;

	run->text_node = 0;
	if (run->depth == 0 || --run->depth >= RULE_MAX_DEPTH || run->failed)
		return;
	node = run->open_nodes[run->depth];
	if (node == 0)
		return;
	run->nodes[node].end = run->node_count;
	if (node == run->line_node)
		end_line(run);
}

/* -- documents ------------------------------------------------------------------------------ */

/* What is kept between documents holds for one program only. */
static void
forget_program(RuleRun *run)
{
	memset(run->found, 0, sizeof(run->found));
	run->mask_known = false;
}

bool
rules_run_begin(RuleRun *run, const RuleProgram *program, const InvoicePlace *place,
				const XmlElement *element)
{
	size_t heads = (size_t) program->path_count + 1;

	if (run->head_count < heads)
	{
		uint32_t *made =
			port_resize_array(run->port, run->heads, run->head_count, heads, sizeof(*made));

		if (made == NULL)
			return false;
		run->heads = made;
		run->head_count = heads;
	}
	memset(run->heads, 0, heads * sizeof(*run->heads));
	memset(run->sums, 0, sizeof(*run->sums) * (size_t) (program->sum_count + 1));
	buffer_reset(&run->text);
	if (run->program != program)
		forget_program(run);
	run->program = program;
	run->place = *place;
	run->root = program->vocabulary->names[element->name];
	run->node_count = 1;
	memset(run->ordinals, 0, sizeof(run->ordinals));
	if (run->category_count > 0)
		memset(run->category_slots, 0, sizeof(run->category_slots));
	run->waiting_count = run->category_count = 0;
	run->depth = 0;
	run->line_node = 0;
	run->line_count = 0;
	run->chosen = run->failed = run->wrong = false;
	run->wrong_rule = NULL;
	rules_run_start(run, element, place->line_no);
	return !run->failed;
}

static void
run_waiting(RuleRun *run)
{
	for (size_t i = 0; i < run->waiting_count; i++)
	{
		const RuleWaiting *waiting = &run->waiting[i];
		const RuleTest *test = &run->program->tests[waiting->test];
		char path[120];

		run->wrong = false;
		run->kept = (Slice){waiting->kept, waiting->kept_length};
		if (rules_holds(run, test->op, 1) || run->wrong)
			continue;
		snprintf(path, sizeof(path), "/%s, invoice line %u", run->root, waiting->ordinal);
		emit(run, test->rule->id, test->rule->severity, path, waiting->line, test->rule->text);
	}
}

/* On which the official sheet would have given up. */
static void
report_wrong(RuleRun *run)
{
	static const struct
	{
		const char *rule, *text;
	} texts[] = {
		{"?VALUE-SEVERAL", "more than one stands where one is allowed"},
		{"?VALUE-NUMBER", "the value is not a number"},
		{"?VALUE-DATE", "the value is not a date"},
		{"?VALUE-BOOLEAN", "the value is neither true nor false"},
		{"?VALUE-RANGE", "the number is too large"},
		{"?RULES-LIMIT", "more different VAT categories and rates than can be summed up"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(run->wrong_rule, texts[i].rule + 1) == 0)
			emit(run, texts[i].rule, FINDING_FATAL, run->wrong_path, run->wrong_line,
				 texts[i].text);
}

void
rules_run_finish(RuleRun *run)
{
	if (run->failed || run->node_count < 2)
		return;
	run->nodes[1].end = run->node_count;
	/* nothing of the header stands behind the first line: the choice would be the same */
	if (!run->chosen || run->chosen_nodes != run->node_count)
		choose_patterns(run);
	if (run->failed)
		return;
	for (uint32_t node = 1; node < run->node_count; node++)
		run_node(run, node, run->first_note[run->nodes[node].path]);
	for (uint32_t node = 1; node < run->node_count; node++)
		run_node(run, node, run->first_context[run->nodes[node].path]);
	run_waiting(run);
	if (run->wrong_rule != NULL)
		report_wrong(run);
}
