/*
 * template_data.h: the values a document is made of: one invoice row and its lines, taxes and
 * adjustments, each a row of slices in the order of template_fields.def; and trees for what no
 * invoice has.
 *
 * A letter or notice has an invoice row too, with recipient, issuer, number and date, and no
 * amounts.
 *
 * Values are text: dates ISO, numbers with a decimal point; NULL bytes = absent.
 */
#ifndef CORE_TEMPLATE_DATA_H
#define CORE_TEMPLATE_DATA_H

#include "core/invoice.h"
#include "core/template_tree.h"

typedef enum TemplateGroup
{
	TEMPLATE_INVOICE,
	TEMPLATE_LINE,
	TEMPLATE_TAX,
	TEMPLATE_ADJUSTMENT,
	TEMPLATE_GROUP_COUNT
} TemplateGroup;

typedef enum TemplateType
{
	TEMPLATE_TYPE_TEXT,
	TEMPLATE_TYPE_DATE,
	TEMPLATE_TYPE_MONEY,
	TEMPLATE_TYPE_PRICE,
	TEMPLATE_TYPE_QUANTITY
} TemplateType;

/* All fields, group after group. */
typedef enum TemplateField
{
#define FIELD(group, name, path, type, expression) FIELD_##group##_##name,
#include "core/template_fields.def"
#undef FIELD
	TEMPLATE_FIELD_COUNT
} TemplateField;

typedef struct TemplateFieldInfo
{
	TemplateGroup group;
	TemplateType type;
	const char *path;
	const char *expression; /* SQL */
} TemplateFieldInfo;

extern const TemplateFieldInfo template_field_info[TEMPLATE_FIELD_COUNT];
/* First field of a group, and how many it has. */
extern TemplateField template_group_first(TemplateGroup group);
extern int template_group_size(TemplateGroup group);

/* Rows of a group; many are packed (template_rows.h), and rows is NULL then. */
typedef struct TemplateRows
{
	int count;
	const Slice *const *rows;
	const char *const *packed;
} TemplateRows;

typedef struct TemplateData
{
	/* INVOICE has one row; adjustments of the document come before those of lines, and those by
	 * line */
	TemplateRows groups[TEMPLATE_GROUP_COUNT];
	const TemplateNode *tree;  /* {{data.…}}; NULL = none */
	const TemplateNode *brand; /* {{brand.…}}; NULL = none */
	Slice no_brand;			   /* name of the brand wanted when there is no such one */
} TemplateData;

/* PORT_INVALID with rule TEMPLATE-BRAND: a document never shows another face than was asked for. */
extern PortStatus template_check_data(const TemplateData *data, PortFault *fault);

/* Value of a field in a row of its group. */
#define TEMPLATE_VALUE(row, group, name) ((row)[FIELD_##group##_##name - FIRST_FIELD_##group])
enum
{
	FIRST_FIELD_INVOICE = FIELD_INVOICE_NUMBER,
	FIRST_FIELD_LINE = FIELD_LINE_ID,
	FIRST_FIELD_TAX = FIELD_TAX_CATEGORY,
	FIRST_FIELD_ADJUSTMENT = FIELD_ADJUSTMENT_LINE_NO
};

#endif
