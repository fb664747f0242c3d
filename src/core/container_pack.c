/*
 * container_pack.c: letters in postal order into bundles, trays and pallets.
 *
 * One operation does it all: cut a row of items (letters, bundles or trays) into pieces within
 * bounds.  Filling each piece as far as it goes gives the fewest pieces of any cut that keeps the
 * order; moving the borders back from the end, each as little as needed, then lifts every piece to
 * the minimum if any cut into so many pieces does.
 */
#include "core/container_pack.h"

#include <stdlib.h>
#include <string.h>

/* Where a letter is: its group, 0 = no letter, and its weight and thickness. */
typedef struct PackLetter
{
	uint32_t group;
	uint32_t shape;
} PackLetter;

/* Numbers of the areas that a zone belongs to. */
typedef struct PackZone
{
	int area;
	int levels[PACK_MAX_LEVELS];
} PackZone;

typedef struct PackGroup
{
	int stream, zone;
} PackGroup;

typedef struct IntList
{
	int *values;
	int count, room;
} IntList;

typedef struct PackStream
{
	int offer;
	PackRules rules;
	IntList section;   /* sequences of the letters of one zone in a row, or of all when unsorted */
	int section_zone;  /* -1: none yet */
	IntList leftovers; /* bundles for mixed trays */
	IntList trays;
} PackStream;

struct Packer
{
	const Port *port;
	PortFault *fault;
	PackLetter *letters; /* by sequence, from 1 */
	int64_t letter_count;
	PackStream *streams;
	int stream_count, stream_room;
	PackZone *zones;
	int zone_count, zone_room;
	PackAmount *shapes;
	int shape_count, shape_room;
	PackGroup *groups;
	int group_count, group_room;
	PackContainer *containers;
	int count, room;
	int *order; /* containers by number */
	IntList starts, moved;
};

/* A row of items to cut: letters by sequence, or containers by index. */
typedef struct PackRow
{
	const Packer *packer;
	const int *values;
	int count;
	PackKind into;
	bool of_letters;
} PackRow;

static bool grow(const Port *port, void **array, int used, int *room, size_t size);
static bool append(Packer *packer, IntList *list, int value);
static PackAmount item_amount(const PackRow *row, int position);
static PackAmount plus(PackAmount a, PackAmount b);
static bool is_over(const PackAmount *amount, const PackBounds *bounds);
static bool is_enough(const PackAmount *amount, const PackBounds *bounds);
static PackAmount sum_items(const PackRow *row, int from, int until);
static PortStatus cut_row(Packer *packer, const PackRow *row, const PackBounds *bounds);
static PortStatus lift_last(Packer *packer, const PackRow *row, const PackBounds *bounds);
static int make_container(Packer *packer, const PackRow *row, int from, int until, int offer,
						  int stream, const PackBounds *bounds);
static PortStatus make_leaves(Packer *packer, int stream, PackKind kind, IntList *made);
static PortStatus close_section(Packer *packer, int stream);
static PortStatus make_trays(Packer *packer, int stream, const IntList *bundles,
							 const PackBounds *bounds, int level, IntList *left);
static PortStatus mix_leftovers(Packer *packer, int stream);
static PortStatus mix_level(Packer *packer, int stream, const IntList *bundles, int level,
							IntList *left);
static PortStatus make_pallets(Packer *packer, int offer);
static PortStatus load_pallets(Packer *packer, int offer, const IntList *trays,
							   const PackBounds *bounds);
static PortStatus number_containers(Packer *packer);

Packer *
packer_new(const Port *port, int64_t letters)
{
	Packer *packer = port->alloc(port->host, sizeof(Packer));

	if (packer == NULL || letters >= INT32_MAX)
		return NULL;
	memset(packer, 0, sizeof(*packer));
	packer->port = port;
	packer->letter_count = letters;
	packer->letters = port_alloc_array(port, (size_t) letters + 1, sizeof(PackLetter));
	if (packer->letters == NULL)
		return NULL;
	memset(packer->letters, 0, ((size_t) letters + 1) * sizeof(PackLetter));
	return packer;
}

int
packer_add_stream(Packer *packer, int offer, const PackRules *rules)
{
	PackStream *stream;

	if (!grow(packer->port, (void **) &packer->streams, packer->stream_count, &packer->stream_room,
			  sizeof(PackStream)))
		return -1;
	stream = &packer->streams[packer->stream_count];
	memset(stream, 0, sizeof(*stream));
	stream->offer = offer;
	stream->rules = *rules;
	stream->section_zone = -1;
	return packer->stream_count++;
}

int
packer_add_zone(Packer *packer, int area)
{
	if (!grow(packer->port, (void **) &packer->zones, packer->zone_count, &packer->zone_room,
			  sizeof(PackZone)))
		return -1;
	memset(&packer->zones[packer->zone_count], 0, sizeof(PackZone));
	packer->zones[packer->zone_count].area = area;
	return packer->zone_count++;
}

void
packer_set_level(Packer *packer, int zone, int level, int area)
{
	packer->zones[zone].levels[level] = area;
}

int
packer_add_shape(Packer *packer, int64_t grams, int64_t micrometres)
{
	if (grams < 0 || micrometres < 0 ||
		!grow(packer->port, (void **) &packer->shapes, packer->shape_count, &packer->shape_room,
			  sizeof(PackAmount)))
		return -1;
	packer->shapes[packer->shape_count] =
		(PackAmount){.pieces = 1, .micrometres = micrometres, .grams = grams};
	return packer->shape_count++;
}

int
packer_add_group(Packer *packer, int stream, int zone)
{
	if (!grow(packer->port, (void **) &packer->groups, packer->group_count, &packer->group_room,
			  sizeof(PackGroup)))
		return -1;
	packer->groups[packer->group_count].stream = stream;
	packer->groups[packer->group_count].zone = zone;
	return packer->group_count++;
}

bool
packer_put_letter(Packer *packer, int64_t sequence, int group, int shape)
{
	PackLetter *letter;

	if (sequence < 1 || sequence > packer->letter_count || shape < 0 ||
		shape >= packer->shape_count)
		return false;
	letter = &packer->letters[sequence];
	if (letter->group != 0)
		return false;
	letter->group = (uint32_t) group + 1;
	letter->shape = (uint32_t) shape;
	return true;
}

PortStatus
packer_run(Packer *packer, PortFault *fault)
{
	PortStatus status;

	packer->fault = fault;
	for (int64_t sequence = 1; sequence <= packer->letter_count; sequence++)
	{
		const PackLetter *letter = &packer->letters[sequence];
		const PackGroup *group = &packer->groups[letter->group - 1];
		PackStream *stream;

		if (letter->group == 0)
			return port_fault(fault, PORT_INVALID, "", "no letter has sequence %lld",
							  (long long) sequence);
		if (sequence % 65536 == 0 && packer->port->interrupted(packer->port->host))
			return PORT_INTERRUPTED;
		stream = &packer->streams[group->stream];
		if (stream->rules.is_sorted && stream->section_zone != group->zone)
		{
			status = close_section(packer, group->stream);
			if (status != PORT_OK)
				return status;
		}
		stream->section_zone = group->zone;
		if (!append(packer, &stream->section, (int) sequence))
			return PORT_NO_MEMORY;
	}
	for (int s = 0; s < packer->stream_count; s++)
	{
		if ((status = close_section(packer, s)) != PORT_OK ||
			(status = mix_leftovers(packer, s)) != PORT_OK)
			return status;
	}
	for (int s = 0; s < packer->stream_count; s++)
	{
		bool is_first = true;

		for (int before = 0; before < s; before++)
			is_first &= packer->streams[before].offer != packer->streams[s].offer;
		if (is_first && (status = make_pallets(packer, packer->streams[s].offer)) != PORT_OK)
			return status;
	}
	return number_containers(packer);
}

const PackContainer *
packer_container(const Packer *packer, int position)
{
	return &packer->containers[packer->order[position]];
}

int
packer_count(const Packer *packer)
{
	return packer->count;
}

static bool
grow(const Port *port, void **array, int used, int *room, size_t size)
{
	int wanted = *room == 0 ? 16 : *room * 2;
	void *larger;

	if (used < *room)
		return true;
	if (*room > INT32_MAX / 2)
		return false;
	larger = *array == NULL ? port_alloc_array(port, wanted, size)
							: port_resize_array(port, *array, *room, wanted, size);
	if (larger == NULL)
		return false;
	*array = larger;
	*room = wanted;
	return true;
}

static bool
append(Packer *packer, IntList *list, int value)
{
	if (!grow(packer->port, (void **) &list->values, list->count, &list->room, sizeof(int)))
		return false;
	list->values[list->count++] = value;
	return true;
}

static PackAmount
item_amount(const PackRow *row, int position)
{
	PackAmount amount;

	if (row->of_letters)
		return row->packer->shapes[row->packer->letters[row->values[position]].shape];
	amount = row->packer->containers[row->values[position]].amount;
	if (row->into == PACK_PALLET)
		amount.pieces = 1;
	return amount;
}

static PackAmount
plus(PackAmount a, PackAmount b)
{
	a.pieces += b.pieces;
	a.micrometres += b.micrometres;
	a.grams += b.grams;
	return a;
}

static bool
is_over(const PackAmount *amount, const PackBounds *bounds)
{
	const PackAmount *most = &bounds->most;

	return (most->pieces > 0 && amount->pieces > most->pieces) ||
		   (most->micrometres > 0 && amount->micrometres > most->micrometres) ||
		   (most->grams > 0 && amount->grams > most->grams);
}

static bool
is_enough(const PackAmount *amount, const PackBounds *bounds)
{
	const PackAmount *most = &bounds->most;
	int fill = bounds->fill_percent;

	if (amount->pieces < bounds->least.pieces || amount->micrometres < bounds->least.micrometres ||
		amount->grams < bounds->least.grams)
		return false;
	return fill == 0 || (most->pieces > 0 && amount->pieces * 100 >= most->pieces * fill) ||
		   (most->micrometres > 0 && amount->micrometres * 100 >= most->micrometres * fill) ||
		   (most->grams > 0 && amount->grams * 100 >= most->grams * fill);
}

static PackAmount
sum_items(const PackRow *row, int from, int until)
{
	PackAmount sum = {0, 0, 0};

	for (int i = from; i < until; i++)
		sum = plus(sum, item_amount(row, i));
	return sum;
}

/* packer->starts gets the first item of each piece, and the end. */
static PortStatus
cut_row(Packer *packer, const PackRow *row, const PackBounds *bounds)
{
	PackAmount sum = {0, 0, 0};

	packer->starts.count = 0;
	for (int i = 0; i < row->count; i++)
	{
		PackAmount item = item_amount(row, i);
		PackAmount with = plus(sum, item);

		if (is_over(&item, bounds))
			return port_fault(packer->fault, PORT_INVALID, "",
							  "%s of %lld g and %lld micrometres does not fit into a container",
							  row->of_letters ? "a letter" : "a container", (long long) item.grams,
							  (long long) item.micrometres);
		if (i == 0 || is_over(&with, bounds))
		{
			if (!append(packer, &packer->starts, i))
				return PORT_NO_MEMORY;
			with = item;
		}
		sum = with;
	}
	if (!append(packer, &packer->starts, row->count))
		return PORT_NO_MEMORY;
	if (packer->starts.count > 2 && !is_enough(&sum, bounds))
		return lift_last(packer, row, bounds);
	return PORT_OK;
}

/* Moves borders back from the end until all pieces have enough; leaves them when that cannot be. */
static PortStatus
lift_last(Packer *packer, const PackRow *row, const PackBounds *bounds)
{
	int *starts = packer->starts.values;
	int pieces = packer->starts.count - 1;
	int end = row->count;
	int piece;
	PackAmount sum;

	packer->moved.count = 0;
	for (piece = pieces - 1; piece > 0; piece--)
	{
		int start = starts[piece];

		sum = sum_items(row, start, end);
		while (!is_enough(&sum, bounds))
		{
			if (start <= piece)
				return PORT_OK;
			sum = plus(sum, item_amount(row, --start));
			if (is_over(&sum, bounds))
				return PORT_OK;
		}
		if (!append(packer, &packer->moved, start))
			return PORT_NO_MEMORY;
		end = start;
		if (start == starts[piece])
			break;
	}
	if (piece == 0)
	{
		sum = sum_items(row, 0, end);
		if (!is_enough(&sum, bounds))
			return PORT_OK;
	}
	for (int i = 0; i < packer->moved.count; i++)
		starts[pieces - 1 - i] = packer->moved.values[i];
	return PORT_OK;
}

/* Its index, -1: no memory. */
static int
make_container(Packer *packer, const PackRow *row, int from, int until, int offer, int stream,
			   const PackBounds *bounds)
{
	PackContainer made = {
		.kind = row->into, .offer = offer, .stream = stream, .parent = -1, .level = -1};
	int number = packer->count;

	if (!grow(packer->port, (void **) &packer->containers, packer->count, &packer->room,
			  sizeof(PackContainer)))
		return -1;
	made.is_leaf = row->of_letters;
	made.first_sequence = INT64_MAX;
	for (int i = from; i < until; i++)
	{
		int value = row->values[i];
		PackContainer *child = row->of_letters ? NULL : &packer->containers[value];
		int zone = child == NULL ? packer->groups[packer->letters[value].group - 1].zone
								 : child->first_zone;
		int64_t first = child == NULL ? value : child->first_sequence;
		int64_t last = child == NULL ? value : child->last_sequence;

		if (i == from)
			made.first_zone = made.last_zone = zone;
		if (child != NULL)
			child->parent = number;
		made.is_mixed |= (child != NULL && child->is_mixed) ||
						 (row->into == PACK_PALLET
							  ? packer->zones[zone].area != packer->zones[made.first_zone].area
							  : zone != made.last_zone);
		if (first < made.first_sequence)
			made.first_zone = zone;
		if (last > made.last_sequence)
			made.last_zone = child == NULL ? zone : child->last_zone;
		made.first_sequence = first < made.first_sequence ? first : made.first_sequence;
		made.last_sequence = last > made.last_sequence ? last : made.last_sequence;
		made.letters += child == NULL ? 1 : child->letters;
		made.amount = plus(made.amount, item_amount(row, i));
	}
	if (row->into == PACK_PALLET)
		made.trays = until - from;
	made.is_short = !is_enough(&made.amount, bounds);
	packer->containers[number] = made;
	packer->count++;
	return number;
}

/* Letters of the section into bundles or trays. */
static PortStatus
make_leaves(Packer *packer, int stream, PackKind kind, IntList *made)
{
	PackStream *s = &packer->streams[stream];
	PackRow row = {packer, s->section.values, s->section.count, kind, true};
	PortStatus status = cut_row(packer, &row, &s->rules.bounds[kind]);

	for (int i = 0; status == PORT_OK && i + 1 < packer->starts.count; i++)
	{
		int leaf =
			make_container(packer, &row, packer->starts.values[i], packer->starts.values[i + 1],
						   s->offer, stream, &s->rules.bounds[kind]);

		if (leaf < 0 || !append(packer, made, leaf))
			return PORT_NO_MEMORY;
	}
	return status;
}

static PortStatus
close_section(Packer *packer, int stream)
{
	PackStream *s = &packer->streams[stream];
	IntList bundles = {NULL, 0, 0};
	PortStatus status;

	if (s->section.count == 0)
		return PORT_OK;
	if (s->rules.is_sorted)
	{
		status = make_leaves(packer, stream, PACK_BUNDLE, &bundles);
		if (status == PORT_OK)
			status = make_trays(packer, stream, &bundles, &s->rules.bounds[PACK_TRAY], -1,
								&s->leftovers);
		if (bundles.values != NULL)
			packer->port->release(packer->port->host, bundles.values);
	}
	else
		status = make_leaves(packer, stream, PACK_TRAY, &s->trays);
	s->section.count = 0;
	return status;
}

/* Bundles into trays; those of a last tray that stays below the least are left, where they may be.
 */
static PortStatus
make_trays(Packer *packer, int stream, const IntList *bundles, const PackBounds *bounds, int level,
		   IntList *left)
{
	PackStream *s = &packer->streams[stream];
	PackRow row = {packer, bundles->values, bundles->count, PACK_TRAY, false};
	PortStatus status;

	if (bundles->count == 0)
		return PORT_OK;
	status = cut_row(packer, &row, bounds);
	for (int i = 0; status == PORT_OK && i + 1 < packer->starts.count; i++)
	{
		int from = packer->starts.values[i];
		int until = packer->starts.values[i + 1];
		PackAmount sum = sum_items(&row, from, until);

		if (left != NULL && !is_enough(&sum, bounds))
		{
			for (int b = from; b < until; b++)
				if (!append(packer, left, bundles->values[b]))
					return PORT_NO_MEMORY;
		}
		else
		{
			bool is_levels = level >= 0 && level < s->rules.level_count;
			int tray = make_container(packer, &row, from, until, s->offer, stream,
									  is_levels ? bounds : &s->rules.bounds[PACK_TRAY]);

			if (tray < 0 || !append(packer, &s->trays, tray))
				return PORT_NO_MEMORY;
			packer->containers[tray].level = packer->containers[tray].is_mixed ? level : -1;
		}
	}
	return status;
}

/* What zones have left, level by level; the rest together. */
static PortStatus
mix_leftovers(Packer *packer, int stream)
{
	PackStream *s = &packer->streams[stream];
	PackBounds rest = {.most = s->rules.bounds[PACK_TRAY].most};
	PortStatus status = PORT_OK;

	for (int level = 0; status == PORT_OK && level < s->rules.level_count; level++)
	{
		IntList left = {NULL, 0, 0};

		status = mix_level(packer, stream, &s->leftovers, level, &left);
		if (s->leftovers.values != NULL)
			packer->port->release(packer->port->host, s->leftovers.values);
		s->leftovers = left;
	}
	return status == PORT_OK
			   ? make_trays(packer, stream, &s->leftovers, &rest, s->rules.level_count, NULL)
			   : status;
}

/* Neighbours in postal order that belong to the same area of the level share trays. */
static PortStatus
mix_level(Packer *packer, int stream, const IntList *bundles, int level, IntList *left)
{
	const PackRules *rules = &packer->streams[stream].rules;
	PackBounds bounds = {.most = rules->bounds[PACK_TRAY].most};
	PortStatus status = PORT_OK;
	int until;

	bounds.least.pieces = rules->level_least[level];
	for (int from = 0; status == PORT_OK && from < bundles->count; from = until)
	{
		IntList run = {bundles->values + from, 0, 0};
		int zone = packer->containers[bundles->values[from]].first_zone;

		for (until = from; until < bundles->count; until++)
		{
			int other = packer->containers[bundles->values[until]].first_zone;

			if (packer->zones[other].levels[level] != packer->zones[zone].levels[level])
				break;
		}
		run.count = until - from;
		status = make_trays(packer, stream, &run, &bounds, level, left);
	}
	return status;
}

/* Trays of one area first, where there are enough; the others, and mixed ones, together. */
static PortStatus
make_pallets(Packer *packer, int offer)
{
	IntList trays = {NULL, 0, 0}, area = {NULL, 0, 0}, others = {NULL, 0, 0};
	PackBounds bounds = {{0, 0, 0}, {0, 0, 0}, 0};
	PortStatus status = PORT_OK;

	for (int s = 0; s < packer->stream_count; s++)
		for (int t = 0; packer->streams[s].offer == offer && t < packer->streams[s].trays.count;
			 t++)
		{
			bounds = packer->streams[s].rules.bounds[PACK_PALLET];
			if (!append(packer, &trays, packer->streams[s].trays.values[t]))
				return PORT_NO_MEMORY;
		}
	/* each tray without a pallet starts an area; a tray that found none stays behind as "other" */
	for (int i = 0; i < trays.count; i++)
	{
		const PackContainer *tray = &packer->containers[trays.values[i]];
		bool is_seen = bounds.least.pieces == 0 || tray->is_mixed;

		area.count = 0;
		for (int j = is_seen ? trays.count : 0; j < trays.count; j++)
		{
			const PackContainer *other = &packer->containers[trays.values[j]];

			if (other->is_mixed ||
				packer->zones[other->first_zone].area != packer->zones[tray->first_zone].area)
				continue;
			if (j < i)
			{
				area.count = 0;
				break;
			}
			if (!append(packer, &area, trays.values[j]))
				return PORT_NO_MEMORY;
		}
		if (area.count > 0 && area.count >= bounds.least.pieces)
			status = load_pallets(packer, offer, &area, &bounds);
		if (status != PORT_OK)
			return status;
	}
	for (int i = 0; i < trays.count; i++)
		if (packer->containers[trays.values[i]].parent < 0 &&
			!append(packer, &others, trays.values[i]))
			return PORT_NO_MEMORY;
	bounds.least.pieces = 0;
	return load_pallets(packer, offer, &others, &bounds);
}

static PortStatus
load_pallets(Packer *packer, int offer, const IntList *trays, const PackBounds *bounds)
{
	PackRow row = {packer, trays->values, trays->count, PACK_PALLET, false};
	PortStatus status = trays->count == 0 ? PORT_OK : cut_row(packer, &row, bounds);

	for (int i = 0; status == PORT_OK && trays->count > 0 && i + 1 < packer->starts.count; i++)
		if (make_container(packer, &row, packer->starts.values[i], packer->starts.values[i + 1],
						   offer, -1, bounds) < 0)
			return PORT_NO_MEMORY;
	return status;
}

/* For qsort, which takes no argument: container, and the first sequences from the pallet down. */
typedef struct PackPath
{
	int64_t firsts[3];
	int indexes[3];
} PackPath;

static int
compare_paths(const void *a, const void *b)
{
	const PackPath *one = a, *two = b;

	for (int i = 0; i < 3; i++)
	{
		if (one->firsts[i] != two->firsts[i])
			return one->firsts[i] < two->firsts[i] ? -1 : 1;
		if (one->indexes[i] != two->indexes[i])
			return one->indexes[i] < two->indexes[i] ? -1 : 1;
	}
	return 0;
}

static PortStatus
number_containers(Packer *packer)
{
	PackPath *paths = port_alloc_array(packer->port, packer->count + 1, sizeof(PackPath));
	int kinds[3] = {0, 0, 0};

	packer->order = port_alloc_array(packer->port, packer->count + 1, sizeof(int));
	if (paths == NULL || packer->order == NULL)
		return PORT_NO_MEMORY;
	for (int c = 0; c < packer->count; c++)
	{
		memset(&paths[c], 0, sizeof(PackPath));
		for (int up = c; up >= 0; up = packer->containers[up].parent)
		{
			int level = PACK_PALLET - packer->containers[up].kind;

			paths[c].firsts[level] = packer->containers[up].first_sequence;
			paths[c].indexes[level] = up + 1;
		}
	}
	qsort(paths, packer->count, sizeof(PackPath), compare_paths);
	for (int position = 0; position < packer->count; position++)
	{
		const PackPath *path = &paths[position];
		int c = path->indexes[path->indexes[2] > 0 ? 2 : path->indexes[1] > 0 ? 1 : 0] - 1;

		packer->order[position] = c;
		packer->containers[c].number = position + 1;
		packer->containers[c].kind_number = ++kinds[packer->containers[c].kind];
	}
	for (int c = 0; c < packer->count; c++)
		if (packer->containers[c].parent >= 0)
			packer->containers[c].parent_number =
				packer->containers[packer->containers[c].parent].number;
	packer->port->release(packer->port->host, paths);
	return PORT_OK;
}
