/*
 * template_proof_symbol.c: what bar codes and payment codes hold is compared with the invoice.
 *
 * Payment codes are taken apart by the layout of their standards, not by the code that made them.
 * That the symbols drawn say what they were given is proved by tests that decode them.
 */
#include "core/template_proof.h"

#include <stdio.h>
#include <string.h>

#define EPC_AMOUNT 7
#define EPC_REFERENCE 9
#define EPC_MESSAGE 10
#define POLISH_AMOUNT 3
#define POLISH_TITLE 5

/* The part of this number; empty behind the last. */
static Slice
part_of(Slice content, char separator, int number)
{
	const char *at = content.bytes, *end = content.bytes + content.length;

	for (; number > 0 && at < end; at++)
		number -= *at == separator ? 1 : 0;
	if (number > 0)
		return (Slice){"", 0};
	for (const char *stop = at;; stop++)
		if (stop == end || *stop == separator)
			return (Slice){at, (size_t) (stop - at)};
}

static bool
all_zero(Slice digits)
{
	for (size_t i = 0; i < digits.length; i++)
		if (digits.bytes[i] != '0')
			return false;
	return true;
}

/* Digits of minor units; zeros leave the amount to the payer. */
static bool
compare_minor(ContentProof *proof, Slice digits, const char *where)
{
	char amount[24];

	if (all_zero(digits) || digits.length < 3 || digits.length > 20)
		return true;
	snprintf(amount, sizeof(amount), "%.*s.%.2s", (int) digits.length - 2, digits.bytes,
			 digits.bytes + digits.length - 2);
	return proof_compare_code(proof, PROOF_AMOUNT, (Slice){amount, strlen(amount)}, where);
}

static void
compare_epc(ContentProof *proof, Slice content, bool own_message, const char *where)
{
	Slice amount = part_of(content, '\n', EPC_AMOUNT);
	Slice reference = part_of(content, '\n', EPC_REFERENCE);

	if (amount.length > 3 &&
		!proof_compare_code(proof, PROOF_AMOUNT, (Slice){amount.bytes + 3, amount.length - 3},
							where))
		return;
	if (reference.length == 0 && !own_message)
		reference = part_of(content, '\n', EPC_MESSAGE);
	if (reference.length > 0)
		(void) proof_compare_code(proof, PROOF_REFERENCE, reference, where);
}

static void
compare_polish(ContentProof *proof, Slice content, bool own_title, const char *where)
{
	if (compare_minor(proof, part_of(content, '|', POLISH_AMOUNT), where) && !own_title)
		(void) proof_compare_code(proof, PROOF_NUMBER, part_of(content, '|', POLISH_TITLE), where);
}

/* Bank bar code: version, account 16, euros 6, cents 2, then as the version says; due date YYMMDD.
 */
static void
compare_finnish(ContentProof *proof, Slice content, const char *where)
{
	Slice due = {content.bytes + 48, 6}, reference = {content.bytes + 28, 20};
	char date[11], creditor[26];

	if (content.length != 54 || !compare_minor(proof, (Slice){content.bytes + 17, 8}, where))
		return;
	if (*content.bytes == '5') /* check digits of the RF reference, and the rest behind zeros */
	{
		snprintf(creditor, sizeof(creditor), "RF%.2s", content.bytes + 25);
		reference = (Slice){content.bytes + 27, 21};
	}
	while (reference.length > 1 && *reference.bytes == '0')
		reference = (Slice){reference.bytes + 1, reference.length - 1};
	if (*content.bytes == '5')
	{
		snprintf(creditor + 4, sizeof(creditor) - 4, "%.*s", (int) reference.length,
				 reference.bytes);
		reference = (Slice){creditor, strlen(creditor)};
	}
	else if (proof->expected[PROOF_REFERENCE].length > 0 &&
			 *proof->expected[PROOF_REFERENCE].bytes == '0')
		return; /* leading zeros say nothing there */
	if (!proof_compare_code(proof, PROOF_REFERENCE, reference, where) || all_zero(due))
		return;
	snprintf(date, sizeof(date), "20%.2s-%.2s-%.2s", due.bytes, due.bytes + 2, due.bytes + 4);
	(void) proof_compare_code(proof, PROOF_DUE_DATE, (Slice){date, 10}, where);
}

/* A code of the template's own words: as it holds values for machines, or as people read them. */
static void
compare_own(TemplateRun *run, const TemplateBlock *block, Slice content, const char *where)
{
	ContentProof *proof = &run->layout->proof;
	unsigned proven = proof->proven;

	for (int value = 0; value < PROOF_VALUE_COUNT; value++)
		if (block->proof & PROOF_BIT(value))
		{
			Slice own = template_proof_cut(run, block, (ProofValue) value, content);

			if (own.length > 0 && !proof_code_agrees(proof, (ProofValue) value, own) &&
				!proof_compare(proof, (ProofValue) value, own, own, where))
				break;
		}
	proof->proven = proven;
}

void
template_proof_symbol(TemplateRun *run, const TemplateBlock *block, Slice content)
{
	ContentProof *proof = &run->layout->proof;
	bool own = block->content.count > 0;
	char where[160];

	if (run->measuring || proof->is_off || content.length == 0 ||
		(block->payload == PAYLOAD_VALUE && block->proof == 0))
		return;
	template_proof_where(run, block, where, sizeof(where));
	switch (block->payload)
	{
		case PAYLOAD_VALUE:
			compare_own(run, block, content, where);
			break;
		case PAYLOAD_EPC:
			compare_epc(proof, content, own, where);
			break;
		case PAYLOAD_POLISH:
			compare_polish(proof, content, own, where);
			break;
		case PAYLOAD_FINNISH:
			compare_finnish(proof, content, where);
			break;
	}
}
