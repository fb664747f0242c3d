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
	/* the example of Nets' specification: 12345678 has the check digit 2 */
	CHECK(strstr(line_of(GIRO_NORWEGIAN, "86011117947", "123456782", 12345678), "< 2 >") != NULL);
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
	CHECK_TEXT(line_of(GIRO_BANKGIRO, "", "1230", 100), "GIRO-ACCOUNT");
	CHECK_TEXT(line_of(GIRO_PLUSGIRO, "", "1230", 100), "GIRO-ACCOUNT");
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

/* Fields of a line of comma-separated values, quotes not among those that are read. */
static int
fields_of(char *line, char *fields[8])
{
	int count = 0;

	line[strcspn(line, "\r\n")] = '\0';
	for (char *at = line; at != NULL && count < 8; count++)
	{
		fields[count] = at;
		at = strchr(at, ',');
		if (at != NULL)
			*at++ = '\0';
	}
	return count;
}

/* Every reference and account of the published cases: on a slip when it is right, refused else. */
static void
test_vectors(const char *name, int (*check)(char **fields))
{
	const char *shared = getenv("MAILROOM_SHARED");
	char path[500], line[500], *fields[8];
	FILE *file;
	int checked = 0;

	snprintf(path, sizeof(path), "%s/vectors/%s", shared == NULL ? "../../../shared" : shared,
			 name);
	file = fopen(path, "r");
	if (file == NULL)
	{
		printf("# SKIPPED: no %s\n", path);
		return;
	}
	while (fgets(line, sizeof(line), file) != NULL)
		if (fields_of(line, fields) >= 4)
			checked += check(fields);
	fclose(file);
	CHECK(checked > 20);
}

/* op,mode,input,expected: KIDs of either modulus are taken, so a wrong one by both is refused. */
static int
check_kid(char **fields)
{
	bool either = strcmp(fields[1], "MOD10_OR_MOD11") == 0;
	const char *line;

	if (strcmp(fields[0], "verify") != 0 ||
		(strcmp(fields[3], "true") != 0 && (!either || strcmp(fields[3], "false") != 0)))
		return 0;
	line = line_of(GIRO_NORWEGIAN, "86011117947", fields[2], 100);
	if (strcmp(fields[3], "true") == 0)
		CHECK(strstr(line, fields[2]) != NULL);
	else
		CHECK_TEXT(line, "GIRO-REFERENCE");
	return 1;
}

/* op,level,param,input,expected */
static int
check_ocr(char **fields)
{
	const char *line;

	if (strcmp(fields[0], "verify") != 0 ||
		(strcmp(fields[1], "soft") != 0 && strcmp(fields[1], "hard") != 0))
		return 0;
	line = line_of(GIRO_BANKGIRO, "5050-1055", fields[3], 100);
	if (strcmp(fields[4], "true") == 0)
		CHECK(strstr(line, fields[3]) != NULL);
	else
		CHECK_TEXT(line, "GIRO-REFERENCE");
	return 1;
}

/* scheme,input,valid,normalized */
static int
check_giro(char **fields)
{
	bool bankgiro = strcmp(fields[0], "bankgiro") == 0;
	char digits[20], *to = digits;
	const char *line;

	if (!bankgiro && strcmp(fields[0], "plusgiro") != 0)
		return 0;
	line = line_of(bankgiro ? GIRO_BANKGIRO : GIRO_PLUSGIRO, fields[1], "1230", 100);
	for (const char *at = fields[3]; *at != '\0' && to < digits + 12; at++)
		if (*at >= '0' && *at <= '9')
			*to++ = *at;
	strcpy(to, bankgiro ? "#41#" : "#14#");
	if (strcmp(fields[2], "true") == 0)
		CHECK(strstr(line, digits) != NULL);
	else
		CHECK_TEXT(line, "GIRO-ACCOUNT");
	return 1;
}

int
main(void)
{
	test_sweden();
	test_norway();
	test_refused();
	test_check_digit();
	test_zones();
	test_vectors("no_kid.csv", check_kid);
	test_vectors("se_ocr.csv", check_ocr);
	test_vectors("se_giro_numbers.csv", check_giro);
	return check_done();
}
