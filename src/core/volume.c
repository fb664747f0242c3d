/*
 * volume.c: packs and unpacks documents.  The format is told in volume.h.
 */
#include "core/volume.h"

#include "core/deflate.h"
#include "core/volume_match.h"

#include <string.h>

/* one less than usual: the last half per mille of size costs a tenth of the time */
#define DEFLATE_LEVEL 5
/* A document of which its template leaves more than this part is tried with deflate as well. */
#define POOR_FIT 12

enum
{
	FORM_PLAIN = 0,
	FORM_PACKED = 1,
	FORM_TEMPLATE = 2
};

struct VolumePacker
{
	const Port *port;
	VolumeDictionary dictionary;
	VolumeMatcher *matcher;
	Deflater *deflater;
	TemplatePacker *template; /* NULL: none */
	ByteBuffer copies;
	ByteBuffer rest; /* number of copies, copies, literals */
	ByteBuffer literals;
};

struct VolumeUnpacker
{
	const Port *port;
	Inflater *inflater;
	TemplateUnpacker *template;
	ByteBuffer rest;
};

/* Reads base-128 numbers; a fault is remembered. */
typedef struct NumberReader
{
	const char *next;
	const char *end;
	bool failed;
} NumberReader;

static void
add_number(ByteBuffer *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buffer_append_char(out, (char) (value | 0x80));
	buffer_append_char(out, (char) value);
}

static uint64_t
read_number(NumberReader *reader)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 63; shift += 7)
	{
		uint8_t byte;

		if (reader->next == reader->end)
			break;
		byte = (uint8_t) *reader->next++;
		value |= (uint64_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	reader->failed = true;
	return 0;
}

VolumePacker *
volume_packer_open(const Port *port, const VolumeDictionary *dictionary)
{
	VolumePacker *packer = port->alloc(port->host, sizeof(VolumePacker));

	if (packer == NULL)
		return NULL;
	packer->port = port;
	packer->dictionary = *dictionary;
	packer->matcher = volume_matcher_open(port, dictionary->shared, dictionary->shared_length);
	packer->deflater = deflater_open(port, DEFLATE_RAW, DEFLATE_LEVEL);
	packer->template =
		dictionary->template == NULL ? NULL : template_packer_open(port, dictionary->template);
	buffer_init(&packer->copies, port);
	buffer_init(&packer->rest, port);
	buffer_init(&packer->literals, port);
	if (packer->matcher == NULL || packer->deflater == NULL ||
		(packer->template == NULL && dictionary->template != NULL))
	{
		volume_packer_close(packer);
		return NULL;
	}
	return packer;
}

void
volume_packer_close(VolumePacker *packer)
{
	if (packer == NULL)
		return;
	volume_matcher_close(packer->matcher);
	deflater_close(packer->deflater);
	template_packer_close(packer->template);
	buffer_release(&packer->copies);
	buffer_release(&packer->rest);
	buffer_release(&packer->literals);
	packer->port->release(packer->port->host, packer);
}

/* Fills packer->rest with what deflate shall see. */
static PortStatus
take_copies_out(VolumePacker *packer, const char *bytes, size_t length)
{
	size_t at = 0;
	size_t expected = 0;
	uint64_t count = 0;
	VolumeCopy copy;

	buffer_reset(&packer->copies);
	buffer_reset(&packer->rest);
	buffer_reset(&packer->literals);
	while (volume_match_next(packer->matcher, bytes, length, at, &copy))
	{
		int64_t jump = (int64_t) copy.from - (int64_t) expected;

		if (packer->port->interrupted(packer->port->host))
			return PORT_INTERRUPTED;
		add_number(&packer->copies, copy.at - at);
		add_number(&packer->copies, copy.length);
		add_number(&packer->copies, ((uint64_t) jump << 1) ^ (uint64_t) (jump >> 63));
		buffer_append(&packer->literals, bytes + at, copy.at - at);
		at = copy.at + copy.length;
		expected = copy.from + copy.length;
		count++;
	}
	buffer_append(&packer->literals, bytes + at, length - at);
	add_number(&packer->rest, count);
	buffer_append(&packer->rest, packer->copies.bytes, packer->copies.length);
	buffer_append(&packer->rest, packer->literals.bytes, packer->literals.length);
	return buffer_failed(&packer->rest) || buffer_failed(&packer->copies) ||
				   buffer_failed(&packer->literals)
			   ? PORT_NO_MEMORY
			   : PORT_OK;
}

/* Appends the document as copies and deflated literals. */
static PortStatus
pack_deflated(VolumePacker *packer, const char *bytes, size_t length, ByteBuffer *out)
{
	const VolumeDictionary *dictionary = &packer->dictionary;
	PortStatus status = take_copies_out(packer, bytes, length);

	if (status != PORT_OK)
		return status;
	buffer_append_char(out, FORM_PACKED);
	return deflater_run(packer->deflater, dictionary->preset_length > 0 ? dictionary->preset : NULL,
						dictionary->preset_length, packer->rest.bytes, packer->rest.length, out);
}

/* Appends the document's values, or nothing when it is not of the template. */
static PortStatus
pack_values(VolumePacker *packer, const char *bytes, size_t length, ByteBuffer *out)
{
	size_t start = out->length;
	PortStatus status;

	if (packer->template == NULL || length == 0)
		return PORT_OK;
	buffer_append_char(out, FORM_TEMPLATE);
	status = template_pack(packer->template, bytes, length, out);
	if (status == PORT_OK)
		return PORT_OK;
	out->length = start;
	return status == PORT_TOO_LARGE ? PORT_OK : status;
}

PortStatus
volume_pack(VolumePacker *packer, const char *bytes, size_t length, ByteBuffer *out)
{
	size_t start = out->length;
	PortStatus status = pack_values(packer, bytes, length, out);
	size_t values = out->length - start;

	if (status == PORT_OK && (values == 0 || values > length / POOR_FIT))
	{
		status = pack_deflated(packer, bytes, length, out);
		if (status == PORT_OK && values > 0 && out->length - start - values >= values)
			out->length = start + values;
		else if (status == PORT_OK && values > 0)
		{
			memmove(out->bytes + start, out->bytes + start + values, out->length - start - values);
			out->length -= values;
		}
	}
	if (status != PORT_OK)
		return status;
	if (out->length - start > length)
	{
		out->length = start;
		buffer_append_char(out, FORM_PLAIN);
		buffer_append(out, bytes, length);
	}
	return buffer_failed(out) ? PORT_NO_MEMORY : PORT_OK;
}

VolumeUnpacker *
volume_unpacker_open(const Port *port)
{
	VolumeUnpacker *unpacker = port->alloc(port->host, sizeof(VolumeUnpacker));

	if (unpacker == NULL)
		return NULL;
	unpacker->port = port;
	buffer_init(&unpacker->rest, port);
	unpacker->inflater = NULL; /* opened for the first document that needs it */
	unpacker->template = template_unpacker_open(port);
	if (unpacker->template == NULL)
	{
		port->release(port->host, unpacker);
		return NULL;
	}
	return unpacker;
}

void
volume_unpacker_close(VolumeUnpacker *unpacker)
{
	if (unpacker == NULL)
		return;
	inflater_close(unpacker->inflater);
	template_unpacker_close(unpacker->template);
	buffer_release(&unpacker->rest);
	unpacker->port->release(unpacker->port->host, unpacker);
}

/* Every length is checked against what is left, so that broken input cannot reach outside. */
static PortStatus
put_copies_back(const ByteBuffer *rest, const VolumeDictionary *dictionary, size_t content_length,
				ByteBuffer *out)
{
	NumberReader copies = {rest->bytes, rest->bytes + rest->length, false};
	NumberReader skip;
	uint64_t count = read_number(&copies);
	uint64_t position = 0;
	const char *literals;
	size_t literals_left;

	/* the literals begin after the last copy's numbers */
	skip = copies;
	for (uint64_t i = 0; i < count * 3 && !skip.failed; i++)
		read_number(&skip);
	if (copies.failed || skip.failed || count > rest->length)
		return PORT_INVALID;
	literals = skip.next;
	literals_left = (size_t) (skip.end - skip.next);
	if (content_length > 0 && buffer_reserve(out, content_length) == NULL)
		return PORT_NO_MEMORY;
	for (uint64_t i = 0; i < count; i++)
	{
		uint64_t before = read_number(&copies);
		uint64_t length = read_number(&copies);
		uint64_t jump = read_number(&copies);

		position += (jump >> 1) ^ (0 - (jump & 1));
		if (before > literals_left || before > content_length || length > content_length - before ||
			position > dictionary->shared_length || length > dictionary->shared_length - position)
			return PORT_INVALID;
		buffer_append(out, literals, before);
		buffer_append(out, dictionary->shared + position, length);
		literals += before;
		literals_left -= before;
		content_length -= before + length;
		position += length;
	}
	if (literals_left != content_length)
		return PORT_INVALID;
	buffer_append(out, literals, literals_left);
	return buffer_failed(out) ? PORT_NO_MEMORY : PORT_OK;
}

PortStatus
volume_unpack(VolumeUnpacker *unpacker, const VolumeDictionary *dictionary, const char *packed,
			  size_t packed_length, size_t content_length, ByteBuffer *out)
{
	size_t limit;
	PortStatus status;

	if (packed_length == 0)
		return PORT_INVALID;
	if (packed[0] == FORM_PLAIN)
	{
		if (packed_length - 1 != content_length)
			return PORT_INVALID;
		buffer_append(out, packed + 1, content_length);
		return buffer_failed(out) ? PORT_NO_MEMORY : PORT_OK;
	}
	if (packed[0] == FORM_TEMPLATE && dictionary->template != NULL)
		return template_unpack(unpacker->template, dictionary->template, packed + 1,
							   packed_length - 1, content_length, out);
	if (packed[0] != FORM_PACKED)
		return PORT_INVALID;

	/* the numbers of a copy take less than what it copies, so the rest is hardly over the content
	 */
	limit = content_length + 64;
	if (unpacker->inflater == NULL)
		unpacker->inflater = inflater_open(unpacker->port, DEFLATE_RAW);
	if (unpacker->inflater == NULL)
		return PORT_NO_MEMORY;
	buffer_reset(&unpacker->rest);
	status = inflater_run(
		unpacker->inflater, dictionary->preset_length > 0 ? dictionary->preset : NULL,
		dictionary->preset_length, packed + 1, packed_length - 1, limit, &unpacker->rest);
	if (status == PORT_TOO_LARGE)
		return PORT_INVALID;
	if (status != PORT_OK)
		return status;
	return put_copies_back(&unpacker->rest, dictionary, content_length, out);
}
