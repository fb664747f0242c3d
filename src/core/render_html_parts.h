/*
 * render_html_parts.h: what the files of the HTML target share.
 */
#ifndef CORE_RENDER_HTML_PARTS_H
#define CORE_RENDER_HTML_PARTS_H

#include "core/render_html.h"

/* Bytes as they are, and text escaped. */
extern void html_put(RenderHtml *html, const char *text);
extern void html_put_text(RenderHtml *html, Slice text);

/* Ends the list of terms or the paragraph that is left open. */
extern void html_close_open(RenderHtml *html);

extern void html_tell_region(void *state, RenderRegion region, bool start);
extern void html_tell_zone(void *state, const TemplateBlock *zone, bool start);
extern void html_tell_columns(void *state, bool start);
extern void html_tell_column(void *state, int width, bool start);
extern void html_tell_image(void *state, Slice name, Slice shows, const TemplateBlock *block);
extern void html_tell_gap(void *state, bool ruled);

#endif
