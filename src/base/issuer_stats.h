/*
 * issuer_stats.h: what the planner believes about issuer_id.
 */
#ifndef BASE_ISSUER_STATS_H
#define BASE_ISSUER_STATS_H

extern void issuer_stats_init(void);

#endif
