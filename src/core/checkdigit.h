/*
 * checkdigit.h: payment references and identifiers: check, make, normalise, print.
 *
 * A scheme is a name with an optional parameter after a colon ("se_ocr_fixed:10,12").  Everything
 * works on fixed buffers: nothing is allocated, nothing is padded or cut silently.
 */
#ifndef CORE_CHECKDIGIT_H
#define CORE_CHECKDIGIT_H

#include <stdbool.h>
#include <stddef.h>

/* The longest normalised form is a KSeF number (35); separators that are ignored do not count. */
#define REFERENCE_MAX 63

/* Keep in step with reference_problem_name. */
typedef enum ReferenceProblem
{
	REFERENCE_OK = 0,
	REFERENCE_MISSING,
	REFERENCE_BAD_CHARACTER,
	REFERENCE_TOO_SHORT,
	REFERENCE_TOO_LONG,
	REFERENCE_BAD_LENGTH,
	REFERENCE_BAD_PREFIX,
	REFERENCE_BAD_STRUCTURE,
	REFERENCE_BAD_COUNTRY,
	REFERENCE_BAD_LENGTH_DIGIT,
	REFERENCE_BAD_CHECK_DIGIT,
	REFERENCE_BAD_DATE,
	REFERENCE_BAD_PARAMETER
} ReferenceProblem;

typedef struct ReferenceText
{
	size_t length;
	char text[REFERENCE_MAX + 1]; /* always terminated */
} ReferenceText;

typedef struct ReferenceScheme
{
	const char *name;
	bool takes_parameter;
	/* Fills the normalised form; parameter is "" when there is none. */
	ReferenceProblem (*check)(const char *text, size_t length, const char *parameter,
							  ReferenceText *normal);
	/* Fills the whole reference from its payload; NULL when the scheme cannot be made. */
	ReferenceProblem (*make)(const char *payload, size_t length, const char *parameter,
							 ReferenceText *made);
	/* Groups of the printed form from the left (positive) or from the right (negative); 0 = as is.
	 */
	int print_group;
} ReferenceScheme;

/* The scheme of this name, or NULL; *parameter points behind the colon, or at "". */
extern const ReferenceScheme *reference_find_scheme(const char *name, const char **parameter);

extern const char *reference_problem_name(ReferenceProblem problem);

/* Normalised text in groups with blanks; out holds 2 * REFERENCE_MAX. */
extern void reference_print(const ReferenceScheme *scheme, const ReferenceText *normal, char *out);

#endif
