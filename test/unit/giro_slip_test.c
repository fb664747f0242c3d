/* giro_slip_test.c: code lines against published examples, by places, and what is refused. */
#include "check.h"

#include "core/checkdigit_math.h"
#include "core/giro_slip.h"

#include <stdlib.h>
#include <string.h>

static Slice
text(const char *bytes)
{
	return (Slice){bytes, strlen(bytes)};
}

/* The line as characters a tenth of an inch each, counted so that the last place is the sheet's
 * right edge; Norway's fields are half a place off and fall into the place to the left. */
static void
print_line(const GiroLine *line, char out[84])
{
	memset(out, ' ', 82);
	out[82] = '\0';
	for (int i = 0; i < line->field_count; i++)
	{
		const GiroField *field = &line->fields[i];
		int place = (field->x - (59528 - 82 * GIRO_PITCH)) / GIRO_PITCH;

		for (size_t k = 0; field->text[k] != '\0'; k++)
		{
			CHECK(place + (int) k >= 0 && place + (int) k < 82 && out[place + k] == ' ');
			out[place + k] = field->text[k];
		}
	}
}

static const char *
line_of(GiroSystem system, const char *account, const char *reference, int64_t minor)
{
	static char out[84];
	GiroPayment payment = {.system = system,
						   .account = text(account),
						   .reference = text(reference),
						   .currency = text(system == GIRO_NORWEGIAN ? "NOK" : "SEK"),
						   .amount_minor = minor,
						   .blank_amount = minor < 0};
	PortFault fault = {PORT_OK};
	GiroLine line;

	if (giro_make_line(&line, &payment, &fault) != PORT_OK)
		return strcpy(out, fault.rule);
	print_line(&line, out);
	return out;
}

/* 79 places as Bankgirot's and Nordea's implementers print them, an H three places before. */
static void
test_sweden(void)
{
	CHECK_TEXT(
		line_of(GIRO_UNKNOWN, "237-4825", "25042950342", 1447100),
		"H  #               25042950342 #   14471 00   7 >                  2374825#41#    ");
	CHECK_TEXT(
		line_of(GIRO_UNKNOWN, "5050-1055", "1234567897", 1000000),
		"H  #                1234567897 #   10000 00   8 >                 50501055#41#    ");
	CHECK_TEXT(
		line_of(GIRO_UNKNOWN, "28 65 43-4", "1230", 5),
		"H  #                      1230 #       0 05   9 >                  2865434#14#    ");
	CHECK_TEXT(
		line_of(GIRO_PLUSGIRO, "41054685", "18108401345678778", 9999999999),
		"H  #         18108401345678778 #99999999 99   0 >                 41054685#14#    ");
	/* a donor fills in the amount */
	CHECK_TEXT(
		line_of(GIRO_BANKGIRO, "9912346", "1230", -1),
		"H  #                      1230 #                >                  9912346#41#    ");
}

static void
test_norway(void)
{
	GiroPayment payment = {.system = GIRO_NORWEGIAN,
						   .account = text("NO93 8601 1117 947"),
						   .reference = text("123456782"),
						   .currency = text("NOK"),
						   .amount_minor = 154313,
						   .form_number = text("6071840440")};
	PortFault fault = {PORT_OK};
	GiroLine line;

	CHECK_TEXT(
		line_of(GIRO_NORWEGIAN, "86011117947", "123456782", 154313),
		"H                   123456782      1543  13 < 1 >  8601 11 17947                  ");
	CHECK_TEXT(
		line_of(GIRO_NORWEGIAN, "86011117947", "", 9999999999),
		"H                              99999999  99 < 0 >  8601 11 17947                  ");
	CHECK_TEXT(
		line_of(GIRO_NORWEGIAN, "86011117947", "0365327", -1),
		"H                     0365327               <   >  8601 11 17947                  ");
	CHECK(giro_make_line(&line, &payment, &fault) == PORT_OK);
	CHECK(strcmp(line.account.text, "8601 11 17947") == 0);
	CHECK(strcmp(line.fields[line.field_count - 1].text, "<6071840440>") == 0);
	CHECK(line.baseline == 6000);			   /* 5/6 inch */
	for (int i = 0; i < line.field_count; i++) /* all of it on the sheet */
		CHECK(line.fields[i].x >= 0 &&
			  line.fields[i].x + (int) strlen(line.fields[i].text) * GIRO_PITCH <= 59528);
	/* one and a half places from the line at 80 mm, two between whole units and hundredths, two
	 * between > and the account */
	CHECK(abs(line.fields[1].x + 9 * GIRO_PITCH + 1080 - 22677) <= 1);
	CHECK(line.fields[3].x - (line.fields[2].x + 4 * GIRO_PITCH) == 2 * GIRO_PITCH);
	CHECK(line.fields[5].x - (line.fields[4].x + 5 * GIRO_PITCH) == 2 * GIRO_PITCH);
}

static void
test_refused(void)
{
	GiroPayment payment = {.system = GIRO_NORWEGIAN,
						   .account = text("86011117947"),
						   .reference = text("123456782"),
						   .currency = text("EUR"),
						   .amount_minor = 100};
	PortFault fault = {PORT_OK};
	GiroLine line;

	CHECK_TEXT(line_of(GIRO_NORWEGIAN, "86011117947", "123456781", 100), "GIRO-REFERENCE");
	CHECK_TEXT(line_of(GIRO_NORWEGIAN, "86011117947", "12345678901234567890123454", 100),
			   "GIRO-REFERENCE");
	CHECK_TEXT(line_of(GIRO_NORWEGIAN, "86011117948", "123456782", 100), "GIRO-ACCOUNT");
	CHECK_TEXT(line_of(GIRO_NORWEGIAN, "NO9486011117947", "123456782", 100), "GIRO-ACCOUNT");
	CHECK_TEXT(line_of(GIRO_NORWEGIAN, "", "123456782", 100), "GIRO-ACCOUNT");
	CHECK_TEXT(line_of(GIRO_NORWEGIAN, "86011117947", "123456782", 0), "GIRO-AMOUNT");
	CHECK_TEXT(line_of(GIRO_NORWEGIAN, "86011117947", "123456782", 10000000000), "GIRO-AMOUNT");
	CHECK_TEXT(line_of(GIRO_UNKNOWN, "5050-1055", "", 100), "GIRO-REFERENCE");
	CHECK_TEXT(line_of(GIRO_UNKNOWN, "5050-1055", "1234", 100), "GIRO-REFERENCE");
	CHECK_TEXT(line_of(GIRO_UNKNOWN, "50501055", "1230", 100), "GIRO-ACCOUNT");
	CHECK_TEXT(line_of(GIRO_UNKNOWN, "SE4550000000058398257466", "1230", 100), "GIRO-ACCOUNT");
	CHECK_TEXT(line_of(GIRO_UNKNOWN, "5050-1056", "1230", 100), "GIRO-ACCOUNT");
	CHECK(giro_make_line(&line, &payment, &fault) == PORT_INVALID);
	CHECK(strcmp(fault.rule, "GIRO-CURRENCY") == 0);
	payment.currency = text("NOK");
	payment.form_number = text("123");
	memset(&fault, 0, sizeof(fault));
	CHECK(giro_make_line(&line, &payment, &fault) == PORT_INVALID);
	CHECK(strcmp(fault.rule, "GIRO-FORM") == 0);
}

/* Every single wrong digit of an amount, and nearly every two that change places, shows. */
static void
test_check_digit(void)
{
	for (int64_t minor = 1; minor < 2000000; minor += 977)
	{
		char digits[16], changed[16];
		int length = snprintf(digits, sizeof(digits), "%lld", (long long) minor),
			check = checkdigit_luhn(digits, (size_t) length);

		for (int i = 0; i < length; i++)
			for (char d = '0'; d <= '9'; d++)
			{
				memcpy(changed, digits, sizeof(digits));
				changed[i] = d;
				CHECK((checkdigit_luhn(changed, (size_t) length) == check) == (d == digits[i]));
			}
	}
}

/* Nothing but the line stands in its zone, and the zone is inside of the slip. */
static void
test_zones(void)
{
	for (int system = GIRO_NORWEGIAN; system <= GIRO_PLUSGIRO; system++)
	{
		GiroZone zone = giro_clear_zone((GiroSystem) system);
		int baseline = 84189 - (system == GIRO_NORWEGIAN ? 6000 : 4819);

		CHECK(zone.left == 0 && zone.right == 59528);
		CHECK(zone.top < baseline - 800 && zone.bottom > baseline);
		CHECK(84189 - giro_height((GiroSystem) system) < zone.top);
	}
}

int
main(void)
{
	test_sweden();
	test_norway();
	test_refused();
	test_check_digit();
	test_zones();
	return check_done();
}
