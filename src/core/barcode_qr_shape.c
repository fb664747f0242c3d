/*
 * barcode_qr_shape.c: the function patterns of a version, the order of its data modules, its masks
 * (ISO/IEC 18004, clauses 6.3, 7.7.3 and 7.8.2).
 */
#include "core/barcode_qr_state.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT_LINES 7

typedef struct Drawing
{
	QrShape *shape;
	QrRows function; /* modules that hold no data */
} Drawing;

static void
draw(Drawing *drawing, int x, int y, bool dark)
{
	QrShape *shape = drawing->shape;

	qr_set(drawing->function, shape->words, x, y);
	if (dark)
	{
		qr_set(shape->fixed[0], shape->words, x, y);
		qr_set(shape->fixed[1], shape->words, y, x);
	}
}

/* A finder pattern with its separator around the centre, as far as they lie in the symbol. */
static void
draw_finder(Drawing *drawing, int centre_x, int centre_y)
{
	int size = drawing->shape->size;

	for (int dy = -4; dy <= 4; dy++)
		for (int dx = -4; dx <= 4; dx++)
		{
			int ring = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
			int x = centre_x + dx, y = centre_y + dy;

			if (x >= 0 && x < size && y >= 0 && y < size)
				draw(drawing, x, y, ring != 2 && ring != 4);
		}
}

static int
alignment_places(int version, int places[ALIGNMENT_LINES])
{
	int count = version / 7 + 2;
	int step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2;

	if (version == 1)
		return 0;
	places[0] = 6;
	for (int i = count - 1; i > 0; i--)
		places[i] = version * 4 + 10 - (count - 1 - i) * step;
	return count;
}

static void
draw_alignment(Drawing *drawing)
{
	int places[ALIGNMENT_LINES];
	int count = alignment_places(drawing->shape->version, places), last = count - 1;

	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
		{
			if ((i == 0 && (j == 0 || j == last)) || (i == last && j == 0))
				continue; /* a finder pattern stands there */
			for (int dy = -2; dy <= 2; dy++)
				for (int dx = -2; dx <= 2; dx++)
					draw(drawing, places[i] + dx, places[j] + dy,
						 (abs(dx) > abs(dy) ? abs(dx) : abs(dy)) != 1);
		}
}

/* The version number with its Golay check, twice (clause 7.10). */
static void
draw_version(Drawing *drawing)
{
	int version = drawing->shape->version, size = drawing->shape->size;
	int rest = version;
	long bits;

	if (version < 7)
		return;
	for (int i = 0; i < 12; i++)
		rest = (rest << 1) ^ (rest >> 11) * 0x1f25;
	bits = (long) version << 12 | rest;
	for (int i = 0; i < 18; i++)
	{
		draw(drawing, size - 11 + i % 3, i / 3, bits >> i & 1);
		draw(drawing, i / 3, size - 11 + i % 3, bits >> i & 1);
	}
}

/* Keeps the modules of the format information, which is drawn with the mask. */
static void
keep_format(Drawing *drawing)
{
	int size = drawing->shape->size;

	for (int i = 0; i < 9; i++)
	{
		if (i == 6)
			continue; /* timing pattern */
		draw(drawing, 8, i, false);
		draw(drawing, i, 8, false);
	}
	for (int i = 1; i <= 8; i++)
	{
		draw(drawing, size - i, 8, false);
		draw(drawing, 8, size - i, i == 8); /* the module that is always dark */
	}
}

static void
draw_function_patterns(Drawing *drawing)
{
	int size = drawing->shape->size;

	for (int i = 8; i < size - 8; i++)
	{
		draw(drawing, 6, i, i % 2 == 0);
		draw(drawing, i, 6, i % 2 == 0);
	}
	draw_finder(drawing, 3, 3);
	draw_finder(drawing, size - 4, 3);
	draw_finder(drawing, 3, size - 4);
	draw_alignment(drawing);
	draw_version(drawing);
	keep_format(drawing);
}

static bool
is_function(const Drawing *drawing, int x, int y)
{
	return drawing->function[y * drawing->shape->words + x / 64] >> (x % 64) & 1;
}

/* Data runs in columns two modules wide, from the right, up and down in turn. */
static void
order_places(Drawing *drawing)
{
	QrShape *shape = drawing->shape;
	int size = shape->size;
	bool upwards = true;

	shape->place_count = 0;
	for (int right = size - 1; right >= 1; right -= 2)
	{
		if (right == 6)
			right = 5; /* the timing pattern is left out */
		for (int i = 0; i < size; i++)
			for (int side = 0; side < 2; side++)
			{
				int x = right - side, y = upwards ? size - 1 - i : i;

				if (!is_function(drawing, x, y))
					shape->places[shape->place_count++] =
						(QrPlace){.x = (uint8_t) x, .y = (uint8_t) y};
			}
		upwards = !upwards;
	}
}

static bool
mask_turns(int mask, int x, int y)
{
	switch (mask)
	{
		case 0:
			return (x + y) % 2 == 0;
		case 1:
			return y % 2 == 0;
		case 2:
			return x % 3 == 0;
		case 3:
			return (x + y) % 3 == 0;
		case 4:
			return (x / 3 + y / 2) % 2 == 0;
		case 5:
			return x * y % 2 + x * y % 3 == 0;
		case 6:
			return (x * y % 2 + x * y % 3) % 2 == 0;
		default:
			return ((x + y) % 2 + x * y % 3) % 2 == 0;
	}
}

static void
build_masks(QrShape *shape)
{
	for (int mask = 0; mask < QR_MASKS; mask++)
		for (int i = 0; i < shape->place_count; i++)
		{
			int x = shape->places[i].x, y = shape->places[i].y;

			if (mask_turns(mask, x, y))
			{
				qr_set(shape->masks[mask][0], shape->words, x, y);
				qr_set(shape->masks[mask][1], shape->words, y, x);
			}
		}
}

PortStatus
qr_shape_build(const Port *port, QrShape *shape, int version)
{
	int size = version * 4 + 17;
	size_t row_bytes = 2 * (1 + QR_MASKS) * sizeof(QrRows);
	Drawing drawing;
	char *rows = port->alloc(port->host, row_bytes);

	shape->places = port_alloc_array(port, (size_t) (size * size), sizeof(QrPlace));
	if (rows == NULL || shape->places == NULL)
		return PORT_NO_MEMORY; /* size is 0 still: built anew by the next call */
	memset(rows, 0, row_bytes);
	shape->fixed = (QrRows *) rows;
	for (int mask = 0; mask < QR_MASKS; mask++)
		shape->masks[mask] = shape->fixed + 2 * (mask + 1);
	shape->version = version;
	shape->size = size;
	shape->words = (size + 63) / 64;
	drawing.shape = shape;
	memset(drawing.function, 0, sizeof(drawing.function));
	draw_function_patterns(&drawing);
	order_places(&drawing);
	build_masks(shape);
	return PORT_OK;
}

void
qr_shape_release(const Port *port, QrShape *shape)
{
	if (shape->size == 0)
		return;
	port->release(port->host, shape->places);
	port->release(port->host, shape->fixed);
	shape->size = 0;
}
