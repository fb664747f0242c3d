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
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Samples beyond these teach nothing new but take time; a template counts how often what comes. */
#define MOST_SAMPLES 128
#define MOST_SAMPLES_OTHER 32
#define MOST_SAMPLE_BYTES ((size_t) 512 * 1024)

/*
 * Readers keep dictionaries for the session, since rows are never changed: those that match their
 * hash only, so that a repaired row is seen.  Emptied when it grows over a limit, between calls.
 */
#define SESSION_CACHE_BYTES ((size_t) 8 * 1024 * 1024)
/* A structure takes about so many times its size when it is loaded. */
#define LOADED_STRUCTURE 16

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
static Port session_port;
static HTAB *session_cache = NULL;
static size_t session_bytes = 0;

static Statement find_generations =
	STATEMENT("SELECT pg_catalog.count(*), pg_catalog.max(d.dictionary_id)"
			  " FROM mailroom.archive_dictionary d WHERE d.issuer_id = $1 AND d.template = $2"
			  " AND d.template_version = $3 AND d.media = $4",
			  INT8OID, TEXTOID, INT4OID, TEXTOID);

static void start_session_cache(void);
static void hash_parts(const VolumeDictionary *parts, const char *structure,
					   size_t structure_length, uint8 out[HASH_BYTES]);
static const VolumeTemplate *load_structure(const Port *port, const char *bytes, size_t length);
static ArchiveDictionary *cache_row(ArchiveDictionaries *cache, SPITupleTable *table, uint64 row);
static void keep_for_session(int64 issuer_id, const ArchiveDictionary *loaded,
							 const char *structure, size_t structure_length);
static char *copy_bytes(ArchiveDictionaries *cache, Datum value, size_t *length);

#define DICTIONARY_COLUMNS \
	"dictionary_id, shared, preset, dictionary_hash, samples, ratio_permille, structure"
#define COLUMN_COUNT 7

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
	cache->port = port_server(context);
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
	session_port = port_server(session_context);
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

const char *
archive_media(const char *bytes, size_t length)
{
	if (length > 4 && memcmp(bytes, "%PDF", 4) == 0)
		return "pdf";
	/* our e-mails start with it: they carry a whole document, so others learn nothing from them */
	if (length > 12 && memcmp(bytes, "Message-ID: ", 12) == 0)
		return "mail";
	return length > 0 && bytes[0] == '<' ? "tags" : "other";
}

const ArchiveDictionary *
archive_template_dictionary(ArchiveDictionaries *cache, const char *template, int32 version,
							const char *media, int64 *generations)
{
	Datum values[4] = {Int64GetDatum(cache->issuer_id), CStringGetTextDatum(template),
					   Int32GetDatum(version), CStringGetTextDatum(media)};
	bool isnull;
	int64 id;

	(void) statement_run(&find_generations, values, NULL);
	*generations =
		DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	return isnull ? NULL : archive_find_dictionary(cache, id);
}

static Datum
bytes_datum(const char *bytes, size_t length)
{
	return PointerGetDatum(cstring_to_text_with_len(bytes, (int) length));
}

/* Inserts the row and loads it. */
static ArchiveDictionary *
insert_dictionary(ArchiveDictionaries *cache, const char *template, int32 version,
				  const char *media, int samples, int ratio_permille, const ByteBuffer *shared,
				  const ByteBuffer *preset, const ByteBuffer *structure)
{
	VolumeDictionary parts = {shared->bytes, shared->length, preset->bytes, preset->length, NULL};
	Oid types[10] = {INT8OID, TEXTOID,	INT4OID,  TEXTOID,	INT4OID,
					 INT4OID, BYTEAOID, BYTEAOID, BYTEAOID, BYTEAOID};
	char nulls[11] = "          ";
	Datum values[10];
	uint8 hash[HASH_BYTES];

	hash_parts(&parts, structure->bytes, structure->length, hash);
	values[0] = Int64GetDatum(cache->issuer_id);
	values[1] = CStringGetTextDatum(template);
	values[2] = Int32GetDatum(version);
	values[3] = CStringGetTextDatum(media);
	values[4] = Int32GetDatum(samples);
	values[5] = Int32GetDatum(ratio_permille);
	values[6] = bytes_datum(shared->bytes, shared->length);
	values[7] = bytes_datum(preset->bytes, preset->length);
	values[8] = bytes_datum(structure->bytes, structure->length);
	nulls[8] = structure->length == 0 ? 'n' : ' ';
	values[9] = bytes_datum((char *) hash, HASH_BYTES);
	if (SPI_execute_with_args(
			"INSERT INTO mailroom.archive_dictionary (issuer_id, template, template_version,"
			" media, samples, ratio_permille, shared, preset, structure, dictionary_hash,"
			" created_at)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, mailroom.now())"
			" RETURNING " DICTIONARY_COLUMNS,
			10, types, values, nulls, false, 0) != SPI_OK_INSERT_RETURNING ||
		SPI_processed != 1)
		elog(ERROR, "could not store an archive dictionary");
	return cache_row(cache, SPI_tuptable, 0);
}

/* Not each time the same: kinds of documents may come by turns. */
static int
pick_offset(int sample, int stride)
{
	return stride < 2 ? 0 : (int) (((uint32) sample * 2654435761U >> 16) % (uint32) stride);
}

/* Learns from documents spread evenly over those given, and stores the row. */
const ArchiveDictionary *
archive_learn_dictionary(ArchiveDictionaries *cache, const char *template, int32 version,
						 const char *media, const char *const *documents, const size_t *lengths,
						 int count)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "archive learning", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Port port = port_server(context);
	const char *sample[MOST_SAMPLES];
	size_t sample_length[MOST_SAMPLES];
	int samples = Min(count, strcmp(media, "tags") == 0 ? MOST_SAMPLES : MOST_SAMPLES_OTHER);
	ByteBuffer shared, preset, structure;
	int ratio_permille;
	PortFault fault = {0};
	PortStatus status;
	ArchiveDictionary *learnt;

	for (int i = 0; i < samples; i++)
	{
		int pick = (int) ((int64) i * count / samples) + pick_offset(i, count / samples);

		sample[i] = documents[pick];
		sample_length[i] = Min(lengths[pick], MOST_SAMPLE_BYTES);
	}
	buffer_init(&shared, &port);
	buffer_init(&preset, &port);
	buffer_init(&structure, &port);
	status = volume_learn(&port, sample, sample_length, samples, &shared, &preset, &structure,
						  &ratio_permille);
	port_raise(status, &fault, ERRCODE_INTERNAL_ERROR, "an archive dictionary");
	learnt = insert_dictionary(cache, template, version, media, samples, ratio_permille, &shared,
							   &preset, &structure);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return learnt;
}

static void
hash_length(HashStream *stream, size_t length)
{
	uint8 head[8];

	for (int i = 0; i < 8; i++)
		head[i] = (uint8) ((uint64) length >> (56 - 8 * i));
	hash_stream_add(stream, head, sizeof(head));
}

/*
 * Without a structure: H(length of shared as 8 bytes, most significant first; shared; preset); with
 * one: H(0x03, length of shared, shared, length of preset, preset, structure).
 */
static void
hash_parts(const VolumeDictionary *parts, const char *structure, size_t structure_length,
		   uint8 out[HASH_BYTES])
{
	HashStream *stream = hash_stream_start();

	if (structure_length > 0)
		hash_stream_add(stream, "\003", 1);
	hash_length(stream, parts->shared_length);
	hash_stream_add(stream, parts->shared, parts->shared_length);
	if (structure_length > 0)
		hash_length(stream, parts->preset_length);
	hash_stream_add(stream, parts->preset, parts->preset_length);
	if (structure_length > 0)
		hash_stream_add(stream, structure, structure_length);
	hash_stream_finish(stream, out);
}

/* NULL when the bytes are broken. */
static const VolumeTemplate *
load_structure(const Port *port, const char *bytes, size_t length)
{
	VolumeTemplate *loaded;
	PortFault fault = {0};
	PortStatus status = volume_template_load(port, bytes, length, &loaded);

	if (status == PORT_INVALID)
		return NULL;
	port_raise(status, &fault, ERRCODE_INTERNAL_ERROR, "an archive dictionary");
	return loaded;
}

static ArchiveDictionary *
cache_row(ArchiveDictionaries *cache, SPITupleTable *table, uint64 row)
{
	Datum columns[COLUMN_COUNT];
	bool isnull;
	int64 id;
	size_t hash_length, structure_length = 0;
	char *row_hash, *structure = NULL;
	ArchiveDictionary loaded = {0};
	ArchiveDictionary *entry;

	for (int i = 0; i < COLUMN_COUNT; i++)
	{
		columns[i] = SPI_getbinval(table->vals[row], table->tupdesc, i + 1, &isnull);
		if (isnull && i < COLUMN_COUNT - 1)
			elog(ERROR, "archive dictionary has a null");
	}
	id = DatumGetInt64(columns[0]);
	loaded.parts.shared = copy_bytes(cache, columns[1], &loaded.parts.shared_length);
	loaded.parts.preset = copy_bytes(cache, columns[2], &loaded.parts.preset_length);
	row_hash = copy_bytes(cache, columns[3], &hash_length);
	if (!isnull)
		structure = copy_bytes(cache, columns[6], &structure_length);
	hash_parts(&loaded.parts, structure, structure_length, loaded.hash);
	loaded.damaged = hash_length != HASH_BYTES || memcmp(loaded.hash, row_hash, HASH_BYTES) != 0;
	if (structure_length > 0)
	{
		loaded.parts.template = load_structure(&cache->port, structure, structure_length);
		loaded.damaged |= loaded.parts.template == NULL;
	}
	loaded.samples = DatumGetInt32(columns[4]);
	loaded.ratio_permille = DatumGetInt32(columns[5]);

	loaded.id = id;
	entry = hash_search(cache->by_id, &id, HASH_ENTER, NULL);
	*entry = loaded;
	if (!cache->check && !loaded.damaged)
		keep_for_session(cache->issuer_id, &loaded, structure, structure_length);
	return entry;
}

static void
keep_for_session(int64 issuer_id, const ArchiveDictionary *loaded, const char *structure,
				 size_t structure_length)
{
	SessionKey key = {issuer_id, loaded->id};
	SessionDictionary *kept;
	size_t shared_length = loaded->parts.shared_length;
	size_t preset_length = loaded->parts.preset_length;
	char *bytes = MemoryContextAlloc(session_context, shared_length + preset_length + 1);
	const VolumeTemplate *template =
		structure_length == 0 ? NULL : load_structure(&session_port, structure, structure_length);

	memcpy(bytes, loaded->parts.shared, shared_length);
	memcpy(bytes + shared_length, loaded->parts.preset, preset_length);
	kept = hash_search(session_cache, &key, HASH_ENTER, NULL);
	kept->dictionary = *loaded;
	kept->dictionary.parts.shared = bytes;
	kept->dictionary.parts.preset = bytes + shared_length;
	kept->dictionary.parts.template = template;
	session_bytes += shared_length + preset_length + structure_length * LOADED_STRUCTURE;
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
