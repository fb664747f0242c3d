/*
 * pdf_used.c: sets of colours and images.
 */
#include "core/pdf_used.h"

#include "core/ink.h"

bool
pdf_used_ink(PdfUsed *used, int ink)
{
	for (int i = 0; i < used->ink_count; i++)
		if (used->inks[i] == ink)
			return true;
	if (used->ink_count == PDF_MOST_INKS)
		return false;
	used->inks[used->ink_count++] = ink;
	return true;
}

bool
pdf_used_image(PdfUsed *used, const PdfImage *image)
{
	for (int i = 0; i < used->image_count; i++)
		if (used->images[i] == image)
			return true;
	if (used->image_count == PDF_MOST_IMAGES)
		return false;
	used->images[used->image_count++] = image;
	return true;
}

void
pdf_put_ink_name(ByteBuffer *out, int ink)
{
	buffer_printf(out, "K%08X", (unsigned) ink);
}

/* Black is what the three colours have in common: the plainest of all ways to CMYK. */
static void
put_cmyk(ByteBuffer *out, int rgb)
{
	int cyan = 255 - (rgb >> 16 & 0xFF), magenta = 255 - (rgb >> 8 & 0xFF);
	int yellow = 255 - (rgb & 0xFF), black = cyan < magenta ? cyan : magenta;

	if (yellow < black)
		black = yellow;
	if (black == 255)
		cyan = magenta = yellow = 0;
	else
	{
		cyan = (cyan - black) * 255 / (255 - black);
		magenta = (magenta - black) * 255 / (255 - black);
		yellow = (yellow - black) * 255 / (255 - black);
	}
	buffer_printf(out, "[/Indexed/DeviceCMYK 0<%02X%02X%02X%02X>]", cyan, magenta, yellow, black);
}

void
pdf_put_ink_space(ByteBuffer *out, int ink, PdfColourSpace colour)
{
	if (colour == PDF_RGB)
		buffer_printf(out, "[/Indexed/DeviceRGB 0<%06X>]", (unsigned) ink_rgb(ink));
	else if (colour == PDF_CMYK)
		put_cmyk(out, ink_rgb(ink));
	else
		buffer_printf(out, "[/Indexed/DeviceGray 0<%02X>]", (ink_gray(ink) * 255 + 50) / 100);
}
