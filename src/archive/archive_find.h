/*
 * archive_find.h: looks into the index of words; no rights are checked.
 */
#ifndef ARCHIVE_ARCHIVE_FIND_H
#define ARCHIVE_ARCHIVE_FIND_H

#include "postgres.h"

/*
 * The highest document_ids, from the highest down, that have words beginning with each of the
 * question's; 22023 when there is no word in it.
 */
extern uint64 *archive_find_words(int64 issuer_id, const char *question, size_t length, size_t most,
								  size_t *count);
/*
 * Those of an invoice number or payment reference (WORD_KEY_NUMBER, WORD_KEY_REFERENCE), and of
 * those that the index cannot tell from it: compare the entries.
 */
extern uint64 *archive_find_key(int64 issuer_id, int kind, const char *value, size_t length,
								size_t most, size_t *count);

#endif
