/*
 * document_proof.c: what a template leaves out of what proof of content looks for.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "document/document_writer.h"
#include "export.h"
#include "utils/array.h"
#include "utils/builtins.h"

MAILROOM_FUNCTION(mailroom_template_proof_gaps);

/* mailroom.template_proof_gaps(source text) → text[] */
Datum
mailroom_template_proof_gaps(PG_FUNCTION_ARGS)
{
	DocumentWriter *writer = document_open_writer(CurrentMemoryContext);
	const TemplateProgram *program = document_compile_template(writer, PG_GETARG_TEXT_PP(0));
	Datum names[PROOF_VALUE_COUNT];
	int count = 0;

	for (int value = 0; value < PROOF_VALUE_COUNT; value++)
		if (program->proof_wanted & ~program->proofs & PROOF_BIT(value))
			names[count++] = CStringGetTextDatum(proof_value_name((ProofValue) value));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}
