/*
 * template_proof.h: which texts of a template show the invoice's number, amount, reference and due
 * date, and what stands there when a document is set.
 *
 * A block shows a value when its attribute proof says so; else when the label beside it says so
 * ({{label:payable}}), whatever value the template puts there; else when it names the value's path.
 */
#ifndef CORE_TEMPLATE_PROOF_H
#define CORE_TEMPLATE_PROOF_H

#include "core/template_state.h"

/* Compiling: fills TemplateBlock.proof and TemplateProgram.proofs. */
extern void template_bind_proofs(TemplateProgram *program);

/* Setting: around what a block draws; begin before its label, content before its value. */
typedef struct TemplateProof
{
	bool reads;
	ProofMark mark;
	size_t content;
} TemplateProof;

extern TemplateProof template_proof_begin(TemplateRun *run, const TemplateBlock *block);
static inline void
template_proof_content(TemplateRun *run, TemplateProof *proof)
{
	if (proof->reads)
		proof->content = run->layout->proof.text.length;
}
extern void template_proof_end(TemplateRun *run, const TemplateBlock *block,
							   const TemplateProof *proof);

/* What is left of shown when the words around the value are taken off; all of it if they differ. */
extern Slice template_proof_cut(TemplateRun *run, const TemplateBlock *block, ProofValue value,
								Slice shown);
/* Template, block and line, for messages. */
extern void template_proof_where(const TemplateRun *run, const TemplateBlock *block, char *where,
								 size_t room);

/* A payment slip: one value in the form's language, and the code line. */
extern void template_proof_giro(TemplateRun *run, const TemplateBlock *block, ProofMark mark,
								ProofValue value, TemplateLanguage language);
extern void template_proof_code_line(TemplateRun *run, const TemplateBlock *block, ProofMark mark);

/* What a bar code of the block holds. */
extern void template_proof_symbol(TemplateRun *run, const TemplateBlock *block, Slice content);

#endif
