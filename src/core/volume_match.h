/*
 * volume_match.h: finds long pieces of a shared text in documents.
 */
#ifndef CORE_VOLUME_MATCH_H
#define CORE_VOLUME_MATCH_H

#include "core/buffer.h"

typedef struct VolumeMatcher VolumeMatcher;

/* A piece of the document that is a copy of shared. */
typedef struct VolumeCopy
{
	size_t at;	   /* in the document */
	size_t from;   /* in shared */
	size_t length; /* at least VOLUME_BLOCK */
} VolumeCopy;

/* Every copy of twice this length less one is found; shorter ones by luck. */
#define VOLUME_BLOCK 32

extern VolumeMatcher *volume_matcher_open(const Port *port, const char *shared, size_t length);
extern void volume_matcher_close(VolumeMatcher *matcher);
/* The first copy at or after position *at of the document; false when there is none. */
extern bool volume_match_next(const VolumeMatcher *matcher, const char *bytes, size_t length,
							  size_t at, VolumeCopy *copy);

#endif
