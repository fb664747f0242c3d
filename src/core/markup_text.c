/*
 * markup_text.c: leaves tags out.
 */
#include "core/markup_text.h"

#include <string.h>

static bool
begins(const char *at, const char *last, const char *with)
{
	return (size_t) (last - at) >= strlen(with) && strncmp(at, with, strlen(with)) == 0;
}

/* Where what stands at at ends: after the first end, or at the end of all. */
static const char *
pass(const char *at, const char *last, const char *end)
{
	while (at < last && (at = memchr(at, end[0], (size_t) (last - at))) != NULL)
	{
		if (begins(at, last, end))
			return at + strlen(end);
		at++;
	}
	return last;
}

static const char *
pass_tag(const char *at, const char *last)
{
	if (begins(at, last, "<!--"))
		return pass(at, last, "-->");
	if (begins(at, last, "<style"))
		return pass(at, last, "</style>");
	if (begins(at, last, "<script"))
		return pass(at, last, "</script>");
	return pass(at, last, ">");
}

static void
append_character(ByteBuffer *out, uint32_t code)
{
	if (code < 0x80)
		buffer_append_char(out, code < 0x20 ? ' ' : (char) code);
	else if (code < 0x800)
	{
		buffer_append_char(out, (char) (0xc0 | code >> 6));
		buffer_append_char(out, (char) (0x80 | (code & 0x3f)));
	}
	else if (code < 0x10000)
	{
		buffer_append_char(out, (char) (0xe0 | code >> 12));
		buffer_append_char(out, (char) (0x80 | (code >> 6 & 0x3f)));
		buffer_append_char(out, (char) (0x80 | (code & 0x3f)));
	}
	else
		buffer_append_char(out, ' ');
}

/* &#248; &#xf8; &nbsp;; a sign in place of any other. */
static const char *
take_reference(const char *at, const char *last, ByteBuffer *out)
{
	size_t room = (size_t) (last - at) < 12 ? (size_t) (last - at) : 12;
	const char *end = memchr(at, ';', room);
	uint32_t code = 0;
	bool hexadecimal;

	if (end == NULL)
	{
		buffer_append_char(out, '&');
		return at + 1;
	}
	if (at[1] != '#')
	{
		buffer_append_char(out, begins(at, last, "&nbsp;") ? ' ' : '&');
		return end + 1;
	}
	hexadecimal = at[2] == 'x';
	for (const char *digit = at + (hexadecimal ? 3 : 2); digit < end; digit++)
	{
		int value = *digit >= '0' && *digit <= '9'					   ? *digit - '0'
					: (*digit | 0x20) >= 'a' && (*digit | 0x20) <= 'f' ? (*digit | 0x20) - 'a' + 10
																	   : 0;

		code = code * (hexadecimal ? 16 : 10) + (uint32_t) value;
	}
	append_character(out, code);
	return end + 1;
}

void
markup_text(const char *bytes, size_t length, ByteBuffer *out)
{
	const char *at = bytes, *last = bytes + length;

	while (at < last)
	{
		const char *run = at;

		if (*at == '<')
		{
			at = pass_tag(at, last);
			buffer_append_char(out, '\n');
			continue;
		}
		if (*at == '&')
		{
			at = take_reference(at, last, out);
			continue;
		}
		while (at < last && *at != '<' && *at != '&' && (uint8_t) *at > ' ')
			at++;
		if (at - run <= MARKUP_RUN)
			buffer_append(out, run, (size_t) (at - run));
		while (at < last && (uint8_t) *at <= ' ')
			buffer_append_char(out, *at++);
	}
}
