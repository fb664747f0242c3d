/*
 * rule_codes.h: the code lists of the rules, as sets.
 *
 * The values are data: the host loads the list versions of the day (table mailroom.code_list in the
 * server, the files of data/codelist in tests) into one RuleCodes, which is constant from then on
 * and may be shared by any number of documents.
 *
 *   codes = rule_codes_open(port);
 *   rule_codes_set(codes, CODES_ISO3166_COUNTRY, values, count);
 *   rule_code_known(codes, CODES_ISO3166_COUNTRY, value);
 */
#ifndef CORE_RULE_CODES_H
#define CORE_RULE_CODES_H

#include "core/invoice.h"

typedef enum RuleCodeList
{
#define CODE_LIST(name, list) CODES_##name,
#include "core/rule_code_lists.def"
	RULE_CODE_LISTS
} RuleCodeList;

typedef struct RuleCodes RuleCodes;

/* Empty: every list has to be set before it is asked.  NULL: out of memory. */
extern RuleCodes *rule_codes_open(const Port *port);
extern void rule_codes_close(RuleCodes *codes);
/* Copies the values; a list that was set before is replaced. */
extern PortStatus rule_codes_set(RuleCodes *codes, RuleCodeList list, const Slice *values,
								 size_t count);
/* The day of the check, YYYY-MM-DD; not set: the latest editions of rules count. */
extern void rule_codes_set_day(RuleCodes *codes, const char *day);
extern const char *rule_codes_day(const RuleCodes *codes);
/* The first list without values, RULE_CODE_LISTS if there is none. */
extern RuleCodeList rule_codes_missing(const RuleCodes *codes);

/*
 * The value is one of the list, byte for byte: case matters, and so do blanks; callers trim where
 * their rule does.  An absent or empty value is not known.
 */
extern bool rule_code_known(const RuleCodes *codes, RuleCodeList list, Slice value);

/* Names of lists as in mailroom.code_list; RULE_CODE_LISTS for a name that no rule uses. */
extern const char *rule_code_list_name(RuleCodeList list);
extern RuleCodeList rule_code_list_of(const char *name);

#endif
