/*
 * plan_inserts.c: see plan_inserts.h.
 */
#include "postgres.h"

#include "base/port_server.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "core/mail_index.h"
#include "postage/plan_inserts.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Letters that take the same, and what. */
typedef struct InsertCase
{
	const char *country;
	const char *groups;
	int country_length, groups_length;
	int offer, sheets;
	int64 list;
	int set; /* 0: nothing */
	int grams;
} InsertCase;

typedef struct InsertSet
{
	Datum materials;
	int64 milligrams, micrometres;
	int sheets;
	int64 letters;
} InsertSet;

struct PlanInserts
{
	PlanJob *job;
	MailIndex index;
	InsertCase *cases;
	int case_room;
	InsertSet *sets; /* set number less one */
	int set_count, set_room;
};

static Statement find_material =
	STATEMENT("SELECT pg_catalog.bool_or(m.customer_groups IS NOT NULL)"
			  " FROM mailroom.insert_material m WHERE m.issuer_id = $1 AND m.valid_from <= $2"
			  " AND (m.valid_to IS NULL OR m.valid_to > $2)",
			  INT8OID, DATEOID);
static Statement choose_inserts =
	STATEMENT("SELECT c.total_milligrams, c.milligrams, c.sheets_added, c.micrometres, c.materials"
			  " FROM mailroom.choose_inserts($1, $2, $3, $4, $5,"
			  " pg_catalog.string_to_array($6, E'\\x1f'), $7) AS c",
			  INT8OID, TEXTOID, INT4OID, INT8OID, TEXTOID, TEXTOID, DATEOID);
static Statement write_set =
	STATEMENT("INSERT INTO mailroom.mailing_insert (issuer_id, mailing_id, insert_no, materials,"
			  " milligrams, sheets, micrometres, letters) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			  INT8OID, INT8OID, INT4OID, TEXTARRAYOID, INT8OID, INT4OID, INT8OID, INT8OID);

static void choose(PlanInserts *inserts, InsertCase *found);
static int find_set(PlanInserts *inserts, const InsertSet *wanted);

PlanInserts *
plan_open_inserts(PlanJob *job)
{
	Datum arguments[] = {Int64GetDatum(job->scope.issuer_id), DateADTGetDatum(job->scope.on_date)};
	PlanInserts *inserts;
	bool isnull;
	Datum grouped;

	statement_run(&find_material, arguments, NULL);
	grouped = statement_value(0, 1, &isnull);
	if (isnull)
		return NULL;
	job->read_groups = DatumGetBool(grouped);
	inserts = MemoryContextAllocZero(job->context, sizeof(PlanInserts));
	inserts->job = job;
	return inserts;
}

typedef struct WantedCase
{
	const PlanInserts *inserts;
	const InsertCase *wanted;
} WantedCase;

static bool
same_case(const void *context, int item)
{
	const WantedCase *w = context;
	const InsertCase *a = &w->inserts->cases[item];
	const InsertCase *b = w->wanted;

	return a->offer == b->offer && a->sheets == b->sheets && a->list == b->list &&
		   a->country_length == b->country_length && a->groups_length == b->groups_length &&
		   memcmp(a->country, b->country, a->country_length) == 0 &&
		   memcmp(a->groups, b->groups, a->groups_length) == 0;
}

int
plan_take_inserts(PlanInserts *inserts, const MailLetter *letter, const MailPosting *posting,
				  int *grams)
{
	PlanJob *job = inserts->job;
	InsertCase wanted = {.country = letter->country,
						 .country_length = (int) letter->country_length,
						 .groups = job->groups == NULL ? "" : VARDATA_ANY(job->groups),
						 .groups_length = job->groups == NULL ? 0 : VARSIZE_ANY_EXHDR(job->groups),
						 .offer = posting->run->offer,
						 .sheets = letter->sheets,
						 .list = posting->list};
	WantedCase context = {inserts, &wanted};
	uint32_t hash = mail_hash_bytes(2166136261u, wanted.country, wanted.country_length);
	MailSlot *slot;
	InsertCase *found;

	hash = mail_hash_bytes(hash, wanted.groups, wanted.groups_length);
	hash = mail_hash_number(mail_hash_number(hash, wanted.offer), wanted.sheets);
	hash = mail_hash_number(hash, (uint32_t) wanted.list);
	if (!mail_index_reserve(&inserts->index, &job->port) ||
		!mail_grow(&job->port, (void **) &inserts->cases, inserts->index.count, &inserts->case_room,
				   sizeof(InsertCase)))
		port_raise(PORT_NO_MEMORY, NULL, 0, "inserts");
	slot = mail_index_find(&inserts->index, hash, same_case, &context);
	if (slot->item < 0)
	{
		mail_index_put(&inserts->index, slot, hash);
		inserts->cases[slot->item] = wanted;
		choose(inserts, &inserts->cases[slot->item]);
	}
	found = &inserts->cases[slot->item];
	if (found->set == 0)
		return 0;
	inserts->sets[found->set - 1].letters++;
	*grams = found->grams;
	return found->set;
}

static void
choose(PlanInserts *inserts, InsertCase *found)
{
	PlanJob *job = inserts->job;
	MemoryContext old = MemoryContextSwitchTo(job->context);
	InsertSet set = {0};
	Datum arguments[7];

	/* the texts stand in a row that is gone after this letter */
	found->country = pnstrdup(found->country, found->country_length);
	found->groups = pnstrdup(found->groups, found->groups_length);
	arguments[0] = Int64GetDatum(job->scope.issuer_id);
	arguments[1] = CStringGetTextDatum(job->plan->tariff->offers[found->offer].code);
	arguments[2] = Int32GetDatum(found->sheets);
	arguments[3] = Int64GetDatum(found->list);
	arguments[4] = CStringGetTextDatum(found->country);
	arguments[5] = CStringGetTextDatum(found->groups);
	arguments[6] = DateADTGetDatum(job->scope.on_date);
	found->set = 0;
	if (statement_run(&choose_inserts, arguments, NULL) > 0)
	{
		bool isnull;

		found->grams = (int) ((statement_int64(0, 1) + 999) / 1000);
		set.milligrams = statement_int64(0, 2);
		set.sheets = DatumGetInt32(statement_value(0, 3, &isnull));
		set.micrometres = statement_int64(0, 4);
		MemoryContextSwitchTo(job->context);
		set.materials = PointerGetDatum(PG_DETOAST_DATUM_COPY(statement_value(0, 5, &isnull)));
		found->set = find_set(inserts, &set);
	}
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(old);
}

/* There are few. */
static int
find_set(PlanInserts *inserts, const InsertSet *wanted)
{
	const struct varlena *materials = (const void *) DatumGetPointer(wanted->materials);

	for (int i = 0; i < inserts->set_count; i++)
	{
		const struct varlena *other = (const void *) DatumGetPointer(inserts->sets[i].materials);

		if (VARSIZE(other) == VARSIZE(materials) &&
			memcmp(other, materials, VARSIZE(materials)) == 0)
			return i + 1;
	}
	if (!mail_grow(&inserts->job->port, (void **) &inserts->sets, inserts->set_count,
				   &inserts->set_room, sizeof(InsertSet)))
		port_raise(PORT_NO_MEMORY, NULL, 0, "inserts");
	inserts->sets[inserts->set_count++] = *wanted;
	return inserts->set_count;
}

void
plan_store_inserts(PlanInserts *inserts)
{
	for (int i = 0; i < inserts->set_count; i++)
	{
		const InsertSet *set = &inserts->sets[i];
		Datum arguments[] = {Int64GetDatum(inserts->job->scope.issuer_id),
							 Int64GetDatum(inserts->job->mailing_id),
							 Int32GetDatum(i + 1),
							 set->materials,
							 Int64GetDatum(set->milligrams),
							 Int32GetDatum(set->sheets),
							 Int64GetDatum(set->micrometres),
							 Int64GetDatum(set->letters)};

		statement_run(&write_set, arguments, NULL);
	}
}
