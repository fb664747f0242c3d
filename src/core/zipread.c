/*
 * zipread.c: ZIP members as a stream.
 *
 * A small state machine: each state either wants a fixed number of bytes in header (collect) or
 * passes data on.
 */
#include "core/zipread.h"

#include "core/deflate.h"

#include <string.h>

#define HEADER_BYTES 30
#define NAME_LIMIT 512
#define EXTRA_LIMIT 4096
#define FREE_GROWTH (1024 * 1024)
#define OUT_BYTES (64 * 1024)

#define SIGNATURE_LOCAL 0x04034b50u
#define SIGNATURE_CENTRAL 0x02014b50u
#define SIGNATURE_END 0x06054b50u
#define SIGNATURE_END64 0x06064b50u
#define SIGNATURE_DESCRIPTOR 0x08074b50u

typedef enum ZipState
{
	ZIP_SIGNATURE,
	ZIP_HEADER,
	ZIP_NAME,
	ZIP_STORED,
	ZIP_DEFLATED,
	ZIP_DESCRIPTOR,
	ZIP_DIRECTORY /* the central directory: only its end is looked for */
} ZipState;

struct ZipReader
{
	const Port *port;
	ZipHandler handler;
	int64_t total_limit, total;
	int ratio;
	PortStatus status;
	PortFault fault;
	ZipState state;
	unsigned char header[HEADER_BYTES + NAME_LIMIT + EXTRA_LIMIT];
	size_t have, want;
	int64_t position;
	Inflater *inflater;
	ByteBuffer out;
	char name[NAME_LIMIT + 1];
	bool skip, sizes_follow, wide;
	uint32_t crc, stated_crc;
	int64_t packed, stated_packed, plain, stated_plain;
	uint32_t window; /* last four bytes of the directory */
	bool ended;
};

static uint32_t
get32(const unsigned char *at)
{
	return (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 |
		   (uint32_t) at[3] << 24;
}

static uint32_t
get16(const unsigned char *at)
{
	return (uint32_t) at[0] | (uint32_t) at[1] << 8;
}

static int64_t
get64(const unsigned char *at)
{
	return (int64_t) ((uint64_t) get32(at) | (uint64_t) get32(at + 4) << 32);
}

#define refuse(reader, status_, ...) \
	((reader)->status = port_fault(&(reader)->fault, status_, __VA_ARGS__))

static void
expect(ZipReader *reader, ZipState state, size_t want)
{
	reader->state = state;
	reader->want = want;
	if (state == ZIP_SIGNATURE || state == ZIP_DESCRIPTOR)
		reader->have = 0;
}

static void
finish_member(ZipReader *reader)
{
	if (reader->crc != reader->stated_crc)
		refuse(reader, PORT_INVALID, "ZIP-CRC", "member \"%.100s\" does not match its checksum",
			   reader->name);
	else if (reader->plain != reader->stated_plain || reader->packed != reader->stated_packed)
		refuse(reader, PORT_INVALID, "ZIP-SYNTAX",
			   "member \"%.100s\" does not have its stated size", reader->name);
	else if (!reader->skip)
		reader->status = reader->handler.end(reader->handler.state);
	expect(reader, ZIP_SIGNATURE, 4);
}

static void
take_descriptor(ZipReader *reader)
{
	const unsigned char *at = reader->header;

	/* the signature is optional */
	if (get32(at) == SIGNATURE_DESCRIPTOR)
	{
		size_t whole = reader->wide ? 24 : 16;

		if (reader->have < whole)
		{
			reader->want = whole;
			return;
		}
		at += 4;
	}
	reader->stated_crc = get32(at);
	reader->stated_packed = reader->wide ? get64(at + 4) : (int64_t) get32(at + 4);
	reader->stated_plain = reader->wide ? get64(at + 12) : (int64_t) get32(at + 8);
	finish_member(reader);
}

static void
end_data(ZipReader *reader)
{
	if (reader->sizes_follow)
		expect(reader, ZIP_DESCRIPTOR, reader->wide ? 20 : 12);
	else
		finish_member(reader);
}

/* The 64-bit sizes in the extra field, if there. */
static void
take_extra(ZipReader *reader, const unsigned char *at, size_t length)
{
	while (length >= 4)
	{
		size_t size = get16(at + 2);

		if (size > length - 4)
			return;
		if (get16(at) == 1)
		{
			reader->wide = true;
			if (size >= 16 && reader->stated_plain == 0xffffffffLL)
			{
				reader->stated_plain = get64(at + 4);
				reader->stated_packed = get64(at + 12);
			}
			return;
		}
		at += 4 + size;
		length -= 4 + size;
	}
}

static void
begin_member(ZipReader *reader)
{
	const unsigned char *header = reader->header;
	size_t name_length = get16(header + 26), extra_length = get16(header + 28);
	int method = (int) get16(header + 8);

	memcpy(reader->name, header + HEADER_BYTES, name_length);
	reader->name[name_length] = '\0';
	reader->sizes_follow = (get16(header + 6) & 8) != 0;
	reader->stated_crc = get32(header + 14);
	reader->stated_packed = get32(header + 18);
	reader->stated_plain = get32(header + 22);
	reader->crc = 0;
	reader->packed = reader->plain = 0;
	reader->wide = false;
	take_extra(reader, header + HEADER_BYTES + name_length, extra_length);
	reader->have = 0;
	if ((get16(header + 6) & 1) != 0)
		refuse(reader, PORT_INVALID, "ZIP-ENCRYPTED", "member \"%.100s\" is encrypted",
			   reader->name);
	else if (method != 0 && method != 8)
		refuse(reader, PORT_INVALID, "ZIP-METHOD", "member \"%.100s\" uses compression method %d",
			   reader->name, method);
	else if (method == 0 && reader->sizes_follow)
		refuse(reader, PORT_INVALID, "ZIP-METHOD", "member \"%.100s\" is stored without its size",
			   reader->name);
	else if (reader->stated_packed < 0 || reader->stated_plain < 0)
		refuse(reader, PORT_INVALID, "ZIP-SYNTAX", "member \"%.100s\" has an impossible size",
			   reader->name);
	if (reader->status != PORT_OK)
		return;
	reader->skip = false;
	reader->status = reader->handler.begin(reader->handler.state, reader->name, &reader->skip);
	if (reader->status == PORT_OK && method == 8)
		reader->status = inflater_start(reader->inflater);
	expect(reader, method == 8 ? ZIP_DEFLATED : ZIP_STORED, 0);
	if (reader->status == PORT_OK && method == 0 && reader->stated_packed == 0)
		end_data(reader);
}

static void
take_header(ZipReader *reader)
{
	size_t name_length = get16(reader->header + 26), extra_length = get16(reader->header + 28);

	if (name_length > NAME_LIMIT || extra_length > EXTRA_LIMIT)
		refuse(reader, PORT_TOO_LARGE, "ZIP-LIMIT", "a member's name or extra field is too long");
	else
		expect(reader, ZIP_NAME, HEADER_BYTES + name_length + extra_length);
}

static void
take_signature(ZipReader *reader)
{
	uint32_t signature = get32(reader->header);

	if (signature == SIGNATURE_LOCAL)
		expect(reader, ZIP_HEADER, HEADER_BYTES);
	else if (signature == SIGNATURE_CENTRAL || signature == SIGNATURE_END ||
			 signature == SIGNATURE_END64)
	{
		reader->ended = signature == SIGNATURE_END;
		expect(reader, ZIP_DIRECTORY, 0);
	}
	else
		refuse(reader, PORT_INVALID, "ZIP-SYNTAX", "no ZIP member begins here");
}

static void
hand_over(ZipReader *reader, const char *bytes, size_t length)
{
	reader->crc = deflate_crc32(reader->crc, bytes, length);
	reader->plain += (int64_t) length;
	reader->total += (int64_t) length;
	if (reader->total > reader->total_limit)
		refuse(reader, PORT_TOO_LARGE, "ZIP-LIMIT",
			   "the members are larger than %lld bytes together", (long long) reader->total_limit);
	else if (reader->plain > FREE_GROWTH && reader->plain / reader->ratio > reader->packed)
		refuse(reader, PORT_TOO_LARGE, "ZIP-LIMIT",
			   "member \"%.100s\" grows to more than %d times its packed size", reader->name,
			   reader->ratio);
	else if (!reader->skip && length > 0)
		reader->status = reader->handler.bytes(reader->handler.state, bytes, length);
}

static size_t
pass_stored(ZipReader *reader, const char *bytes, size_t length)
{
	int64_t rest = reader->stated_packed - reader->packed;

	if ((int64_t) length > rest)
		length = (size_t) rest;
	reader->packed += (int64_t) length;
	hand_over(reader, bytes, length);
	if (reader->status == PORT_OK && reader->packed == reader->stated_packed)
		end_data(reader);
	return length;
}

static size_t
pass_deflated(ZipReader *reader, const char *bytes, size_t length)
{
	size_t consumed = 0;
	bool ended = false;
	PortStatus status;

	if (reader->port->interrupted(reader->port->host))
	{
		reader->status = PORT_INTERRUPTED;
		return 0;
	}
	buffer_reset(&reader->out);
	status =
		inflater_feed(reader->inflater, bytes, length, OUT_BYTES, &reader->out, &consumed, &ended);
	reader->packed += (int64_t) consumed;
	if (status == PORT_INVALID)
		refuse(reader, PORT_INVALID, "ZIP-SYNTAX", "member \"%.100s\" is damaged", reader->name);
	else if (status != PORT_OK)
		reader->status = status;
	else
		hand_over(reader, reader->out.bytes, reader->out.length);
	if (reader->status == PORT_OK && ended)
		end_data(reader);
	else if (reader->status == PORT_OK && consumed == 0 && reader->out.length == 0)
		refuse(reader, PORT_INVALID, "ZIP-SYNTAX", "member \"%.100s\" is damaged", reader->name);
	return consumed;
}

static size_t
pass_directory(ZipReader *reader, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length && !reader->ended; i++)
	{
		reader->window = reader->window >> 8 | (uint32_t) (unsigned char) bytes[i] << 24;
		reader->ended = reader->window == SIGNATURE_END;
	}
	return length;
}

static size_t
collect(ZipReader *reader, const char *bytes, size_t length)
{
	size_t missing = reader->want - reader->have;

	if (length > missing)
		length = missing;
	memcpy(reader->header + reader->have, bytes, length);
	reader->have += length;
	if (reader->have < reader->want)
		return length;
	switch (reader->state)
	{
		case ZIP_SIGNATURE:
			take_signature(reader);
			break;
		case ZIP_HEADER:
			take_header(reader);
			break;
		case ZIP_NAME:
			begin_member(reader);
			break;
		default:
			take_descriptor(reader);
			break;
	}
	return length;
}

ZipReader *
zip_reader_open(const Port *port, int64_t total, int ratio, const ZipHandler *handler)
{
	ZipReader *reader = port->alloc(port->host, sizeof(ZipReader));

	if (reader == NULL)
		return NULL;
	memset(reader, 0, sizeof(*reader));
	reader->port = port;
	reader->handler = *handler;
	reader->total_limit = total;
	reader->ratio = ratio;
	reader->fault.position = -1;
	buffer_init(&reader->out, port);
	expect(reader, ZIP_SIGNATURE, 4);
	reader->inflater = inflater_open(port, DEFLATE_RAW);
	if (reader->inflater == NULL)
	{
		port->release(port->host, reader);
		return NULL;
	}
	return reader;
}

PortStatus
zip_reader_push(ZipReader *reader, const char *bytes, size_t length)
{
	while (reader->status == PORT_OK && length > 0)
	{
		size_t used;

		switch (reader->state)
		{
			case ZIP_STORED:
				used = pass_stored(reader, bytes, length);
				break;
			case ZIP_DEFLATED:
				used = pass_deflated(reader, bytes, length);
				break;
			case ZIP_DIRECTORY:
				used = pass_directory(reader, bytes, length);
				break;
			default:
				used = collect(reader, bytes, length);
				break;
		}
		bytes += used;
		length -= used;
		reader->position += (int64_t) used;
	}
	if (reader->fault.status != PORT_OK && reader->fault.position < 0)
		reader->fault.position = reader->position;
	return reader->status;
}

PortStatus
zip_reader_finish(ZipReader *reader)
{
	if (reader->status == PORT_OK && !reader->ended)
	{
		refuse(reader, PORT_INVALID, "ZIP-TRUNCATED",
			   "the ZIP file ends before its directory does");
		reader->fault.position = reader->position;
	}
	return reader->status;
}

void
zip_reader_close(ZipReader *reader)
{
	if (reader == NULL)
		return;
	inflater_close(reader->inflater);
	buffer_release(&reader->out);
	reader->port->release(reader->port->host, reader);
}

const PortFault *
zip_reader_fault(const ZipReader *reader)
{
	return &reader->fault;
}
