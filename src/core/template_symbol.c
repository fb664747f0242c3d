/*
 * template_symbol.c: bar codes of a template other than plain Code 128: QR, DataMatrix, Interleaved
 * 2 of 5, and codes whose content is made of the invoice's payment data.
 *
 * A symbol that cannot be made, or would be too fine to be read, is a fault; nothing is drawn
 * instead.
 */
#include "core/barcode_datamatrix.h"
#include "core/barcode_itf.h"
#include "core/barcode_qr.h"
#include "core/decimal.h"
#include "core/payment_code.h"
#include "core/template_proof.h"

#include <stdio.h>
#include <string.h>

#define LEAST_MODULE 72		/* 0.25 mm: finer squares do not survive office printers */
#define LEAST_BAR_MODULE 54 /* 0.19 mm */
#define BAR_MODULE 94		/* 0.33 mm */
#define SQUARE_SIDE MM(30)

static PortStatus
complain(TemplateRun *run, const TemplateBlock *block, const char *problem, Slice value)
{
	return port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
					  "template \"%.60s\", block <%s> in line %d: %s%s%.*s%s",
					  run->program->name.bytes, template_block_name(block->kind), block->line,
					  problem, value.length > 0 ? " \"" : "", slice_shown(value, 40),
					  value.length > 0 ? value.bytes : "", value.length > 0 ? "\"" : "");
}

/* ---------- content ---------- */

/* At most so many characters; only names and titles are ever shortened. */
static Slice
shortened(Slice text, size_t characters)
{
	size_t count = 0, i = 0;

	for (; i < text.length; i++)
		if ((text.bytes[i] & 0xC0) != 0x80 && count++ == characters)
			break;
	while (i > 0 && i < text.length && text.bytes[i - 1] == ' ')
		i--;
	return (Slice){text.bytes, i};
}

static PaymentAmount
payable_amount(Slice text)
{
	PaymentAmount amount = {false, 0};
	Decimal value;

	amount.present =
		decimal_parse(text.bytes == NULL ? "" : text.bytes, text.length, &value) == DECIMAL_OK &&
		decimal_to_minor(value, 2, &amount.minor) && amount.minor > 0;
	return amount;
}

static bool
require_currency(TemplateRun *run, const TemplateBlock *block, const Slice *invoice,
				 const char *currency)
{
	Slice own = TEMPLATE_VALUE(invoice, INVOICE, CURRENCY);

	if (own.length == 3 && memcmp(own.bytes, currency, 3) == 0)
		return true;
	(void) complain(run, block, "this payment code does not exist for the currency", own);
	return false;
}

/* The reference stands for itself when it is a creditor reference, else in the message. */
static PortStatus
append_epc(TemplateRun *run, const TemplateBlock *block, const Slice *invoice, Slice message,
		   ByteBuffer *out, PortFault *fault)
{
	Slice reference = TEMPLATE_VALUE(invoice, INVOICE, PAYMENT_REFERENCE);
	EpcPayment payment = {.name = shortened(TEMPLATE_VALUE(invoice, INVOICE, ISSUER_NAME), 70),
						  .iban = TEMPLATE_VALUE(invoice, INVOICE, PAYEE_ACCOUNT),
						  .amount =
							  payable_amount(TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT))};

	if (!require_currency(run, block, invoice, "EUR"))
		return PORT_INVALID;
	if (message.length > 0)
		payment.message = message;
	else if (reference.length > 1 && memcmp(reference.bytes, "RF", 2) == 0)
		payment.reference = reference;
	else
		payment.message = reference;
	return payment_code_epc(out, &payment, fault);
}

/* An amount that the code cannot hold is left to the payer. */
static PortStatus
append_polish(TemplateRun *run, const TemplateBlock *block, const Slice *invoice, Slice title,
			  ByteBuffer *out, PortFault *fault)
{
	Slice tax_number = TEMPLATE_VALUE(invoice, INVOICE, ISSUER_VAT_ID);
	PolishPayment payment = {.name = shortened(TEMPLATE_VALUE(invoice, INVOICE, ISSUER_NAME), 20),
							 .account = TEMPLATE_VALUE(invoice, INVOICE, PAYEE_ACCOUNT),
							 .country = {"PL", 2},
							 .amount =
								 payable_amount(TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT))};

	if (!require_currency(run, block, invoice, "PLN"))
		return PORT_INVALID;
	if (tax_number.length == 12 && memcmp(tax_number.bytes, "PL", 2) == 0)
		payment.tax_number = (Slice){tax_number.bytes + 2, 10};
	if (payment.amount.minor > 999999)
		payment.amount.present = false;
	payment.title = title.length > 0 ? title : TEMPLATE_VALUE(invoice, INVOICE, NUMBER);
	return payment_code_polish(out, &payment, fault);
}

static PortStatus
append_finnish(TemplateRun *run, const TemplateBlock *block, const Slice *invoice, ByteBuffer *out,
			   PortFault *fault)
{
	Slice due = TEMPLATE_VALUE(invoice, INVOICE, DUE_DATE);
	FinnishPayment payment = {.amount =
								  payable_amount(TEMPLATE_VALUE(invoice, INVOICE, PAYABLE_AMOUNT))};
	char symbol[FINNISH_BARCODE_DIGITS + 1];
	PortStatus status;

	if (!require_currency(run, block, invoice, "EUR"))
		return PORT_INVALID;
	payment.has_due = due.length == 10; /* YYYY-MM-DD */
	for (int i = 0; payment.has_due && i < 4; i++)
		payment.year = payment.year * 10 + due.bytes[i] - '0';
	if (payment.has_due)
	{
		payment.month = (due.bytes[5] - '0') * 10 + due.bytes[6] - '0';
		payment.day = (due.bytes[8] - '0') * 10 + due.bytes[9] - '0';
	}
	status = payment_code_finnish(symbol, &payment, TEMPLATE_VALUE(invoice, INVOICE, PAYEE_ACCOUNT),
								  TEMPLATE_VALUE(invoice, INVOICE, PAYMENT_REFERENCE), fault);
	if (status == PORT_OK)
		buffer_append(out, symbol, FINNISH_BARCODE_DIGITS);
	return status;
}

/* What the symbol says, in cells; false after a fault, or when there is nothing to say. */
static bool
make_content(TemplateRun *run, const TemplateBlock *block, Slice *content)
{
	const Slice *invoice = run->rows[TEMPLATE_INVOICE];
	Slice own =
		block->content.count > 0 ? template_evaluate(run, block, block->content) : (Slice){NULL, 0};
	PortStatus status = PORT_OK;
	PortFault problem = {0};
	char message[160];

	buffer_reset(run->cells);
	switch (block->payload)
	{
		case PAYLOAD_VALUE:
			if (own.length > 0)
				buffer_append(run->cells, own.bytes, own.length);
			break;
		case PAYLOAD_EPC:
			status = append_epc(run, block, invoice, own, run->cells, &problem);
			break;
		case PAYLOAD_POLISH:
			status = append_polish(run, block, invoice, own, run->cells, &problem);
			break;
		case PAYLOAD_FINNISH:
			status = append_finnish(run, block, invoice, run->cells, &problem);
			break;
	}
	if (status != PORT_OK)
	{
		snprintf(message, sizeof(message), "no payment code (%s): %.80s", problem.rule,
				 problem.message);
		(void) complain(run, block, message, (Slice){NULL, 0}); /* after the first, none counts */
	}
	*content = (Slice){run->cells->bytes, run->cells->failed ? 0 : run->cells->length};
	if (status == PORT_OK)
		template_proof_symbol(run, block, *content);
	return status == PORT_OK && content->length > 0 && !template_failed(run);
}

/* ---------- squares ---------- */

static void
draw_square(TemplateRun *run, const TemplateBlock *block, Slice content,
			const BarcodeMatrix *matrix, int x, int width)
{
	int side = block->width >= 0 ? block->width : SQUARE_SIDE, inner;

	if (side > width)
		side = width;
	/* the quiet zone is part of the block, so that nothing can stand in it */
	inner = (int) ((int64_t) side * matrix->size / (matrix->size + 2 * matrix->quiet));
	if (inner < matrix->size * LEAST_MODULE)
	{
		(void) complain(run, block, "the symbol would be too fine to read: make it wider",
						(Slice){NULL, 0});
		return;
	}
	if (block->align != ALIGN_LEFT)
		x += (width - side) / (block->align == ALIGN_RIGHT ? 1 : 2);
	template_ensure(run, side);
	template_open_figure(run, content);
	if (!run->measuring)
		pdf_page_matrix(&run->layout->page, matrix, x + (side - inner) / 2,
						run->layout->y + (side - inner) / 2, inner, block->rectangles);
	template_close_element(run);
	run->layout->y += side;
}

static void
run_qr(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	BarcodeMatrix matrix = {0, 4, NULL};
	PortStatus status;
	QrSymbol symbol;
	Slice content;

	if (!make_content(run, block, &content))
		return;
	if (*run->qr == NULL)
		*run->qr = qr_encoder_open(run->cells->port);
	status = *run->qr == NULL ? PORT_NO_MEMORY
							  : qr_encode(*run->qr, &symbol, content.bytes, content.length,
										  (QrLevel) block->level, false);
	if (status == PORT_NO_MEMORY)
		run->layout->status = PORT_NO_MEMORY;
	else if (status != PORT_OK)
		(void) complain(run, block, "it is too long for a QR code:", content);
	else
	{
		matrix.size = symbol.size;
		matrix.rows = (const uint64_t(*)[MATRIX_ROW_WORDS]) symbol.rows;
		draw_square(run, block, content, &matrix, x, width);
	}
}

static void
run_datamatrix(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	BarcodeMatrix matrix = {0, 2, NULL};
	DataMatrix symbol;
	Slice content;

	if (!make_content(run, block, &content))
		return;
	if (datamatrix_encode(&symbol, content.bytes, content.length, 0) != PORT_OK)
	{
		(void) complain(run, block, "it is too long for a DataMatrix:", content);
		return;
	}
	matrix.size = symbol.size;
	matrix.rows = (const uint64_t(*)[MATRIX_ROW_WORDS]) symbol.rows;
	draw_square(run, block, content, &matrix, x, width);
}

/* ---------- bars ---------- */

static int
itf_elements(TemplateRun *run, const TemplateBlock *block, Slice content,
			 uint8_t widths[ITF_MAX_ELEMENTS], int *modules)
{
	ItfCode code;

	if (itf_encode(&code, content.bytes, content.length) != PORT_OK)
	{
		(void) complain(run, block, "Interleaved 2 of 5 takes an even number of digits, not",
						content);
		return 0;
	}
	memcpy(widths, code.widths, (size_t) code.element_count);
	*modules = code.modules;
	return code.element_count;
}

static int
code128_elements(TemplateRun *run, const TemplateBlock *block, Slice content,
				 uint8_t widths[ITF_MAX_ELEMENTS], int *modules)
{
	Code128 code;
	int count = 0;

	if (code128_encode(&code, content.bytes, content.length) != PORT_OK ||
		code.symbol_count * 6 + 1 > ITF_MAX_ELEMENTS)
	{
		(void) complain(run, block, "no bar code can be made of", content);
		return 0;
	}
	for (int i = 0; i < code.symbol_count; i++)
		count += code128_widths(code.symbols[i], widths + count);
	*modules = code128_modules(&code);
	return count;
}

static void
run_bars(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	LayoutStyle style = {FONT_REGULAR, 800, 0};
	uint8_t widths[ITF_MAX_ELEMENTS];
	int height = block->height > 0 ? block->height : MM(13), module = BAR_MODULE, modules, count;
	Slice content;

	x += block->x;
	width = template_inner_width(block, width);
	if (!make_content(run, block, &content))
		return;
	count = block->symbology == SYMBOLOGY_ITF
				? itf_elements(run, block, content, widths, &modules)
				: code128_elements(run, block, content, widths, &modules);
	if (count == 0)
		return;
	while (module > LEAST_BAR_MODULE && modules * module > width)
		module -= 4;
	if (modules * module > width)
	{
		(void) complain(run, block, "bar code is wider than its place", (Slice){NULL, 0});
		return;
	}
	template_ensure(run, height + template_leading(style.size));
	if (block->align == ALIGN_RIGHT)
		x += width - modules * module;
	template_open_figure(run, content);
	if (!run->measuring)
		pdf_page_bars(&run->layout->page, widths, count, x, run->layout->y, module, height);
	template_close_element(run);
	run->layout->y += height + 200;
	template_draw_line(run, style, ALIGN_CENTRE, x, run->layout->y, modules * module, content);
	run->layout->y += template_leading(style.size);
}

void
template_run_symbol(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	if (block->kind == BLOCK_QR || block->symbology == SYMBOLOGY_QR)
		run_qr(run, block, x + block->x, width - block->x);
	else if (block->symbology == SYMBOLOGY_DATAMATRIX)
		run_datamatrix(run, block, x + block->x, width - block->x);
	else
		run_bars(run, block, x, width);
}
