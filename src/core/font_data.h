/*
 * font_data.h: the generated faces; see font_face.h.
 */
#ifndef CORE_FONT_DATA_H
#define CORE_FONT_DATA_H

#include "core/font_face.h"

extern const FontFace font_data_regular, font_data_bold, font_data_ocr;

#endif
