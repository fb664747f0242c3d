/*
 * render_words.c: fixed words of HTML and text, by language.
 */
#include "core/render_html.h"

#include <string.h>

static const struct
{
	const char *language;
	const char *words[4];
} words[] = {
	{"en",
	 {"Lines", "All %d lines", "Figures as a table", "and %d more lines in the attached document"}},
	{"nb",
	 {"Linjer", "Alle %d linjer", "Tallene som tabell", "og %d linjer til i vedlagt dokument"}},
	{"sv",
	 {"Rader", "Alla %d rader", "Siffrorna som tabell", "och %d rader till i bifogat dokument"}},
	{"da",
	 {"Linjer", "Alle %d linjer", "Tallene som tabel", "og %d linjer mere i vedlagte dokument"}},
	{"fi", {"Rivit", "Kaikki %d riviä", "Luvut taulukkona", "ja %d riviä lisää liitteessä"}},
	{"pl",
	 {"Pozycje", "Wszystkie pozycje (%d)", "Dane w tabeli",
	  "oraz dalsze pozycje (%d) w załączonym dokumencie"}},
	{"ro",
	 {"Linii", "Toate liniile (%d)", "Cifrele ca tabel", "și încă %d linii în documentul atașat"}},
	{"de",
	 {"Positionen", "Alle %d Positionen", "Zahlen als Tabelle",
	  "und %d weitere Positionen im angehängten Dokument"}},
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
