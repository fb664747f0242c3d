/*
 * layout.h: the description of a billing system's flat file.
 *
 * A layout is data: record types, how they are recognised, where their fields stand, which business
 * term each fills, and which control totals the file carries.  The server fills the structures from
 * rows, layout_prepare checks and indexes them, flat_reader.h reads with them.
 */
#ifndef CORE_LAYOUT_H
#define CORE_LAYOUT_H

#include "core/flat_charset.h"
#include "core/invoice.h"

#define LAYOUT_MAX_COLUMNS 1000 /* of a delimited record; more is taken for a broken file */
#define LAYOUT_MAX_FIELDS 1000	/* of one record type */

typedef enum LayoutKind
{
	LAYOUT_DELIMITED,
	LAYOUT_FIXED
} LayoutKind;

typedef enum LayoutRole
{
	LAYOUT_HEADER,	/* first record of the file */
	LAYOUT_TRAILER, /* last record of the file, with control totals */
	LAYOUT_INVOICE, /* starts an invoice */
	LAYOUT_PART,	/* more of the invoice: terms of the document, VAT, notes, ... */
	LAYOUT_LINE,	/* starts an invoice line */
	LAYOUT_LINE_PART,
	LAYOUT_ROW, /* a line with the invoice's own terms repeated; BT-1 groups */
	LAYOUT_SKIP
} LayoutRole;

typedef enum LayoutType
{
	LAYOUT_TEXT,   /* A */
	LAYOUT_DATE,   /* D, in the layout's date format */
	LAYOUT_NUMBER, /* N, with the layout's decimal sign */
	LAYOUT_UNSIGNED /* Nk or Sk: digits with k implied decimals */,
	LAYOUT_SIGNED
} LayoutType;

typedef enum LayoutCheck
{
	LAYOUT_NO_CHECK,
	LAYOUT_EQUALS,	  /* the field holds this constant */
	LAYOUT_SAME_AS,	  /* the field equals an earlier record's field */
	LAYOUT_COUNT,	  /* the field counts records of a type, or all with check_record -1 */
	LAYOUT_SUM,		  /* the field is the sum of a term */
	LAYOUT_SIGNED_SUM /* likewise, credit notes subtract */
} LayoutCheck;

typedef struct LayoutField
{
	const char *name;
	int start, length;		 /* bytes, 0-based; fixed width */
	int column;				 /* 0-based; delimited; -1 = by column_name, or a constant */
	const char *column_name; /* in the header row */
	LayoutType type;
	int decimals;
	InvoiceTerm term;	  /* INVOICE_TERM_COUNT = none */
	const char *constant; /* the value when the field's group is present */
	bool blank_zero;	  /* zero means absent */
	bool required;
	LayoutCheck check;
	const char *check_of; /* constant, record name, "record.field" or term, as the check wants */
	int check_record, check_field;
	InvoiceTerm check_term;
} LayoutField;

typedef struct LayoutRecord
{
	const char *name;
	LayoutRole role;
	const char *match_value; /* NULL = matches every record */
	size_t match_length;
	int match_start; /* 0-based byte, or column */
	bool required;	 /* the file, or each invoice, has one */
	LayoutField *fields;
	int field_count;
	int width;						  /* highest column used + 1; filled by layout_prepare */
	bool groups[INVOICE_GROUP_COUNT]; /* which groups its fields fill */
} LayoutRecord;

#define LAYOUT_DERIVE_TAX 1u	/* BG-23 from lines, allowances and charges */
#define LAYOUT_DERIVE_TOTALS 2u /* BT-106 to BT-115 where they are absent */

typedef struct Layout
{
	const char *name;
	LayoutKind kind;
	FlatCharset charset;
	char delimiter;
	char quote; /* 0 = none */
	bool header_row;
	char decimal_sign;
	const char *date_format; /* YYYY, YY, MM, DD and anything else literally */
	const char *currency;	 /* BT-5 when the file does not say */
	unsigned derive;
	LayoutRecord *records;
	int record_count;
	bool has_line_parts; /* filled by layout_prepare */
} Layout;

/* Checks the layout and fills what is marked so; the fault's message names record and field. */
extern PortStatus layout_prepare(Layout *layout, PortFault *fault);

/* -1 if there is none */
extern int layout_find_record(const Layout *layout, const char *name, size_t length);

/* "A", "D", "N", "N2", "S4"; false if it is none of these */
extern bool layout_parse_type(const char *text, LayoutType *type, int *decimals);
extern bool layout_parse_role(const char *text, LayoutRole *role);

#endif
