/*
 * pdf_image.c: PNG and JPEG to image objects.
 */
#include "core/pdf_image.h"

#include "core/deflate.h"
#include "core/jpeg_gray.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACK_LEVEL 9

typedef struct Picture
{
	const Port *port;
	const uint8_t *bytes;
	size_t length;
	int width, height;
	int kind, channels; /* of the PNG: colour type, bytes a pixel */
	const uint8_t *palette, *transparent;
	size_t palette_length, transparent_length;
	ByteBuffer packed, lines, pixels;
	bool gray;
	PortFault *fault;
} Picture;

static uint32_t
read_u32(const uint8_t *at)
{
	return (uint32_t) at[0] << 24 | (uint32_t) at[1] << 16 | (uint32_t) at[2] << 8 | at[3];
}

static PortStatus
refuse(Picture *picture, const char *rule, const char *what)
{
	return port_fault(picture->fault, PORT_INVALID, rule, "image %s", what);
}

/* ---------- PNG ---------- */

static PortStatus
read_header(Picture *picture, const uint8_t *at, size_t length)
{
	static const int channels[7] = {1, 0, 3, 1, 2, 0, 4};

	if (length != 13)
		return refuse(picture, "IMAGE-FORMAT", "has a broken header");
	if (read_u32(at) == 0 || read_u32(at + 4) == 0 || read_u32(at) > 16384 ||
		read_u32(at + 4) > 16384 || read_u32(at) * read_u32(at + 4) > PDF_IMAGE_MOST_PIXELS)
		return refuse(picture, "IMAGE-FORMAT", "is larger than 16 million pixels, or empty");
	picture->width = (int) read_u32(at);
	picture->height = (int) read_u32(at + 4);
	picture->kind = at[9];
	if (at[8] != 8 || at[9] > 6 || channels[at[9]] == 0)
		return refuse(picture, "IMAGE-KIND", "is a PNG that has not 8 bits a channel");
	if (at[12] != 0)
		return refuse(picture, "IMAGE-KIND", "is an interlaced PNG");
	picture->channels = channels[at[9]];
	return PORT_OK;
}

static PortStatus
read_chunks(Picture *picture)
{
	size_t at = 8;
	bool ended = false;

	while (!ended && picture->length - at >= 12)
	{
		const uint8_t *chunk = picture->bytes + at;
		size_t length = read_u32(chunk);
		PortStatus status = PORT_OK;

		if (length > picture->length - at - 12)
			break;
		if (deflate_crc32(0, chunk + 4, length + 4) != read_u32(chunk + 8 + length))
			return refuse(picture, "IMAGE-FORMAT", "is damaged");
		if (at == 8 && memcmp(chunk + 4, "IHDR", 4) != 0)
			break;
		if (memcmp(chunk + 4, "IHDR", 4) == 0)
			status = read_header(picture, chunk + 8, length);
		else if (memcmp(chunk + 4, "PLTE", 4) == 0)
		{
			picture->palette = chunk + 8;
			picture->palette_length = length / 3;
		}
		else if (memcmp(chunk + 4, "tRNS", 4) == 0)
		{
			picture->transparent = chunk + 8;
			picture->transparent_length = length;
		}
		else if (memcmp(chunk + 4, "IDAT", 4) == 0)
			buffer_append(&picture->packed, chunk + 8, length);
		ended = memcmp(chunk + 4, "IEND", 4) == 0;
		if (status != PORT_OK)
			return status;
		at += 12 + length;
	}
	if (!ended || picture->channels == 0 || (picture->kind == 3 && picture->palette == NULL))
		return refuse(picture, "IMAGE-FORMAT", "is cut or broken");
	return picture->packed.failed ? PORT_NO_MEMORY : PORT_OK;
}

static int
paeth(int left, int up, int corner)
{
	int guess = left + up - corner;
	int by_left = abs(guess - left), by_up = abs(guess - up), by_corner = abs(guess - corner);

	return by_left <= by_up && by_left <= by_corner ? left : by_up <= by_corner ? up : corner;
}

/* Undoes the filter of one line; before is the line above, NULL for the first. */
static bool
unfilter(uint8_t *line, const uint8_t *before, int filter, int length, int step)
{
	if (filter > 4)
		return false;
	for (int i = 0; i < length; i++)
	{
		int left = i >= step ? line[i - step] : 0, up = before != NULL ? before[i] : 0;
		int corner = i >= step && before != NULL ? before[i - step] : 0;

		line[i] = (uint8_t) (line[i] + (filter == 1	  ? left
										: filter == 2 ? up
										: filter == 3 ? (left + up) / 2
										: filter == 4 ? paeth(left, up, corner)
													  : 0));
	}
	return true;
}

static PortStatus
unpack_lines(Picture *picture)
{
	size_t row = (size_t) picture->width * (size_t) picture->channels;
	size_t size = (row + 1) * (size_t) picture->height;
	Inflater *inflater = inflater_open(picture->port, DEFLATE_ZLIB);
	PortStatus status = PORT_NO_MEMORY;

	if (inflater != NULL)
		status = inflater_run(inflater, NULL, 0, picture->packed.bytes, picture->packed.length,
							  size, &picture->lines);
	inflater_close(inflater);
	if (status == PORT_NO_MEMORY || status == PORT_INTERRUPTED)
		return status;
	if (status != PORT_OK || picture->lines.length != size)
		return refuse(picture, "IMAGE-FORMAT", "is cut or broken");
	for (int y = 0; y < picture->height; y++)
	{
		uint8_t *line = (uint8_t *) picture->lines.bytes + (row + 1) * (size_t) y;

		if (!unfilter(line + 1, y > 0 ? line - row : NULL, line[0], (int) row, picture->channels))
			return refuse(picture, "IMAGE-FORMAT", "has a broken line");
	}
	return PORT_OK;
}

static uint8_t
on_white(int value, int opacity)
{
	return (uint8_t) ((value * opacity + 255 * (255 - opacity) + 127) / 255);
}

static void
put_pixel(Picture *picture, const uint8_t *rgb, int opacity)
{
	int red = on_white(rgb[0], opacity), green = on_white(rgb[1], opacity);
	int blue = on_white(rgb[2], opacity);

	if (picture->gray) /* weights of ITU-R BT.709 */
		buffer_append_char(&picture->pixels,
						   (char) ((red * 2126 + green * 7152 + blue * 722 + 5000) / 10000));
	else
	{
		char pixel[3] = {(char) red, (char) green, (char) blue};

		buffer_append(&picture->pixels, pixel, 3);
	}
}

static PortStatus
lay_on_white(Picture *picture)
{
	size_t row = (size_t) picture->width * (size_t) picture->channels + 1;

	for (int y = 0; y < picture->height; y++)
	{
		const uint8_t *at = (uint8_t *) picture->lines.bytes + row * (size_t) y + 1;

		for (int x = 0; x < picture->width; x++, at += picture->channels)
		{
			uint8_t same[3] = {at[0], at[0], at[0]};

			if (picture->kind == 3 && at[0] >= picture->palette_length)
				return refuse(picture, "IMAGE-FORMAT", "names a colour that is not in its palette");
			if (picture->kind == 3)
				put_pixel(picture, picture->palette + 3 * at[0],
						  at[0] < picture->transparent_length ? picture->transparent[at[0]] : 255);
			else if (picture->kind == 0 || picture->kind == 4)
				put_pixel(picture, same, picture->kind == 4 ? at[1] : 255);
			else
				put_pixel(picture, at, picture->kind == 6 ? at[3] : 255);
		}
	}
	return picture->pixels.failed ? PORT_NO_MEMORY : PORT_OK;
}

static PortStatus
put_png(Picture *picture, PdfImage *image)
{
	Deflater *deflater = deflater_open(picture->port, DEFLATE_ZLIB, PACK_LEVEL);
	PortStatus status = PORT_NO_MEMORY;
	ByteBuffer packed;

	buffer_init(&packed, picture->port);
	if (deflater != NULL)
		status =
			deflater_run(deflater, NULL, 0, picture->pixels.bytes, picture->pixels.length, &packed);
	deflater_close(deflater);
	buffer_printf(&image->object,
				  "<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8"
				  "/ColorSpace/%s/Filter/FlateDecode/Length %zu>>\nstream\n",
				  picture->width, picture->height, picture->gray ? "DeviceGray" : "DeviceRGB",
				  packed.length);
	buffer_append(&image->object, packed.bytes, packed.length);
	buffer_release(&packed);
	return status;
}

static PortStatus
open_png(Picture *picture, PdfImage *image)
{
	PortStatus status = read_chunks(picture);

	if (status == PORT_OK)
		status = unpack_lines(picture);
	/* gray stays gray in every profile */
	picture->gray |= picture->kind == 0 || picture->kind == 4;
	if (status == PORT_OK)
		status = lay_on_white(picture);
	if (status == PORT_OK)
		status = put_png(picture, image);
	return status;
}

/* ---------- JPEG ---------- */

static PortStatus
put_jpeg(Picture *picture, PdfImage *image, bool is_gray, const void *bytes, size_t length)
{
	buffer_printf(&image->object,
				  "<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8"
				  "/ColorSpace/%s/Filter/DCTDecode/Length %zu>>\nstream\n",
				  picture->width, picture->height, is_gray ? "DeviceGray" : "DeviceRGB", length);
	buffer_append(&image->object, bytes, length);
	return PORT_OK;
}

/* Without its colours. */
static PortStatus
put_gray_jpeg(Picture *picture, PdfImage *image)
{
	PortStatus status = jpeg_make_gray(picture->port, picture->bytes, picture->length,
									   &picture->packed, picture->fault);

	if (status != PORT_OK)
		return status;
	return put_jpeg(picture, image, true, picture->packed.bytes, picture->packed.length);
}

/* Finds the frame header: segments follow one another up to it. */
static PortStatus
open_jpeg(Picture *picture, PdfImage *image)
{
	const uint8_t *bytes = picture->bytes;
	size_t at = 2, length = picture->length;
	int channels;

	while (length - at >= 10 && bytes[at] == 0xFF &&
		   !(bytes[at + 1] >= 0xC0 && bytes[at + 1] <= 0xC2))
	{
		size_t segment = (size_t) bytes[at + 2] << 8 | bytes[at + 3];

		if (bytes[at + 1] >= 0xC3 && bytes[at + 1] <= 0xCF && bytes[at + 1] != 0xC4 &&
			bytes[at + 1] != 0xC8 && bytes[at + 1] != 0xCC)
			return refuse(picture, "IMAGE-KIND", "is a JPEG of a kind that PDF does not know");
		if (bytes[at + 1] == 0xFF)
			segment = 0; /* a byte that fills */
		else if (segment < 2 || bytes[at + 1] == 0xDA || bytes[at + 1] == 0xD9)
			break;
		at += segment == 0 ? 1 : segment + 2;
		if (at > length)
			break;
	}
	if (at > length || length - at < 10 || bytes[at] != 0xFF || bytes[at + 1] < 0xC0 ||
		bytes[at + 1] > 0xC2 || bytes[length - 2] != 0xFF || bytes[length - 1] != 0xD9)
		return refuse(picture, "IMAGE-FORMAT", "is a cut or broken JPEG");
	picture->height = bytes[at + 5] << 8 | bytes[at + 6];
	picture->width = bytes[at + 7] << 8 | bytes[at + 8];
	channels = bytes[at + 9];
	if (bytes[at + 4] != 8 || (channels != 1 && channels != 3))
		return refuse(picture, "IMAGE-KIND", "is a JPEG that is neither gray nor RGB of 8 bits");
	if (picture->width == 0 || picture->height == 0 ||
		picture->width > PDF_IMAGE_MOST_PIXELS / picture->height)
		return refuse(picture, "IMAGE-FORMAT", "is larger than 16 million pixels, or empty");
	if (picture->gray && channels == 3)
		return put_gray_jpeg(picture, image);
	return put_jpeg(picture, image, channels == 1, bytes, length);
}

/* ---------- both ---------- */

/* Tells contents apart; two of them with one name in a mailing would be a forgery of our own. */
static void
name_image(PdfImage *image)
{
	uint64_t hash = 0xCBF29CE484222325;

	for (size_t i = 0; i < image->object.length; i++)
	{
		hash = (hash ^ (uint8_t) image->object.bytes[i]) * 0x100000001B3;
		hash ^= hash >> 29;
	}
	snprintf(image->name, sizeof(image->name), "I%016llX", (unsigned long long) hash);
}

PortStatus
pdf_image_open(PdfImage *image, const Port *port, const PdfProfile *profile, const void *bytes,
			   size_t length, PortFault *fault)
{
	Picture picture = {.port = port, .bytes = bytes, .length = length, .fault = fault};
	PortStatus status;

	memset(image, 0, sizeof(*image));
	buffer_init(&image->object, port);
	buffer_init(&picture.packed, port);
	buffer_init(&picture.lines, port);
	buffer_init(&picture.pixels, port);
	picture.gray = profile->colour == PDF_GRAY;
	if (length > PDF_IMAGE_MOST_BYTES)
		status = port_fault(fault, PORT_TOO_LARGE, "IMAGE-SIZE", "image is over 4 MB");
	else if (length > 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0)
		status = open_png(&picture, image);
	else if (length > 12 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
		status = open_jpeg(&picture, image);
	else
		status = refuse(&picture, "IMAGE-KIND", "is neither PNG nor JPEG");
	buffer_append_text(&image->object, "\nendstream\nendobj\n");
	buffer_release(&picture.packed);
	buffer_release(&picture.lines);
	buffer_release(&picture.pixels);
	if (status == PORT_OK && image->object.failed)
		status = PORT_NO_MEMORY;
	image->width = picture.width;
	image->height = picture.height;
	name_image(image);
	return status;
}

void
pdf_image_fit(const PdfImage *image, int *width, int *height)
{
	if (*height > 0 && (int64_t) *width * image->height > (int64_t) *height * image->width)
		*width = (int) ((int64_t) *height * image->width / image->height);
	else
		*height = (int) ((int64_t) *width * image->height / image->width);
}
