/*
 * import_text.c: text, numeric, date and JSON out of slices.
 */
#include "postgres.h"

#include "invoice/import_text.h"

#include "core/decimal.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/numeric.h"

static bool short_numeric(Slice value, Datum *result);
static int currency_digits(Slice currency);

char *
import_text_clean(const char *text)
{
	size_t length = strlen(text);
	char *copy = pnstrdup(text, length);

	/* a message that was cut at its limit may end within a character */
	for (int cut = 0; cut < 4 && length > 0; cut++)
	{
		if (pg_verify_mbstr(PG_UTF8, copy, length, true))
			return pg_any_to_server(copy, length, PG_UTF8);
		copy[--length] = 0;
	}
	for (char *at = copy; *at; at++)
		if ((unsigned char) *at >= 0x80)
			*at = '?';
	return copy;
}

Datum
import_text_datum(Slice value)
{
	if (GetDatabaseEncoding() != PG_UTF8)
	{
		char *copy = pnstrdup(value.bytes, value.length);

		return CStringGetTextDatum(pg_any_to_server(copy, value.length, PG_UTF8));
	}
	return PointerGetDatum(cstring_to_text_with_len(value.bytes, value.length));
}

/*
 * Up to 17 digits and a point make an integer and a scale, which the server turns into a numeric
 * without looking at text again; the rest goes the long way.
 */
bool
import_numeric_datum(Slice value, Datum *result)
{
	char text[96];
	Decimal decimal;

	if (short_numeric(value, result))
		return true;
	if (value.length >= sizeof(text) ||
		decimal_parse(value.bytes, value.length, &decimal) != DECIMAL_OK)
		return false;
	memcpy(text, value.bytes, value.length);
	text[value.length] = 0;
	*result = DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
								  Int32GetDatum(-1));
	return true;
}

static bool
short_numeric(Slice value, Datum *result)
{
	size_t i = value.length > 0 && value.bytes[0] == '-' ? 1 : 0;
	size_t digits = 0, point = 0;
	int64 number = 0;

	if (value.length - i > 18)
		return false;
	for (size_t at = i; at < value.length; at++)
	{
		unsigned digit = (unsigned char) value.bytes[at] - '0';

		if (digit > 9)
		{
			if (value.bytes[at] != '.' || point > 0 || digits == 0 || at + 1 == value.length)
				return false;
			point = at + 1;
			continue;
		}
		number = number * 10 + digit;
		digits++;
	}
	if (digits == 0 || digits > 17)
		return false;
	*result = NumericGetDatum(int64_div_fast_to_numeric(
		i > 0 ? -number : number, point > 0 ? (int) (value.length - point) : 0));
	return true;
}

bool
import_date_datum(Slice value, Datum *result)
{
	int part[3] = {0, 0, 0};

	if (value.length != 10 || value.bytes[4] != '-' || value.bytes[7] != '-')
		return false;
	for (int i = 0; i < 10; i++)
	{
		char c = value.bytes[i];
		int *number = &part[i < 4 ? 0 : i < 7 ? 1 : 2];

		if (i == 4 || i == 7)
			continue;
		if (c < '0' || c > '9')
			return false;
		*number = *number * 10 + (c - '0');
	}
	if (part[0] < 1 || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
		part[2] > day_tab[isleap(part[0])][part[1] - 1])
		return false;
	*result = DateADTGetDatum(date2j(part[0], part[1], part[2]) - POSTGRES_EPOCH_JDATE);
	return true;
}

bool
import_minor_units(Slice amount, Slice currency, int64 *result)
{
	Decimal decimal;
	int digits = currency_digits(currency);

	return decimal_parse(amount.bytes, amount.length, &decimal) == DECIMAL_OK &&
		   decimal_to_minor(decimal_round_away(decimal, digits), digits, result);
}

void
import_json_member(StringInfo json, const char *key, Slice value)
{
	char *plain = TextDatumGetCString(import_text_datum(value));

	if (json->len > 0 && json->data[json->len - 1] != '{')
		appendStringInfoChar(json, ',');
	escape_json(json, key);
	appendStringInfoChar(json, ':');
	escape_json(json, plain);
	pfree(plain);
}

/* ISO 4217; all others have two */
static int
currency_digits(Slice currency)
{
	static const char none[][4] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
								   "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
	static const char three[][4] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

	if (currency.length != 3)
		return 2;
	for (int i = 0; i < (int) lengthof(none); i++)
		if (memcmp(none[i], currency.bytes, 3) == 0)
			return 0;
	for (int i = 0; i < (int) lengthof(three); i++)
		if (memcmp(three[i], currency.bytes, 3) == 0)
			return 3;
	return 2;
}
