/*
 * template_format.c: languages, labels, numbers, dates, references.
 *
 * Thousands are parted by a non-breaking space where a space is usual, so that no line breaks
 * inside an amount.
 */
#include "core/template_format.h"

#include "core/decimal.h"

#include <string.h>

#define NBSP "\xC2\xA0"
#define MINUS "\xE2\x88\x92"

static const struct
{
	const char *code, *thousands, *point;
	const char *day_point; /* behind the day where the month is a word */
	const char *date; /* D, M: without leading zero; d, m: two digits; B: name of month; y: year */
} languages[LANGUAGE_COUNT] = {
	{"en", ",", ".", "", "D B y"},	{"nb", NBSP, ",", ".", "d.m.y"}, {"sv", NBSP, ",", "", "y-m-d"},
	{"da", ".", ",", ".", "d.m.y"}, {"fi", NBSP, ",", ".", "D.M.y"}, {"pl", NBSP, ",", "", "d.m.y"},
	{"ro", ".", ",", "", "d.m.y"},	{"de", ".", ",", ".", "d.m.y"},
};

static const char *const labels[TEMPLATE_LABEL_COUNT][LANGUAGE_COUNT] = {
#define LABEL(name, key, en, nb, sv, da, fi, pl, ro, de) {en, nb, sv, da, fi, pl, ro, de},
#include "core/template_labels.def"
#undef LABEL
};

static const char *const months[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
									   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool
slice_is(Slice slice, const char *text)
{
	return slice.bytes != NULL && slice.length == strlen(text) &&
		   memcmp(slice.bytes, text, slice.length) == 0;
}

bool
slices_equal(Slice a, Slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

bool
slice_is_zero(Slice slice)
{
	for (size_t i = 0; i < slice.length; i++)
		if (slice.bytes[i] != '0' && slice.bytes[i] != '.' && slice.bytes[i] != '-')
			return false;
	return true;
}

const char *
template_language_code(TemplateLanguage language)
{
	return languages[language].code;
}

TemplateLanguage
template_country_language(Slice country)
{
	static const struct
	{
		const char *country;
		TemplateLanguage language;
	} spoken[] = {{"NO", LANGUAGE_NB}, {"SE", LANGUAGE_SV}, {"DK", LANGUAGE_DA},
				  {"FI", LANGUAGE_FI}, {"PL", LANGUAGE_PL}, {"RO", LANGUAGE_RO},
				  {"DE", LANGUAGE_DE}, {"AT", LANGUAGE_DE}};

	for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++)
		if (slice_is(country, spoken[i].country))
			return spoken[i].language;
	return LANGUAGE_EN;
}

const char *
template_label(TemplateLabel label, TemplateLanguage language)
{
	return labels[label][language];
}

const char *
template_issuer_label(TemplateLabel label, TemplateLanguage language, Slice issuer_country)
{
	if (issuer_country.length > 0 && template_country_language(issuer_country) != language)
		label = label == LABEL_REGISTRATION_NO ? LABEL_REGISTRATION_ABROAD
				: label == LABEL_VAT_ID		   ? LABEL_VAT_ABROAD
											   : label;
	return template_label(label, language);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
format_fraction_digits(TemplateLanguage language, Slice text)
{
	const char *thousands = languages[language].thousands;
	size_t gap = strlen(thousands), whole = text.length, fraction = 0;

	while (whole > 0 && is_digit(text.bytes[whole - 1]))
		whole--;
	if (whole == text.length)
		return -1;
	if (whole > 0 && text.bytes[whole - 1] == languages[language].point[0])
		fraction = text.length - whole--;
	else
		whole = text.length;
	for (size_t at = 0; at < whole;)
		if (is_digit(text.bytes[at]))
			at++;
		else if (at > 0 && whole - at > gap && memcmp(text.bytes + at, thousands, gap) == 0)
			at += gap;
		else if (at == 0 && whole > strlen(MINUS) && memcmp(text.bytes, MINUS, strlen(MINUS)) == 0)
			at += strlen(MINUS);
		else
			return -1;
	return (int) fraction;
}

/* Splits [-]digits[.digits]; false when it is something else. */
static bool
split_number(Slice number, bool *negative, Slice *whole, Slice *fraction)
{
	size_t at = 0, start;

	*negative = number.length > 0 && number.bytes[0] == '-';
	at = start = *negative ? 1 : 0;
	while (at < number.length && is_digit(number.bytes[at]))
		at++;
	if (at == start)
		return false;
	*whole = (Slice){number.bytes + start, at - start};
	*fraction = (Slice){number.bytes + at, 0};
	if (at == number.length)
		return true;
	if (number.bytes[at] != '.')
		return false;
	*fraction = (Slice){number.bytes + at + 1, number.length - at - 1};
	for (size_t i = 0; i < fraction->length; i++)
		if (!is_digit(fraction->bytes[i]))
			return false;
	return true;
}

static void
put_number(ByteBuffer *out, TemplateLanguage language, Slice number, size_t least_decimals)
{
	Slice whole, fraction;
	bool negative;

	if (!split_number(number, &negative, &whole, &fraction))
	{
		buffer_append(out, number.bytes, number.length);
		return;
	}
	while (fraction.length > least_decimals && fraction.bytes[fraction.length - 1] == '0')
		fraction.length--;
	if (negative && !slice_is_zero(number))
		buffer_append_text(out, MINUS);
	for (size_t i = 0; i < whole.length; i++)
	{
		if (i > 0 && (whole.length - i) % 3 == 0)
			buffer_append_text(out, languages[language].thousands);
		buffer_append_char(out, whole.bytes[i]);
	}
	if (fraction.length == 0 && least_decimals == 0)
		return;
	buffer_append_text(out, languages[language].point);
	buffer_append(out, fraction.bytes, fraction.length);
	for (size_t i = fraction.length; i < least_decimals; i++)
		buffer_append_char(out, '0');
}

void
format_money(ByteBuffer *out, TemplateLanguage language, Slice number)
{
	put_number(out, language, number, 2);
}

void
format_quantity(ByteBuffer *out, TemplateLanguage language, Slice number)
{
	put_number(out, language, number, 0);
}

void
format_fixed(ByteBuffer *out, TemplateLanguage language, Slice number, int decimals)
{
	char text[DECIMAL_TEXT_SIZE];
	Decimal value;

	if (decimal_parse(number.bytes, number.length, &value) != DECIMAL_OK)
	{
		buffer_append(out, number.bytes, number.length);
		return;
	}
	number.length = (size_t) decimal_text(decimal_round_away(value, decimals), decimals, text);
	number.bytes = text;
	put_number(out, language, number, (size_t) decimals);
}

void
format_money_in(ByteBuffer *out, TemplateLanguage language, Slice number, Slice currency)
{
	static const char *const whole[] = {"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF"};
	int decimals = 2;

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (slice_is(currency, whole[i]))
			decimals = 0;
	format_fixed(out, language, number, decimals);
	buffer_append_text(out, NBSP);
	buffer_append(out, currency.bytes, currency.length);
}

static bool
is_iso_date(Slice date)
{
	if (date.length != 10 || date.bytes[4] != '-' || date.bytes[7] != '-')
		return false;
	for (int i = 0; i < 10; i++)
		if (i != 4 && i != 7 && !is_digit(date.bytes[i]))
			return false;
	return true;
}

static bool
is_iso_month(Slice date)
{
	if (date.length != 7 || date.bytes[4] != '-')
		return false;
	for (int i = 0; i < 7; i++)
		if (i != 4 && !is_digit(date.bytes[i]))
			return false;
	return true;
}

bool
format_takes_date(Slice date, Slice style)
{
	static const int days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;

	if (!is_iso_date(date) &&
		(!is_iso_month(date) || (!slice_is(style, "long") && !slice_is(style, "month"))))
		return false;
	year = (date.bytes[0] - '0') * 1000 + (date.bytes[1] - '0') * 100 + (date.bytes[2] - '0') * 10 +
		   date.bytes[3] - '0';
	month = (date.bytes[5] - '0') * 10 + date.bytes[6] - '0';
	if (month < 1 || month > 12)
		return false;
	if (date.length == 7)
		return true;
	day = (date.bytes[8] - '0') * 10 + date.bytes[9] - '0';
	if (month == 2 && day == 29)
		return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day >= 1 && day <= days[month - 1];
}

bool
format_takes_number(Slice number)
{
	Slice whole, fraction;
	bool negative;

	return split_number(number, &negative, &whole, &fraction);
}

/* Bytes of the first three characters. */
static size_t
month_prefix(const char *name)
{
	size_t length = 0;

	for (int characters = 0; name[length] != '\0'; length++)
		if (((unsigned char) name[length] & 0xC0) != 0x80 && characters++ == 3)
			break;
	return length;
}

void
format_date(ByteBuffer *out, TemplateLanguage language, Slice date)
{
	int month, day;

	if (!is_iso_date(date))
	{
		buffer_append(out, date.bytes, date.length);
		return;
	}
	month = (date.bytes[5] - '0') * 10 + date.bytes[6] - '0';
	day = (date.bytes[8] - '0') * 10 + date.bytes[9] - '0';
	for (const char *at = languages[language].date; *at != '\0'; at++)
		switch (*at)
		{
			case 'y':
				buffer_append(out, date.bytes, 4);
				break;
			case 'm':
				buffer_append(out, date.bytes + 5, 2);
				break;
			case 'd':
				buffer_append(out, date.bytes + 8, 2);
				break;
			case 'M':
				buffer_append_int(out, month);
				break;
			case 'D':
				buffer_append_int(out, day);
				break;
			case 'B':
				if (month >= 1 && month <= 12)
					buffer_append_text(out, months[month - 1]);
				break;
			case ' ':
				buffer_append_text(out, NBSP);
				break;
			default:
				buffer_append_char(out, *at);
		}
}

void
format_date_as(ByteBuffer *out, TemplateLanguage language, Slice date, Slice style)
{
	static const char *const names[LANGUAGE_COUNT][12] = {
#define MONTHS(en, ...) {__VA_ARGS__},
#include "core/template_months.def"
#undef MONTHS
	};
	bool is_month = slice_is(style, "month");
	const char *name;
	int month, day;

	/* a month may come without its day */
	if ((!slice_is(style, "long") && !is_month) || !(is_iso_date(date) || is_iso_month(date)))
	{
		format_date(out, language, date);
		return;
	}
	month = (date.bytes[5] - '0') * 10 + date.bytes[6] - '0';
	if (month < 1 || month > 12)
		return;
	name = names[language][month - 1];
	if (is_month)
	{
		buffer_append(out, name, month_prefix(name));
		return;
	}
	if (date.length == 10)
	{
		day = (date.bytes[8] - '0') * 10 + date.bytes[9] - '0';
		buffer_append_int(out, day);
		buffer_append_text(out, languages[language].day_point);
		buffer_append_text(out, NBSP);
	}
	buffer_append_text(out, name);
	buffer_append_text(out, NBSP);
	buffer_append(out, date.bytes, 4);
}

static void
put_groups(ByteBuffer *out, Slice text, size_t first, size_t size)
{
	for (size_t i = 0; i < text.length; i++)
	{
		if (i > 0 && i >= first && (i - first) % size == 0)
			buffer_append_text(out, NBSP);
		buffer_append_char(out, text.bytes[i]);
	}
}

static bool
all_digits(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_digit(text.bytes[i]))
			return false;
	return text.length > 0;
}

static bool
is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Two letters and two digits in front, no blanks: an IBAN or a creditor reference. */
static bool
has_check_letters(Slice text)
{
	return text.length > 4 && is_capital(text.bytes[0]) && is_capital(text.bytes[1]) &&
		   is_digit(text.bytes[2]) && is_digit(text.bytes[3]) &&
		   memchr(text.bytes, ' ', text.length) == NULL;
}

void
format_reference(ByteBuffer *out, Slice reference)
{
	if (has_check_letters(reference))
		put_groups(out, reference, 0, 4);
	else if (all_digits(reference) && reference.length > 6)
		put_groups(out, reference, reference.length % 5, 5);
	else
		buffer_append(out, reference.bytes, reference.length);
}

void
format_account(ByteBuffer *out, Slice account, Slice country)
{
	if (has_check_letters(account))
		put_groups(out, account, 0, 4);
	else if (slice_is(country, "NO") && account.length == 11 && all_digits(account))
	{
		put_groups(out, (Slice){account.bytes, 6}, 4, 2);
		buffer_append_text(out, NBSP);
		buffer_append(out, account.bytes + 6, 5);
	}
	else if (slice_is(country, "PL") && account.length == 26 && all_digits(account))
		put_groups(out, account, 2, 4);
	else
		buffer_append(out, account.bytes, account.length);
}

void
format_unit(ByteBuffer *out, TemplateLanguage language, Slice code)
{
	static const char *const pieces[LANGUAGE_COUNT] = {"pcs", "stk",  "st",	 "stk",
													   "kpl", "szt.", "buc", "St."};
	static const char *const hours[LANGUAGE_COUNT] = {"h", "t",		"h", "t",
													  "h", "godz.", "h", "Std."};
	static const char *const days[LANGUAGE_COUNT] = {"days", "dager", "dagar", "dage",
													 "pv",	 "dni",	  "zile",  "Tage"};
	static const char *const known[][2] = {
		{"LTR", "l"},	{"KWH", "kWh"},		  {"KGM", "kg"},		{"GRM", "g"},  {"MTR", "m"},
		{"KMT", "km"},	{"MTK", "m\xC2\xB2"}, {"MTQ", "m\xC2\xB3"}, {"TNE", "t"},  {"KWT", "kW"},
		{"MIN", "min"}, {"P1", "%"},		  {"MWH", "MWh"},		{"NMI", "nmi"}};

	if (slice_is(code, "C62") || slice_is(code, "H87") || slice_is(code, "EA") ||
		slice_is(code, "NAR"))
		buffer_append_text(out, pieces[language]);
	else if (slice_is(code, "HUR"))
		buffer_append_text(out, hours[language]);
	else if (slice_is(code, "DAY"))
		buffer_append_text(out, days[language]);
	else
	{
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (slice_is(code, known[i][0]))
			{
				buffer_append_text(out, known[i][1]);
				return;
			}
		buffer_append(out, code.bytes, code.length);
	}
}

void
format_postcode(ByteBuffer *out, Slice postcode, Slice country)
{
	if (slice_is(country, "SE") && postcode.length == 5 && all_digits(postcode))
		put_groups(out, postcode, 3, 5);
	else if (slice_is(country, "PL") && postcode.length == 5 && all_digits(postcode))
	{
		buffer_append(out, postcode.bytes, 2);
		buffer_append_char(out, '-');
		buffer_append(out, postcode.bytes + 2, 3);
	}
	else
		buffer_append(out, postcode.bytes, postcode.length);
}

void
format_country(ByteBuffer *out, Slice country)
{
	static const char *const names[][2] = {
		{"AT", "AUSTRIA"},		 {"BE", "BELGIUM"},		   {"BG", "BULGARIA"},
		{"CH", "SWITZERLAND"},	 {"CY", "CYPRUS"},		   {"CZ", "CZECHIA"},
		{"DE", "GERMANY"},		 {"DK", "DENMARK"},		   {"EE", "ESTONIA"},
		{"ES", "SPAIN"},		 {"FI", "FINLAND"},		   {"FO", "FAROE ISLANDS"},
		{"FR", "FRANCE"},		 {"GB", "UNITED KINGDOM"}, {"GL", "GREENLAND"},
		{"GR", "GREECE"},		 {"HR", "CROATIA"},		   {"HU", "HUNGARY"},
		{"IE", "IRELAND"},		 {"IS", "ICELAND"},		   {"IT", "ITALY"},
		{"LI", "LIECHTENSTEIN"}, {"LT", "LITHUANIA"},	   {"LU", "LUXEMBOURG"},
		{"LV", "LATVIA"},		 {"MT", "MALTA"},		   {"NL", "NETHERLANDS"},
		{"NO", "NORWAY"},		 {"PL", "POLAND"},		   {"PT", "PORTUGAL"},
		{"RO", "ROMANIA"},		 {"SE", "SWEDEN"},		   {"SI", "SLOVENIA"},
		{"SK", "SLOVAKIA"},		 {"UA", "UKRAINE"},		   {"US", "UNITED STATES"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(country, names[i][0]))
		{
			buffer_append_text(out, names[i][1]);
			return;
		}
	buffer_append(out, country.bytes, country.length);
}
