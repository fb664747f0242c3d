/*
 * tariff.h: the tariffs that hold for one mailing, in memory.
 *
 * A snapshot of one issuer, country of hand-in, currency and date: filled row by row, finished
 * once, then only asked.  Texts that are compared often (countries, areas, zones, formats) are
 * names: small numbers.  Money is micro units, weight milligrams.
 *
 * Another dimension of a tariff is one more member of TariffShape or of the place (country, code),
 * with its test in tariff_price; whoever counts letters groups them by shape and place.
 */
#ifndef CORE_TARIFF_H
#define CORE_TARIFF_H

#include "core/port.h"
#include "core/tariff_price.h"
#include "core/text_arena.h"

#define TARIFF_MOST_OFFERS 64
#define TARIFF_MAX_SHEETS 10000		  /* a letter of more has no envelope */
#define TARIFF_WHOLE_BURDEN 100000000 /* of TariffOffer.burden: as much again as the price */

typedef struct TariffCarrier
{
	const char *code;
	bool is_national;
	int64_t max_mailing; /* letters, -1: no limit */
} TariffCarrier;

/*
 * An offer whose prices go by the average weight of the order is several of the same code, one
 * after the other: one for each range of the average.  At most one of them is used.
 * An offer that counts formats or areas apart is several too, one for each counting class, with an
 * id and formats of its own: min_mailing, topup and fixed are of all its classes together.
 */
typedef struct TariffOffer
{
	const char *code;
	const char *id; /* as code, and the range of the average or the class where there is one */
	int base;		/* the first of its code */
	int area;		/* of the class, -1: all */
	bool by_average;
	int64_t above, upto; /* grams: the average is in (above, upto] */
	int64_t min_order;	 /* list money of the order is paid up to it; 0: none */
	int issuers;		 /* group whose letters it takes; 0: all */
	const char *joint;	 /* its id before it was split by groups of issuers; NULL: it was not */
	int carrier;
	int days; /* delivered at the latest so many days after hand-in */
	int64_t min_mailing, topup, min_bundle, fixed;
	int64_t burden; /* value added tax that the issuer does not deduct, of TARIFF_WHOLE_BURDEN */
	int coverage;	/* index in coverages */
	int first_format, format_count;
	const char *forbidden; /* the planner's wish, in words; NULL: may be used */
	bool must_use;		   /* takes every letter that it can carry */
	const char *refusal;   /* why it takes no letter of this mailing, in words; NULL: it does */
	int notice_days;	   /* working days before hand-in at which it wants to know */
} TariffOffer;

/* Postcodes from..to of a country; of ranges that overlap the one that starts last counts. */
typedef struct TariffRange
{
	int set; /* a coverage; 0 for zones */
	int country;
	const char *from, *to;
	const char *reach; /* farthest end so far in its set and country */
	int name;		   /* area or zone */
} TariffRange;

typedef struct TariffRanges
{
	TariffRange *rows;
	int count, room;
} TariffRanges;

/* Price rows of one offer, area and format. */
typedef struct TariffPriceList
{
	int offer, area, format;
	int first, count;
} TariffPriceList;

typedef struct TariffPriceEntry
{
	int offer, area, format;
	TariffPriceRow row;
} TariffPriceEntry;

typedef struct TariffTier
{
	int64_t from;
	int64_t discount; /* basis points, or micro a letter beyond the threshold */
} TariffTier;

typedef struct TariffScheme
{
	const char *code;
	int issuers; /* group whose letters it counts; 0: all */
	bool incremental;
	uint64_t offers;
	int first_tier, tier_count;
	bool multiplies; /* applies to what schemes of lower order left of the price */
	int order;
	int leader; /* the scheme that stands for all that multiply with this one; itself */
	bool of_year;
	int64_t base, base_money; /* what the year brings besides the mailing */
} TariffScheme;

/* Take or pay: letters missing from least, when base come from elsewhere, cost penalty each. */
typedef struct TariffCommit
{
	int carrier;
	int64_t base, least, penalty;
} TariffCommit;

/* The planner's will: letters of these offers as a share of all letters. */
typedef struct TariffShare
{
	const char *wish;
	uint64_t offers;
	int64_t min_points, max_points;
} TariffShare;

/* Letters of a format in an offer: grams between the lightest and the heaviest, at most. */
typedef struct TariffSpread
{
	int offer, format;
	int64_t most; /* milligrams */
} TariffSpread;

/* The largest letter that a carrier takes as a format; -1: not stated. */
typedef struct TariffMeasure
{
	int carrier, format;
	int64_t micrometres, milligrams;
} TariffMeasure;

/* A fee for the letters of a set of offers, once for a mailing or for each letter. */
typedef struct TariffFee
{
	const char *code;
	uint64_t offers;
	int64_t amount;
	int64_t below; /* only where there are fewer letters; 0: always */
	bool per_letter;
} TariffFee;

/* Letters of a set of classes of an offer: none, or at least so many; at most so many. */
typedef struct TariffLimit
{
	int offer; /* its first class */
	uint64_t offers;
	int64_t least; /* 0: none */
	int64_t most;  /* -1: none */
	bool is_paid;  /* missing letters are paid at topup, or at the lowest price when that is 0 */
	int64_t topup;
	bool is_discount; /* below least the offer's schemes give nothing */
} TariffLimit;

typedef struct TariffEnvelope
{
	const char *code;
	int format;
	int64_t milligrams;
	int max_sheets;
	int64_t sheet_nanometres; /* a sheet as it lies in it, folded */
	int64_t micrometres;	  /* empty */
} TariffEnvelope;

/* What a tariff sees of a letter besides its destination. */
typedef struct TariffShape
{
	int format;			/* name, -1: no envelope holds the sheets */
	int64_t milligrams; /* whole grams: letters are weighed so, rounded up */
	int64_t micrometres;
} TariffShape;

typedef struct Tariff
{
	const Port *port;
	TextArena texts;
	const char **names; /* by number */
	int name_count, name_room;
	int *name_slots;
	int name_slot_count;
	TariffCarrier *carriers;
	int carrier_count, carrier_room;
	TariffOffer *offers; /* by code */
	int offer_count, offer_room;
	int *formats; /* of offers */
	int format_count, format_room;
	int *coverages; /* names */
	int coverage_count, coverage_room;
	TariffRanges areas, zones;
	TariffPriceEntry *prices;
	int price_count, price_room;
	TariffPriceRow *price_rows;
	TariffPriceList *price_lists; /* by offer, area, format */
	int price_list_count;
	TariffScheme *schemes;
	int scheme_count, scheme_room;
	TariffTier *tiers;
	int tier_count, tier_room;
	TariffCommit *commits;
	int commit_count, commit_room;
	TariffShare *shares;
	int share_count, share_room;
	TariffSpread *spreads;
	int spread_count, spread_room;
	TariffMeasure *measures;
	int measure_count, measure_room;
	TariffLimit *limits;
	int limit_count, limit_room;
	TariffFee *fees;
	int fee_count, fee_room;
	TariffEnvelope *envelopes; /* by max_sheets, weight, code */
	int envelope_count, envelope_room;
	int64_t paper_milligrams; /* a sheet; 0: none */
	int64_t vat_deductible;	  /* share of value added tax that the issuer deducts, basis points */
	int any_country;		  /* the name "*" */
} Tariff;

/* NULL when there is no memory. */
extern Tariff *tariff_new(const Port *port);

/* The number of a text, made when it is new; -1 when there is no memory. */
extern int tariff_name(Tariff *tariff, const char *text, size_t length);
/* -1 when the tariff has no such name. */
extern int tariff_find_name(const Tariff *tariff, const char *text, size_t length);

/*
 * Filling: each returns PORT_OK or PORT_NO_MEMORY.  Offers come by rising code, each after its
 * carrier; its formats, prices, schemes after it; price rows by rising weight; tiers scheme by
 * scheme and by rising threshold; everything else in any order.  What names an offer that does not
 * exist is left out.
 */
extern PortStatus tariff_add_carrier(Tariff *tariff, const TariffCarrier *carrier);
extern PortStatus tariff_add_offer(Tariff *tariff, const TariffOffer *offer, const char *carrier,
								   const char *coverage);
extern PortStatus tariff_add_format(Tariff *tariff, const char *format); /* of the last offer */
/* Makes the last offer one class of its code; area NULL: all. */
extern PortStatus tariff_set_class(Tariff *tariff, const char *id, const char *area);
/* For the classes of an offer with this format and area; NULL: all. */
extern PortStatus tariff_add_limit(Tariff *tariff, const TariffLimit *limit, const char *offer,
								   const char *format, const char *area);
extern PortStatus tariff_add_area(Tariff *tariff, const char *coverage, const char *country,
								  const char *from, const char *to, const char *area);
extern PortStatus tariff_add_zone(Tariff *tariff, const char *country, const char *from,
								  const char *to, const char *zone);
extern PortStatus tariff_add_price(Tariff *tariff, const char *offer, const char *area,
								   const char *format, const TariffPriceRow *row);
extern PortStatus tariff_add_scheme(Tariff *tariff, const char *code, bool incremental);
extern void tariff_add_scheme_offer(Tariff *tariff, const char *offer);
extern PortStatus tariff_add_tier(Tariff *tariff, int scheme, int64_t from, int64_t discount);
extern PortStatus tariff_add_spread(Tariff *tariff, const char *offer, const char *format,
									int64_t milligrams);
extern PortStatus tariff_add_measure(Tariff *tariff, const char *carrier, const char *format,
									 int64_t micrometres, int64_t milligrams);
/* Its offers are added one by one. */
extern PortStatus tariff_add_fee(Tariff *tariff, const TariffFee *fee);
extern void tariff_add_fee_offer(Tariff *tariff, const char *offer);
extern PortStatus tariff_add_envelope(Tariff *tariff, const char *code, const char *format,
									  int64_t milligrams, int max_sheets);
/* Of the envelope added last: a sheet as it lies in it, and itself. */
extern void tariff_set_thickness(Tariff *tariff, int64_t sheet_nanometres, int64_t micrometres);
extern PortStatus tariff_add_commit(Tariff *tariff, const TariffCommit *commit);
/* A share of that wish without offers, when it is new; NULL: no memory. */
extern TariffShare *tariff_add_share(Tariff *tariff, const char *wish, int64_t min_points,
									 int64_t max_points);
extern PortStatus tariff_finish(Tariff *tariff);

/*
 * After tariff_finish: each of these offers becomes one for each group of issuers (from 1), CODE:1,
 * CODE:2 ..., one behind the other; PORT_INVALID when there are more than TARIFF_MOST_OFFERS then.
 * What names an offer then names all of it; schemes that count a group follow one by one, and
 * their original is to be emptied.
 */
extern PortStatus tariff_split_offers(Tariff *tariff, uint64_t offers, int groups);
extern PortStatus tariff_split_scheme(Tariff *tariff, int scheme, int group, int64_t base,
									  int64_t base_money);

/* The first of that code, -1 when there is none; and the one after it of the same code. */
extern int tariff_find_offer(const Tariff *tariff, const char *code);
extern int tariff_next_offer(const Tariff *tariff, int offer);
/* All of an offer's code, as a set; those from 64 on are left out. */
extern uint64_t tariff_classes(const Tariff *tariff, int offer);
extern int tariff_find_carrier(const Tariff *tariff, const char *code);
extern int tariff_find_scheme(const Tariff *tariff, const char *code);

/* Price area of a destination in a coverage (index), -1: not covered.  country: its name or -1. */
extern int tariff_area(const Tariff *tariff, int coverage, int country, const char *code);
/* Bundle zone of a destination, -1: outside all ranges. */
extern int tariff_zone(const Tariff *tariff, int country, const char *code);
extern TariffShape tariff_shape(const Tariff *tariff, int sheets);
/* Thickness of a letter of which only format and weight are known; 0: unknown. */
extern int64_t tariff_thickness(const Tariff *tariff, const TariffShape *shape);
/* NULL when the offer's carrier takes letters of this size, else what it takes. */
extern const TariffMeasure *tariff_exceeded(const Tariff *tariff, int offer,
											const TariffShape *shape);

/* NULL when the offer has no prices there. */
extern const TariffPriceList *tariff_price_list(const Tariff *tariff, int offer, int area,
												int format);
/* List price of a letter, whatever its due day; false when the offer has none for it or refuses. */
extern bool tariff_price(const Tariff *tariff, int offer, int area, const TariffShape *shape,
						 int64_t *price_micro);

/* The same, whether the offer refuses or not. */
extern bool tariff_list_price(const Tariff *tariff, int offer, int area, const TariffShape *shape,
							  int64_t *price_micro);

/*
 * A postcode as the tariffs write it: ASCII upper case, without blanks, hyphens and the country's
 * own prefix.  plain has room for length bytes and is not terminated; returns its length.
 */
extern size_t tariff_plain_postcode(const char *country, size_t country_length,
									const char *postcode, size_t length, char *plain);

#endif
