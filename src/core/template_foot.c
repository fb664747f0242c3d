/*
 * template_foot.c: who sends, and the foot of every page, in the house's own layout.
 */
#include "core/template_setting.h"

#include <stdio.h>

Slice
template_sender_line(const Setting *setting)
{
	buffer_reset(setting->scratch);
	append_part(setting->scratch, "", INVOICE_FIELD(setting, ISSUER_NAME));
	append_part(setting->scratch, " \xC2\xB7 ", INVOICE_FIELD(setting, ISSUER_STREET));
	append_place(setting, " \xC2\xB7 ", INVOICE_FIELD(setting, ISSUER_POSTCODE),
				 INVOICE_FIELD(setting, ISSUER_CITY), INVOICE_FIELD(setting, ISSUER_COUNTRY));
	return scratch_slice(setting);
}

static void
append_fact(const Setting *setting, TemplateLabel which, Slice text)
{
	if (text.length == 0)
		return;
	if (setting->scratch->length > 0)
		buffer_append_text(setting->scratch, " \xC2\xB7 ");
	buffer_append_text(
		setting->scratch,
		template_issuer_label(which, setting->language, INVOICE_FIELD(setting, ISSUER_COUNTRY)));
	buffer_append_char(setting->scratch, ' ');
	buffer_append(setting->scratch, text.bytes, text.length);
}

void
template_set_foot(const Setting *setting, int page_no)
{
	Layout *layout = setting->layout;
	bool own = !setting->is_self_billed;
	char pages[32];

	layout_reopen_page(layout, page_no);
	pdf_page_box(&layout->page, 60, LEFT, MM(283), RIGHT - LEFT, 35);
	(void) template_sender_line(setting);
	append_fact(setting, LABEL_REGISTRATION_NO, INVOICE_FIELD(setting, ISSUER_REGISTRATION_NO));
	append_fact(setting, LABEL_VAT_ID,
				own && INVOICE_FIELD(setting, ISSUER_VAT_ID).length == 0
					? INVOICE_FIELD(setting, SELLER_VAT_ID)
					: INVOICE_FIELD(setting, ISSUER_VAT_ID));
	layout_left(layout, caption, LEFT, MM(288), MM(140), scratch_slice(setting));
	snprintf(pages, sizeof(pages), " %d %s %d", page_no,
			 template_label(LABEL_OF, setting->language),
			 layout->sending ? layout->sent_pages : layout->page_count);
	buffer_reset(setting->scratch);
	buffer_append_text(setting->scratch, template_label(LABEL_PAGE, setting->language));
	buffer_append_text(setting->scratch, pages);
	layout_right(layout, caption, RIGHT, MM(288), MM(30), scratch_slice(setting));
}
