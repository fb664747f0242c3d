/*
 * edifact_scan.h: an interchange of UN/EDIFACT (ISO 9735) as a stream of segments.
 *
 * Bytes come in pieces of any size; the handler gets one segment at a time, split into elements and
 * components, release characters taken out, in UTF-8.  A segment that stands whole in a piece is
 * split where it stands, and only one with a release character, a line break or a letter beyond
 * ASCII is copied.  Memory is that of one segment.
 *
 * Rules (fault.rule): EDIFACT-LIMIT (a segment over a limit), EDIFACT-CUT (the file ends within
 * one).
 */
#ifndef CORE_EDIFACT_SCAN_H
#define CORE_EDIFACT_SCAN_H

#include "core/buffer.h"
#include "core/edifact_charset.h"

/* The longest segment of D96A has 33 components; empty ones at the end are common. */
#define EDIFACT_MAX_PARTS 256

typedef struct EdifactService
{
	char component, element, decimal, release, repetition, terminator;
} EdifactService;

typedef struct EdifactSegment
{
	int64_t number;	  /* in the file, 1-based */
	int64_t position; /* of its first byte in the file */
	char tag[4];
	int element_count; /* the tag is element 0 */
	int part_count;
	uint16_t first[EDIFACT_MAX_PARTS + 1]; /* per element: its first part; one more at the end */
	Slice parts[EDIFACT_MAX_PARTS];
	bool used[EDIFACT_MAX_PARTS]; /* set by edifact_part: for who wants to know what nobody took */
	int wrong_characters;		  /* not in the character set, now U+FFFD */
	bool beyond_ascii;
} EdifactSegment;

typedef struct EdifactHandler
{
	void *state;
	PortStatus (*segment)(void *state, EdifactSegment *segment);
	/* bytes of an object asked for with edifact_scanner_expect_object */
	PortStatus (*object)(void *state, const char *bytes, size_t length);
} EdifactHandler;

typedef struct EdifactScanner
{
	const Port *port;
	EdifactHandler handler;
	EdifactService service;
	EdifactCharset charset;
	bool keep_breaks; /* line breaks within a value are text */
	bool repeats;	  /* syntax version 4: the repetition separator counts */
	bool at_start;	  /* UNA or UNB comes next */
	size_t segment_limit;
	uint8_t classes[256];
	ByteBuffer carry, decoded;
	int64_t position; /* of the first byte not yet read, or of the carried segment */
	int64_t object_left;
	bool broken; /* the segment at hand contained a line break */
	EdifactSegment segment;
	PortFault fault;
} EdifactScanner;

extern void edifact_scanner_open(EdifactScanner *scanner, const Port *port, size_t segment_limit,
								 const EdifactHandler *handler);
/* For another file. */
extern void edifact_scanner_rewind(EdifactScanner *scanner);
extern void edifact_scanner_close(EdifactScanner *scanner);
extern PortStatus edifact_scanner_push(EdifactScanner *scanner, const char *bytes, size_t length);
extern PortStatus edifact_scanner_finish(EdifactScanner *scanner);

/* For the handler of a segment: the next bytes are data of this length, not segments. */
extern void edifact_scanner_expect_object(EdifactScanner *scanner, int64_t length);

/* For the handler of UNB, with the character set known. */
extern void edifact_scanner_set_syntax(EdifactScanner *scanner, bool version4);

/* The part without blanks around it and marked as used; absent when it is not there or empty. */
static inline Slice
edifact_part(EdifactSegment *segment, int element, int component)
{
	Slice part = {NULL, 0};
	int at;

	if (element >= segment->element_count)
		return part;
	at = segment->first[element] + component;
	if (at >= segment->first[element + 1])
		return part;
	segment->used[at] = true;
	part = segment->parts[at];
	while (part.length > 0 &&
		   (part.bytes[part.length - 1] == ' ' || part.bytes[part.length - 1] == '\n'))
		part.length--;
	while (part.length > 0 && (*part.bytes == ' ' || *part.bytes == '\n'))
	{
		part.bytes++;
		part.length--;
	}
	if (part.length == 0)
		part.bytes = NULL;
	return part;
}

/* Nothing of it was used: its qualifier is not known. */
static inline void
edifact_forget(EdifactSegment *segment)
{
	for (int i = 0; i < segment->part_count; i++)
		segment->used[i] = false;
}

/* After edifact_part: it is not used after all. */
static inline void
edifact_leave(EdifactSegment *segment, int element, int component)
{
	if (element < segment->element_count &&
		segment->first[element] + component < segment->first[element + 1])
		segment->used[segment->first[element] + component] = false;
}

#endif
