/*
 * template_program.h: a template compiled to a tree of blocks.
 *
 * The source is XML (docs/document.md); there are no scripts and no way to a file or another row.
 * Compiling checks every element, attribute and field, so that a program can fail for only two
 * reasons when it runs: a field that is missing in the data, and a text that does not fit.
 */
#ifndef CORE_TEMPLATE_PROGRAM_H
#define CORE_TEMPLATE_PROGRAM_H

#include "core/layout_page.h"
#include "core/template_data.h"
#include "core/template_format.h"
#include "core/xmlread.h"

#define TEMPLATE_MAX_BLOCKS 1000
#define TEMPLATE_MAX_SEGMENTS 4000
#define TEMPLATE_MAX_LABELS 500
#define TEMPLATE_MAX_SOURCE (256 * 1024)

typedef enum TemplateBlockKind
{
	BLOCK_TEMPLATE,
	BLOCK_LABELS,
	BLOCK_LABEL,
	BLOCK_ZONE,
	BLOCK_FLOW,
	BLOCK_TEXT,
	BLOCK_TOTAL,
	BLOCK_TABLE,
	BLOCK_COLUMN,
	BLOCK_COLUMNS,
	BLOCK_IF,
	BLOCK_EACH,
	BLOCK_KEEP,
	BLOCK_BARCODE,
	BLOCK_RULE,
	BLOCK_BOX,
	BLOCK_SPACE,
	BLOCK_PAGEBREAK,
	BLOCK_KIND_COUNT
} TemplateBlockKind;

typedef enum TemplateFormat
{
	FORMAT_RAW,
	FORMAT_MONEY,
	FORMAT_NUMBER,
	FORMAT_DATE,
	FORMAT_REFERENCE,
	FORMAT_ACCOUNT,
	FORMAT_UNIT,
	FORMAT_POSTCODE,
	FORMAT_COUNTRY,
	FORMAT_COUNT
} TemplateFormat;

/* Values that are worked out from the invoice's kind. */
typedef enum TemplateFlag
{
	FLAG_CREDIT,	  /* a credit note */
	FLAG_SELF_BILLED, /* issued by the buyer */
	FLAG_PAYMENT,	  /* has something to pay and an account to pay to */
	FLAG_FOREIGN,	  /* goes to another country */
	FLAG_COUNT
} TemplateFlag;

typedef enum TemplateSegmentKind
{
	SEGMENT_LITERAL,
	SEGMENT_FIELD,
	SEGMENT_LABEL,
	SEGMENT_OWN_LABEL,
	SEGMENT_TITLE,
	SEGMENT_PAGE,
	SEGMENT_PAGES
} TemplateSegmentKind;

typedef struct TemplateSegment
{
	TemplateSegmentKind kind;
	Slice text; /* literal, or key of an own label */
	int number; /* field or label */
	TemplateFormat format;
	bool optional;
} TemplateSegment;

typedef struct TemplateExpression
{
	int first, count; /* in segments */
} TemplateExpression;

typedef struct TemplateTest
{
	bool present, negated;
	int field; /* -1: flag */
	TemplateFlag flag;
	Slice equals; /* bytes NULL: is there, and not zero */
} TemplateTest;

typedef enum TemplateAlign
{
	ALIGN_LEFT,
	ALIGN_RIGHT
} TemplateAlign;

typedef enum TemplatePages
{
	PAGES_FIRST,
	PAGES_NEXT, /* all but the first */
	PAGES_EVERY,
	PAGES_LAST
} TemplatePages;

typedef enum TemplateList
{
	LIST_LINES,
	LIST_TAXES,
	LIST_ADJUSTMENTS,	   /* of the document */
	LIST_LINE_ADJUSTMENTS, /* of the line at hand */
	LIST_COUNT
} TemplateList;

typedef struct TemplateBlock
{
	TemplateBlockKind kind;
	int line;								   /* of the source */
	int parent, first_child, last_child, next; /* 0 = none: block 0 is the template itself */
	int x, y, width, height;				   /* 1/100 pt */
	int size, gray, leading, most_lines;
	bool bold, shaded, keep_last;
	TemplateAlign align;
	TemplatePages pages;
	TemplateList list;
	TemplateTest test;
	TemplateExpression content; /* text, value of a total or bar code */
	TemplateExpression label;	/* heading of a column, label of a total */
} TemplateBlock;

typedef struct TemplateOwnLabel
{
	TemplateLanguage language;
	Slice key, text;
} TemplateOwnLabel;

typedef struct TemplateProgram
{
	const Port *port;
	Slice name;
	int block_count, segment_count, label_count;
	TemplateBlock *blocks;
	TemplateSegment *segments;
	TemplateOwnLabel *labels;
	int flow;				   /* block number */
	int top, next_top, bottom; /* of the flow: first page, later pages, all pages */
} TemplateProgram;

/*
 * Compiles the source.  PORT_INVALID with rule TEMPLATE-SYNTAX (not XML, or a block where it may
 * not stand), TEMPLATE-BLOCK (no such element), TEMPLATE-VALUE (attribute) or TEMPLATE-FIELD
 * (path); the message names template, block and path, fault.line the line.  In the server: between
 * xml_guard_begin and xml_guard_end.  reader is set as soon as there is something to close.
 */
extern PortStatus template_compile(TemplateProgram *program, const Port *port, const char *source,
								   size_t length, XmlReader **reader, PortFault *fault);

/* Expressions and tests; used by template_compile. */
extern PortStatus template_compile_expression(TemplateProgram *program, Slice text, unsigned scopes,
											  TemplateExpression *expression, char *problem,
											  size_t problem_room);
extern PortStatus template_compile_test(TemplateProgram *program, Slice text, unsigned scopes,
										TemplateTest *test, char *problem, size_t problem_room);

/* Scopes: bit of each group whose fields may be named. */
#define SCOPE_OF(group) (1u << (group))

/* "table", "text", ... */
extern const char *template_block_name(TemplateBlockKind kind);

#endif
