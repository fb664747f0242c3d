/*
 * xml_vocabulary.c: numbers of names.
 */
#include "core/xmlread.h"

#include <string.h>

static uint32_t
hash_name(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char) *name) * 16777619u;
	return hash ^ hash >> 15;
}

uint16_t
xml_vocabulary_find(const XmlVocabulary *vocabulary, const char *name)
{
	uint32_t at = hash_name(name) % XML_VOCABULARY_SLOTS;

	for (; vocabulary->slots[at] != 0; at = (at + 1) % XML_VOCABULARY_SLOTS)
		if (strcmp(vocabulary->names[vocabulary->slots[at]], name) == 0)
			return vocabulary->slots[at];
	return 0;
}

uint16_t
xml_vocabulary_add(XmlVocabulary *vocabulary, const char *name)
{
	uint32_t at = hash_name(name) % XML_VOCABULARY_SLOTS;
	uint16_t number = xml_vocabulary_find(vocabulary, name);

	if (number != 0 || vocabulary->count + 1 >= XML_VOCABULARY_NAMES)
		return number;
	while (vocabulary->slots[at] != 0)
		at = (at + 1) % XML_VOCABULARY_SLOTS;
	number = (uint16_t) ++vocabulary->count;
	vocabulary->slots[at] = number;
	vocabulary->names[number] = name;
	return number;
}

size_t
xml_decode_ampersands(char *text, size_t length)
{
	static const char reference[] = "&#38;";
	size_t out = 0;

	for (size_t i = 0; i < length; out++)
	{
		text[out] = text[i];
		i += length - i >= 5 && memcmp(text + i, reference, 5) == 0 ? 5 : 1;
	}
	return out;
}
