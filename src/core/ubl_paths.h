/*
 * ubl_paths.h: the path table of ubl_paths.def as a state machine.
 *
 * A state is an element; the next state follows from the child's name in one probe of a hash table.
 * Built once a process, on first use, in static memory.
 */
#ifndef CORE_UBL_PATHS_H
#define CORE_UBL_PATHS_H

#include "core/xmlread.h"

/* Values that are read only to decide what another value means. */
typedef enum UblTerm
{
	TERM_UBL_INDICATOR = INVOICE_TERM_COUNT,
	TERM_UBL_TYPE_CODE,
	TERM_UBL_ID,
	TERM_UBL_ID_SCHEME,
	UBL_TERM_COUNT
} UblTerm;

#define INVOICE_UBL_SCRATCH INVOICE_GROUP_COUNT /* the group of these terms */
#define UBL_GROUP_COUNT (INVOICE_GROUP_COUNT + 1)
#define UBL_NO_GROUP (-1)
#define UBL_NO_TERM (-1)

typedef enum UblClose
{
	UBL_CLOSE_EMIT,
	UBL_CLOSE_NOTE,
	UBL_CLOSE_PERIOD,
	UBL_CLOSE_LINE_PERIOD,
	UBL_CLOSE_REFERENCE,
	UBL_CLOSE_LINE_REFERENCE,
	UBL_CLOSE_ADDRESS,
	UBL_CLOSE_SELLER_ID,
	UBL_CLOSE_PAYEE_ID,
	UBL_CLOSE_PARTY_TAX,
	UBL_CLOSE_MEANS,
	UBL_CLOSE_ACCOUNT,
	UBL_CLOSE_ADJUSTMENT,
	UBL_CLOSE_LINE_ADJUSTMENT,
	UBL_CLOSE_PRICE_ADJUSTMENT,
	UBL_CLOSE_CATEGORY,
	UBL_CLOSE_TAX_TOTAL
} UblClose;

typedef struct UblNode
{
	const char *name;
	uint16_t space_number, name_number;
	uint16_t parent;
	uint16_t first_attribute; /* 0 = none */
	int16_t term;			  /* UBL_NO_TERM unless a value */
	int16_t group;			  /* UBL_NO_GROUP unless an instance of a group */
	UblClose close;
	const char *literal;
	bool repeats; /* may stand more than once */
} UblNode;

typedef struct UblAttribute
{
	uint16_t name_number;
	uint16_t next;
	int16_t term;
} UblAttribute;

typedef enum UblRoot
{
	UBL_ROOT_NONE,
	UBL_ROOT_INVOICE,
	UBL_ROOT_CREDIT_NOTE
} UblRoot;

#define UBL_ROOT_NODE 1 /* the document element, whichever of the two */

typedef struct UblPaths
{
	XmlVocabulary vocabulary;
	uint16_t space_basic, space_aggregate, space_invoice, space_credit_note, space_instance;
	uint16_t name_invoice, name_credit_note, name_currency;
	int node_count, attribute_count;
	UblNode nodes[512];
	UblAttribute attributes[64];
	uint16_t children[2048]; /* open addressing by parent and name */
} UblPaths;

extern const UblPaths *ubl_paths(void);
extern UblRoot ubl_paths_root(const UblPaths *paths, const XmlElement *element);
/* The node of a child element, 0 if the model has no place for it. */
extern uint16_t ubl_paths_child(const UblPaths *paths, uint16_t parent, const XmlElement *element);

/*
 * The path of a term below the document element, for a person: /cac:InvoiceLine[3]/cbc:ID.  line_no
 * 0 = not on a line.  False if no element stands for the term alone.
 */
extern bool ubl_paths_locate(const UblPaths *paths, int term, bool credit_note, int64_t line_no,
							 char *out, size_t size);

#endif
