/*
 * zipwrite_test.c: what zipwrite.c writes, zipread.c reads; 64-bit records where they are needed and nowhere else.
 * Other programs (unzip, Python) are asked in test/t/630_archive_export.pl.
 */
#include "check.h"

#include "core/deflate.h"
#include "core/zipread.h"
#include "core/zipwrite.h"

#include <stdlib.h>

typedef struct Seen
{
	int members;
	uint64_t bytes;
	uint32_t crc;
	char last[64];
} Seen;

static PortStatus
on_begin(void *state, const char *name, bool *skip)
{
	Seen *seen = state;

	seen->members++;
	snprintf(seen->last, sizeof(seen->last), "%s", name);
	return PORT_OK;
}

static PortStatus
on_bytes(void *state, const char *bytes, size_t length)
{
	Seen *seen = state;

	seen->bytes += length;
	seen->crc = deflate_crc32(seen->crc, bytes, length);
	return PORT_OK;
}

static PortStatus
on_end(void *state)
{
	return PORT_OK;
}

static PortStatus
read_back(const char *bytes, size_t length, Seen *seen, char *rule)
{
	ZipHandler handler = {seen, on_begin, on_bytes, on_end};
	ZipReader *reader = zip_reader_open(&port_malloc, (int64_t) 1 << 40, 2000, &handler);
	PortStatus status = PORT_OK;

	memset(seen, 0, sizeof(*seen));
	for (size_t at = 0; at < length && status == PORT_OK; at += 1000)
		status = zip_reader_push(reader, bytes + at, length - at < 1000 ? length - at : 1000);
	status = zip_reader_finish(reader);
	if (rule != NULL)
		snprintf(rule, 48, "%s", zip_reader_fault(reader)->rule);
	zip_reader_close(reader);
	return status;
}

static uint32_t
little(const char *at, int bytes)
{
	uint32_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint32_t) (unsigned char) at[i] << (8 * i);
	return value;
}

/* members of different kinds, whole, cut at every byte, with every bit flipped */
static void
check_small(void)
{
	Buffer out, directory;
	ZipWriter *writer;
	char text[5000];
	Seen whole, seen;
	char rule[48];
	int accepted = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char) ('a' + i % 7 * (i % 11));
	buffer_init(&out, &port_malloc);
	buffer_init(&directory, &port_malloc);
	writer = zip_writer_open(&port_malloc, 6, 17127, &out, &directory); /* 2026-11-22 */
	CHECK(zip_writer_member(writer, "empty", "", 0) == PORT_OK);
	CHECK(zip_writer_member(writer, "short", "x", 1) == PORT_OK);
	CHECK(zip_writer_member(writer, "folder/\xc3\x85se.txt", text, sizeof(text)) == PORT_OK);
	CHECK(zip_writer_stored(writer, "stored", 3, deflate_crc32(0, "abc", 3)) == PORT_OK);
	buffer_append(&out, "abc", 3);
	CHECK(zip_writer_members(writer) == 4);
	CHECK(little(out.bytes + 12, 2) == ((2026 - 1980) << 9 | 11 << 5 | 22));
	buffer_append(&out, directory.bytes, directory.length);
	CHECK(zip_writer_end(writer) == PORT_OK);
	zip_writer_close(writer);
	CHECK(out.length < 1500);
	CHECK(read_back(out.bytes, out.length, &whole, rule) == PORT_OK);
	CHECK(whole.members == 4 && whole.bytes == sizeof(text) + 4);
	CHECK_TEXT(whole.last, "stored");
	for (size_t length = 0; length < out.length - 22; length++)
		accepted += read_back(out.bytes, length, &seen, NULL) == PORT_OK;
	CHECK(accepted == 0);
	for (size_t bit = 0; bit < (out.length - directory.length - 22) * 8; bit++)
	{
		PortStatus status;

		out.bytes[bit / 8] ^= (char) (1 << bit % 8);
		status = read_back(out.bytes, out.length, &seen, NULL);
		/* only names, times and versions may change unseen */
		accepted += status == PORT_OK && (seen.bytes != whole.bytes || seen.crc != whole.crc || seen.members != whole.members);
		out.bytes[bit / 8] ^= (char) (1 << bit % 8);
	}
	CHECK(accepted == 0);
	buffer_release(&out);
	buffer_release(&directory);
}

static void
write_many(int count, Buffer *out)
{
	Buffer directory;
	ZipWriter *writer;

	buffer_init(out, &port_malloc);
	buffer_init(&directory, &port_malloc);
	writer = zip_writer_open(&port_malloc, 1, 0, out, &directory);
	for (int i = 0; i < count; i++)
	{
		char name[24];

		snprintf(name, sizeof(name), "%d", i);
		CHECK(zip_writer_member(writer, name, name, strlen(name)) == PORT_OK);
	}
	buffer_append(out, directory.bytes, directory.length);
	CHECK(zip_writer_end(writer) == PORT_OK);
	zip_writer_close(writer);
	buffer_release(&directory);
}

static void
check_counts(void)
{
	Buffer out;
	Seen seen;

	write_many(65534, &out);
	CHECK(little(out.bytes + out.length - 42, 4) != 0x07064b50);
	CHECK(little(out.bytes + out.length - 12, 2) == 65534);
	CHECK(read_back(out.bytes, out.length, &seen, NULL) == PORT_OK && seen.members == 65534);
	buffer_release(&out);
	write_many(65535, &out);
	CHECK(little(out.bytes + out.length - 42, 4) == 0x07064b50);
	CHECK(little(out.bytes + out.length - 12, 2) == 0xffff);
	CHECK(little(out.bytes + out.length - 98 + 24, 4) == 65535);
	CHECK(read_back(out.bytes, out.length, &seen, NULL) == PORT_OK && seen.members == 65535);
	buffer_release(&out);
}

/* beyond 4 GB, with the members' bytes left out: only the records are looked at */
static void
check_wide(void)
{
	Buffer out, directory;
	ZipWriter *writer;
	const char *record;
	uint64_t big = (uint64_t) 5 << 30;

	buffer_init(&out, &port_malloc);
	buffer_init(&directory, &port_malloc);
	writer = zip_writer_open(&port_malloc, 6, 0, &out, &directory);
	CHECK(zip_writer_stored(writer, "big", big, 7) == PORT_OK);
	CHECK(little(out.bytes + 18, 4) == 0xffffffff && little(out.bytes + 28, 2) == 20);
	CHECK(little(out.bytes + 37, 4) == (uint32_t) big && little(out.bytes + 41, 4) == 1);
	record = directory.bytes;
	CHECK(little(record + 30, 2) == 20 && little(record + 42, 4) == 0);
	buffer_reset(&directory);
	CHECK(zip_writer_stored(writer, "far", 0, 0) == PORT_OK);
	record = directory.bytes;
	CHECK(little(record + 6, 2) == 45 && little(record + 20, 4) == 0);
	CHECK(little(record + 30, 2) == 12 && little(record + 42, 4) == 0xffffffff);
	CHECK(little(record + 49, 2) == 1 && little(record + 51, 2) == 8 && little(record + 57, 4) == 1);
	buffer_reset(&out);
	CHECK(zip_writer_end(writer) == PORT_OK && out.length == 98);
	zip_writer_close(writer);
	buffer_release(&out);
	buffer_release(&directory);
}

int
main(void)
{
	check_small();
	check_counts();
	check_wide();
	return check_done();
}
