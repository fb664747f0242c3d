/*
 * template_setting.h: what the two files of the house's own layout share; for them only.
 */
#ifndef CORE_TEMPLATE_SETTING_H
#define CORE_TEMPLATE_SETTING_H

#include "core/template_invoice.h"

#include <string.h>

#define LEFT MM(20)
#define RIGHT MM(190)
#define PAYMENT_TOP MM(219)

static const LayoutStyle body = {FONT_REGULAR, 900, 0};
static const LayoutStyle strong = {FONT_BOLD, 900, 0};
static const LayoutStyle caption = {FONT_REGULAR, 750, 40};

typedef struct Setting
{
	const TemplateData *data;
	const Slice *invoice;
	Layout *layout;
	ByteBuffer *scratch;
	ByteBuffer *page_scratch; /* for what a page starts and ends with, in the middle of a text */
	TemplateLanguage language;
	bool is_credit, is_self_billed;
	int quantity_decimals, price_decimals; /* of the lines, at most */
} Setting;

#define INVOICE_FIELD(setting, name) TEMPLATE_VALUE((setting)->invoice, INVOICE, name)

static inline Slice
label(const Setting *setting, TemplateLabel which)
{
	const char *text = template_label(which, setting->language);

	return (Slice){text, strlen(text)};
}

static inline Slice
scratch_slice(const Setting *setting)
{
	return (Slice){setting->scratch->bytes,
				   setting->scratch->failed ? 0 : setting->scratch->length};
}

static inline Slice
date(const Setting *setting, Slice value)
{
	buffer_reset(setting->scratch);
	format_date(setting->scratch, setting->language, value);
	return scratch_slice(setting);
}

static inline void
append_part(ByteBuffer *out, const char *separator, Slice part)
{
	if (part.length == 0)
		return;
	if (out->length > 0)
		buffer_append_text(out, separator);
	buffer_append(out, part.bytes, part.length);
}

static inline void
append_place(const Setting *setting, const char *separator, Slice postcode, Slice city,
			 Slice country)
{
	if (postcode.length > 0)
	{
		if (setting->scratch->length > 0)
			buffer_append_text(setting->scratch, separator);
		format_postcode(setting->scratch, postcode, country);
		separator = " ";
	}
	append_part(setting->scratch, separator, city);
}

/* What is drawn until proven shows this value of the invoice. */
static inline ProofMark
prove(const Setting *setting, ProofValue value)
{
	return proof_open(&setting->layout->proof, PROOF_BIT(value));
}

static inline void
proven(const Setting *setting, ProofMark mark, ProofValue value)
{
	ContentProof *proof = &setting->layout->proof;
	Slice text = proof_text(proof, mark);

	if (text.length > 0 && setting->layout->page.missing == 0 && setting->layout->missing == 0)
		(void) proof_compare(proof, value, text, text, "the house's own layout");
	proof_close(proof, mark);
}

/* The value that a label stands for; PROOF_VALUE_COUNT: none. */
static inline ProofValue
labelled_value(TemplateLabel which)
{
	return which == LABEL_INVOICE_NO || which == LABEL_CREDIT_NO ? PROOF_NUMBER
		   : which == LABEL_DUE_DATE							 ? PROOF_DUE_DATE
		   : which == LABEL_REFERENCE							 ? PROOF_REFERENCE
		   : which == LABEL_PAYABLE								 ? PROOF_AMOUNT
																 : PROOF_VALUE_COUNT;
}

/* Where an undeliverable letter goes back to, in one small line above the address and in the foot;
 * it lies in scratch. */
extern Slice template_sender_line(const Setting *setting);
/* Once it is known how many pages there are. */
extern void template_set_foot(const Setting *setting, int page_no);
/* The payment part at the bottom of the last page. */
extern void template_set_payment(const Setting *setting);

#endif
