/*
 * pdf_text_test.c: the text of pages by fonts with and without a map of characters, in forms and in several streams; damage.
 */
#include "check.h"
#include "core/pdf_text.h"

#include <stdlib.h>

static char file[64 * 1024];
static size_t size;
static size_t places[32];
static int objects;

static void
begin(void)
{
	size = (size_t) snprintf(file, sizeof(file), "%%PDF-1.7\n");
	objects = 0;
}

static void
object(const char *content)
{
	places[++objects] = size;
	size += (size_t) snprintf(file + size, sizeof(file) - size, "%d 0 obj\n%s\nendobj\n", objects, content);
}

static void
stream(const char *keys, const char *content)
{
	char text[8192];

	snprintf(text, sizeof(text), "<<%s/Length %zu>>\nstream\n%s\nendstream", keys, strlen(content), content);
	object(text);
}

static void
end(void)
{
	size_t table = size;

	size += (size_t) snprintf(file + size, sizeof(file) - size, "xref\n0 %d\n0000000000 65535 f \n", objects + 1);
	for (int i = 1; i <= objects; i++)
		size += (size_t) snprintf(file + size, sizeof(file) - size, "%010zu 00000 n \n", places[i]);
	size += (size_t) snprintf(file + size, sizeof(file) - size, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", objects + 1, table);
}

/* Two pages below two nodes; a font of each kind; a form with a font of its own. */
static void
make(void)
{
	begin();
	object("<</Type/Catalog/Pages 2 0 R>>");
	object("<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/Resources<</Font<</F1 7 0 R/F2 8 0 R>>/XObject<</X1 11 0 R/Im 12 0 R>>>>>>");
	object("<</Type/Page/Parent 2 0 R/Contents[5 0 R 6 0 R]>>");
	object("<</Type/Pages/Kids[13 0 R]/Count 1>>");
	stream("", "BT /F1 12 Tf 10 20 Td (Kj\\370re kunde \\(1\\)) Tj T* [(Pri)-20(sen)-300(stiger)] TJ (Sk\\\nift) '");
	stream("", "0 0 Td /F2 9 Tf <00010002> Tj 0 -12 Td <0003> Tj <00040005> Tj <0009> Tj ET /X1 Do /Im Do");
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
	object("<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 9 0 R>>");
	stream("", "/CIDInit /ProcSet findresource begin 1 begincodespacerange <0000><FFFF> endcodespacerange\n"
			   "2 beginbfchar <0001> <00C5> <0002> <0073> endbfchar\n2 beginbfrange <0003> <0004> <0430> <0005> <0006> [<006600660069> <D83DDE00>] endbfrange");
	object("<</Type/Font/Subtype/Type1/BaseFont/Courier>>");
	stream("/Type/XObject/Subtype/Form/Resources<</Font<</F1 10 0 R>>/XObject<</X1 11 0 R>>>>", "BT /F1 1 Tf (in form) Tj ET /X1 Do");
	stream("/Type/XObject/Subtype/Image", "(image) Tj");
	object("<</Type/Page/Parent 4 0 R/Contents 14 0 R/Resources<</Font<</F9 8 0 R>>>>>>");
	stream("", "BT /F9 1 Tf <000100020006> Tj /F1 1 Tf (no such font) Tj ET");
	end();
}

static bool
says(ByteBuffer *out, const char *words)
{
	buffer_append_char(out, 0);
	out->length--;
	return strstr(out->bytes, words) != NULL;
}

static void
test_pages(void)
{
	static const char *const words[] = {"Kjøre kunde (1)", "Prisen stiger", " Skift", " Ås ", "абffi ", "in form"};
	ByteBuffer out;

	make();
	buffer_init(&out, &port_malloc);
	CHECK(pdf_text(&port_malloc, file, size, &out) == PORT_OK);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		CHECK(says(&out, words[i]));
	CHECK(!says(&out, "image") && !says(&out, "no such font"));
	buffer_reset(&out);
	/* without its table of objects */
	CHECK(pdf_text(&port_malloc, file, places[objects] + 120, &out) == PORT_OK && says(&out, "Prisen stiger"));
	buffer_reset(&out);
	CHECK(pdf_text(&port_malloc, "", 0, &out) == PORT_OK && out.length == 0);
	CHECK(pdf_text(&port_malloc, "%PDF-1.7\nnothing", 16, &out) == PORT_OK && out.length == 0);
	buffer_release(&out);
}

/* Whatever the bytes are, it ends, stays inside, and does not grow beyond its limit. */
static void
test_damaged(void)
{
	ByteBuffer out;
	bool good = true;

	srand(7);
	buffer_init(&out, &port_malloc);
	for (int turn = 0; turn < 4000; turn++)
	{
		size_t length;
		char *copy;

		make();
		length = turn % 3 == 0 ? (size_t) rand() % (size + 1) : size;
		copy = malloc(length ? length : 1);
		memcpy(copy, file, length);
		for (int i = rand() % 6; length > 0 && i > 0; i--)
			copy[(size_t) rand() % length] = (char) (rand() % 4 ? "<>()[]/0 R"[rand() % 10] : rand());
		buffer_reset(&out);
		good = good && pdf_text(&port_malloc, copy, length, &out) == PORT_OK && out.length <= PDF_TEXT_MOST + 65536;
		free(copy);
	}
	CHECK(good);
	buffer_release(&out);
}

int
main(void)
{
	test_pages();
	test_damaged();
	return check_done();
}
