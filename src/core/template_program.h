/*
 * template_program.h: a template compiled to a tree of blocks.
 *
 * The source is XML (docs/documents.md); there are no scripts and no way to a file or another row.
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
#define TEMPLATE_MAX_COLOURS 32
#define TEMPLATE_MAX_TREES 10 /* data, brand and lists of the data inside one another */
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
	BLOCK_PALETTE,
	BLOCK_COLOUR,
	BLOCK_CHART,
	BLOCK_IMAGE,
	BLOCK_SUBJECT, /* of an e-mail or digital mailbox */
	BLOCK_SMS,
	BLOCK_QR,
	BLOCK_GIRO, /* payment slip at the foot of the last page */
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
	FORMAT_NATURAL, /* of a tree's value: numbers as numbers, texts as they are */
	FORMAT_COUNT
} TemplateFormat;

/* Values that are worked out from the invoice's kind. */
typedef enum TemplateFlag
{
	FLAG_CREDIT,	  /* a credit note */
	FLAG_SELF_BILLED, /* issued by the buyer */
	FLAG_PAYMENT,	  /* has something to pay and an account to pay to */
	FLAG_FOREIGN,	  /* goes to another country */
	FLAG_LETTER,	  /* no invoice: a letter or notice of a list */
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
	SEGMENT_PAGES,
	SEGMENT_NODE,	  /* of a tree */
	SEGMENT_SUM,	  /* of a field over the rows of its list, in a group: of the group */
	SEGMENT_SUM_TREE, /* of text (a path) over the list at number in a tree */
	SEGMENT_COUNT,	  /* rows of the list number, in a group: of the group */
	SEGMENT_CARRIED	  /* what the columns above carry over to the next page */
} TemplateSegmentKind;

typedef struct TemplateSegment
{
	TemplateSegmentKind kind;
	Slice text; /* literal, key of an own label, or path inside its tree */
	Slice of;	/* sum over a tree: path of the value inside each element */
	Slice path; /* sum over a tree: as written */
	int number; /* field, label or list */
	int tree;	/* which of the trees in scope */
	TemplateFormat format;
	Slice argument; /* of the format, behind its colon; bytes NULL = none */
	bool optional;
} TemplateSegment;

typedef struct TemplateExpression
{
	int first, count; /* in segments */
} TemplateExpression;

#define TEST_FLAG (-1)
#define TEST_TREE (-2)

typedef struct TemplateTest
{
	bool present, negated;
	int field; /* TEST_FLAG, TEST_TREE, else a field */
	TemplateFlag flag;
	int tree;	  /* TEST_TREE: which of the trees in scope */
	Slice path;	  /* in the tree */
	Slice equals; /* bytes NULL: is there, and not zero */
} TemplateTest;

typedef enum TemplateAlign
{
	ALIGN_LEFT,
	ALIGN_RIGHT,
	ALIGN_CENTRE,
	ALIGN_DECIMAL /* column: right, the decimal marks of its numbers below each other */
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
	LIST_TREE,			   /* of a tree: block->tree, block->path */
	LIST_COUNT
} TemplateList;

/* What a template is set for; blocks name those they show in. */
typedef enum TemplateChannel
{
	CHANNEL_PRINT,
	CHANNEL_HTML,
	CHANNEL_EMAIL,
	CHANNEL_SMS,
	CHANNEL_COUNT
} TemplateChannel;

#define CHANNEL_BIT(channel) (1u << (channel))
#define ALL_CHANNELS ((1u << CHANNEL_COUNT) - 1)

typedef enum TemplateChartKind
{
	CHART_BAR,
	CHART_LINE
} TemplateChartKind;

typedef enum TemplateSymbology
{
	SYMBOLOGY_CODE128,
	SYMBOLOGY_ITF,
	SYMBOLOGY_DATAMATRIX,
	SYMBOLOGY_QR
} TemplateSymbology;

/* What a bar code says: its value, or the invoice's payment (core/payment_code.h). */
typedef enum TemplatePayload
{
	PAYLOAD_VALUE,
	PAYLOAD_EPC,
	PAYLOAD_POLISH,
	PAYLOAD_FINNISH
} TemplatePayload;

/* Trees in scope: data and brand are always there, lists of the data stack up behind them. */
enum
{
	TREE_DATA,
	TREE_BRAND,
	TREE_FIRST_ROW
};

typedef struct TemplateColour
{
	Slice name;
	int ink; /* core/ink.h */
} TemplateColour;

typedef struct TemplateBlock
{
	TemplateBlockKind kind;
	int line;								   /* of the source */
	int parent, first_child, last_child, next; /* 0 = none: block 0 is the template itself */
	int x, y, width, height;				   /* 1/100 pt */
	int size, gray, most_lines;
	int leading; /* from base line to base line, 0 = by the size */
	bool bold, shaded, keep_last, keep_next, headless, plain;
	bool optional_list;	 /* in="data.rows?": no rows where the list is missing */
	unsigned channels;	 /* bits of the channels it shows in */
	bool channels_given; /* by the attribute, be it all of them */
	int colour, fill;	 /* in the palette, -1 = none: of text, line or bars; of what is behind */
	int second_colour;	 /* of a chart's second series, -1 = none */
	TemplateChartKind chart;
	TemplateSymbology symbology;
	TemplatePayload payload;
	int giro, giro_code; /* system of a payment slip (core/giro_slip.h), type of a Swedish one */
	bool open_amount;	 /* of a payment slip: the payer fills the amount in */
	int level;			 /* of a QR code: 0 L to 3 H */
	bool rectangular;	 /* of a DataMatrix: wider than high */
	bool rectangles;	 /* squares drawn one by one, for printers that take no image masks */
	Slice name;			 /* of an image: its resource; of a list as written */
	int tree;			 /* LIST_TREE: tree the path starts in */
	Slice path;			 /* LIST_TREE */
	int row_tree;		 /* LIST_TREE: number of the element at hand */
	int group_field;	 /* each: one turn for all lines that agree in this field; -1 = none */
	Slice group_path;	 /* the same of LIST_TREE: path in the element; bytes NULL = none */
	int group_tree;		 /* with group_path: number of the list of the group at hand */
	int carry_field;	 /* table: number whose running sum goes over page breaks; -1 = none */
	TemplateAlign align;
	TemplatePages pages;
	TemplateList list;
	TemplateTest test;
	TemplateExpression content; /* text, value of a total, bar code or chart */
	TemplateExpression label;	/* heading of a column, label of a total, below a chart's value */
	TemplateExpression second;	/* chart: second value, of the year before for instance */
	TemplateExpression
		title; /* chart: heading; chart and image: what it shows, for who cannot see */
	TemplateExpression unit;				  /* chart: of its values */
	TemplateExpression legend, second_legend; /* chart: what its series are */
	unsigned proof;	  /* PROOF_BITs of the values that text, total or bar code shows */
	bool proof_given; /* by the attribute */
	bool is_address;  /* text of the recipient's address in a zone, and that zone */
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
	int block_count, segment_count, label_count, colour_count;
	TemplateBlock *blocks;
	TemplateSegment *segments;
	TemplateOwnLabel *labels;
	TemplateColour colours[TEMPLATE_MAX_COLOURS];
	int flow;				   /* block number */
	int giro;				   /* first payment slip, 0 = none */
	int top, next_top, bottom; /* of the flow: first page, later pages, all pages */
	int first_bottom;		   /* of the first page alone, 0 = bottom */
	unsigned proofs;		   /* PROOF_BITs of the values that some block shows on a page */
	unsigned proof_wanted;	   /* and of those that must stand on the pages of an invoice */
} TemplateProgram;

/*
 * Compiles the source.  PORT_INVALID with rule TEMPLATE-SYNTAX (not XML, or a block where it may
 * not stand), TEMPLATE-BLOCK (no such element), TEMPLATE-VALUE (attribute) or TEMPLATE-FIELD
 * (path); the message names template, block and path, fault.line the line.  In the server: between
 * xml_guard_begin and xml_guard_end.  reader is set as soon as there is something to close.
 */
extern PortStatus template_compile(TemplateProgram *program, const Port *port, const char *source,
								   size_t length, XmlReader **reader, PortFault *fault);

/* "table", "text", ... */
extern const char *template_block_name(TemplateBlockKind kind);

#endif
