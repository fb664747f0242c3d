/*
 * render_words.c: fixed words of HTML and text, by language.
 */
#include "core/render_html.h"

#include <string.h>

static const struct
{
	const char *language;
	const char *words[3];
} words[] = {
	{"en", {"Lines", "All %d lines", "and %d more lines in the attached document"}},
	{"nb", {"Linjer", "Alle %d linjer", "og %d linjer til i vedlagt dokument"}},
	{"sv", {"Rader", "Alla %d rader", "och %d rader till i bifogat dokument"}},
	{"da", {"Linjer", "Alle %d linjer", "og %d linjer mere i vedlagte dokument"}},
	{"fi", {"Rivit", "Kaikki %d riviä", "ja %d riviä lisää liitteessä"}},
	{"pl",
	 {"Pozycje", "Wszystkie pozycje (%d)", "oraz dalsze pozycje (%d) w załączonym dokumencie"}},
	{"ro", {"Linii", "Toate liniile (%d)", "și încă %d linii în documentul atașat"}},
};

const char *
render_word(RenderWord word, TemplateLanguage language)
{
	const char *code = template_language_code(language);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].language, code) == 0)
			return words[i].words[word];
	return words[0].words[word];
}
