/*
 * rules_parse.c: tests and paths in the notation of rules_table.h become operations.
 *
 * Plain descent by precedence.  Each path is resolved to path numbers at once, starting from the
 * path of the node for which the test is compiled; conditions are parsed anew for each of them.
 * Mistakes end in program->problem, which a unit test reads: rules are ours, not input.
 */
#include "core/rules_parse.h"

#include <stdio.h>
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

static uint32_t parse_or(RuleParser *parser, uint16_t path);
static void sum_over_lines(RuleParser *parser, uint32_t number, bool decimals);

void
rules_complain(RuleParser *parser, const char *what)
{
	RuleProgram *program = parser->program;

	if (*program->problem == '\0')
		snprintf(program->problem, sizeof(program->problem), "%.50s: %.50s at \"%.40s\"",
				 parser->start, what, parser->at);
	program->failed = true;
}

/* -- tokens --------------------------------------------------------------------------------- */

static void
skip_blanks(RuleParser *parser)
{
	while (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\t')
		parser->at++;
}

static bool
take(RuleParser *parser, const char *token)
{
	size_t length = strlen(token);

	skip_blanks(parser);
	if (strncmp(parser->at, token, length) != 0)
		return false;
	parser->at += length;
	return true;
}

static void
expect(RuleParser *parser, const char *token)
{
	if (!take(parser, token))
		rules_complain(parser, "syntax");
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		   c == '-' || c == ':';
}

size_t
rules_name_length(const char *text)
{
	size_t length = *text == '@' || *text == '%' ? 1 : 0;

	while (is_name_char(text[length]))
		length++;
	return length;
}

static bool
take_word(RuleParser *parser, const char *word)
{
	size_t length = strlen(word);

	skip_blanks(parser);
	if (strncmp(parser->at, word, length) != 0 || rules_name_length(parser->at) != length)
		return false;
	parser->at += length;
	return true;
}

/* -- operations ----------------------------------------------------------------------------- */

static uint32_t
new_op(RuleParser *parser, RuleCode code, RuleKind kind, uint32_t first, uint32_t count)
{
	RuleProgram *program = parser->program;
	uint32_t number;

	if (program->op_count + 1 >= RULE_MAX_OPS)
	{
		program->failed = true;
		return 0;
	}
	number = (uint32_t) ++program->op_count;
	program->ops[number] = (RuleOp){(uint8_t) code, (uint8_t) kind, 0, 0, first, count, 0};
	return number;
}

static RuleOp *
op_at(RuleParser *parser, uint32_t number)
{
	return &parser->program->ops[number];
}

/* flag: OP_READS, or OP_ASKS for whether there is one */
static void
wants_text(RuleProgram *program, RuleOp *op, uint8_t flag)
{
	if (op->code != CODE_PATH)
		return;
	op->flags |= flag;
	if (op->flags & OP_SELF)
		rules_build.self_wants |= flag == OP_READS ? PATH_TEXT : PATH_FILLED;
	for (uint32_t i = 0; i < op->count; i++)
		program->paths[program->targets[op->first + i].path].flags |=
			flag == OP_READS ? PATH_TEXT : PATH_FILLED;
}

static void
reads_text(RuleParser *parser, uint32_t number)
{
	wants_text(parser->program, op_at(parser, number), OP_READS);
}

static uint32_t
new_literal(RuleParser *parser, const char *text, size_t length)
{
	RuleProgram *program = parser->program;

	for (int i = 1; i <= program->literal_count; i++)
		if (program->literals[i].length == length && program->literals[i].bytes != NULL &&
			memcmp(program->literals[i].bytes, text, length) == 0)
			return (uint32_t) i;
	if (program->literal_count + 1 >= RULE_MAX_LITERALS)
	{
		program->failed = true;
		return 0;
	}
	program->literals[++program->literal_count] =
		(Slice){rules_keep_text(program, text, length), length};
	return (uint32_t) program->literal_count;
}

static uint32_t
new_number(RuleParser *parser, const char *text, size_t length)
{
	uint32_t literal = new_literal(parser, text, length);

	if (decimal_parse(text, length, &parser->program->numbers[literal]) != DECIMAL_OK)
		rules_complain(parser, "number");
	return new_op(parser, CODE_NUMBER, KIND_NUMBER, literal, 0);
}

/* -- paths ---------------------------------------------------------------------------------- */

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

	expect(parser, "[");
	if (take(parser, "1]"))
		return 0;
	op = parse_or(parser, path);
	expect(parser, "]");
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
		skip_blanks(parser);
		parse_steps(parser, &way);
		for (int i = 0; i < way.count && set->count < MAX_CANDIDATES; i++)
			set->list[set->count++] = way.list[i];
		skip_blanks(parser);
	} while (take(parser, "|"));
	expect(parser, ")");
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
	op = new_op(parser, CODE_PATH, KIND_NODES, first, (uint32_t) set->count);
	op_at(parser, op)->detail = base;
	op_at(parser, op)->flags = self ? OP_SELF : 0;
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
	*anywhere = (RuleAnywhere){op, start, parser->context, parser->in_line, false, false};
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
	if (take(parser, "/"))
	{
		*base = BASE_ROOT;
		set->list[0].path = RULE_ROOT;
		set->count = parser->dry ? 0 : 1;
		*self = rules_name_length(parser->at) == 0 && *parser->at != '(';
	}
	else if (take(parser, "~"))
	{
		*base = BASE_RULE;
		parser->uses_rule = true;
		set->list[0].path = parser->context;
		*self = !take(parser, "/");
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
			*self = !take(parser, "/");
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

static uint32_t
parse_path(RuleParser *parser, uint16_t path)
{
	Candidates set;
	uint8_t base;
	bool self;

	if (take(parser, "//"))
		return parse_anywhere(parser);
	parse_way(parser, path, &set, &base, &self);
	return new_path(parser, &set, base, self);
}

/* any(P, test) is exists(P[test]), all(P, test) is absent(P[not(test)]) */
static uint32_t
parse_tested_nodes(RuleParser *parser, bool all, uint16_t path)
{
	Candidates set;
	uint8_t base;
	bool self;
	const char *start;
	uint32_t op, nodes;

	skip_blanks(parser);
	parse_way(parser, path, &set, &base, &self);
	expect(parser, ",");
	start = parser->at;
	if (set.count == 0)
	{
		bool dry = parser->dry;

		parser->dry = true;
		parse_or(parser, 0);
		parser->dry = dry;
	}
	for (int i = 0; i < set.count; i++)
	{
		Candidate *candidate = &set.list[i];

		parser->at = start;
		op = parse_or(parser, candidate->path);
		if (all)
			op = new_op(parser, CODE_NOT, KIND_BOOL, op, 1);
		candidate->conditions = add_condition(
			parser, op, parser->program->paths[candidate->path].depth, candidate->conditions);
	}
	expect(parser, ")");
	nodes = new_path(parser, &set, base, self);
	op = new_op(parser, all ? CODE_ABSENT : CODE_EXISTS, KIND_BOOL, nodes, 1);
	sum_over_lines(parser, nodes, false);
	return op;
}

void
rules_parse_anywhere(RuleProgram *program, RuleAnywhere *anywhere)
{
	Candidates set = {.count = 0};
	RuleParser parser = {.program = program,
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
		wants_text(program, op, OP_READS);
	if (flags & OP_ASKS)
		wants_text(program, op, OP_ASKS);
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
		program->sums[++program->sum_count] = (RuleSumOver){op->first + i, decimals};
		target->sum = (uint16_t) program->sum_count;
	}
}

/*
 * An operand of the document that lines have part in: what they give is summed up while they pass.
 */
static void
sum_over_lines(RuleParser *parser, uint32_t number, bool decimals)
{
	RuleProgram *program = parser->program;
	const RuleOp *op = op_at(parser, number);

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

/* -- functions ------------------------------------------------------------------------------ */

typedef enum Shape
{
	SHAPE_PATHS,  /* any number of paths */
	SHAPE_PATH,	  /* one path */
	SHAPE_LIMIT,  /* a number and a path */
	SHAPE_VALUES, /* values, nodes are read */
	SHAPE_TESTS,  /* path, test of its nodes */
	SHAPE_CHOICE, /* test, value, value */
	SHAPE_LIST,	  /* name of a code list, text */
	SHAPE_CHECK,  /* name of a check, text */
	SHAPE_NAME,	  /* name of an element */
	SHAPE_SITES	  /* sites, values, words vat and raw */
} Shape;

static const struct
{
	const char *name;
	RuleCode code;
	RuleKind kind;
	Shape shape;
} functions[] = {
	{"exists", CODE_EXISTS, KIND_BOOL, SHAPE_PATHS},
	{"absent", CODE_ABSENT, KIND_BOOL, SHAPE_PATHS},
	{"filled", CODE_FILLED, KIND_BOOL, SHAPE_PATHS},
	{"at_most", CODE_AT_MOST, KIND_BOOL, SHAPE_LIMIT},
	{"exactly", CODE_EXACTLY, KIND_BOOL, SHAPE_LIMIT},
	{"not_both", CODE_NOT_BOTH, KIND_BOOL, SHAPE_PATHS},
	{"code", CODE_CODE, KIND_BOOL, SHAPE_LIST},
	{"code_part", CODE_CODE_PART, KIND_BOOL, SHAPE_LIST},
	{"decimals", CODE_DECIMALS, KIND_BOOL, SHAPE_LIMIT},
	{"in_order", CODE_IN_ORDER, KIND_BOOL, SHAPE_VALUES},
	{"matches", CODE_MATCHES, KIND_BOOL, SHAPE_VALUES},
	{"check", CODE_CHECK, KIND_BOOL, SHAPE_CHECK},
	{"within", CODE_WITHIN, KIND_BOOL, SHAPE_VALUES},
	{"within_double", CODE_WITHIN_DOUBLE, KIND_BOOL, SHAPE_VALUES},
	{"near", CODE_NEAR, KIND_BOOL, SHAPE_VALUES},
	{"starts", CODE_STARTS, KIND_BOOL, SHAPE_VALUES},
	{"ends", CODE_ENDS, KIND_BOOL, SHAPE_VALUES},
	{"contains", CODE_CONTAINS, KIND_BOOL, SHAPE_VALUES},
	{"leaf", CODE_LEAF, KIND_BOOL, SHAPE_PATH},
	{"any", CODE_ANY, KIND_BOOL, SHAPE_TESTS},
	{"all", CODE_ALL, KIND_BOOL, SHAPE_TESTS},
	{"not", CODE_NOT, KIND_BOOL, SHAPE_VALUES},
	{"if", CODE_IF, KIND_BOOL, SHAPE_CHOICE},
	{"root_is", CODE_ROOT_IS, KIND_BOOL, SHAPE_VALUES},
	{"inside", CODE_INSIDE, KIND_BOOL, SHAPE_NAME},
	{"self_is", CODE_SELF_IS, KIND_BOOL, SHAPE_NAME},
	{"note_category", CODE_NOTE_CATEGORY, KIND_BOOL, SHAPE_SITES},
	{"note_sum", CODE_NOTE_SUM, KIND_BOOL, SHAPE_SITES},
	{"category", CODE_CATEGORY, KIND_NUMBER, SHAPE_SITES},
	{"other_category", CODE_OTHER_CATEGORY, KIND_NUMBER, SHAPE_SITES},
	{"category_sum", CODE_CATEGORY_SUM, KIND_NUMBER, SHAPE_SITES},
	{"category_rows", CODE_CATEGORY_ROWS, KIND_NUMBER, SHAPE_SITES},
	{"dec", CODE_DEC, KIND_NUMBER, SHAPE_VALUES},
	{"num", CODE_NUM, KIND_NUMBER, SHAPE_VALUES},
	{"sum", CODE_SUM, KIND_NUMBER, SHAPE_PATH},
	{"count", CODE_COUNT, KIND_NUMBER, SHAPE_PATH},
	{"distinct", CODE_DISTINCT, KIND_NUMBER, SHAPE_PATH},
	{"length", CODE_LENGTH, KIND_NUMBER, SHAPE_VALUES},
	{"abs", CODE_ABS, KIND_NUMBER, SHAPE_VALUES},
	{"round", CODE_ROUND, KIND_NUMBER, SHAPE_VALUES},
	{"round2", CODE_ROUND2, KIND_NUMBER, SHAPE_VALUES},
	{"text", CODE_TEXT, KIND_TEXT, SHAPE_VALUES},
	{"trim", CODE_TRIM, KIND_TEXT, SHAPE_VALUES},
	{"upper", CODE_UPPER, KIND_TEXT, SHAPE_VALUES},
	{"lower", CODE_LOWER, KIND_TEXT, SHAPE_VALUES},
	{"sub", CODE_SUB, KIND_TEXT, SHAPE_VALUES},
	{"before", CODE_BEFORE, KIND_TEXT, SHAPE_VALUES},
	{"after", CODE_AFTER, KIND_TEXT, SHAPE_VALUES},
	{"concat", CODE_CONCAT, KIND_TEXT, SHAPE_VALUES},
};

#define FUNCTION_COUNT ((int) (sizeof(functions) / sizeof(*functions)))

/* Links an operand behind the others of its parent. */
static void
add_operand(RuleParser *parser, uint32_t op, uint32_t *last, uint32_t operand)
{
	if (*last == 0)
		op_at(parser, op)->first = operand;
	else
		op_at(parser, *last)->next = operand;
	*last = operand;
	op_at(parser, op)->count++;
}

static void
take_list(RuleParser *parser, uint32_t op)
{
	char name[64];
	size_t length;
	RuleCodeList list;

	skip_blanks(parser);
	length = rules_name_length(parser->at);
	snprintf(name, sizeof(name), "%.*s", (int) length, parser->at);
	list = rule_code_list_of(name);
	if (list == RULE_CODE_LISTS)
		rules_complain(parser, "code list");
	op_at(parser, op)->detail = (uint8_t) list;
	parser->at += length;
	expect(parser, ",");
}

static void
take_check(RuleParser *parser, uint32_t op)
{
	RuleProgram *program = parser->program;
	size_t length;
	const RuleCheck *check = NULL;

	skip_blanks(parser);
	length = rules_name_length(parser->at);
	for (int i = 0; parser->set != NULL && i < parser->set->check_count; i++)
		if (strlen(parser->set->checks[i].name) == length &&
			memcmp(parser->set->checks[i].name, parser->at, length) == 0)
			check = &parser->set->checks[i];
	if (check == NULL || program->check_count + 1 >= 64)
		return rules_complain(parser, "check");
	for (int i = 1; i <= program->check_count; i++)
		if (program->checks[i] == check)
			op_at(parser, op)->detail = (uint8_t) i;
	if (op_at(parser, op)->detail == 0)
	{
		program->checks[++program->check_count] = check;
		op_at(parser, op)->detail = (uint8_t) program->check_count;
	}
	parser->at += length;
	expect(parser, ",");
}

/* category(line|charge, 'S'[, vat]): detail says where, the operand is the code */
static void
take_sites(RuleParser *parser, uint32_t op)
{
	static const char *const names[SITE_COUNT] = {
		[SITE_LINE] = "line",
		[SITE_ALLOWANCE] = "allowance",
		[SITE_CHARGE] = "charge",
		[SITE_BREAKDOWN] = "breakdown",
		[SITE_OTHER_ALLOWANCE] = "other_allowance",
		[SITE_OTHER_CHARGE] = "other_charge",
		[SITE_ADJUSTMENT] = "adjustment",
		[SITE_OTHER] = "other",
	};

	do
	{
		int site = 0;

		while (site < SITE_COUNT && !take_word(parser, names[site]))
			site++;
		if (site == SITE_COUNT)
			return rules_complain(parser, "site");
		op_at(parser, op)->detail |= (uint8_t) (1 << site);
	} while (take(parser, "|"));
	expect(parser, ",");
}

static void
parse_operands(RuleParser *parser, uint32_t op, Shape shape, uint16_t path)
{
	uint32_t last = 0;
	int place = 0;

	do
	{
		uint32_t operand;

		if (shape == SHAPE_SITES && (take_word(parser, "vat") || take_word(parser, "raw")))
		{
			op_at(parser, op)->flags |= parser->at[-1] == 't' ? OP_VAT : OP_RAW;
			continue;
		}
		operand = parse_or(parser, path);
		if (shape == SHAPE_VALUES || shape == SHAPE_LIST || shape == SHAPE_SITES ||
			shape == SHAPE_CHECK || (shape == SHAPE_CHOICE && place > 0))
			reads_text(parser, operand);
		add_operand(parser, op, &last, operand);
		place++;
	} while (take(parser, ","));
	expect(parser, ")");
}

static bool
is_constant_bool(const RuleOp *op)
{
	return op->code == CODE_TRUE || op->code == CODE_FALSE;
}

static void
finish_function(RuleParser *parser, uint32_t op)
{
	RuleCode code = op_at(parser, op)->code;
	uint32_t first = op_at(parser, op)->first, second = op_at(parser, first)->next;

	switch (code)
	{
		case CODE_EXISTS:
		case CODE_ABSENT:
		case CODE_COUNT:
			for (uint32_t at = first; at != 0; at = op_at(parser, at)->next)
				sum_over_lines(parser, at, false);
			break;
		case CODE_AT_MOST:
		case CODE_EXACTLY:
			sum_over_lines(parser, second, false);
			break;
		case CODE_SUM:
			reads_text(parser, first);
			sum_over_lines(parser, first, true);
			break;
		case CODE_FILLED:
			for (uint32_t at = first; at != 0; at = op_at(parser, at)->next)
				wants_text(parser->program, op_at(parser, at), OP_ASKS);
			break;
		case CODE_DISTINCT:
			reads_text(parser, first);
			break;
		case CODE_DECIMALS:
			reads_text(parser, second);
			break;
		case CODE_NOT:
			if (is_constant_bool(op_at(parser, first)))
				op_at(parser, op)->code =
					op_at(parser, first)->code == CODE_TRUE ? CODE_FALSE : CODE_TRUE;
			break;
		case CODE_IF:
			op_at(parser, op)->kind = op_at(parser, second)->kind;
			if (op_at(parser, op)->kind == KIND_NODES)
				op_at(parser, op)->kind = KIND_TEXT;
			break;
		default:
			break;
	}
}

/* self_is(Name) and inside(Name): of most paths it is known what stands above */
static uint32_t
parse_name(RuleParser *parser, uint32_t number, uint16_t path)
{
	const RuleProgram *program = parser->program;
	size_t length = rules_name_length(parser->at);
	RuleOp *op = op_at(parser, number);
	uint16_t space, name;
	bool self = op->code == CODE_SELF_IS, found;

	rules_name(parser->program, parser->at, length, &space, &name);
	parser->at += length;
	expect(parser, ")");
	parser->uses_steps = true;
	op->first = name;
	if (path == 0 || (program->paths[path].flags & PATH_FLOATING))
		return number;
	found = self && program->paths[path].name == name;
	for (uint16_t at = program->paths[path].parent; !self && at != 0;
		 at = program->paths[at].parent)
		found |= program->paths[at].name == name;
	op->code = found ? CODE_TRUE : CODE_FALSE;
	return number;
}

static uint32_t
parse_function(RuleParser *parser, uint16_t path)
{
	size_t length = rules_name_length(parser->at);
	uint32_t op;
	int i;

	for (i = 0; i < FUNCTION_COUNT; i++)
		if (strlen(functions[i].name) == length &&
			memcmp(functions[i].name, parser->at, length) == 0)
			break;
	if (i == FUNCTION_COUNT)
	{
		rules_complain(parser, "function");
		return 0;
	}
	parser->at += length + 1;
	if (functions[i].shape == SHAPE_TESTS)
		return parse_tested_nodes(parser, functions[i].code == CODE_ALL, path);
	op = new_op(parser, functions[i].code, functions[i].kind, 0, 0);
	if (functions[i].shape == SHAPE_NAME)
		return parse_name(parser, op, path);
	if (functions[i].shape == SHAPE_LIST)
		take_list(parser, op);
	else if (functions[i].shape == SHAPE_CHECK)
		take_check(parser, op);
	else if (functions[i].shape == SHAPE_SITES)
		take_sites(parser, op);
	parse_operands(parser, op, functions[i].shape, path);
	finish_function(parser, op);
	return op;
}

/* -- expressions ---------------------------------------------------------------------------- */

static uint32_t
parse_primary(RuleParser *parser, uint16_t path)
{
	size_t length;

	skip_blanks(parser);
	if (*parser->program->problem != '\0')
		return 0;
	length = rules_name_length(parser->at);
	if (*parser->at == '\'')
	{
		const char *end = strchr(parser->at + 1, '\'');
		uint32_t literal = new_literal(parser, parser->at + 1, (size_t) (end - parser->at - 1));

		parser->at = end + 1;
		return new_op(parser, CODE_LITERAL, KIND_TEXT, literal, 0);
	}
	if (*parser->at >= '0' && *parser->at <= '9')
	{
		const char *start = parser->at;

		parser->at += strspn(parser->at, "0123456789.");
		return new_number(parser, start, (size_t) (parser->at - start));
	}
	if (take_word(parser, "true"))
		return new_op(parser, CODE_TRUE, KIND_BOOL, 0, 0);
	if (take_word(parser, "false"))
		return new_op(parser, CODE_FALSE, KIND_BOOL, 0, 0);
	if (length > 0 && parser->at[length] == '(')
		return parse_function(parser, path);
	if (*parser->at == '(')
	{
		/* a test in brackets, or a way of several: what stands inside tells */
		const char *start = parser->at;
		int depth = 0;
		const char *end = start;
		uint32_t inner;

		do
		{
			if (*end == '\'')
				end = strchr(end + 1, '\'');
			depth += *end == '(' ? 1 : *end == ')' ? -1 : 0;
		} while (*end++ != '\0' && depth > 0);
		if (*end == '/' || *end == '[')
			return parse_path(parser, path);
		parser->at++;
		inner = parse_or(parser, path);
		skip_blanks(parser);
		if (*parser->at == '|')
		{
			parser->at = start;
			return parse_path(parser, path);
		}
		expect(parser, ")");
		return inner;
	}
	return parse_path(parser, path);
}

static uint32_t
binary(RuleParser *parser, RuleCode code, RuleKind kind, uint32_t left, uint32_t right)
{
	uint32_t op = new_op(parser, code, kind, left, 2);

	op_at(parser, left)->next = right;
	if (kind == KIND_NUMBER)
	{
		reads_text(parser, left);
		reads_text(parser, right);
	}
	return op;
}

static uint32_t
parse_product(RuleParser *parser, uint16_t path)
{
	uint32_t left;

	if (take(parser, "-"))
	{
		left = parse_primary(parser, path);
		reads_text(parser, left);
		return new_op(parser, CODE_NEGATE, KIND_NUMBER, left, 1);
	}
	left = parse_primary(parser, path);
	for (;;)
		if (take(parser, "*"))
			left = binary(parser, CODE_MULTIPLY, KIND_NUMBER, left, parse_primary(parser, path));
		else if (take_word(parser, "div"))
			left = binary(parser, CODE_DIVIDE, KIND_NUMBER, left, parse_primary(parser, path));
		else
			return left;
}

static uint32_t
parse_sum(RuleParser *parser, uint16_t path)
{
	uint32_t left = parse_product(parser, path);

	for (;;)
		if (take(parser, "+"))
			left = binary(parser, CODE_ADD, KIND_NUMBER, left, parse_product(parser, path));
		else if (take(parser, "-"))
			left = binary(parser, CODE_SUBTRACT, KIND_NUMBER, left, parse_product(parser, path));
		else
			return left;
}

/* trim(P) = 'word', trim(upper(P)) = 'WORD': frequent, and done without copying */
static uint32_t
compare_word(RuleParser *parser, uint32_t left, uint32_t right, RuleCompare compare)
{
	const RuleProgram *program = parser->program;
	bool trims = false, folds = false;
	uint32_t op, inner = left;
	Slice word;

	while (op_at(parser, inner)->code == CODE_TRIM || op_at(parser, inner)->code == CODE_UPPER)
	{
		trims |= op_at(parser, inner)->code == CODE_TRIM;
		folds |= op_at(parser, inner)->code == CODE_UPPER;
		inner = op_at(parser, inner)->first;
	}
	if (!trims || op_at(parser, inner)->code != CODE_PATH ||
		op_at(parser, right)->code != CODE_LITERAL ||
		(compare != COMPARE_EQUAL && compare != COMPARE_DIFFERENT))
		return 0;
	word = program->literals[op_at(parser, right)->first];
	for (size_t i = 0; i < word.length; i++)
		if (word.bytes[i] == ' ' || (word.bytes[i] & 0x80) != 0 ||
			(folds && word.bytes[i] >= 'a' && word.bytes[i] <= 'z'))
			return 0;
	if (word.length == 0)
		return 0;
	op = new_op(parser, CODE_WORD, KIND_BOOL, inner, op_at(parser, right)->first);
	op_at(parser, op)->flags = folds ? OP_FOLD : 0;
	op_at(parser, op)->detail = (uint8_t) compare;
	return op;
}

static uint32_t
parse_comparison(RuleParser *parser, uint16_t path)
{
	static const char *const signs[] = {"=", "!=", "<=", "<", ">=", ">"};
	static const RuleCompare compares[] = {COMPARE_EQUAL, COMPARE_DIFFERENT,  COMPARE_LESS_EQUAL,
										   COMPARE_LESS,  COMPARE_MORE_EQUAL, COMPARE_MORE};
	uint32_t left = parse_sum(parser, path), right, op;
	RuleCode code = CODE_COMPARE_TEXT;

	for (int i = 0; i < 6; i++)
	{
		if (!take(parser, signs[i]))
			continue;
		right = parse_sum(parser, path);
		if (op_at(parser, left)->kind == KIND_NUMBER || op_at(parser, right)->kind == KIND_NUMBER)
			code = CODE_COMPARE_NUMBER;
		else if (is_constant_bool(op_at(parser, left)) || is_constant_bool(op_at(parser, right)))
			code = CODE_COMPARE_BOOL;
		reads_text(parser, left);
		reads_text(parser, right);
		op = code == CODE_COMPARE_TEXT ? compare_word(parser, left, right, compares[i]) : 0;
		if (op != 0)
			return op;
		op = binary(parser, code, KIND_BOOL, left, right);
		op_at(parser, op)->detail = (uint8_t) compares[i];
		return op;
	}
	return left;
}

static uint32_t
parse_and(RuleParser *parser, uint16_t path)
{
	uint32_t left = parse_comparison(parser, path);

	while (take_word(parser, "and"))
	{
		uint32_t right = parse_comparison(parser, path);

		if (op_at(parser, left)->code == CODE_TRUE)
			left = right;
		else if (op_at(parser, left)->code != CODE_FALSE && op_at(parser, right)->code != CODE_TRUE)
			left = binary(parser, CODE_AND, KIND_BOOL, left, right);
	}
	return left;
}

static uint32_t
parse_or(RuleParser *parser, uint16_t path)
{
	uint32_t left = parse_and(parser, path);

	while (take_word(parser, "or"))
		left = binary(parser, CODE_OR, KIND_BOOL, left, parse_and(parser, path));
	return left;
}

uint32_t
rules_parse_test(RuleParser *parser, const char *text, uint16_t path)
{
	uint32_t op;

	parser->at = parser->start = text;
	op = parse_or(parser, path);
	skip_blanks(parser);
	if (*parser->at != '\0')
		rules_complain(parser, "more than a test");
	return op;
}
