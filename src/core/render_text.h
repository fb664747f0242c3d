/*
 * render_text.h: a document as plain text: the text part of an e-mail, its subject, an SMS.
 */
#ifndef CORE_RENDER_TEXT_H
#define CORE_RENDER_TEXT_H

#include "core/render_walk.h"

typedef struct RenderPlain
{
	ByteBuffer out; /* the last text */
	RenderScratch scratch;
	/* while walking */
	TemplateLanguage language;
	ByteBuffer heads; /* of the table at hand, each ended by NUL */
	size_t head_at[16];
	bool one_line, in_cell, blank, first_named, row_begun;
	int cell_texts, column;
} RenderPlain;

extern void render_plain_init(RenderPlain *plain, const Port *port);
/* A text without what no reader shows; no-break spaces become blanks. */
extern void render_plain_append(ByteBuffer *out, Slice text);
/* The whole document: lines end in a line feed.  Faults as render_walk. */
extern PortStatus render_plain(RenderPlain *plain, const TemplateProgram *program,
							   const TemplateData *data, PortFault *fault);
/*
 * The texts of the template's <subject> or <sms> in one line, with a blank between them; where the
 * template has none those of house; for an SMS or a letter what render_made says.
 */
extern PortStatus render_short(RenderPlain *plain, TemplateBlockKind kind,
							   const TemplateProgram *program, const TemplateProgram *house,
							   const TemplateData *data, PortFault *fault);

/*
 * An SMS or a letter's subject out of the blocks of a template: who writes, what, number, amount,
 * due date, account and reference as the template says them, and what its channels name for SMS.
 */
extern PortStatus render_made(RenderPlain *plain, TemplateBlockKind kind,
							  const TemplateProgram *program, const TemplateData *data,
							  PortFault *fault);

#endif
