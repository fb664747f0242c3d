/*
 * read_content.c: pushes a content through its reader, piece by piece.
 */
#include "postgres.h"

#include "invoice/read_content.h"

#include "base/clock.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "base/xml_guard.h"
#include "catalog/namespace.h"
#include "core/deflate.h"
#include "core/flat_reader.h"
#include "executor/spi.h"
#include "invoice/layout_load.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define PIECE_BYTES (64 * 1024)
#define KEPT_BYTES (2 * 1024 * 1024)

static int value_limit_kb = 1024;
static int attachment_limit_kb = 64 * 1024;
static int depth_limit = 64;
static int tag_limit = 8 * 1024;
static int unknown_name_limit = 100;
static int inflated_limit_mb = 16 * 1024;
static int inflate_ratio_limit = 200;
static int pdf_limit_kb = 64 * 1024;

void
invoice_define_settings(void)
{
	DefineCustomIntVariable("mailroom.invoice_attachment_limit",
							"Largest text of one document attached to an invoice (base64).",
							"Larger is a fault of the file, rule XML-LIMIT.", &attachment_limit_kb,
							64 * 1024, 1, 512 * 1024, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.invoice_depth_limit",
							"Deepest nesting of elements in an XML file.",
							"Deeper is a fault of the file, rule XML-DEPTH.", &depth_limit, 64, 16,
							256, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"mailroom.invoice_inflate_ratio_limit",
		"Largest growth of one ZIP member or PDF stream beyond its first megabyte.",
		"More is a fault of the file, rule ZIP-LIMIT or PDF-LIMIT.", &inflate_ratio_limit, 200, 2,
		1100, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.invoice_inflated_limit",
							"Largest size of all members of one ZIP file together.",
							"More is a fault of the file, rule ZIP-LIMIT.", &inflated_limit_mb,
							16 * 1024, 1, 1024 * 1024, PGC_SUSET, GUC_UNIT_MB, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.invoice_pdf_limit",
							"Largest PDF with an invoice attached; it is kept in memory.",
							"Larger is a fault of the file, rule PDF-LIMIT.", &pdf_limit_kb,
							64 * 1024, 16, 512 * 1024, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.invoice_tag_limit",
							"Longest start tag of an XML file, in bytes.",
							"Longer is a fault of the file, rule XML-LIMIT.", &tag_limit, 8 * 1024,
							1024, 64 * 1024, PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"mailroom.invoice_unknown_name_limit",
		"Most different names in one XML file that the invoice formats do not know.",
		"More is a fault of the file, rule XML-LIMIT.", &unknown_name_limit, 100, 0, 1000,
		PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("mailroom.invoice_value_limit",
							"Largest text of one element of an XML file.",
							"Larger is a fault of the file, rule XML-LIMIT.", &value_limit_kb, 1024,
							1, 64 * 1024, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
}

/* Where such a date is asked for, in Poland, the day begins up to two hours before UTC's. */
static const char *
latest_today(void)
{
	static char text[11] = "";
	static int64 text_day = PG_INT64_MIN;
	Timestamp there = clock_now() + 2 * USECS_PER_HOUR;
	int64 number = there / USECS_PER_DAY;
	struct pg_tm day;
	fsec_t fraction;

	if (number == text_day && there >= 0)
		return text;
	text[0] = '\0';
	if (timestamp2tm(there, NULL, &day, &fraction, NULL, NULL) == 0)
		snprintf(text, sizeof(text), "%04d-%02d-%02d", day.tm_year % 10000, day.tm_mon % 100,
				 day.tm_mday % 100);
	text_day = number;
	return text;
}

InvoiceLimits
invoice_limits(void)
{
	InvoiceLimits limits;

	/* no bytes between members are left unset: limits are compared as a whole */
	memset(&limits, 0, sizeof(limits));
	limits.value_bytes = (size_t) value_limit_kb * 1024;
	limits.attachment_bytes = (size_t) attachment_limit_kb * 1024;
	limits.depth = depth_limit;
	limits.tag_bytes = tag_limit;
	limits.unknown_names = unknown_name_limit;
	limits.inflated_bytes = (int64_t) inflated_limit_mb * 1024 * 1024;
	limits.inflate_ratio = inflate_ratio_limit;
	limits.pdf_bytes = (size_t) pdf_limit_kb * 1024;
	strlcpy(limits.today, latest_today(), sizeof(limits.today));
	return limits;
}

/* Whoever may not see the layouts gets no detection, and no error from it either. */
static bool
may_see_layouts(void)
{
	Oid schema = get_namespace_oid("mailroom", true);
	Oid layouts = OidIsValid(schema) ? get_relname_relid("layout", schema) : InvalidOid;

	return OidIsValid(layouts) &&
		   pg_class_aclcheck(layouts, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/*
 * The named layout, or the one that the content begins like; NULL = not a record file.
 * Not inlined: its variables have no place in the frame that PG_TRY returns to.
 */
static pg_noinline Layout *
find_layout(MemoryContext context, const char *name, const char *bytes, size_t length)
{
	Layout *layout = NULL;
	MemoryContext old;

	if (name == NULL && (!layout_may_be_flat(bytes, length) || !may_see_layouts()))
		return NULL;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	old = MemoryContextSwitchTo(context);
	layout = name != NULL ? layout_load(LAYOUT_ANY_ISSUER, name)
						  : layout_detect(LAYOUT_ANY_ISSUER, bytes, length);
	MemoryContextSwitchTo(old);
	SPI_finish();
	if (name != NULL && layout == NULL)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_LAYOUT_INVALID),
						errmsg("layout \"%s\" does not exist", name),
						errhint("List the layouts with \"SELECT * FROM mailroom.layout\".")));
	return layout;
}

static InvoiceReader *
open_reader(const Port *port, const Layout *layout, const InvoiceSink *sink)
{
	InvoiceLimits limits = invoice_limits();
	InvoiceReader *reader = layout != NULL ? flat_reader_open(port, layout, sink)
										   : invoice_reader_open(port, NULL, &limits, sink);

	if (reader == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return reader;
}

static PortStatus
push_all(InvoiceReader *reader, const char *bytes, size_t length)
{
	PortStatus status = PORT_OK;

	while (length > 0 && status == PORT_OK)
	{
		size_t piece = Min(length, PIECE_BYTES);

		CHECK_FOR_INTERRUPTS();
		status = reader->push(reader, bytes, piece);
		bytes += piece;
		length -= piece;
	}
	return status == PORT_OK ? reader->finish(reader) : status;
}

/* The bytes of a zlib stream, as they come out. */
static PortStatus
push_deflated(InvoiceReader *reader, const Port *port, const char *bytes, size_t length)
{
	Inflater *inflater = inflater_open(port, DEFLATE_ZLIB);
	PortStatus status = inflater == NULL ? PORT_NO_MEMORY : PORT_OK;
	ByteBuffer piece;
	bool ended = false;

	buffer_init(&piece, port);
	while (!ended && status == PORT_OK)
	{
		size_t used;

		CHECK_FOR_INTERRUPTS();
		buffer_reset(&piece);
		status = inflater_feed(inflater, bytes, length, PIECE_BYTES, &piece, &used, &ended);
		if (status == PORT_OK && used == 0 && piece.length == 0 && !ended)
			elog(ERROR, "deflated content is cut");
		if (status == PORT_OK && piece.length > 0)
			status = reader->push(reader, piece.bytes, piece.length);
		bytes += used;
		length -= used;
	}
	return status == PORT_OK ? reader->finish(reader) : status;
}

/* Not inlined, for the sake of the frame that PG_TRY returns to. */
static pg_noinline PortStatus
read_all(const Layout *layout, bool deflated, const char *bytes, size_t length,
		 MemoryContext context, const InvoiceSink *sink, PortFault *fault)
{
	Port port = port_server(context);
	InvoiceReader *volatile reader = NULL;
	volatile PortStatus status = PORT_OK;
	XmlGuard *guard = xml_guard_begin();

	memset(fault, 0, sizeof(*fault));
	PG_TRY();
	{
		reader = open_reader(&port, layout, sink);
		status = deflated ? push_deflated(reader, &port, bytes, length)
						  : push_all(reader, bytes, length);
		*fault = reader->fault;
	}
	PG_FINALLY();
	{
		if (reader != NULL)
			reader->close(reader);
		xml_guard_end(guard, false);
	}
	PG_END_TRY();
	MemoryContextDelete(context);
	if (status == PORT_NO_MEMORY || status == PORT_INTERRUPTED)
		port_raise(status, fault, ERRCODE_MAILROOM_CONTENT_UNREADABLE, "the content");
	return status;
}

static MemoryContext
reader_context(void)
{
	return AllocSetContextCreate(CurrentMemoryContext, "mailroom reader", ALLOCSET_DEFAULT_SIZES);
}

PortStatus
read_content(bytea *content, const char *layout_name, const InvoiceSink *sink, PortFault *fault)
{
	MemoryContext context = reader_context();
	const char *bytes = VARDATA_ANY(content);
	size_t length = VARSIZE_ANY_EXHDR(content);

	return read_all(find_layout(context, layout_name, bytes, length), false, bytes, length, context,
					sink, fault);
}

PortStatus
read_content_deflated(const char *bytes, size_t length, const InvoiceSink *sink, PortFault *fault)
{
	return read_all(NULL, true, bytes, length, reader_context(), sink, fault);
}

/* -- kept readers --------------------------------------------------------------------------- */

static void
drop_kept(KeptReader *kept)
{
	if (kept->reader != NULL)
		kept->reader->close(kept->reader);
	kept->reader = NULL;
	if (kept->context != NULL)
		MemoryContextDelete(kept->context);
	kept->context = NULL;
}

static void
open_kept(KeptReader *kept, const InvoiceLimits *limits, const InvoiceSink *sink)
{
	bool same = kept->reader != NULL && kept->sink == sink &&
				memcmp(&kept->limits, limits, sizeof(*limits)) == 0;

	if (same)
		return;
	drop_kept(kept);
	kept->context =
		AllocSetContextCreate(TopMemoryContext, "mailroom kept reader", ALLOCSET_DEFAULT_SIZES);
	kept->port = port_server(kept->context);
	kept->limits = *limits;
	kept->sink = sink;
	kept->reader = invoice_reader_open(&kept->port, NULL, limits, sink);
	if (kept->reader == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

/* Ready for the next content, or closed. */
static void
leave_kept(KeptReader *kept, PortStatus status)
{
	if (status == PORT_OK)
		invoice_reader_again(kept->reader);
	if (status != PORT_OK || MemoryContextMemAllocated(kept->context, true) > KEPT_BYTES)
		drop_kept(kept);
	kept->in_use = false;
}

PortStatus
read_content_kept(KeptReader *kept, bytea *content, const InvoiceSink *sink, PortFault *fault)
{
	InvoiceLimits limits = invoice_limits();
	volatile PortStatus status = PORT_OK;
	XmlGuard *guard;

	if (kept->in_use || layout_may_be_flat(VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content)))
		return read_content(content, NULL, sink, fault);
	memset(fault, 0, sizeof(*fault));
	open_kept(kept, &limits, sink);
	kept->in_use = true;
	guard = xml_guard_begin();
	PG_TRY();
	{
		status = push_all(kept->reader, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
		*fault = kept->reader->fault;
	}
	PG_CATCH();
	{
		leave_kept(kept, PORT_STOPPED);
		xml_guard_end(guard, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	leave_kept(kept, status);
	xml_guard_end(guard, false);
	if (status == PORT_NO_MEMORY || status == PORT_INTERRUPTED)
		port_raise(status, fault, ERRCODE_MAILROOM_CONTENT_UNREADABLE, "the content");
	return status;
}
