/*
 * flat_split.h: where a record ends, and where its columns are.
 */
#ifndef CORE_FLAT_SPLIT_H
#define CORE_FLAT_SPLIT_H

#include "core/invoice.h"

/* How far the search for the end of the current record has come; zero it for each record. */
typedef struct FlatScan
{
	size_t position;
	bool in_quotes;
} FlatScan;

/*
 * Length of the first record with its line feed, or 0 if its end is not there yet; the next call
 * with more bytes goes on where this one stopped.  quote 0: a line feed always ends the record.
 */
extern size_t flat_find_record_end(FlatScan *scan, char delimiter, char quote, const char *bytes,
								   size_t length);

#define FLAT_QUOTE_MISPLACED (-1) /* text after a closing quote, or no closing quote */
#define FLAT_TOO_MANY_COLUMNS (-2)

/*
 * Splits a record without its line end; values are trimmed outside of quotes.  Quoted values with
 * doubled quotes are undoubled in place.  Returns the number of columns or one of the above.
 */
extern int flat_split_columns(char delimiter, char quote, char *bytes, size_t length,
							  Slice *columns, int max_columns);

#endif
