/*
 * xmlplain.c: the tokens of a plain document.
 */
#include "core/xmlplain.h"

#include <string.h>
#include <strings.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef enum XmlTokenKind
{
	TOKEN_START, /* its attributes follow */
	TOKEN_ATTRIBUTE,
	TOKEN_END,
	TOKEN_TEXT
} XmlTokenKind;

typedef struct XmlToken
{
	const char *bytes; /* of a text or the value of an attribute */
	uint32_t length;
	uint32_t lines; /* line feeds up to its end */
	uint16_t name;	/* of a text: of the element around it */
	uint16_t space, prefix;
	uint8_t kind, attributes;
} XmlToken;

#define MAX_DEPTH 256
#define MAX_ATTRIBUTES 16 /* of one tag */
#define MAX_SPACES 32	  /* declared at one place */
#define NAME_CACHE 1024
#define NAME_BYTES 54
#define BYTES_PER_TOKEN 4
#define MAX_BYTES XML_CHUNK

/* A name as it stands in a tag, and what it means. */
typedef struct KnownName
{
	uint16_t prefix, name; /* prefix 0 = none */
	uint8_t length;
	char text[NAME_BYTES + 1];
} KnownName;

/* Names that have been met, by hash; only those of the vocabulary get in. */
static struct
{
	const XmlVocabulary *vocabulary;
	KnownName names[NAME_CACHE];
} known;

typedef struct OpenElement
{
	const char *text; /* its name as it is written */
	size_t length;
	uint16_t name;
	int space_count; /* before it */
} OpenElement;

struct XmlPlain
{
	const Port *port;
	const XmlVocabulary *vocabulary;
	XmlLimits limits;
	XmlToken *tokens;
	size_t count, capacity;
	const char *at, *end;
	uint32_t lines;
	int depth, space_count;
	struct
	{
		uint16_t prefix, address;
	} spaces[MAX_SPACES];
	OpenElement open[MAX_DEPTH + 1];
};

/* What a byte may be. */
#define INITIAL 1 /* at the beginning of a name */
#define TEXT 2	  /* nothing special in a text */
#define VALUE 4	  /* nothing special in the value of an attribute */

#define PLAIN (TEXT | VALUE)
#define LETTER (INITIAL | PLAIN)

static const uint8_t classes[256] = {
	['\t'] = TEXT,		   [' '] = PLAIN,  ['!'] = PLAIN,		   ['"'] = PLAIN,
	['#'] = PLAIN,		   ['$'] = PLAIN,  ['%'] = PLAIN,		   ['\''] = PLAIN,
	['('] = PLAIN,		   [')'] = PLAIN,  ['*'] = PLAIN,		   ['+'] = PLAIN,
	[','] = PLAIN,		   ['-'] = PLAIN,  ['.'] = PLAIN,		   ['/'] = PLAIN,
	['0' ... '9'] = PLAIN, [':'] = PLAIN,  [';'] = PLAIN,		   ['='] = PLAIN,
	['>'] = PLAIN,		   ['?'] = PLAIN,  ['@'] = PLAIN,		   ['A' ... 'Z'] = LETTER,
	['['] = PLAIN,		   ['\\'] = PLAIN, [']'] = VALUE,		   ['^'] = PLAIN,
	['_'] = LETTER,		   ['`'] = PLAIN,  ['a' ... 'z'] = LETTER, ['{'] = PLAIN,
	['|'] = PLAIN,		   ['}'] = PLAIN,  ['~'] = PLAIN,		   [0x7f] = PLAIN,
};

static inline bool
is(char c, uint8_t class)
{
	return (classes[(unsigned char) c] & class) != 0;
}

static XmlToken *
add_token(XmlPlain *plain, XmlTokenKind kind)
{
	XmlToken *token;

	if (plain->count == plain->capacity)
		return NULL;
	token = &plain->tokens[plain->count++];
	token->kind = (uint8_t) kind;
	token->lines = plain->lines;
	return token;
}

static bool
add_text(XmlPlain *plain, const char *bytes, size_t length)
{
	XmlToken *token;

	if (length == 0)
		return true;
	if ((token = add_token(plain, TOKEN_TEXT)) == NULL)
		return false;
	token->bytes = bytes;
	token->length = (uint32_t) length;
	token->name = plain->open[plain->depth].name;
	return true;
}

/* True if there is a blank. */
static bool
skip_blanks(XmlPlain *plain)
{
	const char *start = plain->at;

	for (; plain->at < plain->end; plain->at++)
		if (*plain->at == '\n')
			plain->lines++;
		else if (*plain->at != ' ' && *plain->at != '\t' && *plain->at != '\r')
			break;
	return plain->at > start;
}

static bool
skip_word(XmlPlain *plain, const char *word)
{
	size_t length = strlen(word);

	if ((size_t) (plain->end - plain->at) < length || memcmp(plain->at, word, length) != 0)
		return false;
	plain->at += length;
	return true;
}

/* A character of two to four bytes that XML allows; its length, 0 = it is none. */
static size_t
wide_length(const char *at, const char *end)
{
	const unsigned char *c = (const unsigned char *) at;
	size_t length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
	uint32_t point;

	if (c[0] < 0xc2 || c[0] > 0xf4 || (size_t) (end - at) < length)
		return 0;
	point = c[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++)
	{
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (c[i] & 0x3f);
	}
	if ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000) || point > 0x10ffff ||
		(point >= 0xd800 && point <= 0xdfff) || point == 0xfffe || point == 0xffff)
		return 0;
	return length;
}

/* -- names ---------------------------------------------------------------------------------- */

/* The number of a name; 0: unknown, or no name. */
static uint16_t
number_of(const XmlPlain *plain, const char *bytes, size_t length)
{
	char text[NAME_BYTES + 1];

	if (length == 0 || length > NAME_BYTES || !is(*bytes, INITIAL))
		return 0;
	memcpy(text, bytes, length);
	text[length] = '\0';
	return xml_vocabulary_find(plain->vocabulary, text);
}

static bool
learn_name(const XmlPlain *plain, KnownName *name, const char *bytes, size_t length)
{
	const char *colon = memchr(bytes, ':', length);
	size_t prefix = colon == NULL ? 0 : (size_t) (colon - bytes);

	name->length = 0;
	if (length > NAME_BYTES || (length >= 5 && memcmp(bytes, "xmlns", 5) == 0) ||
		(colon != NULL && memchr(colon + 1, ':', length - prefix - 1) != NULL))
		return false;
	name->prefix = number_of(plain, bytes, prefix);
	name->name = colon == NULL ? number_of(plain, bytes, length)
							   : number_of(plain, colon + 1, length - prefix - 1);
	if (name->name == 0 || (colon != NULL && name->prefix == 0))
		return false;
	memcpy(name->text, bytes, length);
	name->length = (uint8_t) length;
	return true;
}

/* Up to what ends a name in a tag; whether it is one is for the vocabulary to say. */
static size_t
name_length(const XmlPlain *plain)
{
	const char *at = plain->at;

#ifdef __SSE2__
	const __m128i close = _mm_set1_epi8('>'), slash = _mm_set1_epi8('/'),
				  equal = _mm_set1_epi8('=');
	const __m128i blank = _mm_set1_epi8(' ');

	for (; plain->end - at >= 16; at += 16)
	{
		__m128i bytes = _mm_loadu_si128((const __m128i *) at);
		__m128i ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, close), _mm_cmpeq_epi8(bytes, slash));
		int found;

		ends = _mm_or_si128(ends, _mm_cmpeq_epi8(bytes, equal));
		ends = _mm_or_si128(ends, _mm_cmpeq_epi8(_mm_min_epu8(bytes, blank), bytes));
		found = _mm_movemask_epi8(ends);
		if (found != 0)
			return (size_t) (at - plain->at) + (size_t) __builtin_ctz((unsigned) found);
	}
#endif
	while (at < plain->end && (unsigned char) *at > ' ' && *at != '>' && *at != '/' && *at != '=')
		at++;
	return (size_t) (at - plain->at);
}

/* Of its length, its first and its last bytes. */
static uint32_t
name_hash(const char *bytes, size_t length)
{
	uint64_t first = 0, last = 0;

	if (length >= sizeof(first))
	{
		memcpy(&first, bytes, sizeof(first));
		memcpy(&last, bytes + length - sizeof(last), sizeof(last));
	}
	else
		for (size_t i = 0; i < length; i++)
			first = first << 8 | (unsigned char) bytes[i];
	first = (first ^ last * UINT64_C(0x9E3779B97F4A7C15) ^ length) * UINT64_C(0xC2B2AE3D27D4EB4F);
	return (uint32_t) (first >> 40);
}

static const KnownName *
known_name(const XmlPlain *plain, size_t length)
{
	KnownName *name = &known.names[name_hash(plain->at, length) % NAME_CACHE];

	if (name->length == length && memcmp(name->text, plain->at, length) == 0)
		return length > 0 ? name : NULL;
	return learn_name(plain, name, plain->at, length) ? name : NULL;
}

/* -- tags ----------------------------------------------------------------------------------- */

static bool
find_space(const XmlPlain *plain, uint16_t prefix, uint16_t *address)
{
	*address = 0;
	for (int i = plain->space_count - 1; i >= 0; i--)
		if (plain->spaces[i].prefix == prefix)
		{
			*address = plain->spaces[i].address;
			return true;
		}
	return prefix == 0;
}

/* ="...", up to the other quote */
static bool
read_value(XmlPlain *plain, Slice *value)
{
	const char *at;
	char quote;

	skip_blanks(plain);
	if (!skip_word(plain, "="))
		return false;
	skip_blanks(plain);
	if (plain->at == plain->end || (*plain->at != '"' && *plain->at != '\''))
		return false;
	quote = *plain->at++;
	for (at = plain->at; at < plain->end && *at != quote;)
		if (is(*at, VALUE))
			at++;
		else
		{
			size_t wide = (unsigned char) *at < 0x80 ? 0 : wide_length(at, plain->end);

			if (wide == 0)
				return false;
			at += wide;
		}
	if (at >= plain->end)
		return false;
	*value = (Slice){plain->at, (size_t) (at - plain->at)};
	plain->at = at + 1;
	return true;
}

/* xmlns="..." or xmlns:prefix="..." */
static bool
read_space(XmlPlain *plain, size_t length)
{
	const char *text = plain->at;
	uint16_t prefix = length > 6 ? number_of(plain, text + 6, length - 6) : 0;
	Slice value;
	char address[200];

	if ((length > 5 && (text[5] != ':' || prefix == 0)) ||
		(length == 9 && memcmp(text + 6, "xml", 3) == 0) || plain->space_count == MAX_SPACES)
		return false;
	plain->at += length;
	if (!read_value(plain, &value) || value.length == 0 || value.length >= sizeof(address))
		return false;
	for (int i = plain->open[plain->depth].space_count; i < plain->space_count; i++)
		if (plain->spaces[i].prefix == prefix)
			return false;
	memcpy(address, value.bytes, value.length);
	address[value.length] = '\0';
	plain->spaces[plain->space_count].prefix = prefix;
	plain->spaces[plain->space_count].address = xml_vocabulary_find(plain->vocabulary, address);
	return plain->spaces[plain->space_count++].address != 0;
}

static bool
read_attribute(XmlPlain *plain)
{
	size_t length = name_length(plain);
	const KnownName *name;
	XmlToken *token;
	Slice value;

	if (length >= 5 && memcmp(plain->at, "xmlns", 5) == 0)
		return read_space(plain, length);
	if ((name = known_name(plain, length)) == NULL ||
		(token = add_token(plain, TOKEN_ATTRIBUTE)) == NULL)
		return false;
	token->name = name->name;
	token->prefix = name->prefix;
	plain->at += length;
	if (!read_value(plain, &value))
		return false;
	token->bytes = value.bytes;
	token->length = (uint32_t) value.length;
	return true;
}

/* Namespaces, now that all are known; no two attributes of one name. */
static bool
settle_attributes(XmlPlain *plain, XmlToken *start)
{
	size_t count = (size_t) (&plain->tokens[plain->count] - start) - 1;

	if (count > MAX_ATTRIBUTES)
		return false;
	start->attributes = (uint8_t) count;
	for (size_t i = 1; i <= count; i++)
	{
		if (start[i].prefix == 0)
			start[i].space = 0;
		else if (!find_space(plain, start[i].prefix, &start[i].space))
			return false;
		for (size_t j = 1; j < i; j++)
			if (start[j].name == start[i].name && start[j].space == start[i].space)
				return false;
	}
	return true;
}

static bool
end_element(XmlPlain *plain)
{
	XmlToken *token = add_token(plain, TOKEN_END);

	if (token == NULL)
		return false;
	token->name = plain->open[plain->depth].name;
	plain->space_count = plain->open[plain->depth--].space_count;
	return true;
}

/* Behind the bracket. */
static bool
read_start(XmlPlain *plain)
{
	const char *tag = plain->at;
	size_t length = name_length(plain);
	const KnownName *name = known_name(plain, length);
	XmlToken *token = add_token(plain, TOKEN_START);
	bool empty;

	if (name == NULL || token == NULL || plain->depth >= plain->limits.depth ||
		plain->depth >= MAX_DEPTH)
		return false;
	plain->open[++plain->depth] = (OpenElement){tag, length, name->name, plain->space_count};
	token->name = name->name;
	token->prefix = name->prefix;
	plain->at += length;
	while (skip_blanks(plain) && plain->at < plain->end && is(*plain->at, INITIAL))
		if (!read_attribute(plain))
			return false;
	empty = skip_word(plain, "/");
	if (!skip_word(plain, ">") || plain->at - tag + 8 > plain->limits.tag_bytes ||
		!find_space(plain, token->prefix, &token->space) || !settle_attributes(plain, token))
		return false;
	token->lines = plain->lines;
	return !empty || end_element(plain);
}

/* Behind "</". */
static bool
read_end(XmlPlain *plain)
{
	const OpenElement *open = &plain->open[plain->depth];

	if ((size_t) (plain->end - plain->at) <= open->length ||
		memcmp(plain->at, open->text, open->length) != 0)
		return false;
	plain->at += open->length;
	if (*plain->at != '>')
		skip_blanks(plain);
	return skip_word(plain, ">") && end_element(plain);
}

/* -- texts ---------------------------------------------------------------------------------- */

/* One of the five characters, as a text of its own. */
static bool
read_reference(XmlPlain *plain)
{
	static const struct
	{
		const char *name, *text;
	} references[] = {
		{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}};

	for (size_t i = 0; i < sizeof(references) / sizeof(*references); i++)
		if (skip_word(plain, references[i].name))
			return add_text(plain, references[i].text, 1);
	return false;
}

/* A byte of a text that is not plain; start: of what has not been told. */
static bool
read_special(XmlPlain *plain, const char **start)
{
	const char *at = plain->at;
	size_t wide;

	switch (*at)
	{
		case '\n':
			plain->lines++;
			break;
		case '\r':
			/* of the end of a line in two bytes only the second counts */
			if (plain->end - at < 2 || at[1] != '\n' ||
				!add_text(plain, *start, (size_t) (at - *start)))
				return false;
			*start = at + 1;
			break;
		case ']':
			if (plain->end - at < 2 || at[1] == ']')
				return false;
			break;
		case '&':
			if (!add_text(plain, *start, (size_t) (at - *start)) || !read_reference(plain))
				return false;
			*start = plain->at;
			return true;
		default:
			wide = (unsigned char) *at < 0x80 ? 0 : wide_length(at, plain->end);
			plain->at += wide;
			return wide > 0;
	}
	plain->at++;
	return true;
}

/* Up to the next tag, and it as well. */
static bool
read_content(XmlPlain *plain)
{
	const char *start = plain->at;

	for (;;)
	{
		const char *at = plain->at;

		while (at < plain->end && is(*at, TEXT))
			at++;
		plain->at = at;
		if (at == plain->end)
			return false;
		if (*at == '<')
			break;
		if (!read_special(plain, &start))
			return false;
	}
	if (!add_text(plain, start, (size_t) (plain->at - start)))
		return false;
	plain->at++;
	return skip_word(plain, "/") ? read_end(plain) : read_start(plain);
}

/* -- documents ------------------------------------------------------------------------------ */

/* <?xml version="1.0" encoding="UTF-8" standalone="yes"?> or less of it */
static bool
read_declaration(XmlPlain *plain)
{
	Slice value;

	if (!skip_word(plain, "<?xml "))
		return true;
	if (!skip_word(plain, "version") || !read_value(plain, &value) || value.length != 3 ||
		memcmp(value.bytes, "1.0", 3) != 0)
		return false;
	if (skip_word(plain, " encoding") && (!read_value(plain, &value) || value.length != 5 ||
										  strncasecmp(value.bytes, "UTF-8", 5) != 0))
		return false;
	if (skip_word(plain, " standalone") &&
		(!read_value(plain, &value) ||
		 !((value.length == 3 && memcmp(value.bytes, "yes", 3) == 0) ||
		   (value.length == 2 && memcmp(value.bytes, "no", 2) == 0))))
		return false;
	return skip_word(plain, "?>");
}

static bool
read_document(XmlPlain *plain)
{
	if (!read_declaration(plain))
		return false;
	skip_blanks(plain);
	if (!skip_word(plain, "<") || !read_start(plain))
		return false;
	while (plain->depth > 0)
		if (!read_content(plain))
			return false;
	skip_blanks(plain);
	return plain->at == plain->end;
}

static bool
make_room(XmlPlain *plain, size_t length)
{
	size_t wanted = length / BYTES_PER_TOKEN + 64;

	if (plain->capacity >= wanted)
		return true;
	plain->port->release(plain->port->host, plain->tokens);
	plain->tokens = port_alloc_array(plain->port, wanted, sizeof(*plain->tokens));
	plain->capacity = plain->tokens == NULL ? 0 : wanted;
	return plain->tokens != NULL;
}

bool
xml_plain_read(XmlPlain *plain, const char *bytes, size_t length)
{
	if (length > MAX_BYTES || plain->vocabulary->count == 0 || !make_room(plain, length))
		return false;
	if (known.vocabulary != plain->vocabulary)
	{
		memset(&known, 0, sizeof(known));
		known.vocabulary = plain->vocabulary;
	}
	plain->at = bytes;
	plain->end = bytes + length;
	plain->count = 0;
	plain->lines = 0;
	plain->depth = plain->space_count = 0;
	return read_document(plain);
}

static void
tell_start(const XmlPlain *plain, const XmlHandler *handler, const XmlToken *token)
{
	const char *const *names = plain->vocabulary->names;
	XmlAttribute attributes[MAX_ATTRIBUTES];
	XmlElement element = {.space = token->space,
						  .name = token->name,
						  .prefix = token->prefix != 0 ? names[token->prefix] : NULL,
						  .text = names[token->name],
						  .address = token->space != 0 ? names[token->space] : NULL,
						  .attribute_count = token->attributes,
						  .attributes = attributes};

	for (int i = 0; i < token->attributes; i++)
	{
		const XmlToken *given = &token[i + 1];

		attributes[i].space = given->space;
		attributes[i].name = given->name;
		attributes[i].prefix = given->prefix != 0 ? names[given->prefix] : NULL;
		attributes[i].text = names[given->name];
		attributes[i].value = (Slice){given->bytes, given->length};
	}
	handler->start(handler->state, &element);
}

void
xml_plain_tell(const XmlPlain *plain, const XmlHandler *handler, const PortStatus *status,
			   int64_t lines_before, XmlPlainPlace *place)
{
	const XmlToken *end = plain->tokens + plain->count;

	for (const XmlToken *token = plain->tokens; token < end && *status == PORT_OK; token++)
	{
		place->line = lines_before + token->lines + 1;
		place->element = plain->vocabulary->names[token->name];
		switch ((XmlTokenKind) token->kind)
		{
			case TOKEN_START:
				tell_start(plain, handler, token);
				break;
			case TOKEN_TEXT:
				handler->text(handler->state, token->bytes, token->length);
				break;
			case TOKEN_END:
				handler->end(handler->state);
				break;
			case TOKEN_ATTRIBUTE:
				break;
		}
	}
}

uint32_t
xml_plain_lines(const XmlPlain *plain)
{
	return plain->lines;
}

XmlPlain *
xml_plain_open(const Port *port, const XmlVocabulary *vocabulary, const XmlLimits *limits)
{
	XmlPlain *plain = port->alloc(port->host, sizeof(XmlPlain));

	if (plain == NULL)
		return NULL;
	plain->port = port;
	plain->vocabulary = vocabulary;
	plain->limits = *limits;
	plain->tokens = NULL;
	plain->capacity = 0;
	return plain;
}

void
xml_plain_close(XmlPlain *plain)
{
	if (plain == NULL)
		return;
	plain->port->release(plain->port->host, plain->tokens);
	plain->port->release(plain->port->host, plain);
}
