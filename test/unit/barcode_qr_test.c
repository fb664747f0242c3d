/*
 * barcode_qr_test.c: QR symbols against an independent encoder (libqrcodegen), module by module: 10,000 texts of
 * every mode, all levels, versions 1 to 40.
 */
#include <qrcodegen/qrcodegen.h>
#include <stdlib.h>

#include "check.h"
#include "core/barcode_qr.h"

#define TEXTS 10000 /* the number that the product promises */
#define LONGEST 1500

static unsigned seed = 20261122;

static int
below(int limit)
{
	return rand_r(&seed) % limit;
}

/* Digits, the alphanumeric characters, or any bytes but zero. */
static int
make_text(char *text, int longest)
{
	static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
	int length = 1 + below(longest), kind = below(3);

	for (int i = 0; i < length; i++)
		text[i] = kind == 0 ? (char) ('0' + below(10)) : kind == 1 ? alphanumeric[below(45)] : (char) (1 + below(255));
	text[length] = '\0';
	return length;
}

static int
same_symbol(const QrSymbol *symbol, const uint8_t *other)
{
	if (symbol->size != qrcodegen_getSize(other))
		return 0;
	for (int y = 0; y < symbol->size; y++)
		for (int x = 0; x < symbol->size; x++)
			if (qr_dark(symbol, x, y) != qrcodegen_getModule(other, x, y))
				return 0;
	return 1;
}

static void
compare_texts(void)
{
	static uint8_t work[qrcodegen_BUFFER_LEN_MAX], other[qrcodegen_BUFFER_LEN_MAX];
	QrEncoder *encoder = qr_encoder_open(&port_malloc);
	int seen[QR_MAX_VERSION + 1][4] = {{0}}, missing = 0;
	static QrSymbol symbol;
	char text[LONGEST + 1];

	for (int i = 0; i < TEXTS; i++)
	{
		int length = make_text(text, i % 8 == 0 ? LONGEST : i % 8 == 1 ? 400 : 60), level = below(4), raise = below(2);
		bool fits = qrcodegen_encodeText(text, work, other, (enum qrcodegen_Ecc) level, 1, 40, qrcodegen_Mask_AUTO, raise);
		PortStatus status = qr_encode(encoder, &symbol, text, (size_t) length, (QrLevel) level, raise);

		CHECK(status == (fits ? PORT_OK : PORT_TOO_LARGE));
		if (!fits || status != PORT_OK)
			continue;
		CHECK(same_symbol(&symbol, other));
		seen[symbol.version][symbol.level]++;
	}
	for (int version = 1; version <= 25; version++)
		for (int level = 0; level < 4; level++)
			missing += seen[version][level] == 0;
	CHECK(missing == 0);
	qr_encoder_close(encoder);
}

/* The most each level holds of each mode (ISO/IEC 18004, table 7, version 40), and one more. */
static void
check_limits(void)
{
	static const int most[3][4] = {{7089, 5596, 3993, 3057}, {4296, 3391, 2420, 1852}, {2953, 2331, 1663, 1273}};
	static const char character[3] = {'7', 'K', 'k'};
	QrEncoder *encoder = qr_encoder_open(&port_malloc);
	static QrSymbol symbol;
	static char text[8000];

	for (int mode = 0; mode < 3; mode++)
		for (int level = 0; level < 4; level++)
		{
			memset(text, character[mode], sizeof(text));
			CHECK(qr_encode(encoder, &symbol, text, (size_t) most[mode][level], (QrLevel) level, false) == PORT_OK);
			CHECK(symbol.version == 40);
			CHECK(qr_encode(encoder, &symbol, text, (size_t) most[mode][level] + 1, (QrLevel) level, false) == PORT_TOO_LARGE);
		}
	CHECK(qr_encode(encoder, &symbol, "", 0, QR_LEVEL_M, false) == PORT_INVALID);
	qr_encoder_close(encoder);
}

int
main(void)
{
	compare_texts();
	check_limits();
	return check_done();
}
