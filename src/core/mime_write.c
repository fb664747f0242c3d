/*
 * mime_write.c: headers, parts and their encodings.
 */
#include "core/mime_write.h"

#include <string.h>

#define LINE 76
#define MIXED "=_mailroom-mixed"
#define ALTERNATIVE "=_mailroom-alternative"
#define RELATED "=_mailroom-related"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char hex_digits[] = "0123456789ABCDEF";

static bool
is_alphanumeric(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* ---------- bodies ---------- */

/* Two digits for each twelve bits. */
static void
make_base64_pairs(char (*pairs)[2])
{
	for (int i = 0; i < 4096; i++)
	{
		pairs[i][0] = base64_digits[i >> 6];
		pairs[i][1] = base64_digits[i & 63];
	}
}

/* The last group of one or two bytes. */
static char *
put_base64_rest(char *to, const unsigned char *at, size_t count)
{
	uint32_t three = (uint32_t) at[0] << 16 | (count > 1 ? (uint32_t) at[1] << 8 : 0);

	*to++ = base64_digits[three >> 18];
	*to++ = base64_digits[three >> 12 & 63];
	*to++ = count > 1 ? base64_digits[three >> 6 & 63] : '=';
	*to++ = '=';
	return to;
}

/* Takes four characters for each three bytes begun; returns their end. */
char *
mime_put_base64(char *to, const unsigned char *bytes, size_t length)
{
	static char pairs[4096][2];
	size_t i;

	if (pairs[0][0] == 0)
		make_base64_pairs(pairs);
	for (i = 0; i + 3 <= length; i += 3, to += 4)
	{
		uint32_t three = (uint32_t) bytes[i] << 16 | (uint32_t) bytes[i + 1] << 8 | bytes[i + 2];

		memcpy(to, pairs[three >> 12], 2);
		memcpy(to + 2, pairs[three & 4095], 2);
	}
	return i < length ? put_base64_rest(to, bytes + i, length - i) : to;
}

void
mime_append_base64(ByteBuffer *out, Slice content)
{
	const unsigned char *at = (const unsigned char *) content.bytes;
	size_t left = content.length;
	/* 57 bytes are a line of 76; three more for the rest */
	char *to = buffer_reserve(out, (content.length / 57 + 1) * (LINE + 2) + 4), *start = to;

	if (to == NULL)
		return;
	while (left > 0)
	{
		size_t line = left < 57 ? left : 57;

		to = mime_put_base64(to, at, line);
		*to++ = '\r';
		*to++ = '\n';
		at += line;
		left -= line;
	}
	out->length += (size_t) (to - start);
}

/* Blanks at the end of a line would be lost on the way. */
static bool
ends_line(Slice text, size_t i)
{
	return i + 1 == text.length || text.bytes[i + 1] == '\n' || text.bytes[i + 1] == '\r';
}

/* Bytes that stand for themselves wherever they are in a line but at its start, at most so many. */
static size_t
plain_run(Slice text, size_t from, size_t most)
{
	size_t end = text.length - from < most ? text.length : from + most, at = from;

	while (at < end && ((text.bytes[at] > 0x20 && text.bytes[at] < 0x7F && text.bytes[at] != '=') ||
						(text.bytes[at] == ' ' && !ends_line(text, at))))
		at++;
	return at - from;
}

void
mime_append_quoted(ByteBuffer *out, Slice text)
{
	int column = 0;

	for (size_t i = 0; i < text.length; i++)
	{
		unsigned char c = (unsigned char) text.bytes[i];
		bool plain =
			(c > 0x20 && c < 0x7F && c != '=') || ((c == ' ' || c == '\t') && !ends_line(text, i));

		if (c == '\r' && i + 1 < text.length && text.bytes[i + 1] == '\n')
			continue;
		if (c == '\n')
		{
			buffer_append(out, "\r\n", 2);
			column = 0;
			continue;
		}
		/* mail boxes in files take such a line for the start of a message; dots end SMTP's data */
		if (column == 0 && (c == '.' || c == 'F'))
			plain = false;
		if (column + (plain ? 1 : 3) > LINE - 1)
		{
			buffer_append(out, "=\r\n", 3);
			column = 0;
			plain = plain && c != '.' && c != 'F';
		}
		if (plain)
		{
			size_t run = c == '\t' ? 1 : plain_run(text, i, (size_t) (LINE - 1 - column));

			buffer_append(out, text.bytes + i, run);
			column += (int) run;
			i += run - 1;
		}
		else
		{
			char code[3] = {'=', hex_digits[c >> 4], hex_digits[c & 15]};

			buffer_append(out, code, 3);
			column += 3;
		}
	}
}

/* ---------- headers ---------- */

static bool
is_plain(Slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.bytes[i] < 0x20 || text.bytes[i] > 0x7E ||
			(text.bytes[i] == '=' && i + 1 < text.length && text.bytes[i + 1] == '?'))
			return false;
	return text.length > 0 && text.bytes[0] != ' ' && text.bytes[text.length - 1] != ' ';
}

/* Length of the character that text starts with. */
static size_t
character_length(Slice text)
{
	unsigned char c = (unsigned char) *text.bytes;
	size_t length = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	return length < text.length ? length : text.length;
}

/*
 * Words of "=?UTF-8?Q?...?=", each at most 75 bytes and of whole characters; only letters, digits
 * and "!*+-/" stand for themselves, which is what a name beside an address allows.  column: where
 * the line stands.
 */
static void
append_encoded_words(ByteBuffer *out, Slice text, int column)
{
	int used = 0; /* of the word that is open; 0: none */

	while (text.length > 0)
	{
		size_t length = character_length(text);
		unsigned char c = (unsigned char) *text.bytes;
		bool plain = is_alphanumeric(c) || c == ' ' || (c != '\0' && strchr("!*+-/", c) != NULL);
		int need = plain ? 1 : 3 * (int) length;

		if (used > 0 && column + used + need + 2 > LINE - 1)
		{
			buffer_append_text(out, "?=\r\n ");
			column = 1;
			used = 0;
		}
		if (used == 0)
		{
			buffer_append_text(out, "=?UTF-8?Q?");
			used = 10;
		}
		if (plain)
			buffer_append_char(out, c == ' ' ? '_' : (char) c);
		else if (c < 0x20 || c == 0x7F) /* a line feed would start a header of its own */
			buffer_append_char(out, '_'), need = 1;
		else
			for (size_t i = 0; i < length; i++)
			{
				unsigned char byte = (unsigned char) text.bytes[i];
				char code[3] = {'=', hex_digits[byte >> 4], hex_digits[byte & 15]};

				buffer_append(out, code, 3);
			}
		used += need;
		text.bytes += length;
		text.length -= length;
	}
	if (used > 0)
		buffer_append_text(out, "?=");
}

static void
append_subject(ByteBuffer *out, Slice subject)
{
	buffer_append_text(out, "Subject: ");
	if (is_plain(subject) && subject.length <= LINE - 9)
		buffer_append(out, subject.bytes, subject.length);
	else
		append_encoded_words(out, subject, 9);
	buffer_append_text(out, "\r\n");
}

bool
mime_address_valid(Slice address)
{
	const char *at = address.length == 0 ? NULL : memchr(address.bytes, '@', address.length);
	size_t local = at == NULL ? 0 : (size_t) (at - address.bytes);
	char before = '.';

	if (local == 0 || local > 64 || address.length > 254 || address.length - local < 2)
		return false;
	for (size_t i = 0; i < address.length; i++)
	{
		unsigned char c = (unsigned char) address.bytes[i];
		bool domain = i > local;

		if (i == local)
		{
			if (before == '.')
				return false;
			before = '.';
			continue;
		}
		if (c == '.' && before == '.')
			return false;
		if (!is_alphanumeric(c) && c != '.' && c != '-' &&
			(domain || c == '\0' || strchr("!#$%&'*+/=?^_`{|}~", c) == NULL))
			return false;
		before = (char) c;
	}
	return before != '.' && before != '-';
}

static void
append_quoted_string(ByteBuffer *out, Slice text)
{
	buffer_append_char(out, '"');
	for (size_t i = 0; i < text.length; i++)
	{
		if (text.bytes[i] == '"' || text.bytes[i] == '\\')
			buffer_append_char(out, '\\');
		buffer_append_char(out, text.bytes[i]);
	}
	buffer_append_char(out, '"');
}

static PortStatus
append_address(ByteBuffer *out, const char *header, const MimeAddress *address, PortFault *fault)
{
	int column = (int) strlen(header) + 2;

	if (!mime_address_valid(address->address))
		return port_fault(fault, PORT_INVALID, "MAIL-ADDRESS",
						  "\"%.*s\" is no e-mail address that can be written to",
						  (int) slice_shown(address->address, 100), address->address.bytes);
	buffer_append_text(out, header);
	buffer_append_text(out, ": ");
	if (address->name.length > 0)
	{
		if (is_plain(address->name) && address->name.length <= 60)
			append_quoted_string(out, address->name);
		else
			append_encoded_words(out, address->name, column);
		buffer_append_text(out, "\r\n ");
	}
	buffer_append_char(out, '<');
	buffer_append(out, address->address.bytes, address->address.length);
	buffer_append_text(out, ">\r\n");
	return PORT_OK;
}

/* RFC 2231: "filename*0*=UTF-8''..." in pieces, or one string where it is short and ASCII. */
static void
append_file_name(ByteBuffer *out, Slice name)
{
	int piece = 0, column = LINE;

	if (is_plain(name) && name.length <= 50)
	{
		buffer_append_text(out, "; filename=");
		append_quoted_string(out, name);
		return;
	}
	for (size_t i = 0; i < name.length; i++)
	{
		unsigned char c = (unsigned char) name.bytes[i];
		bool plain = is_alphanumeric(c) || c == '-' || c == '.' || c == '_';

		if (column + 3 > LINE - 2)
		{
			buffer_printf(out, ";\r\n filename*%d*=%s", piece, piece == 0 ? "UTF-8''" : "");
			column = 24;
			piece++;
		}
		if (plain)
			buffer_append_char(out, (char) c);
		else
			buffer_printf(out, "%%%02X", c);
		column += plain ? 1 : 3;
	}
}

/* ---------- parts ---------- */

static void
append_text_part(ByteBuffer *out, const char *subtype, Slice text, bool alone)
{
	buffer_append_text(out, "Content-Type: text/");
	buffer_append_text(out, subtype);
	buffer_append_text(out,
					   "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
	mime_append_quoted(out, text);
	/* a boundary takes the line end before it for its own */
	if (!alone || text.length == 0 || text.bytes[text.length - 1] != '\n')
		buffer_append(out, "\r\n", 2);
}

static void
append_multipart(ByteBuffer *out, const char *subtype, const char *boundary)
{
	buffer_append_text(out, "Content-Type: multipart/");
	buffer_append_text(out, subtype);
	buffer_append_text(out, ";\r\n boundary=\"");
	buffer_append_text(out, boundary);
	buffer_append_text(out, "\"\r\n\r\n");
}

static void
append_boundary(ByteBuffer *out, const char *boundary, bool last)
{
	buffer_append_text(out, "--");
	buffer_append_text(out, boundary);
	buffer_append_text(out, last ? "--\r\n" : "\r\n");
}

const char *
mime_picture_type(Slice content)
{
	return content.length > 0 && (unsigned char) content.bytes[0] == 0x89 ? "image/png"
																		  : "image/jpeg";
}

static void
append_picture(ByteBuffer *out, const MimePicture *picture, int number)
{
	const char *type = mime_picture_type(picture->content);

	append_boundary(out, RELATED, false);
	buffer_printf(out,
				  "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
				  "Content-ID: <",
				  type);
	buffer_append(out, picture->id.bytes, picture->id.length);
	buffer_printf(out, ">\r\nContent-Disposition: inline; filename=\"picture-%d.%s\"\r\n\r\n",
				  number, strcmp(type, "image/png") == 0 ? "png" : "jpg");
	mime_append_base64(out, picture->content);
}

static void
append_html(ByteBuffer *out, const MimeMessage *message)
{
	if (message->picture_count == 0)
	{
		append_text_part(out, "html", message->html, false);
		return;
	}
	append_multipart(out, "related", RELATED);
	append_boundary(out, RELATED, false);
	append_text_part(out, "html", message->html, false);
	for (int i = 0; i < message->picture_count; i++)
		append_picture(out, &message->pictures[i], i + 1);
	append_boundary(out, RELATED, true);
}

static void
append_body(ByteBuffer *out, const MimeMessage *message)
{
	if (message->html.length == 0)
	{
		append_text_part(out, "plain", message->text, message->attachment_count == 0);
		return;
	}
	append_multipart(out, "alternative", ALTERNATIVE);
	append_boundary(out, ALTERNATIVE, false);
	append_text_part(out, "plain", message->text, false);
	append_boundary(out, ALTERNATIVE, false);
	append_html(out, message);
	append_boundary(out, ALTERNATIVE, true);
}

static bool
media_type_valid(Slice type)
{
	int slashes = 0;

	for (size_t i = 0; i < type.length; i++)
	{
		unsigned char c = (unsigned char) type.bytes[i];

		slashes += c == '/';
		if (!is_alphanumeric(c) && (c == '\0' || strchr("/.+-_", c) == NULL))
			return false;
	}
	return slashes == 1 && type.length <= 60 && type.bytes[0] != '/' &&
		   type.bytes[type.length - 1] != '/';
}

static PortStatus
append_attachment(ByteBuffer *out, const MimeAttachment *attachment, PortFault *fault)
{
	if (!media_type_valid(attachment->media_type))
		return port_fault(fault, PORT_INVALID, "MAIL-TYPE", "\"%.*s\" is no media type",
						  (int) slice_shown(attachment->media_type, 60),
						  attachment->media_type.bytes);
	append_boundary(out, MIXED, false);
	buffer_append_text(out, "Content-Type: ");
	buffer_append(out, attachment->media_type.bytes, attachment->media_type.length);
	buffer_append_text(out, "\r\nContent-Transfer-Encoding: base64\r\n"
							"Content-Disposition: attachment");
	append_file_name(out, attachment->file_name);
	buffer_append_text(out, "\r\n\r\n");
	mime_append_base64(out, attachment->content);
	return PORT_OK;
}

PortStatus
mime_write(const MimeMessage *message, ByteBuffer *out, PortFault *fault)
{
	PortStatus status = append_address(out, "From", &message->from, fault);

	if (status == PORT_OK)
		status = append_address(out, "To", &message->to, fault);
	append_subject(out, message->subject);
	buffer_append_text(out, "MIME-Version: 1.0\r\n");
	if (message->attachment_count > 0)
	{
		append_multipart(out, "mixed", MIXED);
		append_boundary(out, MIXED, false);
	}
	append_body(out, message);
	for (int i = 0; i < message->attachment_count && status == PORT_OK; i++)
		status = append_attachment(out, &message->attachments[i], fault);
	if (message->attachment_count > 0)
		append_boundary(out, MIXED, true);
	return status == PORT_OK && out->failed ? PORT_NO_MEMORY : status;
}

void
mime_write_identity(Slice hash, Slice sender, Slice date, ByteBuffer *out)
{
	const char *at = memchr(sender.bytes, '@', sender.length);
	size_t domain = at == NULL ? sender.length : (size_t) (at - sender.bytes);

	buffer_append_text(out, "Message-ID: <");
	for (size_t i = 0; i < hash.length && i < 16; i++)
		buffer_printf(out, "%02x", (unsigned) (unsigned char) hash.bytes[i]);
	buffer_append(out, sender.bytes + domain, sender.length - domain);
	buffer_append_text(out, ">\r\n");
	if (date.length > 0)
	{
		buffer_append_text(out, "Date: ");
		buffer_append(out, date.bytes, date.length);
		buffer_append_text(out, "\r\n");
	}
}
