/*
 * edifact_reader.h: UN/EDIFACT interchanges of INVOIC messages, D.96A (EANCOM) first, others of D
 * leniently: D.93A, D.97B, D.01B, and D.14B as EN 16931-3-4 binds it.
 *
 * Several messages in an interchange and several interchanges in a file are documents 1, 2, 3 ...
 * Line numbers of places are ordinals of segments in the file.
 *
 * Faults of the file, finding with document 0 unless push or finish returns them; reading goes on
 * after a finding:
 *   EDIFACT-SYNTAX     no UNB, segments outside of a message, a segment without tag (returned)
 *   EDIFACT-CUT        the file ends within a segment or a message (returned); without UNZ
 * (finding) EDIFACT-LIMIT      a segment or an object over its limit (returned) EDIFACT-COUNT UNT,
 * UNE or UNZ counts other than what is there EDIFACT-REFERENCE  UNT, UNE or UNZ refers to another
 * message, group or interchange EDIFACT-MESSAGE    a message of another type than INVOIC: named and
 * passed over EDIFACT-CHARSET    bytes that are no characters of the set named by UNB Faults of an
 * invoice: EDIFACT-CONTROL    CNT says another number of lines or another sum of quantities
 *   EDIFACT-ORDER      (warning) a segment where the message has no place for it
 */
#ifndef CORE_EDIFACT_READER_H
#define CORE_EDIFACT_READER_H

#include "core/content_reader.h"

/* A ContentOpen; everything is the port's memory. */
extern ContentReader *edifact_reader_open(const Port *port, const InvoiceLimits *limits,
										  const char *format, int64_t *documents,
										  const InvoiceSink *sink);

#endif
