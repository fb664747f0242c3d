#!/bin/sh
# make_fonts.sh: cuts the faces of src/core/font_data_*.c out of Debian's packages fonts-liberation2 (2.1.5, SIL OFL 1.1) and
# fonts-ocr-b (0.3, public domain; its conversion needs python3-fonttools).
# The build does not need it: run it only to change the character set.
# FONTS may name the folder of the .ttf files, OCR_FONT the file OCRB.otf.
set -eu
cd "$(dirname "$0")/.."
fonts=${FONTS:-/usr/share/fonts/truetype/liberation2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CC:-cc} -std=gnu11 -O1 -Wall -Isrc -o "$work/make_font" tools/make_font.c src/core/port.c src/core/buffer.c src/core/deflate.c \
    src/core/font_truetype.c -lz
"$work/make_font" "$fonts/LiberationSans-Regular.ttf" regular MailroomSans 80 >"$work/regular.c"
"$work/make_font" "$fonts/LiberationSans-Bold.ttf" bold MailroomSans-Bold 140 >"$work/bold.c"
tools/make_ocr_font.py "${OCR_FONT:-/usr/share/fonts/opentype/ocr-b/OCRB.otf}" "$work/ocr.ttf"
"$work/make_font" "$work/ocr.ttf" ocr MailroomCodeLine 138 >"$work/ocr.c"
mv "$work/ocr.c" src/core/font_data_ocr.c
mv "$work/regular.c" src/core/font_data_regular.c
mv "$work/bold.c" src/core/font_data_bold.c
