/*
 * flat_controls.c: what header and trailer say about the file, against what was read.
 *
 * Sums are taken from what goes to the sink: a total that the reader derived counts as well.
 */
#include "core/flat_state.h"

#include <string.h>

static PortStatus check_count(FlatReader *reader, const LayoutRecord *record,
							  const LayoutField *field, Slice found);
static PortStatus check_sum(FlatReader *reader, const LayoutRecord *record,
							const LayoutField *field, Slice found);
static Slice *saved_slot(FlatReader *reader, int record, int field);
static void add_to(FlatReader *reader, FlatControl *control, Slice text);

PortStatus
flat_controls_open(FlatReader *reader)
{
	const Layout *layout = reader->layout;
	int controls = 0, fields = 0;

	for (int i = 0; i < layout->record_count; i++)
	{
		fields += layout->records[i].field_count;
		for (int k = 0; k < layout->records[i].field_count; k++)
			controls += layout->records[i].fields[k].check == LAYOUT_SUM ||
						layout->records[i].fields[k].check == LAYOUT_SIGNED_SUM;
	}
	reader->controls = port_alloc_array(reader->port, (size_t) controls, sizeof(FlatControl));
	reader->saved_value = port_alloc_array(reader->port, (size_t) fields, sizeof(Slice));
	if (reader->controls == NULL || reader->saved_value == NULL)
		return PORT_NO_MEMORY;
	memset(reader->saved_value, 0, (size_t) fields * sizeof(Slice));
	for (int i = 0; i < layout->record_count; i++)
		for (int k = 0; k < layout->records[i].field_count; k++)
		{
			const LayoutField *field = &layout->records[i].fields[k];
			FlatControl control = {&layout->records[i], field, decimal_from_int(0), true};

			if (field->check == LAYOUT_SUM || field->check == LAYOUT_SIGNED_SUM)
				reader->controls[reader->control_count++] = control;
		}
	return PORT_OK;
}

void
flat_controls_add(FlatReader *reader, InvoiceGroupKind kind, const Slice *values)
{
	for (int i = 0; i < reader->control_count; i++)
	{
		InvoiceTerm term = reader->controls[i].field->check_term;

		if (invoice_term_info[term].group == kind)
			add_to(reader, &reader->controls[i], values[term]);
	}
}

void
flat_controls_add_document(FlatReader *reader)
{
	for (int i = 0; i < reader->control_count; i++)
	{
		InvoiceTerm term = reader->controls[i].field->check_term;

		if (invoice_term_info[term].group == INVOICE_DOCUMENT)
			add_to(reader, &reader->controls[i], flat_document_value(reader->document, term));
	}
}

PortStatus
flat_controls_check(FlatReader *reader, const LayoutRecord *record, const LayoutField *field,
					Slice found)
{
	int own = (int) (record - reader->layout->records);
	Slice want = {NULL, 0};

	if (record->role == LAYOUT_HEADER && found.length > 0)
	{
		Slice *slot = saved_slot(reader, own, (int) (field - record->fields));

		slot->bytes = (const char *) (uintptr_t) reader->saved.length;
		slot->length = found.length;
		buffer_append(&reader->saved, found.bytes, found.length);
		if (buffer_failed(&reader->saved))
			return PORT_NO_MEMORY;
	}
	switch (field->check)
	{
		case LAYOUT_NO_CHECK:
			return PORT_OK;
		case LAYOUT_COUNT:
			return check_count(reader, record, field, found);
		case LAYOUT_SUM:
		case LAYOUT_SIGNED_SUM:
			return check_sum(reader, record, field, found);
		case LAYOUT_EQUALS:
			want.bytes = field->check_of;
			want.length = strlen(field->check_of);
			break;
		case LAYOUT_SAME_AS:
			want = *saved_slot(reader, field->check_record, field->check_field);
			want.bytes = want.length > 0 ? reader->saved.bytes + (uintptr_t) want.bytes : NULL;
			break;
	}
	if (want.length == found.length &&
		(found.length == 0 || memcmp(want.bytes, found.bytes, found.length) == 0))
		return PORT_OK;
	return flat_file_finding(
		reader, record, field, "FLAT-CONTROL", "the field holds \"%.*s\" and must hold \"%.*s\"",
		(int) (found.length < 60 ? found.length : 60), found.bytes != NULL ? found.bytes : "",
		(int) (want.length < 60 ? want.length : 60), want.length > 0 ? want.bytes : "");
}

static PortStatus
check_count(FlatReader *reader, const LayoutRecord *record, const LayoutField *field, Slice found)
{
	int64_t count =
		field->check_record < 0 ? reader->records : reader->record_count[field->check_record];
	Decimal want;

	if (decimal_parse(found.bytes, found.length, &want) == DECIMAL_OK &&
		decimal_compare(want, decimal_from_int(count)) == 0)
		return PORT_OK;
	return flat_file_finding(reader, record, field, "FLAT-COUNT",
							 "the control count of %s records is %.*s, the file has %lld",
							 field->check_record < 0 ? "all" : field->check_of,
							 (int) (found.length < 40 ? found.length : 40),
							 found.bytes != NULL ? found.bytes : "", (long long) count);
}

static PortStatus
check_sum(FlatReader *reader, const LayoutRecord *record, const LayoutField *field, Slice found)
{
	const FlatControl *control = reader->controls;
	char sum[DECIMAL_TEXT_SIZE], off[DECIMAL_TEXT_SIZE] = "not known";
	Decimal want, difference;

	while (control->field != field)
		control++;
	if (decimal_parse(found.bytes, found.length, &want) == DECIMAL_OK && control->exact)
	{
		if (decimal_compare(want, control->total) == 0)
			return PORT_OK;
		if (decimal_subtract(control->total, want, &difference))
			decimal_text(difference, 2, off);
	}
	decimal_text(control->total, 2, sum);
	return flat_file_finding(reader, record, field, "FLAT-TOTAL",
							 "the control total of %s is %.*s, the file has %s%s, difference %s",
							 field->check_of, (int) (found.length < 40 ? found.length : 40),
							 found.bytes != NULL ? found.bytes : "", sum,
							 control->exact ? "" : " and values that are no numbers", off);
}

static Slice *
saved_slot(FlatReader *reader, int record, int field)
{
	return &reader->saved_value[reader->first_field[record] + field];
}

static void
add_to(FlatReader *reader, FlatControl *control, Slice text)
{
	Decimal amount;
	bool subtract =
		control->field->check == LAYOUT_SIGNED_SUM && flat_document_sign(reader->document) < 0;

	if (text.length == 0)
		return;
	control->exact &=
		decimal_parse(text.bytes, text.length, &amount) == DECIMAL_OK &&
		decimal_add(control->total, subtract ? decimal_negate(amount) : amount, &control->total);
}
