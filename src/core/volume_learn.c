/*
 * volume_learn.c: learns a dictionary from sample documents.
 *
 * The samples are split: what the first half offers is kept only as far as the second half uses it,
 * so that values (names, amounts, compressed page contents) do not settle in the dictionary.  With
 * fewer than four samples there is nothing to compare with and the smallest document is kept whole:
 * it holds every shared piece, because each document can be read by itself.
 */
#include "core/volume.h"
#include "core/volume_match.h"
#include "core/volume_template_model.h"

#include <string.h>

/* Pieces nearer than this are kept together: a copy's numbers cost about as much. */
#define JOIN_GAP 64
/* Literals shorter than this are left to deflate. */
#define LONG_LITERAL 128
/* Samples beyond these teach a dictionary nothing new; a template counts in all. */
#define MOST_SAMPLES 32
/* A template under which samples shrink less is none: a dictionary does as well, and reads faster.
 */
#define POOR_TEMPLATE 20
/* Of the preset dictionary beside a template. */
#define ODD_PRESET_BYTES (8 * 1024)

typedef struct Samples
{
	const Port *port;
	const char *const *documents;
	const size_t *lengths;
	int count;
} Samples;

static int
smallest_sample(const Samples *samples)
{
	int best = 0;

	for (int i = 1; i < samples->count; i++)
		if (samples->lengths[i] < samples->lengths[best])
			best = i;
	return best;
}

/* Appends to shared the long literals of a document, as far as there is room. */
static PortStatus
offer_literals(const Samples *samples, int number, ByteBuffer *shared)
{
	const char *bytes = samples->documents[number];
	size_t length = samples->lengths[number];
	size_t at = 0;
	VolumeMatcher *matcher = volume_matcher_open(samples->port, shared->bytes, shared->length);
	ByteBuffer fresh;
	bool more = true;

	if (matcher == NULL)
		return PORT_NO_MEMORY;
	buffer_init(&fresh, samples->port);
	while (more)
	{
		VolumeCopy copy = {.at = length};
		size_t room = VOLUME_SHARED_BYTES - shared->length - fresh.length;

		more = volume_match_next(matcher, bytes, length, at, &copy);
		if (copy.at - at >= LONG_LITERAL)
			buffer_append(&fresh, bytes + at, copy.at - at < room ? copy.at - at : room);
		at = copy.at + copy.length;
	}
	volume_matcher_close(matcher);
	buffer_append(shared, fresh.bytes, fresh.length);
	if (buffer_failed(&fresh))
		shared->failed = true;
	buffer_release(&fresh);
	return buffer_failed(shared) ? PORT_NO_MEMORY : PORT_OK;
}

static PortStatus
mark_used(const Samples *samples, int number, const ByteBuffer *shared, char *used)
{
	const char *bytes = samples->documents[number];
	size_t length = samples->lengths[number];
	size_t at = 0;
	VolumeCopy copy;
	VolumeMatcher *matcher = volume_matcher_open(samples->port, shared->bytes, shared->length);

	if (matcher == NULL)
		return PORT_NO_MEMORY;
	while (volume_match_next(matcher, bytes, length, at, &copy))
	{
		memset(used + copy.from, 1, copy.length);
		at = copy.at + copy.length;
	}
	volume_matcher_close(matcher);
	return PORT_OK;
}

/* Drops what is not used, in place. */
static void
keep_used(ByteBuffer *shared, const char *used)
{
	size_t kept = 0;
	size_t at = 0;

	while (at < shared->length)
	{
		size_t end = at;
		size_t gap = 0;

		if (!used[at])
		{
			at++;
			continue;
		}
		while (end < shared->length && gap < JOIN_GAP)
			gap = used[end++] ? 0 : gap + 1;
		end -= gap;
		memmove(shared->bytes + kept, shared->bytes + at, end - at);
		kept += end - at;
		at = end + gap;
	}
	shared->length = kept;
}

static PortStatus
learn_shared(const Samples *samples, ByteBuffer *shared)
{
	int base = smallest_sample(samples);
	size_t length = samples->lengths[base];
	int half = samples->count / 2;
	PortStatus status = PORT_OK;
	char *used;

	buffer_append(shared, samples->documents[base],
				  length < VOLUME_SHARED_BYTES ? length : VOLUME_SHARED_BYTES);
	if (buffer_failed(shared))
		return PORT_NO_MEMORY;
	if (samples->count < 4)
		return PORT_OK;
	for (int i = 0; i < half && status == PORT_OK; i++)
		if (i != base)
			status = offer_literals(samples, i, shared);
	if (status != PORT_OK)
		return status;
	used = samples->port->alloc(samples->port->host, shared->length);
	if (used == NULL)
		return PORT_NO_MEMORY;
	memset(used, 0, shared->length);
	for (int i = half; i < samples->count && status == PORT_OK; i++)
		if (i != base)
			status = mark_used(samples, i, shared, used);
	if (status == PORT_OK)
		keep_used(shared, used);
	samples->port->release(samples->port->host, used);
	return status;
}

/* Sum of the packed sizes of samples first to last - 1. */
static PortStatus
measure(const Samples *samples, const VolumeDictionary *dictionary, int first, int last,
		size_t *packed_bytes)
{
	VolumePacker *packer = volume_packer_open(samples->port, dictionary);
	PortStatus status = packer == NULL ? PORT_NO_MEMORY : PORT_OK;
	ByteBuffer out;

	*packed_bytes = 0;
	buffer_init(&out, samples->port);
	for (int i = first; i < last && status == PORT_OK; i++)
	{
		buffer_reset(&out);
		status = volume_pack(packer, samples->documents[i], samples->lengths[i], &out);
		*packed_bytes += out.length;
	}
	buffer_release(&out);
	volume_packer_close(packer);
	return status;
}

/* What deflate would see of the first samples, latest last because near matches are cheaper. */
static PortStatus
collect_rest(const Samples *samples, int last, const ByteBuffer *shared, ByteBuffer *rest)
{
	VolumeMatcher *matcher = volume_matcher_open(samples->port, shared->bytes, shared->length);

	if (matcher == NULL)
		return PORT_NO_MEMORY;
	for (int i = 0; i < last; i++)
	{
		size_t at = 0;
		VolumeCopy copy;

		while (volume_match_next(matcher, samples->documents[i], samples->lengths[i], at, &copy))
		{
			buffer_append(rest, samples->documents[i] + at, copy.at - at);
			at = copy.at + copy.length;
		}
		buffer_append(rest, samples->documents[i] + at, samples->lengths[i] - at);
	}
	volume_matcher_close(matcher);
	return buffer_failed(rest) ? PORT_NO_MEMORY : PORT_OK;
}

/*
 * Tries some sizes on the second half of the samples: a preset costs time at every document, so a
 * larger one must save at least a fiftieth.
 */
static PortStatus
choose_preset(const Samples *samples, const ByteBuffer *shared, const ByteBuffer *rest,
			  ByteBuffer *preset, size_t *best_bytes)
{
	static const size_t sizes[] = {4 * 1024, 16 * 1024, VOLUME_PRESET_BYTES};
	int half = samples->count / 2;
	VolumeDictionary dictionary = {shared->bytes, shared->length, NULL, 0, NULL};
	PortStatus status = measure(samples, &dictionary, half, samples->count, best_bytes);
	size_t best_length = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && status == PORT_OK; i++)
	{
		size_t bytes;

		dictionary.preset_length = rest->length < sizes[i] ? rest->length : sizes[i];
		if (dictionary.preset_length <= best_length)
			break;
		dictionary.preset = rest->bytes + rest->length - dictionary.preset_length;
		status = measure(samples, &dictionary, half, samples->count, &bytes);
		if (status == PORT_OK && bytes < *best_bytes - *best_bytes / 50)
		{
			*best_bytes = bytes;
			best_length = dictionary.preset_length;
		}
	}
	buffer_append(preset, rest->bytes + rest->length - best_length, best_length);
	return status == PORT_OK && buffer_failed(preset) ? PORT_NO_MEMORY : status;
}

/* What all samples cost with a template alone. */
static PortStatus
measure_template(const Samples *samples, const ByteBuffer *template, size_t *packed_bytes)
{
	VolumeDictionary dictionary = {NULL, 0, NULL, 0, NULL};
	VolumeTemplate *loaded;
	PortStatus status =
		volume_template_load(samples->port, template->bytes, template->length, &loaded);

	if (status != PORT_OK)
		return status;
	dictionary.template = loaded;
	status = measure(samples, &dictionary, 0, samples->count, packed_bytes);
	volume_template_release(loaded);
	return status;
}

static size_t
sum_lengths(const Samples *samples, int first)
{
	size_t sum = 0;

	for (int i = first; i < samples->count; i++)
		sum += samples->lengths[i];
	return sum;
}

static PortStatus
learn_dictionary(const Samples *samples, ByteBuffer *shared, ByteBuffer *preset,
				 size_t *packed_bytes)
{
	ByteBuffer rest;
	PortStatus status = learn_shared(samples, shared);

	buffer_init(&rest, samples->port);
	if (status == PORT_OK)
		status = collect_rest(samples, samples->count / 2, shared, &rest);
	if (status == PORT_OK)
		status = choose_preset(samples, shared, &rest, preset, packed_bytes);
	buffer_release(&rest);
	return status;
}

/*
 * Beside a template the preset is for the odd document only: the template's texts, so that it keeps
 * no values of the samples.
 */
static PortStatus
learn_odd_preset(const Port *port, const ByteBuffer *template, ByteBuffer *preset)
{
	VolumeTemplate *loaded;
	PortStatus status = volume_template_load(port, template->bytes, template->length, &loaded);

	if (status != PORT_OK)
		return status;
	for (uint32_t i = 0; i < loaded->state_count && preset->length < ODD_PRESET_BYTES; i++)
		buffer_append(preset, loaded->states[i].text.bytes, loaded->states[i].text.length);
	if (preset->length > ODD_PRESET_BYTES)
		preset->length = ODD_PRESET_BYTES;
	volume_template_release(loaded);
	return buffer_failed(preset) ? PORT_NO_MEMORY : PORT_OK;
}

PortStatus
volume_learn(const Port *port, const char *const *documents, const size_t *lengths, int count,
			 ByteBuffer *shared, ByteBuffer *preset, ByteBuffer *template, int *ratio_permille)
{
	Samples samples = {port, documents, lengths, count};
	size_t packed_bytes = 0, plain_bytes = sum_lengths(&samples, 0);
	size_t start = template->length;
	PortStatus status = volume_template_learn(port, documents, lengths, count, template);

	if (status == PORT_OK && template->length > start)
		status = measure_template(&samples, template, &packed_bytes);
	if (status == PORT_OK && packed_bytes > plain_bytes / POOR_TEMPLATE)
		template->length = start;
	samples.count = count < MOST_SAMPLES ? count : MOST_SAMPLES;
	if (status == PORT_OK && template->length > start)
		status = learn_odd_preset(port, template, preset);
	else if (status == PORT_OK)
	{
		status = learn_dictionary(&samples, shared, preset, &packed_bytes);
		plain_bytes = sum_lengths(&samples, samples.count / 2);
	}
	*ratio_permille = plain_bytes == 0 ? 1000 : (int) (packed_bytes * 1000 / plain_bytes);
	return status;
}
