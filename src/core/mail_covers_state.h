/*
 * mail_covers_state.h: what mail_covers.c and mail_covers_bound.c share.
 */
#ifndef CORE_MAIL_COVERS_STATE_H
#define CORE_MAIL_COVERS_STATE_H

#include "core/mail_covers.h"

typedef struct MailPattern
{
	CoverMember members[COVER_MAX_MEMBERS];
	int kinds[COVER_MAX_MEMBERS];
	int member_count;
	int zone, areas, place;
	int64_t groups;
} MailPattern;

/* The state of the discounts that a decision is made for, and what it has to reach. */
typedef struct MailRegime
{
	int64_t points[POSTAGE_MAX_OFFERS]; /* basis points off the list price */
	int64_t amount[POSTAGE_MAX_OFFERS]; /* micro off */
	uint64_t usable;
	uint64_t inside; /* offers that count towards "least"; none: no condition */
	int64_t least;
} MailRegime;

/*
 * Choices of every pattern and, where offers are inside, of every other
 * letter too: rows has room for patterns and kinds.
 */
extern PortStatus mail_list_choices(MailCovers *covers, const MailRegime *regime,
									CoverPattern *rows, int *count);

/* Sets lower_bound; once everything else is decided. */
extern PortStatus mail_bound_covers(MailCovers *covers);

#endif
