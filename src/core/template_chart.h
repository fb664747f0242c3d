/*
 * template_chart.h: the figures behind a chart, for all that draw it.
 *
 * Values are only drawn with, never shown or summed, so a double is exact enough; what is shown is
 * the text in the document's language.
 */
#ifndef CORE_TEMPLATE_CHART_H
#define CORE_TEMPLATE_CHART_H

#include "core/template_state.h"

#define CHART_MAX_POINTS 60

typedef struct ChartPoint
{
	double value, second;
	bool has_value, has_second;
	size_t label, label_length;		   /* in texts */
	size_t value_text, value_length;   /* in texts */
	size_t second_text, second_length; /* in texts */
} ChartPoint;

typedef struct ChartData
{
	int count;
	ChartPoint points[CHART_MAX_POINTS];
	double least, most, step; /* of the axis: multiples of step */
	int step_decimals;		  /* that its labels need */
	bool has_second;
	ByteBuffer texts;
} ChartData;

/* Reads the rows; texts is the caller's to init and release.  Too many points are a fault. */
extern void template_chart_collect(TemplateRun *run, const TemplateBlock *block, ChartData *chart);
/* The label of an axis value in the document's language. */
extern void template_chart_axis_label(const TemplateRun *run, const ChartData *chart, double value,
									  ByteBuffer *out);

#endif
