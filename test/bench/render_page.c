/*
 * render_page.c: pages a second of our writer, without a server.
 *
 *   render_page SECONDS [FILE [LINES [PROFILE [XML]]]]     documents with so many lines, each a PDF of its own; of a
 *                                                          profile, with an invoice in it; FILE takes the last
 *   render_page -COUNT ...                                 so many documents, for counting instructions
 *
 * Prints documents, seconds and bytes a document.
 */
#include "core/barcode_qr.h"
#include "core/pdf_document.h"
#include "core/pdf_metadata.h"
#include "core/template_invoice.h"

#include "render_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static Slice invoice[64], taxes[2][16], adjustments[1][16];
static Slice (*lines)[32];
static const Slice **line_rows, *tax_rows[2], *adjustment_rows[1], *invoice_rows[1];

#define PUT(row, group, name, text) \
	(row)[FIELD_##group##_##name - FIRST_FIELD_##group] = (Slice){text, strlen(text)}

static void
fill_invoice(void)
{
	PUT(invoice, INVOICE, NUMBER, "2026-100017");
	PUT(invoice, INVOICE, TYPE_CODE, "380");
	PUT(invoice, INVOICE, ISSUE_DATE, "2026-11-01");
	PUT(invoice, INVOICE, DUE_DATE, "2026-11-21");
	PUT(invoice, INVOICE, CURRENCY, "NOK");
	PUT(invoice, INVOICE, BUYER_NO, "7001234");
	PUT(invoice, INVOICE, BUYER_REFERENCE, "Bil 14 / Åse Østgård");
	PUT(invoice, INVOICE, PERIOD_START, "2026-10-01");
	PUT(invoice, INVOICE, PERIOD_END, "2026-10-31");
	PUT(invoice, INVOICE, RECIPIENT_NAME, "Fjellheim Transport og Spedisjon AS");
	PUT(invoice, INVOICE, RECIPIENT_STREET, "Østre Ærøgate 14 B");
	PUT(invoice, INVOICE, RECIPIENT_POSTCODE, "7012");
	PUT(invoice, INVOICE, RECIPIENT_CITY, "TRONDHEIM");
	PUT(invoice, INVOICE, RECIPIENT_COUNTRY, "NO");
	PUT(invoice, INVOICE, BUYER_NAME, "Fjellheim Transport og Spedisjon AS");
	PUT(invoice, INVOICE, BUYER_STREET, "Østre Ærøgate 14 B");
	PUT(invoice, INVOICE, BUYER_POSTCODE, "7012");
	PUT(invoice, INVOICE, BUYER_CITY, "TRONDHEIM");
	PUT(invoice, INVOICE, BUYER_COUNTRY, "NO");
	PUT(invoice, INVOICE, BUYER_VAT_ID, "NO912345678MVA");
	PUT(invoice, INVOICE, PAYMENT_REFERENCE, "2026100017000000000012345");
	PUT(invoice, INVOICE, PAYEE_ACCOUNT, "15030012345");
	PUT(invoice, INVOICE, NET_TOTAL, "18432.60");
	PUT(invoice, INVOICE, TAX_TOTAL, "4458.15");
	PUT(invoice, INVOICE, GROSS_TOTAL, "22890.75");
	PUT(invoice, INVOICE, LINE_TOTAL, "18632.60");
	PUT(invoice, INVOICE, ALLOWANCE_TOTAL, "200.00");
	PUT(invoice, INVOICE, PAYABLE_AMOUNT, "22890.75");
	PUT(invoice, INVOICE, ISSUER_NAME, "Nordkraft Kort AS");
	PUT(invoice, INVOICE, ISSUER_COUNTRY, "NO");
	PUT(invoice, INVOICE, ISSUER_STREET, "Havnegata 1");
	PUT(invoice, INVOICE, ISSUER_POSTCODE, "0150");
	PUT(invoice, INVOICE, ISSUER_CITY, "OSLO");
	PUT(invoice, INVOICE, ISSUER_REGISTRATION_NO, "987654321");
	PUT(invoice, INVOICE, ISSUER_VAT_ID, "NO987654321MVA");
	PUT(invoice, INVOICE, PAYMENT_TERMS, "Betales innen forfall. Ved forsinket betaling beregnes rente etter forsinkelsesrenteloven.");
	invoice_rows[0] = invoice;
}

static void
fill_lines(int count)
{
	static const char *const items[] = {"Diesel, stasjon Heimdal", "Bensin 95, stasjon Åsane",
										"Vask, stasjon Sørlandsparken", "AdBlue, stasjon Gävle Södra"};
	static const char *const amounts[] = {"1843.26", "912.40", "249.00", "318.75"};

	lines = calloc((size_t) count, sizeof(*lines));
	line_rows = calloc((size_t) count, sizeof(*line_rows));
	for (int i = 0; i < count; i++)
	{
		PUT(lines[i], LINE, ITEM_NAME, items[i % 4]);
		PUT(lines[i], LINE, NO, "1");
		PUT(lines[i], LINE, QUANTITY, i % 4 == 2 ? "1" : "92.3500");
		PUT(lines[i], LINE, UNIT_CODE, i % 4 == 2 ? "C62" : "LTR");
		PUT(lines[i], LINE, PRICE, "19.959");
		PUT(lines[i], LINE, TAX_RATE, "25.00");
		PUT(lines[i], LINE, NET_AMOUNT, amounts[i % 4]);
		if (i == 2)
			PUT(lines[i], LINE, ITEM_DESCRIPTION, "Program 3 med voks og underspyling; kort **** 4411, Łódź, Iași, Göteborg");
		line_rows[i] = lines[i];
	}
	PUT(taxes[0], TAX, CATEGORY, "S");
	PUT(taxes[0], TAX, RATE, "25");
	PUT(taxes[0], TAX, TAXABLE_AMOUNT, "17832.60");
	PUT(taxes[0], TAX, TAX_AMOUNT, "4458.15");
	PUT(taxes[1], TAX, CATEGORY, "Z");
	PUT(taxes[1], TAX, RATE, "0");
	PUT(taxes[1], TAX, TAXABLE_AMOUNT, "600.00");
	PUT(taxes[1], TAX, TAX_AMOUNT, "0.00");
	tax_rows[0] = taxes[0];
	tax_rows[1] = taxes[1];
	PUT(adjustments[0], ADJUSTMENT, IS_CHARGE, "false");
	PUT(adjustments[0], ADJUSTMENT, AMOUNT, "200.00");
	PUT(adjustments[0], ADJUSTMENT, REASON, "Volumrabatt oktober");
	adjustment_rows[0] = adjustments[0];
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* The reference page's QR code, as cairo_page.c and haru_page.c draw it. */
static void
draw_code(Layout *layout, QrEncoder *encoder)
{
	static QrSymbol symbol;
	BarcodeMatrix matrix;

	if (qr_encode(encoder, &symbol, RENDER_CODE, strlen(RENDER_CODE), QR_LEVEL_M, false) != PORT_OK)
		exit(1);
	matrix = (BarcodeMatrix){symbol.size, 4, symbol.rows, 0};
	layout_reopen_page(layout, 1);
	pdf_page_matrix(&layout->page, &matrix, MM(21), MM(250), MM(30), false);
	layout_end(layout);
}

static size_t
read_whole(const char *name, char **bytes)
{
	FILE *file = fopen(name, "rb");
	size_t length;

	if (file == NULL)
		exit(1);
	*bytes = malloc(1 << 20);
	length = fread(*bytes, 1, 1 << 20, file);
	fclose(file);
	return length;
}

int
main(int argc, char **argv)
{
	double limit = argc > 1 ? atof(argv[1]) : 2, start;
	TemplateData data = {{{1, invoice_rows}, {0, NULL}, {2, tax_rows}, {1, adjustment_rows}}};
	PdfShared shared;
	PdfDocument document;
	Layout layout;
	PdfTags tags;
	PdfAttachment attachment;
	PortFault fault = {PORT_OK};
	QrEncoder *encoder = qr_encoder_open(&port_malloc);
	const PdfProfile *profile = pdf_profile_find(argc > 4 ? argv[4] : "print");
	Buffer scratch, title;
	long documents = 0, pages = 0;

	fill_invoice();
	fill_lines(argc > 3 ? atoi(argv[3]) : 12);
	data.groups[TEMPLATE_LINE] = (TemplateRows){argc > 3 ? atoi(argv[3]) : 12, line_rows};
	buffer_init(&scratch, &port_malloc);
	buffer_init(&title, &port_malloc);
	layout_init(&layout, &port_malloc);
	if (profile == NULL || encoder == NULL || pdf_shared_open(&shared, &port_malloc, profile, false) != PORT_OK ||
		pdf_document_init(&document, &port_malloc, &shared) != PORT_OK)
		return 1;
	pdf_tags_init(&tags, &port_malloc);
	layout.tags = profile->tagged ? &tags : NULL;
	if (argc > 5)
	{
		char *bytes;
		size_t length = read_whole(argv[5], &bytes);

		if (pdf_attachment_init(&attachment, bytes, length, "20261101", &fault) != PORT_OK)
			return 1;
		document.attachment = &attachment;
	}
	start = seconds_now();
	do
	{
		PdfInfo info;

		buffer_reset(&title);
		template_invoice_title(&data, &title);
		info = (PdfInfo){title.bytes, template_language_code(template_invoice_language(&data))};
		if (template_invoice_layout(&data, &layout, &scratch, &fault) != PORT_OK)
		{
			fprintf(stderr, "render_page: %s\n", fault.message);
			return 1;
		}
		draw_code(&layout, encoder);
		if (pdf_document_write(&document, &layout, &info) != PORT_OK)
		{
			fprintf(stderr, "render_page: %s\n", fault.message);
			return 1;
		}
		documents++;
		pages += layout.page_count;
	} while (limit < 0 ? documents < -limit : seconds_now() - start < limit);
	printf("%ld\t%ld\t%.3f\t%zu\n", documents, pages, seconds_now() - start, document.file.out.length);
	if (argc > 2)
	{
		FILE *file = fopen(argv[2], "wb");

		if (file == NULL)
			return 1;
		fwrite(document.file.out.bytes, 1, document.file.out.length, file);
		fclose(file);
	}
	return 0;
}
