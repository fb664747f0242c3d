/*
 * xml_formats_test.c: every XML format's table fits, is complete and tells one business term only where it means to.
 */
#include "check.h"
#include "core/xml_paths.h"
#include "core/xml_schema.h"

#include <string.h>

int
main(void)
{
	CHECK(xml_paths_fit());
	CHECK(xml_format_count <= XML_MAX_FORMATS);
	for (int i = 0; i < xml_format_count; i++)
	{
		const XmlFormat *format = xml_formats[i];

		CHECK(format->schema == NULL || xml_schema_compile(format->schema, xml_paths_vocabulary()));
		CHECK(xml_format_find(format->name) == i);
		CHECK(format->roots[0].name != NULL && xml_format_find(format->roots[0].label) == i);
		for (size_t e = 0; e < format->entry_count; e++)
		{
			const XmlEntry *entry = &format->entries[e];

			CHECK(entry->kind != XML_ENTRY_GROUP || entry->close != NULL);
			CHECK(entry->kind != XML_ENTRY_VALUE || entry->number < XML_TERM_COUNT);
			CHECK(entry->kind != XML_ENTRY_ATTRIBUTE || entry->number <= TERM_XML_QUALIFIER);
		}
	}
	return check_done();
}
