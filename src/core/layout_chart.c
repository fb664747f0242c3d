/*
 * layout_chart.c: a chart on a page: bars or lines over a few grid lines.
 *
 * Bars of a second series stand beside those of the first, lines go through the middle of each
 * place.  A value that is missing leaves its place empty.
 */
#include "core/ink.h"
#include "core/template_chart.h"

#include <string.h>

#define CHART_HEIGHT MM(45)
#define LABEL_SIZE 700
#define AXIS_WIDTH MM(14)

typedef struct ChartPlace
{
	TemplateRun *run;
	const TemplateBlock *block;
	const ChartData *chart;
	int x, y, width, height; /* of the plot */
	int ink, second_ink;
} ChartPlace;

static Slice
part(const ChartData *chart, size_t start, size_t length)
{
	return (Slice){chart->texts.failed ? "" : chart->texts.bytes + start,
				   chart->texts.failed ? 0 : length};
}

/* From the top of the page, 1/100 pt. */
static int
y_of(const ChartPlace *place, double value)
{
	const ChartData *chart = place->chart;

	return place->y + place->height -
		   (int) (place->height * ((value - chart->least) / (chart->most - chart->least)));
}

static void
draw_axis(const ChartPlace *place)
{
	LayoutStyle style = {FONT_REGULAR, LABEL_SIZE, 40};
	TemplateRun *run = place->run;

	for (double value = place->chart->least; value <= place->chart->most + place->chart->step / 2;
		 value += place->chart->step)
	{
		int y = y_of(place, value);
		bool zero = value > -place->chart->step / 2 && value < place->chart->step / 2;

		template_draw_box(run, zero ? 50 : 88, place->x, y - 15, place->width, zero ? 50 : 30);
		buffer_reset(run->scratch);
		template_chart_axis_label(run, place->chart, zero ? 0 : value, run->scratch);
		if (!run->scratch->failed)
			template_draw_line(run, style, ALIGN_RIGHT, place->x - AXIS_WIDTH,
							   y - LABEL_SIZE * 65 / 100, AXIS_WIDTH - MM(2),
							   (Slice){run->scratch->bytes, run->scratch->length});
	}
}

static void
draw_bar(const ChartPlace *place, int ink, int x, int width, double value)
{
	int zero = y_of(place, 0), y = y_of(place, value);

	if (y > zero)
		template_draw_box(place->run, ink, x, zero, width, y - zero);
	else
		template_draw_box(place->run, ink, x, y, width, zero - y);
}

static void
draw_bars(const ChartPlace *place)
{
	const ChartData *chart = place->chart;
	int slot = place->width / chart->count;
	int bar = slot * (chart->has_second ? 36 : 56) / 100;

	if (bar > MM(12))
		bar = MM(12);
	for (int i = 0; i < chart->count; i++)
	{
		const ChartPoint *point = &chart->points[i];
		int middle = place->x + slot * i + slot / 2;

		if (chart->has_second && point->has_second)
			draw_bar(place, place->second_ink, middle - bar - 20, bar, point->second);
		if (point->has_value)
			draw_bar(place, place->ink, chart->has_second ? middle + 20 : middle - bar / 2, bar,
					 point->value);
	}
}

static void
draw_series(const ChartPlace *place, bool second)
{
	const ChartData *chart = place->chart;
	int points[2 * CHART_MAX_POINTS], count = 0, slot = place->width / chart->count;
	int ink = second ? place->second_ink : place->ink;

	for (int i = 0; i <= chart->count; i++)
	{
		const ChartPoint *point = &chart->points[i];

		if (i < chart->count && (second ? point->has_second : point->has_value))
		{
			points[2 * count] = place->x + slot * i + slot / 2;
			points[2 * count + 1] = y_of(place, second ? point->second : point->value);
			template_draw_box(place->run, ink, points[2 * count] - 120, points[2 * count + 1] - 120,
							  240, 240);
			count++;
			continue;
		}
		if (count > 1)
			pdf_page_polyline(&place->run->layout->page, ink, 140, points, count);
		count = 0;
	}
}

static void
draw_labels(const ChartPlace *place)
{
	const ChartData *chart = place->chart;
	LayoutStyle style = {FONT_REGULAR, LABEL_SIZE, 30};
	int slot = place->width / chart->count, widest = 0, every;

	for (int i = 0; i < chart->count; i++)
	{
		int width =
			layout_width(style, part(chart, chart->points[i].label, chart->points[i].label_length));

		widest = width > widest ? width : widest;
	}
	every = slot > 0 ? (widest + 300 + slot - 1) / slot : 1;
	for (int i = 0; i < chart->count; i += every < 1 ? 1 : every)
	{
		Slice text = part(chart, chart->points[i].label, chart->points[i].label_length);
		int width = layout_width(style, text);

		layout_whole(place->run->layout, style, place->x + slot * i + (slot - width) / 2,
					 place->y + place->height + MM10(12) + LABEL_SIZE, width + 100, text);
	}
}

/* What the series are, from the right edge of the heading's line. */
static void
draw_legend(const ChartPlace *place, int right, int y)
{
	LayoutStyle style = {FONT_REGULAR, 750, 20};
	TemplateRun *run = place->run;

	for (int second = 0; second < 2; second++)
	{
		TemplateExpression legend = second ? place->block->legend : place->block->second_legend;
		int width;
		Slice text;

		if (legend.count == 0 || (!second && !place->chart->has_second))
			continue;
		text = template_evaluate(run, place->block, legend);
		width = layout_width(style, text);
		layout_whole(run->layout, style, right - width, y + style.size, width + 100, text);
		right -= width + MM(4);
		template_draw_box(run, second ? place->ink : place->second_ink, right, y + 200, MM10(25),
						  MM10(22));
		right -= MM(4);
	}
}

static int
draw_heading(const ChartPlace *place, int x, int width)
{
	const TemplateBlock *block = place->block;
	LayoutStyle heading = {FONT_BOLD, 900, 0}, soft = {FONT_REGULAR, 750, 35};
	TemplateRun *run = place->run;
	int used = 0, y = run->layout->y;
	Slice text;

	if (block->title.count == 0 && block->legend.count == 0)
		return 0;
	if (block->title.count > 0)
	{
		text = template_evaluate(run, block, block->title);
		used = layout_width(heading, text) + MM(2);
		template_draw_line(run, heading, ALIGN_LEFT, x, y, width * 6 / 10, text);
	}
	if (block->unit.count > 0 && used < width * 6 / 10)
	{
		text = template_evaluate(run, block, block->unit);
		template_draw_line(run, soft, ALIGN_LEFT, x + used, y + 150, MM(25), text);
	}
	if (!run->measuring)
		draw_legend(place, x + width, y);
	return MM(8);
}

static void
draw_chart(ChartPlace *place)
{
	int bottom = MM(5);

	place->x += AXIS_WIDTH;
	place->width -= AXIS_WIDTH;
	place->height -= bottom;
	if (place->width < place->chart->count * 200 || place->height < MM(10))
	{
		port_fault(place->run->fault, PORT_INVALID, "TEMPLATE-FIT",
				   "template \"%.60s\", block <chart> in line %d: its place is too small",
				   place->run->program->name.bytes, place->block->line);
		return;
	}
	draw_axis(place);
	if (place->block->chart == CHART_BAR)
		draw_bars(place);
	else
	{
		if (place->chart->has_second)
			draw_series(place, true);
		draw_series(place, false);
	}
	draw_labels(place);
}

void
template_run_chart(TemplateRun *run, const TemplateBlock *block, int x, int width)
{
	int height = block->height > 0 ? block->height : CHART_HEIGHT;
	ChartPlace place = {.run = run, .block = block, .ink = template_ink(run, block)};
	ChartData *chart;

	x += block->x;
	width = template_inner_width(block, width);
	template_ensure(run, height);
	if (run->measuring)
	{
		run->layout->y += height;
		return;
	}
	chart = run->program->port->alloc(run->program->port->host, sizeof(ChartData));
	if (chart == NULL)
	{
		run->layout->status = PORT_NO_MEMORY;
		return;
	}
	buffer_init(&chart->texts, run->program->port);
	template_chart_collect(run, block, chart);
	place.chart = chart;
	place.second_ink = block->second_colour >= 0 ? run->inks[block->second_colour] : 75;
	place.y = run->layout->y + draw_heading(&place, x, width);
	place.x = x;
	place.width = width;
	place.height = height - (place.y - run->layout->y);
	if (chart->count > 0 && !template_failed(run))
		draw_chart(&place);
	run->layout->y += height;
	buffer_release(&chart->texts);
	run->program->port->release(run->program->port->host, chart);
}
