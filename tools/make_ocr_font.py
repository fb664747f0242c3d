#!/usr/bin/python3
"""make_ocr_font.py OCRB.otf OUT.ttf: the characters of code lines as a TrueType font (package python3-fonttools).

The outlines of the source are cubic and drawn for printer's points of 1/72.27 inch.  Here they are quadratic within 1/1000 em, and
scaled so that 10 pt of 1/72 inch is size I of ISO 1073-2: ten characters an inch (2.54 mm), figures 2.4 mm from centre line to centre
line.  Run by make_fonts.sh.
"""
import sys
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

CHARACTERS = " #+-0123456789<>H"
SCALE = 72 / 72.27
ADVANCE = 720

source = TTFont(sys.argv[1])
names = source.getBestCmap()
glyphs = source.getGlyphSet()
order = [".notdef"] + [names[ord(c)] for c in CHARACTERS]
outlines, metrics = {}, {}
for name in order:
    pen = TTGlyphPen(None)
    if name != ".notdef":
        glyphs[name].draw(TransformPen(Cu2QuPen(pen, 0.5, reverse_direction=True), (SCALE, 0, 0, SCALE, 0, 0)))
    outlines[name] = pen.glyph()
builder = FontBuilder(1000, isTTF=True)
builder.setupGlyphOrder(order)
builder.setupCharacterMap({ord(c): names[ord(c)] for c in CHARACTERS})
builder.setupGlyf(outlines)
for name in order:
    metrics[name] = (ADVANCE, getattr(outlines[name], "xMin", 0))
builder.setupHorizontalMetrics(metrics)
builder.setupHorizontalHeader(ascent=770, descent=-14)
builder.setupOS2(version=4, sTypoAscender=770, sTypoDescender=-14, sCapHeight=720)
builder.setupPost()
builder.setupNameTable({"familyName": "Code line", "styleName": "Regular"})
builder.font["head"].created = builder.font["head"].modified = 0
builder.font.recalcTimestamp = False
builder.save(sys.argv[2])
