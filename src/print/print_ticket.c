/*
 * print_ticket.c: a line a document (CSV), an object an envelope (JSON), totals at the end.
 */
#include "postgres.h"

#include "print/print_ticket.h"

#include "lib/stringinfo.h"
#include "utils/json.h"

static void add_csv_row(PrintTicket *ticket, const PrintLetter *letter, int64 first_page);
static void add_json_document(PrintTicket *ticket, const PrintLetter *letter, int64 first_page,
							  int64 last_page);
static void end_envelope(PrintTicket *ticket);

static void
put_json_text(ByteBuffer *out, const char *name, const char *text)
{
	StringInfoData escaped;

	initStringInfo(&escaped);
	escape_json(&escaped, text);
	buffer_printf(out, "\"%s\":%s", name, escaped.data);
	pfree(escaped.data);
}

static void
put_hash(ByteBuffer *out, const uint8 *hash)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * HASH_BYTES];

	for (int i = 0; i < HASH_BYTES; i++)
	{
		text[2 * i] = digits[hash[i] >> 4];
		text[2 * i + 1] = digits[hash[i] & 15];
	}
	buffer_append(out, text, sizeof(text));
}

void
ticket_begin(PrintTicket *ticket, const Port *port, bool with_json, int64 mailing_id, int part_no,
			 const char *site, const char *machine)
{
	memset(ticket, 0, sizeof(*ticket));
	buffer_init(&ticket->csv, port);
	buffer_init(&ticket->json, port);
	ticket->with_json = with_json;
	buffer_append_text(&ticket->csv, "sequence,letter,document,invoice,recipient,postcode,country,"
									 "first_page,pages,sheets,duplex,grams,format,offer,bundle,"
									 "sha256\n");
	if (!with_json)
		return;
	buffer_printf(&ticket->json, "{\"mailing\":" INT64_FORMAT, mailing_id);
	if (part_no > 0)
		buffer_printf(&ticket->json, ",\"part\":%d", part_no);
	if (site != NULL)
	{
		buffer_append_char(&ticket->json, ',');
		put_json_text(&ticket->json, "site", site);
	}
	if (machine != NULL)
	{
		buffer_append_char(&ticket->json, ',');
		put_json_text(&ticket->json, "machine", machine);
	}
	buffer_append_text(&ticket->json, ",\"envelopes\":[");
}

void
ticket_add(PrintTicket *ticket, const PrintLetter *letter, int64 first_page, int64 last_page)
{
	ticket->letters++;
	ticket->pages += letter->pages;
	ticket->sheets += letter->sheets;
	if (letter->cover_id == letter->letter_id) /* else it is weighed with the envelope's head */
		ticket->grams += letter->grams;
	add_csv_row(ticket, letter, first_page);
	if (ticket->with_json)
		add_json_document(ticket, letter, first_page, last_page);
}

/* RFC 4180: quoted when it holds a comma, a quote or a line break. */
static void
put_csv_text(ByteBuffer *out, const char *text)
{
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;

	if (quoted)
		buffer_append_char(out, '"');
	for (; *text != '\0'; text++)
	{
		if (*text == '"')
			buffer_append_char(out, '"');
		buffer_append_char(out, *text);
	}
	if (quoted)
		buffer_append_char(out, '"');
	buffer_append_char(out, ',');
}

static void
put_csv_number(ByteBuffer *out, int64 number)
{
	buffer_append_int(out, number);
	buffer_append_char(out, ',');
}

static void
add_csv_row(PrintTicket *ticket, const PrintLetter *letter, int64 first_page)
{
	ByteBuffer *out = &ticket->csv;

	put_csv_number(out, letter->sequence_no);
	put_csv_number(out, letter->letter_id);
	put_csv_number(out, letter->document_id);
	put_csv_text(out, letter->invoice_number);
	put_csv_text(out, letter->recipient);
	put_csv_text(out, letter->postcode);
	put_csv_text(out, letter->country);
	put_csv_number(out, first_page);
	put_csv_number(out, letter->pages);
	put_csv_number(out, letter->sheets);
	put_csv_text(out, letter->sheets < letter->pages ? "yes" : "no");
	put_csv_number(out, letter->grams);
	put_csv_text(out, letter->format);
	put_csv_text(out, letter->offer);
	put_csv_number(out, letter->bundle_no);
	put_hash(out, letter->content_sha256);
	buffer_append_char(out, '\n');
}

static void
begin_envelope(PrintTicket *ticket, const PrintLetter *letter)
{
	StringInfoData texts;

	end_envelope(ticket);
	ticket->cover = *letter;
	ticket->cover_id = letter->cover_id;
	ticket->cover_issuer_id = letter->issuer_id;
	ticket->cover_sheets = 0;
	ticket->cover_duplex = false;
	initStringInfo(&texts);
	appendStringInfoString(&texts, ",\"format\":");
	escape_json(&texts, letter->format);
	appendStringInfoString(&texts, ",\"product\":");
	escape_json(&texts, letter->offer);
	appendStringInfoString(&texts, ",\"country\":");
	escape_json(&texts, letter->country);
	appendStringInfo(&texts, ",\"inserts\":%s", letter->inserts);
	ticket->cover_end = texts.data;
	buffer_printf(&ticket->json, "%s\n{\"sequence\":" INT64_FORMAT ",\"documents\":[",
				  ticket->envelopes++ > 0 ? "," : "", letter->sequence_no);
}

static void
end_envelope(PrintTicket *ticket)
{
	if (ticket->cover_end == NULL)
		return;
	buffer_printf(&ticket->json,
				  "],\"sheets\":" INT64_FORMAT ",\"duplex\":%s,\"grams\":%d,\"bundle\":%d",
				  ticket->cover_sheets, ticket->cover_duplex ? "true" : "false",
				  ticket->cover.grams, ticket->cover.bundle_no);
	if (ticket->cover.tray_no > 0)
		buffer_printf(&ticket->json, ",\"tray\":%d", ticket->cover.tray_no);
	buffer_append_text(&ticket->json, ticket->cover_end);
	buffer_append_char(&ticket->json, '}');
	pfree(ticket->cover_end);
	ticket->cover_end = NULL;
}

static void
add_json_document(PrintTicket *ticket, const PrintLetter *letter, int64 first_page, int64 last_page)
{
	ByteBuffer *out = &ticket->json;

	if (ticket->cover_end != NULL && ticket->cover_id == letter->cover_id &&
		ticket->cover_issuer_id == letter->issuer_id)
		buffer_append_char(out, ',');
	else
		begin_envelope(ticket, letter);
	ticket->cover_sheets += letter->sheets;
	ticket->cover_duplex = ticket->cover_duplex || letter->sheets < letter->pages;
	buffer_printf(out, "{\"letter\":" INT64_FORMAT ",\"document\":" INT64_FORMAT ",",
				  letter->letter_id, letter->document_id);
	put_json_text(out, "invoice", letter->invoice_number);
	buffer_printf(out,
				  ",\"first_page\":" INT64_FORMAT ",\"last_page\":" INT64_FORMAT
				  ",\"pages\":%d,\"sheets\":%d,\"sha256\":\"",
				  first_page, last_page, letter->pages, letter->sheets);
	put_hash(out, letter->content_sha256);
	buffer_append_text(out, "\"}");
}

void
ticket_end(PrintTicket *ticket, int64 file_pages, bool duplex, const char *sha256)
{
	buffer_printf(&ticket->csv,
				  "total," INT64_FORMAT ",,,,,," INT64_FORMAT "," INT64_FORMAT "," INT64_FORMAT
				  ",%s," INT64_FORMAT ",,,,%s\n",
				  ticket->letters, file_pages, ticket->pages, ticket->sheets, duplex ? "yes" : "no",
				  ticket->grams, sha256);
	if (!ticket->with_json)
		return;
	end_envelope(ticket);
	buffer_printf(&ticket->json,
				  "],\n\"totals\":{\"envelopes\":" INT64_FORMAT ",\"documents\":" INT64_FORMAT
				  ",\"file_pages\":" INT64_FORMAT ",\"pages\":" INT64_FORMAT
				  ",\"sheets\":" INT64_FORMAT ",\"grams\":" INT64_FORMAT
				  ",\"duplex\":%s,\"sha256\":\"%s\"}}\n",
				  ticket->envelopes, ticket->letters, file_pages, ticket->pages, ticket->sheets,
				  ticket->grams, duplex ? "true" : "false", sha256);
}
