/*
 * template_proof.c: binds values to texts, and finds the value in what a text shows.
 *
 * A text like "Invoice {{number}} of {{issue_date}}" shows the number between two parts that are
 * known: they are taken off what was read from the page, and what is left is the value.
 */
#include "core/template_proof.h"

#include "core/content_parse.h"

#include <stdio.h>
#include <string.h>

/* ---------- compiling ---------- */

static unsigned
label_values(const TemplateSegment *segment)
{
	if (segment->kind != SEGMENT_LABEL && segment->kind != SEGMENT_OWN_LABEL)
		return 0;
	switch (segment->number)
	{
		case LABEL_INVOICE_NO:
		case LABEL_CREDIT_NO:
			return PROOF_BIT(PROOF_NUMBER);
		case LABEL_PAYABLE:
		case LABEL_CREDITED:
			return PROOF_BIT(PROOF_AMOUNT);
		case LABEL_REFERENCE:
			return PROOF_BIT(PROOF_REFERENCE);
		case LABEL_DUE_DATE:
			return PROOF_BIT(PROOF_DUE_DATE);
	}
	return 0;
}

static unsigned
path_values(const TemplateSegment *segment)
{
	if (segment->kind != SEGMENT_FIELD)
		return 0;
	switch (segment->number)
	{
		case FIELD_INVOICE_NUMBER:
			return PROOF_BIT(PROOF_NUMBER);
		case FIELD_INVOICE_PAYABLE_AMOUNT:
			return PROOF_BIT(PROOF_AMOUNT);
		case FIELD_INVOICE_PAYMENT_REFERENCE:
			return PROOF_BIT(PROOF_REFERENCE);
		case FIELD_INVOICE_DUE_DATE:
			return PROOF_BIT(PROOF_DUE_DATE);
	}
	return 0;
}

/* The currency belongs to an amount or its label. */
static bool
is_value(const TemplateSegment *segment)
{
	return segment->kind != SEGMENT_LITERAL && segment->kind != SEGMENT_LABEL &&
		   segment->kind != SEGMENT_OWN_LABEL && segment->kind != SEGMENT_TITLE &&
		   !(segment->kind == SEGMENT_FIELD && segment->number == FIELD_INVOICE_CURRENCY);
}

static unsigned
values_of(const TemplateProgram *program, TemplateExpression expression,
		  unsigned (*named_by)(const TemplateSegment *))
{
	unsigned values = 0;

	for (int i = 0; i < expression.count; i++)
		values |= named_by(&program->segments[expression.first + i]);
	return values;
}

static bool
has_value(const TemplateProgram *program, TemplateExpression expression)
{
	for (int i = 0; i < expression.count; i++)
		if (is_value(&program->segments[expression.first + i]))
			return true;
	return false;
}

/* Something that could be a value: one of the data, or figures. */
static bool
may_be_value(const TemplateProgram *program, TemplateExpression expression)
{
	for (int i = 0; i < expression.count; i++)
	{
		const TemplateSegment *segment = &program->segments[expression.first + i];

		if (is_value(segment))
			return true;
		for (size_t k = 0; segment->kind == SEGMENT_LITERAL && k < segment->text.length; k++)
			if (segment->text.bytes[k] >= '0' && segment->text.bytes[k] <= '9')
				return true;
	}
	return false;
}

/* A text that is a label alone names what the next text says. */
static void
bind_next(TemplateProgram *program, const TemplateBlock *heading, unsigned values)
{
	int number = heading->next;

	while (number != 0 && (program->blocks[number].kind == BLOCK_SPACE ||
						   program->blocks[number].kind == BLOCK_RULE))
		number = program->blocks[number].next;
	if (number != 0 && program->blocks[number].kind == BLOCK_TEXT &&
		!program->blocks[number].proof_given &&
		may_be_value(program, program->blocks[number].content) &&
		values_of(program, program->blocks[number].content, label_values) == 0)
		program->blocks[number].proof |= values;
}

static void
bind_block(TemplateProgram *program, TemplateBlock *block)
{
	unsigned labels;

	if (block->proof_given || (block->kind != BLOCK_TEXT && block->kind != BLOCK_TOTAL &&
							   block->kind != BLOCK_BARCODE && block->kind != BLOCK_QR))
		return;
	block->proof |= values_of(program, block->content, path_values);
	if (block->kind == BLOCK_TOTAL)
		block->proof |= values_of(program, block->label, label_values);
	if (block->kind != BLOCK_TEXT)
		return;
	labels = values_of(program, block->content, label_values);
	if (has_value(program, block->content))
		block->proof |= labels;
	else if (labels != 0)
		bind_next(program, block, labels);
}

/* Is set on a page, whatever its tests say. */
static bool
is_printed(const TemplateProgram *program, const TemplateBlock *block)
{
	for (; block->kind != BLOCK_TEMPLATE; block = &program->blocks[block->parent])
		if (block->kind == BLOCK_SUBJECT || block->kind == BLOCK_SMS ||
			!(block->channels & CHANNEL_BIT(CHANNEL_PRINT)))
			return false;
	return true;
}

void
template_bind_proofs(TemplateProgram *program)
{
	program->proofs = 0;
	for (int i = 1; i < program->block_count; i++)
	{
		TemplateBlock *block = &program->blocks[i];

		bind_block(program, block);
		if (block->kind == BLOCK_GIRO && is_printed(program, block))
			program->proofs |= PROOF_BIT(PROOF_REFERENCE) | PROOF_BIT(PROOF_DUE_DATE) |
							   (block->open_amount ? 0 : PROOF_BIT(PROOF_AMOUNT));
		if ((block->kind == BLOCK_TEXT || block->kind == BLOCK_TOTAL) && is_printed(program, block))
			program->proofs |= block->proof;
	}
}

/* ---------- setting ---------- */

TemplateProof
template_proof_begin(TemplateRun *run, const TemplateBlock *block)
{
	TemplateProof proof = {.reads =
							   block->proof != 0 && !run->measuring && !run->layout->proof.is_off};

	if (proof.reads)
	{
		proof.mark = proof_open(&run->layout->proof, block->proof);
		proof.content = proof.mark.start;
	}
	return proof;
}

/* The segments that say a value: its path, else what stands behind its label, else all values. */
static TemplateExpression
value_segments(const TemplateProgram *program, TemplateExpression all, ProofValue value)
{
	int first = -1, last = -1, from = 0;

	for (int i = 0; i < all.count; i++)
		if (path_values(&program->segments[all.first + i]) & PROOF_BIT(value))
			return (TemplateExpression){all.first + i, 1};
	for (int i = 0; i < all.count && from == 0; i++)
		if (label_values(&program->segments[all.first + i]) & PROOF_BIT(value))
			from = i + 1;
	for (int i = from; i < all.count; i++)
	{
		const TemplateSegment *segment = &program->segments[all.first + i];

		if (from > 0 && label_values(segment) != 0)
			break;
		if (!is_value(segment))
			continue;
		first = first < 0 ? i : first;
		last = i;
	}
	if (first < 0) /* nothing but words */
		return (TemplateExpression){all.first + from, all.count - from};
	return (TemplateExpression){all.first + first, last - first + 1};
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Nothing that belongs to the value as people read it: B-1000 in "{{number}}0". */
static bool
stands_apart(ProofValue value, Slice around, bool before)
{
	bool figures = value == PROOF_AMOUNT || value == PROOF_REFERENCE;
	size_t length = around.length, i = 0;
	unsigned char next;

	if (length == 0)
		return true;
	next = (unsigned char) around.bytes[before ? length - 1 : 0];
	if (is_digit((char) next) || (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') ||
		(before && value == PROOF_AMOUNT && next != ' ' && next >= '+' && next != ':' &&
		 next != '='))
		return false;
	if (!before && length > 1 && (next == '.' || next == ',') && is_digit(around.bytes[1]))
		return false;
	/* figures that are parted by blanks alone are read as one */
	while (figures && i + 1 < length && around.bytes[before ? length - 1 - i : i] == ' ')
		i++;
	return !figures || !is_digit(around.bytes[before ? length - 1 - i : i]);
}

/* Appends what the segments say without blanks; answers how long it is. */
static size_t
append_squeezed(TemplateRun *run, const TemplateBlock *block, TemplateExpression segments,
				ProofValue value, bool is_head, bool *apart)
{
	ContentProof *proof = &run->layout->proof;
	size_t before = proof->parts.length;

	buffer_reset(&proof->plain);
	template_append_segments(run, block, segments, &proof->plain);
	*apart =
		*apart && stands_apart(value, (Slice){proof->plain.bytes, proof->plain.length}, is_head);
	if (!proof->plain.failed && proof->plain.length > 0)
		content_squeeze(&proof->parts, (Slice){proof->plain.bytes, proof->plain.length});
	return proof->parts.length - before;
}

Slice
template_proof_cut(TemplateRun *run, const TemplateBlock *block, ProofValue value, Slice shown)
{
	TemplateExpression all = block->content;
	TemplateExpression own = value_segments(run->program, all, value);
	TemplateExpression head = {all.first, own.first - all.first};
	TemplateExpression tail = {own.first + own.count, all.count - head.count - own.count};
	ContentProof *proof = &run->layout->proof;
	size_t length, head_length, tail_length;
	const char *bytes;
	bool apart = true;

	if (head.count == 0 && tail.count == 0)
		return shown;
	buffer_reset(&proof->parts);
	content_squeeze(&proof->parts, shown);
	length = proof->parts.length;
	head_length = append_squeezed(run, block, head, value, true, &apart);
	tail_length = append_squeezed(run, block, tail, value, false, &apart);
	bytes = proof->parts.bytes;
	/* people have to see where it ends; machines know */
	if (!apart && (block->kind == BLOCK_TEXT || block->kind == BLOCK_TOTAL))
		return shown;
	if (proof->parts.failed || head_length + tail_length > length ||
		memcmp(bytes, bytes + length, head_length) != 0 ||
		memcmp(bytes + length - tail_length, bytes + length + head_length, tail_length) != 0)
		return shown;
	return (Slice){bytes + head_length, length - head_length - tail_length};
}

void
template_proof_where(const TemplateRun *run, const TemplateBlock *block, char *where, size_t room)
{
	snprintf(where, room, "template \"%.60s\", block <%s> in line %d", run->program->name.bytes,
			 template_block_name(block->kind), block->line);
}

static void
compare_values(TemplateRun *run, const TemplateBlock *block, Slice shown, Slice around)
{
	ContentProof *proof = &run->layout->proof;
	char where[160];

	template_proof_where(run, block, where, sizeof(where));
	for (int value = 0; value < PROOF_VALUE_COUNT; value++)
		if (block->proof & PROOF_BIT(value))
		{
			Slice own = template_proof_cut(run, block, (ProofValue) value, shown);

			/* an optional value that is missing among others */
			if (own.length > 0 && !proof_compare(proof, (ProofValue) value, own, around, where))
				return;
		}
}

void
template_proof_end(TemplateRun *run, const TemplateBlock *block, const TemplateProof *own)
{
	ContentProof *proof = &run->layout->proof;
	Slice shown;

	if (!own->reads)
		return;
	shown = proof_text(proof, (ProofMark){0, own->content});
	/* a character without a glyph is a fault of its own */
	if (shown.length > 0 && !template_failed(run) && run->layout->page.missing == 0 &&
		run->layout->missing == 0)
		compare_values(run, block, shown, proof_text(proof, own->mark));
	proof_close(proof, own->mark);
}
