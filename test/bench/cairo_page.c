/*
 * cairo_page.c: a yardstick of render.sh, one invoice page drawn with cairo: the same number of texts, rules and bars as our
 * page of 12 lines, and the same QR code by libqrencode; one PDF a document.
 *
 *   cairo_page SECONDS
 *
 * Prints documents, pages, CPU seconds and bytes a document.
 */
#include <cairo-pdf.h>
#include <cairo.h>
#include <qrencode.h>
#include "render_code.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static size_t written;

static cairo_status_t
count_bytes(void *state, const unsigned char *bytes, unsigned int length)
{
	(void) state;
	(void) bytes;
	written += length;
	return CAIRO_STATUS_SUCCESS;
}

static void
put_text(cairo_t *page, double size, int bold, double x, double y, const char *text)
{
	cairo_select_font_face(page, "Liberation Sans", CAIRO_FONT_SLANT_NORMAL,
						   bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(page, size);
	cairo_move_to(page, x, y);
	cairo_show_text(page, text);
}

static void
draw_code(cairo_t *page)
{
	QRcode *code = QRcode_encodeString8bit(RENDER_CODE, 0, QR_ECLEVEL_M);

	for (int i = 0; code != NULL && i < code->width * code->width; i++)
		if (code->data[i] & 1)
			cairo_rectangle(page, 60 + i % code->width * 1.6, 720 + i / code->width * 1.6, 1.6, 1.6);
	cairo_fill(page);
	QRcode_free(code);
}

static void
draw_page(cairo_t *page)
{
	static const char *const items[] = {"Diesel, stasjon Heimdal", "Bensin 95, stasjon Åsane",
										"Vask, stasjon Sørlandsparken", "AdBlue, stasjon Gävle Södra"};

	cairo_set_source_rgb(page, 0, 0, 0);
	put_text(page, 15, 1, 57, 62, "Nordkraft Kort AS");
	put_text(page, 20, 1, 460, 62, "Faktura");
	put_text(page, 6.5, 0, 57, 130, "Nordkraft Kort AS · Havnegata 1 · 0150 OSLO");
	put_text(page, 10.5, 0, 57, 147, "Fjellheim Transport og Spedisjon AS");
	put_text(page, 10.5, 0, 57, 160, "Østre Ærøgate 14 B");
	put_text(page, 10.5, 0, 57, 173, "7012 TRONDHEIM");
	for (int i = 0; i < 7; i++)
	{
		put_text(page, 8, 0, 340, 130 + 12 * i, "Fakturanummer");
		put_text(page, 9, 0, 480, 130 + 12 * i, "2026-100017");
	}
	for (int i = 0; i < 12; i++)
	{
		double y = 300 + 16 * i;

		put_text(page, 9, 0, 60, y, items[i % 4]);
		put_text(page, 9, 0, 300, y, "92,35");
		put_text(page, 9, 0, 331, y, "l");
		put_text(page, 9, 0, 390, y, "19,959");
		put_text(page, 9, 0, 450, y, "25");
		put_text(page, 9, 0, 500, y, "1 843,26");
		cairo_rectangle(page, 57, y + 4, 482, 0.35);
		cairo_fill(page);
	}
	for (int i = 0; i < 14; i++)
	{
		put_text(page, 9, 0, 315, 500 + 9 * i, "Sum inkl. mva");
		put_text(page, 9, 0, 500, 500 + 9 * i, "22 890,75");
	}
	for (int i = 0; i < 12; i++)
		put_text(page, 9, i % 3 == 0, 57 + (i % 2) * 250, 640 + 10 * i, "Betales til Nordkraft");
	for (int i = 0; i < 64; i++)
		cairo_rectangle(page, 360 + 2.6 * i, 710, 1 + i % 2, 37);
	cairo_fill(page);
	draw_code(page);
	cairo_show_page(page);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	double limit = argc > 1 ? atof(argv[1]) : 2, start = seconds_now();
	long documents = 0;

	do
	{
		cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(count_bytes, NULL, 595.28, 841.89);
		cairo_t *page = cairo_create(surface);

		draw_page(page);
		cairo_destroy(page);
		cairo_surface_finish(surface);
		if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
			return 1;
		cairo_surface_destroy(surface);
		documents++;
	} while (seconds_now() - start < limit);
	printf("%ld\t%ld\t%.3f\t%zu\n", documents, documents, seconds_now() - start, written / (size_t) documents);
	return 0;
}
