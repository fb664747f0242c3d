/*
 * print_ticket.h: the tickets of a print file, that list its documents and envelopes: CSV, and JSON
 * where it is asked for.
 */
#ifndef PRINT_TICKET_H
#define PRINT_TICKET_H

#include "postgres.h"

#include "core/buffer.h"
#include "print/print_letter.h"

typedef struct PrintTicket
{
	ByteBuffer csv, json;
	bool with_json;
	int64 envelopes;
	int64 cover_id, cover_issuer_id; /* the envelope that the JSON ticket is in */
	int64 cover_sheets;
	bool cover_duplex;
	PrintLetter cover; /* its head: numbers alone */
	char *cover_end;   /* its texts, as JSON */
	int64 letters, pages, sheets, grams;
} PrintTicket;

/* part 0: the mailing is not split; site and machine may be NULL. */
extern void ticket_begin(PrintTicket *ticket, const Port *port, bool with_json, int64 mailing_id,
						 int part_no, const char *site, const char *machine);
/* first_page in the print file; last_page without the blank sides behind it. */
extern void ticket_add(PrintTicket *ticket, const PrintLetter *letter, int64 first_page,
					   int64 last_page);
/* The totals; sha256 of the print file as 64 hexadecimal digits. */
extern void ticket_end(PrintTicket *ticket, int64 file_pages, bool duplex, const char *sha256);

#endif
