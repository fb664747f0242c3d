/*
 * template_giro.c: the payment slip at the foot of the last page.
 *
 * The forms are national and speak their own language, whatever the document does.  What they look
 * like in millimetres is below; the code line comes from core/giro_slip.h.
 */
#include "core/decimal.h"
#include "core/giro_slip.h"
#include "core/ink.h"
#include "core/template_kind.h"
#include "core/template_proof.h"

#include <string.h>

/* From the lower edge of the sheet, in millimetres and tenths. */
#define UP(tenths) (PDF_PAGE_HEIGHT - MM10(tenths))

#define CAPTION_SIZE 650
#define LEAD 1250

static const LayoutStyle caption = {FONT_REGULAR, CAPTION_SIZE, 0};
static const LayoutStyle plain = {FONT_REGULAR, 1000, 0};
static const LayoutStyle strong = {FONT_BOLD, 1000, 0};

static GiroSystem
form_of(const TemplateBlock *block)
{
	return block->giro == GIRO_NORWEGIAN ? GIRO_NORWEGIAN : GIRO_BANKGIRO;
}

/* There is a slip where there is something to pay: not for credit notes, zero, or what is owed to
 * the recipient. */
static bool
has_slip(const TemplateRun *run, const TemplateBlock *block)
{
	const Slice *invoice = run->rows[TEMPLATE_INVOICE];
	Slice amount = TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT);

	return block->kind == BLOCK_GIRO && template_block_shows(run, block) &&
		   !template_is_credit_note(run->data) && !template_is_self_billed(run->data) &&
		   !slice_is_zero(amount) && amount.bytes[0] != '-' &&
		   (block->content.count > 0 || TEMPLATE_VALUE(invoice, INVOICE, PAYEE_ACCOUNT).length > 0);
}

const TemplateBlock *
template_find_giro(const TemplateRun *run)
{
	const TemplateProgram *program = run->program;

	if (program->giro == 0)
		return NULL;
	for (int number = program->giro; number != 0; number = program->blocks[number].next)
		if (has_slip(run, &program->blocks[number]))
			return &program->blocks[number];
	return NULL;
}

int
template_giro_top(const TemplateBlock *block)
{
	return PDF_PAGE_HEIGHT - giro_height(form_of(block));
}

static void
complain(TemplateRun *run, const TemplateBlock *block, const PortFault *problem)
{
	port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
			   "template \"%.60s\", block <giro> in line %d: no payment slip (%s): %.120s",
			   run->program->name.bytes, block->line, problem->rule, problem->message);
}

bool
template_giro_line(TemplateRun *run, const TemplateBlock *block, GiroLine *line)
{
	const Slice *invoice = run->rows[TEMPLATE_INVOICE];
	GiroPayment payment = {.system = (GiroSystem) block->giro,
						   .account = TEMPLATE_VALUE(invoice, INVOICE, PAYEE_ACCOUNT),
						   .reference = TEMPLATE_VALUE(invoice, INVOICE, PAYMENT_REFERENCE),
						   .currency = TEMPLATE_VALUE(invoice, INVOICE, CURRENCY),
						   .blank_amount = block->open_amount,
						   .form_number = block->name,
						   .code = block->giro_code};
	Slice amount = TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT);
	PortFault problem = {0};
	Decimal value;

	if (block->content.count > 0)
		payment.account = template_evaluate(run, block, block->content);
	if (template_failed(run))
		return false;
	if (decimal_parse(amount.bytes, amount.length, &value) != DECIMAL_OK ||
		!decimal_to_minor(value, 2, &payment.amount_minor))
		payment.amount_minor = 0; /* refused below */
	if (giro_make_line(line, &payment, &problem) == PORT_OK)
		return true;
	complain(run, block, &problem);
	return false;
}

/* ---------- drawing ---------- */

typedef struct Slip
{
	TemplateRun *run;
	Layout *layout;
	const TemplateBlock *block;
	const Slice *invoice;
	const GiroLine *line;
	TemplateLanguage language;
} Slip;

#define SLIP_FIELD(slip, name) TEMPLATE_VALUE((slip)->invoice, INVOICE, name)

static Slice
literal(const char *text)
{
	return (Slice){text, strlen(text)};
}

/* Places are millimetres and tenths, from the left and from below: the base line. */
static void
put(Slip *slip, LayoutStyle style, int x, int up, int width, Slice text)
{
	if (text.length > 0)
		layout_left(slip->layout, style, MM10(x), UP(up), MM10(width), text);
}

static void
put_caption(Slip *slip, int x, int up, const char *text)
{
	put(slip, caption, x, up, 900, literal(text));
}

/* Never cut: set smaller. */
static void
put_whole(Slip *slip, LayoutStyle style, int x, int up, int width, Slice text)
{
	layout_whole(slip->layout, style, MM10(x), UP(up), MM10(width), text);
}

/* A value of the invoice, compared with it. */
static void
put_value(Slip *slip, ProofValue value, int x, int up, int width, Slice text)
{
	ProofMark mark = proof_open(&slip->layout->proof, PROOF_BIT(value));

	put_whole(slip, strong, x, up, width, text);
	template_proof_giro(slip->run, slip->block, mark, value, slip->language);
}

/* Its lower left corner and size. */
static void
put_area(Slip *slip, int ink, int x, int up, int width, int height)
{
	pdf_page_box(&slip->layout->page, ink, MM10(x), UP(up + height), MM10(width), MM10(height));
}

static void
put_line(Slip *slip, int weight, int x1, int up1, int x2, int up2)
{
	int points[4] = {MM10(x1), UP(up1), MM10(x2), UP(up2)};

	pdf_page_polyline(&slip->layout->page, 0, weight, points, 2);
}

static void
put_code_line(Slip *slip)
{
	ProofMark mark = proof_open(&slip->layout->proof, PROOF_ALL);

	(void) pdf_tags_open(slip->layout->tags, ROLE_P);
	for (int i = 0; i < slip->line->field_count; i++)
	{
		const GiroField *field = &slip->line->fields[i];

		pdf_page_text(&slip->layout->page, FONT_OCR, GIRO_FONT_SIZE, 0, field->x,
					  PDF_PAGE_HEIGHT - slip->line->baseline, field->text, strlen(field->text));
	}
	pdf_tags_close(slip->layout->tags);
	template_proof_code_line(slip->run, slip->block, mark);
}

/* Where to cut. */
static void
put_cut(Slip *slip)
{
	pdf_page_dashes(&slip->layout->page, 55, MM(4), template_giro_top(slip->block),
					PDF_PAGE_WIDTH - MM(8), 30, MM10(15));
}

static Slice
formatted(Slip *slip, void (*format)(ByteBuffer *, TemplateLanguage, Slice), Slice value)
{
	buffer_reset(slip->run->scratch);
	if (value.length > 0)
		format(slip->run->scratch, slip->language, value);
	return (Slice){slip->run->scratch->bytes,
				   slip->run->scratch->failed ? 0 : slip->run->scratch->length};
}

static Slice
amount_of(Slip *slip)
{
	return slip->block->open_amount
			   ? (Slice){"", 0}
			   : formatted(slip, format_money, SLIP_FIELD(slip, PAYABLE_AMOUNT));
}

static Slice
place_of(Slip *slip, Slice postcode, Slice city, Slice country)
{
	ByteBuffer *out = slip->run->scratch;

	buffer_reset(out);
	if (postcode.length > 0)
	{
		format_postcode(out, postcode, country);
		buffer_append_char(out, ' ');
	}
	if (city.length > 0)
		buffer_append(out, city.bytes, city.length);
	return (Slice){out->bytes, out->failed ? 0 : out->length};
}

/* Name and address, from below the first line downwards. */
static void
put_address(Slip *slip, int x, int up, int width, bool payer)
{
	Slice street = payer ? SLIP_FIELD(slip, BUYER_STREET) : SLIP_FIELD(slip, ISSUER_STREET);

	(void) pdf_tags_open(slip->layout->tags, ROLE_P);
	put(slip, plain, x, up, width,
		payer ? SLIP_FIELD(slip, BUYER_NAME) : SLIP_FIELD(slip, ISSUER_NAME));
	up -= street.length > 0 ? 48 : 0;
	put(slip, plain, x, up, width, street);
	put(slip, plain, x, up - 48, width,
		payer ? place_of(slip, SLIP_FIELD(slip, BUYER_POSTCODE), SLIP_FIELD(slip, BUYER_CITY),
						 SLIP_FIELD(slip, BUYER_COUNTRY))
			  : place_of(slip, SLIP_FIELD(slip, ISSUER_POSTCODE), SLIP_FIELD(slip, ISSUER_CITY),
						 SLIP_FIELD(slip, ISSUER_COUNTRY)));
	pdf_tags_close(slip->layout->tags);
}

/* ---------- Norway: GIRO F60-1 ---------- */

#define YELLOW ink_colour(0xFFEC80, 92) /* a colour the reader is blind to */

/* The four corners of a field, from its upper left one. */
static void
put_corners(Slip *slip, int x, int up, int width, int height)
{
	for (int side = 0; side < 2; side++)
		for (int end = 0; end < 2; end++)
		{
			int cx = x + side * width, cy = up - end * height;

			put_line(slip, 40, cx, cy, cx + (side == 0 ? 20 : -20), cy);
			put_line(slip, 40, cx, cy, cx, cy + (end == 0 ? -20 : 20));
		}
}

/* One line of what the payment is for. */
static int
put_information(Slip *slip, int up, const char *name, Slice value)
{
	ByteBuffer *out = slip->run->cells;

	if (value.length == 0)
		return up;
	buffer_reset(out);
	buffer_append_text(out, name);
	buffer_append(out, value.bytes, value.length);
	if (!out->failed)
		put(slip, plain, 150, up, 880, (Slice){out->bytes, out->length});
	return up - 50;
}

static void
put_receipt(Slip *slip)
{
	LayoutStyle heading = {FONT_BOLD, 1200, 0};
	ProofMark mark;

	put_area(slip, YELLOW, 0, 1010, 2100, 210);
	put_area(slip, 100, 800, 1030, 360, 90);
	put_area(slip, 100, 1260, 1030, 400, 90);
	put_area(slip, 100, 1700, 1030, 310, 90);
	(void) pdf_tags_open(slip->layout->tags, ROLE_H2);
	put(slip, heading, 150, 1172, 600, literal("Kvittering"));
	pdf_tags_close(slip->layout->tags);
	put_caption(slip, 150, 1130, "Innbetalt til konto");
	put_caption(slip, 800, 1130, "Bel\xC3\xB8p");
	put_caption(slip, 1260, 1130, "Betalerens kontonummer");
	put_caption(slip, 1700, 1130, "Blankettnummer");
	put_whole(slip, plain, 150, 1055, 600,
			  (Slice){slip->line->account.text, slip->line->account.length});
	mark = proof_open(&slip->layout->proof, PROOF_BIT(PROOF_AMOUNT));
	layout_right(slip->layout, plain, MM10(1145), UP(1055), MM10(330), amount_of(slip));
	template_proof_giro(slip->run, slip->block, mark, PROOF_AMOUNT, slip->language);
	put(slip, plain, 1720, 1055, 280, slip->block->name);
}

static void
put_norwegian_middle(Slip *slip)
{
	LayoutStyle heading = {FONT_BOLD, 1400, 0};
	int up = 920;

	put_caption(slip, 150, 980, "Betalingsinformasjon");
	(void) pdf_tags_open(slip->layout->tags, ROLE_P);
	up = put_information(slip, up, "Fakturanummer ", SLIP_FIELD(slip, NUMBER));
	up = put_information(slip, up, "Kundenummer ", SLIP_FIELD(slip, BUYER_NO));
	(void) put_information(slip, up, "Fakturadato ",
						   formatted(slip, format_date, SLIP_FIELD(slip, ISSUE_DATE)));
	pdf_tags_close(slip->layout->tags);
	(void) pdf_tags_open(slip->layout->tags, ROLE_H2);
	put(slip, heading, 1100, 950, 300, literal("GIRO"));
	pdf_tags_close(slip->layout->tags);
	put_caption(slip, 1500, 965, "Betalings-");
	put_caption(slip, 1500, 940, "frist");
	put_corners(slip, 1660, 990, 300, 60);
	put_value(slip, PROOF_DUE_DATE, 1680, 946, 260,
			  formatted(slip, format_date, SLIP_FIELD(slip, DUE_DATE)));
	put_corners(slip, 1100, 890, 860, 190);
	put_caption(slip, 1130, 900, "Underskrift ved girering");
	put_corners(slip, 120, 640, 860, 210);
	put_caption(slip, 150, 650, "Betalt av");
	put_address(slip, 150, 585, 800, true);
	put_corners(slip, 1100, 640, 860, 210);
	put_caption(slip, 1130, 650, "Betalt til");
	put_address(slip, 1130, 585, 800, false);
}

static void
put_norwegian_foot(Slip *slip)
{
	put_area(slip, YELLOW, 0, 330, 2100, 90);
	put_caption(slip, 310, 380, "Belast");
	put_caption(slip, 310, 354, "konto");
	for (int i = 0; i < 11; i++)
		put_area(slip, 100, 420 + 60 * i, 345, 50, 60);
	put_caption(slip, 1760, 380, "Kvittering");
	put_caption(slip, 1760, 354, "tilbake");
	put_area(slip, 100, 1920, 345, 50, 60);
	put_area(slip, YELLOW, 0, 140, 2100, 20);
	put_line(slip, 60, 90, 160, 90, 320);
	put_line(slip, 60, 800, 160, 800, 320);
	put_caption(slip, 105, 298, "Kundeidentifikasjon (KID)");
	put_caption(slip, 820, 298, "Kroner");
	put_caption(slip, 1070, 298, "\xC3\x98re");
	put_caption(slip, 1326, 298, "Til konto");
	if (slip->block->name.length > 0)
		put_caption(slip, 1720, 298, "Blankettnummer");
}

static void
put_norwegian(Slip *slip)
{
	put_receipt(slip);
	put_norwegian_middle(slip);
	put_norwegian_foot(slip);
}

/* ---------- Sweden: inbetalningskort ---------- */

static void
put_swedish_head(Slip *slip, bool bankgiro)
{
	LayoutStyle heading = {FONT_BOLD, 900, 0}, large = {FONT_BOLD, 2000, 0};

	(void) pdf_tags_open(slip->layout->tags, ROLE_H2);
	put(slip, heading, 113, 971, 600, literal(bankgiro ? "Bankgiro" : "Plusgiro"));
	put(slip, heading, 1108, 971, 928, literal("INBETALNING/GIRERING AVI"));
	pdf_tags_close(slip->layout->tags);
	put_line(slip, 100, 113, 958, 2036, 958);
	put_line(slip, 100, 113, 864, 2036, 864);
	put_line(slip, 30, 1320, 958, 1320, 864);
	put_line(slip, 30, 1630, 958, 1630, 864);
	put_caption(slip, 113, 926, "Sista betalningsdag");
	put_caption(slip, 1330, 926, "Inbet.avgift (ifylls av banken)");
	put_value(slip, PROOF_DUE_DATE, 113, 880, 600,
			  formatted(slip, format_date, SLIP_FIELD(slip, DUE_DATE)));
	put(slip, large, 1740, 884, 296, literal("OCR"));
}

static void
put_swedish_middle(Slip *slip)
{
	put_caption(slip, 113, 690, "Betalningsavs\xC3\xA4ndare");
	put_address(slip, 113, 640, 900, true);
	put(slip, (LayoutStyle){FONT_REGULAR, 800, 0}, 1117, 690, 919,
		literal("OBS! Uppge alltid nedanst\xC3\xA5"
				"ende referensnummer om"));
	put(slip, (LayoutStyle){FONT_REGULAR, 800, 0}, 1117, 655, 919,
		literal("betalning sker p\xC3\xA5 annat s\xC3\xA4tt \xC3\xA4n med detta kort"));
	(void) pdf_tags_open(slip->layout->tags, ROLE_P);
	pdf_page_text(&slip->layout->page, FONT_OCR, GIRO_FONT_SIZE, 0, MM10(1117), UP(590),
				  slip->line->reference.text, slip->line->reference.length);
	pdf_tags_close(slip->layout->tags);
	put_caption(slip, 1117, 545, "Att betala, kronor");
	put_value(slip, PROOF_AMOUNT, 1117, 497, 400, amount_of(slip));
}

static void
put_swedish_foot(Slip *slip, bool bankgiro)
{
	static const int ticks[] = {935, 1048, 1153};

	put_line(slip, 100, 1117, 439, 2036, 439);
	put_line(slip, 30, 1117, 439, 1117, 349);
	put_line(slip, 30, 1396, 439, 1396, 417);
	put_caption(slip, 1128, 414, bankgiro ? "Till bankgiro" : "Till plusgiro");
	put_caption(slip, 1407, 414, "Betalningsmottagare");
	put_whole(slip, plain, 1128, 368, 260,
			  (Slice){slip->line->account.text, slip->line->account.length});
	put(slip, plain, 1407, 368, 629, SLIP_FIELD(slip, ISSUER_NAME));
	put_line(slip, 150, 113, 349, 2036, 349);
	put_line(slip, 150, 113, 300, 2036, 300);
	put(slip, caption, 178, 313, 580, literal("VAR GOD G\xC3\x96R INGA \xC3\x84NDRINGAR"));
	put(slip, caption, 800, 313, 620, literal("MEDDELANDEN KAN INTE L\xC3\x84MNAS P\xC3\x85 AVIN"));
	put(slip, caption, 1510, 313, 526, literal("DEN AVL\xC3\x84SES MASKINELLT"));
	for (int i = 0; i < 3; i++)
		put_line(slip, 30, ticks[i], 300, ticks[i], 278);
	put_caption(slip, 258, 277, "Referensnummer");
	put_caption(slip, 941, 277, "Kronor");
	put_caption(slip, 1056, 277, "\xC3\x96re");
}

/* ---------- the whole ---------- */

static void
check_clear_zone(const Slip *slip)
{
	GiroZone zone = giro_clear_zone(slip->line->system);

	if (slip->layout->check != NULL)
		print_check_clear(slip->layout->check, "code line", slip->layout->page_count,
						  (int[4]){zone.left, zone.top, zone.right, zone.bottom});
}

void
template_run_giro(TemplateRun *run, const TemplateBlock *block)
{
	GiroLine line;
	Slip slip = {run,	run->layout,
				 block, run->rows[TEMPLATE_INVOICE],
				 &line, block->giro == GIRO_NORWEGIAN ? LANGUAGE_NB : LANGUAGE_SV};

	for (int number = block->next; number != 0; number = run->program->blocks[number].next)
		if (has_slip(run, &run->program->blocks[number]))
			port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
					   "template \"%.60s\", block <giro> in line %d: this document has a payment "
					   "slip already",
					   run->program->name.bytes, run->program->blocks[number].line);
	if (template_failed(run) || !template_giro_line(run, block, &line))
		return;
	check_clear_zone(&slip);
	put_cut(&slip);
	if (block->giro == GIRO_NORWEGIAN)
		put_norwegian(&slip);
	else
	{
		put_swedish_head(&slip, line.system == GIRO_BANKGIRO);
		put_swedish_middle(&slip);
		put_swedish_foot(&slip, line.system == GIRO_BANKGIRO);
	}
	put_code_line(&slip);
}
