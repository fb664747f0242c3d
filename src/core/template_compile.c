/*
 * template_compile.c: XML to blocks, in one pass.
 *
 * Labels must stand before the blocks that use them.  Limits on blocks, values and source keep a
 * program small; nesting is limited by the XML reader.
 */
#include "core/template_program.h"

#include <stdio.h>
#include <string.h>

#define MAX_DEPTH 16

typedef struct Compiler
{
	TemplateProgram *program;
	XmlReader *reader;
	PortFault *fault;
	int stack[MAX_DEPTH + 1];
	unsigned scopes[MAX_DEPTH + 1];
	int depth;
	bool any, stopped;
	ByteBuffer text; /* of the text or label that is open */
	TemplateLanguage label_language;
	Slice label_key;
} Compiler;

#define IN(kind) (1u << (kind))
#define IN_BLOCKS                                                                       \
	(IN(BLOCK_ZONE) | IN(BLOCK_FLOW) | IN(BLOCK_IF) | IN(BLOCK_EACH) | IN(BLOCK_KEEP) | \
	 IN(BLOCK_COLUMNS))

/* Each element, and the elements it may stand in. */
static const struct
{
	const char *name;
	unsigned parents;
} kinds[BLOCK_KIND_COUNT] = {
	{"template", 0},
	{"labels", IN(BLOCK_TEMPLATE)},
	{"label", IN(BLOCK_LABELS)},
	{"zone", IN(BLOCK_TEMPLATE)},
	{"flow", IN(BLOCK_TEMPLATE)},
	{"text", IN_BLOCKS | IN(BLOCK_COLUMN)},
	{"total", IN_BLOCKS},
	{"table", IN_BLOCKS},
	{"column", IN(BLOCK_TABLE)},
	{"columns", IN_BLOCKS},
	{"if", IN_BLOCKS | IN(BLOCK_COLUMN)},
	{"each", IN_BLOCKS | IN(BLOCK_COLUMN)},
	{"keep", IN_BLOCKS},
	{"barcode", IN_BLOCKS},
	{"rule", IN_BLOCKS},
	{"box", IN(BLOCK_ZONE)},
	{"space", IN_BLOCKS},
	{"pagebreak", IN(BLOCK_FLOW) | IN(BLOCK_IF)},
};

static const char *const list_names[LIST_COUNT] = {"lines", "taxes", "adjustments",
												   "line_adjustments"};
static const char *const pages_names[] = {"first", "next", "every", "last"};

const char *
template_block_name(TemplateBlockKind kind)
{
	return kinds[kind].name;
}

/* Stops the parser; the message gets template and block in front. */
static void
complain(Compiler *compiler, const char *rule, const char *block, const char *problem)
{
	const Slice *name = &compiler->program->name;

	if (compiler->stopped)
		return;
	compiler->stopped = true;
	xml_reader_stop(compiler->reader, PORT_INVALID, rule, "template \"%.*s\", block <%.30s>: %s",
					(int) (name->length < 60 ? name->length : 60), name->length ? name->bytes : "",
					block, problem);
}

static Slice
keep_text(Compiler *compiler, Slice text)
{
	const Port *port = compiler->program->port;
	char *copy = port->alloc(port->host, text.length + 1);

	if (copy == NULL)
	{
		compiler->stopped = true;
		xml_reader_stop(compiler->reader, PORT_NO_MEMORY, NULL, NULL);
		return (Slice){"", 0};
	}
	memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	return (Slice){copy, text.length};
}

/* Hundredths of a number like 12 or 12.5 or 12.75; -1 when it is something else. */
static int
parse_hundredths(Slice text)
{
	int value = 0, decimals = -1;

	if (text.length == 0 || text.length > 8)
		return -1;
	for (size_t i = 0; i < text.length; i++)
	{
		char c = text.bytes[i];

		if (c == '.' && decimals < 0 && i > 0)
		{
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9' || decimals == 2)
			return -1;
		value = value * 10 + c - '0';
		decimals += decimals >= 0 ? 1 : 0;
		if (value > 1000000)
			return -1;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < 2; i++)
		value *= 10;
	return value;
}

static void
take_number(Compiler *compiler, const char *block, const XmlAttribute *attribute, int least,
			int most, int *target)
{
	int value = parse_hundredths(attribute->value);
	char problem[160];

	if (value >= least && value <= most)
	{
		*target = value;
		return;
	}
	snprintf(problem, sizeof(problem), "attribute %s=\"%.*s\" must be a number from %g to %g",
			 attribute->text, (int) (attribute->value.length < 30 ? attribute->value.length : 30),
			 attribute->value.bytes, least / 100.0, most / 100.0);
	complain(compiler, "TEMPLATE-VALUE", block, problem);
}

/* Millimetres to 1/100 pt. */
static void
take_length(Compiler *compiler, const char *block, const XmlAttribute *attribute, int *target)
{
	int hundredths = 0;

	take_number(compiler, block, attribute, 0, 30000, &hundredths);
	*target = (int) (((int64_t) hundredths * 7200 + 1270) / 2540);
}

static int
take_word(Compiler *compiler, const char *block, const XmlAttribute *attribute,
		  const char *const *words, int count)
{
	char problem[160];

	for (int i = 0; i < count; i++)
		if (slice_is(attribute->value, words[i]))
			return i;
	snprintf(problem, sizeof(problem), "attribute %s cannot be \"%.*s\"", attribute->text,
			 (int) (attribute->value.length < 40 ? attribute->value.length : 40),
			 attribute->value.bytes);
	complain(compiler, "TEMPLATE-VALUE", block, problem);
	return 0;
}

static void
take_expression(Compiler *compiler, const char *block, Slice text, unsigned scopes,
				TemplateExpression *target)
{
	char problem[200];

	if (template_compile_expression(compiler->program, keep_text(compiler, text), scopes, target,
									problem, sizeof(problem)) != PORT_OK)
		complain(compiler, "TEMPLATE-FIELD", block, problem);
}

static void
take_test(Compiler *compiler, const char *block, Slice text, unsigned scopes, TemplateTest *target)
{
	char problem[200];

	if (template_compile_test(compiler->program, keep_text(compiler, text), scopes, target, problem,
							  sizeof(problem)) != PORT_OK)
		complain(compiler, "TEMPLATE-FIELD", block, problem);
}

static void
take_attribute(Compiler *compiler, TemplateBlock *block, const XmlAttribute *attribute,
			   unsigned scopes)
{
	static const char *const yes_no[] = {"no", "yes"}, *const sides[] = {"left", "right"};
	const char *name = attribute->text, *own = kinds[block->kind].name;
	TemplateBlockKind kind = block->kind;

	if (strcmp(name, "x") == 0)
		take_length(compiler, own, attribute, &block->x);
	else if (strcmp(name, "y") == 0)
		take_length(compiler, own, attribute, &block->y);
	else if (strcmp(name, "width") == 0)
		take_length(compiler, own, attribute, &block->width);
	else if (strcmp(name, "height") == 0)
		take_length(compiler, own, attribute, &block->height);
	else if (strcmp(name, "size") == 0)
		take_number(compiler, own, attribute, 400, 7200, &block->size);
	else if (strcmp(name, "gray") == 0)
	{
		take_number(compiler, own, attribute, 0, 10000, &block->gray);
		block->gray /= 100;
	}
	else if (strcmp(name, "lines") == 0)
	{
		take_number(compiler, own, attribute, 100, 10000, &block->most_lines);
		block->most_lines /= 100;
	}
	else if (strcmp(name, "bold") == 0)
		block->bold = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "shaded") == 0)
		block->shaded = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "keep-last") == 0)
		block->keep_last = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "align") == 0)
		block->align = (TemplateAlign) take_word(compiler, own, attribute, sides, 2);
	else if (strcmp(name, "pages") == 0 && kind == BLOCK_ZONE)
		block->pages = (TemplatePages) take_word(compiler, own, attribute, pages_names, 4);
	else if (strcmp(name, "in") == 0 && (kind == BLOCK_TABLE || kind == BLOCK_EACH))
		block->list = (TemplateList) take_word(compiler, own, attribute, list_names, LIST_COUNT);
	else if (strcmp(name, "if") == 0 || (kind == BLOCK_IF && strcmp(name, "test") == 0))
		take_test(compiler, own, attribute->value, scopes, &block->test);
	else if (strcmp(name, "value") == 0 && (kind == BLOCK_TOTAL || kind == BLOCK_BARCODE))
		take_expression(compiler, own, attribute->value, scopes, &block->content);
	else if ((strcmp(name, "label") == 0 && kind == BLOCK_TOTAL) ||
			 (strcmp(name, "head") == 0 && kind == BLOCK_COLUMN))
		take_expression(compiler, own, attribute->value, scopes, &block->label);
	else if (kind == BLOCK_TEMPLATE && strcmp(name, "top") == 0)
		take_length(compiler, own, attribute, &compiler->program->top);
	else if (kind == BLOCK_TEMPLATE && strcmp(name, "next-top") == 0)
		take_length(compiler, own, attribute, &compiler->program->next_top);
	else if (kind == BLOCK_TEMPLATE && strcmp(name, "bottom") == 0)
		take_length(compiler, own, attribute, &compiler->program->bottom);
	else if (kind != BLOCK_TEMPLATE || strcmp(name, "name") != 0)
	{
		char problem[120];

		snprintf(problem, sizeof(problem), "there is no attribute \"%.40s\" here", name);
		complain(compiler, "TEMPLATE-BLOCK", own, problem);
	}
}

static void
take_label_attributes(Compiler *compiler, TemplateBlockKind kind, const XmlElement *element)
{
	bool found = false;

	for (int i = 0; i < element->attribute_count && !compiler->stopped; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];

		if (kind == BLOCK_LABELS && strcmp(attribute->text, "lang") == 0)
			for (int l = 0; l < LANGUAGE_COUNT; l++)
				if (slice_is(attribute->value, template_language_code((TemplateLanguage) l)))
				{
					compiler->label_language = (TemplateLanguage) l;
					found = true;
				}
		if (kind == BLOCK_LABEL && strcmp(attribute->text, "key") == 0 &&
			attribute->value.length > 0)
		{
			compiler->label_key = keep_text(compiler, attribute->value);
			found = true;
		}
	}
	if (!found)
		complain(compiler, "TEMPLATE-VALUE", kinds[kind].name,
				 kind == BLOCK_LABELS ? "attribute lang must be en, nb, sv, da, fi, pl or ro"
									  : "attribute key is missing");
}

static TemplateBlockKind
find_kind(const char *name)
{
	int kind = 0;

	while (kind < BLOCK_KIND_COUNT && strcmp(name, kinds[kind].name) != 0)
		kind++;
	return (TemplateBlockKind) kind;
}

/* What the fields of a list's rows are called inside it. */
static unsigned
list_scope(TemplateList list)
{
	switch (list)
	{
		case LIST_LINES:
			return SCOPE_OF(TEMPLATE_LINE);
		case LIST_TAXES:
			return SCOPE_OF(TEMPLATE_TAX);
		default:
			return SCOPE_OF(TEMPLATE_ADJUSTMENT);
	}
}

static int
add_block(Compiler *compiler, TemplateBlockKind kind)
{
	TemplateProgram *program = compiler->program;
	int number = program->block_count++;
	TemplateBlock *block = &program->blocks[number];

	memset(block, 0, sizeof(*block));
	block->kind = kind;
	block->line = (int) xml_reader_line(compiler->reader);
	block->size = 900;
	block->width = -1;
	if (compiler->depth > 0)
	{
		TemplateBlock *parent = &program->blocks[compiler->stack[compiler->depth - 1]];

		block->parent = compiler->stack[compiler->depth - 1];
		if (parent->last_child != 0)
			program->blocks[parent->last_child].next = number;
		else
			parent->first_child = number;
		parent->last_child = number;
	}
	return number;
}

static bool
may_stand_here(Compiler *compiler, TemplateBlockKind kind, const char *name)
{
	char problem[120];
	TemplateBlockKind parent;

	if (kind == BLOCK_KIND_COUNT)
	{
		complain(compiler, "TEMPLATE-BLOCK", name, "there is no such block");
		return false;
	}
	if (compiler->depth == 0 ? kind == BLOCK_TEMPLATE && !compiler->any : false)
		return true;
	parent = compiler->depth == 0
				 ? BLOCK_LABEL
				 : compiler->program->blocks[compiler->stack[compiler->depth - 1]].kind;
	if (compiler->depth > 0 && (kinds[kind].parents & IN(parent)) && compiler->depth < MAX_DEPTH)
		return true;
	snprintf(problem, sizeof(problem), "it may not stand %s%s%s",
			 compiler->depth == 0 ? "at the top" : "in <",
			 compiler->depth == 0 ? "" : kinds[parent].name, compiler->depth == 0 ? "" : ">");
	complain(compiler, "TEMPLATE-SYNTAX", name, problem);
	return false;
}

static void
start_element(void *state, const XmlElement *element)
{
	Compiler *compiler = state;
	TemplateProgram *program = compiler->program;
	TemplateBlockKind kind = find_kind(element->text);
	unsigned scopes =
		compiler->depth == 0 ? SCOPE_OF(TEMPLATE_INVOICE) : compiler->scopes[compiler->depth - 1];
	TemplateBlock *block;
	int number;

	if (compiler->stopped || !may_stand_here(compiler, kind, element->text))
		return;
	if (program->block_count == TEMPLATE_MAX_BLOCKS)
	{
		complain(compiler, "TEMPLATE-SYNTAX", element->text, "the template has too many blocks");
		return;
	}
	if (kind == BLOCK_TEMPLATE)
		for (int i = 0; i < element->attribute_count; i++)
			if (strcmp(element->attributes[i].text, "name") == 0)
				program->name = keep_text(compiler, element->attributes[i].value);
	number = add_block(compiler, kind);
	block = &program->blocks[number];
	buffer_reset(&compiler->text);
	if (kind == BLOCK_LABELS || kind == BLOCK_LABEL)
		take_label_attributes(compiler, kind, element);
	else
		for (int i = 0; i < element->attribute_count && !compiler->stopped; i++)
			take_attribute(compiler, block, &element->attributes[i], scopes);
	if (kind == BLOCK_TABLE || kind == BLOCK_EACH)
		scopes |= list_scope(block->list);
	if (kind == BLOCK_FLOW)
		program->flow = number;
	if (block->list == LIST_LINE_ADJUSTMENTS && !(scopes & SCOPE_OF(TEMPLATE_LINE)))
		complain(compiler, "TEMPLATE-FIELD", element->text,
				 "list \"line_adjustments\" is only known inside \"lines\"");
	compiler->any = true;
	compiler->stack[compiler->depth] = number;
	compiler->scopes[compiler->depth++] = scopes;
}

/* Runs of white space are one blank, as in HTML. */
static Slice
collapse(ByteBuffer *text)
{
	size_t out = 0;

	for (size_t i = 0; i < text->length; i++)
	{
		bool blank = strchr(" \t\r\n", text->bytes[i]) != NULL && text->bytes[i] != '\0';

		if (blank && (out == 0 || text->bytes[out - 1] == ' '))
			continue;
		text->bytes[out++] = blank ? ' ' : text->bytes[i];
	}
	while (out > 0 && text->bytes[out - 1] == ' ')
		out--;
	return (Slice){text->bytes, out};
}

static void
end_element(void *state)
{
	Compiler *compiler = state;
	TemplateProgram *program = compiler->program;
	TemplateBlock *block;

	if (compiler->stopped || compiler->depth == 0)
		return;
	block = &program->blocks[compiler->stack[--compiler->depth]];
	if (block->kind == BLOCK_TEXT)
		take_expression(compiler, "text", collapse(&compiler->text),
						compiler->scopes[compiler->depth], &block->content);
	else if (block->kind == BLOCK_LABEL)
	{
		if (program->label_count == TEMPLATE_MAX_LABELS)
			complain(compiler, "TEMPLATE-SYNTAX", "label", "the template has too many labels");
		else
			program->labels[program->label_count++] =
				(TemplateOwnLabel){compiler->label_language, compiler->label_key,
								   keep_text(compiler, collapse(&compiler->text))};
	}
	else if (collapse(&compiler->text).length > 0)
		complain(compiler, "TEMPLATE-SYNTAX", kinds[block->kind].name, "text belongs into <text>");
	buffer_reset(&compiler->text);
}

static void
take_characters(void *state, const char *bytes, size_t length)
{
	Compiler *compiler = state;

	if (!compiler->stopped)
		buffer_append(&compiler->text, bytes, length);
}

/* Pages start in the middle of a table's row, whose memory tables and bar codes share. */
static PortStatus
check_next_zones(const TemplateProgram *program, PortFault *fault)
{
	for (int i = 1; i < program->block_count; i++)
	{
		const TemplateBlock *block = &program->blocks[i];
		int zone = i;

		while (zone != 0 && program->blocks[zone].kind != BLOCK_ZONE)
			zone = program->blocks[zone].parent;
		if (zone == 0 || program->blocks[zone].pages != PAGES_NEXT ||
			(block->kind != BLOCK_TABLE && block->kind != BLOCK_BARCODE))
			continue;
		fault->line = block->line;
		return port_fault(
			fault, PORT_INVALID, "TEMPLATE-SYNTAX",
			"template \"%.60s\", block <%s>: it may not stand in a zone of pages next",
			program->name.bytes, template_block_name(block->kind));
	}
	return PORT_OK;
}

static PortStatus
check_program(TemplateProgram *program, PortFault *fault)
{
	if (program->name.length == 0)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-VALUE",
						  "template has no attribute \"name\"");
	if (program->flow == 0)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-SYNTAX",
						  "template \"%.60s\" has no <flow>", program->name.bytes);
	if (program->top >= program->bottom || program->next_top >= program->bottom ||
		program->bottom > PDF_PAGE_HEIGHT)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-VALUE",
						  "template \"%.60s\": top and next-top must be above bottom",
						  program->name.bytes);
	return check_next_zones(program, fault);
}

PortStatus
template_compile(TemplateProgram *program, const Port *port, const char *source, size_t length,
				 XmlReader **reader, PortFault *fault)
{
	static const XmlVocabulary no_names;
	XmlLimits limits = {MAX_DEPTH, 16 * 1024, 200, false};
	Compiler compiler = {.program = program, .fault = fault};
	XmlHandler handler = {&compiler, start_element, end_element, take_characters, NULL};
	PortStatus status;

	memset(program, 0, sizeof(*program));
	program->port = port;
	program->top = MM(98);
	program->next_top = MM(30);
	program->bottom = MM(278);
	program->blocks = port_alloc_array(port, TEMPLATE_MAX_BLOCKS, sizeof(TemplateBlock));
	program->segments = port_alloc_array(port, TEMPLATE_MAX_SEGMENTS, sizeof(TemplateSegment));
	program->labels = port_alloc_array(port, TEMPLATE_MAX_LABELS, sizeof(TemplateOwnLabel));
	if (program->blocks == NULL || program->segments == NULL || program->labels == NULL)
		return PORT_NO_MEMORY;
	if (length > TEMPLATE_MAX_SOURCE)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-SYNTAX", "template is over %d bytes",
						  TEMPLATE_MAX_SOURCE);
	buffer_init(&compiler.text, port);
	*reader = compiler.reader = xml_reader_open(port, &no_names, &limits, &handler);
	if (*reader == NULL)
		return PORT_NO_MEMORY;
	status = xml_reader_push(*reader, source, length);
	if (status == PORT_OK)
		status = xml_reader_finish(*reader);
	if (status == PORT_INVALID || status == PORT_TOO_LARGE)
	{
		*fault = *xml_reader_fault(*reader);
		if (strncmp(fault->rule, "TEMPLATE-", 9) != 0)
			snprintf(fault->rule, sizeof(fault->rule), "TEMPLATE-SYNTAX");
		fault->status = status = PORT_INVALID;
	}
	buffer_release(&compiler.text);
	return status == PORT_OK ? check_program(program, fault) : status;
}
