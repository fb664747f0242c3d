/*
 * volume_skeleton.c: finds the states of a template in sample documents.
 */
#include "core/volume_skeleton.h"

#include "core/volume_intern.h"

#include <string.h>
#include <strings.h>

#define MOST_STATES 4000
#define MOST_STATE_TEXT ((size_t) 60 * 1024)
#define MOST_TEXT ((size_t) 1024 * 1024)
#define MOST_DEPTH 200
#define MOST_NUMBERED 32 /* elements of a parent that are told apart by their number */
#define ROLE_BEHIND 255	 /* the text behind an element; 0: the text it begins with */

typedef struct Element
{
	uint32_t parent;
	uint32_t tag;
	uint32_t number; /* among its parent's elements of this tag */
	uint32_t siblings_key;
	uint32_t class;
	uint32_t depth;
} Element;

/* Where an item stands, until classes are known. */
typedef struct ItemPlace
{
	uint32_t element;
	uint32_t role;
} ItemPlace;

typedef struct Learner
{
	Skeleton *skeleton;
	const Port *port;
	PortStatus status;
	VolumeIntern tags, siblings, classes, states;
	ByteBuffer elements; /* of Element */
	ByteBuffer items;	 /* of SkeletonItem */
	ByteBuffer places;	 /* of ItemPlace */
	/* the document being cut */
	const char *bytes, *end, *text;
	uint32_t open[MOST_DEPTH];
	uint32_t depth, deepest;
} Learner;

/* What follows or goes before a state: one state, several, or none yet. */
#define NEIGHBOUR_NONE UINT32_MAX
#define NEIGHBOUR_MANY (UINT32_MAX - 1)

typedef struct StateFacts
{
	uint32_t next, previous;
	const char *value;
	uint32_t value_length;
	bool fixed;
	uint32_t joined; /* number of the state it becomes */
	bool head;
} StateFacts;

static Element *
element_at(const Learner *learner, uint32_t number)
{
	return (Element *) (void *) learner->elements.bytes + number;
}

static void
fail(Learner *learner, PortStatus status)
{
	if (learner->status == PORT_OK)
		learner->status = status;
}

/* An item: the text up to where the value begins, and the value. */
static void
add_item(Learner *learner, uint32_t element, uint32_t role, const char *value,
		 const char *value_end)
{
	SkeletonItem item = {0, (uint32_t) (value - learner->text), (uint32_t) (value_end - value),
						 learner->text, value};
	ItemPlace place = {element, role};

	buffer_append(&learner->items, &item, sizeof(item));
	buffer_append(&learner->places, &place, sizeof(place));
	learner->text = value_end;
}

static uint32_t
add_element(Learner *learner, const char *name, size_t length)
{
	uint32_t key[2];
	Element element = {.parent = learner->open[learner->depth], .depth = learner->depth + 1};
	uint32_t number = (uint32_t) (learner->elements.length / sizeof(Element));

	element.tag = volume_intern_add(&learner->tags, 0, name, length);
	key[0] = element.parent;
	key[1] = element.tag;
	element.siblings_key = volume_intern_add(&learner->siblings, 0, key, sizeof(key));
	if (element.siblings_key != INTERN_NONE)
		element.number = learner->siblings.entries[element.siblings_key].value++;
	buffer_append(&learner->elements, &element, sizeof(element));
	return number;
}

/* Elements of HTML that have no end. */
static bool
is_void(const char *name, size_t length)
{
	static const char *const names[] = {"meta", "br",	"img",	  "hr",	   "input", "link",
										"col",	"area", "source", "track", "wbr",	"base"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
			return true;
	return false;
}

static const char *
text_end(const Learner *learner, const char *from)
{
	const char *tag = memchr(from, '<', (size_t) (learner->end - from));

	return tag == NULL ? learner->end : tag;
}

/* Attributes and the end of a tag; returns behind the tag, NULL when it has no
 * end. */
static const char *
cut_attributes(Learner *learner, const char *at, uint32_t element)
{
	uint32_t role = 1;

	for (; at < learner->end && *at != '>'; at++)
	{
		const char *close;

		if (*at != '"' && *at != '\'')
			continue;
		close = memchr(at + 1, *at, (size_t) (learner->end - at - 1));
		if (close == NULL)
			return NULL;
		add_item(learner, element, role, at + 1, close);
		role += role < ROLE_BEHIND - 1;
		at = close;
	}
	return at < learner->end ? at + 1 : NULL;
}

/* The end of an element, or of those that were left open in it. */
static uint32_t
close_element(Learner *learner, const char *name, size_t length)
{
	uint32_t tag = volume_intern_find(&learner->tags, 0, name, length);

	for (uint32_t depth = learner->depth; depth > 0; depth--)
		if (element_at(learner, learner->open[depth])->tag == tag)
		{
			learner->depth = depth - 1;
			return learner->open[depth];
		}
	return learner->open[learner->depth];
}

/* One tag and the text behind it; returns the next tag or the end, NULL when
 * there is no tag. */
static const char *
cut_tag(Learner *learner, const char *tag)
{
	bool closing = tag + 1 < learner->end && tag[1] == '/';
	bool special = tag + 1 < learner->end && (tag[1] == '!' || tag[1] == '?');
	const char *name = tag + 1 + closing;
	const char *at = name;
	uint32_t element;
	const char *behind;

	while (at < learner->end && memchr(" \t\r\n/>\"'=<", *at, 10) == NULL)
		at++;
	if (closing)
	{
		behind = memchr(at, '>', (size_t) (learner->end - at));
		if (behind == NULL)
			return NULL;
		element = close_element(learner, name, (size_t) (at - name));
		add_item(learner, element, ROLE_BEHIND, behind + 1, text_end(learner, behind + 1));
		return learner->text;
	}
	element = add_element(learner, name, (size_t) (at - name));
	behind = cut_attributes(learner, at, element);
	if (behind == NULL)
		return NULL;
	if (!special && behind[-2] != '/' && !is_void(name, (size_t) (at - name)))
	{
		if (learner->depth + 1 >= MOST_DEPTH)
			return NULL;
		learner->open[++learner->depth] = element;
		if (learner->depth > learner->deepest)
			learner->deepest = learner->depth;
		add_item(learner, element, 0, behind, text_end(learner, behind));
	}
	else
		add_item(learner, element, ROLE_BEHIND, behind, text_end(learner, behind));
	return learner->text;
}

/* False when the document is not written in tags, or has none that ends. */
static bool
cut_document(Learner *learner, const char *bytes, size_t length)
{
	Element root = {0};
	const char *at = bytes;

	learner->bytes = learner->text = bytes;
	learner->end = bytes + length;
	learner->depth = 0;
	learner->open[0] = (uint32_t) (learner->elements.length / sizeof(Element));
	buffer_append(&learner->elements, &root, sizeof(root));
	if (length < 2 || length > UINT32_MAX / 2 || bytes[0] != '<')
		return false;
	while (at < learner->end)
	{
		at = cut_tag(learner, at);
		if (at == NULL || buffer_failed(&learner->elements) || buffer_failed(&learner->items))
			return false;
	}
	return true;
}

/* A document that is not written in tags has no items; half of them must. */
static void
cut_documents(Learner *learner, const char *const *documents, const size_t *lengths)
{
	Skeleton *skeleton = learner->skeleton;
	int odd = 0;

	for (int i = 0; i < skeleton->document_count && learner->status == PORT_OK; i++)
	{
		size_t items = learner->items.length, places = learner->places.length;

		if (learner->port->interrupted(learner->port->host))
			fail(learner, PORT_INTERRUPTED);
		if (!cut_document(learner, documents[i], lengths[i]))
		{
			odd++;
			learner->items.length = items;
			learner->places.length = places;
		}
		if (buffer_failed(&learner->elements) || buffer_failed(&learner->items) ||
			buffer_failed(&learner->places) || learner->tags.failed || learner->siblings.failed)
			fail(learner, PORT_NO_MEMORY);
		skeleton->document_end[i] = (uint32_t) (learner->items.length / sizeof(SkeletonItem));
	}
	if (odd * 2 > skeleton->document_count)
		fail(learner, PORT_INVALID);
}

/*
 * Classes of the elements of one depth, whose parents have theirs.  Of those
 * with the same tag and parents of the same class: where each parent has
 * equally many, their number tells them apart.
 */
static void
classify_depth(Learner *learner, uint32_t depth)
{
	uint32_t count = (uint32_t) (learner->elements.length / sizeof(Element));
	VolumeIntern ranges; /* value: 1 + siblings, or UINT32_MAX when they differ */

	volume_intern_init(&ranges, learner->port);
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < count && !ranges.failed; i++)
		{
			Element *element = element_at(learner, i);
			uint32_t key[3], siblings, range;

			if (element->depth != depth)
				continue;
			key[0] = element_at(learner, element->parent)->class;
			key[1] = element->tag;
			range = volume_intern_add(&ranges, 0, key, 2 * sizeof(uint32_t));
			if (range == INTERN_NONE)
				break;
			siblings = learner->siblings.entries[element->siblings_key].value;
			if (pass == 0)
			{
				uint32_t *seen = &ranges.entries[range].value;

				*seen = *seen == 0 || *seen == siblings + 1 ? siblings + 1 : UINT32_MAX;
				continue;
			}
			key[2] = ranges.entries[range].value <= MOST_NUMBERED ? element->number : UINT32_MAX;
			element->class = 1 + volume_intern_add(&learner->classes, 0, key, sizeof(key));
		}
	if (ranges.failed || learner->classes.failed)
		fail(learner, PORT_NO_MEMORY);
	volume_intern_release(&ranges);
}

/* Items of one place and text are of one state; 0 is the start. */
static void
number_states(Learner *learner)
{
	SkeletonItem *items = (SkeletonItem *) (void *) learner->items.bytes;
	const ItemPlace *places = (ItemPlace *) (void *) learner->places.bytes;
	ByteBuffer key;

	buffer_init(&key, learner->port);
	volume_intern_add(&learner->states, 0, "", 0);
	for (uint32_t i = 0; i < learner->items.length / sizeof(SkeletonItem); i++)
	{
		buffer_reset(&key);
		buffer_append(&key, &element_at(learner, places[i].element)->class, sizeof(uint32_t));
		buffer_append(&key, &places[i].role, sizeof(uint32_t));
		buffer_append(&key, items[i].text, items[i].text_length);
		if (buffer_failed(&key))
			break;
		items[i].state = volume_intern_add(&learner->states, 0, key.bytes, key.length);
	}
	if (buffer_failed(&key) || learner->states.failed)
		fail(learner, PORT_NO_MEMORY);
	else if (learner->states.count > MOST_STATES)
		fail(learner, PORT_INVALID);
	buffer_release(&key);
}

static void
note_neighbour(uint32_t *known, uint32_t state)
{
	*known = *known == NEIGHBOUR_NONE || *known == state ? state : NEIGHBOUR_MANY;
}

static void
gather_facts(Learner *learner, StateFacts *facts)
{
	const Skeleton *skeleton = learner->skeleton;
	const SkeletonItem *items = (SkeletonItem *) (void *) learner->items.bytes;
	uint32_t i = 0;

	for (uint32_t s = 0; s < learner->states.count; s++)
		facts[s] = (StateFacts){.next = NEIGHBOUR_NONE, .previous = NEIGHBOUR_NONE, .fixed = true};
	for (int d = 0; d < skeleton->document_count; d++)
	{
		uint32_t before = 0;

		for (; i < skeleton->document_end[d]; i++)
		{
			StateFacts *state = &facts[items[i].state];

			note_neighbour(&facts[before].next, items[i].state);
			note_neighbour(&state->previous, before);
			if (state->value == NULL)
			{
				state->value = items[i].value;
				state->value_length = items[i].value_length;
			}
			else if (state->value_length != items[i].value_length ||
					 memcmp(state->value, items[i].value, items[i].value_length) != 0)
				state->fixed = false;
			before = items[i].state;
		}
		note_neighbour(&facts[before].next, 0);
	}
}

/* Whether a state always follows a fixed value that nothing else follows. */
static bool
follows_fixed(const StateFacts *facts, uint32_t state)
{
	uint32_t previous = facts[state].previous;

	return previous != NEIGHBOUR_NONE && previous != NEIGHBOUR_MANY && previous != 0 &&
		   facts[previous].fixed && facts[previous].next == state;
}

/* Numbers the states that stay and writes their texts. */
static void
join_states(Learner *learner, StateFacts *facts)
{
	Skeleton *skeleton = learner->skeleton;
	size_t total = 0;

	skeleton->state_count = 1;
	for (uint32_t s = 1; s < learner->states.count; s++)
	{
		const InternEntry *entry = &learner->states.entries[s];
		SkeletonState *state;
		uint32_t at = s;

		if (follows_fixed(facts, s))
			continue;
		facts[s].head = true;
		state = &skeleton->states[skeleton->state_count];
		buffer_init(&state->text, learner->port);
		for (;;)
		{
			facts[at].joined = skeleton->state_count;
			entry = &learner->states.entries[at];
			buffer_append(&state->text, entry->bytes + 2 * sizeof(uint32_t),
						  entry->length - 2 * sizeof(uint32_t));
			if (facts[at].fixed)
				buffer_append(&state->text, facts[at].value, facts[at].value_length);
			state->fixed = facts[at].fixed;
			if (!facts[at].fixed || facts[at].next >= NEIGHBOUR_MANY || facts[at].next == 0 ||
				facts[at].next == s || !follows_fixed(facts, facts[at].next) ||
				state->text.length > MOST_STATE_TEXT)
				break;
			at = facts[at].next;
		}
		/* what was cut off for its length begins a state of its own */
		if (state->text.length > MOST_STATE_TEXT && facts[at].next < NEIGHBOUR_MANY &&
			facts[at].next != 0)
			fail(learner, PORT_INVALID);
		total += state->text.length;
		skeleton->state_count++;
		if (buffer_failed(&state->text))
			fail(learner, PORT_NO_MEMORY);
		if (state->text.length == 0 || total > MOST_TEXT)
			fail(learner, PORT_INVALID);
	}
}

/* Runs of joined items become one, with the value of the last. */
static void
join_items(Learner *learner, const StateFacts *facts)
{
	Skeleton *skeleton = learner->skeleton;
	SkeletonItem *items = (SkeletonItem *) (void *) learner->items.bytes;
	uint32_t kept = 0, i = 0;

	for (int d = 0; d < skeleton->document_count; d++)
	{
		for (; i < skeleton->document_end[d]; i++)
		{
			const StateFacts *state = &facts[items[i].state];
			SkeletonItem joined = items[i];

			joined.state = state->joined;
			if (!state->head)
				kept--;
			items[kept++] = joined;
		}
		skeleton->document_end[d] = kept;
	}
	skeleton->items = items;
	skeleton->item_count = kept;
}

static void
learn(Learner *learner, const char *const *documents, const size_t *lengths)
{
	Skeleton *skeleton = learner->skeleton;
	StateFacts *facts;

	cut_documents(learner, documents, lengths);
	for (uint32_t depth = 1; depth <= learner->deepest + 1 && learner->status == PORT_OK; depth++)
		classify_depth(learner, depth);
	if (learner->status == PORT_OK)
		number_states(learner);
	if (learner->status != PORT_OK)
		return;
	facts = port_alloc_array(learner->port, learner->states.count, sizeof(StateFacts));
	skeleton->states =
		port_alloc_array(learner->port, learner->states.count, sizeof(SkeletonState));
	if (facts == NULL || skeleton->states == NULL)
		fail(learner, PORT_NO_MEMORY);
	else
	{
		gather_facts(learner, facts);
		join_states(learner, facts);
		if (learner->status == PORT_OK)
			join_items(learner, facts);
	}
	if (facts != NULL)
		learner->port->release(learner->port->host, facts);
}

PortStatus
volume_skeleton_learn(const Port *port, const char *const *documents, const size_t *lengths,
					  int count, Skeleton *skeleton)
{
	Learner learner = {.skeleton = skeleton, .port = port};

	*skeleton = (Skeleton){.port = port, .document_count = count};
	skeleton->document_end = port_alloc_array(port, (size_t) count, sizeof(uint32_t));
	if (skeleton->document_end == NULL)
		return PORT_NO_MEMORY;
	volume_intern_init(&learner.tags, port);
	volume_intern_init(&learner.siblings, port);
	volume_intern_init(&learner.classes, port);
	volume_intern_init(&learner.states, port);
	buffer_init(&learner.elements, port);
	buffer_init(&learner.items, port);
	buffer_init(&learner.places, port);
	learn(&learner, documents, lengths);
	volume_intern_release(&learner.tags);
	volume_intern_release(&learner.siblings);
	volume_intern_release(&learner.classes);
	volume_intern_release(&learner.states);
	buffer_release(&learner.elements);
	buffer_release(&learner.places);
	skeleton->items = (SkeletonItem *) (void *) learner.items.bytes;
	if (learner.status != PORT_OK)
		volume_skeleton_release(skeleton);
	return learner.status;
}

void
volume_skeleton_release(Skeleton *skeleton)
{
	const Port *port = skeleton->port;

	for (uint32_t i = 1; i < skeleton->state_count && skeleton->states != NULL; i++)
		buffer_release(&skeleton->states[i].text);
	if (skeleton->states != NULL)
		port->release(port->host, skeleton->states);
	if (skeleton->items != NULL)
		port->release(port->host, skeleton->items);
	if (skeleton->document_end != NULL)
		port->release(port->host, skeleton->document_end);
	*skeleton = (Skeleton){.port = port};
}
