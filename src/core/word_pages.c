/*
 * word_pages.c: writes and reads the pages of a segment of words.
 */
#include "core/word_pages.h"

#include <string.h>

#define PAGE_FORMAT 1
/* More than any segment has documents: a longer one is damage. */
#define LONGEST_RUN (1 << 24)
/* One word's head, the longest run and the longest number more than the list has. */
#define PAGE_SPARE (1 + 2 + WORD_BYTES + 3 + 21)

static void
append_number(ByteBuffer *buffer, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		buffer_append_char(buffer, (char) (number | 0x80));
	buffer_append_char(buffer, (char) number);
}

size_t
word_key(const char *word, size_t length, uint64_t document, char key[WORD_KEY_BYTES])
{
	memcpy(key, word, length);
	key[length++] = 0;
	for (int shift = 56; shift >= 0; shift -= 8)
		key[length++] = (char) (~document >> shift);
	return length;
}

void
word_writer_start(WordPageWriter *writer, const Port *port, uint64_t base)
{
	buffer_init(&writer->page, port);
	buffer_init(&writer->list, port);
	writer->base = base;
	writer->run = writer->count = 0;
	writer->word_length = writer->before_length = 0;
}

static void
writer_end_run(WordPageWriter *writer)
{
	if (writer->run > 2)
	{
		buffer_append_char(&writer->list, 0);
		append_number(&writer->list, writer->run);
	}
	else
		for (; writer->run > 0; writer->run--)
			buffer_append_char(&writer->list, 1);
	writer->run = 0;
}

static bool
are_digits(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (word[i] < '0' || word[i] > '9')
			return false;
	return length > 1;
}

static void
append_rest(ByteBuffer *page, const char *rest, size_t length, bool digits)
{
	if (!digits)
	{
		buffer_append(page, rest, length);
		return;
	}
	for (size_t i = 0; i < length; i += 2)
		buffer_append_char(
			page, (char) ((rest[i] - '0') << 4 | (i + 1 < length ? rest[i + 1] - '0' : 15)));
}

/* The word's documents so far into the page. */
static void
writer_end_word(WordPageWriter *writer)
{
	size_t shared = 0;
	size_t rest;
	bool digits;

	if (writer->count == 0)
		return;
	writer_end_run(writer);
	while (shared < writer->word_length && shared < writer->before_length &&
		   writer->word[shared] == writer->before[shared])
		shared++;
	rest = writer->word_length - shared;
	digits = are_digits(writer->word + shared, rest);
	buffer_append_char(&writer->page, (char) shared);
	append_number(&writer->page, 4 * rest + (digits ? 2 : 0) + (writer->count > 1 ? 1 : 0));
	append_rest(&writer->page, writer->word + shared, rest, digits);
	if (writer->count > 1)
		append_number(&writer->page, writer->list.length);
	buffer_append(&writer->page, writer->list.bytes, writer->list.length);
	memcpy(writer->before, writer->word, writer->word_length);
	writer->before_length = writer->word_length;
	buffer_reset(&writer->list);
	writer->count = 0;
}

static void
writer_end_page(WordPageWriter *writer)
{
	writer_end_word(writer);
	if (writer->page.length == 0 || buffer_failed(&writer->page) || buffer_failed(&writer->list))
		return;
	writer->take(writer->host, writer->key, writer->key_length, writer->page.bytes,
				 writer->page.length);
	buffer_reset(&writer->page);
	writer->before_length = 0;
}

bool
word_writer_add(WordPageWriter *writer, const char *word, size_t length, uint64_t document)
{
	bool same = writer->count > 0 && writer->word_length == length &&
				memcmp(writer->word, word, length) == 0;

	if (same && writer->document == document)
		return true;
	if (!same)
		writer_end_word(writer);
	if (writer->page.length + writer->list.length + PAGE_SPARE > WORD_PAGE_BYTES)
		writer_end_page(writer);
	if (writer->page.length == 0 && writer->count == 0)
	{
		writer->key_length = word_key(word, length, document, writer->key);
		buffer_append_char(&writer->page, PAGE_FORMAT);
		append_number(&writer->page, writer->base);
	}
	if (writer->count == 0)
	{
		memcpy(writer->word, word, length);
		writer->word_length = length;
		append_number(&writer->list, writer->base - document);
	}
	else if (writer->document - document == 1 && writer->run < LONGEST_RUN)
		writer->run++;
	else
	{
		writer_end_run(writer);
		append_number(&writer->list, writer->document - document);
	}
	writer->document = document;
	writer->count++;
	return !buffer_failed(&writer->page) && !buffer_failed(&writer->list);
}

bool
word_writer_finish(WordPageWriter *writer)
{
	bool done;

	writer_end_page(writer);
	done = !buffer_failed(&writer->page) && !buffer_failed(&writer->list);
	buffer_release(&writer->page);
	buffer_release(&writer->list);
	return done;
}

static bool
read_number(const uint8_t **at, const uint8_t *end, uint64_t *number)
{
	*number = 0;
	for (int shift = 0; *at < end && shift < 64; shift += 7)
	{
		uint8_t byte = *(*at)++;

		*number |= (uint64_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

PortStatus
word_reader_open(WordPageReader *reader, const char *page, size_t length)
{
	reader->at = (const uint8_t *) page;
	reader->end = reader->at + length;
	reader->list_end = NULL;
	reader->word_length = 0;
	if (length == 0 || *reader->at++ != PAGE_FORMAT ||
		!read_number(&reader->at, reader->end, &reader->base))
		return PORT_INVALID;
	return PORT_OK;
}

/* Reads the one document of a word, or makes ready for its list. */
static PortStatus
reader_start_list(WordPageReader *reader, bool many)
{
	uint64_t bytes;

	reader->run = 0;
	reader->started = false;
	if (many)
	{
		if (!read_number(&reader->at, reader->end, &bytes) ||
			bytes > (uint64_t) (reader->end - reader->at))
			return PORT_INVALID;
		reader->list_end = reader->at + bytes;
		return PORT_OK;
	}
	reader->list_end = reader->at;
	while (reader->list_end < reader->end && *reader->list_end >= 0x80)
		reader->list_end++;
	if (reader->list_end == reader->end)
		return PORT_INVALID;
	reader->list_end++;
	return PORT_OK;
}

static PortStatus
reader_rest(WordPageReader *reader, size_t shared, size_t rest, bool digits)
{
	size_t bytes = digits ? (rest + 1) / 2 : rest;

	if (rest > WORD_BYTES - shared || bytes > (size_t) (reader->end - reader->at))
		return PORT_INVALID;
	if (!digits)
		memcpy(reader->word + shared, reader->at, rest);
	else
		for (size_t i = 0; i < rest; i++)
			reader->word[shared + i] =
				(char) ('0' + (i % 2 == 0 ? reader->at[i / 2] >> 4 : reader->at[i / 2] & 15));
	reader->word_length = shared + rest;
	reader->at += bytes;
	return PORT_OK;
}

PortStatus
word_reader_word(WordPageReader *reader)
{
	uint64_t head;
	size_t shared;

	if (reader->list_end != NULL)
		reader->at = reader->list_end;
	if (reader->at == reader->end)
		return PORT_STOPPED;
	shared = *reader->at++;
	if (!read_number(&reader->at, reader->end, &head) || shared > reader->word_length ||
		head / 4 > WORD_BYTES ||
		reader_rest(reader, shared, head / 4, head / 2 % 2 == 1) != PORT_OK)
		return PORT_INVALID;
	return reader_start_list(reader, head % 2 == 1);
}

PortStatus
word_reader_document(WordPageReader *reader)
{
	uint64_t less;

	if (reader->run > 0)
	{
		reader->run--;
		reader->document--;
		return PORT_OK;
	}
	if (reader->at == reader->list_end)
		return PORT_STOPPED;
	if (!read_number(&reader->at, reader->list_end, &less))
		return PORT_INVALID;
	if (less > (reader->started ? reader->document : reader->base))
		return PORT_INVALID;
	if (!reader->started)
	{
		reader->document = reader->base - less;
		reader->started = true;
		return PORT_OK;
	}
	if (less == 0)
	{
		if (!read_number(&reader->at, reader->list_end, &reader->run) || reader->run == 0 ||
			reader->run > LONGEST_RUN || reader->run > reader->document)
		{
			reader->run = 0;
			return PORT_INVALID;
		}
		reader->run--;
		less = 1;
	}
	reader->document -= less;
	return PORT_OK;
}

PortStatus
word_reader_documents(WordPageReader *reader, uint64_t *documents, size_t most, size_t *count)
{
	PortStatus status = PORT_OK;
	size_t taken = 0;

	while (taken < most && status == PORT_OK)
	{
		/* most are less by a byte's number than the one before */
		while (reader->run == 0 && reader->started && taken < most &&
			   reader->at < reader->list_end && (uint8_t) (*reader->at - 1) < 0x7f &&
			   *reader->at <= reader->document)
			documents[taken++] = reader->document -= *reader->at++;
		if (taken < most && (status = word_reader_document(reader)) == PORT_OK)
			documents[taken++] = reader->document;
	}
	*count = taken;
	return status == PORT_STOPPED ? PORT_OK : status;
}

/* The first of documents from low on that is not above this one. */
static size_t
first_not_above(const uint64_t *documents, size_t low, size_t count, uint64_t document)
{
	size_t high = count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (documents[middle] > document)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Passes eight documents at a time while all of them are above this one. */
static void
reader_skip(WordPageReader *reader, uint64_t document)
{
	while (reader->run == 0 && reader->list_end - reader->at >= 8)
	{
		uint64_t less, sum;

		memcpy(&less, reader->at, sizeof(less));
		/* numbers of one byte each, and no run */
		if (((less - EACH_BYTE) & ~less & HIGH_BITS) != 0 || (less & HIGH_BITS) != 0)
			return;
		sum = (less & UINT64_C(0x00ff00ff00ff00ff)) + (less >> 8 & UINT64_C(0x00ff00ff00ff00ff));
		sum = (sum * UINT64_C(0x0001000100010001)) >> 48;
		if (reader->document <= document || sum >= reader->document - document)
			return;
		reader->document -= sum;
		reader->at += 8;
	}
}

PortStatus
word_reader_mark(WordPageReader *reader, const uint64_t *documents, size_t count, bool *marks)
{
	PortStatus status = word_reader_document(reader);
	size_t low = status == PORT_OK ? first_not_above(documents, 0, count, reader->document) : count;

	while (low < count && status == PORT_OK)
	{
		reader_skip(reader, documents[low]);
		while (status == PORT_OK && reader->document > documents[low])
			status = word_reader_document(reader);
		if (status == PORT_OK && reader->document == documents[low])
			marks[low++] = true;
		while (low < count && status == PORT_OK && documents[low] > reader->document)
			low++;
	}
	return status == PORT_STOPPED ? PORT_OK : status;
}
