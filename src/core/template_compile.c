/*
 * template_compile.c: XML to blocks, in one pass.
 *
 * Labels must stand before the blocks that use them.  Limits on blocks, values and source keep a
 * program small; nesting is limited by the XML reader.
 */
#include "core/template_compile.h"

#include "core/barcode_qr.h"
#include "core/template_proof.h"

#include <stdio.h>
#include <string.h>

#define IN(kind) (1u << (kind))
#define IN_BLOCKS                                                                       \
	(IN(BLOCK_ZONE) | IN(BLOCK_FLOW) | IN(BLOCK_IF) | IN(BLOCK_EACH) | IN(BLOCK_KEEP) | \
	 IN(BLOCK_COLUMNS))

#define IN_SHORT (IN(BLOCK_SUBJECT) | IN(BLOCK_SMS))

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
	{"text", IN_BLOCKS | IN(BLOCK_COLUMN) | IN_SHORT},
	{"total", IN_BLOCKS},
	{"table", IN_BLOCKS},
	{"column", IN(BLOCK_TABLE)},
	{"columns", IN_BLOCKS},
	{"if", IN_BLOCKS | IN(BLOCK_COLUMN) | IN_SHORT},
	{"each", IN_BLOCKS | IN(BLOCK_COLUMN)},
	{"keep", IN_BLOCKS},
	{"barcode", IN_BLOCKS},
	{"rule", IN_BLOCKS},
	{"box", IN(BLOCK_ZONE)},
	{"space", IN_BLOCKS},
	{"pagebreak", IN(BLOCK_FLOW) | IN(BLOCK_IF)},
	{"palette", IN(BLOCK_TEMPLATE)},
	{"colour", IN(BLOCK_PALETTE)},
	{"chart", IN_BLOCKS},
	{"image", IN_BLOCKS},
	{"subject", IN(BLOCK_TEMPLATE)},
	{"sms", IN(BLOCK_TEMPLATE)},
	{"qr", IN_BLOCKS},
	{"giro", IN(BLOCK_TEMPLATE)},
};

const char *
template_block_name(TemplateBlockKind kind)
{
	return kinds[kind].name;
}

void
template_complain(TemplateCompiler *compiler, const char *rule, const char *block,
				  const char *problem)
{
	const Slice *name = &compiler->program->name;

	if (compiler->stopped)
		return;
	compiler->stopped = true;
	xml_reader_stop(compiler->reader, PORT_INVALID, rule, "template \"%.*s\", block <%.30s>: %s",
					(int) (name->length < 60 ? name->length : 60), name->length ? name->bytes : "",
					block, problem);
}

Slice
template_keep_text(TemplateCompiler *compiler, Slice text)
{
	const Port *port = compiler->program->port;
	char *copy = port->alloc(port->host, text.length + 1);

	if (copy == NULL)
	{
		compiler->stopped = true;
		xml_reader_stop(compiler->reader, PORT_NO_MEMORY, NULL, NULL);
		return (Slice){"", 0};
	}
	if (text.length > 0)
		memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	return (Slice){copy, text.length};
}

static void
take_label_attributes(TemplateCompiler *compiler, TemplateBlockKind kind, const XmlElement *element)
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
			compiler->label_key = template_keep_text(compiler, attribute->value);
			found = true;
		}
	}
	if (!found)
		template_complain(compiler, "TEMPLATE-VALUE", kinds[kind].name,
						  kind == BLOCK_LABELS
							  ? "attribute lang must be en, nb, sv, da, fi, pl, ro or de"
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

static int
add_block(TemplateCompiler *compiler, TemplateBlockKind kind)
{
	TemplateProgram *program = compiler->program;
	int number = program->block_count++;
	TemplateBlock *block = &program->blocks[number];

	memset(block, 0, sizeof(*block));
	block->kind = kind;
	block->line = (int) xml_reader_line(compiler->reader);
	block->size = 900;
	block->width = -1;
	block->channels = ALL_CHANNELS;
	block->colour = block->fill = block->second_colour = -1;
	block->giro = -1;
	block->level = QR_LEVEL_M; /* as the guidelines of payment codes ask */
	block->group_field = block->carry_field = -1;
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
may_stand_here(TemplateCompiler *compiler, TemplateBlockKind kind, const char *name)
{
	char problem[120];
	TemplateBlockKind parent;

	if (kind == BLOCK_KIND_COUNT)
	{
		template_complain(compiler, "TEMPLATE-BLOCK", name, "there is no such block");
		return false;
	}
	if (compiler->depth == 0 ? kind == BLOCK_TEMPLATE && !compiler->any : false)
		return true;
	parent = compiler->depth == 0
				 ? BLOCK_LABEL
				 : compiler->program->blocks[compiler->stack[compiler->depth - 1]].kind;
	if (compiler->depth > 0 && (kinds[kind].parents & IN(parent)) &&
		compiler->depth < TEMPLATE_MAX_DEPTH)
		return true;
	snprintf(problem, sizeof(problem), "it may not stand %s%s%s",
			 compiler->depth == 0 ? "at the top" : "in <",
			 compiler->depth == 0 ? "" : kinds[parent].name, compiler->depth == 0 ? "" : ">");
	template_complain(compiler, "TEMPLATE-SYNTAX", name, problem);
	return false;
}

static bool
room_for_block(TemplateCompiler *compiler, const char *name)
{
	if (compiler->program->block_count < TEMPLATE_MAX_BLOCKS)
		return true;
	template_complain(compiler, "TEMPLATE-SYNTAX", name, "the template has too many blocks");
	return false;
}

/* What may be named anywhere. */
static void
open_scope(TemplateScope *scope)
{
	memset(scope, 0, sizeof(*scope));
	scope->groups = SCOPE_OF(TEMPLATE_INVOICE);
	scope->tree_names[TREE_DATA] = (Slice){"data", 4};
	scope->tree_names[TREE_BRAND] = (Slice){"brand", 5};
	scope->tree_count = TREE_FIRST_ROW;
}

/* What runs over the pages is one thing: a second flow would be set by no page. */
static bool
is_first_flow(TemplateCompiler *compiler, TemplateBlockKind kind)
{
	const TemplateProgram *program = compiler->program;
	char problem[100];

	if (kind != BLOCK_FLOW || program->flow == 0)
		return true;
	snprintf(problem, sizeof(problem), "there is one in line %d: put its blocks into that one",
			 program->blocks[program->flow].line);
	template_complain(compiler, "TEMPLATE-SYNTAX", "flow", problem);
	return false;
}

static void
start_element(void *state, const XmlElement *element)
{
	TemplateCompiler *compiler = state;
	TemplateProgram *program = compiler->program;
	TemplateBlockKind kind = find_kind(element->text);
	TemplateScope *scope = &compiler->scopes[compiler->depth];
	TemplateBlock *block;
	int number;

	if (compiler->stopped || !may_stand_here(compiler, kind, element->text) ||
		!room_for_block(compiler, element->text) || !is_first_flow(compiler, kind))
		return;
	if (compiler->depth == 0)
		open_scope(scope);
	else
		*scope = compiler->scopes[compiler->depth - 1];
	if (kind == BLOCK_TEMPLATE)
		for (int i = 0; i < element->attribute_count; i++)
			if (strcmp(element->attributes[i].text, "name") == 0)
				program->name = template_keep_text(compiler, element->attributes[i].value);
	number = add_block(compiler, kind);
	block = &program->blocks[number];
	buffer_reset(&compiler->text);
	if (kind == BLOCK_LABELS || kind == BLOCK_LABEL)
		take_label_attributes(compiler, kind, element);
	else
		template_take_attributes(compiler, block, element, scope);
	if (kind == BLOCK_FLOW)
		program->flow = number;
	if (kind == BLOCK_GIRO && program->giro == 0)
		program->giro = number;
	compiler->any = true;
	compiler->stack[compiler->depth++] = number;
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
	TemplateCompiler *compiler = state;
	TemplateProgram *program = compiler->program;
	TemplateBlock *block;

	if (compiler->stopped || compiler->depth == 0)
		return;
	block = &program->blocks[compiler->stack[--compiler->depth]];
	if (block->kind == BLOCK_TEXT)
		template_take_expression(compiler, "text", collapse(&compiler->text),
								 &compiler->scopes[compiler->depth], &block->content);
	else if (block->kind == BLOCK_LABEL)
	{
		if (program->label_count == TEMPLATE_MAX_LABELS)
			template_complain(compiler, "TEMPLATE-SYNTAX", "label",
							  "the template has too many labels");
		else
			program->labels[program->label_count++] =
				(TemplateOwnLabel){compiler->label_language, compiler->label_key,
								   template_keep_text(compiler, collapse(&compiler->text))};
	}
	else if (collapse(&compiler->text).length > 0)
		template_complain(compiler, "TEMPLATE-SYNTAX", kinds[block->kind].name,
						  "text belongs into <text>");
	buffer_reset(&compiler->text);
}

static void
take_characters(void *state, const char *bytes, size_t length)
{
	TemplateCompiler *compiler = state;

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
			(block->kind != BLOCK_TABLE && block->kind != BLOCK_BARCODE && block->kind != BLOCK_QR))
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
		(program->first_bottom > 0 &&
		 (program->top >= program->first_bottom || program->first_bottom > program->bottom)) ||
		program->bottom > PDF_PAGE_HEIGHT)
		return port_fault(fault, PORT_INVALID, "TEMPLATE-VALUE",
						  "template \"%.60s\": top and next-top must be above bottom",
						  program->name.bytes);
	if (template_check_places(program, fault) != PORT_OK)
		return fault->status;
	template_bind_proofs(program);
	template_find_address(program);
	return check_next_zones(program, fault);
}

PortStatus
template_compile(TemplateProgram *program, const Port *port, const char *source, size_t length,
				 XmlReader **reader, PortFault *fault)
{
	static const XmlVocabulary no_names;
	XmlLimits limits = {TEMPLATE_MAX_DEPTH, 16 * 1024, 200, false};
	TemplateCompiler compiler = {.program = program, .fault = fault};
	XmlHandler handler = {&compiler, start_element, end_element, take_characters, NULL};
	PortStatus status;

	memset(program, 0, sizeof(*program));
	program->port = port;
	program->top = MM(98);
	program->next_top = MM(30);
	program->bottom = MM(278);
	program->proof_wanted = PROOF_ALL;
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
