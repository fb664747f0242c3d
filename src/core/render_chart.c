/*
 * render_chart.c: charts as SVG, as cells and as text.
 *
 * The drawing is 360 units wide, so that its letters can be read on a telephone of that width.
 */
#include "core/render_chart.h"

#include "core/ink.h"
#include "core/render_html.h"
#include "core/render_text.h"

#include <string.h>

#define WIDTH 360
#define LEFT 40
#define RIGHT 352
#define TOP 10
#define BOTTOM 168
#define HEIGHT 190
#define AXIS 34	   /* where labels of the axis end */
#define LABELS 184 /* the line below the chart */
#define LETTER 5.8 /* about how wide a letter of a label is */

#define QUOTED(number) #number
#define TEXT_OF(number) QUOTED(number)

#define OWN_COLOUR 0x1D3557
#define SECOND_COLOUR 0x8A93A6

/* As "%.1f" writes it: a page has some hundred of them, which cost more than the rest of a chart.
 */
static void
put_tenths(ByteBuffer *out, double value)
{
	double scaled = (value < 0 ? -value : value) * 10;
	int64_t tenths = scaled < 1e9 ? (int64_t) scaled : 0;
	double rest = scaled - (double) tenths;

	/* so near to the middle the product may have been rounded over it; and a zero has a sign */
	if (!(scaled < 1e9) || (rest > 0.4999 && rest < 0.5001) || scaled < 0.5)
	{
		buffer_printf(out, "%.1f", value);
		return;
	}
	tenths += rest > 0.5;
	if (value < 0)
		buffer_append_char(out, '-');
	buffer_append_int(out, tenths / 10);
	buffer_append_char(out, '.');
	buffer_append_char(out, (char) ('0' + tenths % 10));
}

/* An attribute or a coordinate: what stands before it, and the number. */
static void
put_number(ByteBuffer *out, const char *before, double value)
{
	buffer_append_text(out, before);
	put_tenths(out, value);
}

static Slice
part(const ChartData *data, size_t start, size_t length)
{
	return (Slice){data->texts.bytes + start, length};
}

static int
colour_of(int ink, int otherwise)
{
	return ink == INK_NONE ? otherwise : ink_rgb(ink);
}

static double
y_of(const ChartData *data, double value)
{
	return BOTTOM - (BOTTOM - TOP) * ((value - data->least) / (data->most - data->least));
}

static void
put_axis(ByteBuffer *out, ByteBuffer *scratch, const RenderChart *chart)
{
	const ChartData *data = chart->data;

	buffer_append_text(out, "<g font-size=\"11\" fill=\"#55565c\" text-anchor=\"end\">\n");
	for (double value = data->least; value <= data->most + data->step / 2; value += data->step)
	{
		bool zero = value > -data->step / 2 && value < data->step / 2;
		double y = y_of(data, value);

		put_number(out, "<path d=\"M" TEXT_OF(LEFT) " ", y);
		buffer_append_text(out, zero ? "H" TEXT_OF(RIGHT) "\" stroke=\"#8a93a6\"/>"
									 : "H" TEXT_OF(RIGHT) "\" stroke=\"#d8d9de\"/>");
		put_number(out, "<text x=\"" TEXT_OF(AXIS) "\" y=\"", y + 4);
		buffer_append_text(out, "\">");
		buffer_reset(scratch);
		template_chart_axis_label(chart->run, data, zero ? 0 : value, scratch);
		html_append_escaped(out, (Slice){scratch->bytes, scratch->failed ? 0 : scratch->length});
		buffer_append_text(out, "</text>\n");
	}
	buffer_append_text(out, "</g>\n");
}

/* Every label, or every second, third ...: as many as do not run into one another. */
static int
label_step(const ChartData *data)
{
	size_t longest = 1;
	double place = (double) (RIGHT - LEFT) / data->count;
	int step = 1;

	for (int i = 0; i < data->count; i++)
		if (data->points[i].label_length > longest)
			longest = data->points[i].label_length;
	while (step < data->count && place * step < (double) longest * LETTER + 4)
		step++;
	return step;
}

static void
put_labels(ByteBuffer *out, const ChartData *data)
{
	double place = (double) (RIGHT - LEFT) / data->count;
	int step = label_step(data);

	buffer_append_text(out, "<g font-size=\"11\" fill=\"#55565c\" text-anchor=\"middle\">\n");
	for (int i = 0; i < data->count; i += step)
	{
		put_number(out, "<text x=\"", LEFT + place * (i + 0.5));
		buffer_append_text(out, "\" y=\"" TEXT_OF(LABELS) "\">");
		html_append_escaped(out, part(data, data->points[i].label, data->points[i].label_length));
		buffer_append_text(out, "</text>");
	}
	buffer_append_text(out, "\n</g>\n");
}

/* What a pointer over a bar or dot shows. */
static void
put_tip(ByteBuffer *out, const RenderChart *chart, const ChartPoint *point, bool second)
{
	const ChartData *data = chart->data;

	buffer_append_text(out, "><title>");
	html_append_escaped(out, part(data, point->label, point->label_length));
	buffer_append_text(out, ": ");
	html_append_escaped(out, second ? part(data, point->second_text, point->second_length)
									: part(data, point->value_text, point->value_length));
	if (chart->unit.length > 0)
		buffer_append_char(out, ' ');
	html_append_escaped(out, chart->unit);
	buffer_append_text(out, "</title>");
}

static void
put_bars(ByteBuffer *out, const RenderChart *chart, bool second)
{
	const ChartData *data = chart->data;
	double place = (double) (RIGHT - LEFT) / data->count;
	double width = place * (data->has_second ? 0.36 : 0.6);
	double zero = y_of(data, 0);

	for (int i = 0; i < data->count; i++)
	{
		const ChartPoint *point = &data->points[i];
		double value = second ? point->second : point->value, y = y_of(data, value);
		double x = LEFT + place * (i + 0.5) - (data->has_second ? (second ? width : 0) : width / 2);

		if (second ? !point->has_second : !point->has_value)
			continue;
		put_number(out, "<rect x=\"", x);
		put_number(out, "\" y=\"", y < zero ? y : zero);
		put_number(out, "\" width=\"", width);
		put_number(out, "\" height=\"", y < zero ? zero - y : y - zero);
		buffer_append_char(out, '"');
		put_tip(out, chart, point, second);
		buffer_append_text(out, "</rect>\n");
	}
}

static void
put_line(ByteBuffer *out, const RenderChart *chart, bool second)
{
	const ChartData *data = chart->data;
	double place = (double) (RIGHT - LEFT) / data->count;
	bool drawn = false;

	buffer_append_text(out,
					   "<path fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" d=\"");
	for (int i = 0; i < data->count; i++)
	{
		const ChartPoint *point = &data->points[i];
		bool there = second ? point->has_second : point->has_value;

		if (there)
		{
			put_number(out, drawn ? "L" : "M", LEFT + place * (i + 0.5));
			put_number(out, " ", y_of(data, second ? point->second : point->value));
		}
		drawn = there; /* a gap where a value is missing */
	}
	buffer_append_text(out, "\"/>\n");
	for (int i = 0; i < data->count; i++)
	{
		const ChartPoint *point = &data->points[i];

		if (second ? !point->has_second : !point->has_value)
			continue;
		put_number(out, "<circle cx=\"", LEFT + place * (i + 0.5));
		put_number(out, "\" cy=\"", y_of(data, second ? point->second : point->value));
		buffer_append_text(out, "\" r=\"3\"");
		put_tip(out, chart, point, second);
		buffer_append_text(out, "</circle>\n");
	}
}

static void
put_series(ByteBuffer *out, const RenderChart *chart, bool second)
{
	int rgb =
		second ? colour_of(chart->second_ink, SECOND_COLOUR) : colour_of(chart->ink, OWN_COLOUR);

	buffer_printf(out, "<g fill=\"#%06x\" stroke=\"#%06x\" stroke-width=\"0\">\n", (unsigned) rgb,
				  (unsigned) rgb);
	if (chart->line)
		put_line(out, chart, second);
	else
		put_bars(out, chart, second);
	buffer_append_text(out, "</g>\n");
}

static void
put_key(ByteBuffer *out, Slice name, int rgb)
{
	buffer_printf(out, "<span class=\"key\"><i style=\"background:#%06x\">&#160;</i>",
				  (unsigned) rgb);
	html_append_escaped(out, name);
	buffer_append_text(out, "</span>\n");
}

static void
put_heads(ByteBuffer *out, const RenderChart *chart)
{
	Slice names[2] = {chart->legend, chart->second_legend};

	buffer_append_text(out, "<thead><tr><td></td>");
	for (int i = 0; i < (chart->data->has_second ? 2 : 1); i++)
	{
		buffer_append_text(out, "<th scope=\"col\">");
		html_append_escaped(out, names[i].length > 0 ? names[i] : chart->title);
		if (chart->unit.length > 0)
		{
			buffer_append_text(out, " (");
			html_append_escaped(out, chart->unit);
			buffer_append_char(out, ')');
		}
		buffer_append_text(out, "</th>");
	}
	buffer_append_text(out, "</tr></thead>\n<tbody>\n");
}

static void
put_figures(ByteBuffer *out, const RenderChart *chart, const char *table_word)
{
	const ChartData *data = chart->data;

	buffer_append_text(out, "<details><summary>");
	buffer_append_text(out, table_word);
	buffer_append_text(out, "</summary>\n<table class=\"figures\">\n");
	put_heads(out, chart);
	for (int i = 0; i < data->count; i++)
	{
		const ChartPoint *point = &data->points[i];

		buffer_append_text(out, "<tr><th scope=\"row\">");
		html_append_escaped(out, part(data, point->label, point->label_length));
		buffer_append_text(out, "</th><td>");
		html_append_escaped(out, part(data, point->value_text, point->value_length));
		if (data->has_second)
		{
			buffer_append_text(out, "</td><td>");
			html_append_escaped(out, part(data, point->second_text, point->second_length));
		}
		buffer_append_text(out, "</td></tr>\n");
	}
	buffer_append_text(out, "</tbody></table>\n</details>\n");
}

void
render_chart_svg(ByteBuffer *out, ByteBuffer *scratch, const RenderChart *chart,
				 const char *table_word)
{
	if (chart->data->texts.failed || chart->data->count == 0)
		return;
	buffer_append_text(out, "<figure>\n<figcaption>");
	html_append_escaped(out, chart->title);
	buffer_append_text(out, "</figcaption>\n");
	buffer_printf(out,
				  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
				  "aria-label=\"",
				  WIDTH, HEIGHT);
	html_append_escaped(out, chart->title);
	buffer_append_text(out, "\">\n<title>");
	html_append_escaped(out, chart->title);
	buffer_append_text(out, "</title>\n");
	put_axis(out, scratch, chart);
	if (chart->data->has_second)
		put_series(out, chart, true);
	put_series(out, chart, false);
	put_labels(out, chart->data);
	buffer_append_text(out, "</svg>\n<p class=\"keys\">");
	if (chart->legend.length > 0)
		put_key(out, chart->legend, colour_of(chart->ink, OWN_COLOUR));
	if (chart->data->has_second && chart->second_legend.length > 0)
		put_key(out, chart->second_legend, colour_of(chart->second_ink, SECOND_COLOUR));
	if (chart->unit.length > 0)
	{
		buffer_append_text(out, "<span class=\"key\">");
		html_append_escaped(out, chart->unit);
		buffer_append_text(out, "</span>");
	}
	buffer_append_text(out, "</p>\n");
	put_figures(out, chart, table_word);
	buffer_append_text(out, "</figure>\n");
}

/* ---------- cells ---------- */

static void
put_cell_bar(ByteBuffer *out, const ChartData *data, double value, int rgb)
{
	int percent = data->most > 0 && value > 0 ? (int) (value / data->most * 100 + 0.5) : 0;

	if (percent > 0)
		buffer_printf(out,
					  "<table role=\"presentation\" width=\"%d%%\" cellpadding=\"0\" "
					  "cellspacing=\"0\"><tr><td bgcolor=\"#%06x\" style=\"height:10px;"
					  "line-height:10px;font-size:1px;background:#%06x\">&#160;</td></tr></table>",
					  percent, (unsigned) rgb, (unsigned) rgb);
}

void
render_chart_cells(ByteBuffer *out, const RenderChart *chart)
{
	const ChartData *data = chart->data;

	if (data->texts.failed || data->count == 0)
		return;
	buffer_append_text(out, "<p style=\"margin:8px 0 4px;font-weight:bold\">");
	html_append_escaped(out, chart->title);
	buffer_append_text(out, "</p>\n<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
							"style=\"font-size:13px\">\n");
	for (int i = 0; i < data->count; i++)
	{
		const ChartPoint *point = &data->points[i];

		buffer_append_text(out, "<tr><th scope=\"row\" align=\"left\" style=\"padding:2px 8px 2px "
								"0;color:#55565c;font-weight:normal\">");
		html_append_escaped(out, part(data, point->label, point->label_length));
		buffer_append_text(out, "</th><td width=\"70%\" style=\"padding:2px 0\">");
		put_cell_bar(out, data, point->value, colour_of(chart->ink, OWN_COLOUR));
		if (data->has_second)
			put_cell_bar(out, data, point->second, colour_of(chart->second_ink, SECOND_COLOUR));
		buffer_append_text(out, "</td><td align=\"right\" style=\"padding:2px 0 2px 8px\">");
		html_append_escaped(out, part(data, point->value_text, point->value_length));
		if (data->has_second)
		{
			buffer_append_text(out, "<br/><span style=\"color:#55565c\">");
			html_append_escaped(out, part(data, point->second_text, point->second_length));
			buffer_append_text(out, "</span>");
		}
		buffer_append_text(out, "</td></tr>\n");
	}
	buffer_append_text(out, "</table>\n<p style=\"margin:0 0 8px;color:#55565c;font-size:13px\">");
	html_append_escaped(out, chart->legend);
	if (data->has_second && chart->second_legend.length > 0)
	{
		buffer_append_text(out, chart->legend.length > 0 ? " / " : "");
		html_append_escaped(out, chart->second_legend);
	}
	if (chart->unit.length > 0)
	{
		buffer_append_text(out, " ");
		html_append_escaped(out, chart->unit);
	}
	buffer_append_text(out, "</p>\n");
}

/* ---------- text ---------- */

void
render_chart_lines(ByteBuffer *out, const RenderChart *chart)
{
	const ChartData *data = chart->data;

	if (data->texts.failed)
		return;
	render_plain_append(out, chart->title);
	if (chart->unit.length > 0)
	{
		buffer_append_text(out, ", ");
		render_plain_append(out, chart->unit);
	}
	if (data->has_second && chart->legend.length > 0)
	{
		buffer_append_text(out, " (");
		render_plain_append(out, chart->legend);
		buffer_append_text(out, " / ");
		render_plain_append(out, chart->second_legend);
		buffer_append_text(out, ")");
	}
	buffer_append_char(out, '\n');
	for (int i = 0; i < data->count; i++)
	{
		const ChartPoint *point = &data->points[i];

		buffer_append_text(out, "  ");
		render_plain_append(out, (Slice){data->texts.bytes + point->label, point->label_length});
		buffer_append_text(out, ": ");
		render_plain_append(out,
							(Slice){data->texts.bytes + point->value_text, point->value_length});
		if (data->has_second)
		{
			buffer_append_text(out, " / ");
			render_plain_append(
				out, (Slice){data->texts.bytes + point->second_text, point->second_length});
		}
		buffer_append_char(out, '\n');
	}
}
