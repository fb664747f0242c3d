/*
 * template_payment.c: payee, account, reference, due date, amount and bar code of the house's own
 * layout.
 */
#include "core/template_setting.h"

static void
set_payment_field(const Setting *setting, int x, int y, int width, TemplateLabel which,
				  LayoutStyle style, Slice text)
{
	ProofValue value = labelled_value(which);
	ProofMark mark;

	if (text.length == 0)
		return;
	(void) pdf_tags_open(setting->layout->tags, ROLE_P);
	layout_left(setting->layout, caption, x, y, width, label(setting, which));
	mark = proof_open(&setting->layout->proof, value == PROOF_VALUE_COUNT ? 0 : PROOF_BIT(value));
	layout_whole(setting->layout, style, x, y + 1350, width, text);
	if (value != PROOF_VALUE_COUNT)
		proven(setting, mark, value);
	pdf_tags_close(setting->layout->tags);
}

static void
set_bar_code(const Setting *setting, int right, int y)
{
	Slice reference = INVOICE_FIELD(setting, PAYMENT_REFERENCE);
	LayoutStyle small = {FONT_REGULAR, 800, 0};
	Code128 code;
	int module = 94, width; /* 0.33 mm */

	if (reference.length == 0 ||
		code128_encode(&code, reference.bytes, reference.length) != PORT_OK)
		return;
	while (module > 54 && code128_modules(&code) * module > MM(82))
		module -= 4;
	width = code128_modules(&code) * module;
	if (width > MM(90))
		return; /* narrower bars would not scan: the reference in figures stands beside */
	pdf_tags_open_figure(setting->layout->tags, reference);
	(void) pdf_page_code128(&setting->layout->page, &code, right - width, y, module, MM(13));
	pdf_tags_close(setting->layout->tags);
	buffer_reset(setting->scratch);
	format_reference(setting->scratch, reference);
	layout_right(setting->layout, small, right, y + MM(13) + 1000, width, scratch_slice(setting));
}

static void
set_payer(const Setting *setting, int y)
{
	(void) pdf_tags_open(setting->layout->tags, ROLE_P);
	layout_left(setting->layout, caption, LEFT, y, MM(70), label(setting, LABEL_PAID_BY));
	layout_left(setting->layout, body, LEFT, y + 1250, MM(80), INVOICE_FIELD(setting, BUYER_NAME));
	layout_left(setting->layout, body, LEFT, y + 2 * 1200, MM(80),
				INVOICE_FIELD(setting, BUYER_STREET));
	buffer_reset(setting->scratch);
	append_place(setting, "", INVOICE_FIELD(setting, BUYER_POSTCODE),
				 INVOICE_FIELD(setting, BUYER_CITY), INVOICE_FIELD(setting, BUYER_COUNTRY));
	layout_left(setting->layout, body, LEFT, y + 3 * 1200, MM(80), scratch_slice(setting));
	pdf_tags_close(setting->layout->tags);
}

void
template_set_payment(const Setting *setting)
{
	Layout *layout = setting->layout;
	LayoutStyle heading = {FONT_BOLD, 1100, 0}, large = {FONT_BOLD, 1150, 0};
	int y = PAYMENT_TOP;

	/* where to cut */
	pdf_page_dashes(&layout->page, 50, LEFT, y, RIGHT - LEFT, 40, MM10(15));
	(void) pdf_tags_open(layout->tags, ROLE_H2);
	layout_left(layout, heading, LEFT, y + MM(8), MM(80), label(setting, LABEL_PAYMENT));
	pdf_tags_close(layout->tags);
	set_payment_field(setting, LEFT, y + MM(15), MM(80), LABEL_PAY_TO, strong,
					  INVOICE_FIELD(setting, ISSUER_NAME));
	set_payer(setting, y + MM(28));

	buffer_reset(setting->scratch);
	format_account(setting->scratch, INVOICE_FIELD(setting, PAYEE_ACCOUNT),
				   INVOICE_FIELD(setting, ISSUER_COUNTRY));
	set_payment_field(setting, MM(108), y + MM(7), MM(50), LABEL_ACCOUNT, large,
					  scratch_slice(setting));
	set_payment_field(setting, MM(162), y + MM(7), MM(28), LABEL_DUE_DATE, large,
					  date(setting, INVOICE_FIELD(setting, DUE_DATE)));
	buffer_reset(setting->scratch);
	format_reference(setting->scratch, INVOICE_FIELD(setting, PAYMENT_REFERENCE));
	set_payment_field(setting, MM(108), y + MM(19), MM(52), LABEL_REFERENCE, large,
					  scratch_slice(setting));
	buffer_reset(setting->scratch);
	append_part(setting->scratch, "", INVOICE_FIELD(setting, CURRENCY));
	buffer_append_text(setting->scratch, "\xC2\xA0");
	format_money(setting->scratch, setting->language, INVOICE_FIELD(setting, PAYABLE_AMOUNT));
	set_payment_field(setting, MM(162), y + MM(19), MM(28), LABEL_PAYABLE, large,
					  scratch_slice(setting));
	set_bar_code(setting, RIGHT, y + MM(32));
}
