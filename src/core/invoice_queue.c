/*
 * invoice_queue.c: events as records in one buffer.
 *
 * A record is a header, the slices (offsets from the start of their text instead of addresses,
 * because the buffer moves as it grows) and the text, padded to 8 bytes.  Format names are literals
 * and travel as addresses.
 */
#include "core/invoice_queue.h"

#include <string.h>

typedef enum EventKind
{
	EVENT_BEGIN,
	EVENT_GROUP,
	EVENT_END,
	EVENT_FINDING,
	EVENT_EXTRA
} EventKind;

typedef struct Event
{
	EventKind kind;
	int count; /* slices */
	size_t size;
	InvoicePlace place;
	int64_t parent_no;
	int code; /* group kind or severity */
	const char *format;
} Event;

#define ABSENT UINT32_MAX

typedef struct StoredSlice
{
	uint32_t offset, length, line;
} StoredSlice;

void
invoice_queue_init(InvoiceQueue *queue, const Port *port)
{
	buffer_init(&queue->events, port);
}

void
invoice_queue_release(InvoiceQueue *queue)
{
	buffer_release(&queue->events);
}

bool
invoice_queue_failed(const InvoiceQueue *queue)
{
	return buffer_failed(&queue->events);
}

static void
put(InvoiceQueue *queue, Event event, const Slice *slices, const uint32_t *lines)
{
	size_t text = 0, at = 0;
	char *target, *copy;
	StoredSlice *stored;

	for (int i = 0; i < event.count; i++)
		text += slices[i].length + 1;
	event.size =
		(sizeof(Event) + (size_t) event.count * sizeof(StoredSlice) + text + 7) & ~(size_t) 7;
	target = buffer_reserve(&queue->events, event.size);
	if (target == NULL)
		return;
	memcpy(target, &event, sizeof(event));
	stored = (StoredSlice *) (target + sizeof(event));
	copy = (char *) (stored + event.count);
	for (int i = 0; i < event.count; i++)
	{
		stored[i].offset = slices[i].bytes == NULL ? ABSENT : (uint32_t) at;
		stored[i].length = (uint32_t) slices[i].length;
		stored[i].line = lines != NULL ? lines[i] : 0;
		if (slices[i].length > 0)
			memcpy(copy + at, slices[i].bytes, slices[i].length);
		at += slices[i].length;
		copy[at++] = '\0';
	}
	queue->events.length += event.size;
}

static Slice
text_slice(const char *text)
{
	Slice slice = {text, text == NULL ? 0 : strlen(text)};

	return slice;
}

void
invoice_queue_begin(InvoiceQueue *queue, const InvoicePlace *place, const char *format)
{
	Event event = {.kind = EVENT_BEGIN, .place = *place, .format = format};

	put(queue, event, NULL, NULL);
}

static void
put_group(InvoiceQueue *queue, EventKind kind, const InvoiceGroup *group)
{
	const InvoiceGroupInfo *info = &invoice_group_info[group->kind];
	Event event = {.kind = kind,
				   .place = group->place,
				   .parent_no = group->parent_no,
				   .code = (int) group->kind,
				   .count = (int) info->last - (int) info->first + 1};

	put(queue, event, group->values, group->lines);
}

void
invoice_queue_group(InvoiceQueue *queue, const InvoiceGroup *group)
{
	put_group(queue, EVENT_GROUP, group);
}

void
invoice_queue_end(InvoiceQueue *queue, const InvoiceGroup *document)
{
	put_group(queue, EVENT_END, document);
}

void
invoice_queue_finding(InvoiceQueue *queue, const Finding *finding)
{
	Event event = {.kind = EVENT_FINDING,
				   .place = finding->place,
				   .code = (int) finding->severity,
				   .count = 3};
	Slice slices[3] = {text_slice(finding->rule), text_slice(finding->location),
					   text_slice(finding->message)};

	put(queue, event, slices, NULL);
}

void
invoice_queue_extra(InvoiceQueue *queue, const InvoicePlace *place, const char *path, Slice value)
{
	Event event = {.kind = EVENT_EXTRA, .place = *place, .count = 2};
	Slice slices[2] = {text_slice(path), value};

	put(queue, event, slices, NULL);
}

static PortStatus
deliver_one(const Event *event, const Slice *slices, const uint32_t *lines, const InvoiceSink *sink)
{
	InvoiceGroup group = {(InvoiceGroupKind) event->code, event->place, event->parent_no, slices,
						  lines};
	Finding finding;

	switch (event->kind)
	{
		case EVENT_BEGIN:
			return sink->begin ? sink->begin(sink->state, &event->place, event->format) : PORT_OK;
		case EVENT_GROUP:
			return sink->group ? sink->group(sink->state, &group) : PORT_OK;
		case EVENT_END:
			return sink->end ? sink->end(sink->state, &group) : PORT_OK;
		case EVENT_EXTRA:
			return sink->extra ? sink->extra(sink->state, &event->place, slices[0].bytes, slices[1])
							   : PORT_OK;
		case EVENT_FINDING:
			break;
	}
	finding.severity = (FindingSeverity) event->code;
	finding.place = event->place;
	finding.rule = slices[0].bytes;
	finding.location = slices[1].bytes;
	finding.message = slices[2].bytes;
	return sink->finding ? sink->finding(sink->state, &finding) : PORT_OK;
}

PortStatus
invoice_queue_deliver(InvoiceQueue *queue, const InvoiceSink *sink)
{
	Slice slices[INVOICE_TERM_COUNT];
	uint32_t lines[INVOICE_TERM_COUNT];
	PortStatus status = PORT_OK;
	size_t at = 0;

	if (buffer_failed(&queue->events))
		status = PORT_NO_MEMORY;
	while (at < queue->events.length && status == PORT_OK)
	{
		const Event *event = (const Event *) (queue->events.bytes + at);
		const StoredSlice *stored = (const StoredSlice *) (event + 1);
		const char *text = (const char *) (stored + event->count);

		for (int i = 0; i < event->count; i++)
		{
			slices[i].bytes = stored[i].offset == ABSENT ? NULL : text + stored[i].offset;
			slices[i].length = stored[i].length;
			lines[i] = stored[i].line;
		}
		status = deliver_one(event, slices, lines, sink);
		at += event->size;
	}
	buffer_reset(&queue->events);
	return status;
}
