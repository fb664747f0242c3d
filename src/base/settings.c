/*
 * settings.c: settings shared by several rooms, and the reservation of the prefix.
 */
#include "postgres.h"

#include "base/settings.h"

#include "base/clock.h"
#include "utils/guc.h"

int import_value_limit_kb = 64 * 1024;
char *outgoing_directory = NULL;
char *clock_text = NULL;
bool base_direct_writes = true;
static char *issuer_id_text = NULL;

void
base_define_settings(void)
{
	DefineCustomStringVariable("mailroom.clock", "Fixed time that mailroom works with, for tests.",
							   "Empty means the real time.", &clock_text, "", PGC_SUSET, 0,
							   clock_check_text, clock_assign_text, NULL);

	DefineCustomBoolVariable(
		"mailroom.direct_writes", "Writes rows of imports straight into plain tables.",
		"Off sends them through INSERT, which extensions that watch statements see; tables with "
		"triggers, rules, row-level security or Citus always go that way.",
		&base_direct_writes, true, PGC_SUSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("mailroom.import_value_limit",
							"Largest content of one row of mailroom.import_file.",
							"Larger files go through mailroom.open_upload.", &import_value_limit_kb,
							64 * 1024, 1, 512 * 1024, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);

	DefineCustomStringVariable("mailroom.issuer_id",
							   "Narrows the issuers of the current role to this one.",
							   "Empty means all issuers that the role was granted.",
							   &issuer_id_text, "", PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomStringVariable("mailroom.outgoing_directory",
							   "Folder that mailroom.write_outgoing_file writes to.",
							   "Empty means that no file may be written.", &outgoing_directory, "",
							   PGC_SUSET, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

void
base_reserve_settings(void)
{
	MarkGUCPrefixReserved("mailroom");
}
