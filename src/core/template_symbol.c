/*
 * template_symbol.c: bar codes of a template other than plain Code 128: QR, DataMatrix, Interleaved
 * 2 of 5, and codes whose content is made of the invoice's payment data.
 *
 * A symbol that cannot be made, or would be too fine to be read, is a fault; nothing is drawn
 * instead.
 */
#include "core/template_symbol.h"

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
	if (status == PORT_OK && run->layout != NULL) /* what stands on pages is proven */
		template_proof_symbol(run, block, *content);
	return status == PORT_OK && content->length > 0 && !template_failed(run);
}

/* ---------- symbols ---------- */

static PortStatus
make_qr(TemplateRun *run, const TemplateBlock *block, TemplateSymbol *symbol)
{
	PortStatus status;

	if (*run->qr == NULL)
		*run->qr = qr_encoder_open(run->cells->port);
	if (*run->qr == NULL)
		return PORT_NO_MEMORY;
	status = qr_encode(*run->qr, &symbol->squares.qr, symbol->content.bytes, symbol->content.length,
					   (QrLevel) block->level, false);
	if (status == PORT_OK)
		symbol->matrix =
			(BarcodeMatrix){symbol->squares.qr.size, 4,
							(const uint64_t(*)[MATRIX_ROW_WORDS]) symbol->squares.qr.rows, 0};
	else if (status != PORT_NO_MEMORY)
		status = complain(run, block, "it is too long for a QR code:", symbol->content);
	return status;
}

static PortStatus
make_datamatrix(TemplateRun *run, const TemplateBlock *block, TemplateSymbol *symbol)
{
	PortStatus status =
		block->rectangular
			? datamatrix_encode_rectangle(&symbol->squares.datamatrix, symbol->content.bytes,
										  symbol->content.length)
			: datamatrix_encode(&symbol->squares.datamatrix, symbol->content.bytes,
								symbol->content.length, 0);

	if (status != PORT_OK)
		return complain(run, block, "it is too long for a DataMatrix:", symbol->content);
	symbol->matrix =
		(BarcodeMatrix){symbol->squares.datamatrix.size, 2,
						(const uint64_t(*)[MATRIX_ROW_WORDS]) symbol->squares.datamatrix.rows,
						symbol->squares.datamatrix.height};
	return PORT_OK;
}

static PortStatus
make_itf(TemplateRun *run, const TemplateBlock *block, TemplateSymbol *symbol)
{
	ItfCode code;

	if (itf_encode(&code, symbol->content.bytes, symbol->content.length) != PORT_OK)
		return complain(run, block, "Interleaved 2 of 5 takes an even number of digits, not",
						symbol->content);
	memcpy(symbol->widths, code.widths, (size_t) code.element_count);
	symbol->modules = code.modules;
	symbol->count = code.element_count;
	return PORT_OK;
}

static PortStatus
make_code128(TemplateRun *run, const TemplateBlock *block, TemplateSymbol *symbol)
{
	Code128 code;

	if (code128_encode(&code, symbol->content.bytes, symbol->content.length) != PORT_OK)
		return complain(run, block, "no bar code can be made of", symbol->content);
	for (int i = 0; i < code.symbol_count; i++)
		symbol->count += code128_widths(code.symbols[i], symbol->widths + symbol->count);
	symbol->modules = code128_modules(&code);
	return PORT_OK;
}

bool
template_make_symbol(TemplateRun *run, const TemplateBlock *block, TemplateSymbol *symbol)
{
	TemplateSymbology symbology = block->kind == BLOCK_QR ? SYMBOLOGY_QR : block->symbology;
	PortStatus status;

	symbol->matrix.size = symbol->count = symbol->modules = 0;
	if (!make_content(run, block, &symbol->content))
		return false;
	status = symbology == SYMBOLOGY_QR			 ? make_qr(run, block, symbol)
			 : symbology == SYMBOLOGY_DATAMATRIX ? make_datamatrix(run, block, symbol)
			 : symbology == SYMBOLOGY_ITF		 ? make_itf(run, block, symbol)
												 : make_code128(run, block, symbol);
	if (status == PORT_NO_MEMORY)
		run->fault->status = PORT_NO_MEMORY;
	return status == PORT_OK;
}

/* ---------- on a page ---------- */

static void
draw_square(TemplateRun *run, const TemplateBlock *block, const TemplateSymbol *symbol, int x,
			int width)
{
	const BarcodeMatrix *matrix = &symbol->matrix;
	int side = block->width >= 0 ? block->width : SQUARE_SIDE, inner, high, edge;

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
	edge = (side - inner) / 2;
	high = (int) ((int64_t) inner * matrix_height(matrix) / matrix->size);
	template_ensure(run, high + 2 * edge);
	template_open_figure(run, symbol->content);
	if (!run->measuring)
		pdf_page_matrix(&run->layout->page, matrix, x + edge, run->layout->y + edge, inner,
						block->rectangles);
	template_close_element(run);
	run->layout->y += high + 2 * edge;
}

static void
draw_bars(TemplateRun *run, const TemplateBlock *block, const TemplateSymbol *symbol, int x,
		  int width)
{
	LayoutStyle style = {FONT_REGULAR, 800, 0};
	int height = block->height > 0 ? block->height : MM(13), module = BAR_MODULE;

	x += block->x;
	width = template_inner_width(block, width);
	while (module > LEAST_BAR_MODULE && symbol->modules * module > width)
		module -= 4;
	if (symbol->modules * module > width)
	{
		(void) complain(run, block, "bar code is wider than its place", (Slice){NULL, 0});
		return;
	}
	template_ensure(run, height + template_leading(style.size));
	if (block->align == ALIGN_RIGHT)
		x += width - symbol->modules * module;
	template_open_figure(run, symbol->content);
	if (!run->measuring)
		pdf_page_bars(&run->layout->page, symbol->widths, symbol->count, x, run->layout->y, module,
					  height);
	template_close_element(run);
	run->layout->y += height + 200;
	template_draw_line(run, style, ALIGN_CENTRE, x, run->layout->y, symbol->modules * module,
					   symbol->content);
	run->layout->y += template_leading(style.size);
}

/* A text of the template's own as Code 128, grouped for reading below. */
static void
run_code128(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	Slice text = template_evaluate(run, block, block->content);
	Code128 code;
	int height = block->height > 0 ? block->height : MM(13), module = 94, used;
	LayoutStyle style = {FONT_REGULAR, 800, 0};

	x += block->x;
	width = template_inner_width(block, width);
	if (text.length == 0)
		return;
	if (code128_encode(&code, text.bytes, text.length) != PORT_OK)
	{
		port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "template \"%.60s\", block <barcode> in line %d: \"%.*s\" cannot be a bar code",
				   run->program->name.bytes, block->line,
				   (int) (text.length < 40 ? text.length : 40), text.bytes);
		return;
	}
	while (module > 54 && code128_modules(&code) * module > width)
		module -= 4;
	used = code128_modules(&code) * module;
	if (used > width)
	{
		port_fault(
			run->fault, PORT_INVALID, "TEMPLATE-FIT",
			"template \"%.60s\", block <barcode> in line %d: bar code is wider than its place",
			run->program->name.bytes, block->line);
		return;
	}
	template_proof_symbol(run, block, text);
	buffer_reset(run->cells);
	format_reference(run->cells, text);
	template_ensure(run, height + template_leading(style.size));
	if (block->align == ALIGN_RIGHT)
		x += width - used;
	template_open_figure(run,
						 (Slice){run->cells->bytes, run->cells->failed ? 0 : run->cells->length});
	if (!run->measuring)
		(void) pdf_page_code128(&run->layout->page, &code, x, run->layout->y, module, height);
	template_close_element(run);
	run->layout->y += height + 200;
	template_draw_line(run, style, ALIGN_RIGHT, x, run->layout->y, used,
					   (Slice){run->cells->bytes, run->cells->failed ? 0 : run->cells->length});
	run->layout->y += template_leading(style.size);
}

void
template_run_symbol(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	TemplateSymbol symbol;

	if (block->kind == BLOCK_BARCODE && block->symbology == SYMBOLOGY_CODE128 &&
		block->payload == PAYLOAD_VALUE)
	{
		run_code128(run, block, x, width);
		return;
	}
	if (!template_make_symbol(run, block, &symbol))
		return;
	if (symbol.matrix.size > 0)
		draw_square(run, block, &symbol, x + block->x, width - block->x);
	else
		draw_bars(run, block, &symbol, x, width);
}
