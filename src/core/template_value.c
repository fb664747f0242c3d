/*
 * template_value.c: what an expression or a test of a template says for the data at hand.
 */
#include "core/template_state.h"

#include "core/ink.h"
#include "core/template_invoice.h"
#include "core/template_kind.h"

#include <string.h>

#define DARK 50 /* percent: black is hard to read on what is darker */

static int brand_ink(const TemplateData *data, const TemplateColour *colour);

void
template_run_begin(TemplateRun *run, const TemplateProgram *program, const TemplateData *data,
				   TemplateScratch *scratch, TemplateChannel channel, PortFault *fault)
{
	memset(run, 0, sizeof(*run));
	run->program = program;
	run->data = data;
	run->scratch = &scratch->text;
	run->cells = &scratch->cells;
	run->row = scratch->row;
	run->head = scratch->head;
	run->qr = &scratch->qr;
	run->zones = scratch->zones;
	run->fault = fault;
	run->language = template_invoice_language(data);
	run->channel = channel;
	for (int group = 0; group < TEMPLATE_GROUP_COUNT; group++)
		run->lists[group] = data->groups[group];
	run->rows[TEMPLATE_INVOICE] = data->groups[TEMPLATE_INVOICE].rows[0];
	run->trees[TREE_DATA] = data->tree;
	run->trees[TREE_BRAND] = data->brand;
	for (int i = 0; i < program->colour_count; i++)
		run->inks[i] = brand_ink(data, &program->colours[i]);
	run->giro = template_find_giro(run);
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9'	  ? c - '0'
		   : c >= 'a' && c <= 'f' ? c - 'a' + 10
		   : c >= 'A' && c <= 'F' ? c - 'A' + 10
								  : -1;
}

/* The palette's colour, or the brand's of the same name: {"palette": {"brand": "#123456"}}. */
static int
brand_ink(const TemplateData *data, const TemplateColour *colour)
{
	const TemplateNode *palette =
		data->brand == NULL ? NULL : template_tree_find(data->brand, (Slice){"palette", 7});
	Slice text = palette == NULL ? (Slice){NULL, 0}
								 : template_tree_text(template_tree_find(palette, colour->name));
	int rgb = 0;

	if (text.length != 7 || text.bytes[0] != '#')
		return colour->ink;
	for (int i = 1; i < 7; i++)
	{
		if (hex_digit(text.bytes[i]) < 0)
			return colour->ink;
		rgb = rgb * 16 + hex_digit(text.bytes[i]);
	}
	return ink_colour(rgb, ink_gray_of_rgb(rgb));
}

int
template_ink(const TemplateRun *run, const TemplateBlock *block)
{
	return block->colour >= 0 ? run->inks[block->colour] : block->gray;
}

int
template_ink_on(const TemplateRun *run, const TemplateBlock *block, int ground)
{
	bool chosen = block->colour >= 0 || block->gray > 0;

	return !chosen && ink_gray(ground) < DARK ? 100 : template_ink(run, block);
}

int
template_fill(const TemplateRun *run, const TemplateBlock *block, int otherwise)
{
	return block->fill >= 0 ? run->inks[block->fill] : otherwise;
}

bool
template_failed(const TemplateRun *run)
{
	return run->fault->status != PORT_OK || (run->layout != NULL && run->layout->status != PORT_OK);
}

bool
template_block_shows(const TemplateRun *run, const TemplateBlock *block)
{
	return (block->channels & CHANNEL_BIT(run->channel)) != 0 &&
		   template_test_holds(run, &block->test);
}

static Slice
field_value(const TemplateRun *run, int field)
{
	TemplateGroup group = template_field_info[field].group;
	const Slice *row = run->rows[group];

	return row == NULL ? (Slice){NULL, 0} : row[field - (int) template_group_first(group)];
}

static bool
flag_holds(const TemplateRun *run, TemplateFlag flag)
{
	switch (flag)
	{
		case FLAG_CREDIT:
			return template_is_credit_note(run->data);
		case FLAG_SELF_BILLED:
			return template_is_self_billed(run->data);
		case FLAG_PAYMENT:
			return template_has_payment(run->data);
		case FLAG_FOREIGN:
			return template_is_foreign(run->data);
		case FLAG_LETTER:
			return template_is_letter(run->data);
		case FLAG_COUNT:
			break;
	}
	return false;
}

/* A list or an object is there when it is not empty, a number when it is not zero. */
static bool
node_holds(const TemplateNode *node, Slice equals)
{
	Slice text = template_tree_text(node);

	if (equals.bytes != NULL)
		return slices_equal(text, equals);
	if (node == NULL || node->kind == NODE_NULL)
		return false;
	if (node->kind == NODE_LIST || node->kind == NODE_OBJECT)
		return node->count > 0;
	if (node->kind == NODE_BOOLEAN)
		return slice_is(text, "true");
	return node->kind == NODE_NUMBER ? !slice_is_zero(text) : text.length > 0;
}

bool
template_test_holds(const TemplateRun *run, const TemplateTest *test)
{
	bool holds;

	if (!test->present)
		return true;
	if (test->field == TEST_FLAG)
		holds = flag_holds(run, test->flag);
	else if (test->field == TEST_TREE)
		holds = node_holds(template_tree_find(run->trees[test->tree], test->path), test->equals);
	else
	{
		Slice value = field_value(run, test->field);
		TemplateType type = template_field_info[test->field].type;

		if (test->equals.bytes != NULL)
			holds = slices_equal(value, test->equals);
		else
			holds = type == TEMPLATE_TYPE_TEXT || type == TEMPLATE_TYPE_DATE
						? value.length > 0
						: !slice_is_zero(value);
	}
	return holds != test->negated;
}

static Slice
country_beside(const TemplateRun *run, int field)
{
	bool recipient =
		field >= FIELD_INVOICE_RECIPIENT_NAME && field <= FIELD_INVOICE_RECIPIENT_COUNTRY;
	bool buyer = field >= FIELD_INVOICE_BUYER_NAME && field <= FIELD_INVOICE_BUYER_COUNTRY;

	return field_value(run, recipient ? FIELD_INVOICE_RECIPIENT_COUNTRY
							: buyer	  ? FIELD_INVOICE_BUYER_COUNTRY
									  : FIELD_INVOICE_ISSUER_COUNTRY);
}

static void
miss_value(const TemplateRun *run, const TemplateBlock *block, Slice path)
{
	port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIELD",
			   "template \"%.60s\", block <%s> in line %d: field \"%.*s\" is missing",
			   run->program->name.bytes, template_block_name(block->kind), block->line,
			   slice_shown(path, 80), path.bytes);
}

/* A value that its format cannot show must not be left out or shown as it came. */
static bool
fits_format(const TemplateRun *run, const TemplateBlock *block, const TemplateSegment *segment,
			Slice path, Slice value)
{
	bool is_date = segment->format == FORMAT_DATE;

	if (is_date ? format_takes_date(value, segment->argument)
				: (segment->format != FORMAT_MONEY && segment->format != FORMAT_NUMBER) ||
					  format_takes_number(value))
		return true;
	port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIELD",
			   "template \"%.60s\", block <%s> in line %d: field \"%.*s\" is no %s: \"%.*s\"",
			   run->program->name.bytes, template_block_name(block->kind), block->line,
			   slice_shown(path, 80), path.bytes, is_date ? "date (YYYY-MM-DD)" : "number",
			   slice_shown(value, 40), value.bytes);
	return false;
}

/* A value in a format; field: of an invoice, -1 of a tree. */
static void
append_value(TemplateRun *run, const TemplateSegment *segment, int field, Slice value,
			 ByteBuffer *out)
{
	Slice argument = segment->argument;

	switch (segment->format)
	{
		case FORMAT_MONEY:
			if (argument.bytes != NULL)
				format_money_in(out, run->language, value, argument);
			else
				format_money(out, run->language, value);
			break;
		case FORMAT_NUMBER:
			if (argument.bytes != NULL)
				format_fixed(out, run->language, value, *argument.bytes - '0');
			else
				format_quantity(out, run->language, value);
			break;
		case FORMAT_DATE:
			format_date_as(out, run->language, value, argument);
			break;
		case FORMAT_REFERENCE:
			format_reference(out, value);
			break;
		case FORMAT_ACCOUNT:
			format_account(out, value, field_value(run, FIELD_INVOICE_ISSUER_COUNTRY));
			break;
		case FORMAT_UNIT:
			format_unit(out, run->language, value);
			break;
		case FORMAT_POSTCODE:
			format_postcode(out, value, country_beside(run, field));
			break;
		case FORMAT_COUNTRY:
			format_country(out, value);
			break;
		case FORMAT_NATURAL:
		case FORMAT_RAW:
		case FORMAT_COUNT:
			buffer_append(out, value.bytes, value.length);
	}
}

static void
append_field(TemplateRun *run, const TemplateBlock *block, const TemplateSegment *segment,
			 ByteBuffer *out)
{
	Slice value = field_value(run, segment->number);
	const char *name = template_field_info[segment->number].path;
	Slice path = {name, strlen(name)};

	if (value.length == 0)
	{
		if (!segment->optional)
			miss_value(run, block, path);
	}
	else if (fits_format(run, block, segment, path, value))
		append_value(run, segment, segment->number, value, out);
}

static void
append_node(TemplateRun *run, const TemplateBlock *block, const TemplateSegment *segment,
			ByteBuffer *out)
{
	const TemplateNode *node = template_tree_find(run->trees[segment->tree], segment->text);
	Slice value = template_tree_text(node);

	if (value.length == 0)
	{
		if (!segment->optional)
			miss_value(run, block, segment->of);
	}
	else if (segment->format == FORMAT_NATURAL && node->kind == NODE_NUMBER)
		format_quantity(out, run->language, value);
	else if (fits_format(run, block, segment, segment->of, value))
		append_value(run, segment, -1, value, out);
}

/* ---------- sums ---------- */

/* False when it is no number; one that is missing is none to add. */
static bool
add_number(Slice text, Decimal *sum)
{
	Decimal value;

	if (text.length == 0)
		return true;
	return decimal_parse(text.bytes, text.length, &value) == DECIMAL_OK &&
		   decimal_add(*sum, value, sum);
}

static Decimal
sum_of_rows(TemplateRun *run, int field)
{
	TemplateGroup group = template_field_info[field].group;
	const TemplateRows *rows = &run->lists[group];
	int at = field - (int) template_group_first(group);
	TemplateSums *sums = &run->sums;
	TemplateSum *sum;

	for (int i = 0; i < sums->count; i++)
		if (sums->kept[i].field == field && sums->kept[i].rows.rows == rows->rows &&
			sums->kept[i].rows.packed == rows->packed && sums->kept[i].rows.count == rows->count)
			return sums->kept[i].value;
	sum = &sums->kept[sums->next];
	sums->next = (sums->next + 1) % TEMPLATE_KEPT_SUMS;
	if (sums->count < TEMPLATE_KEPT_SUMS)
		sums->count++;
	*sum = (TemplateSum){field, *rows, decimal_from_int(0)};
	for (int i = 0; i < rows->count; i++)
	{
		if (group == TEMPLATE_ADJUSTMENT &&
			template_row_value(rows, i, FIELD_ADJUSTMENT_LINE_NO - FIRST_FIELD_ADJUSTMENT).length >
				0)
			break; /* those of lines */
		(void) add_number(template_row_value(rows, i, at), &sum->value);
	}
	return sum->value;
}

/* Exact; the first value that is no number (wrong), if there is one. */
static Decimal
sum_of_tree(const TemplateRun *run, const TemplateSegment *segment, Slice *wrong)
{
	const TemplateNode *list = template_tree_find(run->trees[segment->tree], segment->text);
	Decimal sum = decimal_from_int(0);

	*wrong = (Slice){NULL, 0};
	if (list != NULL && list->kind == NODE_LIST)
		for (int i = 0; i < list->count && wrong->bytes == NULL; i++)
		{
			Slice text = template_tree_text(template_tree_find(&list->children[i], segment->of));

			if (!add_number(text, &sum))
				*wrong = text;
		}
	return sum;
}

static void
append_decimal(TemplateRun *run, const TemplateSegment *segment, Decimal value, ByteBuffer *out)
{
	char text[DECIMAL_TEXT_SIZE];
	Slice number = {text, (size_t) decimal_text(value, 0, text)};

	append_value(run, segment, -1, number, out);
}

static void
append_tree_sum(TemplateRun *run, const TemplateBlock *block, const TemplateSegment *segment,
				ByteBuffer *out)
{
	Slice wrong;
	Decimal sum = sum_of_tree(run, segment, &wrong);

	if (wrong.bytes == NULL)
		append_decimal(run, segment, sum, out);
	else
		port_fault(
			run->fault, PORT_INVALID, "TEMPLATE-FIELD",
			"template \"%.60s\", block <%s> in line %d: the sum of \"%.*s\" has a value that "
			"is no number: \"%.*s\"",
			run->program->name.bytes, template_block_name(block->kind), block->line,
			slice_shown(segment->path, 80), segment->path.bytes, slice_shown(wrong, 40),
			wrong.bytes);
}

static int
count_of_list(const TemplateRun *run, const TemplateSegment *segment)
{
	const TemplateNode *list;

	switch (segment->number)
	{
		case LIST_LINES:
			return run->lists[TEMPLATE_LINE].count;
		case LIST_TAXES:
			return run->lists[TEMPLATE_TAX].count;
		case LIST_TREE:
			list = template_tree_find(run->trees[segment->tree], segment->text);
			return list == NULL ? 0 : list->count;
		default:
			return run->lists[TEMPLATE_ADJUSTMENT].count;
	}
}

bool
template_evaluate_number(TemplateRun *run, TemplateExpression expression, Decimal *value)
{
	const TemplateSegment *segment = &run->program->segments[expression.first];
	Slice text = {NULL, 0};

	if (expression.count != 1)
		return false;
	if (segment->kind == SEGMENT_FIELD)
		text = field_value(run, segment->number);
	else if (segment->kind == SEGMENT_NODE)
		text = template_tree_text(template_tree_find(run->trees[segment->tree], segment->text));
	else if (segment->kind == SEGMENT_LITERAL)
		text = segment->text;
	else if (segment->kind == SEGMENT_SUM)
	{
		*value = sum_of_rows(run, segment->number);
		return true;
	}
	else if (segment->kind == SEGMENT_SUM_TREE)
	{
		*value = sum_of_tree(run, segment, &text);
		return text.bytes == NULL;
	}
	return text.length > 0 && decimal_parse(text.bytes, text.length, value) == DECIMAL_OK;
}

static Slice
own_label(const TemplateRun *run, const TemplateSegment *segment)
{
	const TemplateProgram *program = run->program;
	Slice english = {"", 0};

	for (int i = 0; i < program->label_count; i++)
	{
		const TemplateOwnLabel *label = &program->labels[i];

		if (label->key.length != segment->text.length ||
			memcmp(label->key.bytes, segment->text.bytes, label->key.length) != 0)
			continue;
		if (label->language == run->language)
			return label->text;
		if (english.length == 0 || label->language == LANGUAGE_EN)
			english = label->text;
	}
	if (segment->number >= 0)
		english.bytes = template_label((TemplateLabel) segment->number, run->language),
		english.length = strlen(english.bytes);
	return english;
}

static void
append_segment(TemplateRun *run, const TemplateBlock *block, const TemplateSegment *segment,
			   ByteBuffer *out)
{
	Slice label;

	switch (segment->kind)
	{
		case SEGMENT_LITERAL:
			buffer_append(out, segment->text.bytes, segment->text.length);
			break;
		case SEGMENT_FIELD:
			append_field(run, block, segment, out);
			break;
		case SEGMENT_LABEL:
			buffer_append_text(out,
							   template_issuer_label((TemplateLabel) segment->number, run->language,
													 TEMPLATE_VALUE(run->rows[TEMPLATE_INVOICE],
																	INVOICE, ISSUER_COUNTRY)));
			break;
		case SEGMENT_OWN_LABEL:
			label = own_label(run, segment);
			buffer_append(out, label.bytes, label.length);
			break;
		case SEGMENT_TITLE:
			buffer_append_text(out, template_label(template_title_label(run->data), run->language));
			break;
		case SEGMENT_PAGE:
			buffer_append_int(out, run->page_no);
			break;
		case SEGMENT_PAGES:
			buffer_append_int(out, run->pages > 0		 ? run->pages
								   : run->layout == NULL ? 1
														 : run->layout->page_count);
			break;
		case SEGMENT_NODE:
			append_node(run, block, segment, out);
			break;
		case SEGMENT_SUM:
			append_decimal(run, segment, sum_of_rows(run, segment->number), out);
			break;
		case SEGMENT_SUM_TREE:
			append_tree_sum(run, block, segment, out);
			break;
		case SEGMENT_COUNT:
			append_decimal(run, segment, decimal_from_int(count_of_list(run, segment)), out);
			break;
		case SEGMENT_CARRIED:
			if (run->has_carried)
				append_decimal(run, segment, run->carried, out);
			break;
	}
}

/*
 * Appends the text of an expression.  False when it shows nothing: all its values are optional and
 * none of them is there, whatever stands around them.
 */
bool
template_append(TemplateRun *run, const TemplateBlock *block, TemplateExpression expression,
				ByteBuffer *out)
{
	size_t before = out->length;
	int values = 0, present = 0;

	for (int i = 0; i < expression.count; i++)
	{
		const TemplateSegment *segment = &run->program->segments[expression.first + i];
		size_t start = out->length;

		append_segment(run, block, segment, out);
		if (segment->kind != SEGMENT_FIELD && segment->kind != SEGMENT_NODE &&
			segment->kind != SEGMENT_CARRIED && segment->kind != SEGMENT_SUM &&
			segment->kind != SEGMENT_SUM_TREE && segment->kind != SEGMENT_COUNT)
			continue;
		values++;
		present += out->length > start;
	}
	if (values > 0 && present == 0)
		out->length = before;
	return out->length > before;
}

void
template_append_segments(TemplateRun *run, const TemplateBlock *block,
						 TemplateExpression expression, ByteBuffer *out)
{
	for (int i = 0; i < expression.count; i++)
		append_segment(run, block, &run->program->segments[expression.first + i], out);
}

/* In scratch: valid until the next one. */
Slice
template_evaluate(TemplateRun *run, const TemplateBlock *block, TemplateExpression expression)
{
	buffer_reset(run->scratch);
	if (!template_append(run, block, expression, run->scratch) || run->scratch->failed)
		return (Slice){"", 0};
	return (Slice){run->scratch->bytes, run->scratch->length};
}

bool
template_total_shows(TemplateRun *run, const TemplateBlock *block)
{
	return block->content.count == 0 || template_evaluate(run, block, block->content).length > 0 ||
		   template_failed(run);
}
