/*
 * document_labels.c: mailroom.label_sheet, labels of containers as a PDF.
 */
#include "postgres.h"

#include "base/errors.h"
#include "catalog/pg_type.h"
#include "core/label_sheet.h"
#include "document/document_writer.h"
#include "export.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

MAILROOM_FUNCTION(mailroom_label_sheet);

static void put_labels(LabelSheet *sheet, ArrayType *texts, ArrayType *codes);
static Slice slice_of(Datum value, bool isnull);

/* mailroom.label_sheet(labels text[], ssccs text[], label_columns, label_rows) → bytea */
Datum
mailroom_label_sheet(PG_FUNCTION_ARGS)
{
	int columns = PG_GETARG_INT32(2), rows = PG_GETARG_INT32(3);
	DocumentWriter *writer = document_open_writer(CurrentMemoryContext);
	PdfInfo info = {"labels", "en"};
	LabelSheet sheet;
	bytea *result;
	Size length;

	if (columns < 1 || columns > LABEL_MOST_COLUMNS || rows < 1 || rows > LABEL_MOST_ROWS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a sheet has no %d by %d labels", columns, rows),
						errhint("It has up to %d beside and %d below one another.",
								LABEL_MOST_COLUMNS, LABEL_MOST_ROWS)));
	label_sheet_begin(&sheet, &writer->layout, columns, rows);
	put_labels(&sheet, PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1));
	if (sheet.count == 0)
		layout_new_page(&writer->layout); /* a PDF has at least one page */
	layout_end(&writer->layout);
	if (writer->layout.missing != 0)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_TEMPLATE_INVALID),
						errmsg("no font has character U+%04X of a label", writer->layout.missing)));
	port_raise(pdf_document_write(&writer->document, &writer->layout, &info), NULL,
			   ERRCODE_INTERNAL_ERROR, "labels");
	length = writer->document.file.out.length;
	result = palloc_extended(VARHDRSZ + length, MCXT_ALLOC_HUGE);
	SET_VARSIZE(result, VARHDRSZ + length);
	memcpy(VARDATA(result), writer->document.file.out.bytes, length);
	PG_RETURN_BYTEA_P(result);
}

static void
put_labels(LabelSheet *sheet, ArrayType *texts, ArrayType *codes)
{
	Datum *text, *code;
	bool *no_text, *no_code;
	int count, code_count;

	deconstruct_array(texts, TEXTOID, -1, false, TYPALIGN_INT, &text, &no_text, &count);
	deconstruct_array(codes, TEXTOID, -1, false, TYPALIGN_INT, &code, &no_code, &code_count);
	if (count != code_count)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d labels have %d codes", count, code_count)));
	for (int i = 0; i < count; i++)
	{
		PortStatus status;

		CHECK_FOR_INTERRUPTS();
		status =
			label_sheet_put(sheet, slice_of(text[i], no_text[i]), slice_of(code[i], no_code[i]));
		if (status == PORT_INVALID)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the bar code of a label does not fit its width"),
							errhint("Put fewer labels beside one another.")));
		port_raise(status, NULL, ERRCODE_INTERNAL_ERROR, "labels");
	}
}

static Slice
slice_of(Datum value, bool isnull)
{
	text *content = isnull ? NULL : DatumGetTextPP(value);

	return content == NULL ? (Slice){NULL, 0}
						   : (Slice){VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content)};
}
