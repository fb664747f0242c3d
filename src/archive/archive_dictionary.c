/*
 * archive_dictionary.c: dictionaries of an issuer, loaded once a call and learnt when missing.
 *
 * Two workers that meet a new template at the same time learn one each; both stay, and later
 * documents use the newer.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Samples beyond these teach nothing new but take time. */
#define MOST_SAMPLES 32
#define MOST_SAMPLE_BYTES ((size_t) 512 * 1024)

/*
 * Readers keep dictionaries for the session, since rows are never changed: those that match their
 * hash only, so that a repaired row is seen.  Emptied when it grows over a limit, between calls.
 */
#define SESSION_CACHE_BYTES ((size_t) 8 * 1024 * 1024)

typedef struct SessionKey
{
	int64 issuer_id;
	int64 id;
} SessionKey;

typedef struct SessionDictionary
{
	SessionKey key;
	ArchiveDictionary dictionary;
} SessionDictionary;

static MemoryContext session_context = NULL;
static HTAB *session_cache = NULL;
static size_t session_bytes = 0;

static void start_session_cache(void);
static void hash_parts(const VolumeDictionary *parts, uint8 out[HASH_BYTES]);
static ArchiveDictionary *cache_row(ArchiveDictionaries *cache, SPITupleTable *table, uint64 row);
static void keep_for_session(int64 issuer_id, const ArchiveDictionary *loaded);
static char *copy_bytes(ArchiveDictionaries *cache, Datum value, size_t *length);

#define DICTIONARY_COLUMNS "dictionary_id, shared, preset, dictionary_hash, samples, ratio_permille"

void
archive_dictionaries_start(ArchiveDictionaries *cache, int64 issuer_id, bool check,
						   MemoryContext context)
{
	HASHCTL control = {.keysize = sizeof(int64), .entrysize = sizeof(ArchiveDictionary)};
	ArchiveDictionary *none;
	int64 id = 0;

	control.hcxt = context;
	cache->issuer_id = issuer_id;
	cache->check = check;
	cache->context = context;
	cache->by_id =
		hash_create("archive dictionaries", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	none = hash_search(cache->by_id, &id, HASH_ENTER, NULL);
	memset(none, 0, sizeof(*none));
	if (!check && (session_cache == NULL || session_bytes > SESSION_CACHE_BYTES))
		start_session_cache();
}

static void
start_session_cache(void)
{
	HASHCTL control = {.keysize = sizeof(SessionKey), .entrysize = sizeof(SessionDictionary)};

	session_cache = NULL;
	session_bytes = 0;
	if (session_context == NULL)
		session_context =
			AllocSetContextCreate(TopMemoryContext, "archive dictionaries", ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(session_context);
	control.hcxt = session_context;
	session_cache = hash_create("archive dictionaries of the session", 16, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

const ArchiveDictionary *
archive_find_dictionary(ArchiveDictionaries *cache, int64 id)
{
	ArchiveDictionary *found = hash_search(cache->by_id, &id, HASH_FIND, NULL);
	Oid types[2] = {INT8OID, INT8OID};
	Datum values[2] = {Int64GetDatum(cache->issuer_id), Int64GetDatum(id)};
	SessionKey key = {cache->issuer_id, id};

	if (found != NULL)
		return found;
	if (!cache->check)
	{
		SessionDictionary *kept = hash_search(session_cache, &key, HASH_FIND, NULL);

		if (kept != NULL)
			return &kept->dictionary;
	}
	if (SPI_execute_with_args("SELECT " DICTIONARY_COLUMNS " FROM mailroom.archive_dictionary"
							  " WHERE issuer_id = $1 AND dictionary_id = $2",
							  2, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read archive dictionaries");
	if (SPI_processed == 0)
		return NULL;
	return cache_row(cache, SPI_tuptable, 0);
}

const ArchiveDictionary *
archive_template_dictionary(ArchiveDictionaries *cache, const char *template, int32 version,
							int64 *generations)
{
	Oid types[3] = {INT8OID, TEXTOID, INT4OID};
	Datum values[3] = {Int64GetDatum(cache->issuer_id), CStringGetTextDatum(template),
					   Int32GetDatum(version)};
	bool isnull;
	int64 id;

	if (SPI_execute_with_args("SELECT count(*), max(dictionary_id) FROM mailroom.archive_dictionary"
							  " WHERE issuer_id = $1 AND template = $2 AND template_version = $3",
							  3, types, values, NULL, false, 0) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read archive dictionaries");
	*generations =
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	return isnull ? NULL : archive_find_dictionary(cache, id);
}

/* Learns from documents spread evenly over those given, and stores the row. */
const ArchiveDictionary *
archive_learn_dictionary(ArchiveDictionaries *cache, const char *template, int32 version,
						 const char *const *documents, const size_t *lengths, int count)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive learning", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Port port = port_server(context);
	const char *sample[MOST_SAMPLES];
	size_t sample_length[MOST_SAMPLES];
	int samples = Min(count, MOST_SAMPLES);
	ByteBuffer shared, preset;
	int ratio_permille;
	uint8 hash[HASH_BYTES];
	PortFault fault = {0};
	PortStatus status;
	ArchiveDictionary *learnt;

	for (int i = 0; i < samples; i++)
	{
		int pick = (int) ((int64) i * count / samples);

		sample[i] = documents[pick];
		sample_length[i] = Min(lengths[pick], MOST_SAMPLE_BYTES);
	}
	buffer_init(&shared, &port);
	buffer_init(&preset, &port);
	status = volume_learn(&port, sample, sample_length, samples, &shared, &preset, &ratio_permille);
	port_raise(status, &fault, ERRCODE_INTERNAL_ERROR, "an archive dictionary");
	{
		VolumeDictionary parts = {shared.bytes, shared.length, preset.bytes, preset.length};
		Oid types[8] = {INT8OID, TEXTOID, INT4OID, INT4OID, INT4OID, BYTEAOID, BYTEAOID, BYTEAOID};
		Datum values[8];

		hash_parts(&parts, hash);
		values[0] = Int64GetDatum(cache->issuer_id);
		values[1] = CStringGetTextDatum(template);
		values[2] = Int32GetDatum(version);
		values[3] = Int32GetDatum(samples);
		values[4] = Int32GetDatum(ratio_permille);
		values[5] = PointerGetDatum(cstring_to_text_with_len(shared.bytes, (int) shared.length));
		values[6] = PointerGetDatum(cstring_to_text_with_len(preset.bytes, (int) preset.length));
		values[7] = PointerGetDatum(cstring_to_text_with_len((char *) hash, HASH_BYTES));
		if (SPI_execute_with_args(
				"INSERT INTO mailroom.archive_dictionary (issuer_id, template, template_version,"
				" samples, ratio_permille, shared, preset, dictionary_hash, created_at)"
				" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, mailroom.now())"
				" RETURNING " DICTIONARY_COLUMNS,
				8, types, values, NULL, false, 0) != SPI_OK_INSERT_RETURNING ||
			SPI_processed != 1)
			elog(ERROR, "could not store an archive dictionary");
	}
	learnt = cache_row(cache, SPI_tuptable, 0);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return learnt;
}

/* H(length of shared as 8 bytes, most significant first; shared; preset) */
static void
hash_parts(const VolumeDictionary *parts, uint8 out[HASH_BYTES])
{
	HashStream *stream = hash_stream_start();
	uint8 head[8];

	for (int i = 0; i < 8; i++)
		head[i] = (uint8) ((uint64) parts->shared_length >> (56 - 8 * i));
	hash_stream_add(stream, head, sizeof(head));
	hash_stream_add(stream, parts->shared, parts->shared_length);
	hash_stream_add(stream, parts->preset, parts->preset_length);
	hash_stream_finish(stream, out);
}

static ArchiveDictionary *
cache_row(ArchiveDictionaries *cache, SPITupleTable *table, uint64 row)
{
	Datum columns[6];
	bool isnull;
	int64 id;
	size_t hash_length;
	char *row_hash;
	ArchiveDictionary loaded = {0};
	ArchiveDictionary *entry;

	for (int i = 0; i < 6; i++)
	{
		columns[i] = SPI_getbinval(table->vals[row], table->tupdesc, i + 1, &isnull);
		if (isnull)
			elog(ERROR, "archive dictionary has a null");
	}
	id = DatumGetInt64(columns[0]);
	loaded.parts.shared = copy_bytes(cache, columns[1], &loaded.parts.shared_length);
	loaded.parts.preset = copy_bytes(cache, columns[2], &loaded.parts.preset_length);
	row_hash = copy_bytes(cache, columns[3], &hash_length);
	hash_parts(&loaded.parts, loaded.hash);
	loaded.damaged = hash_length != HASH_BYTES || memcmp(loaded.hash, row_hash, HASH_BYTES) != 0;
	loaded.samples = DatumGetInt32(columns[4]);
	loaded.ratio_permille = DatumGetInt32(columns[5]);

	loaded.id = id;
	entry = hash_search(cache->by_id, &id, HASH_ENTER, NULL);
	*entry = loaded;
	if (!cache->check && !loaded.damaged)
		keep_for_session(cache->issuer_id, &loaded);
	return entry;
}

static void
keep_for_session(int64 issuer_id, const ArchiveDictionary *loaded)
{
	SessionKey key = {issuer_id, loaded->id};
	SessionDictionary *kept;
	size_t shared_length = loaded->parts.shared_length;
	size_t preset_length = loaded->parts.preset_length;
	char *bytes = MemoryContextAlloc(session_context, shared_length + preset_length + 1);

	memcpy(bytes, loaded->parts.shared, shared_length);
	memcpy(bytes + shared_length, loaded->parts.preset, preset_length);
	kept = hash_search(session_cache, &key, HASH_ENTER, NULL);
	kept->dictionary = *loaded;
	kept->dictionary.parts.shared = bytes;
	kept->dictionary.parts.preset = bytes + shared_length;
	session_bytes += shared_length + preset_length;
}

static char *
copy_bytes(ArchiveDictionaries *cache, Datum value, size_t *length)
{
	MemoryContext old = MemoryContextSwitchTo(cache->context);
	bytea *bytes = DatumGetByteaPCopy(value);

	MemoryContextSwitchTo(old);
	*length = VARSIZE(bytes) - VARHDRSZ;
	return VARDATA(bytes);
}
