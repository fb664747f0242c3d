/*
 * container_pack.h: letters in postal order into bundles, trays and pallets.
 *
 * Letters of an offer and a format are a stream: formats do not share a tray.  A sorted stream is
 * cut into bundles of one zone, its bundles into trays of one zone; what a zone has left over, too
 * little for a tray of its own, goes into mixed trays: level by level of zones in one area, as far
 * as each has enough, and what is left after the last level together.  An unsorted stream is cut
 * into trays. Trays of an offer go on pallets: of one area where it has trays enough, else mixed.
 *
 * Every cut keeps the postal order, and within it makes the fewest pieces; the last pieces are
 * evened out where that lifts all of them to the minimum.
 */
#ifndef CORE_CONTAINER_PACK_H
#define CORE_CONTAINER_PACK_H

#include "core/port.h"

typedef enum PackKind
{
	PACK_BUNDLE,
	PACK_TRAY,
	PACK_PALLET
} PackKind;

/* A quantity, or a limit: 0 = none.  On a pallet pieces are trays, else letters. */
typedef struct PackAmount
{
	int64_t pieces;
	int64_t micrometres;
	int64_t grams;
} PackAmount;

typedef struct PackBounds
{
	PackAmount least, most;
	int fill_percent; /* of the fullest of most's limits; 0 = any */
} PackBounds;

#define PACK_MAX_LEVELS 4

typedef struct PackRules
{
	bool is_sorted;
	PackBounds bounds[3];				  /* by PackKind */
	int level_count;					  /* of mixed trays, the smallest areas first */
	int64_t level_least[PACK_MAX_LEVELS]; /* letters of a mixed tray of the level */
} PackRules;

typedef struct PackContainer
{
	PackKind kind;
	int offer, stream; /* stream -1: a pallet of several */
	int parent;		   /* index; -1: a pallet */
	int number;		   /* from 1: pallet, its trays, their bundles; all pallets in postal order */
	int parent_number; /* 0: a pallet */
	int kind_number;   /* from 1 among its kind */
	int first_zone, last_zone;
	bool is_mixed; /* more than one zone; a pallet: more than one area */
	int level;	   /* of a mixed tray; level_count: beyond the last; -1: none */
	bool is_short; /* below the least, or below the fill */
	bool is_leaf;  /* letters lie in it directly */
	int64_t first_sequence, last_sequence;
	int64_t letters;
	int64_t trays; /* of a pallet */
	PackAmount amount;
} PackContainer;

typedef struct Packer Packer;

/* For letters of sequence 1 to letters; NULL when there is no memory. */
extern Packer *packer_new(const Port *port, int64_t letters);
/* Their numbers, from 0; -1: no memory.  Streams of an offer come with the same rules for pallets.
 */
extern int packer_add_stream(Packer *packer, int offer, const PackRules *rules);
extern int packer_add_zone(Packer *packer, int area);
extern void packer_set_level(Packer *packer, int zone, int level, int area);
/* Weight and thickness of letters. */
extern int packer_add_shape(Packer *packer, int64_t grams, int64_t micrometres);
/* Letters of a stream and a zone: what packer_put_letter takes. */
extern int packer_add_group(Packer *packer, int stream, int zone);
/* In any order; false when the sequence is out of range or taken. */
extern bool packer_put_letter(Packer *packer, int64_t sequence, int group, int shape);
extern PortStatus packer_run(Packer *packer, PortFault *fault);
/* In the order of their numbers. */
extern const PackContainer *packer_container(const Packer *packer, int position);
extern int packer_count(const Packer *packer);

#endif
