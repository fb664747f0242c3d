/*
 * template_attribute.c: attributes of blocks.
 *
 * The list of a block is read first, because other attributes may name what its elements hold.
 */
#include "core/template_compile.h"

#include "core/giro_slip.h"
#include "core/ink.h"

#include <stdio.h>
#include <string.h>

static const char *const yes_no[] = {"no", "yes"};

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
take_number(TemplateCompiler *compiler, const char *block, const XmlAttribute *attribute, int least,
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
	template_complain(compiler, "TEMPLATE-VALUE", block, problem);
}

/* Millimetres to 1/100 pt. */
static void
take_length(TemplateCompiler *compiler, const char *block, const XmlAttribute *attribute,
			int *target)
{
	int hundredths = 0;

	take_number(compiler, block, attribute, 0, 30000, &hundredths);
	*target = (int) (((int64_t) hundredths * 7200 + 1270) / 2540);
}

static int
take_word(TemplateCompiler *compiler, const char *block, const XmlAttribute *attribute,
		  const char *const *words, int count)
{
	char problem[200];
	int length;

	for (int i = 0; i < count; i++)
		if (slice_is(attribute->value, words[i]))
			return i;
	length =
		snprintf(problem, sizeof(problem), "attribute %s cannot be \"%.*s\": use", attribute->text,
				 (int) (attribute->value.length < 40 ? attribute->value.length : 40),
				 attribute->value.bytes);
	for (int i = 0; i < count && length < (int) sizeof(problem); i++)
		length += snprintf(problem + length, sizeof(problem) - length, "%s%s",
						   i == 0		   ? " "
						   : i < count - 1 ? ", "
										   : " or ",
						   words[i]);
	template_complain(compiler, "TEMPLATE-VALUE", block, problem);
	return 0;
}

void
template_take_expression(TemplateCompiler *compiler, const char *block, Slice text,
						 const TemplateScope *scope, TemplateExpression *target)
{
	char problem[200];

	if (template_compile_expression(compiler->program, template_keep_text(compiler, text), scope,
									target, problem, sizeof(problem)) != PORT_OK)
		template_complain(compiler, "TEMPLATE-FIELD", block, problem);
}

static void
take_test(TemplateCompiler *compiler, const char *block, Slice text, const TemplateScope *scope,
		  TemplateTest *target)
{
	char problem[200];

	if (template_compile_test(template_keep_text(compiler, text), scope, target, problem,
							  sizeof(problem)) != PORT_OK)
		template_complain(compiler, "TEMPLATE-FIELD", block, problem);
}

/* Attribute name="…" of an element, or NULL. */
static const XmlAttribute *
find_attribute(const XmlElement *element, const char *name)
{
	for (int i = 0; i < element->attribute_count; i++)
		if (strcmp(element->attributes[i].text, name) == 0)
			return &element->attributes[i];
	return NULL;
}

/* ---------- colours and channels ---------- */

/* #RRGGBB; -1 when it is something else. */
static int
parse_rgb(Slice text)
{
	int rgb = 0;

	if (text.length != 7 || text.bytes[0] != '#')
		return -1;
	for (int i = 1; i < 7; i++)
	{
		char c = text.bytes[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
					: c >= 'a' && c <= 'f' ? c - 'a' + 10
					: c >= 'A' && c <= 'F' ? c - 'A' + 10
										   : -1;

		if (digit < 0)
			return -1;
		rgb = rgb * 16 + digit;
	}
	return rgb;
}

static void
take_colour_element(TemplateCompiler *compiler, const XmlElement *element)
{
	TemplateProgram *program = compiler->program;
	const XmlAttribute *name = find_attribute(element, "name"),
					   *rgb = find_attribute(element, "rgb"),
					   *gray = find_attribute(element, "gray");
	int value = rgb == NULL ? -1 : parse_rgb(rgb->value), percent = -1;

	if (name == NULL || name->value.length == 0 || value < 0)
		template_complain(compiler, "TEMPLATE-VALUE", "colour",
						  "a colour needs name and rgb=\"#RRGGBB\"");
	else if (program->colour_count == TEMPLATE_MAX_COLOURS)
		template_complain(compiler, "TEMPLATE-SYNTAX", "colour",
						  "the palette has too many colours");
	else
	{
		if (gray != NULL)
			take_number(compiler, "colour", gray, 0, 10000, &percent);
		program->colours[program->colour_count++] = (TemplateColour){
			template_keep_text(compiler, name->value),
			ink_colour(value, percent >= 0 ? percent / 100 : ink_gray_of_rgb(value))};
	}
}

static void
take_colour(TemplateCompiler *compiler, const char *block, const XmlAttribute *attribute,
			int *target)
{
	const TemplateProgram *program = compiler->program;
	char problem[120];

	for (int i = 0; i < program->colour_count; i++)
		if (program->colours[i].name.length == attribute->value.length &&
			memcmp(program->colours[i].name.bytes, attribute->value.bytes,
				   attribute->value.length) == 0)
		{
			*target = i;
			return;
		}
	snprintf(problem, sizeof(problem), "the palette has no colour \"%.*s\"",
			 slice_shown(attribute->value, 40), attribute->value.bytes);
	template_complain(compiler, "TEMPLATE-VALUE", block, problem);
}

/* Words parted by blanks, as bits. */
static unsigned
take_words(TemplateCompiler *compiler, const char *block, const XmlAttribute *attribute,
		   const char *const *words, int count)
{
	Slice rest = attribute->value;
	unsigned bits = 0;

	while (rest.length > 0)
	{
		const char *blank = memchr(rest.bytes, ' ', rest.length);
		XmlAttribute word = *attribute;

		word.value.bytes = rest.bytes;
		word.value.length = blank == NULL ? rest.length : (size_t) (blank - rest.bytes);
		if (word.value.length > 0)
			bits |= 1u << take_word(compiler, block, &word, words, count);
		rest.bytes += word.value.length + (blank != NULL ? 1 : 0);
		rest.length -= word.value.length + (blank != NULL ? 1 : 0);
	}
	return bits;
}

static void
take_channels(TemplateCompiler *compiler, const char *block, const XmlAttribute *attribute,
			  unsigned *target)
{
	static const char *const names[CHANNEL_COUNT] = {"print", "html", "email", "sms"};

	*target = take_words(compiler, block, attribute, names, CHANNEL_COUNT);
}

/* Of the template: the values that invoices must show; of a block: those that it shows. */
static void
take_proof(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *attribute)
{
	const char *words[PROOF_VALUE_COUNT];
	unsigned values = 0;

	for (int i = 0; i < PROOF_VALUE_COUNT; i++)
		words[i] = proof_value_name((ProofValue) i);
	if (!slice_is(attribute->value, "none"))
		values = take_words(compiler, template_block_name(block->kind), attribute, words,
							PROOF_VALUE_COUNT);
	if (block->kind == BLOCK_TEMPLATE)
		compiler->program->proof_wanted = values;
	block->proof = block->kind == BLOCK_TEMPLATE ? 0 : values;
	block->proof_given = true;
}

/* ---------- lists ---------- */

static void
take_row_name(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *as,
			  TemplateScope *scope)
{
	Slice name = as == NULL ? (Slice){"row", 3} : template_keep_text(compiler, as->value);

	if (scope->tree_count == TEMPLATE_MAX_TREES)
	{
		template_complain(compiler, "TEMPLATE-SYNTAX", template_block_name(block->kind),
						  "too many lists of the data inside one another");
		return;
	}
	block->row_tree = scope->tree_count;
	scope->tree_names[scope->tree_count++] = name;
}

static void
take_list(TemplateCompiler *compiler, TemplateBlock *block, const XmlElement *element,
		  TemplateScope *scope)
{
	const char *own = template_block_name(block->kind);
	const XmlAttribute *in = find_attribute(element, "in"), *as = find_attribute(element, "as");
	Slice text = in == NULL ? (Slice){"", 0} : template_keep_text(compiler, in->value);
	char problem[160];

	if (in == NULL)
	{
		template_complain(compiler, "TEMPLATE-VALUE", own, "attribute in is missing");
		return;
	}
	block->optional_list = text.length > 0 && text.bytes[text.length - 1] == '?';
	text.length -= block->optional_list ? 1 : 0;
	block->name = text;
	if (!template_find_list(text, scope, &block->list, &block->tree, &block->path))
	{
		snprintf(
			problem, sizeof(problem),
			"attribute in cannot be \"%.*s\": no such list here (lists of the data: data.NAME)",
			slice_shown(text, 40), text.bytes);
		template_complain(compiler, "TEMPLATE-VALUE", own, problem);
		return;
	}
	switch (block->list)
	{
		case LIST_LINES:
			scope->groups |= SCOPE_OF(TEMPLATE_LINE);
			break;
		case LIST_TAXES:
			scope->groups |= SCOPE_OF(TEMPLATE_TAX);
			break;
		case LIST_TREE:
			take_row_name(compiler, block, as, scope);
			break;
		case LIST_LINE_ADJUSTMENTS:
			if (!(scope->groups & SCOPE_OF(TEMPLATE_LINE)))
				template_complain(compiler, "TEMPLATE-FIELD", own,
								  "list \"line_adjustments\" is only known inside \"lines\"");
			scope->groups |= SCOPE_OF(TEMPLATE_ADJUSTMENT);
			break;
		default:
			scope->groups |= SCOPE_OF(TEMPLATE_ADJUSTMENT);
	}
}

static void
take_field(TemplateCompiler *compiler, const TemplateBlock *block, const XmlAttribute *attribute,
		   const TemplateScope *scope, int *target)
{
	char problem[200];

	*target = template_find_field(attribute->value, scope, problem, sizeof(problem));
	if (*target < 0)
		template_complain(compiler, "TEMPLATE-FIELD", template_block_name(block->kind), problem);
	else if (template_field_info[*target].group != TEMPLATE_LINE)
		template_complain(compiler, "TEMPLATE-FIELD", template_block_name(block->kind),
						  "it must be a field of the lines");
}

/* The value that the elements of a group agree in. */
static void
take_group(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *attribute,
		   const TemplateScope *scope)
{
	Slice path = template_keep_text(compiler, attribute->value);

	if (block->list != LIST_TREE)
		take_field(compiler, block, attribute, scope, &block->group_field);
	else if (template_find_tree(&path, scope) != block->row_tree || path.length == 0)
		template_complain(compiler, "TEMPLATE-FIELD", "each",
						  "attribute group must be a value of the element, as row.name");
	else
		block->group_path = path;
}

/* Inside the loop the list's name means the group at hand. */
static void
open_group(TemplateCompiler *compiler, TemplateBlock *block, TemplateScope *scope)
{
	if (scope->tree_count == TEMPLATE_MAX_TREES)
	{
		template_complain(compiler, "TEMPLATE-SYNTAX", "each",
						  "too many lists of the data inside one another");
		return;
	}
	block->group_tree = scope->tree_count;
	scope->tree_names[scope->tree_count++] = (Slice){"", 0};
	scope->grouped[scope->grouped_count].tree = block->tree;
	scope->grouped[scope->grouped_count].path = block->path;
	scope->grouped[scope->grouped_count++].group_tree = block->group_tree;
}

/* ---------- one attribute ---------- */

/* Its value as written: an ampersand is one character. */
static Slice
plain_value(TemplateCompiler *compiler, const XmlAttribute *attribute)
{
	Slice text = attribute->value;

	if (text.length == 0 || memchr(text.bytes, '&', text.length) == NULL)
		return text;
	text = template_keep_text(compiler, text);
	text.length = xml_decode_ampersands((char *) text.bytes, text.length);
	((char *) text.bytes)[text.length] = '\0';
	return text;
}

/* Lengths, sizes and counts; false when the attribute is none of them. */
static bool
take_measure(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *attribute)
{
	const char *name = attribute->text, *own = template_block_name(block->kind);
	TemplateProgram *program = compiler->program;
	const struct
	{
		const char *name;
		int *target;
		bool known;
	} lengths[] = {{"x", &block->x, true},
				   {"y", &block->y, true},
				   {"width", &block->width, true},
				   {"height", &block->height, true},
				   {"top", &program->top, block->kind == BLOCK_TEMPLATE},
				   {"next-top", &program->next_top, block->kind == BLOCK_TEMPLATE},
				   {"bottom", &program->bottom, block->kind == BLOCK_TEMPLATE},
				   {"first-bottom", &program->first_bottom, block->kind == BLOCK_TEMPLATE}};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (lengths[i].known && strcmp(name, lengths[i].name) == 0)
		{
			take_length(compiler, own, attribute, lengths[i].target);
			return true;
		}
	if (strcmp(name, "size") == 0)
		take_number(compiler, own, attribute, 400, 7200, &block->size);
	else if (strcmp(name, "leading") == 0 && block->kind == BLOCK_TEXT)
		take_number(compiler, own, attribute, 400, 7200, &block->leading);
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
	else
		return false;
	return true;
}

/* Words and colours; false when the attribute is none of them. */
static bool
take_choice(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *attribute)
{
	static const char *const sides[] = {"left", "right", "centre", "decimal"};
	static const char *const pages[] = {"first", "next", "every", "last"};
	static const char *const charts[] = {"bar", "line"};
	const char *name = attribute->text, *own = template_block_name(block->kind);
	TemplateBlockKind kind = block->kind;

	if (strcmp(name, "bold") == 0)
		block->bold = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "shaded") == 0)
		block->shaded = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "keep-last") == 0)
		block->keep_last = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "keep-next") == 0)
		block->keep_next = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "head") == 0 && kind == BLOCK_TABLE)
		block->headless = take_word(compiler, own, attribute, yes_no, 2) == 0;
	else if (strcmp(name, "plain") == 0 && kind == BLOCK_TABLE)
		block->plain = take_word(compiler, own, attribute, yes_no, 2) == 1;
	else if (strcmp(name, "align") == 0)
		block->align = (TemplateAlign) take_word(compiler, own, attribute, sides,
												 kind == BLOCK_COLUMN ? 4 : 3);
	else if (strcmp(name, "pages") == 0 && kind == BLOCK_ZONE)
		block->pages = (TemplatePages) take_word(compiler, own, attribute, pages, 4);
	else if (strcmp(name, "kind") == 0 && kind == BLOCK_CHART)
		block->chart = (TemplateChartKind) take_word(compiler, own, attribute, charts, 2);
	else if (strcmp(name, "proof") == 0 &&
			 (kind == BLOCK_TEMPLATE || kind == BLOCK_TEXT || kind == BLOCK_TOTAL ||
			  kind == BLOCK_BARCODE || kind == BLOCK_QR))
		take_proof(compiler, block, attribute);
	else if (strcmp(name, "channels") == 0)
	{
		take_channels(compiler, own, attribute, &block->channels);
		block->channels_given = true;
	}
	else if (strcmp(name, "colour") == 0)
		take_colour(compiler, own, attribute, &block->colour);
	else if (strcmp(name, "fill") == 0)
		take_colour(compiler, own, attribute, &block->fill);
	else if (strcmp(name, "second-colour") == 0 && kind == BLOCK_CHART)
		take_colour(compiler, own, attribute, &block->second_colour);
	else if (strcmp(name, "name") == 0 && kind == BLOCK_IMAGE)
		block->name = template_keep_text(compiler, attribute->value);
	else
		return false;
	return true;
}

/* Kind, content and drawing of bar codes; false when the attribute is none of them. */
static bool
take_symbol(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *attribute)
{
	static const char *const types[] = {"code128", "itf", "datamatrix", "qr"};
	static const char *const payloads[] = {"value", "epc", "pl-2d", "fi"};
	static const char *const levels[] = {"L", "M", "Q", "H"};
	static const char *const drawings[] = {"mask", "rectangles"};
	static const char *const shapes[] = {"square", "rectangle"};
	const char *name = attribute->text, *own = template_block_name(block->kind);

	if (block->kind != BLOCK_BARCODE && block->kind != BLOCK_QR)
		return false;
	if (strcmp(name, "type") == 0 && block->kind == BLOCK_BARCODE)
		block->symbology = (TemplateSymbology) take_word(compiler, own, attribute, types, 4);
	else if (strcmp(name, "kind") == 0)
		block->payload = (TemplatePayload) take_word(compiler, own, attribute, payloads, 4);
	else if (strcmp(name, "level") == 0)
		block->level = take_word(compiler, own, attribute, levels, 4);
	else if (strcmp(name, "shape") == 0 && block->kind == BLOCK_BARCODE)
		block->rectangular = take_word(compiler, own, attribute, shapes, 2) == 1;
	else if (strcmp(name, "draw") == 0)
		block->rectangles = take_word(compiler, own, attribute, drawings, 2) == 1;
	else
		return false;
	return true;
}

/* Country, system and numbers of a payment slip; false when the attribute is none of them. */
static bool
take_giro(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *attribute)
{
	static const char *const countries[] = {"NO", "SE"};
	static const char *const systems[] = {"bankgiro", "plusgiro"};
	static const char *const amounts[] = {"printed", "blank"};
	const char *name = attribute->text, *own = template_block_name(block->kind);

	if (block->kind != BLOCK_GIRO)
		return false;
	if (strcmp(name, "country") == 0)
	{
		if (take_word(compiler, own, attribute, countries, 2) == 0)
		{
			if (block->giro >= 0)
				template_complain(compiler, "TEMPLATE-VALUE", own, "only SE has systems");
			block->giro = GIRO_NORWEGIAN;
		}
		else if (block->giro < 0)
			block->giro = GIRO_UNKNOWN;
	}
	else if (strcmp(name, "system") == 0 && block->giro != GIRO_NORWEGIAN)
		block->giro = GIRO_BANKGIRO + take_word(compiler, own, attribute, systems, 2);
	else if (strcmp(name, "amount") == 0)
		block->open_amount = take_word(compiler, own, attribute, amounts, 2) == 1;
	else if (strcmp(name, "code") == 0)
	{
		take_number(compiler, own, attribute, 100, 9900, &block->giro_code);
		block->giro_code /= 100;
	}
	else if (strcmp(name, "form") == 0)
		block->name = template_keep_text(compiler, attribute->value);
	else
		return false;
	return true;
}

/* Values, tests and fields; false when the attribute is none of them. */
static bool
take_value(TemplateCompiler *compiler, TemplateBlock *block, const XmlAttribute *attribute,
		   const TemplateScope *outer, const TemplateScope *scope)
{
	const char *name = attribute->text, *own = template_block_name(block->kind);
	TemplateBlockKind kind = block->kind;
	bool has_value =
		kind == BLOCK_TOTAL || kind == BLOCK_BARCODE || kind == BLOCK_QR || kind == BLOCK_CHART;
	TemplateExpression *target = NULL;

	if (strcmp(name, "if") == 0 || (kind == BLOCK_IF && strcmp(name, "test") == 0))
	{
		take_test(compiler, own, plain_value(compiler, attribute), outer, &block->test);
		return true;
	}
	if (kind == BLOCK_EACH && strcmp(name, "group") == 0)
	{
		take_group(compiler, block, attribute, scope);
		return true;
	}
	if (kind == BLOCK_TABLE && strcmp(name, "carry") == 0)
	{
		take_field(compiler, block, attribute, scope, &block->carry_field);
		return true;
	}
	if (strcmp(name, "value") == 0 && has_value)
		target = &block->content;
	else if (strcmp(name, "account") == 0 && kind == BLOCK_GIRO)
		target = &block->content;
	else if (strcmp(name, "label") == 0 && (kind == BLOCK_TOTAL || kind == BLOCK_CHART))
		target = &block->label;
	else if (strcmp(name, "head") == 0 && kind == BLOCK_COLUMN)
		target = &block->label;
	else if (strcmp(name, "second") == 0 && kind == BLOCK_CHART)
		target = &block->second;
	else if (strcmp(name, "unit") == 0 && kind == BLOCK_CHART)
		target = &block->unit;
	else if (strcmp(name, "legend") == 0 && kind == BLOCK_CHART)
		target = &block->legend;
	else if (strcmp(name, "second-legend") == 0 && kind == BLOCK_CHART)
		target = &block->second_legend;
	else if ((strcmp(name, "title") == 0 && kind == BLOCK_CHART) ||
			 (strcmp(name, "alt") == 0 && kind == BLOCK_IMAGE))
		target = &block->title;
	if (target == NULL)
		return false;
	template_take_expression(compiler, own, plain_value(compiler, attribute), scope, target);
	return true;
}

void
template_take_attributes(TemplateCompiler *compiler, TemplateBlock *block,
						 const XmlElement *element, TemplateScope *scope)
{
	bool has_list =
		block->kind == BLOCK_TABLE || block->kind == BLOCK_EACH || block->kind == BLOCK_CHART;
	TemplateScope outer = *scope;
	char problem[120];

	if (block->kind == BLOCK_COLOUR)
	{
		take_colour_element(compiler, element);
		return;
	}
	if (has_list)
		take_list(compiler, block, element, scope);
	for (int i = 0; i < element->attribute_count && !compiler->stopped; i++)
	{
		const XmlAttribute *attribute = &element->attributes[i];
		const char *name = attribute->text;

		if ((block->kind == BLOCK_TEMPLATE && strcmp(name, "name") == 0) ||
			(has_list && (strcmp(name, "in") == 0 || strcmp(name, "as") == 0)) ||
			take_measure(compiler, block, attribute) || take_choice(compiler, block, attribute) ||
			take_symbol(compiler, block, attribute) || take_giro(compiler, block, attribute) ||
			take_value(compiler, block, attribute, &outer, scope))
			continue;
		snprintf(problem, sizeof(problem), "there is no attribute \"%.40s\" here", name);
		template_complain(compiler, "TEMPLATE-BLOCK", template_block_name(block->kind), problem);
	}
	if (block->kind == BLOCK_GIRO && block->giro < 0)
		template_complain(compiler, "TEMPLATE-VALUE", "giro", "attribute country must be NO or SE");
	if (block->group_field >= 0 && block->list != LIST_LINES)
		template_complain(compiler, "TEMPLATE-VALUE", "each",
						  "only lines and lists of the data can be grouped");
	if (block->group_path.bytes != NULL)
		open_group(compiler, block, scope);
}
