/*
 * ink.h: what a text, line or area is drawn with, in one number.
 *
 * 0 to 100 is gray in percent, 0 black.  A colour carries its sRGB value and the gray that stands
 * for it where a file has no colour (print profiles), in steps of 2 percent.
 */
#ifndef CORE_INK_H
#define CORE_INK_H

#include <stdbool.h>

#define INK_COLOUR 0x40000000
#define INK_NONE (-1)

static inline int
ink_colour(int rgb, int gray)
{
	return INK_COLOUR | (gray / 2) << 24 | (rgb & 0xFFFFFF);
}

static inline bool
ink_is_colour(int ink)
{
	return ink >= INK_COLOUR;
}

/* Percent, 0 black. */
static inline int
ink_gray(int ink)
{
	return ink_is_colour(ink) ? (ink >> 24 & 0x3F) * 2 : ink;
}

/* 0xRRGGBB */
static inline int
ink_rgb(int ink)
{
	return ink_is_colour(ink) ? ink & 0xFFFFFF : (ink * 255 + 50) / 100 * 0x010101;
}

/* Gray percent as bright as the colour: weights of ITU-R BT.709. */
static inline int
ink_gray_of_rgb(int rgb)
{
	int red = rgb >> 16 & 0xFF, green = rgb >> 8 & 0xFF, blue = rgb & 0xFF;

	return (red * 2126 + green * 7152 + blue * 722) / 25500;
}

#endif
