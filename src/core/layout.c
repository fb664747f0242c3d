/*
 * layout.c: checks of a layout before anything is read with it.
 */
#include "core/layout.h"

#include <string.h>

static PortStatus prepare_record(Layout *layout, LayoutRecord *record, PortFault *fault);
static PortStatus prepare_field(Layout *layout, LayoutRecord *record, LayoutField *field,
								PortFault *fault);
static PortStatus prepare_check(Layout *layout, LayoutRecord *record, LayoutField *field,
								PortFault *fault);
static PortStatus check_date_format(const Layout *layout, PortFault *fault);

#define REFUSE(...) return port_fault(fault, PORT_INVALID, "LAYOUT-INVALID", __VA_ARGS__)

PortStatus
layout_prepare(Layout *layout, PortFault *fault)
{
	bool starts = false;
	PortStatus status;

	if (layout->record_count == 0)
		REFUSE("it has no record types");
	if (layout->kind == LAYOUT_FIXED && layout->header_row)
		REFUSE("a fixed-width layout cannot have a header row");
	if (layout->quote != 0 && layout->quote == layout->delimiter)
		REFUSE("delimiter and quote are the same character");
	if ((status = check_date_format(layout, fault)) != PORT_OK)
		return status;
	for (int i = 0; i < layout->record_count; i++)
	{
		LayoutRecord *record = &layout->records[i];

		if (layout_find_record(layout, record->name, strlen(record->name)) != i)
			REFUSE("record \"%s\" is described twice", record->name);
		if ((status = prepare_record(layout, record, fault)) != PORT_OK)
			return status;
		starts |= record->role == LAYOUT_INVOICE || record->role == LAYOUT_ROW;
		layout->has_line_parts |= record->role == LAYOUT_LINE_PART;
	}
	if (!starts)
		REFUSE("no record has the role invoice or row");
	for (int i = 0; i < layout->record_count; i++)
		for (int k = 0; k < layout->records[i].field_count; k++)
			if ((status = prepare_check(layout, &layout->records[i], &layout->records[i].fields[k],
										fault)) != PORT_OK)
				return status;
	return PORT_OK;
}

int
layout_find_record(const Layout *layout, const char *name, size_t length)
{
	for (int i = 0; i < layout->record_count; i++)
		if (strlen(layout->records[i].name) == length &&
			memcmp(layout->records[i].name, name, length) == 0)
			return i;
	return -1;
}

bool
layout_parse_type(const char *text, LayoutType *type, int *decimals)
{
	*decimals = 0;
	if (strcmp(text, "A") == 0)
		*type = LAYOUT_TEXT;
	else if (strcmp(text, "D") == 0)
		*type = LAYOUT_DATE;
	else if (strcmp(text, "N") == 0)
		*type = LAYOUT_NUMBER;
	else if ((text[0] == 'N' || text[0] == 'S') && text[1] >= '0' && text[1] <= '9' && text[2] == 0)
	{
		*type = text[0] == 'N' ? LAYOUT_UNSIGNED : LAYOUT_SIGNED;
		*decimals = text[1] - '0';
	}
	else
		return false;
	return true;
}

bool
layout_parse_role(const char *text, LayoutRole *role)
{
	static const char *const names[] = {"header", "trailer",   "invoice", "part",
										"line",	  "line_part", "row",	  "skip"};

	for (int i = 0; i < (int) (sizeof(names) / sizeof(names[0])); i++)
		if (strcmp(names[i], text) == 0)
		{
			*role = (LayoutRole) i;
			return true;
		}
	return false;
}

static PortStatus
prepare_record(Layout *layout, LayoutRecord *record, PortFault *fault)
{
	bool has_number = false;
	PortStatus status;

	if (record->field_count > LAYOUT_MAX_FIELDS)
		REFUSE("record \"%s\" has more than %d fields", record->name, LAYOUT_MAX_FIELDS);
	if (record->match_value == NULL && layout->record_count > 1)
		REFUSE("record \"%s\" has no match value, so that the other records are never reached",
			   record->name);
	record->width = 0;
	memset(record->groups, 0, sizeof(record->groups));
	for (int i = 0; i < record->field_count; i++)
	{
		if ((status = prepare_field(layout, record, &record->fields[i], fault)) != PORT_OK)
			return status;
		has_number |= record->fields[i].term == TERM_BT_1;
	}
	if (record->role == LAYOUT_ROW && !has_number)
		REFUSE("row record \"%s\" has no field with term bt_1 to group by", record->name);
	return PORT_OK;
}

static PortStatus
prepare_field(Layout *layout, LayoutRecord *record, LayoutField *field, PortFault *fault)
{
	InvoiceGroupKind group;

	if (field->constant != NULL && field->term == INVOICE_TERM_COUNT)
		REFUSE("field \"%s\" of record \"%s\" is a constant without a term", field->name,
			   record->name);
	if (field->constant == NULL && layout->kind == LAYOUT_FIXED &&
		(field->start < 0 || field->length <= 0 || field->start + field->length > 65536))
		REFUSE("field \"%s\" of record \"%s\" needs start (from 1) and length within 65536 bytes",
			   field->name, record->name);
	if (field->constant == NULL && layout->kind == LAYOUT_DELIMITED)
	{
		if (field->column < 0 && field->column_name == NULL)
			REFUSE("field \"%s\" of record \"%s\" needs a column number or a column name",
				   field->name, record->name);
		if (field->column_name != NULL && !layout->header_row)
			REFUSE("field \"%s\" of record \"%s\" names a column, but the layout has no header row",
				   field->name, record->name);
		if (field->column >= LAYOUT_MAX_COLUMNS)
			REFUSE("field \"%s\" of record \"%s\" is beyond column %d", field->name, record->name,
				   LAYOUT_MAX_COLUMNS);
		if (field->column >= record->width)
			record->width = field->column + 1;
	}
	if (field->term == INVOICE_TERM_COUNT)
		return PORT_OK;
	group = invoice_term_info[field->term].group;
	if (record->role == LAYOUT_HEADER || record->role == LAYOUT_TRAILER ||
		record->role == LAYOUT_SKIP)
		REFUSE("field \"%s\" of record \"%s\" has a term, but the record belongs to no invoice",
			   field->name, record->name);
	if (group == INVOICE_LINE && record->role != LAYOUT_LINE && record->role != LAYOUT_ROW &&
		record->role != LAYOUT_LINE_PART)
		REFUSE("field \"%s\" of record \"%s\" has line term %s, but the record is no line",
			   field->name, record->name, invoice_term_info[field->term].key);
	record->groups[group] = true;
	return PORT_OK;
}

static PortStatus
prepare_check(Layout *layout, LayoutRecord *record, LayoutField *field, PortFault *fault)
{
	const char *of = field->check_of;
	const char *dot;

	field->check_record = field->check_field = -1;
	field->check_term = INVOICE_TERM_COUNT;
	switch (field->check)
	{
		case LAYOUT_NO_CHECK:
			return PORT_OK;
		case LAYOUT_EQUALS:
			return PORT_OK;
		case LAYOUT_COUNT:
			if (strcmp(of, "*") != 0 &&
				(field->check_record = layout_find_record(layout, of, strlen(of))) < 0)
				REFUSE("field \"%s\" of record \"%s\" counts record \"%s\", which does not exist",
					   field->name, record->name, of);
			return PORT_OK;
		case LAYOUT_SUM:
		case LAYOUT_SIGNED_SUM:
			field->check_term = invoice_find_term(of, strlen(of));
			if (field->check_term == INVOICE_TERM_COUNT ||
				invoice_term_info[field->check_term].type != TERM_TYPE_AMOUNT)
				REFUSE("field \"%s\" of record \"%s\" sums \"%s\", which is no amount term",
					   field->name, record->name, of);
			return PORT_OK;
		case LAYOUT_SAME_AS:
			dot = strchr(of, '.');
			if (dot != NULL)
				field->check_record = layout_find_record(layout, of, (size_t) (dot - of));
			if (field->check_record >= 0)
			{
				const LayoutRecord *other = &layout->records[field->check_record];

				for (int i = 0; i < other->field_count; i++)
					if (strcmp(other->fields[i].name, dot + 1) == 0)
						field->check_field = i;
			}
			if (field->check_field < 0)
				REFUSE("field \"%s\" of record \"%s\" must equal \"%s\", which does not exist "
					   "(write record.field)",
					   field->name, record->name, of);
			return PORT_OK;
	}
	return PORT_OK;
}

static PortStatus
check_date_format(const Layout *layout, PortFault *fault)
{
	const char *format = layout->date_format;
	bool has_year = strstr(format, "YY") != NULL;

	if (!has_year || strstr(format, "MM") == NULL || strstr(format, "DD") == NULL ||
		strlen(format) > 32)
		REFUSE("date format \"%s\" needs YYYY or YY, MM and DD", format);
	return PORT_OK;
}
