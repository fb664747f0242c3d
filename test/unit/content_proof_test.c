/* content_proof_test.c: amounts, dates and currencies as people read them; the formatter's results
 * back to their values in every language; texts read back from a content stream; garbage never
 * reads past its end. */
#include "arena.h"
#include "check.h"

#include "core/content_parse.h"
#include "core/content_proof.h"
#include "core/layout_page.h"

#include <stdlib.h>
#include <string.h>

static Arena arena;
static Port port;
static Buffer out, formatted;

static Slice
text(const char *bytes)
{
	return (Slice){bytes, strlen(bytes)};
}

static Slice
squeezed(Slice shown)
{
	buffer_reset(&out);
	content_squeeze(&out, shown);
	return (Slice){out.length == 0 ? "" : out.bytes, out.length};
}

/* The amount a text says, as text; "" when it says none. */
static const char *
amount(TemplateLanguage language, const char *shown)
{
	static char said[DECIMAL_TEXT_SIZE];
	Decimal value;

	if (!content_groups_fit(text(shown)) ||
		!content_parse_amount(language, squeezed(text(shown)), &value))
		return "";
	said[decimal_text(value, 0, said)] = '\0';
	return said;
}

static const char *
date(TemplateLanguage language, const char *shown)
{
	static char iso[11];

	return content_parse_date(language, squeezed(text(shown)), iso) ? iso : "";
}

static void
test_amounts(void)
{
	CHECK_TEXT(amount(LANGUAGE_NB, "1 234 567,89"), "1234567.89");
	CHECK_TEXT(amount(LANGUAGE_NB, "kr 1.234,50"), "1234.5");
	CHECK_TEXT(amount(LANGUAGE_NB, "1234,50 NOK"), "1234.5");
	CHECK_TEXT(amount(LANGUAGE_NB, "\xE2\x88\x92"
								   "12,00"),
			   "-12");
	CHECK_TEXT(amount(LANGUAGE_NB, "-0,50"), "-0.5");
	CHECK_TEXT(amount(LANGUAGE_EN, "\xE2\x82\xAC"
								   "1,234.50"),
			   "1234.5");
	CHECK_TEXT(amount(LANGUAGE_PL, "99 z\xC5\x82"), "99");
	CHECK_TEXT(amount(LANGUAGE_DE, "1.234.567"), "1234567");
	/* neither this nor that */
	CHECK_TEXT(amount(LANGUAGE_NB, "1,234.50"), "");
	CHECK_TEXT(amount(LANGUAGE_EN, "1.234,50"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "1 23 4"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "12.34"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "1234,5"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "1234,"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "1 234,50 og 3"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "12-3"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, ""), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "kr"), "");
	CHECK_TEXT(amount(LANGUAGE_NB, "12345678901234567890123456789012345678901234567890"), "");
}

static void
test_dates(void)
{
	CHECK_TEXT(date(LANGUAGE_NB, "01.12.2026"), "2026-12-01");
	CHECK_TEXT(date(LANGUAGE_NB, "12.01.2026"), "2026-01-12");
	CHECK_TEXT(date(LANGUAGE_FI, "1.12.2026"), "2026-12-01");
	CHECK_TEXT(date(LANGUAGE_SV, "2026-12-01"), "2026-12-01");
	CHECK_TEXT(date(LANGUAGE_EN, "1 Dec 2026"), "2026-12-01");
	CHECK_TEXT(date(LANGUAGE_DE, "1. M\xC3\xA4rz 2026"), "2026-03-01");
	CHECK_TEXT(date(LANGUAGE_FI, "1. maaliskuuta 2026"), "2026-03-01");
	CHECK_TEXT(date(LANGUAGE_FI, "1. marraskuuta 2026"), "2026-11-01");
	CHECK_TEXT(date(LANGUAGE_EN, "12/01/2026"), "");
	CHECK_TEXT(date(LANGUAGE_EN, "1 Mai 2026"), "");
	CHECK_TEXT(date(LANGUAGE_NB, "31.04.2026"), "");
	CHECK_TEXT(date(LANGUAGE_NB, "1.13.2026"), "");
	CHECK_TEXT(date(LANGUAGE_NB, "1.12.26"), "");
	CHECK_TEXT(date(LANGUAGE_NB, "desember 2026"), "");
	CHECK_TEXT(date(LANGUAGE_NB, "1.12.2026 x"), "");
	CHECK_TEXT(date(LANGUAGE_NB, ""), "");
}

/* What the formatter writes is read as what it was. */
static void
test_round_trip(void)
{
	char value[40], iso[11], wanted[24];
	Decimal back, meant;

	for (int language = 0; language < LANGUAGE_COUNT; language++)
		for (int i = 0; i < 4000; i++)
		{
			long whole = random() % (i % 4 == 0 ? 10 : 100000000);

			snprintf(value, sizeof(value), "%s%ld.%02ld", i % 5 == 0 ? "-" : "", whole,
					 random() % 100);
			buffer_reset(&formatted);
			if (i % 3 == 0)
				format_money_in(&formatted, language, text(value), text("EUR"));
			else
				format_money(&formatted, language, text(value));
			CHECK(content_groups_fit((Slice){formatted.bytes, formatted.length}));
			CHECK(content_parse_amount(
					  language, squeezed((Slice){formatted.bytes, formatted.length}), &back) &&
				  decimal_parse(value, strlen(value), &meant) == DECIMAL_OK &&
				  decimal_compare(back, meant) == 0);
			snprintf(wanted, sizeof(wanted), "%04d-%02d-%02d", (int) (1990 + random() % 60),
					 (int) (1 + random() % 12), (int) (1 + random() % 28));
			buffer_reset(&formatted);
			format_date_as(&formatted, language, text(wanted), text(i % 2 == 0 ? "long" : "short"));
			CHECK(content_parse_date(language, squeezed((Slice){formatted.bytes, formatted.length}),
									 iso));
			CHECK_TEXT(iso, wanted);
		}
}

static const char *
other(const char *shown, const char *currency)
{
	static char found[8];
	Slice word;

	if (!content_other_currency(text(shown), text(currency), &word))
		return "";
	snprintf(found, sizeof(found), "%.*s", (int) word.length, word.bytes);
	return found;
}

static void
test_currencies(void)
{
	CHECK_TEXT(other("Amount due NOK 12.00", "NOK"), "");
	CHECK_TEXT(other("Amount due SEK 12.00", "NOK"), "SEK");
	CHECK_TEXT(other("12,00\xC2\xA0"
					 "EUR",
					 "NOK"),
			   "EUR");
	CHECK_TEXT(other("12,00 kr", "SEK"), "");
	CHECK_TEXT(other("12,00 kr", "EUR"), "kr");
	CHECK_TEXT(other("\xE2\x82\xAC"
					 "12",
					 "EUR"),
			   "");
	CHECK_TEXT(other("\xE2\x82\xAC"
					 "12",
					 "PLN"),
			   "\xE2\x82\xAC");
	CHECK_TEXT(other("PAY ALL NOW", "NOK"), "");
	CHECK_TEXT(other("", "NOK"), "");
}

/* A page is written, and its stream read. */
static void
test_reading(void)
{
	static const char shown[] = "\xC3\x85 betale (1\\2) 1\xC2\xA0"
								"234,50 \xE2\x88\x92";
	static const char wanted[] = "\xC3\x85 betale (1\\2) 1\xC2\xA0"
								 "234,50 \xE2\x88\x92 and this";
	Layout layout;
	ProofMark mark;
	Slice got;
	LayoutStyle style = {FONT_BOLD, 900, 0};

	layout_init(&layout, &port);
	layout_begin(&layout);
	layout_new_page(&layout);
	layout_left(&layout, style, MM(20), MM(20), MM(100), text("not read"));
	mark = proof_open(&layout.proof, PROOF_BIT(PROOF_AMOUNT));
	layout_left(&layout, style, MM(20), MM(30), MM(100), text(shown));
	layout_right(&layout, style, MM(190), MM(30), MM(100), text("and this"));
	got = proof_text(&layout.proof, mark);
	CHECK(got.length == strlen(wanted) && memcmp(got.bytes, wanted, got.length) == 0);
	proof_close(&layout.proof, mark);
	CHECK(layout.proof.open == 0 && layout.proof.text.length == 0);
	layout_end(&layout);
}

/* Any bytes: read to their end, and not beyond. */
static void
test_garbage(void)
{
	ContentProof proof;
	char iso[11];
	Decimal value;
	Slice word;

	proof_init(&proof, &port);
	for (int i = 0; i < 60000; i++)
	{
		size_t length = (size_t) random() % 24;
		char *bytes = malloc(length + 1);
		static const char common[] = "0123456789.,- ()\\rEURkr\xC2\xA0\xE2\x88\x92\xE2\x82\xAC";
		Slice any = {bytes, length};

		for (size_t k = 0; k < length; k++)
			bytes[k] =
				random() % 4 == 0 ? (char) random() : common[random() % (sizeof(common) - 1)];
		bytes = realloc(bytes, length == 0 ? 1 : length);
		any.bytes = bytes;
		(void) content_groups_fit(any);
		(void) content_other_currency(any, text("NOK"), &word);
		any = squeezed(any);
		(void) content_parse_amount(i % LANGUAGE_COUNT, any, &value);
		(void) content_parse_date(i % LANGUAGE_COUNT, any, iso);
		if (length > 0)
			bytes[0] = '(';
		buffer_reset(&proof.text);
		proof_read(&proof, font_faces[i % FONT_FACE_COUNT], bytes, length);
		free(bytes);
	}
}

int
main(void)
{
	port = (Port) ARENA_PORT(&arena);
	buffer_init(&out, &port);
	buffer_init(&formatted, &port);
	srandom(20261122);
	test_amounts();
	test_dates();
	test_round_trip();
	test_currencies();
	test_reading();
	test_garbage();
	arena_free(&arena);
	return check_done();
}
