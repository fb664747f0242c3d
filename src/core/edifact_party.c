/*
 * edifact_party.c: a party's segments (NAD with RFF, CTA, COM, FII).
 *
 * A party may come under a second-best qualifier (SU for the seller, IV for the buyer, ST or CN for
 * the place of delivery).  When the best one follows, what the other gave goes to extra.
 */
#include "core/edifact_state.h"

#include <stdio.h>
#include <string.h>

#define NONE INVOICE_TERM_COUNT

struct EdifactPartyTerms
{
	InvoiceTerm name, trading, id, scheme, legal, legal_scheme, vat, tax;
	InvoiceTerm lines[3], city, post, region, country;
	InvoiceTerm contact, telephone, mail, address, address_scheme;
};

static const EdifactPartyTerms seller = {
	TERM_BT_27,	  TERM_BT_28, TERM_BT_29,
	TERM_BT_29_1, TERM_BT_30, TERM_BT_30_1,
	TERM_BT_31,	  TERM_BT_32, {TERM_BT_35, TERM_BT_36, TERM_BT_162},
	TERM_BT_37,	  TERM_BT_38, TERM_BT_39,
	TERM_BT_40,	  TERM_BT_41, TERM_BT_42,
	TERM_BT_43,	  TERM_BT_34, TERM_BT_34_1};
static const EdifactPartyTerms buyer = {
	TERM_BT_44,	  TERM_BT_45, TERM_BT_46,
	TERM_BT_46_1, TERM_BT_47, TERM_BT_47_1,
	TERM_BT_48,	  NONE,		  {TERM_BT_50, TERM_BT_51, TERM_BT_163},
	TERM_BT_52,	  TERM_BT_53, TERM_BT_54,
	TERM_BT_55,	  TERM_BT_56, TERM_BT_57,
	TERM_BT_58,	  TERM_BT_49, TERM_BT_49_1};
static const EdifactPartyTerms payee = {TERM_BT_59,	  NONE,		  TERM_BT_60,
										TERM_BT_60_1, TERM_BT_61, TERM_BT_61_1,
										NONE,		  NONE,		  {NONE, NONE, NONE},
										NONE,		  NONE,		  NONE,
										NONE,		  NONE,		  NONE,
										NONE,		  NONE,		  NONE};
static const EdifactPartyTerms representative = {
	TERM_BT_62, NONE,		NONE,
	NONE,		NONE,		NONE,
	TERM_BT_63, NONE,		{TERM_BT_64, TERM_BT_65, TERM_BT_164},
	TERM_BT_66, TERM_BT_67, TERM_BT_68,
	TERM_BT_69, NONE,		NONE,
	NONE,		NONE,		NONE};
static const EdifactPartyTerms delivery = {
	TERM_BT_70,	  NONE,		  TERM_BT_71,
	TERM_BT_71_1, NONE,		  NONE,
	NONE,		  NONE,		  {TERM_BT_75, TERM_BT_76, TERM_BT_165},
	TERM_BT_77,	  TERM_BT_78, TERM_BT_79,
	TERM_BT_80,	  NONE,		  NONE,
	NONE,		  NONE,		  NONE};

static const struct
{
	const char *qualifier;
	const EdifactPartyTerms *terms;
	bool best;
} roles[] = {{"SE", &seller, true},			{"SU", &seller, false},	 {"BY", &buyer, true},
			 {"IV", &buyer, false},			{"PE", &payee, true},	 {"RE", &payee, false},
			 {"LC", &representative, true}, {"DP", &delivery, true}, {"ST", &delivery, false},
			 {"CN", &delivery, false},		{"UC", &delivery, false}};

static void take(EdifactReader *reader, InvoiceTerm term, int element, int component);
static void name_and_address(EdifactReader *reader);
static void party_id(EdifactReader *reader);
static void party_reference(EdifactReader *reader);
static void account(EdifactReader *reader);
static void communication(EdifactReader *reader);
static void displace(EdifactReader *reader, const EdifactPartyTerms *terms, const char *from);

/* Where the party of these terms came from; NULL = it cannot come twice. */
static char *
origin(EdifactReader *reader, const EdifactPartyTerms *terms)
{
	return terms == &seller		? reader->seller_from
		   : terms == &buyer	? reader->buyer_from
		   : terms == &delivery ? reader->delivery_from
								: NULL;
}

void
edifact_begin_party(EdifactReader *reader)
{
	EdifactParty *party = &reader->party;
	Slice qualifier = edifact_part(reader->segment, 1, 0);
	char *from;

	memset(party, 0, sizeof(*party));
	edifact_copy(qualifier, party->qualifier, sizeof(party->qualifier));
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (edifact_is(qualifier, roles[i].qualifier))
		{
			party->terms = roles[i].terms;
			from = origin(reader, party->terms);
			if (from != NULL && from[0] != '\0' && !roles[i].best)
				party->terms = NULL;
			else if (from != NULL)
			{
				if (from[0] != '\0')
					displace(reader, party->terms, from);
				snprintf(from, sizeof(reader->seller_from), "%.3s", party->qualifier);
			}
		}
	/* the same party again, e.g. a second place of delivery */
	if (party->terms != NULL && edifact_value(reader, party->terms->name).length > 0)
		party->terms = NULL;
	if (party->terms == NULL)
	{
		edifact_forget(reader->segment);
		return;
	}
	party_id(reader);
	name_and_address(reader);
}

static void
displace(EdifactReader *reader, const EdifactPartyTerms *terms, const char *from)
{
	const InvoiceTerm all[] = {
		terms->name,		 terms->trading,   terms->id,	terms->scheme,	 terms->legal,
		terms->legal_scheme, terms->vat,	   terms->tax,	terms->lines[0], terms->lines[1],
		terms->lines[2],	 terms->city,	   terms->post, terms->region,	 terms->country,
		terms->contact,		 terms->telephone, terms->mail, terms->address,	 terms->address_scheme};
	Slice nothing = {NULL, 0};
	char path[40];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
	{
		Slice value = {NULL, 0};

		if (all[i] != NONE && invoice_term_info[all[i]].group == INVOICE_DOCUMENT)
			value = edifact_value(reader, all[i]);
		if (value.length == 0)
			continue;
		snprintf(path, sizeof(path), "NAD+%.3s/%s", from, invoice_term_info[all[i]].text);
		edifact_note(reader,
					 flat_document_extra(reader->document, reader->segment->number, path, value));
		edifact_note(reader, flat_document_set(reader->document, all[i], nothing));
	}
}

static void
take(EdifactReader *reader, InvoiceTerm term, int element, int component)
{
	if (term != NONE)
		edifact_take(reader, term, element, component);
}

/* Four digits are a code of ISO 6523. */
static bool
is_scheme(Slice list)
{
	for (size_t i = 0; i < list.length; i++)
		if (list.bytes[i] < '0' || list.bytes[i] > '9')
			return false;
	return list.length == 4;
}

/* C082: number, code list, agency.  9 is GS1, 16 D-U-N-S, 91 and 92 the parties themselves. */
static void
party_id(EdifactReader *reader)
{
	EdifactParty *party = &reader->party;
	Slice id = edifact_part(reader->segment, 2, 0);
	Slice list = edifact_part(reader->segment, 2, 1);
	Slice agency = edifact_part(reader->segment, 2, 2);

	if (id.length == 0)
		return;
	if (id.length >= sizeof(party->id))
	{
		edifact_leave(reader->segment, 2, 0);
		return;
	}
	edifact_copy(id, party->id, sizeof(party->id));
	if (is_scheme(list))
		edifact_copy(list, party->scheme, sizeof(party->scheme));
	else if (list.length > 0)
		edifact_leave(reader->segment, 2, 1);
	if (edifact_is(agency, "9"))
		snprintf(party->scheme, sizeof(party->scheme), "0088");
	else if (edifact_is(agency, "16"))
		snprintf(party->scheme, sizeof(party->scheme), "0060");
	else if (!edifact_is(agency, "91") && !edifact_is(agency, "92"))
		edifact_leave(reader->segment, 2, 2);
}

/* C080 and C059, or all of it as lines of C058. */
static void
name_and_address(EdifactReader *reader)
{
	const EdifactPartyTerms *terms = reader->party.terms;
	bool lines_only = edifact_part(reader->segment, 4, 0).length == 0;

	edifact_leave(reader->segment, 4, 0);
	if (lines_only)
	{
		take(reader, terms->name, 3, 0);
		for (int i = 0; i < 3; i++)
			take(reader, terms->lines[i], 3, i + 1);
	}
	else if (reader->modern)
	{
		take(reader, terms->name, 4, 0);
		take(reader, terms->trading, 4, 1);
	}
	else
		edifact_set(reader, terms->name, edifact_join(reader, 4, 0, 35));
	for (int i = 0; i < 3; i++)
		take(reader, terms->lines[i], 5, i);
	take(reader, terms->city, 6, 0);
	/* 3229 of old, C819 of new directories: the name is its fourth component */
	take(reader, terms->region, 7, 3);
	take(reader, terms->region, 7, 0);
	take(reader, terms->post, 8, 0);
	take(reader, terms->country, 9, 0);
}

bool
edifact_party_segment(EdifactReader *reader)
{
	bool known = reader->party.terms != NULL;

	if (edifact_tag_is(reader, "FII"))
		account(reader);
	else if (edifact_tag_is(reader, "RFF"))
	{
		if (known)
			party_reference(reader);
	}
	else if (edifact_tag_is(reader, "CTA"))
	{
		Slice kind = edifact_part(reader->segment, 1, 0);

		reader->party.general_contact =
			edifact_is(kind, "IC") && edifact_part(reader->segment, 2, 1).length == 0;
		if (!known || reader->party.terms->contact == NONE)
			edifact_forget(reader->segment);
		else if (edifact_part(reader->segment, 2, 1).length > 0)
			take(reader, reader->party.terms->contact, 2, 1);
		else
			take(reader, reader->party.terms->contact, 2, 0);
	}
	else if (edifact_tag_is(reader, "COM"))
	{
		if (known)
			communication(reader);
	}
	else
		return edifact_tag_is(reader, "LOC") || edifact_tag_is(reader, "DOC") ||
			   edifact_tag_is(reader, "DTM");
	return true;
}

static void
party_reference(EdifactReader *reader)
{
	const EdifactPartyTerms *terms = reader->party.terms;
	Slice qualifier = edifact_part(reader->segment, 1, 0);
	InvoiceTerm term = NONE;

	if (edifact_is(qualifier, "VA"))
		term = terms->vat;
	else if (edifact_is(qualifier, "GN") || edifact_is(qualifier, "XA"))
		term = terms->legal;
	else if (edifact_is(qualifier, "AHP") || edifact_is(qualifier, "FC"))
		term = terms->tax;
	else if (terms == &buyer && edifact_is(qualifier, "AOU"))
		term = TERM_BT_19;
	else if (terms == &buyer && edifact_is(qualifier, "CR"))
		term = TERM_BT_10;
	else if (terms == &buyer && edifact_is(qualifier, "IT") && reader->party.id[0] == '\0')
		term = TERM_BT_46;
	if (term == NONE)
	{
		edifact_forget(reader->segment);
		return;
	}
	if (term == terms->legal)
		reader->party.legal_given = true;
	edifact_take(reader, term, 1, 1);
}

/* RB and BF: the bank that is to receive the money; BI: the one to be debited. */
static void
account(EdifactReader *reader)
{
	Slice kind = edifact_part(reader->segment, 1, 0);

	if (edifact_is(kind, "BI"))
		edifact_take(reader, TERM_BT_91, 2, 0);
	else if (edifact_is(kind, "RB") || edifact_is(kind, "BF"))
	{
		Slice number = edifact_part(reader->segment, 2, 0);
		Slice bank = edifact_part(reader->segment, 3, 0);

		edifact_set(reader, TERM_BT_84, number);
		edifact_set(reader, TERM_BT_85, edifact_join(reader, 2, 1, 35));
		edifact_set(reader, TERM_BT_86, bank);
		/* some repeat the account without its bank */
		if (number.length > 0 && (bank.length > 0 || !edifact_is(number, reader->last_account)))
			edifact_emit(reader, INVOICE_ACCOUNT, reader->segment->number);
		edifact_clear(reader, INVOICE_ACCOUNT);
		edifact_copy(number, reader->last_account, sizeof(reader->last_account));
	}
	else
		edifact_forget(reader->segment);
}

static void
communication(EdifactReader *reader)
{
	const EdifactPartyTerms *terms = reader->party.terms;
	Slice kind = edifact_part(reader->segment, 1, 1);

	/* EN 16931-3-4: mail to no person in particular is the electronic address */
	if (edifact_is(kind, "EM") && reader->modern && reader->party.general_contact &&
		terms->address != NONE)
	{
		take(reader, terms->address, 1, 0);
		edifact_set(reader, terms->address_scheme, edifact_slice("EM"));
	}
	else if (edifact_is(kind, "EM") && terms->mail != NONE)
		take(reader, terms->mail, 1, 0);
	else if (edifact_is(kind, "TE") && terms->telephone != NONE)
		take(reader, terms->telephone, 1, 0);
	else
		edifact_forget(reader->segment);
}

/* A number that the VAT identifier contains is the company's registration. */
static bool
is_registration(const char *id, Slice vat)
{
	size_t length = strlen(id);

	for (size_t i = 0; i + length <= vat.length; i++)
		if (memcmp(vat.bytes + i, id, length) == 0)
			return true;
	return vat.length == 0;
}

void
edifact_end_party(EdifactReader *reader)
{
	EdifactParty *party = &reader->party;
	const EdifactPartyTerms *terms = party->terms;
	Slice id = edifact_slice(party->id);

	if (terms == NULL || id.length == 0)
		return;
	party->terms = NULL;
	if (terms->legal != NONE && terms->vat != NONE && party->scheme[0] == '\0' &&
		!party->legal_given && is_registration(party->id, edifact_value(reader, terms->vat)))
		edifact_set(reader, terms->legal, id);
	else if (terms->id != NONE)
	{
		edifact_set(reader, terms->id, id);
		edifact_set(reader, terms->scheme, edifact_slice(party->scheme));
		if (terms == &seller)
			edifact_emit(reader, INVOICE_SELLER_ID, reader->group_segment);
	}
	else
		edifact_note(reader,
					 flat_document_extra(reader->document, reader->group_segment, "NAD/2.1", id));
}
