/*
 * mailroom.c: the front door.  Defines nothing of its own; each floor and room sets itself up.
 */
#include "postgres.h"

#include "archive/archive.h"
#include "base/issuer_stats.h"
#include "base/settings.h"
#include "core/invoice_rules.h"
#include "export.h"
#include "invoice/read_content.h"
#include "jobs/jobs.h"
#include "miscadmin.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	base_define_settings();
	issuer_stats_init();
	jobs_init();
	archive_define_settings();
	invoice_define_settings();
	base_reserve_settings();
	/* every session inherits them: compiling them anew would take longer than many an invoice */
	if (process_shared_preload_libraries_in_progress)
		invoice_rules_prepare();
}
