/*
 * document_image.c: images of templates: checked when they are stored, made ready once a run.
 */
#include "postgres.h"

#include "document/document_writer.h"

#include "base/errors.h"
#include "base/statement.h"
#include "catalog/pg_type.h"
#include "export.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

MAILROOM_FUNCTION(mailroom_check_image);
MAILROOM_FUNCTION(mailroom_check_template_images);

/* Images that the template names, and those that the issuer's brands may put in their place. */
static Statement find_images =
	STATEMENT("SELECT r.name, r.content FROM mailroom.template_resource r WHERE r.issuer_id = $1"
			  " AND (r.name = ANY ($2) OR EXISTS (SELECT FROM mailroom.brand b"
			  " WHERE b.issuer_id = $1 AND b.logo = r.name)) ORDER BY r.name",
			  INT8OID, TEXTARRAYOID);

static int collect_names(const TemplateProgram *program, Datum *names);
static void take_image(DocumentWriter *writer, LayoutImage *image, uint64 row);
static void require_image(const LayoutImage *images, int count, const TemplateProgram *program,
						  const TemplateBlock *block);

/* mailroom.check_image(content bytea) → void */
Datum
mailroom_check_image(PG_FUNCTION_ARGS)
{
	bytea *content = PG_GETARG_BYTEA_PP(0);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mailroom image", ALLOCSET_DEFAULT_SIZES);
	Port port = port_server(context);
	PortFault fault = {.status = PORT_OK};
	PdfImage image;
	PortStatus status = pdf_image_open(&image, &port, &pdf_profile_print, VARDATA_ANY(content),
									   VARSIZE_ANY_EXHDR(content), &fault);

	MemoryContextDelete(context);
	port_raise(status, &fault, ERRCODE_MAILROOM_TEMPLATE_INVALID, "image cannot be used");
	PG_RETURN_VOID();
}

/* mailroom.check_template(issuer_id bigint, source text) → void */
Datum
mailroom_check_template_images(PG_FUNCTION_ARGS)
{
	DocumentWriter *writer;

	SPI_connect();
	writer = document_open_writer(CurrentMemoryContext);
	document_use_template(writer, "check", 0, PG_GETARG_TEXT_PP(1));
	document_load_images(writer, PG_GETARG_INT64(0));
	SPI_finish();
	PG_RETURN_VOID();
}

void
document_load_images(DocumentWriter *writer, int64 issuer_id)
{
	const TemplateProgram *program = writer->program;
	Datum names[TEMPLATE_MAX_BLOCKS], arguments[2];
	LayoutImage *images;
	int name_count, count;

	writer->layout.image_count = 0;
	if (program == NULL || (name_count = collect_names(program, names)) == 0)
		return;
	arguments[0] = Int64GetDatum(issuer_id);
	arguments[1] =
		PointerGetDatum(construct_array(names, name_count, TEXTOID, -1, false, TYPALIGN_INT));
	count = (int) statement_run(&find_images, arguments, NULL);
	images = MemoryContextAllocZero(writer->context, sizeof(LayoutImage) * (count + 1));
	for (int i = 0; i < count; i++)
		take_image(writer, &images[i], (uint64) i);
	SPI_freetuptable(SPI_tuptable);
	for (int i = 0; i < program->block_count; i++)
		if (program->blocks[i].kind == BLOCK_IMAGE)
			require_image(images, count, program, &program->blocks[i]);
	writer->layout.images = images;
	writer->layout.image_count = count;
}

static int
collect_names(const TemplateProgram *program, Datum *names)
{
	int count = 0;

	for (int i = 0; i < program->block_count; i++)
		if (program->blocks[i].kind == BLOCK_IMAGE)
			names[count++] = PointerGetDatum(cstring_to_text_with_len(
				program->blocks[i].name.bytes, (int) program->blocks[i].name.length));
	return count;
}

static void
take_image(DocumentWriter *writer, LayoutImage *image, uint64 row)
{
	PortFault fault = {.status = PORT_OK};
	bool isnull;
	bytea *content = DatumGetByteaPP(statement_value(row, 2, &isnull));
	char *name = statement_text(row, 1, writer->context);
	PortStatus status =
		pdf_image_open(&image->image, &writer->port, writer->document.file.shared->profile,
					   VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content), &fault);

	port_raise(status, &fault, ERRCODE_MAILROOM_TEMPLATE_INVALID,
			   psprintf("image \"%s\" cannot be used", name));
	image->name = (Slice){name, strlen(name)};
	image->content.length = VARSIZE_ANY_EXHDR(content);
	image->content.bytes = memcpy(MemoryContextAlloc(writer->context, image->content.length + 1),
								  VARDATA_ANY(content), image->content.length);
}

/* A brand may have no logo; every other image was meant to be there. */
static void
require_image(const LayoutImage *images, int count, const TemplateProgram *program,
			  const TemplateBlock *block)
{
	Slice name = block->name;

	if (name.length == 4 && memcmp(name.bytes, "logo", 4) == 0)
		return;
	for (int i = 0; i < count; i++)
		if (images[i].name.length == name.length &&
			memcmp(images[i].name.bytes, name.bytes, name.length) == 0)
			return;
	ereport(ERROR, (errcode(ERRCODE_MAILROOM_TEMPLATE_INVALID),
					errmsg("template \"%.60s\", block <image> in line %d: image \"%.*s\" of the "
						   "template is not stored",
						   program->name.bytes, block->line, (int) name.length, name.bytes),
					errhint("Store it with mailroom.store_resource().")));
}
