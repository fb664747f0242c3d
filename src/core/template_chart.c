/*
 * template_chart.c: collects the figures of a chart and chooses its axis.
 */
#include "core/template_chart.h"

#include <stdio.h>

#define AXIS_STEPS 4 /* at most, above zero */

static double
to_double(Decimal value)
{
	double result = (double) value.units;

	for (int i = 0; i < value.scale; i++)
		result /= 10;
	return result;
}

static bool
take_number(TemplateRun *run, TemplateExpression expression, double *value)
{
	Decimal number;

	*value = 0;
	if (expression.count == 0 || !template_evaluate_number(run, expression, &number))
		return false;
	*value = to_double(number);
	return true;
}

/* A value may be missing; one that is there and no number must not be drawn as nothing. */
static void
require_number(TemplateRun *run, const TemplateBlock *block, bool is_number,
			   const ByteBuffer *texts, size_t start, size_t length)
{
	if (is_number || length == 0)
		return;
	port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIELD",
			   "template \"%.60s\", block <chart> in line %d: \"%.*s\" is no number",
			   run->program->name.bytes, block->line, (int) (length < 40 ? length : 40),
			   (const char *) texts->bytes + start);
}

static void
take_text(TemplateRun *run, const TemplateBlock *block, TemplateExpression expression,
		  ByteBuffer *texts, size_t *start, size_t *length)
{
	*start = texts->length;
	if (expression.count > 0)
		(void) template_append(run, block, expression, texts);
	*length = texts->failed ? 0 : texts->length - *start;
}

/* The next multiple of step, away from zero. */
static double
multiple_of(double value, double step)
{
	double result = 0;

	for (int i = 0; i < 100 && result < value - step / 1000; i++)
		result += step;
	return result;
}

/* Smallest of 1, 2, 2.5, 5 times a power of ten that reaches the most with AXIS_STEPS steps. */
static void
choose_axis(ChartData *chart)
{
	static const double factors[] = {1, 2, 2.5, 5, 10};
	double range = chart->most - chart->least, power = 1;

	if (range <= 0)
		range = chart->most = 1;
	chart->step_decimals = 0;
	while (power * AXIS_STEPS * 10 < range)
		power *= 10;
	while (power * AXIS_STEPS > range && chart->step_decimals < 6)
	{
		power /= 10;
		chart->step_decimals++;
	}
	for (int i = 0; i < 5; i++)
	{
		chart->step = factors[i] * power;
		if (chart->step * AXIS_STEPS >= range)
		{
			chart->step_decimals += i == 2 && power < 10 ? 1 : 0;
			break;
		}
	}
	chart->most = multiple_of(chart->most, chart->step);
	chart->least = -multiple_of(-chart->least, chart->step);
}

void
template_chart_collect(TemplateRun *run, const TemplateBlock *block, ChartData *chart)
{
	TemplateLoop loop;

	chart->count = 0;
	chart->least = chart->most = 0;
	chart->has_second = false;
	buffer_reset(&chart->texts);
	template_loop_begin(run, &loop, block);
	while (!template_failed(run) && template_loop_next(run, &loop))
	{
		ChartPoint *point = &chart->points[chart->count];

		if (chart->count == CHART_MAX_POINTS)
		{
			port_fault(run->fault, PORT_INVALID, "TEMPLATE-FIT",
					   "template \"%.60s\", block <chart> in line %d: more than %d values",
					   run->program->name.bytes, block->line, CHART_MAX_POINTS);
			break;
		}
		chart->count++;
		point->has_value = take_number(run, block->content, &point->value);
		point->has_second = take_number(run, block->second, &point->second);
		chart->has_second |= point->has_second;
		take_text(run, block, block->label, &chart->texts, &point->label, &point->label_length);
		take_text(run, block, block->content, &chart->texts, &point->value_text,
				  &point->value_length);
		take_text(run, block, block->second, &chart->texts, &point->second_text,
				  &point->second_length);
		require_number(run, block, point->has_value, &chart->texts, point->value_text,
					   point->value_length);
		require_number(run, block, point->has_second, &chart->texts, point->second_text,
					   point->second_length);
		if (point->value > chart->most)
			chart->most = point->value;
		if (point->second > chart->most)
			chart->most = point->second;
		if (point->value < chart->least)
			chart->least = point->value;
		if (point->second < chart->least)
			chart->least = point->second;
	}
	template_loop_end(run, &loop);
	choose_axis(chart);
}

void
template_chart_axis_label(const TemplateRun *run, const ChartData *chart, double value,
						  ByteBuffer *out)
{
	char text[40];
	int length = snprintf(text, sizeof(text), "%.*f", chart->step_decimals, value);

	format_quantity(out, run->language, (Slice){text, (size_t) length});
}
