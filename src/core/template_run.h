/*
 * template_run.h: sets a document by a compiled template.
 */
#ifndef CORE_TEMPLATE_RUN_H
#define CORE_TEMPLATE_RUN_H

#include "core/template_program.h"

/* Working memory, used again for each document. */
typedef struct TemplateScratch
{
	ByteBuffer text, cells;
	struct TemplateTableRow *row, *head;
	struct QrEncoder *qr;		   /* opened by the first symbol */
	struct TemplateScratch *zones; /* of zones of every page, set in the middle of a table */
} TemplateScratch;

extern PortStatus template_scratch_init(TemplateScratch *scratch, const Port *port);

/*
 * Sets the pages of a document into the layout.  PORT_INVALID with rule TEMPLATE-FIELD when a value
 * that is not marked optional is missing, TEMPLATE-FIT when a text does not fit its place,
 * TEMPLATE-GLYPH when a character is in none of the faces; the message names template, block with
 * its line, and field.
 */
extern PortStatus template_run(const TemplateProgram *program, const TemplateData *data,
							   Layout *layout, TemplateScratch *scratch, PortFault *fault);

#endif
