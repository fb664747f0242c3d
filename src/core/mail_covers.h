/*
 * mail_covers.h: whether documents of one recipient travel in one cover.
 *
 * Begins with a plan of a mailing in which each letter goes alone, solved and taken over
 * (mail_take_plan), and with groups of its letters that may share covers.  Groups that look alike
 * to the tariff (zone, areas, sheets and due days of their members) are a pattern and are decided
 * together.
 *
 * A decision is made for one state of the discounts, exactly for every group (core/cover_plan.h),
 * and for every tier and minimum of the tariff also under the condition that it is still reached.
 * Each decision is then priced by the solver, with all rules; the best one is where the next round
 * begins, until nothing gets cheaper.  Small mailings are also searched group by group.  What comes
 * out is never dearer than letters that go alone.
 */
#ifndef CORE_MAIL_COVERS_H
#define CORE_MAIL_COVERS_H

#include "core/cover_plan.h"
#include "core/mail_plan.h"

typedef struct MailMember
{
	int64_t letter_id;
	int sheets, due_days;
	int kind;			/* of the letter alone */
	int64_t cover_id;	/* letter_id of the cover's first letter; its own when it goes alone */
	int cover_sheets;	/* of the whole cover */
	int cover_due_days; /* the earliest of the cover */
	int cover_members;
} MailMember;

typedef struct MailGroup
{
	int first_member, member_count;
	int pattern;
} MailGroup;

/* Groups of a pattern that take a choice. */
typedef struct MailPick
{
	int pattern;
	CoverChoice choice;
	int64_t groups;
} MailPick;

typedef struct MailCovers
{
	const Port *port;
	const Port *scratch; /* of one trial; emptied by reset */
	void (*reset)(void *host);
	MailPlan *plan;
	int max_sheets;
	MailMember *members; /* group after group, by sheets, due days, letter within it */
	int member_count, member_room;
	MailGroup *groups;
	int group_count, group_room;
	struct MailPattern *patterns;
	int pattern_room;
	MailIndex pattern_index;
	MailPick *picks; /* the decision */
	int pick_count;
	int64_t unmerged_cost, cost;
	int64_t lower_bound; /* no way to share covers costs less; 0: none is known */
	int trials;
} MailCovers;

/* NULL when there is no memory. */
extern MailCovers *mail_covers_new(const Port *port, const Port *scratch, void (*reset)(void *host),
								   MailPlan *plan, int max_sheets);

/*
 * A letter that was counted in the plan; "starts" begins another group.  Groups of more than
 * COVER_MAX_MEMBERS are cut.  A letter that no offer takes is left out.
 */
extern PortStatus mail_add_member(MailCovers *covers, int64_t letter_id, const MailLetter *letter,
								  bool starts);

/* After the last member; group_count and member_count are whole then. */
extern PortStatus mail_close_groups(MailCovers *covers);

/* Decides; members get their covers, cost and unmerged_cost say what it is good for. */
extern PortStatus mail_choose_covers(MailCovers *covers);

#endif
