/*
 * ubl_paths.c: builds the state machine from ubl_paths.def.
 */
#include "core/ubl_paths.h"

#include <stdio.h>
#include <string.h>

#define CHILD_SLOTS 2048

static UblPaths table;
static char name_store[8 * 1024];
static size_t name_store_length;

static uint32_t
child_slot(uint16_t parent, uint16_t name)
{
	return ((uint32_t) parent * 40503u + (uint32_t) name * 2654435761u) >> 7 & (CHILD_SLOTS - 1);
}

static uint16_t
find_child(const UblPaths *paths, uint16_t parent, uint16_t space, uint16_t name)
{
	uint32_t at = child_slot(parent, name);

	for (; paths->children[at] != 0; at = (at + 1) & (CHILD_SLOTS - 1))
	{
		const UblNode *node = &paths->nodes[paths->children[at]];

		if (node->parent == parent && node->name_number == name && node->space_number == space)
			return paths->children[at];
	}
	return 0;
}

uint16_t
ubl_paths_child(const UblPaths *paths, uint16_t parent, const XmlElement *element)
{
	if (element->name == 0 || element->space == 0)
		return 0;
	return find_child(paths, parent, element->space, element->name);
}

UblRoot
ubl_paths_root(const UblPaths *paths, const XmlElement *element)
{
	if (element->name == 0 || element->space == 0)
		return UBL_ROOT_NONE;
	if (element->name == paths->name_invoice && element->space == paths->space_invoice)
		return UBL_ROOT_INVOICE;
	if (element->name == paths->name_credit_note && element->space == paths->space_credit_note)
		return UBL_ROOT_CREDIT_NOTE;
	return UBL_ROOT_NONE;
}

/* The vocabulary keeps pointers, so names cut out of a path need a place to live. */
static uint16_t
name_of_piece(const char *piece, size_t length)
{
	char *copy = name_store + name_store_length;
	uint16_t number;

	memcpy(copy, piece, length);
	copy[length] = '\0';
	number = xml_vocabulary_find(&table.vocabulary, copy);
	if (number != 0)
		return number;
	name_store_length += length + 1;
	return xml_vocabulary_add(&table.vocabulary, copy);
}

static uint16_t
add_node(uint16_t parent, uint16_t space, uint16_t name)
{
	uint16_t number = find_child(&table, parent, space, name);
	uint32_t at = child_slot(parent, name);
	UblNode *node;

	if (number != 0)
		return number;
	while (table.children[at] != 0)
		at = (at + 1) & (CHILD_SLOTS - 1);
	number = (uint16_t) ++table.node_count;
	table.children[at] = number;
	node = &table.nodes[number];
	node->name = table.vocabulary.names[name];
	node->space_number = space;
	node->name_number = name;
	node->parent = parent;
	node->term = UBL_NO_TERM;
	node->group = UBL_NO_GROUP;
	return number;
}

/* Walks and completes the path; value says that its last name is a basic component. */
static UblNode *
add_path(const char *path, bool value)
{
	uint16_t node = UBL_ROOT_NODE;

	while (*path)
	{
		size_t length = strcspn(path, "/");
		bool last = path[length] == '\0';

		node = add_node(node, last && value ? table.space_basic : table.space_aggregate,
						name_of_piece(path, length));
		path += length + (last ? 0 : 1);
	}
	return &table.nodes[node];
}

static void
add_group(const char *path, int group, UblClose close, const char *literal)
{
	UblNode *node = add_path(path, close == UBL_CLOSE_NOTE);

	node->group = (int16_t) group;
	node->close = close;
	node->literal = literal;
}

static void
add_attribute(const char *path, const char *name, int term)
{
	UblNode *node = add_path(path, true);
	UblAttribute *attribute = &table.attributes[++table.attribute_count];

	attribute->name_number = xml_vocabulary_add(&table.vocabulary, name);
	attribute->term = (int16_t) term;
	attribute->next = node->first_attribute;
	node->first_attribute = (uint16_t) table.attribute_count;
}

/*
 * Names that stand in many invoices without a place in the model: known, so that they do not count
 * against the limit of unknown names.
 */
static const char *const ballast[] = {
	"cac",
	"cbc",
	"ubl",
	"cn",
	"ext",
	"xsi",
	"xs",
	"xsd",
	"udt",
	"qdt",
	"ccts",
	"n0",
	"n1",
	"n2",
	"ns0",
	"ns1",
	"ns2",
	"ns3",
	"ns4",
	"http://www.w3.org/2001/XMLSchema",
	"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
	"urn:un:unece:uncefact:documentation:2",
	"urn:oasis:names:specification:ubl:schema:xsd:QualifiedDatatypes-2",
	"urn:oasis:names:specification:ubl:schema:xsd:UnqualifiedDataTypes-2",
	"urn:un:unece:uncefact:data:specification:UnqualifiedDataTypesSchemaModule:2",
	"schemaLocation",
	"xml-stylesheet",
	"UBLVersionID",
	"UBLExtensions",
	"UBLExtension",
	"ExtensionContent",
	"UUID",
	"CopyIndicator",
	"IssueTime",
	"LineCountNumeric",
	"CalculationRate",
	"PaymentCurrencyCode",
	"CustomerReference",
	"listID",
	"listAgencyID",
	"listAgencyName",
	"listName",
	"listVersionID",
	"schemeID",
	"schemeAgencyID",
	"schemeAgencyName",
	"schemeName",
	"schemeVersionID",
	"schemeDataURI",
	"languageID",
	"lang",
	"name",
	"unitCodeListID",
	"unitCodeListAgencyID",
	"PaymentChannelCode",
	"InstructionNote",
	"NetworkID",
	"FreeOfChargeIndicator",
	"PackSizeNumeric",
	"OrderableUnitFactorRate",
	"WebsiteURI",
	"MarkCareIndicator",
	"Telefax",
	"Department",
	"BuildingNumber",
	"BuildingName",
	"Postbox",
	"CountrySubentityCode",
	"Person",
	"FirstName",
	"FamilyName",
	"MiddleName",
	"JobTitle",
	"RegistrationAddress",
	"TaxAmount",
	"TaxEvidenceIndicator",
	"TaxTypeCode",
	"CurrencyCode",
	"ActualDeliveryTime",
	"StandardBusinessDocument",
	"StandardBusinessDocumentHeader"};

static void
build(void)
{
	XmlVocabulary *vocabulary = &table.vocabulary;
	UblNode *root = &table.nodes[UBL_ROOT_NODE];

	table.space_basic = xml_vocabulary_add(
		vocabulary, "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2");
	table.space_aggregate = xml_vocabulary_add(
		vocabulary, "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2");
	table.space_invoice =
		xml_vocabulary_add(vocabulary, "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2");
	table.space_credit_note =
		xml_vocabulary_add(vocabulary, "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2");
	table.space_instance =
		xml_vocabulary_add(vocabulary, "http://www.w3.org/2001/XMLSchema-instance");
	table.name_invoice = xml_vocabulary_add(vocabulary, "Invoice");
	table.name_credit_note = xml_vocabulary_add(vocabulary, "CreditNote");
	table.name_currency = xml_vocabulary_add(vocabulary, "currencyID");
	for (size_t i = 0; i < sizeof(ballast) / sizeof(*ballast); i++)
		xml_vocabulary_add(vocabulary, ballast[i]);
	table.node_count = UBL_ROOT_NODE;
	root->name = "";
	root->term = UBL_NO_TERM;
	root->group = UBL_NO_GROUP;
#define UBL_GROUP(path, kind, action, literal) \
	add_group(path, INVOICE_##kind, UBL_CLOSE_##action, literal);
#define UBL_VALUE(path, value) add_path(path, true)->term = TERM_##value;
#define UBL_ATTRIBUTE(path, name, value) add_attribute(path, name, TERM_##value);
#define UBL_REPEATS(path, value) add_path(path, value)->repeats = true;
#include "core/ubl_paths.def"
#undef UBL_GROUP
#undef UBL_VALUE
#undef UBL_ATTRIBUTE
#undef UBL_REPEATS
}

const UblPaths *
ubl_paths(void)
{
	if (table.node_count == 0)
		build();
	return &table;
}

static size_t
write_path(const UblPaths *paths, uint16_t number, int64_t line_no, char *out, size_t size)
{
	const UblNode *node = &paths->nodes[number];
	size_t length;

	if (number <= UBL_ROOT_NODE)
		return 0;
	length = write_path(paths, node->parent, line_no, out, size);
	length +=
		(size_t) snprintf(out + length, size - length, "/%s:%s",
						  node->space_number == paths->space_basic ? "cbc" : "cac", node->name);
	if (length >= size)
		return size - 1;
	if (node->group == INVOICE_LINE && line_no > 0)
		length += (size_t) snprintf(out + length, size - length, "[%lld]", (long long) line_no);
	return length < size ? length : size - 1;
}

static uint16_t
top_of(const UblPaths *paths, uint16_t number)
{
	while (paths->nodes[number].parent > UBL_ROOT_NODE)
		number = paths->nodes[number].parent;
	return number;
}

bool
ubl_paths_locate(const UblPaths *paths, int term, bool credit_note, int64_t line_no, char *out,
				 size_t size)
{
	const char *line = credit_note ? "CreditNoteLine" : "InvoiceLine";

	for (int number = UBL_ROOT_NODE + 1; number <= paths->node_count; number++)
	{
		const UblNode *top = &paths->nodes[top_of(paths, (uint16_t) number)];

		if (paths->nodes[number].term != term ||
			(top->group == INVOICE_LINE && strcmp(top->name, line) != 0))
			continue;
		write_path(paths, (uint16_t) number, line_no, out, size);
		return true;
	}
	return false;
}
