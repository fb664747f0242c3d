/*
 * pack_letters.c: mailroom.pack_letters, from a planned mailing to its containers.
 *
 * Reads letter_postage once, in whatever order it lies, and writes one row for each container.
 * What is kept is 12 bytes a letter: a letter's containers follow from its sequence.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "base/row_batch.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/container_pack.h"
#include "export.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define READ_ROWS 1000
#define MAX_STREAMS 512

enum
{
	POSTING_SEQUENCE,
	POSTING_GRAMS,
	POSTING_OFFER,
	POSTING_FORMAT,
	POSTING_ZONE,
	POSTING_INSERT,
	POSTING_COLUMNS
};

/* A text that others are compared with; offer, format and zone one after the other. */
typedef struct GroupName
{
	const char *texts[3];
	uint32 lengths[3];
} GroupName;

typedef struct GroupEntry
{
	GroupName name;
	int group;
} GroupEntry;

/* Letters that are equally heavy and thick. */
typedef struct ShapeKey
{
	int64 grams;
	int32 format, insert_no;
} ShapeKey;

typedef struct ShapeEntry
{
	ShapeKey key;
	int shape;
} ShapeEntry;

typedef struct NameList
{
	Datum *texts;
	int count, room;
} NameList;

typedef struct PackJob
{
	MemoryContext context;
	Port port;
	int64 issuer_id, mailing_id;
	bool is_hand_in;
	DateADT on_date;
	Packer *packer;
	HTAB *groups, *areas, *shapes;
	NameList offers, formats;
	NameList zones; /* by the packer's number */
	struct
	{
		int offer, format, area_length, level_count;
		int level_lengths[PACK_MAX_LEVELS];
	} streams[MAX_STREAMS];
	int stream_count;
	int *stream_of; /* by group */
	int stream_room;
} PackJob;

static Statement count_letters =
	STATEMENT("SELECT pg_catalog.count(*) FROM mailroom.letter_postage p WHERE p.issuer_id = $1 "
			  "AND p.mailing_id = $2",
			  INT8OID, INT8OID);
static Statement read_postings =
	STATEMENT("SELECT p.sequence_no, p.grams, p.offer, p.format, p.zone, p.insert_no FROM "
			  "mailroom.letter_postage p"
			  " WHERE p.issuer_id = $1 AND p.mailing_id = $2",
			  INT8OID, INT8OID);
/* Of a common hand-in: its members' letters. */
static Statement find_members =
	STATEMENT("SELECT EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.issuer_id = $1"
			  " AND h.mailing_id = $2)",
			  INT8OID, INT8OID);
#define MEMBERS_POSTINGS                                                                 \
	" FROM mailroom.hand_in_member k CROSS JOIN LATERAL (SELECT p.sequence_no, p.grams," \
	" p.offer, p.format, p.zone FROM mailroom.letter_postage p"                          \
	" WHERE p.issuer_id = k.member_issuer_id AND p.mailing_id = k.member_mailing_id"     \
	" OFFSET 0) AS p WHERE k.issuer_id = $1 AND k.mailing_id = $2"
static Statement count_members_letters =
	STATEMENT("SELECT pg_catalog.count(*)" MEMBERS_POSTINGS, INT8OID, INT8OID);
static Statement read_members_postings = STATEMENT(
	"SELECT p.sequence_no, p.grams, p.offer, p.format, p.zone" MEMBERS_POSTINGS, INT8OID, INT8OID);
static Statement read_limits =
	STATEMENT("SELECT l.is_sorted::pg_catalog.int4, l.bundle_least, "
			  "l.bundle_least_um, l.bundle_most, l.bundle_most_um,"
			  " l.bundle_most_grams, l.tray_least, l.tray_fill_percent, l.tray_most, "
			  "l.tray_most_um, l.tray_most_grams,"
			  " l.pallet_least_trays, l.pallet_most_trays, l.pallet_most_grams, l.area_length"
			  " FROM mailroom.container_limits($1, $2, $3, $4) l",
			  INT8OID, TEXTOID, TEXTOID, DATEOID);
static Statement read_levels = STATEMENT(
	"SELECT l.zone_length, l.least_pieces FROM mailroom.container_levels($1, $2, $3, $4) l"
	" ORDER BY l.zone_length DESC",
	INT8OID, TEXTOID, TEXTOID, DATEOID);
static Statement read_thickness =
	STATEMENT("SELECT mailroom.planned_thickness($1, $2, $3, $4, $5, $6)", INT8OID, INT8OID,
			  TEXTOID, INT8OID, INT4OID, DATEOID);

static const RowColumn container_columns[] = {
	{"issuer_id", INT8OID}, {"mailing_id", INT8OID},	 {"container_no", INT4OID},
	{"parent_no", INT4OID}, {"kind", TEXTOID},			 {"kind_no", INT4OID},
	{"offer", TEXTOID},		{"format", TEXTOID},		 {"zone_from", TEXTOID},
	{"zone_to", TEXTOID},	{"is_mixed", BOOLOID},		 {"is_short", BOOLOID},
	{"is_leaf", BOOLOID},	{"first_sequence", INT8OID}, {"last_sequence", INT8OID},
	{"letters", INT8OID},	{"grams", INT8OID},			 {"thickness_um", INT8OID},
	{"trays", INT4OID},		{"mixed_length", INT4OID},
};

MAILROOM_FUNCTION(mailroom_pack_letters);

static void read_letters(PackJob *job);
static int find_group(PackJob *job, const Datum *values);
static int find_shape(PackJob *job, int group, int64 grams, int insert_no);
static int make_group(PackJob *job, const GroupName *name);
static int find_area(PackJob *job, const char *text, int length);
static int find_stream(PackJob *job, const GroupName *name);
static PackRules read_rules(PackJob *job, int stream);
static void add_levels(PackJob *job, int stream, PackRules *rules);
static int find_name(NameList *list, const char *text, uint32 length);
static int add_name(NameList *list, const char *text, uint32 length);
static void write_containers(PackJob *job);
static int mixed_length(const PackJob *job, const PackContainer *tray);
static uint32 hash_name(const void *key, Size size);
static int compare_names(const void *a, const void *b, Size size);

/* mailroom.pack_letters(issuer_id, mailing_id, on_date) → integer: containers */
Datum
mailroom_pack_letters(PG_FUNCTION_ARGS)
{
	PackJob *job;
	PortFault fault = {0};
	int count;
	bool isnull;
	HASHCTL control = {.keysize = sizeof(GroupName), .entrysize = sizeof(GroupEntry)};
	HASHCTL shapes = {.keysize = sizeof(ShapeKey), .entrysize = sizeof(ShapeEntry)};
	Datum arguments[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom pack", ALLOCSET_DEFAULT_SIZES);

	SPI_connect();
	job = MemoryContextAllocZero(context, sizeof(PackJob));
	job->context = context;
	job->port = port_server(context);
	job->issuer_id = PG_GETARG_INT64(0);
	job->mailing_id = PG_GETARG_INT64(1);
	job->on_date = PG_GETARG_DATEADT(2);
	control.hash = hash_name;
	control.match = compare_names;
	control.hcxt = context;
	job->groups = hash_create("mailroom pack groups", 256, &control,
							  HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	job->areas = hash_create("mailroom pack areas", 256, &control,
							 HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	shapes.hcxt = context;
	job->shapes =
		hash_create("mailroom pack shapes", 256, &shapes, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	statement_run(&find_members, arguments, NULL);
	job->is_hand_in = DatumGetBool(statement_value(0, 1, &isnull));
	statement_run(job->is_hand_in ? &count_members_letters : &count_letters, arguments, NULL);
	job->packer = packer_new(&job->port, statement_int64(0, 1));
	if (job->packer == NULL)
		port_raise(PORT_NO_MEMORY, NULL, 0, "containers");
	read_letters(job);
	port_raise(packer_run(job->packer, &fault), &fault, ERRCODE_MAILROOM_NOT_COVERED, "containers");
	write_containers(job);
	count = packer_count(job->packer);
	SPI_finish();
	MemoryContextDelete(context);
	PG_RETURN_INT32(count);
}

static void
read_letters(PackJob *job)
{
	Datum arguments[] = {Int64GetDatum(job->issuer_id), Int64GetDatum(job->mailing_id)};
	Portal portal = SPI_cursor_open(
		NULL, statement_plan(job->is_hand_in ? &read_members_postings : &read_postings), arguments,
		NULL, false);
	uint64 rows;

	do
	{
		SPITupleTable *table;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, READ_ROWS);
		table = SPI_tuptable;
		rows = SPI_processed;
		for (uint64 row = 0; row < rows; row++)
		{
			Datum values[POSTING_COLUMNS];
			bool nulls[POSTING_COLUMNS];
			int64 sequence;
			int group, insert_no;

			heap_deform_tuple(table->vals[row], table->tupdesc, values, nulls);
			sequence = DatumGetInt64(values[POSTING_SEQUENCE]);
			group = find_group(job, values);
			insert_no = nulls[POSTING_INSERT] ? 0 : DatumGetInt32(values[POSTING_INSERT]);
			if (!packer_put_letter(
					job->packer, sequence, group,
					find_shape(job, group, DatumGetInt32(values[POSTING_GRAMS]), insert_no)))
				ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
								errmsg("sequence " INT64_FORMAT " is not the plan's", sequence),
								errhint("Plan the mailing again.")));
		}
		SPI_freetuptable(table);
	} while (rows == READ_ROWS);
	SPI_cursor_close(portal);
}

static int
find_group(PackJob *job, const Datum *values)
{
	GroupName name;
	GroupEntry *entry;
	bool found;

	for (int i = 0; i < 3; i++)
	{
		text *part = DatumGetTextPP(values[POSTING_OFFER + i]);

		name.texts[i] = VARDATA_ANY(part);
		name.lengths[i] = VARSIZE_ANY_EXHDR(part);
	}
	entry = hash_search(job->groups, &name, HASH_ENTER, &found);
	if (!found)
	{
		for (int i = 0; i < 3; i++)
			entry->name.texts[i] = memcpy(MemoryContextAlloc(job->context, name.lengths[i] + 1),
										  name.texts[i], name.lengths[i]);
		entry->group = make_group(job, &entry->name);
	}
	return entry->group;
}

/* Each group is a zone of its own to the packer: it compares zones of one stream only. */
static int
make_group(PackJob *job, const GroupName *name)
{
	MemoryContext old = MemoryContextSwitchTo(job->context);
	const char *zone_text = name->texts[2];
	int stream = find_stream(job, name);
	int zone = packer_add_zone(
		job->packer,
		find_area(job, zone_text,
				  pg_mbcharcliplen(zone_text, name->lengths[2], job->streams[stream].area_length)));
	int group = packer_add_group(job->packer, stream, zone);

	if (zone < 0 || group < 0)
		port_raise(PORT_NO_MEMORY, NULL, 0, "containers");
	for (int level = 0; level < job->streams[stream].level_count; level++)
	{
		int length = job->streams[stream].level_lengths[level];

		packer_set_level(
			job->packer, zone, level,
			find_area(job, zone_text, pg_mbcharcliplen(zone_text, name->lengths[2], length)));
	}
	add_name(&job->zones, zone_text, name->lengths[2]);
	if (group == job->stream_room)
	{
		job->stream_room = group == 0 ? 64 : group * 2;
		job->stream_of = group == 0 ? palloc(sizeof(int) * job->stream_room)
									: repalloc(job->stream_of, sizeof(int) * job->stream_room);
	}
	job->stream_of[group] = stream;
	MemoryContextSwitchTo(old);
	return group;
}

/* The number of an area: what zones begin with. */
static int
find_area(PackJob *job, const char *text, int length)
{
	GroupName name = {{text, "", ""}, {length, 0, 0}};
	bool found;
	GroupEntry *entry = hash_search(job->areas, &name, HASH_ENTER, &found);

	if (!found)
	{
		entry->name.texts[0] = memcpy(MemoryContextAlloc(job->context, length + 1), text, length);
		entry->group = (int) hash_get_num_entries(job->areas);
	}
	return entry->group;
}

/* How heavy and thick a letter is: thickness follows from weight, format and inserts. */
static int
find_shape(PackJob *job, int group, int64 grams, int insert_no)
{
	int format = job->streams[job->stream_of[group]].format;
	ShapeKey key = {grams, format, insert_no};
	bool found;
	ShapeEntry *entry = hash_search(job->shapes, &key, HASH_ENTER, &found);

	if (!found)
	{
		Datum arguments[] = {Int64GetDatum(job->issuer_id), Int64GetDatum(job->mailing_id),
							 job->formats.texts[format],	Int64GetDatum(grams),
							 Int32GetDatum(insert_no),		DateADTGetDatum(job->on_date)};

		entry->shape = -1;
		statement_run(&read_thickness, arguments, NULL);
		entry->shape = packer_add_shape(job->packer, grams, statement_int64(0, 1));
	}
	return entry->shape;
}

static int
find_stream(PackJob *job, const GroupName *name)
{
	int offer = find_name(&job->offers, name->texts[0], name->lengths[0]);
	int format = find_name(&job->formats, name->texts[1], name->lengths[1]);
	int stream = 0;
	PackRules rules;

	while (stream < job->stream_count &&
		   (job->streams[stream].offer != offer || job->streams[stream].format != format))
		stream++;
	if (stream < job->stream_count)
		return stream;
	if (stream == MAX_STREAMS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a mailing has more than %d offers and formats", MAX_STREAMS)));
	job->streams[stream].offer = offer;
	job->streams[stream].format = format;
	job->stream_count++;
	rules = read_rules(job, stream);
	add_levels(job, stream, &rules);
	if (packer_add_stream(job->packer, offer, &rules) != stream)
		port_raise(PORT_NO_MEMORY, NULL, 0, "containers");
	return stream;
}

static PackRules
read_rules(PackJob *job, int stream)
{
	Datum arguments[] = {
		Int64GetDatum(job->issuer_id), job->offers.texts[job->streams[stream].offer],
		job->formats.texts[job->streams[stream].format], DateADTGetDatum(job->on_date)};
	PackRules rules = {.is_sorted = false};
	PackBounds *bundle = &rules.bounds[PACK_BUNDLE];
	PackBounds *tray = &rules.bounds[PACK_TRAY];
	PackBounds *pallet = &rules.bounds[PACK_PALLET];
	int area_length;

	statement_run(&read_limits, arguments, NULL);
	rules.is_sorted = statement_int64(0, 1) != 0;
	bundle->least.pieces = statement_int64(0, 2);
	bundle->least.micrometres = statement_int64(0, 3);
	bundle->most.pieces = statement_int64(0, 4);
	bundle->most.micrometres = statement_int64(0, 5);
	bundle->most.grams = statement_int64(0, 6);
	tray->least.pieces = statement_int64(0, 7);
	tray->fill_percent = statement_int64(0, 8);
	tray->most.pieces = statement_int64(0, 9);
	tray->most.micrometres = statement_int64(0, 10);
	tray->most.grams = statement_int64(0, 11);
	pallet->least.pieces = statement_int64(0, 12);
	pallet->most.pieces = statement_int64(0, 13);
	pallet->most.grams = statement_int64(0, 14);
	area_length = statement_int64(0, 15);
	/* 0: the whole zone */
	job->streams[stream].area_length = area_length > 0 ? area_length : MaxAllocSize;
	return rules;
}

static void
add_levels(PackJob *job, int stream, PackRules *rules)
{
	Datum arguments[] = {
		Int64GetDatum(job->issuer_id), job->offers.texts[job->streams[stream].offer],
		job->formats.texts[job->streams[stream].format], DateADTGetDatum(job->on_date)};
	uint64 levels = statement_run(&read_levels, arguments, NULL);

	if (levels > PACK_MAX_LEVELS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("offer \"%s\" has more than %d levels of mixed trays",
							   TextDatumGetCString(arguments[1]), PACK_MAX_LEVELS)));
	rules->level_count = (int) levels;
	job->streams[stream].level_count = (int) levels;
	for (int level = 0; level < (int) levels; level++)
	{
		job->streams[stream].level_lengths[level] = (int) statement_int64(level, 1);
		rules->level_least[level] = statement_int64(level, 2);
	}
}

/* Its number; a name that is new is added. */
static int
find_name(NameList *list, const char *text, uint32 length)
{
	for (int i = 0; i < list->count; i++)
		if (VARSIZE_ANY_EXHDR(DatumGetPointer(list->texts[i])) == length &&
			memcmp(VARDATA_ANY(DatumGetPointer(list->texts[i])), text, length) == 0)
			return i;
	return add_name(list, text, length);
}

static int
add_name(NameList *list, const char *text, uint32 length)
{
	if (list->count == list->room)
	{
		list->room = list->room == 0 ? 64 : list->room * 2;
		list->texts = list->texts == NULL ? palloc(sizeof(Datum) * list->room)
										  : repalloc(list->texts, sizeof(Datum) * list->room);
	}
	list->texts[list->count] = PointerGetDatum(cstring_to_text_with_len(text, length));
	return list->count++;
}

static void
write_containers(PackJob *job)
{
	static const char *const kinds[] = {"bundle", "tray", "pallet"};
	MemoryContext old = MemoryContextSwitchTo(job->context);
	RowBatch *batch = row_batch_open("mailroom.mailing_container", container_columns,
									 lengthof(container_columns));
	Datum kind_texts[3];

	for (int kind = 0; kind < 3; kind++)
		kind_texts[kind] = CStringGetTextDatum(kinds[kind]);
	MemoryContextSwitchTo(old);
	for (int i = 0; i < packer_count(job->packer); i++)
	{
		const PackContainer *c = packer_container(job->packer, i);

		CHECK_FOR_INTERRUPTS();
		row_batch_start(batch);
		row_batch_set(batch, 0, Int64GetDatum(job->issuer_id));
		row_batch_set(batch, 1, Int64GetDatum(job->mailing_id));
		row_batch_set(batch, 2, Int32GetDatum(c->number));
		if (c->parent_number > 0)
			row_batch_set(batch, 3, Int32GetDatum(c->parent_number));
		row_batch_set(batch, 4, kind_texts[c->kind]);
		row_batch_set(batch, 5, Int32GetDatum(c->kind_number));
		row_batch_set(batch, 6, job->offers.texts[c->offer]);
		if (c->stream >= 0)
			row_batch_set(batch, 7, job->formats.texts[job->streams[c->stream].format]);
		row_batch_set(batch, 8, job->zones.texts[c->first_zone]);
		row_batch_set(batch, 9, job->zones.texts[c->last_zone]);
		row_batch_set(batch, 10, BoolGetDatum(c->is_mixed));
		row_batch_set(batch, 11, BoolGetDatum(c->is_short));
		row_batch_set(batch, 12, BoolGetDatum(c->is_leaf));
		row_batch_set(batch, 13, Int64GetDatum(c->first_sequence));
		row_batch_set(batch, 14, Int64GetDatum(c->last_sequence));
		row_batch_set(batch, 15, Int64GetDatum(c->letters));
		row_batch_set(batch, 16, Int64GetDatum(c->amount.grams));
		row_batch_set(batch, 17, Int64GetDatum(c->amount.micrometres));
		if (c->kind == PACK_PALLET)
			row_batch_set(batch, 18, Int32GetDatum((int32) c->trays));
		if (c->kind == PACK_TRAY && c->is_mixed)
			row_batch_set(batch, 19, Int32GetDatum(mixed_length(job, c)));
		if (row_batch_end(batch))
			row_batch_flush(batch);
	}
	row_batch_close(batch);
}

/* How many characters the zones of a mixed tray have in common, by its level. */
static int
mixed_length(const PackJob *job, const PackContainer *tray)
{
	return tray->level < 0 || tray->level >= job->streams[tray->stream].level_count
			   ? 0
			   : job->streams[tray->stream].level_lengths[tray->level];
}

static uint32
hash_name(const void *key, Size size)
{
	const GroupName *name = key;
	uint32 hash = 0;

	for (int i = 0; i < 3; i++)
		hash = hash_combine(hash,
							hash_bytes((const unsigned char *) name->texts[i], name->lengths[i]));
	return hash;
}

static int
compare_names(const void *a, const void *b, Size size)
{
	const GroupName *one = a, *two = b;

	for (int i = 0; i < 3; i++)
		if (one->lengths[i] != two->lengths[i] ||
			memcmp(one->texts[i], two->texts[i], one->lengths[i]) != 0)
			return 1;
	return 0;
}
