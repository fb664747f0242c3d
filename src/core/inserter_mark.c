/*
 * inserter_mark.c: bits, digits and drawing of inserter marks.
 */
#include "core/inserter_mark.h"

#include "core/barcode_datamatrix.h"
#include "core/checkdigit_math.h"

#include <stdio.h>

enum
{
	PLACE_START,
	PLACE_END,
	PLACE_SEQUENCE,
	PLACE_FEEDS = PLACE_SEQUENCE + 3,
	PLACE_PARITY = PLACE_FEEDS + 4,
	PLACE_STOP
};

unsigned
inserter_bits(const InserterProfile *profile, const InserterSheet *sheet)
{
	unsigned bits = 1u << PLACE_START | 1u << PLACE_STOP;

	if (sheet->sheet == sheet->sheets)
		bits |= 1u << PLACE_END;
	bits |= (unsigned) (sheet->sequence & 7) << PLACE_SEQUENCE;
	bits |= (unsigned) (profile->feeds & 15) << PLACE_FEEDS;
	if (__builtin_popcount(bits) % 2 != 0)
		bits |= 1u << PLACE_PARITY;
	return bits;
}

PortStatus
inserter_code(const InserterProfile *profile, const InserterSheet *sheet,
			  char digits[INSERTER_CODE_DIGITS + 1])
{
	if (sheet->job < 0 || sheet->job > 99999999 || sheet->envelope < 0 ||
		sheet->envelope > 9999999 || sheet->sheets < 1 || sheet->sheets > 999 || sheet->sheet < 1 ||
		sheet->sheet > sheet->sheets)
		return PORT_TOO_LARGE;
	snprintf(digits, INSERTER_CODE_DIGITS, "%08u%07u%03u%03u%03u%u",
			 (unsigned) sheet->job % 100000000, (unsigned) sheet->envelope % 10000000,
			 (unsigned) sheet->sheet % 1000, (unsigned) sheet->sheets % 1000,
			 (unsigned) profile->feeds & 15, sheet->sheet == sheet->sheets ? 1u : 0u);
	digits[INSERTER_CODE_DIGITS - 1] =
		(char) ('0' + checkdigit_luhn(digits, INSERTER_CODE_DIGITS - 1));
	digits[INSERTER_CODE_DIGITS] = '\0';
	return PORT_OK;
}

PortStatus
inserter_draw(const InserterProfile *profile, const InserterSheet *sheet, ByteBuffer *content)
{
	char digits[INSERTER_CODE_DIGITS + 1];
	unsigned bits = inserter_bits(profile, sheet);
	PortStatus status = inserter_code(profile, sheet, digits);
	DataMatrix symbol;
	PdfPage page;

	if (status != PORT_OK)
		return status;
	pdf_page_resume(&page, content); /* whatever the page before left set */
	if (profile->ladder)
		for (int place = 0; place < INSERTER_PLACES; place++)
			if (bits >> place & 1)
				pdf_page_box(&page, 0, profile->ladder_x,
							 profile->ladder_y + place * profile->bar_pitch, profile->bar_length,
							 profile->bar_thickness);
	if (profile->matrix)
	{
		BarcodeMatrix matrix = {0, 1, NULL, 0};

		status = datamatrix_encode(&symbol, digits, INSERTER_CODE_DIGITS, 0);
		if (status != PORT_OK)
			return status;
		matrix.size = symbol.size;
		matrix.rows = (const uint64_t(*)[MATRIX_ROW_WORDS]) symbol.rows;
		pdf_page_matrix(&page, &matrix, profile->matrix_x, profile->matrix_y, profile->matrix_side,
						false);
	}
	pdf_page_end(&page);
	return content->failed ? PORT_NO_MEMORY : PORT_OK;
}
