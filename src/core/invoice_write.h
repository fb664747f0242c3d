/*
 * invoice_write.h: the canonical invoice as XML of any format, driven by a table of steps.
 *
 * begin is given the whole document without its lines, line each of them, end closes.  Bytes leave
 * in chunks through a callback, so memory does not grow with the number of lines:
 *
 *   format = invoice_write_find("peppol");
 *   writer = invoice_writer_open(port, format, true, put_bytes, file);
 *   invoice_writer_begin(writer, &document); invoice_writer_line(writer, &line); ...
 *   invoice_writer_end(writer); invoice_writer_close(writer);
 *
 * A call that does not return PORT_OK ends the work; invoice_writer_fault says why: WRITE-MISSING
 * (mandatory content), WRITE-CHARACTER (XML 1.0 cannot hold it), WRITE-VALUE (the format cannot).
 *
 * To add a format: one file <format>_write.c with its steps (below) in the order of the format's
 * elements and one WriteFormat, and one line in invoice_write_formats (invoice_write.c).  The steps
 * say where terms stand; what is decided for the invoice as a whole (identifiers, signs, dates in
 * another notation, mandatory alternatives) is done by prepare on writer->content, which is the
 * writer's own copy, before the first byte.
 */
#ifndef CORE_INVOICE_WRITE_H
#define CORE_INVOICE_WRITE_H

#include "core/buffer.h"
#include "core/invoice_content.h"
#include "core/text_arena.h"

typedef struct InvoiceWriter InvoiceWriter;
typedef struct WriteFormat WriteFormat;

typedef PortStatus (*WriteOutput)(void *state, const char *bytes, size_t length);

typedef enum WriteOp
{
	WRITE_STEPS_END, /* of the table */
	WRITE_OPEN,		 /* element that appears with the first text in it, or not at all */
	WRITE_OPEN_IF,	 /* element that appears when test says so; then fixed parts in it do too */
	WRITE_EACH,		 /* element for each row of the kind */
	WRITE_TEXT,		 /* element with the term's text, unless absent */
	WRITE_ATTRIBUTE, /* of the WRITE_TEXT before it, unless absent */
	WRITE_MARK,		 /* bytes in the start tag of the WRITE_TEXT before it: a fixed attribute */
	WRITE_VALUE,	 /* the term's text without an element */
	WRITE_FIXED,	 /* bytes as they are, once the element around them is open */
	WRITE_CALL,		 /* what no step can say */
	WRITE_END		 /* of WRITE_OPEN, WRITE_OPEN_IF and WRITE_EACH */
} WriteOp;

/* One step; variants: bits of writer->variant for which it holds, 0 = always. */
typedef struct WriteStep
{
	WriteOp op;
	uint8_t variants;
	uint8_t kind;  /* InvoiceGroupKind of WRITE_EACH */
	uint16_t term; /* InvoiceTerm of WRITE_TEXT, WRITE_VALUE and WRITE_ATTRIBUTE */
	uint16_t name_length;
	const char *name;
	union
	{
		/* WRITE_TEXT, WRITE_ATTRIBUTE: how the value is written; NULL: as it is */
		void (*convert)(InvoiceWriter *writer, InvoiceTerm term, Slice value);
		bool (*test)(const InvoiceWriter *writer);
		void (*call)(InvoiceWriter *writer);
	};
} WriteStep;

/* clang-format off */
#define STEP(op, variants, kind, term, name) op, variants, kind, term, sizeof(name) - 1, name
#define STEP_OPEN(name) {STEP(WRITE_OPEN, 0, 0, 0, name), {NULL}}
#define STEP_OPEN_FOR(variants, name) {STEP(WRITE_OPEN, variants, 0, 0, name), {NULL}}
#define STEP_OPEN_IF(name, function) {STEP(WRITE_OPEN_IF, 0, 0, 0, name), {.test = function}}
#define STEP_EACH(group, name) {STEP(WRITE_EACH, 0, INVOICE_##group, 0, name), {NULL}}
#define STEP_EACH_FOR(variants, group, name) {STEP(WRITE_EACH, variants, INVOICE_##group, 0, name), {NULL}}
#define STEP_TEXT(name, term) {STEP(WRITE_TEXT, 0, 0, TERM_##term, name), {NULL}}
#define STEP_TEXT_FOR(variants, name, term) {STEP(WRITE_TEXT, variants, 0, TERM_##term, name), {NULL}}
#define STEP_TEXT_AS(name, term, function) {STEP(WRITE_TEXT, 0, 0, TERM_##term, name), {.convert = function}}
#define STEP_ATTRIBUTE(name, term) {STEP(WRITE_ATTRIBUTE, 0, 0, TERM_##term, name), {NULL}}
#define STEP_ATTRIBUTE_FOR(variants, name, term) {STEP(WRITE_ATTRIBUTE, variants, 0, TERM_##term, name), {NULL}}
#define STEP_ATTRIBUTE_AS(name, term, function) {STEP(WRITE_ATTRIBUTE, 0, 0, TERM_##term, name), {.convert = function}}
#define STEP_MARK(attribute) {STEP(WRITE_MARK, 0, 0, 0, attribute), {NULL}}
#define STEP_VALUE(term) {STEP(WRITE_VALUE, 0, 0, TERM_##term, ""), {NULL}}
#define STEP_FIXED(xml) {STEP(WRITE_FIXED, 0, 0, 0, xml), {NULL}}
#define STEP_FIXED_FOR(variants, xml) {STEP(WRITE_FIXED, variants, 0, 0, xml), {NULL}}
#define STEP_CALL(function) {STEP(WRITE_CALL, 0, 0, 0, ""), {.call = function}}
#define STEP_END {STEP(WRITE_END, 0, 0, 0, ""), {NULL}}
#define STEPS_END {STEP(WRITE_STEPS_END, 0, 0, 0, ""), {NULL}}
/* clang-format on */

struct WriteFormat
{
	const char *name;	 /* as in mailroom.write_invoice */
	const char *profile; /* whose rules the result must pass; NULL: those the document names */
	/* terms that every instance of their group must have, as write_needed_en16931, and more of the
	 * format's own; the last entry is INVOICE_TERM_COUNT; may be NULL */
	const InvoiceTerm *needed, *needed_too;
	/* kinds that must have an instance, as write_needed_kinds; the last entry is
	 * INVOICE_GROUP_COUNT */
	const InvoiceGroupKind *needed_kinds;
	PortStatus (*prepare)(InvoiceWriter *writer); /* may be NULL; sets variant, alters content */
	PortStatus (*prepare_line)(InvoiceWriter *writer); /* the same for writer->line */
	/* UTF-8 into the character set that the declaration names; NULL: it is UTF-8 */
	void (*encode)(ByteBuffer *out, const char *bytes, size_t length);
	const WriteStep *before, *line, *after; /* around the lines, and for each */
};

#define WRITE_MAX_DEPTH 24

/* What steps and hooks see; only prepare and prepare_line write to it. */
struct InvoiceWriter
{
	const Port *port;
	const WriteFormat *format;
	bool strict; /* mandatory content is asked for */
	uint8_t variant;
	InvoiceContent content; /* the document, a copy of the rows */
	InvoiceContent line;
	int64_t line_no;							  /* 1-based; 0 = before the lines */
	const Slice *rows[INVOICE_MODEL_GROUP_COUNT]; /* at hand, NULL = none */
	InvoiceTerm term;							  /* being written */
	ByteBuffer out;
	ByteBuffer encoded;
	TextArena texts, line_texts; /* that prepare and prepare_line made */
	const WriteStep *open[WRITE_MAX_DEPTH];
	int depth, written; /* levels that are open; of these with their start tag written */
	WriteOutput output;
	void *output_state;
	PortFault fault;
};

/* one in each FORMAT_write.c, the kinds of UBL in ubl_write.c */
extern const WriteFormat write_format_ubl, write_format_peppol, write_format_selfbilling,
	write_format_cius_ro, write_format_xrechnung, write_format_cii, write_format_finvoice,
	write_format_ksef_fa3;
extern const WriteFormat *const invoice_write_formats[]; /* the last entry is NULL */
extern const WriteFormat *invoice_write_find(const char *name);

/* What EN 16931 demands whatever else is there. */
extern const InvoiceTerm write_needed_en16931[];
extern const InvoiceGroupKind write_needed_kinds[]; /* VAT breakdown and lines */
#define WRITE_EN_16931 "urn:cen.eu:en16931:2017"

/* strict: an invoice that lacks mandatory content is a fault.  NULL: out of memory. */
extern InvoiceWriter *invoice_writer_open(const Port *port, const WriteFormat *format, bool strict,
										  WriteOutput output, void *state);
extern PortStatus invoice_writer_begin(InvoiceWriter *writer, const InvoiceContent *document);
extern PortStatus invoice_writer_line(InvoiceWriter *writer, const InvoiceContent *line);
extern PortStatus invoice_writer_end(InvoiceWriter *writer);
extern const PortFault *invoice_writer_fault(const InvoiceWriter *writer);
extern void invoice_writer_close(InvoiceWriter *writer);

/* For hooks. */

/* The term in the row at hand of its group, or absent. */
static inline Slice
write_value(const InvoiceWriter *writer, InvoiceTerm term)
{
	InvoiceGroupKind kind = invoice_term_info[term].group;
	const Slice *row = writer->rows[kind];
	Slice none = {NULL, 0};

	return row != NULL ? row[term - invoice_group_info[kind].first] : none;
}

static inline bool
write_has(const InvoiceWriter *writer, InvoiceTerm term)
{
	return write_value(writer, term).length > 0;
}

extern bool write_value_is(const InvoiceWriter *writer, InvoiceTerm term, const char *text);
/* A term of the document in prepare, or of the line in prepare_line; text must last, NULL removes
 * the term. */
extern void write_set(InvoiceWriter *writer, InvoiceTerm term, const char *text);
/* In prepare_line: a unit without a base quantity (BT-149) is of one. */
extern void write_default_base(InvoiceWriter *writer);
/* The same with a copy of the text. */
extern PortStatus write_copy(InvoiceWriter *writer, InvoiceTerm term, const char *text);
/* Text with its markup escaped, for convert hooks; a character that XML cannot hold is a fault. */
extern void write_escaped(InvoiceWriter *writer, Slice value);
/* Runs a table of steps, for WRITE_CALL. */
extern void write_steps(InvoiceWriter *writer, const WriteStep *steps);
/* Runs a table with a row of the content (or line) at hand. */
extern void write_steps_with(InvoiceWriter *writer, InvoiceGroupKind kind, const Slice *row,
							 const WriteStep *steps);
/* Faults; alternative may be NULL: "or BT-10". */
extern PortStatus write_missing(InvoiceWriter *writer, InvoiceTerm term, const char *alternative);
extern PortStatus write_wrong(InvoiceWriter *writer, InvoiceTerm term, const char *why);

#endif
