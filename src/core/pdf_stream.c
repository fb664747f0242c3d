/*
 * pdf_stream.c: FlateDecode with predictors (ISO 32000-1, 7.4.4), in pieces.
 */
#include "core/pdf_stream.h"

#include "core/deflate.h"

#include <stdlib.h>
#include <string.h>

#define OUT_BYTES (64 * 1024)
#define FREE_GROWTH (1024 * 1024)
#define MAX_ROW_BYTES (64 * 1024)

/* Undoes a predictor row by row. */
typedef struct Rows
{
	PdfPiece piece;
	void *state;
	int64_t predictor;
	size_t row_bytes, pixel_bytes;
	unsigned char *row, *above; /* of row_bytes */
	size_t have;				/* bytes of the row at hand, the tag of a PNG row counts */
	int tag;
} Rows;

static unsigned char
paeth(int left, int above, int corner)
{
	int estimate = left + above - corner;
	int to_left = abs(estimate - left), to_above = abs(estimate - above),
		to_corner = abs(estimate - corner);

	if (to_left <= to_above && to_left <= to_corner)
		return (unsigned char) left;
	return (unsigned char) (to_above <= to_corner ? above : corner);
}

static void
undo_row(Rows *rows)
{
	int tag = rows->predictor == 2 ? 1 : rows->tag;

	for (size_t i = 0; i < rows->row_bytes; i++)
	{
		int left = i >= rows->pixel_bytes ? rows->row[i - rows->pixel_bytes] : 0;
		int above = rows->above[i];
		int corner = i >= rows->pixel_bytes ? rows->above[i - rows->pixel_bytes] : 0;
		int add = 0;

		switch (tag)
		{
			case 1:
				add = left;
				break;
			case 2:
				add = above;
				break;
			case 3:
				add = (left + above) / 2;
				break;
			case 4:
				add = paeth(left, above, corner);
				break;
		}
		rows->row[i] = (unsigned char) (rows->row[i] + add);
	}
}

static PortStatus
end_row(Rows *rows)
{
	unsigned char *swap = rows->above;
	PortStatus status;

	undo_row(rows);
	status = rows->piece(rows->state, (const char *) rows->row, rows->row_bytes);
	rows->above = rows->row;
	rows->row = swap;
	rows->have = 0;
	return status;
}

static PortStatus
rows_piece(Rows *rows, const char *bytes, size_t length)
{
	size_t tag_bytes = rows->predictor >= 10 ? 1 : 0;
	PortStatus status = PORT_OK;

	if (rows->predictor < 2)
		return rows->piece(rows->state, bytes, length);
	while (length > 0 && status == PORT_OK)
	{
		size_t missing = rows->row_bytes + tag_bytes - rows->have;
		size_t take = missing < length ? missing : length;

		if (rows->have < tag_bytes)
		{
			rows->tag = (unsigned char) *bytes;
			take = 1;
		}
		else
			memcpy(rows->row + rows->have - tag_bytes, bytes, take);
		rows->have += take;
		bytes += take;
		length -= take;
		if (rows->have == rows->row_bytes + tag_bytes)
			status = end_row(rows);
	}
	return status;
}

static PortStatus
open_rows(const Port *port, const PdfCoding *coding, Rows *rows, PortFault *fault)
{
	int64_t bits;

	rows->predictor = coding->predictor;
	if (coding->predictor < 2)
		return PORT_OK;
	if (coding->colors < 1 || coding->colors > 32 || coding->bits < 1 || coding->bits > 16 ||
		coding->columns < 1 || coding->columns > MAX_ROW_BYTES ||
		(coding->predictor == 2 && coding->bits != 8))
		return port_fault(fault, PORT_INVALID, "PDF-FILTER",
						  "a stream with such a predictor is not supported");
	bits = coding->colors * coding->bits;
	rows->row_bytes = (size_t) ((bits * coding->columns + 7) / 8);
	rows->pixel_bytes = (size_t) ((bits + 7) / 8);
	if (rows->row_bytes > MAX_ROW_BYTES)
		return port_fault(fault, PORT_INVALID, "PDF-FILTER",
						  "a stream with rows of more than %d bytes is not supported",
						  MAX_ROW_BYTES);
	rows->row = port->alloc(port->host, rows->row_bytes * 2);
	if (rows->row == NULL)
		return PORT_NO_MEMORY;
	memset(rows->row, 0, rows->row_bytes * 2);
	rows->above = rows->row + rows->row_bytes;
	return PORT_OK;
}

static PortStatus
inflate_rows(const Port *port, Inflater *inflater, Slice raw, int ratio, Rows *rows,
			 ByteBuffer *out, PortFault *fault)
{
	size_t done = 0;
	int64_t grown = 0;
	bool ended = false;
	PortStatus status = PORT_OK;

	while (!ended && status == PORT_OK)
	{
		size_t consumed;

		if (port->interrupted(port->host))
			return PORT_INTERRUPTED;
		buffer_reset(out);
		status = inflater_feed(inflater, raw.bytes + done, raw.length - done, OUT_BYTES, out,
							   &consumed, &ended);
		if (status == PORT_INVALID ||
			(status == PORT_OK && !ended && consumed == 0 && out->length == 0))
			return port_fault(fault, PORT_INVALID, "PDF-SYNTAX",
							  "a compressed stream of the PDF is damaged or ends too early");
		done += consumed;
		grown += (int64_t) out->length;
		if (grown > FREE_GROWTH && grown / ratio > (int64_t) done)
			return port_fault(fault, PORT_TOO_LARGE, "PDF-LIMIT",
							  "a stream of the PDF inflates to more than %d times its size", ratio);
		if (status == PORT_OK && out->length > 0)
			status = rows_piece(rows, out->bytes, out->length);
	}
	return status;
}

PortStatus
pdf_stream_decode(const Port *port, const PdfCoding *coding, Slice raw, int ratio, PdfPiece piece,
				  void *state, PortFault *fault)
{
	Rows rows = {.piece = piece, .state = state};
	unsigned char *memory;
	Inflater *inflater;
	ByteBuffer out;
	PortStatus status;

	if (!coding->flate)
		return raw.length > 0 ? piece(state, raw.bytes, raw.length) : PORT_OK;
	status = open_rows(port, coding, &rows, fault);
	if (status != PORT_OK)
		return status;
	memory = rows.row < rows.above ? rows.row : rows.above;
	inflater = inflater_open(port, DEFLATE_ZLIB);
	buffer_init(&out, port);
	status = inflater == NULL ? PORT_NO_MEMORY
							  : inflate_rows(port, inflater, raw, ratio, &rows, &out, fault);
	buffer_release(&out);
	inflater_close(inflater);
	if (memory != NULL)
		port->release(port->host, memory);
	return status;
}
