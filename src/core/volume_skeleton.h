/*
 * volume_skeleton.h: what documents written in tags have in common, for learning a template.
 *
 * A document is cut into items: a text that ends where a value begins (behind an attribute's quote
 * or a tag), and the value.  Items that stand at the same place of the same element are of one
 * state; elements that every parent has equally often are told apart by their number, others are
 * turns of a loop.  Values that never change, and the texts around them, are then joined.
 */
#ifndef CORE_VOLUME_SKELETON_H
#define CORE_VOLUME_SKELETON_H

#include "core/buffer.h"

typedef struct SkeletonItem
{
	uint32_t state;
	uint32_t text_length, value_length;
	const char *text;
	const char *value;
} SkeletonItem;

typedef struct SkeletonState
{
	ByteBuffer text;
	bool fixed; /* no slot: its value is at the end of text */
} SkeletonState;

/* State 0 is the start and the end. */
typedef struct Skeleton
{
	const Port *port;
	uint32_t state_count;
	SkeletonState *states;
	SkeletonItem *items; /* of all documents */
	uint32_t item_count;
	uint32_t *document_end; /* first item behind each document */
	int document_count;
} Skeleton;

/* PORT_INVALID: the documents are not written in tags, or have nothing in common. */
extern PortStatus volume_skeleton_learn(const Port *port, const char *const *documents,
										const size_t *lengths, int count, Skeleton *skeleton);
extern void volume_skeleton_release(Skeleton *skeleton);

#endif
