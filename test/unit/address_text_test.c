/*
 * address_text_test.c: keys of towns, and single slips against a brute force.
 */
#include "core/address_text.h"

#include "check.h"

#include <stdlib.h>

static const char *
fold(const char *text, AddressFold how)
{
	static char key[200];
	char *exact = malloc(ADDRESS_KEY_ROOM(strlen(text))); /* of the very size, so that ASan sees */
	size_t length = address_fold(text, strlen(text), how, exact);

	CHECK(length <= ADDRESS_KEY_ROOM(strlen(text)));
	memcpy(key, exact, length);
	key[length] = '\0';
	free(exact);
	return key;
}

static void
test_keys(void)
{
	CHECK_TEXT(fold("  Mo i  Rana ", ADDRESS_PLAIN), "MO I RANA");
	CHECK_TEXT(fold("troms\xc3\xb8", ADDRESS_CASE), "TROMS\xc3\x98");
	CHECK_TEXT(fold("Troms\xc3\xb8", ADDRESS_PLAIN), "TROMSO");
	CHECK_TEXT(fold("Troms\xc3\x98", ADDRESS_DIGRAPHS), "TROMSOE");
	CHECK_TEXT(fold("\xc3\x85lesund", ADDRESS_PLAIN), "ALESUND");
	CHECK_TEXT(fold("\xc3\xa5lesund", ADDRESS_DIGRAPHS), "AALESUND");
	CHECK_TEXT(fold("\xc5\x81\xc3\xb3" "d\xc5\xba", ADDRESS_PLAIN), "LODZ");
	CHECK_TEXT(fold("\xc5\x82\xc3\xb3" "d\xc5\xba", ADDRESS_CASE), "\xc5\x81\xc3\x93" "D\xc5\xb9");
	CHECK_TEXT(fold("Ia\xc8\x99i", ADDRESS_PLAIN), "IASI");
	CHECK_TEXT(fold("Bra\xc5\x9fov", ADDRESS_PLAIN), "BRASOV");
	CHECK_TEXT(fold("Gie\xc3\x9f" "en", ADDRESS_PLAIN), "GIESSEN");
	CHECK_TEXT(fold("M\xc3\xbcnchen", ADDRESS_DIGRAPHS), "MUENCHEN");
	CHECK_TEXT(fold("K\xc3\xb8" "benhavn-K.", ADDRESS_DIGRAPHS), "KOEBENHAVN K");
	CHECK_TEXT(fold("\xc3\x97\xc3\xb7\xc2\xa0", ADDRESS_PLAIN), "");
	CHECK_TEXT(fold("", ADDRESS_PLAIN), "");
	/* another script stays, and broken bytes do not run over the end */
	CHECK_TEXT(fold("\xd0\x9a\xd0\xb8\xd1\x97\xd0\xb2 1", ADDRESS_PLAIN), "\xd0\x9a\xd0\xb8\xd1\x97\xd0\xb2 1");
	CHECK_TEXT(fold("A\xc3", ADDRESS_PLAIN), "A\xc3");
	CHECK_TEXT(fold("\xe2\x82" "B", ADDRESS_PLAIN), "\xe2\x82" "B");
}

static AddressSlip
slip(const char *given, const char *meant)
{
	return address_slip(given, strlen(given), meant, strlen(meant));
}

/* Every way to make one slip, tried. */
static bool
one_slip(const char *given, const char *meant)
{
	size_t length = strlen(meant);
	char text[20];

	for (size_t i = 0; i <= length; i++)
		for (char c = 'a'; c <= 'c'; c++)
		{
			strcpy(text, meant);
			if (i < length)
			{
				text[i] = c;
				if (strcmp(text, given) == 0)
					return true;
			}
			memcpy(text, meant, i);
			text[i] = c;
			strcpy(text + i + 1, meant + i);
			if (strcmp(text, given) == 0)
				return true;
		}
	for (size_t i = 0; i < length; i++)
	{
		memcpy(text, meant, i);
		strcpy(text + i, meant + i + 1);
		if (strcmp(text, given) == 0)
			return true;
		if (i + 1 < length)
		{
			strcpy(text, meant);
			text[i] = meant[i + 1];
			text[i + 1] = meant[i];
			if (strcmp(text, given) == 0)
				return true;
		}
	}
	return false;
}

static void
test_slips(void)
{
	CHECK(slip("OSLO", "OSLO") == SLIP_NONE && slip("", "") == SLIP_NONE);
	CHECK(slip("OLSO", "OSLO") == SLIP_SWAPPED);
	CHECK(slip("OSKO", "OSLO") == SLIP_REPLACED);
	CHECK(slip("OSO", "OSLO") == SLIP_MISSING);
	CHECK(slip("OSLLO", "OSLO") == SLIP_EXTRA);
	CHECK(slip("OLSE", "OSLO") == SLIP_MORE && slip("SOL", "OSLO") == SLIP_MORE);
	CHECK_TEXT(address_slip_name(SLIP_SWAPPED), "swapped");
	CHECK(address_slip_name(SLIP_MORE) == NULL && address_slip_name(SLIP_NONE) == NULL);
	srand(7);
	for (int i = 0; i < 20000; i++)
	{
		char a[8] = {0}, b[8] = {0};

		for (int n = rand() % 6, k = 0; k < n; k++)
			a[k] = (char) ('a' + rand() % 3);
		for (int n = rand() % 6, k = 0; k < n; k++)
			b[k] = (char) ('a' + rand() % 3);
		CHECK((address_slip_name(slip(a, b)) != NULL) == (strcmp(a, b) != 0 && one_slip(a, b)));
		CHECK((slip(a, b) == SLIP_NONE) == (strcmp(a, b) == 0));
	}
}

int
main(void)
{
	test_keys();
	test_slips();
	return check_done();
}
