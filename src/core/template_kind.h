/*
 * template_kind.h: what kind of document an invoice becomes.
 */
#ifndef CORE_TEMPLATE_KIND_H
#define CORE_TEMPLATE_KIND_H

#include "core/template_data.h"
#include "core/template_format.h"

/* UNTDID 1001: credit notes, and documents the buyer issues in the seller's name. */
extern bool template_is_credit_note(const TemplateData *data);
extern bool template_is_self_billed(const TemplateData *data);
/* No invoice: a letter or notice of a list. */
extern bool template_is_letter(const TemplateData *data);
/* Something is to be paid by the recipient, and there is an account to pay it to. */
extern bool template_has_payment(const TemplateData *data);
/* The recipient lives in another country than the issuer. */
extern bool template_is_foreign(const TemplateData *data);
extern TemplateLabel template_title_label(const TemplateData *data);

#endif
