/*
 * tariff_load.h: a tariff snapshot out of the catalogues.
 */
#ifndef POSTAGE_TARIFF_LOAD_H
#define POSTAGE_TARIFF_LOAD_H

#include "base/hash.h"
#include "core/tariff.h"
#include "utils/date.h"

typedef struct TariffScope
{
	int64 issuer_id;
	const char *origin; /* country of hand-in */
	const char *currency;
	DateADT on_date;
} TariffScope;

/*
 * Offers, prices, places and paper that hold for the scope; connected to SPI.  fingerprint: equal
 * for equal tariffs, whatever packs and versions they come from.
 */
extern Tariff *tariff_load(const Port *port, const TariffScope *scope,
						   uint8 fingerprint[HASH_BYTES]);

#endif
