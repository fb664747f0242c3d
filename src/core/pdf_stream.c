/*
 * pdf_stream.c: the chain of a stream's filters; FlateDecode and predictors (ISO 32000-1, 7.4.4),
 * in pieces.
 */
#include "core/pdf_stream.h"

#include "core/deflate.h"

#include <stdlib.h>
#include <string.h>

#define OUT_BYTES (64 * 1024)
#define RAW_BYTES (16 * 1024)
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
open_rows(const Port *port, const PdfFilter *filter, Rows *rows, PortFault *fault)
{
	int64_t bits;

	rows->predictor = filter->predictor;
	if (filter->predictor < 2)
		return PORT_OK;
	if (filter->colors < 1 || filter->colors > 32 || filter->bits < 1 || filter->bits > 16 ||
		filter->columns < 1 || filter->columns > MAX_ROW_BYTES ||
		(filter->predictor == 2 && filter->bits != 8))
		return port_fault(fault, PORT_INVALID, "PDF-FILTER",
						  "a stream with such a predictor is not supported");
	bits = filter->colors * filter->bits;
	rows->row_bytes = (size_t) ((bits * filter->columns + 7) / 8);
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

/* One filter and its predictor; what comes out goes to the next link, or to the reader. */
typedef struct Link
{
	struct Chain *chain;
	struct Link *next; /* NULL = the last */
	Inflater *inflater;
	PdfDecoder *decoder;
	ByteBuffer out;
	Rows rows;
	unsigned char *row_memory;
	bool ended;
	int64_t grown;
} Link;

typedef struct Chain
{
	const Port *port;
	PortFault *fault;
	int ratio;
	int64_t fed; /* raw bytes */
	PdfPiece piece;
	void *state;
	Link links[PDF_FILTERS];
	int count;
} Chain;

static PortStatus
damaged(const Chain *chain)
{
	return port_fault(chain->fault, PORT_INVALID, "PDF-SYNTAX",
					  "a compressed stream of the PDF is damaged or ends too early");
}

static PortStatus
push_flate(Link *link, const char *bytes, size_t length)
{
	PortStatus status = PORT_OK;
	size_t done = 0;

	while (!link->ended && status == PORT_OK)
	{
		size_t consumed;

		if (link->chain->port->interrupted(link->chain->port->host))
			return PORT_INTERRUPTED;
		buffer_reset(&link->out);
		status = inflater_feed(link->inflater, bytes + done, length - done, OUT_BYTES, &link->out,
							   &consumed, &link->ended);
		if (status == PORT_INVALID)
			return damaged(link->chain);
		done += consumed;
		if (status == PORT_OK && link->out.length > 0)
			status = rows_piece(&link->rows, link->out.bytes, link->out.length);
		else if (consumed == 0)
			break;
	}
	return status;
}

static PortStatus
push_link(Link *link, const char *bytes, size_t length)
{
	PortStatus status;

	if (link->ended)
		return PORT_OK;
	if (link->inflater != NULL)
		return push_flate(link, bytes, length);
	if (link->chain->port->interrupted(link->chain->port->host))
		return PORT_INTERRUPTED;
	status = pdf_decoder_push(link->decoder, bytes, length);
	return status == PORT_INVALID ? damaged(link->chain) : status;
}

/* What a filter without a predictor has decoded, or the predictor has undone. */
static PortStatus
pass_on(void *state, const char *bytes, size_t length)
{
	Link *link = state;
	Chain *chain = link->chain;

	link->grown += (int64_t) length;
	if (link->grown > FREE_GROWTH && link->grown / chain->ratio > chain->fed)
		return port_fault(chain->fault, PORT_TOO_LARGE, "PDF-LIMIT",
						  "a stream of the PDF inflates to more than %d times its size",
						  chain->ratio);
	return link->next != NULL ? push_link(link->next, bytes, length)
							  : chain->piece(chain->state, bytes, length);
}

static PortStatus
pass_rows(void *state, const char *bytes, size_t length)
{
	return rows_piece(state, bytes, length);
}

static PortStatus
finish_link(Link *link)
{
	PortStatus status;

	if (link->inflater != NULL)
		return link->ended ? PORT_OK : damaged(link->chain);
	status = pdf_decoder_finish(link->decoder);
	return status == PORT_INVALID ? damaged(link->chain) : status;
}

static PortStatus
open_link(Chain *chain, const PdfFilter *filter)
{
	Link *link = &chain->links[chain->count];
	PortStatus status;

	memset(link, 0, sizeof(*link));
	link->chain = chain;
	link->rows.piece = pass_on;
	link->rows.state = link;
	buffer_init(&link->out, chain->port);
	if (chain->count > 0)
		link[-1].next = link;
	chain->count++;
	status = open_rows(chain->port, filter, &link->rows, chain->fault);
	link->row_memory = link->rows.row;
	if (status != PORT_OK)
		return status;
	if (filter->kind == PDF_FILTER_FLATE)
		link->inflater = inflater_open(chain->port, DEFLATE_ZLIB);
	else
		link->decoder = pdf_decoder_open(chain->port, filter, pass_rows, &link->rows);
	return link->inflater == NULL && link->decoder == NULL ? PORT_NO_MEMORY : PORT_OK;
}

static void
close_links(Chain *chain)
{
	for (int i = 0; i < chain->count; i++)
	{
		Link *link = &chain->links[i];

		buffer_release(&link->out);
		if (link->inflater != NULL)
			inflater_close(link->inflater);
		pdf_decoder_close(link->decoder);
		if (link->row_memory != NULL)
			chain->port->release(chain->port->host, link->row_memory);
	}
}

PortStatus
pdf_stream_decode(const Port *port, const PdfCoding *coding, Slice raw, int ratio, PdfPiece piece,
				  void *state, PortFault *fault)
{
	Chain chain = {.port = port, .fault = fault, .ratio = ratio, .piece = piece, .state = state};
	PortStatus status = PORT_OK;

	if (coding->count == 0)
		return raw.length > 0 ? piece(state, raw.bytes, raw.length) : PORT_OK;
	for (int i = 0; i < coding->count && status == PORT_OK; i++)
		status = open_link(&chain, &coding->filters[i]);
	for (size_t at = 0; at < raw.length && status == PORT_OK; at += RAW_BYTES)
	{
		size_t take = raw.length - at < RAW_BYTES ? raw.length - at : RAW_BYTES;

		chain.fed += (int64_t) take;
		status = push_link(&chain.links[0], raw.bytes + at, take);
	}
	for (int i = 0; i < chain.count && status == PORT_OK; i++)
		status = finish_link(&chain.links[i]);
	close_links(&chain);
	return status;
}
