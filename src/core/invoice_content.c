/*
 * invoice_content.c: rows of values, grown by doubling.
 */
#include "core/invoice_content.h"

#include <string.h>

void
invoice_content_init(InvoiceContent *content, const Port *port)
{
	memset(content, 0, sizeof(*content));
	content->port = port;
}

Slice *
invoice_content_add(InvoiceContent *content, InvoiceGroupKind kind)
{
	InvoiceRows *rows = &content->groups[kind];
	size_t size = sizeof(Slice) * (size_t) invoice_group_size(kind);
	Slice *row;

	if (rows->count == rows->room)
	{
		size_t room = rows->room == 0 ? 2 : rows->room * 2;
		Slice *grown = port_resize_array(content->port, rows->values, rows->room, room, size);

		if (grown == NULL)
			return NULL;
		rows->values = grown;
		rows->room = room;
	}
	row = rows->values + rows->count++ * (size_t) invoice_group_size(kind);
	memset(row, 0, size);
	return row;
}

void
invoice_content_clear(InvoiceContent *content)
{
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		content->groups[kind].count = 0;
}

void
invoice_content_release(InvoiceContent *content)
{
	for (int kind = 0; kind < INVOICE_MODEL_GROUP_COUNT; kind++)
		if (content->groups[kind].values != NULL)
			content->port->release(content->port->host, content->groups[kind].values);
	invoice_content_init(content, content->port);
}
