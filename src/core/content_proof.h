/*
 * content_proof.h: what a page says is the invoice's number, amount, reference and due date is read
 * back from its content stream and compared with the invoice.
 *
 * Whoever sets pages opens the proof with the values that the next texts show; what is written to
 * the stream meanwhile is read back through the glyphs of the font, and closing compares it.  The
 * first text that differs is a fault of the document.
 */
#ifndef CORE_CONTENT_PROOF_H
#define CORE_CONTENT_PROOF_H

#include "core/buffer.h"
#include "core/font_face.h"
#include "core/template_data.h"
#include "core/template_format.h"

typedef enum ProofValue
{
	PROOF_NUMBER,
	PROOF_AMOUNT,
	PROOF_REFERENCE,
	PROOF_DUE_DATE,
	PROOF_VALUE_COUNT
} ProofValue;

#define PROOF_BIT(value) (1u << (value))
#define PROOF_ALL ((1u << PROOF_VALUE_COUNT) - 1)

typedef struct ContentProof
{
	ByteBuffer text;				   /* read back, of the texts that are open */
	ByteBuffer squeezed, plain, parts; /* working memory */
	unsigned open;	 /* values that the texts at hand show; 0: they are not read */
	bool is_off;	 /* a letter: there is no invoice to prove */
	unsigned needed; /* values that must stand on the pages of this document */
	unsigned proven; /* values that do, as the invoice has them */
	Slice expected[PROOF_VALUE_COUNT], currency;
	TemplateLanguage language;
	PortFault *fault;
} ContentProof;

extern void proof_init(ContentProof *proof, const Port *port);
/* Starts a document: takes what is expected from the invoice; letters have nothing to prove. */
extern void proof_begin(ContentProof *proof, const TemplateData *data, PortFault *fault);

/* What was written to a content stream for one text: "(glyphs)Tj". */
extern void proof_read(ContentProof *proof, const FontFace *face, const char *bytes, size_t length);

/* Texts may open inside one another; what is inside does not count for what is outside. */
typedef struct ProofMark
{
	unsigned outer;
	size_t start;
} ProofMark;

extern ProofMark proof_open(ContentProof *proof, unsigned values);
/* Text that was read since. */
extern Slice proof_text(const ContentProof *proof, ProofMark mark);
extern void proof_close(ContentProof *proof, ProofMark mark);

/*
 * Compares: shown is the text of the value alone, around everything that stands with it (label and
 * currency).  Faults are PROOF-NUMBER, PROOF-AMOUNT, PROOF-REFERENCE, PROOF-DUE-DATE and
 * PROOF-CURRENCY; where says which block.
 */
extern bool proof_compare(ContentProof *proof, ProofValue value, Slice shown, Slice around,
						  const char *where);

/* As a bar code holds it: amounts with a point, dates as in the invoice; proves nothing for people.
 */
extern bool proof_code_agrees(ContentProof *proof, ProofValue value, Slice held);
extern bool proof_compare_code(ContentProof *proof, ProofValue value, Slice held,
							   const char *where);

/* Values that must stand on the pages and do not: PROOF-MISSING when any of wanted. */
extern PortStatus proof_finish(const ContentProof *proof, unsigned wanted,
							   const char *template_name, PortFault *fault);

/* number, payable_amount, payment_reference, due_date */
extern const char *proof_value_name(ProofValue value);

#endif
