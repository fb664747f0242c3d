/*
 * xml_guard.c: pg_xml_init and pg_xml_done.
 *
 * They install the server's error handler and its refusing entity loader, and put back what was
 * there before.  A server built without libxml2 has neither; our reader loads nothing and reports
 * through its own handler, so there the guard is empty.
 */
#include "postgres.h"

#include "base/xml_guard.h"

#include "utils/xml.h"

XmlGuard *
xml_guard_begin(void)
{
#ifdef USE_LIBXML
	return (XmlGuard *) pg_xml_init(PG_XML_STRICTNESS_ALL);
#else
	return NULL;
#endif
}

void
xml_guard_end(XmlGuard *guard, bool failed)
{
#ifdef USE_LIBXML
	pg_xml_done((PgXmlErrorContext *) guard, failed);
#endif
}
