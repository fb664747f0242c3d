/*
 * template_symbol.h: the symbol of a <barcode> or <qr> block, before anybody draws it.
 */
#ifndef CORE_TEMPLATE_SYMBOL_H
#define CORE_TEMPLATE_SYMBOL_H

#include "core/barcode_code128.h"
#include "core/barcode_datamatrix.h"
#include "core/barcode_itf.h"
#include "core/barcode_qr.h"
#include "core/template_state.h"

#define SYMBOL_MAX_ELEMENTS (CODE128_MAX_SYMBOLS * 6 + 1)
#define SYMBOL_BAR_QUIET 10 /* modules that stay light on either side of bars */

typedef struct TemplateSymbol
{
	Slice content;		  /* what it says; valid until the next text is evaluated */
	BarcodeMatrix matrix; /* size 0: bars */
	int count, modules;	  /* elements of bars by turns, a bar first, and their sum */
	uint8_t widths[SYMBOL_MAX_ELEMENTS];
	union
	{
		QrSymbol qr;
		DataMatrix datamatrix;
	} squares; /* what matrix points to */
} TemplateSymbol;

/* False when there is nothing to say, and after a fault. */
extern bool template_make_symbol(TemplateRun *run, const TemplateBlock *block,
								 TemplateSymbol *symbol);

#endif
