/*
 * pdf_packed.c: object streams and the cross-reference stream.
 *
 * Where an object stands is one number for each: the offset in the file, or, negative, the stream
 * and the place in it.
 */
#include "core/pdf_packed.h"

#include <stdio.h>
#include <string.h>

#define DEFLATE_LEVEL 4	 /* a fifth of a long document's time less than 6, and 2 % more bytes */
#define MOST_OBJECTS 512 /* in one stream: below 1 << PLACE_BITS */
#define PLACE_BITS 10
/* Of the table: kind, offset or stream, place; and the byte that names the row's filter. */
#define ROW_BYTES 8
#define ROWS_AT_ONCE 1024

void
pdf_packer_init(PdfPacker *packer, const Port *port)
{
	memset(packer, 0, sizeof(*packer));
	buffer_init(&packer->bodies, port);
	buffer_init(&packer->heads, port);
	buffer_init(&packer->packed, port);
}

static void
empty(PdfPacker *packer)
{
	packer->count = 0;
	buffer_reset(&packer->bodies);
	buffer_reset(&packer->heads);
}

PortStatus
pdf_file_pack(PdfFile *file, PdfPacker *packer)
{
	if (packer->deflater == NULL)
		packer->deflater = deflater_open(file->port, DEFLATE_ZLIB, DEFLATE_LEVEL);
	if (packer->deflater == NULL)
		return PORT_NO_MEMORY;
	empty(packer);
	file->packer = packer;
	return PORT_OK;
}

static void
note(PdfFile *file, PortStatus status)
{
	if (file->status == PORT_OK)
		file->status = status;
}

static void
put_stream(PdfFile *file, const char *dictionary, const ByteBuffer *packed)
{
	buffer_append_text(&file->out, dictionary);
	buffer_printf(&file->out, "/Filter/FlateDecode/Length %zu>>\nstream\n", packed->length);
	buffer_append(&file->out, packed->bytes, packed->length);
	buffer_append_text(&file->out, "\nendstream\nendobj\n");
}

static void
put_objects(PdfFile *file)
{
	PdfPacker *packer = file->packer;
	ByteBuffer *packed = &packer->packed;
	char dictionary[64];
	PortStatus status;

	if (packer->count == 0 || file->status != PORT_OK)
		return;
	buffer_reset(packed);
	status = deflater_start(packer->deflater);
	if (status == PORT_OK)
		status = deflater_feed(packer->deflater, packer->heads.bytes, packer->heads.length, false,
							   packed);
	if (status == PORT_OK)
		status = deflater_feed(packer->deflater, packer->bodies.bytes, packer->bodies.length, true,
							   packed);
	if (packer->heads.failed || packer->bodies.failed)
		status = PORT_NO_MEMORY;
	if (status != PORT_OK)
		return note(file, status);
	pdf_file_open_object(file, packer->stream);
	snprintf(dictionary, sizeof(dictionary), "<</Type/ObjStm/N %d/First %zu", packer->count,
			 packer->heads.length);
	put_stream(file, dictionary, packed);
	empty(packer);
}

ByteBuffer *
pdf_file_open_small(PdfFile *file, int number)
{
	PdfPacker *packer = file->packer;

	if (packer == NULL)
	{
		pdf_file_open_object(file, number);
		return &file->out;
	}
	if (packer->count == 0)
		packer->stream = pdf_file_take_number(file);
	if (number <= file->object_count && file->offsets != NULL)
		file->offsets[number] = -((int64_t) packer->stream << PLACE_BITS | packer->count);
	buffer_append_int(&packer->heads, number);
	buffer_append_char(&packer->heads, ' ');
	buffer_append_int(&packer->heads, (int64_t) packer->bodies.length);
	buffer_append_char(&packer->heads, ' ');
	packer->count++;
	return &packer->bodies;
}

void
pdf_file_close_small(PdfFile *file)
{
	if (file->packer == NULL)
		buffer_append_text(&file->out, "\nendobj\n");
	else
	{
		buffer_append_char(&file->packer->bodies, '\n');
		if (file->packer->count == MOST_OBJECTS)
			put_objects(file);
	}
}

void
pdf_packed_finish(PdfFile *file)
{
	if (file->packer != NULL)
		put_objects(file);
}

/* ---------- the table ---------- */

static void
put_big_endian(uint8_t *at, int bytes, uint64_t value)
{
	while (bytes-- > 0)
	{
		at[bytes] = (uint8_t) value;
		value >>= 8;
	}
}

static void
set_row(uint8_t *row, const PdfFile *file, int number)
{
	int64_t offset = file->offsets[number];

	memset(row, 0, ROW_BYTES);
	if (number == 0) /* the head of the list of free numbers */
		put_big_endian(row + 6, 2, 65535);
	else if (offset >= 0)
	{
		row[0] = 1;
		put_big_endian(row + 1, 5, (uint64_t) offset);
	}
	else
	{
		row[0] = 2;
		put_big_endian(row + 1, 5, (uint64_t) -offset >> PLACE_BITS);
		put_big_endian(row + 6, 2, (uint64_t) -offset & ((1 << PLACE_BITS) - 1));
	}
}

/* Each row as what it differs from the one before (PNG's filter "up"), which deflates to little. */
static PortStatus
deflate_rows(PdfFile *file)
{
	PdfPacker *packer = file->packer;
	uint8_t before[ROW_BYTES] = {0}, row[ROW_BYTES], rows[ROWS_AT_ONCE * (ROW_BYTES + 1)];
	PortStatus status = deflater_start(packer->deflater);

	for (int number = 0, end; number <= file->object_count && status == PORT_OK; number = end)
	{
		uint8_t *to = rows;

		end = number + ROWS_AT_ONCE <= file->object_count ? number + ROWS_AT_ONCE
														  : file->object_count + 1;
		for (int i = number; i < end; i++)
		{
			set_row(row, file, i);
			*to++ = 2;
			for (int b = 0; b < ROW_BYTES; b++)
				*to++ = (uint8_t) (row[b] - before[b]);
			memcpy(before, row, ROW_BYTES);
		}
		status = deflater_feed(packer->deflater, rows, (size_t) (to - rows),
							   end > file->object_count, &packer->packed);
	}
	return status;
}

void
pdf_packed_put_table(PdfFile *file, int catalog, int info)
{
	int number = pdf_file_take_number(file);
	int64_t start = file->taken + (int64_t) file->out.length;
	char dictionary[256];
	PortStatus status;

	if (file->status != PORT_OK)
		return;
	pdf_file_open_object(file, number);
	buffer_reset(&file->packer->packed);
	status = deflate_rows(file);
	if (status != PORT_OK)
		return note(file, status);
	snprintf(dictionary, sizeof(dictionary),
			 "<</Type/XRef/Size %d/Root %d 0 R/Info %d 0 R/ID[<%016llX%016llX><%016llX%016llX>]"
			 "/W[1 5 2]/DecodeParms<</Predictor 12/Columns %d>>",
			 file->object_count + 1, catalog, info, (unsigned long long) file->digest[0],
			 (unsigned long long) file->digest[1], (unsigned long long) file->digest[0],
			 (unsigned long long) file->digest[1], ROW_BYTES);
	put_stream(file, dictionary, &file->packer->packed);
	buffer_printf(&file->out, "startxref\n%lld\n%%%%EOF\n", (long long) start);
}
