/*
 * xml_schema_check.c: follows a document through its content models.
 *
 * An element in a wrong place is reported once, with what could have stood there, and then taken
 * for what it is, so that one mistake does not draw others after it.
 */
#include "core/xml_schema.h"

#include "core/xml_state.h"

#include <stdio.h>
#include <string.h>

#define TEXT_LIMIT (16 * 1024) /* no type of any schema is longer */

static SchemaState *
state_of(XmlInvoice *reader)
{
	return &reader->schema;
}

/* -- findings -------------------------------------------------------------------------------------
 */

static void
location_of(XmlInvoice *reader, char *out, size_t size)
{
	const SchemaState *state = state_of(reader);
	size_t length = (size_t) snprintf(out, size, "/%.60s", state->schema->entries[0].name);

	for (int i = 1; i <= state->level && length < size; i++)
	{
		const SchemaLevel *level = &state->levels[i];

		length += (size_t) snprintf(out + length, size - length, "/%.*s",
									(int) level->self->name_length, level->self->name);
		if (level->self->most > 1 && length < size)
			length += (size_t) snprintf(out + length, size - length, "[%d]", level->ordinal);
	}
	if (length < size)
		snprintf(out + length, size - length, ", line %lld",
				 (long long) xml_reader_line(reader->xml));
}

void
xml_schema_finding(XmlInvoice *reader, FindingSeverity severity, const char *rule,
				   const char *message)
{
	SchemaState *state = state_of(reader);
	char location[256];
	Finding finding = {severity, reader->place, rule, location, message};

	if (state->findings++ >= SCHEMA_MAX_FINDINGS)
		return;
	if (state->findings == SCHEMA_MAX_FINDINGS)
		finding.message = "there are more faults than are listed";
	finding.place.line_no = xml_reader_line(reader->xml);
	location_of(reader, location, sizeof(location));
	invoice_queue_finding(&reader->queue, &finding);
}

/* Names of up to five elements that may come now, as a list. */
static void
put_expected(const SchemaState *state, const SchemaLevel *level, char *out, size_t size)
{
	const SchemaModel *model = &state->schema->models[level->entry];
	const SchemaSet *set =
		level->position < 0 ? &model->first : &state->schema->positions[level->position].follow;
	size_t length = 0;
	int count = 0;

	out[0] = '\0';
	for (int i = 0; i < model->count && length < size; i++)
	{
		const SchemaPosition *position = &state->schema->positions[model->start + i];

		if (!(set->words[i / 64] >> (i % 64) & 1) ||
			(model->start + i == level->position && level->count >= position->most))
			continue;
		if (++count > 5)
		{
			length += (size_t) snprintf(out + length, size - length, " ...");
			break;
		}
		length += (size_t) snprintf(out + length, size - length, "%s%.*s", count > 1 ? ", " : "",
									(int) position->name_length, position->name);
	}
	if (count == 0)
		snprintf(out, size, "the end of the element");
}

static void
wrong_place(XmlInvoice *reader, const SchemaLevel *level, const XmlElement *element, bool known)
{
	SchemaState *state = state_of(reader);
	char expected[160], message[300];
	const SchemaPosition *before =
		level->position < 0 ? NULL : &state->schema->positions[level->position];

	if (before != NULL && before->name_number == element->name && before->most > 1)
		snprintf(message, sizeof(message),
				 "the element \"%.60s\" stands more often than the %d times that are allowed",
				 element->text, before->most);
	else if (before != NULL && before->name_number == element->name)
		snprintf(message, sizeof(message), "the element \"%.60s\" stands more than once",
				 element->text);
	else
	{
		put_expected(state, level, expected, sizeof(expected));
		snprintf(message, sizeof(message), "the element \"%.60s\" %s; expected %s", element->text,
				 known ? "must not stand here" : "is not known here", expected);
	}
	xml_schema_finding(reader, FINDING_FATAL, state->schema->structure_rule, message);
}

/* -- elements -------------------------------------------------------------------------------------
 */

static void
push(SchemaState *state, uint16_t entry, const SchemaPosition *self, int ordinal)
{
	SchemaLevel *level = &state->levels[++state->level];

	level->entry = entry;
	level->position = -1;
	level->count = 0;
	level->ordinal = ordinal;
	level->self = self;
	buffer_reset(&state->text);
	state->too_long = false;
}

void
xml_schema_begin(XmlInvoice *reader, XmlSchema *schema)
{
	SchemaState *state = state_of(reader);

	state->schema =
		schema != NULL && xml_schema_compile(schema, xml_paths_vocabulary()) ? schema : NULL;
	state->level = -1;
	state->outside = 0;
	state->findings = 0;
	if (state->schema == NULL)
		state->level = 0;
	else
		push(state, 0, NULL, 1);
}

/* The position where an element may stand now, -1 = none. */
static int
allowed(const SchemaState *state, const SchemaLevel *level, uint16_t name)
{
	const SchemaModel *model = &state->schema->models[level->entry];
	const SchemaSet *set =
		level->position < 0 ? &model->first : &state->schema->positions[level->position].follow;

	for (int w = 0; w < SCHEMA_SET_WORDS; w++)
		for (uint64_t bits = set->words[w]; bits != 0; bits &= bits - 1)
		{
			int at = model->start + w * 64 + __builtin_ctzll(bits);

			if (state->schema->positions[at].name_number == name)
				return at == level->position && level->count >= state->schema->positions[at].most
						   ? -1
						   : at;
		}
	return -1;
}

/* Where an element of this name belongs, after the place reached if there is such a place. */
static int
elsewhere(const SchemaState *state, const SchemaLevel *level, uint16_t name)
{
	const SchemaModel *model = &state->schema->models[level->entry];
	int found = -1;

	for (int i = model->start; i < model->start + model->count; i++)
		if (state->schema->positions[i].name_number == name &&
			(found < 0 || found < level->position))
			found = i;
	return found;
}

void
xml_schema_start(XmlInvoice *reader, const XmlElement *element)
{
	SchemaState *state = state_of(reader);
	SchemaLevel *level = &state->levels[state->level];
	uint16_t name = element->space == reader->paths->spaces[0] ? element->name : 0;
	int at;

	if (state->schema == NULL)
		return;
	if (state->outside > 0 || state->schema->entries[level->entry].model == NULL ||
		state->level + 1 >= SCHEMA_MAX_DEPTH)
	{
		if (state->outside++ == 0)
			xml_schema_finding(reader, FINDING_FATAL, state->schema->structure_rule,
							   "an element stands where only text is allowed");
		return;
	}
	at = name == 0 ? -1 : allowed(state, level, name);
	if (at < 0)
	{
		at = name == 0 ? -1 : elsewhere(state, level, name);
		wrong_place(reader, level, element, at >= 0);
	}
	if (at < 0)
	{
		state->outside = 1;
		return;
	}
	level->count = at == level->position ? level->count + 1 : 1;
	level->position = at;
	push(state, state->schema->positions[at].entry, &state->schema->positions[at], level->count);
}

void
xml_schema_text(XmlInvoice *reader, const char *bytes, size_t length)
{
	SchemaState *state = state_of(reader);

	if (state->schema == NULL)
		return;
	if (state->schema->text != NULL)
		state->schema->text(reader, bytes, length);
	if (state->outside > 0)
		return;
	if (state->text.length + length <= TEXT_LIMIT)
		buffer_append(&state->text, bytes, length);
	else
		state->too_long = true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* xs:token: blanks around go, runs of them become one. */
static Slice
collapse(ByteBuffer *text)
{
	char *out = text->bytes;
	size_t length = 0;

	for (size_t i = 0; i < text->length; i++)
		if (!is_blank(text->bytes[i]))
			out[length++] = text->bytes[i];
		else if (length > 0 && out[length - 1] != ' ')
			out[length++] = ' ';
	if (length > 0 && out[length - 1] == ' ')
		length--;
	out[length] = '\0';
	return (Slice){out, length};
}

static void
check_value(XmlInvoice *reader, const SchemaEntry *entry)
{
	SchemaState *state = state_of(reader);
	char expected[200], message[400];
	const char *problem;
	Slice value;
	int shown;

	buffer_append_char(&state->text, '\0');
	if (buffer_failed(&state->text))
		return;
	state->text.length--;
	value = entry->kind == SCHEMA_STRING ? (Slice){state->text.bytes, state->text.length}
										 : collapse(&state->text);
	problem = state->too_long ? "a shorter text"
							  : xml_schema_value(entry, value, expected, sizeof(expected));
	if (problem == NULL)
	{
		if (state->schema->check != NULL)
			state->schema->check(reader, entry, value);
		return;
	}
	shown = slice_shown(value, 60);
	snprintf(message, sizeof(message), "found \"%.*s\"%s, expected %s", shown, value.bytes,
			 (size_t) shown < value.length ? " ..." : "", problem);
	xml_schema_finding(reader, FINDING_FATAL, state->schema->value_rule, message);
}

static void
check_complete(XmlInvoice *reader, const SchemaLevel *level)
{
	SchemaState *state = state_of(reader);
	char expected[160], message[240];

	if (level->position < 0 ? state->schema->models[level->entry].nullable
							: state->schema->positions[level->position].last)
		return;
	put_expected(state, level, expected, sizeof(expected));
	snprintf(message, sizeof(message), "the element is not complete; expected %s", expected);
	xml_schema_finding(reader, FINDING_FATAL, state->schema->structure_rule, message);
}

void
xml_schema_end(XmlInvoice *reader)
{
	SchemaState *state = state_of(reader);
	const SchemaLevel *level = &state->levels[state->level];
	const SchemaEntry *entry;

	if (state->schema == NULL)
		return;
	if (state->outside > 0)
	{
		state->outside--;
		return;
	}
	entry = &state->schema->entries[level->entry];
	if (entry->model == NULL)
		check_value(reader, entry);
	else
		check_complete(reader, level);
	buffer_reset(&state->text);
	state->level--;
}

void
xml_schema_finish(XmlInvoice *reader)
{
	SchemaState *state = state_of(reader);

	if (state->schema == NULL)
		return;
	state->outside = 0;
	check_complete(reader, &state->levels[0]);
	state->level = 0;
}
