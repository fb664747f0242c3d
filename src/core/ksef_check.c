/*
 * ksef_check.c: what the Polish system refuses beyond the schema: the file's encoding, processing
 * instructions, discouraged characters, size, check digits of NIPs, a date of issue in the future;
 * and sums of lines that do not agree with the totals.
 *
 * Sums may differ by what rounding each line can make.
 */
#include "core/checkdigit.h"
#include "core/ksef_sums.h"

#include <stdio.h>
#include <string.h>

#define SIZE_LIMIT 1000000
#define SIZE_LIMIT_ATTACHMENT 3000000

static void check_file(XmlInvoice *reader);
static void check_form(XmlInvoice *reader);
static void check_date(XmlInvoice *reader);
static void check_lines(XmlInvoice *reader);
static void check_tax(XmlInvoice *reader);

static void
fault(XmlInvoice *reader, const char *rule, const char *message)
{
	xml_schema_finding(reader, FINDING_FATAL, rule, message);
}

/* -- values and characters ------------------------------------------------------------------------
 */

/* KSeF checks the parties of the invoice, not those of earlier ones or carriers (both below Fa). */
void
ksef_check_value(XmlInvoice *reader, const SchemaEntry *entry, Slice value)
{
	const SchemaState *state = &reader->schema;
	const char *parameter = "";
	const ReferenceScheme *scheme = reference_find_scheme("pl_nip", &parameter);
	ReferenceText normal;
	char message[160];

	if ((entry->kind != SCHEMA_NIP && entry->kind != SCHEMA_INTERNAL) || state->level < 1 ||
		state->levels[1].self->name_length == 2 || scheme == NULL)
		return;
	if (scheme->check(value.bytes, 10, parameter, &normal) == REFERENCE_OK)
		return;
	snprintf(message, sizeof(message), "the check digit of the NIP %.10s is wrong", value.bytes);
	fault(reader, "KSEF-NIP", message);
}

/* The characters that XML 1.0 discourages; bytes are whole characters. */
static bool
is_discouraged(const unsigned char *at, size_t left)
{
	if (at[0] == 0x7F)
		return true;
	if (at[0] == 0xC2 && left > 1)
		return at[1] >= 0x80 && at[1] <= 0x9F && at[1] != 0x85;
	if (at[0] == 0xEF && left > 2)
		return at[1] == 0xB7 && at[2] >= 0x90 && at[2] <= 0xAF;
	return at[0] >= 0xF0 && left > 3 && (at[1] & 0x0F) == 0x0F && at[2] == 0xBF && at[3] >= 0xBE;
}

void
ksef_check_text(XmlInvoice *reader, const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *) bytes;

	if (xml_notes(reader)[KSEF_DISCOURAGED] != 0)
		return;
	for (size_t i = 0; i < length; i++)
		if (at[i] >= 0x7F && is_discouraged(at + i, length - i))
		{
			xml_notes(reader)[KSEF_DISCOURAGED] = 1;
			fault(reader, "KSEF-CHARACTER",
				  "the text has a control or reserved character that KSeF refuses");
			return;
		}
}

/* -- the document -----------------------------------------------------------------------------
 */

void
ksef_check_document(XmlInvoice *reader)
{
	if (reader->schema.schema == NULL)
		return;
	if (reader->document_depth == 1 && reader->documents_here == 1)
		check_file(reader);
	check_form(reader);
	check_date(reader);
	check_lines(reader);
	check_tax(reader);
}

static bool
has_attachment(const XmlInvoice *reader)
{
	const SchemaState *state = &reader->schema;
	int position = state->levels[0].position;

	return position >= 0 && state->schema->positions[position].name_length == 9 &&
		   memcmp(state->schema->positions[position].name, "Zalacznik", 9) == 0;
}

static void
check_file(XmlInvoice *reader)
{
	XmlSource source = xml_reader_source(reader->xml);
	int64_t limit = has_attachment(reader) ? SIZE_LIMIT_ATTACHMENT : SIZE_LIMIT;
	char message[160];

	if (source.mark)
		fault(reader, "KSEF-ENCODING",
			  "the file begins with a byte order mark, which KSeF refuses");
	if (source.other_encoding)
		fault(reader, "KSEF-ENCODING", "the encoding must be UTF-8");
	if (source.instructions > 0)
		fault(reader, "KSEF-INSTRUCTION",
			  "the file has processing instructions, which KSeF refuses");
	if (reader->file_bytes > limit)
	{
		snprintf(message, sizeof(message),
				 "the file has %lld bytes, more than the %lld that KSeF takes %s",
				 (long long) reader->file_bytes, (long long) limit,
				 limit == SIZE_LIMIT ? "without an attachment" : "with an attachment");
		fault(reader, "KSEF-SIZE", message);
	}
}

/* kodSystemowy and wersjaSchemy must be those of the schema. */
static void
check_form(XmlInvoice *reader)
{
	bool three = strcmp(reader->paths->format->name, "ksef-fa3") == 0;
	char message[200];
	Slice system = xml_value(reader, TERM_KSEF_SYSTEM),
		  version = xml_value(reader, TERM_KSEF_VERSION);

	if (xml_value_is(reader, TERM_KSEF_SYSTEM, three ? "FA (3)" : "FA (2)") &&
		xml_value_is(reader, TERM_KSEF_VERSION, "1-0E"))
		return;
	snprintf(message, sizeof(message),
			 "the form must be \"FA (%c)\" of version \"1-0E\": found \"%.*s\", \"%.*s\"",
			 three ? '3' : '2', system.length < 30 ? (int) system.length : 0,
			 system.length > 0 ? system.bytes : "", version.length < 30 ? (int) version.length : 0,
			 version.length > 0 ? version.bytes : "");
	fault(reader, "KSEF-VALUE", message);
}

static void
check_date(XmlInvoice *reader)
{
	Slice date = xml_value(reader, TERM_BT_2);
	char message[160];

	if (reader->limits.today[0] == '\0' || date.length != 10 ||
		memcmp(date.bytes, reader->limits.today, 10) <= 0)
		return;
	snprintf(message, sizeof(message),
			 "the date of issue (P_1) is in the future: %.10s, today is %s", date.bytes,
			 reader->limits.today);
	fault(reader, "KSEF-DATE", message);
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

static void
sum_fault(XmlInvoice *reader, const char *what, int64_t found, int64_t expected)
{
	char message[300], a[DECIMAL_TEXT_SIZE], b[DECIMAL_TEXT_SIZE];

	decimal_text(decimal_from_minor(found, 2), 2, a);
	decimal_text(decimal_from_minor(expected, 2), 2, b);
	snprintf(message, sizeof(message), "%s: found %s, expected %s", what, a, b);
	fault(reader, "KSEF-SUM", message);
}

/* Advances, their settlement and simplified invoices have lines of another value, or none. */
static bool
lines_are_totals(const XmlInvoice *reader)
{
	return xml_value_is(reader, TERM_KSEF_KIND, "VAT") ||
		   xml_value_is(reader, TERM_KSEF_KIND, "KOR");
}

static void
check_lines(XmlInvoice *reader)
{
	const int64_t *notes = xml_notes(reader);
	char what[160];

	if (!lines_are_totals(reader) || notes[KSEF_LINES] == 0 ||
		notes[KSEF_LINES] != notes[KSEF_LINES_KNOWN])
		return;
	for (int i = 0; i < ksef_slot_count; i++)
	{
		int64_t sum = notes[KSEF_LINE_SUM + i], total = 0;
		bool there = reader->values[ksef_slots[i].net].present;

		if (there && !ksef_minor(reader, ksef_slots[i].net, &total))
			continue;
		if (distance(sum, total) <= notes[KSEF_LINES])
			continue;
		snprintf(what, sizeof(what),
				 "the total %s must be the sum of its lines' net amounts (P_11)",
				 ksef_slots[i].field);
		sum_fault(reader, what, total, sum);
	}
}

static void
check_tax(XmlInvoice *reader)
{
	const int64_t *notes = xml_notes(reader);
	char what[160];

	for (int i = 0; i < ksef_slot_count; i++)
	{
		const KsefSlot *slot = &ksef_slots[i];
		bool second = (notes[KSEF_SECOND_RATE] >> i & 1) != 0;
		int64_t net, tax, expected;
		int percent = 0;

		/* perhaps several rates, or another country's */
		if (slot->percent == NULL || second || slot->tax == XML_NO_TERM ||
			!ksef_minor(reader, slot->net, &net) || !ksef_minor(reader, slot->tax, &tax) ||
			net > INT64_MAX / 100 || net < -(INT64_MAX / 100))
			continue;
		for (const char *c = slot->percent; *c != '\0'; c++)
			percent = percent * 10 + (*c - '0');
		expected = (net * percent + (net < 0 ? -50 : 50)) / 100;
		if (distance(tax, expected) <= 100 + notes[KSEF_LINES])
			continue;
		snprintf(what, sizeof(what), "the tax P_14_%s must be %d %% of %s", slot->field + 5,
				 percent, slot->field);
		sum_fault(reader, what, tax, expected);
	}
}
