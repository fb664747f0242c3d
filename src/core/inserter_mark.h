/*
 * inserter_mark.h: marks that tell an inserter which sheets belong into one envelope.
 *
 * A ladder of bars (OMR), top down, one bar a place where the place's bit is set:
 *
 *   start, end of envelope, sequence 1 2 4 (sheets of the job modulo 8), feeds 1 2 4 8, parity,
 * stop
 *
 * Start and stop are always there; parity makes the number of bars even.  The DataMatrix says more,
 * in 26 digits: job 8, envelope 7, sheet 3, sheets 3, feeds 3, end of envelope 1, and a Luhn digit.
 */
#ifndef CORE_INSERTER_MARK_H
#define CORE_INSERTER_MARK_H

#include "core/pdf_page.h"

#define INSERTER_PLACES 11
#define INSERTER_CODE_DIGITS 26

typedef struct InserterProfile
{
	bool ladder, matrix;
	int ladder_x, ladder_y;					  /* 1/100 pt from the top left corner of the page */
	int bar_length, bar_thickness, bar_pitch; /* of the ladder */
	int matrix_x, matrix_y, matrix_side;	  /* without the quiet zone */
	int feeds;								  /* bits of the stations that add an insert, 0 to 15 */
} InserterProfile;

typedef struct InserterSheet
{
	int64_t job, envelope;
	int64_t sequence;  /* of the sheet in the job, 0-based */
	int sheet, sheets; /* of the envelope, 1-based */
} InserterSheet;

/* Bit 0 is the start, bit INSERTER_PLACES - 1 the stop. */
extern unsigned inserter_bits(const InserterProfile *profile, const InserterSheet *sheet);
/* PORT_TOO_LARGE when a number has more digits than its part. */
extern PortStatus inserter_code(const InserterProfile *profile, const InserterSheet *sheet,
								char digits[INSERTER_CODE_DIGITS + 1]);
/* Operators of the marks, a content stream of their own. */
extern PortStatus inserter_draw(const InserterProfile *profile, const InserterSheet *sheet,
								ByteBuffer *content);

#endif
