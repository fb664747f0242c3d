/*
 * print_mailing.c: one PDF for a mailing in postal order, and the ticket that lists its envelopes.
 *
 * The page contents are copied out of the archived documents, so what is printed is what is
 * archived. When any letter is printed on both sides, the whole file is made for a duplex printer:
 * sides that stay empty are blank pages, so that each letter starts on a sheet of its own.
 *
 * The row of the mailing is locked for the whole work; printing twice finds it printed and answers
 * with the file that is there.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/port_server.h"
#include "base/statement.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "core/pdf_collection.h"
#include "export.h"
#include "jobs/jobs.h"
#include "miscadmin.h"
#include "print/print_letter.h"
#include "print/print_marks.h"
#include "print/print_output.h"
#include "print/print_ticket.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define PRINTED_BATCH 1024

MAILROOM_FUNCTION(mailroom_print_mailing);
MAILROOM_FUNCTION(mailroom_print_reprint);

/* Rows of letter_print that are not inserted yet. */
typedef struct PrintedRows
{
	MemoryContext context;
	int count;
	Datum issuer_ids[PRINTED_BATCH], mailing_ids[PRINTED_BATCH], letter_ids[PRINTED_BATCH],
		first_pages[PRINTED_BATCH], pages[PRINTED_BATCH], hashes[PRINTED_BATCH];
} PrintedRows;

typedef struct PrintRun
{
	int64 issuer_id, mailing_id;
	int64 letter_count; /* as the mailing says */
	bool is_hand_in;	/* the house prints its members' letters */
	int32 reprint_no;	/* 0: the mailing itself */
	bool duplex;
	int64 pdf_id, ticket_id, json_id;
	int32 parts, part_no; /* 0: not split; of a reprint the part whose letters it has */
	Port port;
	PdfShared shared;
	PdfFile file;
	PdfCollection collection; /* colours and images of the documents */
	PrintTicket ticket;
	PrintMarks marks;
	PrintedRows printed;
	int64 letters, sheets; /* of all parts */
} PrintRun;

static Statement lock_mailing =
	STATEMENT("SELECT m.state, m.name FROM mailroom.mailing m"
			  " WHERE m.issuer_id = $1 AND m.mailing_id = $2 FOR UPDATE",
			  INT8OID, INT8OID);
/* The house before its members: everybody who prints takes the locks in this order. */
static Statement lock_hand_in =
	STATEMENT("SELECT p.is_hand_in, p.is_printed_by_house FROM mailroom.lock_hand_in($1, $2) p",
			  INT8OID, INT8OID);
static Statement find_print_file =
	STATEMENT("SELECT pg_catalog.min(o.outgoing_file_id) FROM mailroom.outgoing_file o"
			  " WHERE o.issuer_id = $1 AND o.mailing_id = $2 AND o.kind = 'print_file'"
			  " AND o.state <> 'withdrawn'",
			  INT8OID, INT8OID);
/* By key, whatever the statistics say: see print_letter.c. */
static Statement count_letters = STATEMENT(
	"SELECT pg_catalog.count(*), pg_catalog.count((SELECT p.letter_id"
	" FROM mailroom.letter_postage p WHERE p.issuer_id = l.issuer_id"
	" AND p.mailing_id = l.mailing_id AND p.letter_id = coalesce(l.cover_id, l.letter_id))),"
	" coalesce(pg_catalog.bool_or(l.sheets < l.pages), false)"
	" FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2",
	INT8OID, INT8OID);
static Statement count_hand_in = STATEMENT(
	"SELECT pg_catalog.count(*), pg_catalog.count((SELECT p.letter_id"
	" FROM mailroom.letter_postage p WHERE p.issuer_id = l.issuer_id"
	" AND p.mailing_id = l.mailing_id AND p.letter_id = coalesce(l.cover_id, l.letter_id))),"
	" coalesce(pg_catalog.bool_or(l.sheets < l.pages), false)"
	" FROM mailroom.print_parts($1, $2) k CROSS JOIN LATERAL (SELECT l.* FROM mailroom.letter l"
	" WHERE l.issuer_id = k.issuer_id AND l.mailing_id = k.mailing_id OFFSET 0) AS l",
	INT8OID, INT8OID);
static Statement count_unreleased =
	STATEMENT("SELECT pg_catalog.count(*) FROM mailroom.mailing_parts($1, $2) k"
			  " WHERE mailroom.needs_release(k.issuer_id, k.mailing_id)",
			  INT8OID, INT8OID);
static Statement split_mailing =
	STATEMENT("SELECT mailroom.split_mailing($1, $2)", INT8OID, INT8OID);
static Statement find_part =
	STATEMENT("SELECT coalesce((SELECT s.json_ticket FROM mailroom.print_setting s"
			  " WHERE s.issuer_id = $1), true), p.site, p.machine FROM (SELECT) AS one"
			  " LEFT JOIN mailroom.mailing_part p ON p.issuer_id = $1 AND p.mailing_id = $2"
			  " AND p.part_no = $3",
			  INT8OID, INT8OID, INT4OID);
static Statement set_part_printed =
	STATEMENT("UPDATE mailroom.mailing_part p SET outgoing_file_id = $4"
			  " WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND p.part_no = $3",
			  INT8OID, INT8OID, INT4OID, INT8OID);
static Statement count_reprint = STATEMENT(
	"SELECT pg_catalog.count(*), coalesce(pg_catalog.bool_or(l.sheets < l.pages), false),"
	" (SELECT r.outgoing_file_id FROM mailroom.mailing_reprint r"
	" WHERE r.issuer_id = $1 AND r.mailing_id = $2 AND r.reprint_no = $3),"
	" coalesce((SELECT r.part_no FROM mailroom.mailing_reprint r"
	" WHERE r.issuer_id = $1 AND r.mailing_id = $2 AND r.reprint_no = $3), 0)"
	" FROM mailroom.letter_reprint k CROSS JOIN LATERAL (SELECT l.* FROM mailroom.letter l"
	" WHERE l.issuer_id = k.member_issuer_id AND l.mailing_id = k.member_mailing_id"
	" AND (l.letter_id = k.letter_id OR l.cover_id = k.letter_id) OFFSET 0) AS l"
	" WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND k.reprint_no = $3",
	INT8OID, INT8OID, INT4OID);
static Statement set_reprinted =
	STATEMENT("UPDATE mailroom.mailing_reprint r SET outgoing_file_id = $4"
			  " WHERE r.issuer_id = $1 AND r.mailing_id = $2 AND r.reprint_no = $3",
			  INT8OID, INT8OID, INT4OID, INT8OID);
static Statement log_reprinted = STATEMENT(
	"SELECT mailroom.log_event($1, 'mailing', $2, 'reprinted', pg_catalog.jsonb_build_object("
	"'reprint_no', $3, 'letters', $4, 'outgoing_file_id', $5))",
	INT8OID, INT8OID, INT4OID, INT8OID, INT8OID);
static Statement insert_printed = STATEMENT(
	"INSERT INTO mailroom.letter_print (issuer_id, mailing_id, letter_id, first_page,"
	" pages, content_sha256, outgoing_file_id) SELECT l.issuer_id, l.mailing_id, l.letter_id,"
	" l.first_page, l.pages, l.content_sha256, $7 FROM ROWS FROM (pg_catalog.unnest($1),"
	" pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4),"
	" pg_catalog.unnest($5), pg_catalog.unnest($6))"
	" AS l (issuer_id, mailing_id, letter_id, first_page, pages, content_sha256)",
	INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT4ARRAYOID, BYTEAARRAYOID, INT8OID);
static Statement set_printed = STATEMENT("UPDATE mailroom.mailing m SET state = 'printed'"
										 " WHERE m.issuer_id = $1 AND m.mailing_id = $2",
										 INT8OID, INT8OID);
static Statement set_members_printed =
	STATEMENT("SELECT mailroom.note_hand_in_printed($1, $2, $3)", INT8OID, INT8OID, INT8OID);
static Statement log_printed = STATEMENT(
	"SELECT mailroom.log_event($1, 'mailing', $2, 'printed', pg_catalog.jsonb_build_object("
	"'letters', $3, 'sheets', $4, 'outgoing_file_id', $5))",
	INT8OID, INT8OID, INT8OID, INT8OID, INT8OID);

static bool begin_run(PrintRun *run);
static int64 begin_reprint(PrintRun *run);
static int64 existing_file(const PrintRun *run);
static void open_files(PrintRun *run);
static void print_letters(PrintRun *run);
static void add_letter(PrintRun *run, const PrintLetter *letter);
static void note_printed(PrintRun *run, const PrintLetter *letter, int64 first_page);
static void store_printed(PrintRun *run);
static void move_output(PrintRun *run, Size least);
static void close_files(PrintRun *run);
static void finish_run(PrintRun *run);
static void print_parts(PrintRun *run);
static void note_reprinted(PrintRun *run);

/* mailroom.print_mailing(issuer_id bigint, mailing_id bigint) → bigint */
Datum
mailroom_print_mailing(PG_FUNCTION_ARGS)
{
	PrintRun *run = palloc0(sizeof(PrintRun));
	int64 pdf_id;

	version_check();
	run->issuer_id = PG_GETARG_INT64(0);
	run->mailing_id = PG_GETARG_INT64(1);
	SPI_connect();
	if (begin_run(run))
	{
		print_parts(run);
		finish_run(run);
	}
	pdf_id = existing_file(run);
	SPI_finish();
	if (pdf_id == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(pdf_id);
}

/* mailroom.print_reprint(issuer_id bigint, mailing_id bigint, reprint_no integer) → bigint */
Datum
mailroom_print_reprint(PG_FUNCTION_ARGS)
{
	PrintRun *run = palloc0(sizeof(PrintRun));
	int64 pdf_id;

	version_check();
	run->issuer_id = PG_GETARG_INT64(0);
	run->mailing_id = PG_GETARG_INT64(1);
	run->reprint_no = PG_GETARG_INT32(2);
	SPI_connect();
	pdf_id = begin_reprint(run);
	if (pdf_id == 0 && run->letter_count > 0)
	{
		open_files(run);
		print_letters(run);
		close_files(run);
		finish_run(run);
		pdf_id = run->pdf_id;
	}
	SPI_finish();
	if (pdf_id == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(pdf_id);
}

/* Counts the letters; the file when it is written already, else 0. */
static int64
begin_reprint(PrintRun *run)
{
	Datum arguments[3] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id),
						  Int32GetDatum(run->reprint_no)};
	char *state;
	bool isnull;
	Datum written;

	if (run->reprint_no <= 0 || statement_run(&lock_mailing, arguments, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("reprint %d of mailing " INT64_FORMAT " does not exist",
							   run->reprint_no, run->mailing_id)));
	state = statement_text(0, 1, CurrentMemoryContext);
	if (strcmp(state, "open") == 0 || strcmp(state, "withdrawn") == 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_WRONG_STATE),
						errmsg("cannot reprint mailing " INT64_FORMAT " because it is %s",
							   run->mailing_id, state)));
	(void) statement_run(&count_reprint, arguments, NULL);
	run->letter_count = statement_int64(0, 1);
	run->duplex = DatumGetBool(statement_value(0, 2, &isnull));
	run->part_no = DatumGetInt32(statement_value(0, 4, &isnull));
	written = statement_value(0, 3, &isnull);
	return isnull ? 0 : DatumGetInt64(written);
}

/* Locks the mailing; false when there is nothing left to print. */
static bool
begin_run(PrintRun *run)
{
	Datum arguments[2] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id)};
	char *state, *name;
	bool by_house, isnull;

	(void) statement_run(&lock_hand_in, arguments, NULL);
	run->is_hand_in = DatumGetBool(statement_value(0, 1, &isnull));
	by_house = DatumGetBool(statement_value(0, 2, &isnull));
	if (statement_run(&lock_mailing, arguments, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("mailing " INT64_FORMAT " does not exist", run->mailing_id)));
	state = statement_text(0, 1, CurrentMemoryContext);
	name = statement_text(0, 2, CurrentMemoryContext);
	if (strcmp(state, "printed") == 0 || strcmp(state, "closed") == 0)
		return false;
	if (strcmp(state, "planned") != 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_WRONG_STATE),
						errmsg("cannot print mailing \"%s\" because it is not planned", name),
						errdetail("Its state is \"%s\".", state),
						errhint("Run mailroom.plan_mailing() first.")));
	if (by_house)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_WRONG_STATE),
						errmsg("cannot print mailing \"%s\" because its house prints it", name),
						errhint("The house's operator calls mailroom.send_mailing().")));
	(void) statement_run(&count_unreleased, arguments, NULL);
	if (statement_int64(0, 1) > 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_WRONG_STATE),
						errmsg("cannot print mailing \"%s\" because it is not released", name),
						errhint("A second person looks at mailroom.release_sheet and calls "
								"mailroom.release_mailing().")));
	(void) statement_run(run->is_hand_in ? &count_hand_in : &count_letters, arguments, NULL);
	run->letter_count = statement_int64(0, 1);
	if (run->is_hand_in && run->letter_count == 0)
		return false; /* the house's part is printed, or the house prints nothing */
	if (statement_int64(0, 2) != run->letter_count)
		ereport(ERROR,
				(errcode(ERRCODE_MAILROOM_WRONG_STATE),
				 errmsg("cannot print mailing \"%s\" because letters of it have no postage", name),
				 errdetail("Of " INT64_FORMAT " letters " INT64_FORMAT " are planned.",
						   run->letter_count, statement_int64(0, 2))));
	run->duplex = DatumGetBool(statement_value(0, 3, &isnull));
	return true;
}

/* 0: there is none, since the house printed the letters. */
static int64
existing_file(const PrintRun *run)
{
	Datum arguments[2] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id)};
	bool isnull;
	Datum found;

	(void) statement_run(&find_print_file, arguments, NULL);
	found = statement_value(0, 1, &isnull);
	return isnull ? 0 : DatumGetInt64(found);
}

/* A file for each site and machine, or one. */
static void
print_parts(PrintRun *run)
{
	Datum arguments[2] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id)};
	bool isnull;

	(void) statement_run(&split_mailing, arguments, NULL);
	run->parts = DatumGetInt32(statement_value(0, 1, &isnull));
	run->part_no = run->parts > 0 ? 1 : 0;
	do
	{
		open_files(run);
		print_letters(run);
		close_files(run);
	} while (run->part_no > 0 && ++run->part_no <= run->parts);
}

static void
open_ticket(PrintRun *run)
{
	Datum arguments[3] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id),
						  Int32GetDatum(run->part_no)};
	char *site, *machine;
	bool with_json, isnull;

	(void) statement_run(&find_part, arguments, NULL);
	with_json = DatumGetBool(statement_value(0, 1, &isnull));
	site = statement_text(0, 2, CurrentMemoryContext);
	machine = statement_text(0, 3, CurrentMemoryContext);
	ticket_begin(&run->ticket, &run->port, with_json, run->mailing_id, run->part_no, site, machine);
}

static void
open_files(PrintRun *run)
{
	const char *again = "";

	run->port = port_server(CurrentMemoryContext);
	run->printed.context = AllocSetContextCreate(CurrentMemoryContext, "mailroom printed letters",
												 ALLOCSET_DEFAULT_SIZES);
	if (run->reprint_no > 0)
		again = psprintf("-reprint-%d", run->reprint_no);
	else if (run->part_no > 0)
		again = psprintf("-part-%d", run->part_no);
	run->pdf_id = print_open_output(run->issuer_id, run->mailing_id,
									run->reprint_no > 0 ? "reprint_file" : "print_file",
									psprintf("%s.pdf", again), "application/pdf");
	run->ticket_id = print_open_output(run->issuer_id, run->mailing_id,
									   run->reprint_no > 0 ? "reprint_ticket" : "ticket",
									   psprintf("%s.csv", again), "text/csv");
	open_ticket(run);
	run->json_id =
		run->ticket.with_json
			? print_open_output(run->issuer_id, run->mailing_id,
								run->reprint_no > 0 ? "reprint_ticket_json" : "ticket_json",
								psprintf("%s.json", again), "application/json")
			: 0;
	port_raise(pdf_shared_open(&run->shared, &run->port, &pdf_profile_print, true), NULL,
			   ERRCODE_INTERNAL_ERROR, "fonts");
	pdf_file_init(&run->file, &run->port, &run->shared);
	pdf_file_begin(&run->file);
	pdf_collection_begin(&run->collection, &run->file);
	print_open_marks(&run->marks, run->issuer_id, run->mailing_id);
}

static void
print_letters(PrintRun *run)
{
	LetterReader reader;
	const PrintLetter *letters;
	int count;

	print_open_letters(&reader, run->issuer_id, run->mailing_id,
					   run->reprint_no > 0 ? LETTERS_OF_REPRINT
					   : run->part_no > 0  ? LETTERS_OF_PART
					   : run->is_hand_in   ? LETTERS_OF_HAND_IN
										   : LETTERS_ALL,
					   run->reprint_no > 0 ? run->reprint_no : run->part_no, CurrentMemoryContext);
	while ((count = print_read_letters(&reader, &letters)) > 0)
	{
		for (int i = 0; i < count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			add_letter(run, &letters[i]);
			move_output(run, PRINT_PART_BYTES);
		}
		jobs_report_progress(run->letters, run->letter_count);
	}
	if (run->printed.count > 0)
		store_printed(run);
}

/* Marks stand on the front of each sheet. */
static void
add_page(PrintRun *run, const PrintLetter *letter, int page, bool is_front)
{
	const char *stream = letter->content + (letter->page_offsets[page] - letter->start);
	const ByteBuffer *marks = is_front ? print_mark_sheet(&run->marks) : NULL;

	if (marks == NULL)
		(void) pdf_file_add_page(&run->file, stream, (size_t) letter->page_lengths[page]);
	else
		pdf_file_add_marked_page(&run->file, stream, (size_t) letter->page_lengths[page],
								 marks->bytes, marks->length);
}

/* What is new in most documents stands right before their first page. */
static void
add_resources(PrintRun *run, const PrintLetter *letter)
{
	bytea *whole;

	if (pdf_collection_add(&run->file, letter->content, (size_t) letter->length,
						   (size_t) letter->start,
						   (size_t) (letter->page_offsets[0] - letter->start)))
		return;
	whole = print_read_document(letter);
	(void) pdf_collection_add(&run->file, VARDATA_ANY(whole), VARSIZE_ANY_EXHDR(whole), 0,
							  (size_t) letter->page_offsets[0]);
	pfree(whole);
}

/*
 * Sides of a duplex sheet that the letter leaves empty become blank pages: the backs of a letter
 * that is printed on one side, or the last back of one with an odd number of pages.
 */
static void
add_letter(PrintRun *run, const PrintLetter *letter)
{
	int64 first_page = run->file.page_count + 1;
	bool one_sided = letter->sheets >= letter->pages;

	if (letter->pages > 0)
		add_resources(run, letter);
	print_mark_letter(&run->marks, letter);
	for (int i = 0; i < letter->pages; i++)
	{
		add_page(run, letter, i, one_sided || i % 2 == 0);
		if (run->duplex && one_sided)
			pdf_file_add_blank(&run->file);
	}
	if (run->duplex && !one_sided && letter->pages % 2 != 0)
		pdf_file_add_blank(&run->file);
	run->letters++;
	run->sheets += letter->sheets;
	if (run->reprint_no == 0)
		note_printed(run, letter, first_page);
	ticket_add(&run->ticket, letter, first_page,
			   first_page + (letter->pages - 1) * (run->duplex && one_sided ? 2 : 1));
}

static void
note_printed(PrintRun *run, const PrintLetter *letter, int64 first_page)
{
	PrintedRows *printed = &run->printed;
	bytea *hash = MemoryContextAlloc(printed->context, VARHDRSZ + HASH_BYTES);

	SET_VARSIZE(hash, VARHDRSZ + HASH_BYTES);
	memcpy(VARDATA(hash), letter->content_sha256, HASH_BYTES);
	printed->issuer_ids[printed->count] = Int64GetDatum(letter->issuer_id);
	printed->mailing_ids[printed->count] = Int64GetDatum(letter->mailing_id);
	printed->letter_ids[printed->count] = Int64GetDatum(letter->letter_id);
	printed->first_pages[printed->count] = Int64GetDatum(first_page);
	printed->pages[printed->count] = Int32GetDatum(letter->pages);
	printed->hashes[printed->count] = PointerGetDatum(hash);
	if (++printed->count == PRINTED_BATCH)
		store_printed(run);
}

static Datum
ids_datum(Datum *ids, int count)
{
	return PointerGetDatum(
		construct_array(ids, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
store_printed(PrintRun *run)
{
	PrintedRows *printed = &run->printed;
	MemoryContext old = MemoryContextSwitchTo(printed->context);
	Datum arguments[7];

	arguments[6] = Int64GetDatum(run->pdf_id);
	arguments[0] = ids_datum(printed->issuer_ids, printed->count);
	arguments[1] = ids_datum(printed->mailing_ids, printed->count);
	arguments[2] = ids_datum(printed->letter_ids, printed->count);
	arguments[3] = ids_datum(printed->first_pages, printed->count);
	arguments[4] = PointerGetDatum(construct_array(printed->pages, printed->count, INT4OID,
												   sizeof(int32), true, TYPALIGN_INT));
	arguments[5] = PointerGetDatum(
		construct_array(printed->hashes, printed->count, BYTEAOID, -1, false, TYPALIGN_INT));
	(void) statement_run(&insert_printed, arguments, NULL);
	MemoryContextSwitchTo(old);
	MemoryContextReset(printed->context);
	printed->count = 0;
}

static void
move_buffer(PrintRun *run, ByteBuffer *buffer, int64 file_id, Size least)
{
	if (buffer->failed)
		port_raise(PORT_NO_MEMORY, NULL, ERRCODE_OUT_OF_MEMORY, "a print file");
	if (file_id == 0 || buffer->length < least)
		return;
	print_append_output(run->issuer_id, file_id, buffer->bytes, buffer->length);
	buffer_reset(buffer);
}

/* Hands on what has collected, once it is at least that much. */
static void
move_output(PrintRun *run, Size least)
{
	if (run->file.out.failed)
		port_raise(PORT_NO_MEMORY, NULL, ERRCODE_OUT_OF_MEMORY, "a print file");
	if (run->file.out.length >= least)
	{
		print_append_output(run->issuer_id, run->pdf_id, run->file.out.bytes, run->file.out.length);
		pdf_file_taken(&run->file);
	}
	move_buffer(run, &run->ticket.csv, run->ticket_id, least);
	move_buffer(run, &run->ticket.json, run->json_id, least);
}

/* The tickets end with totals, and the hash of the print file itself. */
static void
close_files(PrintRun *run)
{
	char *title = psprintf("mailing " INT64_FORMAT, run->mailing_id);
	PdfInfo info = {title, "en"};

	if (run->file.page_count == 0)
		pdf_file_add_blank(&run->file); /* a PDF has at least one page */
	port_raise(pdf_file_end(&run->file, &info), NULL, ERRCODE_INTERNAL_ERROR, "a print file");
	move_output(run, 0);
	ticket_end(&run->ticket, run->file.page_count, run->duplex,
			   print_close_output(run->issuer_id, run->pdf_id));
	move_output(run, 0);
	(void) print_close_output(run->issuer_id, run->ticket_id);
	if (run->json_id != 0)
		(void) print_close_output(run->issuer_id, run->json_id);
	if (run->part_no > 0 && run->reprint_no == 0)
	{
		Datum arguments[4] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id),
							  Int32GetDatum(run->part_no), Int64GetDatum(run->pdf_id)};

		(void) statement_run(&set_part_printed, arguments, NULL);
	}
	pdf_file_release(&run->file);
}

static void
finish_run(PrintRun *run)
{
	Datum arguments[5] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id),
						  Int64GetDatum(run->letters), Int64GetDatum(run->sheets),
						  Int64GetDatum(run->pdf_id)};

	if (run->letters != run->letter_count)
		elog(ERROR, "printed " INT64_FORMAT " of " INT64_FORMAT " letters", run->letters,
			 run->letter_count);
	if (run->reprint_no > 0)
	{
		note_reprinted(run);
		return;
	}
	if (run->is_hand_in)
	{
		Datum house[3] = {arguments[0], arguments[1], arguments[4]};

		(void) statement_run(&set_members_printed, house, NULL);
	}
	else
		(void) statement_run(&set_printed, arguments, NULL);
	(void) statement_run(&log_printed, arguments, NULL);
}

static void
note_reprinted(PrintRun *run)
{
	Datum arguments[5] = {Int64GetDatum(run->issuer_id), Int64GetDatum(run->mailing_id),
						  Int32GetDatum(run->reprint_no), Int64GetDatum(run->pdf_id)};

	(void) statement_run(&set_reprinted, arguments, NULL);
	arguments[3] = Int64GetDatum(run->letters);
	arguments[4] = Int64GetDatum(run->pdf_id);
	(void) statement_run(&log_reprinted, arguments, NULL);
}
