/*
 * barcode_qr.c: text to codewords, with their check codewords, in their places.
 *
 * Check codewords are the remainder of a division in GF(256); a table of all multiples of the
 * generator turns each data codeword into one shift and one exclusive or of 32 bytes.
 */
#include "core/barcode_qr_state.h"

#include <string.h>

#define CHECK_WORDS 4 /* of 64 bits; the first byte of the remainder is the most significant */

typedef struct QrGenerator
{
	uint64_t multiples[256][CHECK_WORDS];
} QrGenerator;

struct QrEncoder
{
	const Port *port;
	QrShape shapes[QR_MAX_VERSION + 1];
	QrGenerator *generators[QR_MAX_CHECK + 1];
};

typedef enum QrMode
{
	MODE_NUMERIC,
	MODE_ALPHANUMERIC,
	MODE_BYTE
} QrMode;

typedef struct BitWriter
{
	uint8_t bytes[QR_MAX_CODEWORDS];
	int bits;
} BitWriter;

/* ISO/IEC 18004, table 9: check codewords of a block, and blocks, by level and version. */
static const uint8_t check_length[4][QR_MAX_VERSION + 1] = {
	{0,	 7,	 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
	 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
	{0,	 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
	 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28},
	{0,	 13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
	 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
	{0,	 17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
	 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30}};
static const uint8_t block_count[4][QR_MAX_VERSION + 1] = {
	{0, 1, 1, 1,  1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7, 8,
	 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25},
	{0,	 1,	 1,	 1,	 2,	 2,	 4,	 4,	 4,	 5,	 5,	 5,	 8,	 9,	 9,	 10, 10, 11, 13, 14, 16,
	 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49},
	{0,	 1,	 1,	 2,	 2,	 4,	 4,	 6,	 6,	 8,	 8,	 8,	 10, 12, 16, 12, 17, 16, 18, 21, 20,
	 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68},
	{0,	 1,	 1,	 2,	 4,	 4,	 4,	 5,	 6,	 8,	 8,	 11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
	 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81}};

static int
codeword_count(int version)
{
	int modules = (16 * version + 128) * version + 64;

	if (version >= 2)
	{
		int lines = version / 7 + 2; /* of alignment patterns */

		modules -= (25 * lines - 10) * lines - 55;
		if (version >= 7)
			modules -= 36;
	}
	return modules / 8;
}

static int
data_length(int version, QrLevel level)
{
	return codeword_count(version) - check_length[level][version] * block_count[level][version];
}

static uint8_t
field_multiply(uint8_t a, uint8_t b)
{
	int product = 0;

	for (int bit = 7; bit >= 0; bit--)
	{
		product = (product << 1) ^ (product >> 7) * 0x11d;
		product ^= (b >> bit & 1) * a;
	}
	return (uint8_t) product;
}

/* Coefficients of the product of (x - 2^i), the leading 1 left out. */
static void
generator_polynomial(int degree, uint8_t *coefficients)
{
	uint8_t root = 1;

	memset(coefficients, 0, (size_t) degree);
	coefficients[degree - 1] = 1;
	for (int i = 0; i < degree; i++)
	{
		for (int j = 0; j < degree; j++)
		{
			coefficients[j] = field_multiply(coefficients[j], root);
			if (j + 1 < degree)
				coefficients[j] ^= coefficients[j + 1];
		}
		root = field_multiply(root, 2);
	}
}

static const QrGenerator *
find_generator(QrEncoder *encoder, int degree)
{
	QrGenerator *generator = encoder->generators[degree];
	uint8_t coefficients[QR_MAX_CHECK];

	if (generator != NULL)
		return generator;
	generator = encoder->port->alloc(encoder->port->host, sizeof(QrGenerator));
	if (generator == NULL)
		return NULL;
	memset(generator, 0, sizeof(*generator));
	generator_polynomial(degree, coefficients);
	for (int factor = 0; factor < 256; factor++)
		for (int i = 0; i < degree; i++)
			generator->multiples[factor][i / 8] |=
				(uint64_t) field_multiply(coefficients[i], (uint8_t) factor) << (56 - i % 8 * 8);
	encoder->generators[degree] = generator;
	return generator;
}

static void
check_codewords(const QrGenerator *generator, const uint8_t *data, int count, int degree,
				uint8_t *check)
{
	uint64_t rest[CHECK_WORDS] = {0};

	for (int i = 0; i < count; i++)
	{
		const uint64_t *multiple = generator->multiples[data[i] ^ rest[0] >> 56];

		for (int word = 0; word < CHECK_WORDS; word++)
		{
			uint64_t carried = word + 1 < CHECK_WORDS ? rest[word + 1] >> 56 : 0;

			rest[word] = (rest[word] << 8 | carried) ^ multiple[word];
		}
	}
	for (int i = 0; i < degree; i++)
		check[i] = (uint8_t) (rest[i / 8] >> (56 - i % 8 * 8));
}

/* Place of a character in the alphanumeric mode, -1 if it has none. */
static int
alphanumeric_value(char character)
{
	static const char others[] = " $%*+-./:";
	const char *found;

	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'A' && character <= 'Z')
		return character - 'A' + 10;
	found = character == '\0' ? NULL : strchr(others, character);
	return found == NULL ? -1 : (int) (found - others) + 36;
}

static QrMode
find_mode(const char *text, size_t length)
{
	QrMode mode = MODE_NUMERIC;

	for (size_t i = 0; i < length; i++)
	{
		int value = alphanumeric_value(text[i]);

		if (value < 0)
			return MODE_BYTE;
		if (value > 9)
			mode = MODE_ALPHANUMERIC;
	}
	return mode;
}

static int
length_bits(QrMode mode, int version)
{
	static const uint8_t bits[3][3] = {{10, 12, 14}, {9, 11, 13}, {8, 16, 16}};

	return bits[mode][version < 10 ? 0 : version < 27 ? 1 : 2];
}

/* Bits of the whole segment; more than any symbol holds where the length has no room. */
static int
segment_bits(QrMode mode, size_t length, int version)
{
	int header = 4 + length_bits(mode, version);
	int count = (int) length;

	if (length >> length_bits(mode, version) != 0)
		return QR_MAX_CODEWORDS * 8 + 1;
	if (mode == MODE_NUMERIC)
		return header + count / 3 * 10 + (count % 3 == 0 ? 0 : count % 3 * 3 + 1);
	if (mode == MODE_ALPHANUMERIC)
		return header + count / 2 * 11 + count % 2 * 6;
	return header + count * 8;
}

static void
put_bits(BitWriter *writer, unsigned value, int count)
{
	while (count > 0)
	{
		int room = 8 - writer->bits % 8, taken = count < room ? count : room;
		unsigned part = value >> (count - taken) & ((1u << taken) - 1);

		if (room == 8)
			writer->bytes[writer->bits / 8] = 0;
		writer->bytes[writer->bits / 8] |= (uint8_t) (part << (room - taken));
		writer->bits += taken;
		count -= taken;
	}
}

static void
put_digits(BitWriter *writer, const char *text, size_t length)
{
	for (size_t at = 0; at < length; at += 3)
	{
		int count = length - at < 3 ? (int) (length - at) : 3;
		unsigned value = 0;

		for (int i = 0; i < count; i++)
			value = value * 10 + (unsigned) (text[at + (size_t) i] - '0');
		put_bits(writer, value, count * 3 + 1);
	}
}

static void
put_alphanumeric(BitWriter *writer, const char *text, size_t length)
{
	size_t at = 0;

	for (; at + 1 < length; at += 2)
		put_bits(writer,
				 (unsigned) (alphanumeric_value(text[at]) * 45 + alphanumeric_value(text[at + 1])),
				 11);
	if (at < length)
		put_bits(writer, (unsigned) alphanumeric_value(text[at]), 6);
}

/* The segment, its end and the filling up to count codewords. */
static void
put_data(BitWriter *writer, QrMode mode, const char *text, size_t length, int version, int count)
{
	static const uint8_t indicator[3] = {1, 2, 4};

	put_bits(writer, indicator[mode], 4);
	put_bits(writer, (unsigned) length, length_bits(mode, version));
	if (mode == MODE_NUMERIC)
		put_digits(writer, text, length);
	else if (mode == MODE_ALPHANUMERIC)
		put_alphanumeric(writer, text, length);
	else
		for (size_t i = 0; i < length; i++)
			put_bits(writer, (unsigned char) text[i], 8);
	put_bits(writer, 0, count * 8 - writer->bits < 4 ? count * 8 - writer->bits : 4);
	put_bits(writer, 0, (8 - writer->bits % 8) % 8);
	for (unsigned fill = 0xec; writer->bits < count * 8; fill ^= 0xec ^ 0x11)
		put_bits(writer, fill, 8);
}

/* Data and check codewords of all blocks, interleaved (clause 7.6). */
static PortStatus
interleave(QrEncoder *encoder, const uint8_t *data, int version, QrLevel level, uint8_t *out)
{
	int blocks = block_count[level][version], degree = check_length[level][version];
	int total = codeword_count(version), all_data = total - blocks * degree;
	int shorter = all_data / blocks, longer_blocks = all_data % blocks;
	const QrGenerator *generator = find_generator(encoder, degree);
	const uint8_t *from = data;

	if (generator == NULL)
		return PORT_NO_MEMORY;
	for (int block = 0; block < blocks; block++)
	{
		bool longer = block >= blocks - longer_blocks;
		int count = shorter + (longer ? 1 : 0);
		uint8_t check[QR_MAX_CHECK];

		for (int i = 0; i < shorter; i++)
			out[i * blocks + block] = from[i];
		if (longer)
			out[shorter * blocks + block - (blocks - longer_blocks)] = from[shorter];
		check_codewords(generator, from, count, degree, check);
		for (int i = 0; i < degree; i++)
			out[all_data + i * blocks + block] = check[i];
		from += count;
	}
	return PORT_OK;
}

static void
place_codewords(const QrShape *shape, const uint8_t *codewords, QrRows placed[2])
{
	size_t bytes = (size_t) (shape->size * shape->words) * sizeof(uint64_t);

	memcpy(placed[0], shape->fixed[0], bytes);
	memcpy(placed[1], shape->fixed[1], bytes);
	for (int i = 0; i < shape->place_count; i++)
		if (codewords[i / 8] >> (7 - i % 8) & 1)
		{
			qr_set(placed[0], shape->words, shape->places[i].x, shape->places[i].y);
			qr_set(placed[1], shape->words, shape->places[i].y, shape->places[i].x);
		}
}

QrEncoder *
qr_encoder_open(const Port *port)
{
	QrEncoder *encoder = port->alloc(port->host, sizeof(QrEncoder));

	if (encoder == NULL)
		return NULL;
	memset(encoder, 0, sizeof(*encoder));
	encoder->port = port;
	return encoder;
}

void
qr_encoder_close(QrEncoder *encoder)
{
	const Port *port = encoder->port;

	for (int version = 1; version <= QR_MAX_VERSION; version++)
		qr_shape_release(port, &encoder->shapes[version]);
	for (int degree = 1; degree <= QR_MAX_CHECK; degree++)
		if (encoder->generators[degree] != NULL)
			port->release(port->host, encoder->generators[degree]);
	port->release(port->host, encoder);
}

PortStatus
qr_encode(QrEncoder *encoder, QrSymbol *symbol, const char *text, size_t length, QrLevel level,
		  bool raise_level)
{
	QrMode mode = find_mode(text, length);
	uint8_t codewords[QR_MAX_CODEWORDS + 8];
	BitWriter writer = {.bits = 0};
	int version = 1;
	QrShape *shape;
	QrRows placed[2];
	PortStatus status;

	if (length == 0)
		return PORT_INVALID;
	if (length > QR_MAX_CODEWORDS * 4)
		return PORT_TOO_LARGE;
	while (version <= QR_MAX_VERSION &&
		   segment_bits(mode, length, version) > data_length(version, level) * 8)
		version++;
	if (version > QR_MAX_VERSION)
		return PORT_TOO_LARGE;
	while (raise_level && level < QR_LEVEL_H &&
		   segment_bits(mode, length, version) <= data_length(version, level + 1) * 8)
		level++;
	shape = &encoder->shapes[version];
	if (shape->size == 0 && (status = qr_shape_build(encoder->port, shape, version)) != PORT_OK)
		return status;
	put_data(&writer, mode, text, length, version, data_length(version, level));
	memset(codewords, 0, sizeof(codewords)); /* up to 7 bits after the last codeword */
	status = interleave(encoder, writer.bytes, version, level, codewords);
	if (status != PORT_OK)
		return status;
	place_codewords(shape, codewords, placed);
	qr_finish(shape, placed, level, symbol);
	return PORT_OK;
}
