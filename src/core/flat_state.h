/*
 * flat_state.h: what the files of the flat reader share; for them only.
 */
#ifndef CORE_FLAT_STATE_H
#define CORE_FLAT_STATE_H

#include "core/buffer.h"
#include "core/decimal.h"
#include "core/flat_document.h"
#include "core/flat_reader.h"
#include "core/flat_split.h"

typedef struct FlatControl
{
	const LayoutRecord *record;
	const LayoutField *field;
	Decimal total;
	bool exact;
} FlatControl;

typedef struct FlatReader
{
	InvoiceReader reader; /* first, so that the pointers are interchangeable */
	const Port *port;
	const Layout *layout;
	const InvoiceSink *sink;
	FlatDocument *document;
	bool failed; /* a fault ended the reading */

	/* the record being read */
	ByteBuffer carry; /* its beginning, from earlier pushes */
	FlatScan scan;
	bool any_bytes;
	int64_t line, next_line; /* of the source, 1-based */
	int64_t records;		 /* so far, all types, without the header row */
	ByteBuffer text;		 /* the record in UTF-8, or its fields one by one */
	ByteBuffer scratch;		 /* dates and numbers rewritten */
	Slice *columns;
	int column_count;
	int *column_of;			 /* resolved columns of all fields, -1 = none */
	int *first_field;		 /* of each record, in column_of */
	bool *column_known;		 /* header columns that the layout names */
	ByteBuffer header_names; /* of the other header columns, zero-terminated one after the other */
	size_t *header_name;	 /* offset in header_names */
	int header_count;
	bool header_seen;

	/* its values */
	Slice values[INVOICE_TERM_COUNT];
	bool present[INVOICE_GROUP_COUNT];

	/* the line that waits for its parts */
	bool line_waits;
	int64_t waiting_source_line;
	Slice waiting[INVOICE_TERM_COUNT]; /* bytes are offsets + 1 into waiting_text */
	ByteBuffer waiting_text;

	/* control */
	int64_t *record_count; /* by type, in the file */
	bool *record_in_document;
	bool trailer_seen;
	ByteBuffer saved;	/* values of header records */
	Slice *saved_value; /* by field; bytes are offsets + 1 into saved */
	FlatControl *controls;
	int control_count;
	const char *last_fault; /* place of the value told of last */
	int64_t last_fault_line;
	char location[160];
} FlatReader;

/* flat_records.c */
extern PortStatus flat_read_record(FlatReader *reader, const LayoutRecord *record,
								   const char *bytes, size_t length);
extern PortStatus flat_end_document(FlatReader *reader);

/* flat_controls.c */
extern PortStatus flat_controls_open(FlatReader *reader);
extern void flat_controls_add(FlatReader *reader, InvoiceGroupKind kind, const Slice *values);
extern void flat_controls_add_document(FlatReader *reader);
extern PortStatus flat_controls_check(FlatReader *reader, const LayoutRecord *record,
									  const LayoutField *field, Slice found);

/* flat_reader.c: a fault of the file, at the current record and perhaps a field */
extern PortStatus flat_file_finding(FlatReader *reader, const LayoutRecord *record,
									const LayoutField *field, const char *rule, const char *format,
									...) __attribute__((format(printf, 5, 6)));
extern const char *flat_location(FlatReader *reader, const LayoutRecord *record,
								 const LayoutField *field);

#endif
