/*
 * rules_run.h: the rules of one document while it passes; private to the rule engine.
 *
 * Nodes are kept in one array in document order, each with the place of its parent, the end of its
 * subtree and the node before it on the same path; only what some rule mentions is kept.  A line's
 * nodes are cut off again when its rules have run.
 */
#ifndef CORE_RULES_RUN_H
#define CORE_RULES_RUN_H

#include "core/buffer.h"
#include "core/rules_program.h"
#include "core/rules_value.h"

#define RULE_CACHE 1024 /* a power of two */
#define RULE_MAX_DEPTH 260
#define RULE_OPEN UINT32_MAX
#define RULE_SCRATCH_BYTES (64 * 1024)

#define NODE_FILLED 1 /* has a text that is not blank */
#define NODE_PARENT 2 /* has a child element */

typedef struct RuleNode
{
	uint32_t parent, end, previous;
	uint32_t text, length;
	uint32_t line;
	uint16_t path;
	uint16_t flags;
} RuleNode;

/* A sum that remembers whether it can be trusted. */
typedef struct RuleTotal
{
	Decimal value;
	int64_t count;
	bool wrong;
} RuleTotal;

/*
 * VAT categories that occur: how often, and sums by category and by category and rate.  Few,
 * whatever the document.
 */
typedef struct RuleCategory
{
	enum
	{
		CATEGORY_SEEN,
		CATEGORY_SUM,
		CATEGORY_RATE_SUM
	} kind;
	char code[16];
	size_t length;
	bool raw, vat; /* of SEEN: written without blanks; its scheme is VAT */
	Decimal rate;
	RuleTotal totals[SITE_COUNT];
} RuleCategory;

#define RULE_MAX_CATEGORIES 512
#define RULE_CATEGORY_SLOTS (2 * RULE_MAX_CATEGORIES) /* a power of two */

/* A rule on lines that waits for the header: how often, and where first. */
typedef struct RuleWaiting
{
	uint32_t test;
	uint32_t line, ordinal;
	uint8_t kept_length;
	char kept[11]; /* a date */
} RuleWaiting;

/* Before the id of a finding on a value that the rules could not use. */
#define RULE_DOUBT '?'

typedef void (*RuleEmit)(void *host, const Finding *finding);

/*
 * Where a node stands among its siblings, remembered by path: findings ask for one node after the
 * other, and counting from the first each time would be quadratic.
 */
#define RULE_ORDINALS 16
typedef struct RuleOrdinal
{
	uint32_t node; /* 0 = none */
	int64_t count;
} RuleOrdinal;

typedef struct RuleRun
{
	const Port *port;
	const RuleProgram *program;
	const RuleCodes *codes;
	uint32_t in_force;	 /* bits of rules_sets */
	const char *profile; /* NULL: told by the document */
	void *host;
	RuleEmit emit;

	InvoicePlace place;
	const char *root; /* name of the document element */
	RuleNode *nodes;
	uint32_t node_count, node_capacity;
	uint32_t *heads; /* by path: the last node on it */
	size_t head_count;
	RuleOrdinal ordinals[RULE_ORDINALS]; /* by path, forgotten when nodes are dropped */
	ByteBuffer text;
	char *scratch;
	size_t scratch_length;
	RuleWaiting *waiting;
	Slice kept; /* of the rule that has waited */
	size_t waiting_count, waiting_capacity;
	bool failed; /* out of memory */

	struct
	{
		uint16_t parent, space, name, path;
	} found[RULE_CACHE]; /* paths of elements that have been looked up */
	uint32_t text_node;	 /* whose text is wanted, 0 = nobody's */
	int depth;
	uint16_t open_paths[RULE_MAX_DEPTH];
	uint32_t open_nodes[RULE_MAX_DEPTH]; /* 0 = not kept */
	uint32_t line_node;					 /* of the line at hand */
	int64_t line_count;
	RuleTotal sums[RULE_MAX_SUMS];
	RuleCategory *categories;
	size_t category_count, category_capacity;
	uint16_t category_slots[RULE_CATEGORY_SLOTS]; /* by hash: number from 1 */

	bool chosen;		   /* which patterns apply is known */
	uint32_t chosen_nodes; /* by this many; 0 = by more than these */
	bool pattern_on[RULE_MAX_PATTERNS];
	bool mask_known; /* the contexts below are those of pattern_on */
	uint32_t *links; /* contexts of the patterns that apply, by path and by context */
	size_t link_count;
	const uint32_t *first_context, *next_context;
	const uint32_t *first_note; /* the same of patterns that take notes */

	uint32_t rule_node;		/* "~" */
	bool choosing;			/* a context, not a test: a value that cannot be used takes no node */
	bool wrong;				/* the test at hand met a value it cannot use */
	const char *wrong_rule; /* of the first one; NULL = none yet */
	uint32_t wrong_line;
	char wrong_path[400];
	char detail[240];
} RuleRun;

/* rules_run.c */
extern RuleRun *rules_run_open(const Port *port, const RuleCodes *codes, const char *profile,
							   RuleEmit emit, void *host);
extern void rules_run_close(RuleRun *run);
extern bool rules_run_begin(RuleRun *run, const RuleProgram *program, const InvoicePlace *place,
							const XmlElement *element);
extern void rules_run_finish(RuleRun *run);

/* rules_nodes.c */
extern void rules_run_start(RuleRun *run, const XmlElement *element, int64_t line);
extern void rules_run_text(RuleRun *run, const char *bytes, size_t length);
extern void rules_run_end(RuleRun *run);
extern void rules_drop_nodes(RuleRun *run, uint32_t from);
extern void rules_write_path(const RuleRun *run, uint32_t node, char *out, size_t size);

/* rules_select.c, rules_evaluate.c */
typedef struct NodeCursor
{
	const RuleOp *op;
	uint32_t base, end;
	uint32_t target;
	uint32_t at; /* the next node of a plain path, the last one of any other */
	bool plain;	 /* one target without conditions */
} NodeCursor;

extern bool rules_holds(RuleRun *run, uint32_t op, uint32_t node);
extern bool rules_conditions_hold(RuleRun *run, uint32_t conditions, uint32_t node);
extern Number rules_node_number(RuleRun *run, uint32_t node, bool exact);
extern void rules_note_wrong(RuleRun *run, const char *rule, uint32_t node);
/* A value as it is written; of a number plain digits. */
extern Slice rules_value_text(RuleRun *run, uint32_t number, uint32_t node);
extern int64_t rules_count(RuleRun *run, uint32_t path, uint32_t node);
extern void rules_explain(RuleRun *run, uint32_t op, uint32_t node);

/* rules_text.c */
extern Slice rules_trim(RuleRun *run, Slice text);
extern Slice rules_change_case(RuleRun *run, Slice text, bool upper);
extern size_t rules_count_chars(Slice text);
extern Slice rules_sub(Slice text, int64_t start, int64_t length);
extern Slice rules_find(Slice text, Slice part);
extern bool rules_matches(Slice text, Slice pattern);
extern char *rules_scratch(RuleRun *run, size_t length);

/* rules_category.c */
extern void rules_note_category(RuleRun *run, const RuleOp *op, Slice code, bool vat);
extern void rules_note_sum(RuleRun *run, const RuleOp *op, Number amount, Slice code,
						   const Number *rate);
extern int64_t rules_count_category(const RuleRun *run, const RuleOp *op, Slice code);
extern RuleTotal rules_sum_category(RuleRun *run, const RuleOp *op, Slice code, const Number *rate);

#endif
