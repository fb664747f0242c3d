/*
 * haru_page.c: a yardstick of render.sh, one invoice page drawn with libharu: the same number of texts, rules and bars as our
 * page of 12 lines, and the same QR code by libqrencode; one PDF a document.
 *
 *   haru_page SECONDS REGULAR.ttf BOLD.ttf
 *
 * Prints documents, pages, CPU seconds and bytes a document.
 */
#include <hpdf.h>
#include <qrencode.h>
#include "render_code.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct Page
{
	HPDF_Page page;
	HPDF_Font fonts[2];
} Page;

static void
put_text(Page *page, double size, int bold, double x, double y, const char *text)
{
	HPDF_Page_BeginText(page->page);
	HPDF_Page_SetFontAndSize(page->page, page->fonts[bold], (HPDF_REAL) size);
	HPDF_Page_TextOut(page->page, (HPDF_REAL) x, (HPDF_REAL) (841.89 - y), text);
	HPDF_Page_EndText(page->page);
}

static void
put_box(Page *page, double x, double y, double width, double height)
{
	HPDF_Page_Rectangle(page->page, (HPDF_REAL) x, (HPDF_REAL) (841.89 - y - height), (HPDF_REAL) width, (HPDF_REAL) height);
}

static void
draw_code(Page *page)
{
	QRcode *code = QRcode_encodeString8bit(RENDER_CODE, 0, QR_ECLEVEL_M);

	for (int i = 0; code != NULL && i < code->width * code->width; i++)
		if (code->data[i] & 1)
			put_box(page, 60 + i % code->width * 1.6, 720 + i / code->width * 1.6, 1.6, 1.6);
	HPDF_Page_Fill(page->page);
	QRcode_free(code);
}

static void
draw_page(Page *page)
{
	static const char *const items[] = {"Diesel, stasjon Heimdal", "Bensin 95, stasjon Åsane",
										"Vask, stasjon Sørlandsparken", "AdBlue, stasjon Gävle Södra"};

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
		put_box(page, 57, y + 4, 482, 0.35);
		HPDF_Page_Fill(page->page);
	}
	for (int i = 0; i < 14; i++)
	{
		put_text(page, 9, 0, 315, 500 + 9 * i, "Sum inkl. mva");
		put_text(page, 9, 0, 500, 500 + 9 * i, "22 890,75");
	}
	for (int i = 0; i < 12; i++)
		put_text(page, 9, i % 3 == 0, 57 + (i % 2) * 250, 640 + 10 * i, "Betales til Nordkraft");
	for (int i = 0; i < 64; i++)
		put_box(page, 360 + 2.6 * i, 710, 1 + i % 2, 37);
	HPDF_Page_Fill(page->page);
	draw_code(page);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
fail(HPDF_STATUS error, HPDF_STATUS detail, void *state)
{
	(void) state;
	fprintf(stderr, "haru_page: error %lX %lX\n", (unsigned long) error, (unsigned long) detail);
	exit(1);
}

int
main(int argc, char **argv)
{
	double limit = argc > 1 ? atof(argv[1]) : 2, start = seconds_now();
	long documents = 0;
	HPDF_UINT32 size = 0;

	if (argc < 4)
		return 1;
	do
	{
		HPDF_Doc document = HPDF_New(fail, NULL);
		Page page;

		HPDF_SetCompressionMode(document, HPDF_COMP_ALL);
		HPDF_UseUTFEncodings(document);
		for (int i = 0; i < 2; i++)
			page.fonts[i] = HPDF_GetFont(document, HPDF_LoadTTFontFromFile(document, argv[2 + i], HPDF_TRUE), "UTF-8");
		page.page = HPDF_AddPage(document);
		HPDF_Page_SetSize(page.page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
		draw_page(&page);
		HPDF_SaveToStream(document);
		size = HPDF_GetStreamSize(document);
		HPDF_Free(document);
		documents++;
	} while (seconds_now() - start < limit);
	printf("%ld\t%ld\t%.3f\t%u\n", documents, documents, seconds_now() - start, (unsigned) size);
	return 0;
}
