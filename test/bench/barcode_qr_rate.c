/* barcode_qr_rate.c: prints QR symbols a second of CPU, ours and libqrencode's, on the same texts. */
#include <qrencode.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/barcode_qr.h"

#define LENGTH 165
#define TURNS 4000

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static void
make_text(char *text, int turn)
{
	static const char head[] = "BCD\n002\n1\nSCT\nNDEAFIHHXXX\nKraftlag AS\nFI5375604806358178\nEUR123456.99\n\n\n";

	for (int i = 0; i < LENGTH; i++)
		text[i] = i < (int) sizeof(head) - 1 ? head[i] : (char) ('a' + (i * 7 + turn) % 26);
	text[LENGTH] = '\0';
}

int
main(void)
{
	QrEncoder *encoder = qr_encoder_open(&port_malloc);
	static QrSymbol symbol;
	char text[LENGTH + 1];
	double start = seconds(), between;

	for (int turn = 0; turn < TURNS; turn++)
	{
		make_text(text, turn);
		if (qr_encode(encoder, &symbol, text, LENGTH, QR_LEVEL_M, false) != PORT_OK)
			return 1;
	}
	between = seconds();
	for (int turn = 0; turn < TURNS; turn++)
	{
		QRcode *code;

		make_text(text, turn);
		code = QRcode_encodeData(LENGTH, (const unsigned char *) text, 0, QR_ECLEVEL_M);
		if (code == NULL || code->version != symbol.version)
			return 1;
		QRcode_free(code);
	}
	printf("%.0f %.0f\n", TURNS / (between - start), TURNS / (seconds() - between));
	qr_encoder_close(encoder);
	return 0;
}
