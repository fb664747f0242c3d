/*
 * codes.h: the code lists that are shipped, read from the files of data/codelist.
 */
#ifndef UNIT_CODES_H
#define UNIT_CODES_H

#include "core/rule_codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef CODELIST_FOLDER
#define CODELIST_FOLDER "../../data/codelist"
#endif
#define CODES_MAX_BYTES (256 * 1024)

static inline void
codes_read_list(RuleCodes *codes, RuleCodeList list)
{
	static char text[CODES_MAX_BYTES];
	static Slice values[CODES_MAX_BYTES / 2];
	char path[256], *line = text;
	size_t count = 0, size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.csv", CODELIST_FOLDER, rule_code_list_name(list));
	file = fopen(path, "rb");
	if (file == NULL)
		return;
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	for (size_t i = 0; i < size; i++)
	{
		if (text[i] != '\n')
			continue;
		if (line != text && text + i > line)
			values[count++] = (Slice){line, text + i - line};
		line = text + i + 1;
	}
	rule_codes_set(codes, list, values, count);
}

static inline RuleCodes *
rule_codes_shipped(const Port *port)
{
	RuleCodes *codes = rule_codes_open(port);

	for (int i = 0; codes != NULL && i < RULE_CODE_LISTS; i++)
		codes_read_list(codes, (RuleCodeList) i);
	return codes;
}

#endif
