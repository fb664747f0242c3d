/*
 * document_template.c: templates of issuers, compiled once for each run of rendering.
 */
#include "postgres.h"

#include "document/document_writer.h"

#include "base/errors.h"
#include "base/statement.h"
#include "base/xml_guard.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

static Statement find_template =
	STATEMENT("SELECT t.name, t.version::pg_catalog.int8, t.source FROM mailroom.template t"
			  " WHERE t.issuer_id = $1 AND t.name = $2"
			  " AND t.version = mailroom.live_template_version($1, $2)",
			  INT8OID, TEXTOID);

/* A row only where a document has a template other than the invoice's. */
static Statement find_name = STATEMENT("SELECT d.template FROM mailroom.document_data d"
									   " WHERE d.issuer_id = $1 AND d.invoice_id = $2",
									   INT8OID, INT8OID);

static PortStatus compile(TemplateProgram *program, const Port *port, const text *source,
						  PortFault *fault);

void
document_use_issuer_template(DocumentWriter *writer, int64 issuer_id, const char *name)
{
	Datum arguments[2] = {Int64GetDatum(issuer_id), CStringGetTextDatum(name)};
	SPITupleTable *table;
	bool isnull;

	if (statement_run(&find_template, arguments, NULL) == 0)
	{
		if (strcmp(name, TEMPLATE_OF_INVOICES) != 0)
			ereport(ERROR, (errcode(ERRCODE_MAILROOM_TEMPLATE_INVALID),
							errmsg("template \"%s\" does not exist", name),
							errhint("Publish it with mailroom.publish_template().")));
		return;
	}
	table = SPI_tuptable;
	document_use_template(writer, statement_text(0, 1, writer->context),
						  (int) statement_int64(0, 2),
						  DatumGetTextPP(statement_value(0, 3, &isnull)));
	SPI_freetuptable(table);
}

const char *
document_template_name(int64 issuer_id, int64 invoice_id, MemoryContext context)
{
	Datum arguments[2] = {Int64GetDatum(issuer_id), Int64GetDatum(invoice_id)};
	const char *name = NULL;

	if (statement_run(&find_name, arguments, NULL) > 0)
		name = statement_text(0, 1, context);
	SPI_freetuptable(SPI_tuptable);
	return name == NULL ? TEMPLATE_OF_INVOICES : name;
}

void
document_use_template(DocumentWriter *writer, const char *name, int version, const text *source)
{
	writer->template_name = name;
	writer->template_version = version;
	port_raise(template_scratch_init(&writer->template_scratch, &writer->port), NULL,
			   ERRCODE_INTERNAL_ERROR, "a template");
	writer->program = document_compile_template(writer, source);
}

TemplateProgram *
document_compile_template(DocumentWriter *writer, const text *source)
{
	TemplateProgram *program = MemoryContextAllocZero(writer->context, sizeof(TemplateProgram));
	PortFault fault = {.status = PORT_OK};
	PortStatus status = compile(program, &writer->port, source, &fault);

	port_raise(status, &fault, ERRCODE_MAILROOM_TEMPLATE_INVALID, "template is broken");
	return program;
}

static PortStatus
compile(TemplateProgram *program, const Port *port, const text *source, PortFault *fault)
{
	XmlReader *reader = NULL; /* its address is taken: it lives in memory */
	volatile PortStatus status = PORT_OK;
	XmlGuard *guard = xml_guard_begin();

	PG_TRY();
	{
		status = template_compile(program, port, VARDATA_ANY(source), VARSIZE_ANY_EXHDR(source),
								  &reader, fault);
	}
	PG_FINALLY();
	{
		xml_reader_close(reader);
		xml_guard_end(guard, false);
	}
	PG_END_TRY();
	return status;
}
