/*
 * zipwrite.c: ZIP files as a stream.
 *
 * Records as in APPNOTE.TXT 4.3 and 4.5.3 (64-bit extra field).  Readers of local headers alone
 * (core/zipread.c) and of the directory find the same.
 */
#include "core/zipwrite.h"

#include "core/deflate.h"

#include <string.h>

#define VERSION_PLAIN 20
#define VERSION_WIDE 45
#define FLAG_UTF8 0x0800
#define METHOD_STORED 0
#define METHOD_DEFLATED 8
#define LIMIT_16 0xffffu
#define LIMIT_32 0xffffffffu

struct ZipWriter
{
	const Port *port;
	ByteBuffer *out;
	ByteBuffer *directory;
	Deflater *deflater;
	ByteBuffer packed;
	uint32_t date;
	uint64_t offset; /* bytes of local headers and members so far */
	uint64_t directory_bytes;
	uint64_t members;
};

static void
put(ByteBuffer *buffer, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buffer_append_char(buffer, (char) (value >> (8 * i)));
}

static uint64_t
clamp32(uint64_t value)
{
	return value >= LIMIT_32 ? LIMIT_32 : value;
}

/* 2100 is none, and the field ends in 2107. */
static bool
is_leap(int year)
{
	return year % 4 == 0 && year != 2100;
}

/* Days since 1980-01-01 as year since 1980, month and day in 7, 4 and 5 bits. */
static uint32_t
dos_date(int day)
{
	static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = 1980;
	int month = 1;

	if (day < 0)
		day = 0;
	for (; day >= 365 + is_leap(year); year++)
	{
		if (year == 2107)
			return dos_date(0);
		day -= 365 + is_leap(year);
	}
	for (; day >= lengths[month - 1] + (month == 2 && is_leap(year)); month++)
		day -= lengths[month - 1] + (month == 2 && is_leap(year));
	return (uint32_t) (year - 1980) << 9 | (uint32_t) month << 5 | (uint32_t) (day + 1);
}

/* From "version needed" to "length of the name", the same in both headers. */
static void
put_common(ZipWriter *writer, ByteBuffer *buffer, bool wide, int method, uint32_t crc,
		   uint64_t packed, uint64_t plain, size_t name_length)
{
	put(buffer, wide ? VERSION_WIDE : VERSION_PLAIN, 2);
	put(buffer, FLAG_UTF8, 2);
	put(buffer, (uint64_t) method, 2);
	put(buffer, 0, 2); /* 00:00 */
	put(buffer, writer->date, 2);
	put(buffer, crc, 4);
	put(buffer, packed, 4);
	put(buffer, plain, 4);
	put(buffer, name_length, 2);
}

static PortStatus
add_headers(ZipWriter *writer, const char *name, int method, uint32_t crc, uint64_t packed,
			uint64_t plain)
{
	size_t name_length = strlen(name);
	bool wide = packed >= LIMIT_32 || plain >= LIMIT_32;
	bool far = writer->offset >= LIMIT_32;
	size_t extra = (wide ? 16 : 0) + (far ? 8 : 0);
	size_t before = writer->out->length;
	size_t directory_before = writer->directory->length;

	if (name_length > LIMIT_16)
		return PORT_TOO_LARGE;
	put(writer->out, 0x04034b50, 4);
	put_common(writer, writer->out, wide, method, crc, wide ? LIMIT_32 : packed,
			   wide ? LIMIT_32 : plain, name_length);
	put(writer->out, wide ? 20 : 0, 2);
	buffer_append(writer->out, name, name_length);
	if (wide)
	{
		put(writer->out, 1, 2);
		put(writer->out, 16, 2);
		put(writer->out, plain, 8);
		put(writer->out, packed, 8);
	}

	put(writer->directory, 0x02014b50, 4);
	put(writer->directory, 3 << 8 | VERSION_WIDE, 2); /* made on Unix: the mode below counts */
	put_common(writer, writer->directory, wide || far, method, crc, wide ? LIMIT_32 : packed,
			   wide ? LIMIT_32 : plain, name_length);
	put(writer->directory, extra == 0 ? 0 : extra + 4, 2);
	put(writer->directory, 0, 2);			   /* comment */
	put(writer->directory, 0, 2);			   /* disk */
	put(writer->directory, 0, 2);			   /* internal attributes */
	put(writer->directory, 0100644u << 16, 4); /* a file that all may read */
	put(writer->directory, clamp32(writer->offset), 4);
	buffer_append(writer->directory, name, name_length);
	if (extra > 0)
	{
		put(writer->directory, 1, 2);
		put(writer->directory, extra, 2);
		if (wide)
		{
			put(writer->directory, plain, 8);
			put(writer->directory, packed, 8);
		}
		if (far)
			put(writer->directory, writer->offset, 8);
	}
	if (buffer_failed(writer->out) || buffer_failed(writer->directory))
		return PORT_NO_MEMORY;
	writer->members++;
	writer->offset += writer->out->length - before + packed;
	writer->directory_bytes += writer->directory->length - directory_before;
	return PORT_OK;
}

ZipWriter *
zip_writer_open(const Port *port, int level, int day, ByteBuffer *out, ByteBuffer *directory)
{
	ZipWriter *writer = port->alloc(port->host, sizeof(ZipWriter));

	if (writer == NULL)
		return NULL;
	memset(writer, 0, sizeof(*writer));
	writer->port = port;
	writer->out = out;
	writer->directory = directory;
	writer->date = dos_date(day);
	buffer_init(&writer->packed, port);
	writer->deflater = deflater_open(port, DEFLATE_RAW, level);
	if (writer->deflater == NULL)
	{
		port->release(port->host, writer);
		return NULL;
	}
	return writer;
}

PortStatus
zip_writer_member(ZipWriter *writer, const char *name, const void *bytes, size_t length)
{
	uint32_t crc = deflate_crc32(0, bytes, length);
	bool shorter;
	PortStatus status;

	buffer_reset(&writer->packed);
	status = deflater_run(writer->deflater, NULL, 0, bytes, length, &writer->packed);
	if (status != PORT_OK)
		return status;
	if (buffer_failed(&writer->packed))
		return PORT_NO_MEMORY;
	shorter = writer->packed.length < length;
	status = add_headers(writer, name, shorter ? METHOD_DEFLATED : METHOD_STORED, crc,
						 shorter ? writer->packed.length : length, length);
	if (status != PORT_OK)
		return status;
	if (shorter)
		buffer_append(writer->out, writer->packed.bytes, writer->packed.length);
	else if (length > 0)
		buffer_append(writer->out, bytes, length);
	return buffer_failed(writer->out) ? PORT_NO_MEMORY : PORT_OK;
}

PortStatus
zip_writer_stored(ZipWriter *writer, const char *name, uint64_t length, uint32_t crc)
{
	return add_headers(writer, name, METHOD_STORED, crc, length, length);
}

PortStatus
zip_writer_end(ZipWriter *writer)
{
	ByteBuffer *out = writer->out;
	uint64_t end = writer->offset + writer->directory_bytes;

	if (writer->members >= LIMIT_16 || writer->offset >= LIMIT_32 ||
		writer->directory_bytes >= LIMIT_32)
	{
		put(out, 0x06064b50, 4);
		put(out, 44, 8); /* bytes of this record that follow */
		put(out, 3 << 8 | VERSION_WIDE, 2);
		put(out, VERSION_WIDE, 2);
		put(out, 0, 4);
		put(out, 0, 4);
		put(out, writer->members, 8);
		put(out, writer->members, 8);
		put(out, writer->directory_bytes, 8);
		put(out, writer->offset, 8);
		put(out, 0x07064b50, 4); /* where the record above stands */
		put(out, 0, 4);
		put(out, end, 8);
		put(out, 1, 4);
	}
	put(out, 0x06054b50, 4);
	put(out, 0, 4);
	put(out, writer->members >= LIMIT_16 ? LIMIT_16 : writer->members, 2);
	put(out, writer->members >= LIMIT_16 ? LIMIT_16 : writer->members, 2);
	put(out, clamp32(writer->directory_bytes), 4);
	put(out, clamp32(writer->offset), 4);
	put(out, 0, 2);
	return buffer_failed(out) ? PORT_NO_MEMORY : PORT_OK;
}

uint64_t
zip_writer_members(const ZipWriter *writer)
{
	return writer->members;
}

void
zip_writer_close(ZipWriter *writer)
{
	if (writer == NULL)
		return;
	deflater_close(writer->deflater);
	buffer_release(&writer->packed);
	writer->port->release(writer->port->host, writer);
}
