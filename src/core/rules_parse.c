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

void
rules_complain(RuleParser *parser, const char *what)
{
	RuleProgram *program = parser->program;

	if (*program->problem == '\0')
		snprintf(program->problem, sizeof(program->problem),
				 "rule set \"%.20s\": %.40s at \"%.30s\" of \"%.40s\"",
				 parser->set != NULL ? parser->set->name : "", what, parser->at, parser->start);
	program->failed = true;
}

/* -- tokens --------------------------------------------------------------------------------- */

void
rules_expect(RuleParser *parser, const char *token)
{
	if (!rules_take(parser, token))
		rules_complain(parser, "syntax");
}

static inline bool
is_name_char(char c)
{
	static const bool is[256] = {['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
								 ['_'] = true,		   ['-'] = true,		 [':'] = true};

	return is[(unsigned char) c];
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
	const char *start = parser->at;

	if (!rules_take(parser, word))
		return false;
	if (!is_name_char(*parser->at))
		return true;
	parser->at = start;
	return false;
}

/* -- operations ----------------------------------------------------------------------------- */

uint32_t
rules_new_op(RuleParser *parser, RuleCode code, RuleKind kind, uint32_t first, uint32_t count)
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

/* flag: OP_READS, or OP_ASKS for whether there is one */
void
rules_wants_text(RuleProgram *program, RuleOp *op, uint8_t flag)
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
	rules_wants_text(parser->program, rules_parsed_op(parser, number), OP_READS);
}

static uint32_t
new_literal(RuleParser *parser, const char *text, size_t length)
{
	RuleProgram *program = parser->program;

	uint32_t at = (uint32_t) length;
	uint16_t *slots = rules_build.literal_slots;

	for (size_t i = 0; i < length; i++)
		at = at * 31 + (unsigned char) text[i];
	for (at %= 2 * RULE_MAX_LITERALS; slots[at] != 0; at = (at + 1) % (2 * RULE_MAX_LITERALS))
		if (program->literals[slots[at]].length == length &&
			memcmp(program->literals[slots[at]].bytes, text, length) == 0)
			return slots[at];
	if (program->literal_count + 1 >= RULE_MAX_LITERALS)
	{
		program->failed = true;
		return 0;
	}
	program->literals[++program->literal_count] =
		(Slice){rules_keep_text(program, text, length), length};
	slots[at] = (uint16_t) program->literal_count;
	return slots[at];
}

static uint32_t
new_number(RuleParser *parser, const char *text, size_t length)
{
	uint32_t literal = new_literal(parser, text, length);

	if (decimal_parse(text, length, &parser->program->numbers[literal]) != DECIMAL_OK)
		rules_complain(parser, "number");
	return rules_new_op(parser, CODE_NUMBER, KIND_NUMBER, literal, 0);
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
	SHAPE_SITES,  /* sites, values, words vat and raw */
	SHAPE_KEPT	  /* a text of the line */
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
	{"kept", CODE_KEPT, KIND_TEXT, SHAPE_KEPT},
};

#define FUNCTION_COUNT ((int) (sizeof(functions) / sizeof(*functions)))

/* Links an operand behind the others of its parent. */
static void
add_operand(RuleParser *parser, uint32_t op, uint32_t *last, uint32_t operand)
{
	if (*last == 0)
		rules_parsed_op(parser, op)->first = operand;
	else
		rules_parsed_op(parser, *last)->next = operand;
	*last = operand;
	rules_parsed_op(parser, op)->count++;
}

static void
take_list(RuleParser *parser, uint32_t op)
{
	char name[64];
	size_t length;
	RuleCodeList list;

	rules_skip_blanks(parser);
	length = rules_name_length(parser->at);
	snprintf(name, sizeof(name), "%.*s", (int) length, parser->at);
	list = rule_code_list_of(name);
	if (list == RULE_CODE_LISTS)
		rules_complain(parser, "code list");
	rules_parsed_op(parser, op)->detail = (uint8_t) list;
	parser->at += length;
	rules_expect(parser, ",");
}

static void
take_check(RuleParser *parser, uint32_t op)
{
	RuleProgram *program = parser->program;
	size_t length;
	const RuleCheck *check = NULL;

	rules_skip_blanks(parser);
	length = rules_name_length(parser->at);
	for (int i = 0; parser->set != NULL && i < parser->set->check_count; i++)
		if (strlen(parser->set->checks[i].name) == length &&
			memcmp(parser->set->checks[i].name, parser->at, length) == 0)
			check = &parser->set->checks[i];
	if (check == NULL || program->check_count + 1 >= 64)
		return rules_complain(parser, "check");
	for (int i = 1; i <= program->check_count; i++)
		if (program->checks[i] == check)
			rules_parsed_op(parser, op)->detail = (uint8_t) i;
	if (rules_parsed_op(parser, op)->detail == 0)
	{
		program->checks[++program->check_count] = check;
		rules_parsed_op(parser, op)->detail = (uint8_t) program->check_count;
	}
	parser->at += length;
	rules_expect(parser, ",");
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
		rules_parsed_op(parser, op)->detail |= (uint8_t) (1 << site);
	} while (rules_take(parser, "|"));
	rules_expect(parser, ",");
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
			rules_parsed_op(parser, op)->flags |= parser->at[-1] == 't' ? OP_VAT : OP_RAW;
			continue;
		}
		operand = rules_parse_or(parser, path);
		if (shape == SHAPE_VALUES || shape == SHAPE_LIST || shape == SHAPE_SITES ||
			shape == SHAPE_CHECK || (shape == SHAPE_CHOICE && place > 0))
			reads_text(parser, operand);
		add_operand(parser, op, &last, operand);
		place++;
	} while (rules_take(parser, ","));
	rules_expect(parser, ")");
}

static bool
is_constant_bool(const RuleOp *op)
{
	return op->code == CODE_TRUE || op->code == CODE_FALSE;
}

static void
finish_function(RuleParser *parser, uint32_t op)
{
	RuleCode code = rules_parsed_op(parser, op)->code;
	uint32_t first = rules_parsed_op(parser, op)->first,
			 second = rules_parsed_op(parser, first)->next;

	switch (code)
	{
		case CODE_EXISTS:
		case CODE_ABSENT:
		case CODE_COUNT:
			for (uint32_t at = first; at != 0; at = rules_parsed_op(parser, at)->next)
				rules_sum_over_lines(parser, at, false);
			break;
		case CODE_AT_MOST:
		case CODE_EXACTLY:
			rules_sum_over_lines(parser, second, false);
			break;
		case CODE_SUM:
			reads_text(parser, first);
			rules_sum_over_lines(parser, first, true);
			break;
		case CODE_FILLED:
			for (uint32_t at = first; at != 0; at = rules_parsed_op(parser, at)->next)
				rules_wants_text(parser->program, rules_parsed_op(parser, at), OP_ASKS);
			break;
		case CODE_DISTINCT:
			reads_text(parser, first);
			break;
		case CODE_DECIMALS:
			reads_text(parser, second);
			break;
		case CODE_NOT:
			if (is_constant_bool(rules_parsed_op(parser, first)))
				rules_parsed_op(parser, op)->code =
					rules_parsed_op(parser, first)->code == CODE_TRUE ? CODE_FALSE : CODE_TRUE;
			break;
		case CODE_IF:
			rules_parsed_op(parser, op)->kind = rules_parsed_op(parser, second)->kind;
			if (rules_parsed_op(parser, op)->kind == KIND_NODES)
				rules_parsed_op(parser, op)->kind = KIND_TEXT;
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
	RuleOp *op = rules_parsed_op(parser, number);
	uint16_t space, name;
	bool self = op->code == CODE_SELF_IS, found;

	rules_name(parser->program, parser->at, length, &space, &name);
	parser->at += length;
	rules_expect(parser, ")");
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

/* kept(T): read at the line's end, and no reason against waiting for the header */
static uint32_t
parse_kept(RuleParser *parser, uint32_t op, uint16_t path)
{
	RuleParser before = *parser;
	uint32_t operand = rules_parse_or(parser, path);

	reads_text(parser, operand);
	rules_expect(parser, ")");
	if (parser->waits)
		return op;
	rules_parsed_op(parser, op)->code = CODE_TEXT;
	rules_parsed_op(parser, op)->first = operand;
	rules_parsed_op(parser, op)->count = 1;
	if (parser->in_line)
	{
		parser->uses_header = before.uses_header;
		parser->uses_here = before.uses_here;
		parser->uses_rule = before.uses_rule;
		parser->kept = operand;
	}
	return op;
}

static uint32_t
parse_function(RuleParser *parser, uint16_t path)
{
	size_t length = rules_name_length(parser->at);
	uint32_t op;
	int i;

	for (i = 0; i < FUNCTION_COUNT; i++)
		if (functions[i].name[0] == *parser->at &&
			strncmp(functions[i].name, parser->at, length) == 0 &&
			functions[i].name[length] == '\0')
			break;
	if (i == FUNCTION_COUNT)
	{
		rules_complain(parser, "function");
		return 0;
	}
	parser->at += length + 1;
	if (functions[i].shape == SHAPE_TESTS)
		return rules_parse_tested_nodes(parser, functions[i].code == CODE_ALL, path);
	op = rules_new_op(parser, functions[i].code, functions[i].kind, 0, 0);
	if (functions[i].shape == SHAPE_NAME)
		return parse_name(parser, op, path);
	if (functions[i].shape == SHAPE_KEPT)
		return parse_kept(parser, op, path);
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

	rules_skip_blanks(parser);
	if (*parser->program->problem != '\0')
		return 0;
	length = rules_name_length(parser->at);
	if (*parser->at == '\'')
	{
		const char *end = strchr(parser->at + 1, '\'');
		uint32_t literal = new_literal(parser, parser->at + 1, (size_t) (end - parser->at - 1));

		parser->at = end + 1;
		return rules_new_op(parser, CODE_LITERAL, KIND_TEXT, literal, 0);
	}
	if (*parser->at >= '0' && *parser->at <= '9')
	{
		const char *start = parser->at;

		parser->at += strspn(parser->at, "0123456789.");
		return new_number(parser, start, (size_t) (parser->at - start));
	}
	if (take_word(parser, "true"))
		return rules_new_op(parser, CODE_TRUE, KIND_BOOL, 0, 0);
	if (take_word(parser, "false"))
		return rules_new_op(parser, CODE_FALSE, KIND_BOOL, 0, 0);
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
			return rules_parse_path(parser, path);
		parser->at++;
		inner = rules_parse_or(parser, path);
		rules_skip_blanks(parser);
		if (*parser->at == '|')
		{
			parser->at = start;
			return rules_parse_path(parser, path);
		}
		rules_expect(parser, ")");
		return inner;
	}
	return rules_parse_path(parser, path);
}

static uint32_t
binary(RuleParser *parser, RuleCode code, RuleKind kind, uint32_t left, uint32_t right)
{
	uint32_t op = rules_new_op(parser, code, kind, left, 2);

	rules_parsed_op(parser, left)->next = right;
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

	if (rules_take(parser, "-"))
	{
		left = parse_primary(parser, path);
		reads_text(parser, left);
		return rules_new_op(parser, CODE_NEGATE, KIND_NUMBER, left, 1);
	}
	left = parse_primary(parser, path);
	for (;;)
		if (rules_take(parser, "*"))
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
		if (rules_take(parser, "+"))
			left = binary(parser, CODE_ADD, KIND_NUMBER, left, parse_product(parser, path));
		else if (rules_take(parser, "-"))
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

	while (rules_parsed_op(parser, inner)->code == CODE_TRIM ||
		   rules_parsed_op(parser, inner)->code == CODE_UPPER)
	{
		trims |= rules_parsed_op(parser, inner)->code == CODE_TRIM;
		folds |= rules_parsed_op(parser, inner)->code == CODE_UPPER;
		inner = rules_parsed_op(parser, inner)->first;
	}
	if (!trims || rules_parsed_op(parser, inner)->code != CODE_PATH ||
		rules_parsed_op(parser, right)->code != CODE_LITERAL ||
		(compare != COMPARE_EQUAL && compare != COMPARE_DIFFERENT))
		return 0;
	word = program->literals[rules_parsed_op(parser, right)->first];
	for (size_t i = 0; i < word.length; i++)
		if (word.bytes[i] == ' ' || (word.bytes[i] & 0x80) != 0 ||
			(folds && word.bytes[i] >= 'a' && word.bytes[i] <= 'z'))
			return 0;
	if (word.length == 0)
		return 0;
	op = rules_new_op(parser, CODE_WORD, KIND_BOOL, inner, rules_parsed_op(parser, right)->first);
	rules_parsed_op(parser, op)->flags = folds ? OP_FOLD : 0;
	rules_parsed_op(parser, op)->detail = (uint8_t) compare;
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

	rules_skip_blanks(parser);
	if (*parser->at != '=' && *parser->at != '!' && *parser->at != '<' && *parser->at != '>')
		return left;
	for (int i = 0; i < 6; i++)
	{
		if (!rules_take(parser, signs[i]))
			continue;
		right = parse_sum(parser, path);
		if (rules_parsed_op(parser, left)->kind == KIND_NUMBER ||
			rules_parsed_op(parser, right)->kind == KIND_NUMBER)
			code = CODE_COMPARE_NUMBER;
		else if (is_constant_bool(rules_parsed_op(parser, left)) ||
				 is_constant_bool(rules_parsed_op(parser, right)))
			code = CODE_COMPARE_BOOL;
		reads_text(parser, left);
		reads_text(parser, right);
		op = code == CODE_COMPARE_TEXT ? compare_word(parser, left, right, compares[i]) : 0;
		if (op != 0)
			return op;
		op = binary(parser, code, KIND_BOOL, left, right);
		rules_parsed_op(parser, op)->detail = (uint8_t) compares[i];
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

		if (rules_parsed_op(parser, left)->code == CODE_TRUE)
			left = right;
		else if (rules_parsed_op(parser, left)->code != CODE_FALSE &&
				 rules_parsed_op(parser, right)->code != CODE_TRUE)
			left = binary(parser, CODE_AND, KIND_BOOL, left, right);
	}
	return left;
}

uint32_t
rules_parse_or(RuleParser *parser, uint16_t path)
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
	op = rules_parse_or(parser, path);
	rules_skip_blanks(parser);
	if (*parser->at != '\0')
		rules_complain(parser, "more than a test");
	return op;
}
