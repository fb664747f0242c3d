/*
 * render_chart.h: a chart where there are no pages.
 */
#ifndef CORE_RENDER_CHART_H
#define CORE_RENDER_CHART_H

#include "core/render_walk.h"
#include "core/template_chart.h"

/* What a walk tells of a chart; texts are valid during the call. */
typedef struct RenderChart
{
	const ChartData *data;
	const TemplateRun *run;
	bool line;
	Slice title, unit, legend, second_legend;
	int ink, second_ink; /* core/ink.h, INK_NONE: the page's own colour */
} RenderChart;

/* Inline SVG with <title>, and the figures as a table behind. */
extern void render_chart_svg(ByteBuffer *out, ByteBuffer *scratch, const RenderChart *chart,
							 const char *table_word);
/* Cells of a table as bars: mail programs show no SVG. */
extern void render_chart_cells(ByteBuffer *out, const RenderChart *chart);
/* "January: 120 kWh, 110 kWh" in a line each; plain text. */
extern void render_chart_lines(ByteBuffer *out, const RenderChart *chart);

#endif
