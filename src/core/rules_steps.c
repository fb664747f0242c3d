/*
 * rules_steps.c: paths in tests, with their conditions, and sums over what stands on lines.
 */
#include "core/rules_parse.h"

#include <string.h>

#define MAX_CANDIDATES 256

typedef struct Candidate
{
	uint16_t path;
	uint32_t conditions; /* up counts from the path of the condition here */
} Candidate;

typedef struct Candidates
{
	int count;
	Candidate list[MAX_CANDIDATES];
} Candidates;

static uint32_t
add_condition(RuleParser *parser, uint32_t op, uint8_t depth, uint32_t next)
{
	RuleProgram *program = parser->program;
	uint32_t number;

	if (program->condition_count + 1 >= RULE_MAX_TARGETS)
	{
		program->failed = true;
		return 0;
	}
	number = (uint32_t) ++program->condition_count;
	program->conditions[number] = (RuleCondition){op, depth, next};
	return number;
}

uint32_t
rules_parse_condition(RuleParser *parser, uint16_t path)
{
	uint32_t op = 0;

	rules_expect(parser, "[");
	if (rules_take(parser, "1]"))
		return 0;
	op = rules_parse_or(parser, path);
	rules_expect(parser, "]");
	return op;
}

/* Each candidate compiles the condition for itself. */
static void
parse_conditions(RuleParser *parser, Candidates *set)
{
	bool uses_here = parser->uses_here, uses_steps = parser->uses_steps;

	while (*parser->at == '[')
	{
		const char *start = parser->at;

		if (set->count == 0)
		{
			bool dry = parser->dry;

			parser->dry = true;
			rules_parse_condition(parser, 0);
			parser->dry = dry;
		}
		for (int i = 0; i < set->count; i++)
		{
			Candidate *candidate = &set->list[i];
			uint32_t op;

			parser->at = start;
			op = rules_parse_condition(parser, candidate->path);
			candidate->conditions = add_condition(
				parser, op, parser->program->paths[candidate->path].depth, candidate->conditions);
		}
	}
	/* relative to their own node, not to the test's */
	parser->uses_here = uses_here;
	parser->uses_steps = uses_steps;
}

static void parse_steps(RuleParser *parser, Candidates *set);

static void
step_to(RuleParser *parser, Candidates *set, const char *name, size_t length)
{
	for (int i = 0; i < set->count; i++)
		set->list[i].path = rules_add_step(parser->program, set->list[i].path, name, length);
}

/* (A|B/C): all ways from all candidates */
static void
parse_group(RuleParser *parser, Candidates *set)
{
	Candidates from = *set, way;

	set->count = 0;
	do
	{
		way = from;
		rules_skip_blanks(parser);
		parse_steps(parser, &way);
		for (int i = 0; i < way.count && set->count < MAX_CANDIDATES; i++)
			set->list[set->count++] = way.list[i];
		rules_skip_blanks(parser);
	} while (rules_take(parser, "|"));
	rules_expect(parser, ")");
}

static void
parse_steps(RuleParser *parser, Candidates *set)
{
	do
	{
		size_t length = rules_name_length(parser->at);

		if (*parser->at == '(')
		{
			parser->at++;
			parse_group(parser, set);
		}
		else if (length > 0)
		{
			step_to(parser, set, parser->at, length);
			parser->at += length;
		}
		else
			rules_complain(parser, "path");
		parse_conditions(parser, set);
	} while (*parser->at == '/' && *parser->at++ != '\0');
}

static uint32_t
new_path(RuleParser *parser, const Candidates *set, uint8_t base, bool self)
{
	RuleProgram *program = parser->program;
	uint32_t first = (uint32_t) program->target_count + 1, op;

	for (int i = 0; i < set->count; i++)
	{
		RuleTarget target = {set->list[i].path, 0, 0};

		if (program->target_count + 1 >= RULE_MAX_TARGETS)
		{
			program->failed = true;
			break;
		}
		/* candidates share conditions, but each counts the levels from its own end */
		for (uint32_t at = set->list[i].conditions; at != 0; at = program->conditions[at].next)
			target.conditions = add_condition(
				parser, program->conditions[at].op,
				(uint8_t) (program->paths[target.path].depth - program->conditions[at].up),
				target.conditions);
		program->targets[++program->target_count] = target;
		if (base == BASE_ROOT)
			parser->uses_header = true;
	}
	op = rules_new_op(parser, CODE_PATH, KIND_NODES, first, (uint32_t) set->count);
	rules_parsed_op(parser, op)->detail = base;
	rules_parsed_op(parser, op)->flags = self ? OP_SELF : 0;
	return op;
}

/* "//A/B": its paths are filled in by rules_parse_anywhere, when all are known. */
static uint32_t
parse_anywhere(RuleParser *parser)
{
	Candidates none = {.count = 0};
	const char *start = parser->at;
	uint32_t op;
	RuleAnywhere *anywhere;

	parse_steps(parser, &none);
	op = new_path(parser, &none, BASE_ROOT, false);
	if (parser->dry)
		return op;
	if (rules_build.anywhere_count >= RULE_MAX_ANYWHERE)
	{
		parser->program->failed = true;
		return op;
	}
	anywhere = &rules_build.anywhere[rules_build.anywhere_count++];
	*anywhere =
		(RuleAnywhere){op, start, parser->set, parser->context, parser->in_line, false, false};
	parser->uses_header = true;
	return op;
}

/* Up to the end of a path that does not begin with "//". */
static void
parse_way(RuleParser *parser, uint16_t path, Candidates *set, uint8_t *base, bool *self)
{
	*set = (Candidates){.count = path != 0, .list = {{path, 0}}};
	*base = 0;
	*self = false;
	if (rules_take(parser, "/"))
	{
		*base = BASE_ROOT;
		set->list[0].path = RULE_ROOT;
		set->count = parser->dry ? 0 : 1;
		*self = rules_name_length(parser->at) == 0 && *parser->at != '(';
	}
	else if (rules_take(parser, "~"))
	{
		*base = BASE_RULE;
		parser->uses_rule = true;
		set->list[0].path = parser->context;
		*self = !rules_take(parser, "/");
	}
	else
	{
		parser->uses_here = true;
		while (!*self && strncmp(parser->at, "..", 2) == 0)
		{
			parser->at += 2;
			(*base)++;
			set->list[0].path = parser->program->paths[set->list[0].path].parent;
			set->count = set->list[0].path != 0;
			*self = !rules_take(parser, "/");
		}
		if (*base == 0 && *parser->at == '.')
		{
			parser->at++;
			*self = *parser->at != '/';
			parser->at += *self ? 0 : 1;
		}
	}
	parser->uses_steps |= *base != BASE_ROOT && (!*self || *base != 0 || *parser->at == '[');
	if (!*self)
		parse_steps(parser, set);
	else
		parse_conditions(parser, set);
}

uint32_t
rules_parse_path(RuleParser *parser, uint16_t path)
{
	Candidates set;
	uint8_t base;
	bool self;

	if (rules_take(parser, "//"))
		return parse_anywhere(parser);
	parse_way(parser, path, &set, &base, &self);
	return new_path(parser, &set, base, self);
}

/* any(P, test) is exists(P[test]), all(P, test) is absent(P[not(test)]) */
uint32_t
rules_parse_tested_nodes(RuleParser *parser, bool all, uint16_t path)
{
	Candidates set;
	uint8_t base;
	bool self;
	const char *start;
	uint32_t op, nodes;

	rules_skip_blanks(parser);
	parse_way(parser, path, &set, &base, &self);
	rules_expect(parser, ",");
	start = parser->at;
	if (set.count == 0)
	{
		bool dry = parser->dry;

		parser->dry = true;
		rules_parse_or(parser, 0);
		parser->dry = dry;
	}
	for (int i = 0; i < set.count; i++)
	{
		Candidate *candidate = &set.list[i];

		parser->at = start;
		op = rules_parse_or(parser, candidate->path);
		if (all)
			op = rules_new_op(parser, CODE_NOT, KIND_BOOL, op, 1);
		candidate->conditions = add_condition(
			parser, op, parser->program->paths[candidate->path].depth, candidate->conditions);
	}
	rules_expect(parser, ")");
	nodes = new_path(parser, &set, base, self);
	op = rules_new_op(parser, all ? CODE_ABSENT : CODE_EXISTS, KIND_BOOL, nodes, 1);
	rules_sum_over_lines(parser, nodes, false);
	return op;
}

void
rules_parse_anywhere(RuleProgram *program, RuleAnywhere *anywhere)
{
	Candidates set = {.count = 0};
	RuleParser parser = {.program = program,
						 .set = anywhere->set,
						 .at = anywhere->text,
						 .start = anywhere->text,
						 .context = anywhere->context,
						 .in_line = anywhere->in_line};
	size_t length = rules_name_length(anywhere->text);
	uint16_t space, name;
	uint32_t made;
	RuleOp *op = &program->ops[anywhere->op];
	uint8_t flags = op->flags;

	rules_name(program, anywhere->text, length, &space, &name);
	for (int i = 1; i <= program->path_count && set.count < MAX_CANDIDATES; i++)
		if (program->paths[i].name == name && program->paths[i].space == space)
			set.list[set.count++] = (Candidate){(uint16_t) i, 0};
	parser.at += length;
	parse_conditions(&parser, &set);
	if (*parser.at == '/')
	{
		parser.at++;
		parse_steps(&parser, &set);
	}
	made = new_path(&parser, &set, BASE_ROOT, false);
	op->first = program->ops[made].first;
	op->count = program->ops[made].count;
	op->flags = flags;
	if (flags & OP_READS)
		rules_wants_text(program, op, OP_READS);
	if (flags & OP_ASKS)
		rules_wants_text(program, op, OP_ASKS);
	rules_add_path(program, 0, space, name);
}

static void
sum_targets(RuleProgram *program, const RuleOp *op, bool decimals)
{
	for (uint32_t i = 0; i < op->count; i++)
	{
		RuleTarget *target = &program->targets[op->first + i];

		/* what floats may stand on lines */
		if ((program->paths[target->path].flags & (PATH_IN_LINE | PATH_FLOATING)) == 0)
			continue;
		if (program->sum_count + 1 >= RULE_MAX_SUMS)
		{
			program->failed = true;
			return;
		}
		program->sums[++program->sum_count] = (RuleSumOver){op->first + i, decimals, 0};
		target->sum = (uint16_t) program->sum_count;
	}
}

/*
 * An operand of the document that lines have part in: what they give is summed up while they pass.
 */
void
rules_sum_over_lines(RuleParser *parser, uint32_t number, bool decimals)
{
	RuleProgram *program = parser->program;
	const RuleOp *op = rules_parsed_op(parser, number);

	if (op->code != CODE_PATH)
		return rules_complain(parser, "a path is wanted");
	for (int i = rules_build.anywhere_count - 1; i >= 0; i--)
		if (rules_build.anywhere[i].op == number)
		{
			rules_build.anywhere[i].counts = !decimals;
			rules_build.anywhere[i].sums = decimals;
		}
	if (!parser->in_line && op->detail == BASE_ROOT)
		sum_targets(program, op, decimals);
}

void
rules_sum_anywhere(RuleProgram *program)
{
	for (int i = 0; i < rules_build.anywhere_count; i++)
	{
		const RuleAnywhere *anywhere = &rules_build.anywhere[i];

		if ((anywhere->counts || anywhere->sums) && !anywhere->in_line)
			sum_targets(program, &program->ops[anywhere->op], anywhere->sums);
	}
}
