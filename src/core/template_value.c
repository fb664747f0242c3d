/*
 * template_value.c: what an expression or a test of a template says for the data at hand.
 */
#include "core/template_state.h"

#include "core/template_kind.h"

#include <string.h>

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
		case FLAG_COUNT:
			break;
	}
	return false;
}

bool
template_test_holds(const TemplateRun *run, const TemplateTest *test)
{
	bool holds;

	if (!test->present)
		return true;
	if (test->field < 0)
		holds = flag_holds(run, test->flag);
	else
	{
		Slice value = field_value(run, test->field);
		TemplateType type = template_field_info[test->field].type;

		if (test->equals.bytes != NULL)
			holds =
				value.length == test->equals.length &&
				(value.length == 0 || memcmp(value.bytes, test->equals.bytes, value.length) == 0);
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
append_field(TemplateRun *run, const TemplateBlock *block, const TemplateSegment *segment,
			 ByteBuffer *out)
{
	Slice value = field_value(run, segment->number);

	if (value.length == 0)
	{
		if (!segment->optional)
			port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIELD",
					   "template \"%.60s\", block <%s> in line %d: field \"%s\" is missing",
					   run->program->name.bytes, template_block_name(block->kind), block->line,
					   template_field_info[segment->number].path);
		return;
	}
	switch (segment->format)
	{
		case FORMAT_MONEY:
			format_money(out, run->language, value);
			break;
		case FORMAT_NUMBER:
			format_quantity(out, run->language, value);
			break;
		case FORMAT_DATE:
			format_date(out, run->language, value);
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
			format_postcode(out, value, country_beside(run, segment->number));
			break;
		case FORMAT_COUNTRY:
			format_country(out, value);
			break;
		case FORMAT_RAW:
		case FORMAT_COUNT:
			buffer_append(out, value.bytes, value.length);
	}
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
			buffer_append_text(out, template_label((TemplateLabel) segment->number, run->language));
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
			buffer_append_int(out, run->layout->page_count);
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
		if (segment->kind != SEGMENT_FIELD)
			continue;
		values++;
		present += out->length > start;
	}
	if (values > 0 && present == 0)
		out->length = before;
	return out->length > before;
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
