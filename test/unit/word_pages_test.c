/*
 * word_pages_test.c: words of a text; pages of random postings read back as they were written, from any key; damaged pages.
 */
#include "check.h"
#include "core/markup_text.h"
#include "core/word_pages.h"

#include <stdlib.h>

#define MOST 20000

typedef struct Posting
{
	char word[WORD_BYTES];
	size_t length;
	uint64_t document;
} Posting;

typedef struct Pages
{
	char keys[4000][WORD_KEY_BYTES];
	size_t key_lengths[4000];
	char bytes[4000][WORD_PAGE_BYTES];
	size_t lengths[4000];
	int count;
} Pages;

static Posting postings[MOST];
static Pages pages;
static uint32_t seed = 1;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void
add_word(void *host, const char *word, size_t length)
{
	char *list = host;

	sprintf(list + strlen(list), "%s%.*s", *list ? " " : "", (int) length, word);
}

static const char *
split(const char *text, WordKind kind)
{
	static char list[4096];

	*list = 0;
	CHECK(word_split(&port_malloc, text, strlen(text), kind, add_word, list) == PORT_OK);
	return list;
}

static void
test_words(void)
{
	CHECK_TEXT(split("", WORDS_ALL), "");
	CHECK_TEXT(split("a b1 Ab", WORDS_ALL), "b1 ab");
	CHECK_TEXT(split("EK 12345, AB-12x SV-99", WORDS_ALL), "ek12345 ek 12345 ab 12x sv99 sv 99");
	CHECK_TEXT(split("EK 12345, AB-12x SV-99", WORDS_NUMBERS), "ek12345 12345 sv99");
	CHECK_TEXT(split("EK 12345  7082-1234 5678 9012/12", WORDS_ASKED), "ek12345 7082123456789012 12");
	CHECK_TEXT(split("7082 1234 56789 kort 7082 1234 567", WORDS_ALL), "70821234 1234 56789 kort 70821234567 567");
	CHECK_TEXT(split("Łódź Åse ÆØÅ Ș Țț stra\xc3\x9f" "e", WORDS_ALL), "lodz ase aeoa tt strasse");
	CHECK_TEXT(split("x\xc3" "ab \xff" "cd\xe2\x82", WORDS_ALL), "ab cd");
	CHECK_TEXT(split("100\xe2\x82\xac 5\xc2\xa0" "000", WORDS_ALL), "100 000");
	CHECK_TEXT(split("0123456789012345678901234567890123456789tail \xc3\xa6" "123456789012345678901234567890123456789", WORDS_ALL),
			   "0123456789012345678901234567890123456789 ae12345678901234567890123456789012345678");
}

static void
test_markup(void)
{
	static const struct
	{
		const char *tags, *text;
	} samples[] = {{"<a x='1'>one</a>two", "\none\ntwo"},
				   {"<!-- a > b -->x<style>p{}</style>y<script>1</script>", "\nx\ny\n"},
				   {"a&amp;b&nbsp;c&#65;&#x42;&#xe5;&unending reference", "a&b cAB\xc3\xa5&unending reference"},
				   {"<cut", "\n"}, {"&", "&"}, {"&#", "&#"}, {"<!--", "\n"}, {"&#x;&#99999999999;", " &#99999999999;"}};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
	{
		ByteBuffer out;
		char *copy = malloc(strlen(samples[i].tags) + 1); /* so that reading too far is seen */

		buffer_init(&out, &port_malloc);
		memcpy(copy, samples[i].tags, strlen(samples[i].tags));
		copy = realloc(copy, strlen(samples[i].tags));
		markup_text(copy, strlen(samples[i].tags), &out);
		buffer_append_char(&out, 0);
		CHECK_TEXT(out.bytes, samples[i].text);
		buffer_release(&out);
		free(copy);
	}
}

static int
compare(const void *one, const void *two)
{
	const Posting *a = one, *b = two;
	int order = memcmp(a->word, b->word, a->length < b->length ? a->length : b->length);

	if (order != 0 || a->length != b->length)
		return order != 0 ? order : a->length < b->length ? -1 : 1;
	return (a->document < b->document) - (a->document > b->document);
}

static void
take_page(void *host, const char *key, size_t key_length, const char *page, size_t page_length)
{
	Pages *all = host;

	CHECK(page_length <= WORD_PAGE_BYTES && key_length <= WORD_KEY_BYTES && all->count < 4000);
	memcpy(all->keys[all->count], key, key_length);
	all->key_lengths[all->count] = key_length;
	memcpy(all->bytes[all->count], page, page_length);
	all->lengths[all->count++] = page_length;
}

static void
make_postings(int count, uint32_t words, uint32_t documents)
{
	for (int i = 0; i < count; i++)
	{
		Posting *posting = &postings[i];
		uint32_t kind = draw(4), word = draw(words);

		posting->length = (size_t) sprintf(posting->word, kind == 0 ? "w%u" : kind == 1 ? "%07u" : "same%u", kind == 3 ? 0 : word);
		if (draw(500) == 0)
			posting->length = (size_t) sprintf(posting->word, "%039u", word);
		posting->document = draw(20) == 0 ? UINT64_MAX / 2 - draw(documents) : draw(documents);
	}
	qsort(postings, (size_t) count, sizeof(Posting), compare);
}

static void
test_pages(int count, uint32_t words, uint32_t documents)
{
	WordPageWriter writer = {.take = take_page, .host = &pages};
	int at = 0, key_at = 0;
	bool good = true;

	make_postings(count, words, documents);
	pages.count = 0;
	word_writer_start(&writer, &port_malloc, UINT64_MAX / 2);
	for (int i = 0; i < count; i++)
		good = word_writer_add(&writer, postings[i].word, postings[i].length, postings[i].document) && good;
	CHECK(good && word_writer_finish(&writer));
	for (int p = 0; p < pages.count; p++)
	{
		WordPageReader reader;
		char key[WORD_KEY_BYTES];
		PortStatus status = word_reader_open(&reader, pages.bytes[p], pages.lengths[p]);

		CHECK(word_key(postings[at].word, postings[at].length, postings[at].document, key) == pages.key_lengths[p] &&
			  memcmp(key, pages.keys[p], pages.key_lengths[p]) == 0);
		while (status == PORT_OK && (status = word_reader_word(&reader)) == PORT_OK)
			while (word_reader_document(&reader) == PORT_OK)
			{
				good = good && at < count && reader.word_length == postings[at].length &&
					   memcmp(reader.word, postings[at].word, reader.word_length) == 0 && reader.document == postings[at].document;
				for (key_at = at; at < count && compare(&postings[at], &postings[key_at]) == 0;)
					at++;
			}
		CHECK(status == PORT_STOPPED);
	}
	CHECK(good && at == count);
}

/* Marking is the same as reading. */
static void
test_marks(uint32_t documents)
{
	static uint64_t wanted[MOST];
	static bool marks[MOST], want[MOST];
	bool good = true;

	for (int turn = 0; turn < 300; turn++)
	{
		int p = (int) draw((uint32_t) pages.count), count = (int) draw(200);
		WordPageReader reader, again;

		for (int i = 0; i < count; i++)
			wanted[i] = (uint64_t) (count - i) * (documents / 200) + draw(documents / 200);
		good = good && word_reader_open(&reader, pages.bytes[p], pages.lengths[p]) == PORT_OK;
		while (word_reader_word(&reader) == PORT_OK)
		{
			again = reader;
			memset(marks, 0, sizeof(marks));
			memset(want, 0, sizeof(want));
			while (word_reader_document(&again) == PORT_OK)
				for (int i = 0; i < count; i++)
					want[i] = want[i] || wanted[i] == again.document;
			good = good && word_reader_mark(&reader, wanted, (size_t) count, marks) == PORT_OK && memcmp(marks, want, sizeof(marks)) == 0;
		}
	}
	CHECK(good);
}

/* Whatever the bytes are, reading ends and stays inside. */
static void
test_damaged(void)
{
	for (int turn = 0; turn < 30000; turn++)
	{
		int p = (int) draw((uint32_t) pages.count);
		size_t length = draw(2) ? pages.lengths[p] : draw((uint32_t) pages.lengths[p] + 1);
		char *copy = malloc(length ? length : 1);
		WordPageReader reader;
		uint64_t read = 0;

		memcpy(copy, pages.bytes[p], length);
		for (uint32_t i = draw(4); length > 0 && i > 0; i--)
			copy[draw((uint32_t) length)] ^= (char) (1 << draw(8));
		if (word_reader_open(&reader, copy, length) == PORT_OK)
			while (word_reader_word(&reader) == PORT_OK)
			{
				WordPageReader again = reader;
				uint64_t wanted[4] = {draw(3000) + 4000, draw(1000) + 2000, draw(500) + 900, draw(500)};
				bool marks[4];

				(void) word_reader_mark(&again, wanted, 4, marks);
				while (read < 100000 && word_reader_document(&reader) == PORT_OK)
					read++;
			}
		free(copy);
	}
	CHECK(pages.count > 0);
}

int
main(void)
{
	test_words();
	test_markup();
	test_pages(1, 1, 1);
	test_pages(500, 20, 1000);
	test_pages(MOST, 3000, 3000);
	test_pages(MOST, 3, 1000000);
	test_pages(MOST, 2, 6000);
	test_marks(6000);
	test_damaged();
	test_pages(MOST, 100000, 100000000);
	test_damaged();
	return check_done();
}
