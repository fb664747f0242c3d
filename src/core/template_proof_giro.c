/*
 * template_proof_giro.c: the code line of a payment slip is read back and compared.
 *
 * Norway: H reference kroner øre < check digit > account ...; Sweden: H # reference # kronor öre
 * check digit > account#type#.  Fields that are empty are not there.
 */
#include "core/template_proof.h"

#include <stdio.h>
#include <string.h>

#define MOST_FIGURES 3

/* The next word of the line; empty at its end. */
static Slice
next_word(Slice *rest)
{
	Slice word;

	while (rest->length > 0 && *rest->bytes == ' ')
		*rest = (Slice){rest->bytes + 1, rest->length - 1};
	word = (Slice){rest->bytes, 0};
	while (word.length < rest->length && word.bytes[word.length] != ' ')
		word.length++;
	*rest = (Slice){rest->bytes + word.length, rest->length - word.length};
	return word;
}

/* Words of figures up to the next sign, at most three. */
static int
take_figures(Slice *rest, Slice figures[MOST_FIGURES])
{
	int count = 0;

	while (count < MOST_FIGURES)
	{
		Slice before = *rest, word = next_word(rest);

		if (word.length == 0 || *word.bytes < '0' || *word.bytes > '9')
		{
			*rest = before;
			break;
		}
		figures[count++] = word;
	}
	return count;
}

static bool
compare_line(ContentProof *proof, Slice reference, Slice whole, Slice minor, const char *where)
{
	char amount[40];

	if (reference.length > 0)
	{
		if (!proof_compare_code(proof, PROOF_REFERENCE, reference, where))
			return false;
		proof->proven |= PROOF_BIT(PROOF_REFERENCE);
	}
	if (whole.length == 0)
		return true;
	snprintf(amount, sizeof(amount), "%.*s.%.*s", (int) (whole.length < 20 ? whole.length : 20),
			 whole.bytes, (int) (minor.length < 10 ? minor.length : 10), minor.bytes);
	if (!proof_compare_code(proof, PROOF_AMOUNT, (Slice){amount, strlen(amount)}, where))
		return false;
	proof->proven |= PROOF_BIT(PROOF_AMOUNT);
	return true;
}

void
template_proof_code_line(TemplateRun *run, const TemplateBlock *block, ProofMark mark)
{
	ContentProof *proof = &run->layout->proof;
	Slice rest = proof_text(proof, mark), figures[MOST_FIGURES], none = {"", 0};
	bool has_reference = proof->expected[PROOF_REFERENCE].length > 0;
	char where[160];
	int count;

	template_proof_where(run, block, where, sizeof(where));
	(void) next_word(&rest); /* H */
	if (block->giro == GIRO_NORWEGIAN)
	{
		count = take_figures(&rest, figures);
		if (count == 3)
			(void) compare_line(proof, figures[0], figures[1], figures[2], where);
		else if (count == 2 && !has_reference)
			(void) compare_line(proof, none, figures[0], figures[1], where);
		else
			(void) compare_line(proof, count > 0 ? figures[0] : none, none, none, where);
	}
	else
	{
		Slice amount[MOST_FIGURES];

		(void) next_word(&rest); /* # */
		count = take_figures(&rest, figures);
		(void) next_word(&rest);
		if (take_figures(&rest, amount) == MOST_FIGURES)
			(void) compare_line(proof, count > 0 ? figures[0] : none, amount[0], amount[1], where);
		else
			(void) compare_line(proof, count > 0 ? figures[0] : none, none, none, where);
	}
	proof_close(proof, mark);
}

void
template_proof_giro(TemplateRun *run, const TemplateBlock *block, ProofMark mark, ProofValue value,
					TemplateLanguage language)
{
	ContentProof *proof = &run->layout->proof;
	TemplateLanguage own = proof->language;
	Slice text = proof_text(proof, mark);
	char where[160];

	template_proof_where(run, block, where, sizeof(where));
	proof->language = language; /* the form's, whatever the document's is */
	if (text.length > 0)
		(void) proof_compare(proof, value, text, text, where);
	proof->language = own;
	proof_close(proof, mark);
}
