/*
 * render_symbol.h: bar codes outside of pages: as SVG for browsers, as a picture for mail programs.
 */
#ifndef CORE_RENDER_SYMBOL_H
#define CORE_RENDER_SYMBOL_H

#include "core/deflate.h"
#include "core/render_walk.h"

/* In pixels of 1/96 inch, with the quiet zone: as wide as the template says, and no finer than a
 * screen can show. */
extern int render_symbol_width(const RenderSymbol *symbol);
extern int render_symbol_height(const RenderSymbol *symbol);
/* <svg> with its title; black on white whatever the page's colours are. */
extern void render_symbol_svg(ByteBuffer *out, const RenderSymbol *symbol);
/* rows is scratch. */
extern PortStatus render_symbol_png(ByteBuffer *out, ByteBuffer *rows, Deflater *deflater,
									const RenderSymbol *symbol);

#endif
