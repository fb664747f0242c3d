/*
 * jpeg_gray.c: ITU-T T.81, as far as scans have to be taken apart.
 *
 * A scan of the brightness alone is copied, one of the colours dropped.  In a scan of all three the
 * blocks of the brightness stand in groups of its sampling, and in a scan of its own row by row: so
 * differences of neighbours (DC) are coded anew, and the bits of all else (AC) are kept as they
 * are.
 */
#include "core/jpeg_gray.h"

#include <string.h>

#define MOST_COMPONENTS 3
#define MOST_DC_BITS 11
#define SCAN_HEAD 8
#define MOST_PIXELS (4096 * 4096)

typedef struct Table
{
	uint8_t symbols[256];
	int first_code[17], first_symbol[17], count[17]; /* by length in bits */
} Table;

typedef struct Component
{
	int id, across, down, quantizer; /* blocks of a group */
	int dc_table, ac_table;			 /* of the scan at hand */
	int last_dc;
} Component;

/* A block of the brightness: where its AC bits are among the kept ones. */
typedef struct Block
{
	int32_t dc;
	uint32_t start, bits;
} Block;

typedef struct Bits
{
	ByteBuffer *out;
	unsigned held, count;
	bool stuffed; /* a byte of ones is followed by a zero */
	size_t total;
} Bits;

typedef struct Jpeg
{
	const Port *port;
	PortFault *fault;
	const uint8_t *at, *end;
	ByteBuffer *out;
	int marker, width, height; /* of the frame */
	Component components[MOST_COMPONENTS];
	int component_count, across, down; /* the largest sampling */
	Table tables[2][4];				   /* DC, AC */
	int restart, put_restart;		   /* interval in groups: as read, and as it stands in out */
	bool is_rgb, is_shown;			   /* shown: a scan of the brightness is there */
	/* the scan at hand */
	Component *in_scan[MOST_COMPONENTS];
	int scan_count, first, last, high, low;
	unsigned held, held_count; /* bits that are read next */
	Bits kept;				   /* AC bits of the brightness */
	ByteBuffer kept_bytes;
	Block *blocks;
	int blocks_across, blocks_down; /* as they are stored: whole groups */
} Jpeg;

static PortStatus
broken(Jpeg *jpeg)
{
	return port_fault(jpeg->fault, PORT_INVALID, "IMAGE-FORMAT", "image is a cut or broken JPEG");
}

static PortStatus
refuse(Jpeg *jpeg, const char *what)
{
	return port_fault(jpeg->fault, PORT_INVALID, "IMAGE-KIND", "image %s", what);
}

/* ---------- bits ---------- */

/* -1 at the end of the scan's data. */
static int
read_bit(Jpeg *jpeg)
{
	if (jpeg->held_count == 0)
	{
		if (jpeg->end - jpeg->at < 2 || (jpeg->at[0] == 0xFF && jpeg->at[1] != 0))
			return -1;
		jpeg->held = *jpeg->at;
		jpeg->at += jpeg->held == 0xFF ? 2 : 1;
		jpeg->held_count = 8;
	}
	jpeg->held_count--;
	return (int) (jpeg->held >> jpeg->held_count & 1);
}

static void
put_bit(Bits *bits, int bit)
{
	bits->held = bits->held << 1 | (unsigned) bit;
	bits->total++;
	if (++bits->count < 8)
		return;
	buffer_append_char(bits->out, (char) bits->held);
	if (bits->stuffed && (bits->held & 0xFF) == 0xFF)
		buffer_append_char(bits->out, 0);
	bits->count = 0;
}

static void
put_bits(Bits *bits, unsigned value, int count)
{
	while (count-- > 0)
		put_bit(bits, (int) (value >> count & 1));
}

/* The symbol that comes next, -1 when there is none; keep: where its bits go as well, or NULL. */
static int
read_symbol(Jpeg *jpeg, const Table *table, Bits *keep)
{
	int code = 0;

	for (int length = 1; length <= 16; length++)
	{
		int bit = read_bit(jpeg);

		if (bit < 0)
			return -1;
		if (keep != NULL)
			put_bit(keep, bit);
		code = code << 1 | bit;
		if (code - table->first_code[length] < table->count[length])
			return table->symbols[table->first_symbol[length] + code - table->first_code[length]];
	}
	return -1;
}

/* ---------- blocks of a scan of several components ---------- */

/* What the difference to the last one is, of so many bits. */
static bool
read_difference(Jpeg *jpeg, int count, int *difference)
{
	int value = 0;

	for (int i = 0; i < count; i++)
	{
		int bit = read_bit(jpeg);

		if (bit < 0)
			return false;
		value = value << 1 | bit;
	}
	if (count > 0 && value < 1 << (count - 1))
		value -= (1 << count) - 1;
	*difference = value;
	return true;
}

static bool
read_dc(Jpeg *jpeg, Component *component)
{
	int count, difference;

	if (jpeg->high > 0) /* one more bit of what is there */
		return (component->last_dc = read_bit(jpeg)) >= 0;
	count = read_symbol(jpeg, &jpeg->tables[0][component->dc_table], NULL);
	if (count < 0 || count > MOST_DC_BITS || !read_difference(jpeg, count, &difference))
		return false;
	component->last_dc += difference;
	return component->last_dc >= -4096 && component->last_dc <= 4095;
}

/* Up to the end of a block's other coefficients. */
static bool
read_ac(Jpeg *jpeg, const Component *component, Bits *keep)
{
	for (int k = 1; k <= jpeg->last; k++)
	{
		int symbol = read_symbol(jpeg, &jpeg->tables[1][component->ac_table], keep);
		int count = symbol & 15;

		if (symbol < 0)
			return false;
		if (count == 0 && symbol != 0xF0)
			return true;
		k += symbol >> 4;
		while (count-- > 0)
		{
			int bit = read_bit(jpeg);

			if (bit < 0)
				return false;
			if (keep != NULL)
				put_bit(keep, bit);
		}
	}
	return true;
}

/* The blocks of a component in one group. */
static bool
read_group(Jpeg *jpeg, Component *component, int column, int row)
{
	bool is_bright = component == &jpeg->components[0];

	for (int i = 0; i < component->across * component->down; i++)
	{
		int x = column * component->across + i % component->across;
		int y = row * component->down + i / component->across;
		size_t start = jpeg->kept.total;

		if (!read_dc(jpeg, component) || !read_ac(jpeg, component, is_bright ? &jpeg->kept : NULL))
			return false;
		if (is_bright)
			jpeg->blocks[(size_t) y * (size_t) jpeg->blocks_across + (size_t) x] = (Block){
				component->last_dc, (uint32_t) start, (uint32_t) (jpeg->kept.total - start)};
	}
	return true;
}

/* Bits that fill the byte, a marker, and differences start anew. */
static bool
pass_restart(Jpeg *jpeg)
{
	jpeg->held_count = 0;
	if (jpeg->end - jpeg->at < 2 || jpeg->at[0] != 0xFF || (jpeg->at[1] & 0xF8) != 0xD0)
		return false;
	jpeg->at += 2;
	for (int i = 0; i < jpeg->component_count; i++)
		jpeg->components[i].last_dc = 0;
	return true;
}

static PortStatus
read_groups(Jpeg *jpeg)
{
	int columns = jpeg->blocks_across / jpeg->across, rows = jpeg->blocks_down / jpeg->down;
	int64_t group = 0;

	for (int row = 0; row < rows; row++)
	{
		if (jpeg->port->interrupted(jpeg->port->host))
			return PORT_INTERRUPTED;
		for (int column = 0; column < columns; column++, group++)
		{
			if (jpeg->restart > 0 && group > 0 && group % jpeg->restart == 0 && !pass_restart(jpeg))
				return broken(jpeg);
			for (int i = 0; i < jpeg->scan_count; i++)
				if (!read_group(jpeg, jpeg->in_scan[i], column, row))
					return broken(jpeg);
		}
	}
	return PORT_OK;
}

/* ---------- the scan of the brightness ---------- */

/* T.81, table K.3: differences of brightness, by their number of bits. */
static const uint8_t dc_table[] = {0xFF, 0xC4, 0, 31, 0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0,  0, 0,
								   0,	 0,	   0, 0,  0,	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const uint16_t dc_codes[] = {0x0, 0x2,  0x3,	 0x4,  0x5,	 0x6,
									0xE, 0x1E, 0x3E, 0x7E, 0xFE, 0x1FE};
static const uint8_t dc_lengths[] = {2, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9};

static bool
put_difference(Bits *bits, int difference)
{
	unsigned size = (unsigned) (difference < 0 ? -difference : difference);
	int count = 0;

	while (size >> count != 0)
		count++;
	if (count > MOST_DC_BITS)
		return false;
	put_bits(bits, dc_codes[count], dc_lengths[count]);
	put_bits(bits, (unsigned) (difference < 0 ? difference - 1 : difference), count);
	return true;
}

static void
put_kept(Bits *bits, const Jpeg *jpeg, const Block *block)
{
	const uint8_t *kept = (const uint8_t *) jpeg->kept_bytes.bytes;

	for (size_t i = block->start; i < (size_t) block->start + block->bits; i++)
		put_bit(bits, kept[i / 8] >> (7 - i % 8) & 1);
}

static PortStatus
put_blocks(Jpeg *jpeg)
{
	Bits bits = {jpeg->out, 0, 0, true, 0};
	int last = 0;

	put_bits(&jpeg->kept, 0, 7); /* the last byte goes out */
	if (jpeg->kept_bytes.failed)
		return PORT_NO_MEMORY;
	for (int y = 0; y < (jpeg->height + 7) / 8; y++)
		for (int x = 0; x < (jpeg->width + 7) / 8; x++)
		{
			const Block *block =
				&jpeg->blocks[(size_t) y * (size_t) jpeg->blocks_across + (size_t) x];

			if (jpeg->high > 0)
				put_bit(&bits, block->dc);
			else if (!put_difference(&bits, block->dc - last))
				return broken(jpeg);
			last = block->dc;
			put_kept(&bits, jpeg, block);
		}
	while (bits.count > 0)
		put_bit(&bits, 1);
	return PORT_OK;
}

static void
put_u16(ByteBuffer *out, int value)
{
	buffer_append_char(out, (char) (value >> 8));
	buffer_append_char(out, (char) value);
}

static void
put_restart_interval(Jpeg *jpeg, int interval)
{
	if (jpeg->put_restart == interval)
		return;
	buffer_append(jpeg->out, "\xFF\xDD\0\4", 4);
	put_u16(jpeg->out, interval);
	jpeg->put_restart = interval;
}

static void
put_scan_head(Jpeg *jpeg, int tables)
{
	const uint8_t head[] = {0xFF,
							0xDA,
							0,
							SCAN_HEAD,
							1,
							(uint8_t) jpeg->components[0].id,
							(uint8_t) tables,
							(uint8_t) jpeg->first,
							(uint8_t) jpeg->last,
							(uint8_t) (jpeg->high << 4 | jpeg->low)};

	buffer_append(jpeg->out, head, sizeof(head));
}

static PortStatus
take_apart(Jpeg *jpeg)
{
	size_t count = (size_t) jpeg->blocks_across * (size_t) jpeg->blocks_down;
	PortStatus status;

	if (jpeg->first != 0 || (jpeg->marker == 0xC2 && jpeg->last != 0))
		return broken(jpeg);
	jpeg->blocks = port_alloc_array(jpeg->port, count, sizeof(Block));
	if (jpeg->blocks == NULL)
		return PORT_NO_MEMORY;
	memset(jpeg->blocks, 0, count * sizeof(Block));
	buffer_reset(&jpeg->kept_bytes);
	jpeg->kept = (Bits){&jpeg->kept_bytes, 0, 0, false, 0};
	jpeg->held_count = 0;
	for (int i = 0; i < jpeg->component_count; i++)
		jpeg->components[i].last_dc = 0;
	status = read_groups(jpeg);
	if (status == PORT_OK)
	{
		put_restart_interval(jpeg, 0);
		if (jpeg->high == 0)
			buffer_append(jpeg->out, dc_table, sizeof(dc_table));
		put_scan_head(jpeg, jpeg->components[0].ac_table);
		status = put_blocks(jpeg);
	}
	jpeg->port->release(jpeg->port->host, jpeg->blocks);
	return status;
}

/* ---------- segments ---------- */

/* Behind the scan's data: the next marker that is none of a restart. */
static const uint8_t *
scan_end(const Jpeg *jpeg)
{
	const uint8_t *at = jpeg->at;

	while (jpeg->end - at >= 2 &&
		   !(at[0] == 0xFF && at[1] != 0 && (at[1] & 0xF8) != 0xD0 && at[1] != 0xFF))
		at++;
	return jpeg->end - at >= 2 ? at : jpeg->end;
}

/* Which components it holds, by which tables. */
static PortStatus
read_scan_head(Jpeg *jpeg, const uint8_t *segment, size_t length)
{
	jpeg->scan_count = length > 0 ? segment[0] : 0;
	if (jpeg->component_count == 0 || jpeg->scan_count < 1 ||
		jpeg->scan_count > jpeg->component_count || length != (size_t) (4 + 2 * jpeg->scan_count))
		return broken(jpeg);
	for (int i = 0; i < jpeg->scan_count; i++)
	{
		int number = 0;

		while (number < jpeg->component_count && jpeg->components[number].id != segment[1 + 2 * i])
			number++;
		if (number == jpeg->component_count)
			return broken(jpeg);
		jpeg->in_scan[i] = &jpeg->components[number];
		jpeg->in_scan[i]->dc_table = segment[2 + 2 * i] >> 4 & 3;
		jpeg->in_scan[i]->ac_table = segment[2 + 2 * i] & 3;
	}
	segment += 1 + 2 * jpeg->scan_count;
	jpeg->first = segment[0];
	jpeg->last = segment[1] & 63;
	jpeg->high = segment[2] >> 4;
	jpeg->low = segment[2] & 15;
	return PORT_OK;
}

static PortStatus
read_scan(Jpeg *jpeg, const uint8_t *segment, size_t length)
{
	PortStatus status = read_scan_head(jpeg, segment, length);
	const uint8_t *data = jpeg->at;
	bool has_bright = false;

	for (int i = 0; i < jpeg->scan_count && status == PORT_OK; i++)
		has_bright |= jpeg->in_scan[i] == &jpeg->components[0];
	jpeg->is_shown |= has_bright;
	if (status == PORT_OK && has_bright && jpeg->scan_count > 1)
		status = take_apart(jpeg);
	else if (status == PORT_OK && has_bright)
	{
		put_restart_interval(jpeg, jpeg->restart);
		put_scan_head(jpeg, jpeg->components[0].dc_table << 4 | jpeg->components[0].ac_table);
		buffer_append(jpeg->out, data, (size_t) (scan_end(jpeg) - data));
	}
	jpeg->at = scan_end(jpeg);
	return status;
}

static PortStatus
read_tables(Jpeg *jpeg, const uint8_t *at, size_t length)
{
	while (length >= 17)
	{
		Table *table = &jpeg->tables[at[0] >> 4 & 1][at[0] & 3];
		int code = 0, symbols = 0;

		if ((at[0] & 0xEC) != 0)
			return broken(jpeg);
		for (int bits = 1; bits <= 16; bits++, code <<= 1)
		{
			table->first_code[bits] = code;
			table->first_symbol[bits] = symbols;
			table->count[bits] = at[bits];
			code += at[bits];
			symbols += at[bits];
		}
		if (symbols > 256 || length < (size_t) (17 + symbols))
			return broken(jpeg);
		memcpy(table->symbols, at + 17, (size_t) symbols);
		at += 17 + symbols;
		length -= (size_t) (17 + symbols);
	}
	return length == 0 ? PORT_OK : broken(jpeg);
}

static PortStatus
put_frame(Jpeg *jpeg)
{
	const Component *bright = &jpeg->components[0];

	if (jpeg->is_rgb || (bright->id == 'R' && jpeg->components[1].id == 'G'))
		return refuse(jpeg, "is a JPEG of red, green and blue, which cannot become gray as it is: "
							"store it as PNG, or as a JPEG of brightness and colours (YCbCr)");
	if (bright->across != jpeg->across || bright->down != jpeg->down)
		return refuse(jpeg, "is a JPEG with less detail in its brightness than in its colours");
	jpeg->blocks_across = (jpeg->width + 8 * jpeg->across - 1) / (8 * jpeg->across) * jpeg->across;
	jpeg->blocks_down = (jpeg->height + 8 * jpeg->down - 1) / (8 * jpeg->down) * jpeg->down;
	put_u16(jpeg->out, 0xFF00 | jpeg->marker);
	put_u16(jpeg->out, 11);
	buffer_append_char(jpeg->out, 8);
	put_u16(jpeg->out, jpeg->height);
	put_u16(jpeg->out, jpeg->width);
	buffer_append_char(jpeg->out, 1);
	buffer_append_char(jpeg->out, (char) bright->id);
	buffer_append_char(jpeg->out, 0x11);
	buffer_append_char(jpeg->out, (char) bright->quantizer);
	return PORT_OK;
}

static PortStatus
read_frame(Jpeg *jpeg, const uint8_t *at, size_t length)
{
	if (jpeg->component_count > 0 || length != 6 + 3 * MOST_COMPONENTS ||
		at[5] != MOST_COMPONENTS || at[0] != 8)
		return broken(jpeg);
	jpeg->height = at[1] << 8 | at[2];
	jpeg->width = at[3] << 8 | at[4];
	jpeg->component_count = at[5];
	for (int i = 0; i < jpeg->component_count; i++)
	{
		Component *component = &jpeg->components[i];

		*component = (Component){.id = at[6 + 3 * i],
								 .across = at[7 + 3 * i] >> 4,
								 .down = at[7 + 3 * i] & 15,
								 .quantizer = at[8 + 3 * i] & 3};
		if (component->across < 1 || component->across > 4 || component->down < 1 ||
			component->down > 4)
			return broken(jpeg);
		jpeg->across = component->across > jpeg->across ? component->across : jpeg->across;
		jpeg->down = component->down > jpeg->down ? component->down : jpeg->down;
	}
	if (jpeg->width == 0 || jpeg->height == 0 || jpeg->width > MOST_PIXELS / jpeg->height)
		return broken(jpeg);
	return put_frame(jpeg);
}

/* One segment that is no scan; at and length without marker and length. */
static PortStatus
read_segment(Jpeg *jpeg, int marker, const uint8_t *at, size_t length)
{
	PortStatus status = PORT_OK;

	if (marker >= 0xC0 && marker <= 0xC2)
	{
		jpeg->marker = marker;
		return read_frame(jpeg, at, length);
	}
	if (marker == 0xDD)
	{
		if (length != 2)
			return broken(jpeg);
		jpeg->restart = at[0] << 8 | at[1];
	}
	if (marker == 0xEE && length >= 12 && memcmp(at, "Adobe", 5) == 0)
		jpeg->is_rgb = at[11] == 0;
	if (marker == 0xC4)
		status = read_tables(jpeg, at, length);
	if (status == PORT_OK && (marker == 0xC4 || marker == 0xDB))
	{
		put_u16(jpeg->out, 0xFF00 | marker);
		put_u16(jpeg->out, (int) length + 2);
		buffer_append(jpeg->out, at, length);
	}
	return status;
}

static PortStatus
read_segments(Jpeg *jpeg)
{
	PortStatus status = PORT_OK;

	while (status == PORT_OK)
	{
		const uint8_t *segment;
		size_t length;
		int marker;

		while (jpeg->end - jpeg->at >= 2 && jpeg->at[0] == 0xFF && jpeg->at[1] == 0xFF)
			jpeg->at++; /* bytes that fill */
		if (jpeg->end - jpeg->at < 2 || jpeg->at[0] != 0xFF)
			return broken(jpeg);
		marker = jpeg->at[1];
		if (marker == 0xD9)
			return jpeg->is_shown ? PORT_OK : broken(jpeg);
		if (jpeg->end - jpeg->at < 4)
			return broken(jpeg);
		length = (size_t) jpeg->at[2] << 8 | jpeg->at[3];
		if (length < 2 || (size_t) (jpeg->end - jpeg->at) < length + 2)
			return broken(jpeg);
		segment = jpeg->at + 4;
		jpeg->at += length + 2;
		if (marker == 0xDA)
			status = read_scan(jpeg, segment, length - 2);
		else
			status = read_segment(jpeg, marker, segment, length - 2);
	}
	return status;
}

PortStatus
jpeg_make_gray(const Port *port, const void *bytes, size_t length, ByteBuffer *out,
			   PortFault *fault)
{
	Jpeg jpeg = {.port = port, .fault = fault, .at = bytes, .out = out};
	PortStatus status;

	jpeg.end = jpeg.at + length;
	if (length < 4 || memcmp(bytes, "\xFF\xD8", 2) != 0)
		return broken(&jpeg);
	jpeg.at += 2;
	buffer_init(&jpeg.kept_bytes, port);
	buffer_append(out, "\xFF\xD8", 2);
	status = read_segments(&jpeg);
	buffer_release(&jpeg.kept_bytes);
	buffer_append(out, "\xFF\xD9", 2);
	return status == PORT_OK && out->failed ? PORT_NO_MEMORY : status;
}
