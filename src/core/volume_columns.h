/*
 * volume_columns.h: what the columns of a template say in sample documents, and how to tell it in
 * few bits.  Used for learning only.
 */
#ifndef CORE_VOLUME_COLUMNS_H
#define CORE_VOLUME_COLUMNS_H

#include "core/volume_skeleton.h"
#include "core/volume_template_model.h"

/* A value of a column, in the order of the documents. */
typedef struct ColumnEvent
{
	uint32_t column;
	uint32_t length;
	const char *text;
	int64_t number;
	uint32_t symbol; /* as in ColumnMemory */
	bool repeated;
} ColumnEvent;

typedef struct ColumnEvents
{
	const Port *port;
	VolumeTemplate *template;
	ColumnEvent *events;
	uint32_t count;
	uint32_t *document_end; /* first event behind each document */
	int document_count;
	PortStatus status;
} ColumnEvents;

/* Memory of the template, zeroed; NULL and status when there is none. */
extern void *columns_memory(ColumnEvents *events, size_t count, size_t size);
/* A table by counts: more often means shorter, and nothing is impossible. */
extern TemplateTable columns_table(ColumnEvents *events, const uint32_t *counts, uint32_t symbols);
/* Share of first among first and second, from 1 to 65,535. */
extern uint32_t columns_frequency(uint64_t first, uint64_t second);

/* volume_columns.c: kinds and looks of each state's columns, from its values */
extern void columns_lay_out(ColumnEvents *events, const Skeleton *skeleton);
/* volume_columns_number.c: rules of number columns and what they leave; then those that do no
 * better become texts */
extern void columns_learn_numbers(ColumnEvents *events);
/* volume_columns_text.c: dictionaries, repeats, choosers, words, letters */
extern void columns_learn_texts(ColumnEvents *events);

#endif
