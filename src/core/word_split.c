/*
 * word_split.c: folds a text and takes it apart into words.
 */
#include "core/word_split.h"

#include <string.h>

#include "core/buffer.h"

/* U+00C0 to U+017F: a space ends a word, a digit stands for two letters. */
static const char latin_letters[] = "aaaaaa1ceeeeiiii" /* C0 */
									"dnooooo ouuuuy23" /* D0 */
									"aaaaaa1ceeeeiiii" /* E0 */
									"dnooooo ouuuuy2y" /* F0 */
									"aaaaaaccccccccdd" /* 100 */
									"ddeeeeeeeeeegggg"
									"gggghhhhiiiiiiii"
									"ii44jjkkklllllll"
									"lllnnnnnnnnnoooo"
									"oo55rrrrrrssssss"
									"ssttttttuuuuuuuu"
									"uuuuwwyyyzzzzzzs";
static const char *const two_letters[] = {"", "ae", "th", "ss", "ij", "oe"};

/* One character of UTF-8; 0 with *size 1 for what is none. */
static uint32_t
decode(const uint8_t *at, size_t left, size_t *size)
{
	size_t count = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 0;
	uint32_t code = at[0] & (0x7f >> count);

	*size = 1;
	if (count == 0 || count > left)
		return 0;
	for (size_t i = 1; i < count; i++)
	{
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	*size = count;
	return code;
}

static void
append_code(ByteBuffer *out, uint32_t code)
{
	buffer_append_char(out, (char) (0xc0 | code >> 6));
	buffer_append_char(out, (char) (0x80 | (code & 0x3f)));
}

static void
fold_latin(ByteBuffer *out, uint32_t code)
{
	char letter = latin_letters[code - 0xc0];

	if (letter >= '1' && letter <= '5')
		buffer_append_text(out, two_letters[letter - '0']);
	else
		buffer_append_char(out, letter);
}

static void
fold_character(ByteBuffer *out, uint32_t code, const uint8_t *bytes, size_t size)
{
	if (code >= 0xc0 && code <= 0x17f)
		fold_latin(out, code);
	else if (code >= 0x218 && code <= 0x21b)
		buffer_append_char(out, code < 0x21a ? 's' : 't');
	else if (code == 0xad || (code >= 0x300 && code <= 0x36f))
		return; /* soft hyphen; marks of letters that are written in two parts */
	else if (code >= 0x2010 && code <= 0x2015)
		buffer_append_char(out, '-');
	else if (code == 0xa0 || (code >= 0x2000 && code <= 0x200a) || code == 0x202f)
		buffer_append_char(out, ' ');
	else if (code < 0xc0 || (code >= 0x2000 && code <= 0x2bff) ||
			 (code >= 0x3000 && code <= 0x3003) || (code >= 0xe000 && code <= 0xf8ff))
		buffer_append_char(out, ';'); /* signs */
	else if ((code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f))
		append_code(out, code + 0x20);
	else if (code >= 0x400 && code <= 0x40f)
		append_code(out, code + 0x50);
	else
		buffer_append(out, bytes, size);
}

static void
fold(const char *text, size_t length, ByteBuffer *out)
{
	const uint8_t *at = (const uint8_t *) text, *end = at + length;

	while (at < end)
	{
		size_t size = 1;

		if (*at >= 'A' && *at <= 'Z')
			buffer_append_char(out, (char) (*at + ('a' - 'A')));
		else if (*at < 0x80)
			buffer_append_char(out, (char) *at);
		else
		{
			uint32_t code = decode(at, (size_t) (end - at), &size);

			fold_character(out, code, at, size);
		}
		at += size;
	}
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (uint8_t) c >= 0x80;
}

/* A run of letters and digits. */
typedef struct Piece
{
	const char *start;
	size_t length;
	size_t digits;
} Piece;

static Piece
next_piece(const char *at, const char *end)
{
	Piece piece = {0};

	while (at < end && !is_word(*at))
		at++;
	piece.start = at;
	for (; at < end && is_word(*at); at++)
		piece.digits += is_digit(*at) ? 1 : 0;
	piece.length = (size_t) (at - piece.start);
	return piece;
}

typedef struct Splitter
{
	WordKind kind;
	WordTake take;
	void *host;
	char word[WORD_BYTES];
	size_t length;
} Splitter;

static void
splitter_add(Splitter *splitter, const Piece *piece)
{
	size_t room = WORD_BYTES - splitter->length;
	size_t size = piece->length < room ? piece->length : room;

	memcpy(splitter->word + splitter->length, piece->start, size);
	splitter->length += size;
	if (size < piece->length) /* whole characters */
		while (splitter->length > 0 && ((uint8_t) piece->start[size] & 0xc0) == 0x80)
			size--, splitter->length--;
}

static void
splitter_emit(Splitter *splitter)
{
	size_t characters = 0;
	bool digit = false;

	for (size_t i = 0; i < splitter->length; i++)
	{
		characters += ((uint8_t) splitter->word[i] & 0xc0) != 0x80;
		digit = digit || is_digit(splitter->word[i]);
	}
	if (characters >= (splitter->kind == WORDS_NUMBERS ? 4 : 2) &&
		(digit || splitter->kind != WORDS_NUMBERS))
		splitter->take(splitter->host, splitter->word, splitter->length);
	splitter->length = 0;
}

static void
splitter_word(Splitter *splitter, const Piece *piece)
{
	splitter->length = 0;
	splitter_add(splitter, piece);
	splitter_emit(splitter);
}

/* EK 12345 */
static bool
is_registration(const Piece *letters, const Piece *digits)
{
	return letters->digits == 0 && letters->length <= 3 && (uint8_t) letters->start[0] < 0x80 &&
		   digits->digits == digits->length && digits->length >= 2 && digits->length <= 5;
}

static bool
is_joined(const Piece *piece, const Piece *next, bool groups)
{
	const char *sign = piece->start + piece->length;

	if (next->length == 0 || next->start != sign + 1 || (*sign != ' ' && *sign != '-'))
		return false;
	if (!groups)
		return is_registration(piece, next);
	return piece->digits == piece->length && piece->length == 4 && next->digits == next->length &&
		   next->length <= 4;
}

/* Whether a group of a number goes on in the next: 01 23456-78, INV/2026.17, EK 12345 6. */
static bool
is_grouped(const Piece *piece, const Piece *next)
{
	const char *sign = piece->start + piece->length;

	if (next->length == 0 || next->start != sign + 1)
		return false;
	if (*sign == '-' || *sign == '.' || *sign == '/')
		return true;
	return *sign == ' ' && next->digits > 0 &&
		   (piece->digits > 0 || (piece->length <= 3 && next->digits == next->length));
}

/* Runs of groups that have a digit are one word if they are to be, all else the pieces. */
static void
split_grouped(Splitter *splitter, const char *at, const char *end)
{
	Piece piece = next_piece(at, end);

	while (piece.length > 0)
	{
		Piece first = piece, last = piece, next;
		size_t digits = piece.digits;

		for (next = next_piece(last.start + last.length, end);
			 splitter->kind == WORDS_GROUPED && is_grouped(&last, &next);
			 next = next_piece(last.start + last.length, end))
		{
			last = next;
			digits += last.digits;
		}
		splitter->length = 0;
		for (piece = first; piece.start <= last.start && piece.length > 0;
			 piece = next_piece(piece.start + piece.length, end))
		{
			splitter_add(splitter, &piece);
			if (digits == 0)
				splitter_emit(splitter);
		}
		splitter_emit(splitter);
	}
}

PortStatus
word_join(const Port *port, const char *text, size_t length, ByteBuffer *out)
{
	ByteBuffer folded;
	bool failed;

	buffer_init(&folded, port);
	fold(text, length, &folded);
	failed = buffer_failed(&folded);
	for (size_t i = 0; i < folded.length && !failed; i++)
		if (is_word(folded.bytes[i]))
			buffer_append_char(out, folded.bytes[i]);
	buffer_release(&folded);
	return failed || buffer_failed(out) ? PORT_NO_MEMORY : PORT_OK;
}

PortStatus
word_split(const Port *port, const char *text, size_t length, WordKind kind, WordTake take,
		   void *host)
{
	Splitter splitter = {.kind = kind, .take = take, .host = host};
	ByteBuffer folded;
	const char *end;
	Piece piece;

	buffer_init(&folded, port);
	fold(text, length, &folded);
	if (buffer_failed(&folded))
		return PORT_NO_MEMORY;
	end = folded.bytes + folded.length;
	if (kind == WORDS_GROUPED || kind == WORDS_PIECES)
	{
		split_grouped(&splitter, folded.bytes, end);
		buffer_release(&folded);
		return PORT_OK;
	}
	piece = next_piece(folded.bytes, end);
	while (piece.length > 0)
	{
		Piece next = next_piece(piece.start + piece.length, end);
		Piece last = piece;

		splitter_add(&splitter, &piece);
		if (is_joined(&piece, &next, false))
		{
			splitter_add(&splitter, &next);
			if (kind != WORDS_ASKED)
			{
				splitter_emit(&splitter);
				splitter_word(&splitter, &piece);
				splitter_word(&splitter, &next);
			}
			last = next;
			next = next_piece(next.start + next.length, end);
		}
		else if (is_joined(&piece, &next, true))
		{
			for (; is_joined(&last, &next, true); next = next_piece(next.start + next.length, end))
			{
				splitter_add(&splitter, &next);
				last = next;
			}
			if (kind != WORDS_ASKED)
			{
				splitter_emit(&splitter);
				splitter_word(&splitter, &last);
			}
		}
		if (splitter.length > 0)
			splitter_emit(&splitter);
		piece = next;
	}
	buffer_release(&folded);
	return PORT_OK;
}
