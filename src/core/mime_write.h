/*
 * mime_write.h: an e-mail as bytes (RFC 5322, RFC 2045 to 2047, RFC 2231).
 *
 * multipart/mixed with multipart/alternative (text, then HTML) and the attachments; one part less
 * where there is no HTML or no attachment; HTML with pictures is a multipart/related of its own.
 * Lines end in CRLF and have at most 76 bytes (998 in a header that holds one long word); nothing
 * but ASCII is written.  No clock and no random number goes in: a boundary holds "=_", which
 * neither quoted-printable nor base64 can contain.
 */
#ifndef CORE_MIME_WRITE_H
#define CORE_MIME_WRITE_H

#include "core/buffer.h"
#include "core/invoice.h"

typedef struct MimeAddress
{
	Slice name; /* may be empty */
	Slice address;
} MimeAddress;

typedef struct MimeAttachment
{
	Slice media_type; /* type/subtype, without parameters */
	Slice file_name;
	Slice content;
} MimeAttachment;

/* What the HTML shows as <img src="cid:ID"> (RFC 2392). */
typedef struct MimePicture
{
	Slice id;	   /* letters, digits, "-", "." and "@" */
	Slice content; /* PNG or JPEG */
} MimePicture;

typedef struct MimeMessage
{
	MimeAddress from, to;
	Slice subject;
	Slice text; /* UTF-8, lines end in a line feed */
	Slice html; /* empty: text only */
	const MimeAttachment *attachments;
	int attachment_count;
	const MimePicture *pictures; /* of the HTML */
	int picture_count;
} MimeMessage;

/*
 * Appends all but the date and the id of the message.  PORT_INVALID with rule MAIL-ADDRESS when an
 * address is none that SMTP carries without extensions, MAIL-TYPE when a media type is none.
 */
extern PortStatus mime_write(const MimeMessage *message, ByteBuffer *out, PortFault *fault);

/*
 * Appends what stands before that: Message-ID, made of the hash of what mime_write appended and the
 * domain of the sender, and Date as the caller says (RFC 5322 text; empty: who takes the message in
 * adds it, RFC 6409).
 */
extern void mime_write_identity(Slice hash, Slice sender, Slice date, ByteBuffer *out);

/* "image/png" or "image/jpeg", by the first byte. */
extern const char *mime_picture_type(Slice content);
extern bool mime_address_valid(Slice address);
/* In lines of 76; in one line without its end. */
extern void mime_append_base64(ByteBuffer *out, Slice content);
extern char *mime_put_base64(char *to, const unsigned char *bytes, size_t length);
extern void mime_append_quoted(ByteBuffer *out, Slice text);

#endif
