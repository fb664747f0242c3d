/*
 * rules_compile.c: rule sets become a program for one syntax.
 *
 * First every context is noted, then the paths on which it can stand are found: at once for those
 * that begin at the document element, for the others whenever a path comes up that ends with their
 * names.  Tests are compiled on each of these paths, which brings new paths, until none comes any
 * more.
 */
#include "core/rules_parse.h"

#include <stdio.h>
#include <string.h>

#define MAX_CONTEXTS 2048
#define MAX_WAYS 8192
#define MAX_EXPANDED (16 * 1024)

/* A rule, or the next rule of the same context. */
typedef struct NotedTest
{
	const Rule *rule;
	const char *test;
	int next;
} NotedTest;

typedef struct NotedContext
{
	const char *text; /* as written */
	const RuleSet *set;
	uint16_t pattern, order;
	int first_test, last_test;
	uint32_t shared; /* tests that are the same on all paths, 0 = not compiled yet */
	uint8_t wants;	 /* what they want of the path */
	bool differs;	 /* on each path */
} NotedContext;

/* One alternative of a context. */
typedef struct Way
{
	int context;
	const char *steps;
	bool from_root;
	bool ending; /* begins with "%" */
	int next;	 /* of the same name, or that begins so; -1 = none */
	uint16_t space, name;
	size_t first; /* length of the first name */
} Way;

RuleBuild rules_build;

static struct
{
	NotedContext contexts[MAX_CONTEXTS];
	NotedTest tests[MAX_CONTEXTS * 2];
	Way ways[MAX_WAYS];
	int context_count, test_count, way_count;
	int path_done;							 /* paths up to this one have met the ways */
	int16_t first_way[XML_VOCABULARY_NAMES]; /* by name, in order; below 1: none */
	int first_ending;
} notes;

static RuleProgram programs[3];

/* -- slots ---------------------------------------------------------------------------------- */

static const char *
find_slot(const RuleProgram *program, const RuleSet *set, const char *name, size_t length)
{
	for (int i = 0; set != NULL && i < set->slot_count; i++)
	{
		const RuleSlot *slot = &set->slots[i];

		if (strlen(slot->name) == length && memcmp(slot->name, name, length) == 0)
			return program->syntax->bit == RULE_UBL	  ? slot->ubl
				   : program->syntax->bit == RULE_CII ? slot->cii
													  : slot->model;
	}
	return rules_slot(program->syntax, name, length);
}

/* Values and alternatives need brackets where they are put in; plain paths and calls do not. */
static bool
needs_brackets(const char *text)
{
	int depth = 0;

	for (; *text; text++)
	{
		if (*text == '\'')
			text = strchr(text + 1, '\'');
		depth += *text == '[' || *text == '(' ? 1 : *text == ']' || *text == ')' ? -1 : 0;
		if (depth == 0 && *text == ' ')
			return true;
	}
	return false;
}

/* Puts slots in; false if one has no text in this syntax, so that the rule does not apply. */
static bool
expand(RuleProgram *program, const RuleSet *set, const char *text, char *out, size_t *length,
	   int depth)
{
	for (; *text; text++)
	{
		if (*length + 2 >= MAX_EXPANDED || depth > 8)
		{
			program->failed = true;
			return false;
		}
		if (*text == '$')
		{
			size_t name = rules_name_length(text + 1);
			const char *slot = find_slot(program, set, text + 1, name);

			if (slot == NULL)
				return false;
			if (needs_brackets(slot))
				out[(*length)++] = '(';
			if (!expand(program, set, slot, out, length, depth + 1))
				return false;
			if (needs_brackets(slot))
				out[(*length)++] = ')';
			text += name;
		}
		else
			out[(*length)++] = *text;
	}
	out[*length] = '\0';
	return true;
}

static const char *
expanded(RuleProgram *program, const RuleSet *set, const char *text)
{
	static char out[MAX_EXPANDED];
	size_t length = 0;

	if (strchr(text, '$') == NULL)
		return text;
	return expand(program, set, text, out, &length, 0) ? rules_keep_text(program, out, length)
													   : NULL;
}

/* -- contexts ------------------------------------------------------------------------------- */

static const char *
skip_condition(const char *at)
{
	int depth = 0;

	do
	{
		if (*at == '\'')
			at = strchr(at + 1, '\'');
		depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
		at++;
	} while (depth > 0 && *at != '\0');
	return at;
}

/* The end of an alternative: a bar or a bracket outside of conditions and brackets. */
static const char *
end_of_way(const char *at)
{
	int depth = 0;

	for (; *at; at++)
	{
		if (*at == '[')
		{
			at = skip_condition(at) - 1;
			continue;
		}
		if ((*at == '|' || *at == ')') && depth == 0)
			return at;
		depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
	}
	return at;
}

/* "%Amount": elements whose name ends so and that no rule mentions share a path; so do all. */
static void
note_ending(RuleProgram *program, const char *text, size_t length)
{
	const char *kept = rules_keep_text(program, text, length);
	uint16_t number = xml_vocabulary_find(program->vocabulary, kept);
	uint16_t path;

	if (number == 0)
		number = xml_vocabulary_add(program->vocabulary, kept);
	path = rules_add_path(program, 0, 0, number);
	if (length == 1)
	{
		program->any = path;
		return;
	}
	for (int i = 0; i < program->ending_count; i++)
		if (program->endings[i].path == path)
			return;
	if (program->ending_count < RULE_MAX_ENDINGS)
	{
		program->endings[program->ending_count].text = kept + 1;
		program->endings[program->ending_count++].path = path;
	}
}

static void
note_way(RuleProgram *program, int context, const char *text)
{
	Way *way = &notes.ways[notes.way_count];

	while (*text == ' ')
		text++;
	if (notes.way_count + 1 >= MAX_WAYS)
	{
		program->failed = true;
		return;
	}
	notes.way_count++;
	memset(way, 0, sizeof(*way));
	way->context = context;
	way->from_root = *text == '/' && text[1] != '/';
	text += *text != '/' ? 0 : text[1] == '/' ? 2 : 1;
	way->steps = text;
	way->first = rules_name_length(text);
	if (way->from_root)
		return;
	way->ending = *text == '%';
	if (way->ending)
		note_ending(program, text, rules_name_length(text));
	else
		rules_name(program, text, rules_name_length(text), &way->space, &way->name);
	if (way->ending || way->space == RULE_ATTRIBUTE_SPACE)
		return;
	/* below the document element what stands above is known, elsewhere it may not be */
	rules_add_path(program, 0, way->space, way->name);
	rules_add_path(program, RULE_ROOT, way->space, way->name);
}

/* Takes brackets away: "(A|B)/C" is two ways, "A/C" and "B/C". */
static void
distribute(RuleProgram *program, int context, const char *text, size_t length)
{
	char out[4096];
	const char *open = NULL, *close, *way;
	int guard = 0;

	for (const char *at = text; at < text + length && open == NULL; at++)
		if (*at == '[')
			at = skip_condition(at) - 1;
		else if (*at == '(')
			open = at;
	if (open == NULL)
	{
		while (length > 0 && text[length - 1] == ' ')
			length--;
		return note_way(program, context, rules_keep_text(program, text, length));
	}
	way = open + 1;
	do
	{
		const char *end = end_of_way(way);
		const char *start = way;

		close = end;
		while (*close == '|')
			close = end_of_way(close + 1);
		while (*start == ' ')
			start++;
		/* a way that begins at the root does so wherever the bracket stands */
		snprintf(out, sizeof(out), "%.*s%.*s%.*s", (int) (open - text), text, (int) (end - start),
				 start, (int) (text + length - close - 1), close + 1);
		distribute(program, context, out, strlen(out));
		way = end + 1;
	} while (way[-1] == '|' && guard++ < 64);
}

static void
note_ways(RuleProgram *program, int context, const char *text)
{
	for (;;)
	{
		const char *end = end_of_way(text);

		while (*text == ' ')
			text++;
		distribute(program, context, text, (size_t) (end - text));
		if (*end != '|')
			return;
		text = end + 1;
	}
}

static int
note_context(RuleProgram *program, const RuleSet *set, int pattern, int first, const char *text)
{
	NotedContext *context;
	const char *plain;

	for (int i = first; i < notes.context_count; i++)
		if (strcmp(notes.contexts[i].text, text) == 0)
			return i;
	plain = expanded(program, set, text);
	if (plain == NULL || notes.context_count + 1 >= MAX_CONTEXTS)
	{
		program->failed |= plain != NULL;
		return -1;
	}
	context = &notes.contexts[notes.context_count];
	*context = (NotedContext){.text = text,
							  .set = set,
							  .pattern = (uint16_t) pattern,
							  .order = (uint16_t) (notes.context_count - first),
							  .first_test = -1,
							  .last_test = -1};
	note_ways(program, notes.context_count, plain);
	return notes.context_count++;
}

static void
note_rule(RuleProgram *program, const RuleSet *set, int context, const Rule *rule)
{
	NotedContext *noted = &notes.contexts[context];
	const char *test = expanded(program, set, rule->test);

	if (rule->id == NULL || test == NULL)
		return;
	if (notes.test_count + 1 >= MAX_CONTEXTS * 2)
	{
		program->failed = true;
		return;
	}
	notes.tests[notes.test_count] = (NotedTest){rule, test, -1};
	if (noted->last_test < 0)
		noted->first_test = notes.test_count;
	else
		notes.tests[noted->last_test].next = notes.test_count;
	noted->last_test = notes.test_count++;
}

static bool
is_in_line(const RuleProgram *program, uint16_t path)
{
	return (program->paths[path].flags & PATH_IN_LINE) != 0;
}

static uint32_t
document_test(RuleProgram *program, const RuleSet *set, const char *text)
{
	RuleParser parser = {.program = program, .set = set, .context = RULE_ROOT};
	const char *test = text == NULL ? NULL : expanded(program, set, text);
	int targets, anywhere;
	uint32_t op;

	if (text == NULL)
		return 0;
	targets = program->target_count;
	anywhere = rules_build.anywhere_count;
	op = rules_parse_test(&parser, test == NULL ? "false" : test, RULE_ROOT);
	program->choice_by_lines |= rules_build.anywhere_count > anywhere;
	while (++targets <= program->target_count)
		program->choice_by_lines |= is_in_line(program, program->targets[targets].path);
	return op;
}

/* Sets that have a pattern in common run it once. */
static bool
share_pattern(RuleProgram *program, const RulePattern *pattern, int set)
{
	for (int i = 0; pattern->when == NULL && i < program->pattern_count; i++)
		if (program->patterns[i].rules == pattern->rules && program->patterns[i].when == 0)
		{
			program->patterns[i].sets |= 1u << set;
			return true;
		}
	return false;
}

static void
note_set(RuleProgram *program, const RuleSet *set)
{
	int number = program->set_count++;

	program->sets[number].set = set;
	program->sets[number].detect = document_test(program, set, set->detect);
	for (int i = 0; i < set->pattern_count; i++)
	{
		const RulePattern *pattern = &set->patterns[i];
		int first = notes.context_count, at = program->pattern_count;

		if (at >= RULE_MAX_PATTERNS)
		{
			program->failed = true;
			return;
		}
		if (share_pattern(program, pattern, number))
			continue;
		program->pattern_count++;
		program->patterns[at].sets = 1u << number;
		program->patterns[at].rules = pattern->rules;
		program->patterns[at].notes = pattern->rules[0].id != NULL && *pattern->rules[0].id == '#';
		program->patterns[at].when = document_test(program, set, pattern->when);
		for (int j = 0; j < pattern->count || pattern->count == 0; j++)
		{
			int context;

			if (pattern->rules[j].context == NULL)
				break;
			if ((pattern->rules[j].syntaxes & program->syntax->bit) == 0)
				continue;
			context = note_context(program, set, at, first, pattern->rules[j].context);
			if (context >= 0)
				note_rule(program, set, context, &pattern->rules[j]);
		}
	}
}

/* -- contexts on paths ---------------------------------------------------------------------- */

static void
insert_context(RuleProgram *program, uint16_t path, uint32_t number)
{
	const RuleContext *made = &program->contexts[number];
	uint32_t *at = &program->paths[path].contexts;

	while (*at != 0 && (program->contexts[*at].pattern < made->pattern ||
						(program->contexts[*at].pattern == made->pattern &&
						 program->contexts[*at].order <= made->order)))
		at = &program->contexts[*at].next;
	program->contexts[number].next = *at;
	*at = number;
}

/* Tests that look at nothing but the node itself are compiled once for all paths. */
static uint32_t
compile_tests(RuleProgram *program, NotedContext *noted, uint16_t path)
{
	uint32_t first = 0, last = 0;

	if (noted->shared != 0)
	{
		program->paths[path].flags |= noted->wants;
		return noted->shared;
	}
	rules_build.self_wants = 0;
	for (int i = noted->first_test; i >= 0; i = notes.tests[i].next)
	{
		RuleParser parser = {.program = program,
							 .set = noted->set,
							 .context = path,
							 .in_line = is_in_line(program, path)};
		uint32_t op = rules_parse_test(&parser, notes.tests[i].test, path);
		bool deferred = parser.in_line && program->syntax->lines_first && parser.uses_header &&
						!parser.uses_here && !parser.uses_rule;

		noted->differs |= parser.uses_header || parser.uses_rule || parser.uses_steps;
		if (deferred)
		{
			/* it runs at the document's end, so it sees lines as the document does */
			parser.in_line = false;
			parser.waits = true;
			op = rules_parse_test(&parser, notes.tests[i].test, path);
		}
		if (program->test_count + 1 >= RULE_MAX_TESTS)
		{
			program->failed = true;
			return 0;
		}
		program->tests[++program->test_count] =
			(RuleTest){notes.tests[i].rule, op, 0, deferred, parser.kept};
		if (last == 0)
			first = (uint32_t) program->test_count;
		else
			program->tests[last].next = (uint32_t) program->test_count;
		last = (uint32_t) program->test_count;
	}
	noted->shared = noted->differs ? 0 : first;
	noted->wants = rules_build.self_wants;
	return first;
}

/* Follows a way from a path that is known to be its first name, and puts the context at its end. */
static void
follow(RuleProgram *program, const Way *way, uint16_t path, const char *steps)
{
	NotedContext *noted = &notes.contexts[way->context];
	struct
	{
		uint32_t op;
		uint8_t depth;
	} conditions[8];
	int condition_count = 0;
	uint32_t number;
	RuleContext *context;

	for (;;)
	{
		while (*steps == '[' && condition_count < 8)
		{
			RuleParser parser = {.program = program,
								 .set = noted->set,
								 .at = steps,
								 .start = noted->text,
								 .context = path,
								 .in_line = is_in_line(program, path)};

			conditions[condition_count].op = rules_parse_condition(&parser, path);
			conditions[condition_count].depth = program->paths[path].depth;
			steps = parser.at;
			if (program->ops[conditions[condition_count].op].code == CODE_FALSE)
				return;
			condition_count += program->ops[conditions[condition_count].op].code != CODE_TRUE;
		}
		if (*steps != '/')
			break;
		steps++;
		path = rules_add_step(program, path, steps, rules_name_length(steps));
		steps += rules_name_length(steps);
		if (path == 0)
			return;
	}
	if (program->context_count + 1 >= RULE_MAX_CONTEXTS || *steps != '\0')
	{
		RuleParser parser = {
			.program = program, .set = noted->set, .at = steps, .start = noted->text};

		rules_complain(&parser, "context");
		return;
	}
	number = (uint32_t) ++program->context_count;
	context = &program->contexts[number];
	*context = (RuleContext){noted->pattern, noted->order, 0, 0, 0};
	for (int i = 0; i < condition_count; i++)
	{
		program->conditions[++program->condition_count] = (RuleCondition){
			conditions[i].op, (uint16_t) (program->paths[path].depth - conditions[i].depth),
			context->conditions};
		context->conditions = (uint32_t) program->condition_count;
	}
	context->tests = compile_tests(program, noted, path);
	insert_context(program, path, number);
}

/* Ways by their first names. */
static void
sort_ways(void)
{
	notes.first_ending = -1;
	for (int i = notes.way_count - 1; i >= 0; i--)
	{
		Way *way = &notes.ways[i];

		if (way->from_root)
			continue;
		way->next = way->ending ? notes.first_ending : notes.first_way[way->name] - 1;
		if (way->ending)
			notes.first_ending = i;
		else
			notes.first_way[way->name] = (int16_t) (i + 1);
	}
}

static void
meet_ways(RuleProgram *program, uint16_t path)
{
	RulePath *at = &program->paths[path];
	const char *name = program->vocabulary->names[at->name];
	size_t length = strlen(name);

	int named = notes.first_way[at->name] - 1, ending = notes.first_ending;

	while (named >= 0 || ending >= 0)
	{
		bool takes = ending < 0 || (named >= 0 && named < ending);
		const Way *way = &notes.ways[takes ? named : ending];
		size_t first = way->first;

		if (takes)
			named = way->next;
		else
			ending = way->next;
		if (!way->ending && at->space != way->space)
			continue;
		if (way->ending)
		{
			if (at->space == RULE_ATTRIBUTE_SPACE || first - 1 > length ||
				memcmp(name + length - (first - 1), way->steps + 1, first - 1) != 0)
				continue;
		}
		follow(program, way, path, way->steps + first);
	}
}

static void
settle(RuleProgram *program)
{
	while (notes.path_done < program->path_count && !program->failed)
		meet_ways(program, (uint16_t) ++notes.path_done);
}

static void
link_anywhere(RuleProgram *program)
{
	int paths;

	do
	{
		paths = program->path_count;
		for (int i = 0; i < rules_build.anywhere_count && !program->failed; i++)
			rules_parse_anywhere(program, &rules_build.anywhere[i]);
		settle(program);
	} while (paths != program->path_count && !program->failed);
}

static void
start_program(RuleProgram *program, const RuleSyntaxInfo *syntax, XmlVocabulary *vocabulary)
{
	notes.context_count = notes.test_count = notes.way_count = 0;
	memset(notes.first_way, 0, sizeof(notes.first_way));
	memset(&rules_build, 0, sizeof(rules_build));
	program->syntax = syntax;
	program->vocabulary = vocabulary;
	program->path_count = RULE_ROOT;
	program->paths[RULE_ROOT].depth = 1;
	notes.path_done = RULE_ROOT;
	program->line_parent = RULE_ROOT;
	if (syntax->line_parent != NULL)
		program->line_parent =
			rules_add_step(program, RULE_ROOT, syntax->line_parent, strlen(syntax->line_parent));
}

static void
follow_from_root(RuleProgram *program)
{
	for (int i = 0; i < notes.way_count && !program->failed; i++)
	{
		const Way *way = &notes.ways[i];
		size_t first = way->first;

		if (!way->from_root)
			continue;
		if (first == 0)
			follow(program, way, RULE_ROOT, way->steps);
		else
			follow(program, way, rules_add_step(program, RULE_ROOT, way->steps, first),
				   way->steps + first);
	}
}

void
rules_compile(RuleProgram *program, const RuleSyntaxInfo *syntax, XmlVocabulary *vocabulary,
			  const RuleSet *const *sets, int count)
{
	start_program(program, syntax, vocabulary);
	for (int i = 0; i < count && i < RULE_MAX_SETS; i++)
		note_set(program, sets[i]);
	program->failed |= count > RULE_MAX_SETS;
	sort_ways();
	follow_from_root(program);
	settle(program);
	link_anywhere(program);
	rules_sum_anywhere(program);
	for (int i = program->sum_count; i > 0; i--)
	{
		RulePath *path = &program->paths[program->targets[program->sums[i].target].path];

		program->sums[i].next = path->sums;
		path->sums = (uint16_t) i;
	}
	if (program->failed && *program->problem == '\0')
		snprintf(program->problem, sizeof(program->problem),
				 "the rules of syntax \"%s\" need more room than a program has",
				 syntax->bit == RULE_UBL   ? "UBL"
				 : syntax->bit == RULE_CII ? "CII"
										   : "model");
	program->built = true;
}

const RuleProgram *
rules_program(const RuleSyntaxInfo *syntax, XmlVocabulary *vocabulary)
{
	RuleProgram *program = &programs[syntax->bit == RULE_UBL ? 0 : syntax->bit == RULE_CII ? 1 : 2];

	if (program->built)
		return program;
	rules_compile(program, syntax, vocabulary, rules_sets, rules_set_count);
	return program;
}

const char *
rules_program_problem(void)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (programs[i].failed)
			return programs[i].problem;
	return NULL;
}
