/*
 * volume_documents.h: invoices in tags, each with values of its own, for the tests of the archive's templates.
 */
#ifndef UNIT_VOLUME_DOCUMENTS_H
#define UNIT_VOLUME_DOCUMENTS_H

#include "core/buffer.h"

static uint64_t seed = 1;

static inline unsigned
draw(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return below == 0 ? 0 : (unsigned) ((seed >> 33) % below);
}

static inline void
make_line(ByteBuffer *out, unsigned number, const char *currency, unsigned *total)
{
	static const char *const items[] = {"Diesel", "Blyfri 95", "AdBlue", "Bilvask", "Parkering"};
	unsigned quantity = 1 + draw(90), price = 100 + draw(2500), item = draw(5), amount = quantity * price;

	*total += amount;
	buffer_printf(out,
				  "  <Line id=\"%u\">\n    <Date>2026-%02u-%02u</Date>\n    <Item code=\"A%u\"><Name>%s</Name></Item>\n"
				  "    <Quantity>%u</Quantity><Price currency=\"%s\">%u.%02u</Price>\n"
				  "    <Tax><Scheme>VAT</Scheme><Category>S</Category><Percent>25</Percent></Tax>\n"
				  "    <Amount>%u.%02u</Amount>\n  </Line>\n",
				  number, 1 + draw(12), 1 + draw(28), 100 + item, items[item], quantity, currency, price / 100, price % 100,
				  amount / 100, amount % 100);
}

static inline void
make_invoice(ByteBuffer *out, int number)
{
	static const char *const countries[][3] = {{"NO", "NOK", "Norge"}, {"SE", "SEK", "Sverige"}, {"FI", "EUR", "Suomi"}};
	static const char *const names[] = {"Anna", "Lars", "Marja", "Olav", "Åse", "Erik"};
	static const char *const families[] = {"Hansen", "Virtanen", "Olsen", "Berg", "Mäkinen", "Dahl"};
	const char *const *country = countries[draw(3)];
	unsigned lines = 8 + draw(9), total = 0, day = 1 + draw(14), customer = 10000 + draw(90000);

	buffer_reset(out);
	buffer_printf(out,
				  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Invoice xmlns=\"urn:example:invoice-2\">\n  <Number>%d</Number>\n"
				  "  <Issued>2026-11-%02u</Issued>\n  <Due>2026-11-%02u</Due>\n  <Currency>%s</Currency>\n"
				  "  <Supplier>\n    <Name>Drivstoff og Veihjelp AS</Name>\n    <Street>Havnegata 1</Street>\n"
				  "    <City>Oslo</City>\n    <Country>NO</Country>\n    <Tax>NO987654321MVA</Tax>\n  </Supplier>\n"
				  "  <Buyer><Id>%u</Id>\n    <Name>%s %s</Name>\n    <Country>%s</Country><Land>%s</Land>\n  </Buyer>\n"
				  "  <Note>Kunde %u skylder oss det som er levert. Betal til konto 15030012345 med referanse %d7.</Note>\n",
				  500000 + number * 3, day, day + 14, country[1], customer, names[draw(6)], families[draw(6)], country[0], country[2],
				  customer, 500000 + number * 3);
	for (unsigned line = 1; line <= lines; line++)
		make_line(out, line, country[1], &total);
	buffer_printf(out, "  <Total>%u.%02u</Total>\n</Invoice>\n", total / 100, total % 100);
	buffer_append_char(out, 0);
	out->length--;
}

#endif
