/*
 * xml_pieces.h: business terms that a format spreads over several elements; for close functions.
 *
 * A list of terms is the literal of the group: keys with blanks between, "-" for none, as in
 * XML_GROUP_CLEARS("Street", XML_SCRATCH, close_next, "bt_35 bt_36 bt_162").
 */
#ifndef CORE_XML_PIECES_H
#define CORE_XML_PIECES_H

#include "core/decimal.h"
#include "core/xml_state.h"

/* The n-th term of the group's list, from 0; XML_NO_TERM for "-" and behind the end. */
extern int xml_listed_term(const XmlInvoice *reader, const XmlOpenGroup *group, int n);
/* What a close function returns after it has given a value to the term. */
extern bool xml_text_is_done(int term);
/* The value to the first listed term, from the n-th on, that has none yet; else extra. */
extern bool xml_take_next(XmlInvoice *reader, const XmlOpenGroup *group, int n, int value);
/* The value as one more line of the first listed term; of endless text the rest is extra. */
extern bool xml_take_line(XmlInvoice *reader, const XmlOpenGroup *group, int value,
						  const char *between);
/* A unit's UN code if there is one, else what stands for it; the other one is extra unless the
 * same. */
extern void xml_take_unit(XmlInvoice *reader, const XmlOpenGroup *group, int unit, int code,
						  int term, const char *below);
/* 2026-03-01 of parts that are digits; false if they are not. */
extern bool xml_take_date(XmlInvoice *reader, int century, int year, int month, int day, int term);
/* Both are decimal numbers. */
extern bool xml_number(const XmlInvoice *reader, int term, Decimal *number);
/* The number, with at least two places of the fraction. */
extern void xml_set_number(XmlInvoice *reader, int term, Decimal number);
/* A group of the kind at the place of another, counted. */
extern XmlOpenGroup xml_extra_group(XmlInvoice *reader, const XmlOpenGroup *group,
									InvoiceGroupKind kind);
/* xml_close_emit for formats whose senders leave empty elements: an empty group is none. */
extern bool xml_close_filled(XmlInvoice *reader, const XmlOpenGroup *group);
/* True if a term of the kind has a value. */
extern bool xml_has_any(const XmlInvoice *reader, InvoiceGroupKind kind);
/* A positive rate without a category can only be the standard category. */
extern void xml_assume_standard(XmlInvoice *reader, int rate, int category);
/* BT-161 with its unit as an attribute of the line. */
extern bool xml_emit_reading(XmlInvoice *reader, const XmlOpenGroup *group, int unit, int code);
/*
 * The price given (BT-148) is the net price, unless a discount or the net price itself says
 * otherwise.
 */
extern void xml_settle_price(XmlInvoice *reader);
/* Credit notes may have negative prices; prices are positive, the quantity has the net amount's
 * sign. */
extern void xml_settle_signs(XmlInvoice *reader);
/*
 * The line, unless nothing is in it: such rows hold what the model has no place for, and are not
 * counted.  details: kept by the format for the document, 0 at its beginning.
 */
extern void xml_emit_row(XmlInvoice *reader, const XmlOpenGroup *group, int64_t *details);
/* A minus in front or taken away; for transforms. */
extern size_t xml_turn_sign(char *text, size_t length);

#endif
