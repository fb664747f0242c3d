/*
 * plan_inserts.h: what is added to letters where it costs no postage.
 *
 * Letters of one offer, weight, list price, country and customer groups take the same; SQL is asked
 * once for each (mailroom.choose_inserts).
 */
#ifndef POSTAGE_PLAN_INSERTS_H
#define POSTAGE_PLAN_INSERTS_H

#include "postage/plan_job.h"

typedef struct PlanInserts PlanInserts;

/* NULL when the issuer has nothing to add on the day of hand-in. */
extern PlanInserts *plan_open_inserts(PlanJob *job);
/* Number of the set of inserts that the letter takes, 0: none; changes grams when it takes some.
 * job->groups are its customer groups. */
extern int plan_take_inserts(PlanInserts *inserts, const MailLetter *letter,
							 const MailPosting *posting, int *grams);
/* Writes mailing_insert. */
extern void plan_store_inserts(PlanInserts *inserts);

#endif
