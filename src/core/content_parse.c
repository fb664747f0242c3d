/*
 * content_parse.c: reads amounts and dates of eight languages.
 */
#include "core/content_parse.h"

#include <string.h>

/* Longest number of digits an amount may have; more is no amount. */
#define MOST_DIGITS 30

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---------- characters ---------- */

/* One character; a broken sequence is one byte of no meaning. */
static uint32_t
next_character(const char **text, const char *end)
{
	const unsigned char *at = (const unsigned char *) *text;
	int length = *at < 0x80 ? 1 : *at < 0xC2 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
	uint32_t character;

	if (length == 0 || end - *text < length)
	{
		*text += 1;
		return 0xFFFD;
	}
	character = length == 1 ? *at : *at & (0x7Fu >> length);
	for (int i = 1; i < length; i++)
		character = character << 6 | (at[i] & 0x3F);
	*text += length;
	return character;
}

static bool
shows_nothing(uint32_t c)
{
	return c <= 0x20 || c == 0x85 || c == 0xA0 || c == 0xAD || (c >= 0x2000 && c <= 0x200F) ||
		   c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2060 || c == 0x3000 ||
		   c == 0xFEFF;
}

void
content_squeeze(ByteBuffer *out, Slice text)
{
	const char *at = text.bytes, *end = text.bytes + text.length;

	while (at < end)
	{
		const char *start = at;
		uint32_t character = next_character(&at, end);

		if (character == 0x2010 || character == 0x2011)
			buffer_append_char(out, '-');
		else if (character == 0x2015)
			buffer_append_text(out, "\xE2\x80\x94");
		else if (!shows_nothing(character))
			buffer_append(out, start, (size_t) (at - start));
	}
}

/* ---------- amounts ---------- */

static bool
take(Slice *text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (text->length < length || memcmp(text->bytes, prefix, length) != 0)
		return false;
	text->bytes += length;
	text->length -= length;
	return true;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
}

/* EUR, kr, zł, the sign of the euro: letters in front or behind; a minus is none. */
static void
drop_currency(Slice *text)
{
	while (text->length > 0 && is_letter(*text->bytes) &&
		   !(text->length > 2 && memcmp(text->bytes, "\xE2\x88\x92", 3) == 0))
	{
		text->bytes++;
		text->length--;
	}
	while (text->length > 0 && is_letter(text->bytes[text->length - 1]))
		text->length--;
}

/* Digits in groups of three where they are parted, into number; false when a group is odd. */
static bool
take_whole(Slice *text, char thousands, char *number, int *length)
{
	int group = 0, groups = 0;

	while (text->length > 0 && *length < MOST_DIGITS)
	{
		if (is_digit(*text->bytes))
		{
			number[(*length)++] = *text->bytes;
			group++;
		}
		else if (*text->bytes == thousands && group > 0 && (groups == 0 ? group <= 3 : group == 3))
		{
			groups++;
			group = 0;
		}
		else
			break;
		text->bytes++;
		text->length--;
	}
	return groups == 0 ? group > 0 : group == 3;
}

bool
content_parse_amount(TemplateLanguage language, Slice text, Decimal *amount)
{
	char point = language == LANGUAGE_EN ? '.' : ',',
		 thousands = language == LANGUAGE_EN ? ',' : '.';
	char number[MOST_DIGITS + 4];
	int length = 0;

	drop_currency(&text);
	if (take(&text, "\xE2\x88\x92") || take(&text, "-"))
		number[length++] = '-';
	if (!take_whole(&text, thousands, number, &length))
		return false;
	if (text.length > 2 && *text.bytes == point) /* one decimal is half an amount */
	{
		number[length++] = '.';
		text.bytes++;
		text.length--;
		while (text.length > 0 && is_digit(*text.bytes) && length < MOST_DIGITS + 2)
		{
			number[length++] = *text.bytes++;
			text.length--;
		}
	}
	return text.length == 0 && decimal_parse(number, (size_t) length, amount) == DECIMAL_OK;
}

/* ---------- dates ---------- */

/* First letters that tell the months of a language apart, and what may follow them. */
static const char *const months[LANGUAGE_COUNT][12] = {
	{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"},
	{"jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "des"},
	{"jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
	{"jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
	{"tam", "hel", "maa", "huh", "tou", "kes", "hei", "elo", "syy", "lok", "mar", "jou"},
	{"sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "pa\xC5\xBA", "lis", "gru"},
	{"ian", "feb", "mar", "apr", "mai", "iun", "iul", "aug", "sep", "oct", "noi", "dec"},
	{"jan", "feb", "m\xC3\xA4r", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"},
};

/* A number of least to most digits; -1 when there is none. */
static int
take_number(Slice *text, int least, int most)
{
	int value = 0, digits = 0;

	while (text->length > 0 && is_digit(*text->bytes) && digits < most)
	{
		value = value * 10 + *text->bytes++ - '0';
		text->length--;
		digits++;
	}
	return digits >= least && !(text->length > 0 && is_digit(*text->bytes)) ? value : -1;
}

static bool
begins_alike(Slice text, const char *prefix)
{
	for (size_t i = 0; prefix[i] != '\0'; i++)
	{
		char c = i < text.length ? text.bytes[i] : '\0';

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != prefix[i])
			return false;
	}
	return true;
}

/* The name of a month in letters, whole or short; 0 when it is none. */
static int
take_month(TemplateLanguage language, Slice *text)
{
	int month = 0;

	for (int i = 0; i < 12; i++)
		if (begins_alike(*text, months[language][i]))
			month = i + 1;
	while (text->length > 0 && is_letter(*text->bytes))
	{
		text->bytes++;
		text->length--;
	}
	(void) take(text, ".");
	return month;
}

bool
content_parse_date(TemplateLanguage language, Slice text, char iso[11])
{
	static const int days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;

	if (text.length == 10 && text.bytes[4] == '-')
	{
		year = take_number(&text, 4, 4);
		month = take(&text, "-") ? take_number(&text, 2, 2) : -1;
		day = take(&text, "-") ? take_number(&text, 2, 2) : -1;
	}
	else
	{
		day = take_number(&text, 1, 2);
		(void) take(&text, ".");
		month = text.length > 0 && is_letter(*text.bytes)			   ? take_month(language, &text)
				: (month = take_number(&text, 1, 2), take(&text, ".")) ? month
																	   : -1;
		year = take_number(&text, 4, 4);
	}
	if (text.length > 0 || year < 1000 || month < 1 || month > 12 || day < 1 ||
		day > days[month - 1])
		return false;
	iso[0] = (char) ('0' + year / 1000);
	iso[1] = (char) ('0' + year / 100 % 10);
	iso[2] = (char) ('0' + year / 10 % 10);
	iso[3] = (char) ('0' + year % 10);
	iso[4] = iso[7] = '-';
	iso[5] = (char) ('0' + month / 10);
	iso[6] = (char) ('0' + month % 10);
	iso[8] = (char) ('0' + day / 10);
	iso[9] = (char) ('0' + day % 10);
	iso[10] = '\0';
	return true;
}

/* ---------- currencies ---------- */

/* ISO 4217, those in circulation; ALL and TOP are left out because they are words. */
static const char currencies[] =
	"AED AFN AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
	"CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
	"GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW "
	"KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR "
	"MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR "
	"SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TRY TTD TWD TZS UAH UGX USD "
	"UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW";

static bool
is_currency(Slice word)
{
	if (word.length != 3)
		return false;
	for (const char *at = currencies; at < currencies + sizeof(currencies) - 1; at += 4)
		if (memcmp(at, word.bytes, 3) == 0)
			return true;
	return false;
}

static bool
is_one_of(Slice currency, const char *list)
{
	for (; *list != '\0'; list += 4)
		if (currency.length == 3 && memcmp(currency.bytes, list, 3) == 0)
			return true;
	return false;
}

/* What a sign or short name stands for: blank-ended codes. */
static bool
is_sign_of_other(Slice word, Slice currency)
{
	static const char *const signs[][2] = {{"\xE2\x82\xAC", "EUR "},
										   {"\xC2\xA3", "GBP "},
										   {"z\xC5\x82", "PLN "},
										   {"lei", "RON MDL "},
										   {"kr", "NOK SEK DKK ISK "}};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (word.length == strlen(signs[i][0]) && memcmp(word.bytes, signs[i][0], word.length) == 0)
			return !is_one_of(currency, signs[i][1]);
	return false;
}

/* Part of a word or a sign of a currency. */
static bool
is_of_word(uint32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xC0 && c < 0x2000) ||
		   c == 0xA3 || c == 0x20AC;
}

bool
content_other_currency(Slice text, Slice currency, Slice *found)
{
	const char *at = text.bytes, *end = text.bytes + text.length;

	while (at < end)
	{
		const char *start = at, *stop = at;

		while (at < end && is_of_word(next_character(&at, end)))
			stop = at;
		*found = (Slice){start, (size_t) (stop - start)};
		if ((is_currency(*found) &&
			 !(currency.length == 3 && memcmp(start, currency.bytes, 3) == 0)) ||
			is_sign_of_other(*found, currency))
			return true;
	}
	return false;
}

bool
content_groups_fit(Slice text)
{
	for (size_t i = 1; i + 1 < text.length; i++)
	{
		size_t digits = 0, at = i + 1;

		/* a blank, or the last byte of a no-break space */
		if (text.bytes[i] != ' ' && (unsigned char) text.bytes[i] != 0xA0)
			continue;
		if (!is_digit(text.bytes[i - 1]) &&
			!(i > 1 && (unsigned char) text.bytes[i - 1] == 0xC2 && is_digit(text.bytes[i - 2])))
			continue;
		while (at + digits < text.length && is_digit(text.bytes[at + digits]))
			digits++;
		if (digits != 0 && digits != 3)
			return false;
	}
	return true;
}
