/*
 * postage_complete.h: the best plan once every yes/no question is answered.
 *
 * Given the volume each aggregate should have about (which fixes its tier and its line of cost),
 * and the offers each zone may use (a bundle that may be used must reach its minimum), what remains
 * is a flow, solved exactly.
 */
#ifndef CORE_POSTAGE_COMPLETE_H
#define CORE_POSTAGE_COMPLETE_H

#include "core/postage_relax.h"

typedef struct PostageCompleter PostageCompleter;

extern PostageCompleter *postage_completer_new(const PostageProblem *problem);

/*
 * volumes: wanted volume by aggregate; zone_open: offers by zone; start: weights that choose the
 * first plan (only speed depends on them).  counts gets an entry an arc; PORT_STOPPED when there is
 * none.
 */
extern PortStatus postage_complete(PostageCompleter *completer, const PostageRelax *relax,
								   const int64_t *volumes, const uint64_t *zone_open,
								   int64_t *counts);

/* Whether the last plan shared minima of bundles between offers of a joint: with the prices that it
 * found, the same call may find a better one. */
/* Other parts of these minima from the next call on, at random but the same for the same turn; 0:
 * those that the prices ask for. */
extern void postage_complete_turn(PostageCompleter *completer, int turn);
extern bool postage_complete_again(const PostageCompleter *completer);

#endif
