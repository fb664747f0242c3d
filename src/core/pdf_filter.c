/*
 * pdf_filter.c: the small filters of PDF streams.
 */
#include "core/pdf_filter.h"

#include <string.h>

#define OUT_BYTES (64 * 1024)
#define LZW_CODES 4096
#define LZW_CLEAR 256
#define LZW_END 257
#define RUN_END 128

/* A word of the table is an earlier word and one more byte. */
typedef struct LzwTable
{
	uint16_t before[LZW_CODES];
	uint16_t length[LZW_CODES];
	unsigned char last[LZW_CODES];
	unsigned char first[LZW_CODES];
	char word[LZW_CODES];
	int count; /* of words */
	int width; /* of codes, in bits */
	int code;  /* the one before, -1 = none */
} LzwTable;

struct PdfDecoder
{
	const Port *port;
	PdfFilterKind kind;
	PdfPiece piece;
	void *state;
	ByteBuffer out;
	LzwTable *table;
	bool late_change;
	bool ended;
	uint32_t bits; /* what was read and not decoded yet */
	int have;	   /* digits, or bits, of it */
	int run;	   /* bytes to copy, or -n: the next one stands n times; 0 = a length follows */
	bool ending;   /* "~" was read */
};

static void
clear_table(LzwTable *table)
{
	table->count = LZW_END + 1;
	table->width = 9;
	table->code = -1;
}

static LzwTable *
new_table(const Port *port)
{
	LzwTable *table = port->alloc(port->host, sizeof(LzwTable));

	if (table == NULL)
		return NULL;
	memset(table, 0, sizeof(*table));
	for (int i = 0; i < 256; i++)
	{
		table->first[i] = table->last[i] = (unsigned char) i;
		table->length[i] = 1;
	}
	clear_table(table);
	return table;
}

PdfDecoder *
pdf_decoder_open(const Port *port, const PdfFilter *filter, PdfPiece piece, void *state)
{
	PdfDecoder *decoder = port->alloc(port->host, sizeof(PdfDecoder));

	if (decoder == NULL)
		return NULL;
	memset(decoder, 0, sizeof(*decoder));
	decoder->port = port;
	decoder->kind = filter->kind;
	decoder->piece = piece;
	decoder->state = state;
	decoder->late_change = filter->late_change;
	buffer_init(&decoder->out, port);
	if (filter->kind == PDF_FILTER_LZW && (decoder->table = new_table(port)) == NULL)
	{
		pdf_decoder_close(decoder);
		return NULL;
	}
	return decoder;
}

void
pdf_decoder_close(PdfDecoder *decoder)
{
	if (decoder == NULL)
		return;
	buffer_release(&decoder->out);
	if (decoder->table != NULL)
		decoder->port->release(decoder->port->host, decoder->table);
	decoder->port->release(decoder->port->host, decoder);
}

static PortStatus
hand_on(PdfDecoder *decoder)
{
	PortStatus status = PORT_OK;

	if (buffer_failed(&decoder->out))
		return PORT_NO_MEMORY;
	if (decoder->out.length > 0)
		status = decoder->piece(decoder->state, decoder->out.bytes, decoder->out.length);
	buffer_reset(&decoder->out);
	return status;
}

static bool
is_blank(unsigned char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == '\0';
}

static PortStatus
take_hex(PdfDecoder *decoder, unsigned char byte)
{
	int digit = byte >= '0' && byte <= '9'	 ? byte - '0'
				: byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
				: byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
											 : -1;

	if (is_blank(byte))
		return PORT_OK;
	if (byte == '>')
		decoder->ended = true;
	else if (digit < 0)
		return PORT_INVALID;
	/* a digit that is missing at the end counts as 0 */
	if (decoder->ended && decoder->have == 0)
		return PORT_OK;
	decoder->bits = decoder->bits << 4 | (uint32_t) (decoder->ended ? 0 : digit);
	if (++decoder->have == 2)
	{
		buffer_append_char(&decoder->out, (char) (decoder->bits & 0xFF));
		decoder->have = 0;
	}
	return PORT_OK;
}

/* The first bytes of a group of four. */
static void
put_group(PdfDecoder *decoder, uint32_t group, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buffer_append_char(&decoder->out, (char) (group >> (24 - 8 * i) & 0xFF));
}

/* n digits of a last group are n - 1 bytes; those that are missing count as the highest. */
static PortStatus
end_base85(PdfDecoder *decoder)
{
	uint64_t group = decoder->bits;

	decoder->ended = true;
	if (decoder->have == 0)
		return PORT_OK;
	for (int i = decoder->have; i < 5; i++)
		group = group * 85 + 84;
	if (decoder->have == 1 || group > UINT32_MAX)
		return PORT_INVALID;
	put_group(decoder, (uint32_t) group, decoder->have - 1);
	decoder->have = 0;
	return PORT_OK;
}

static PortStatus
take_base85(PdfDecoder *decoder, unsigned char byte)
{
	uint64_t group = decoder->have > 0 ? decoder->bits : 0;

	if (is_blank(byte))
		return PORT_OK;
	if (byte == '>' && decoder->ending)
		return end_base85(decoder);
	if (decoder->ending)
		return PORT_INVALID;
	if (byte == '~')
		decoder->ending = true;
	else if (byte == 'z' && decoder->have == 0)
		put_group(decoder, 0, 4);
	else if (byte < '!' || byte > 'u')
		return PORT_INVALID;
	else
	{
		group = group * 85 + (byte - '!');
		if (group > UINT32_MAX)
			return PORT_INVALID;
		decoder->bits = (uint32_t) group;
		if (++decoder->have == 5)
		{
			put_group(decoder, decoder->bits, 4);
			decoder->have = 0;
		}
	}
	return PORT_OK;
}

static PortStatus
take_run(PdfDecoder *decoder, unsigned char byte)
{
	if (decoder->run == 0)
	{
		if (byte == RUN_END)
			decoder->ended = true;
		else
			decoder->run = byte < RUN_END ? byte + 1 : byte - 257;
		return PORT_OK;
	}
	if (decoder->run > 0)
	{
		buffer_append_char(&decoder->out, (char) byte);
		decoder->run--;
		return PORT_OK;
	}
	for (; decoder->run < 0; decoder->run++)
		buffer_append_char(&decoder->out, (char) byte);
	return PORT_OK;
}

static void
put_word(PdfDecoder *decoder, int code)
{
	LzwTable *table = decoder->table;
	size_t length = table->length[code];

	for (size_t at = length; at-- > 0; code = table->before[code])
		table->word[at] = (char) table->last[code];
	buffer_append(&decoder->out, table->word, length);
}

/* The word before and the first byte of this one; the code may be that of the word being made. */
static PortStatus
take_code(PdfDecoder *decoder, int code)
{
	LzwTable *table = decoder->table;
	int before = table->code;

	if (code == LZW_CLEAR)
	{
		clear_table(table);
		return PORT_OK;
	}
	if (code == LZW_END)
	{
		decoder->ended = true;
		return PORT_OK;
	}
	if (before < 0 ? code > 255 : code > table->count || code == LZW_CODES)
		return PORT_INVALID;
	if (before >= 0 && table->count < LZW_CODES)
	{
		int made = table->count++;

		table->before[made] = (uint16_t) before;
		table->length[made] = (uint16_t) (table->length[before] + 1);
		table->first[made] = table->first[before];
		table->last[made] = code == made ? table->first[before] : table->first[code];
	}
	else if (code >= table->count)
		return PORT_INVALID;
	put_word(decoder, code);
	table->code = code;
	while (table->width < 12 && table->count + (decoder->late_change ? 0 : 1) >= 1 << table->width)
		table->width++;
	return PORT_OK;
}

static PortStatus
take_lzw(PdfDecoder *decoder, unsigned char byte)
{
	int left = decoder->have + 8 - decoder->table->width;
	uint32_t bits = decoder->bits << 8 | byte;

	decoder->bits = bits;
	decoder->have += 8;
	if (left < 0)
		return PORT_OK;
	decoder->bits = bits & ((1u << left) - 1);
	decoder->have = left;
	return take_code(decoder, (int) (bits >> left));
}

PortStatus
pdf_decoder_push(PdfDecoder *decoder, const char *bytes, size_t length)
{
	static PortStatus (*const take[])(PdfDecoder * decoder,
									  unsigned char byte) = {[PDF_FILTER_LZW] = take_lzw,
															 [PDF_FILTER_HEX] = take_hex,
															 [PDF_FILTER_BASE85] = take_base85,
															 [PDF_FILTER_RUNS] = take_run};
	PortStatus status = PORT_OK;

	for (size_t i = 0; i < length && status == PORT_OK && !decoder->ended; i++)
	{
		status = take[decoder->kind](decoder, (unsigned char) bytes[i]);
		if (status == PORT_OK && decoder->out.length >= OUT_BYTES)
			status = hand_on(decoder);
	}
	return status == PORT_OK ? hand_on(decoder) : status;
}

/* Writers forget the mark of the end; what is there counts. */
PortStatus
pdf_decoder_finish(PdfDecoder *decoder)
{
	PortStatus status = PORT_OK;

	if (decoder->ended)
		return PORT_OK;
	if (decoder->kind == PDF_FILTER_HEX)
		status = take_hex(decoder, '>');
	else if (decoder->kind == PDF_FILTER_BASE85)
		status = end_base85(decoder);
	else if (decoder->kind == PDF_FILTER_RUNS && decoder->run != 0)
		status = PORT_INVALID;
	return status == PORT_OK ? hand_on(decoder) : status;
}
