/*
 * ubl_state.h: what ubl_reader.c and ubl_close.c share; private to the two.
 *
 * Texts live in two buffers.  Document terms stay until the document ends (each is kept once, so
 * their number is bounded); texts of groups are cut off when the group closes.  Values are offsets,
 * because buffers move.
 */
#ifndef CORE_UBL_STATE_H
#define CORE_UBL_STATE_H

#include "core/invoice_queue.h"
#include "core/ubl_paths.h"
#include "core/ubl_reader.h"

#define UBL_MAX_DEPTH 256

typedef struct UblValue
{
	uint32_t offset, length;
	uint32_t line;
	bool present;
} UblValue;

typedef struct UblOpenGroup
{
	int kind;
	int depth;
	uint16_t node;
	size_t mark; /* length of group_text when it opened */
	InvoicePlace place;
	int64_t parent_no;
} UblOpenGroup;

struct UblReader
{
	const Port *port;
	const InvoiceSink *sink;
	const UblPaths *paths;
	InvoiceLimits limits;
	XmlReader *xml;
	InvoiceQueue queue;
	PortStatus status;
	PortFault fault;

	int64_t document_no;
	int64_t documents_here; /* in this XML document */
	char root_name[64];
	char root_address[128];
	int depth;
	int document_depth; /* of the current document element, 0 outside */
	UblRoot root;
	InvoicePlace place; /* of the document */
	int64_t next_serial;
	int64_t seen_in[512]; /* per node: number of the parent in which it stood last */
	int unknown_depth;	  /* where an element without a place in the model began, 0 = not in one */
	bool leaf;			  /* no child element yet */
	int group_count;
	int64_t ordinals[UBL_GROUP_COUNT];

	ByteBuffer document_text, group_text, other_text;
	ByteBuffer path; /* of an unknown element */
	UblValue values[UBL_TERM_COUNT];

	int capture_term; /* UBL_NO_TERM = not capturing */
	int capture_depth;
	size_t capture_start;

	/* by depth; not cleared when a reader opens */
	uint16_t nodes[UBL_MAX_DEPTH + 1];
	size_t path_lengths[UBL_MAX_DEPTH + 1];
	int64_t serials[UBL_MAX_DEPTH + 1]; /* number of the open element */
	UblOpenGroup groups[UBL_MAX_DEPTH + 1];
};

extern int ubl_group_of(int term);
extern Slice ubl_value(const UblReader *reader, int term);
/* Takes the value of one term for another; a document term that is there already keeps its value.
 */
extern void ubl_move(UblReader *reader, int from, int to);
extern void ubl_emit(UblReader *reader, const UblOpenGroup *group, InvoiceGroupKind kind);
/* Keeps a value for which the model has no term, under the path of its element. */
extern void ubl_extra(UblReader *reader, const UblOpenGroup *group, const char *below, Slice value);
extern void ubl_fault(UblReader *reader, FindingSeverity severity, const char *rule,
					  const UblOpenGroup *group, const char *below, const char *message,
					  Slice value);
extern void ubl_node_path(const UblReader *reader, uint16_t node, ByteBuffer *out);

/* What the end of a group's element means; false: its texts are still needed by the group around.
 */
extern bool ubl_close_group(UblReader *reader, const UblOpenGroup *group, UblClose close);

#endif
