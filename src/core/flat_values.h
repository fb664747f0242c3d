/*
 * flat_values.h: a field's text as the canonical invoice writes it.
 */
#ifndef CORE_FLAT_VALUES_H
#define CORE_FLAT_VALUES_H

#include "core/invoice.h"
#include "core/layout.h"

/* A normalised value is at most this much longer than the field. */
#define FLAT_VALUE_GROWTH 16

extern Slice flat_trim(const char *bytes, size_t length);

/*
 * The value of a field, trimmed already; written to out (length + FLAT_VALUE_GROWTH bytes) unless
 * it can stay where it is.  Empty fields, and zero where the field says that zero means absent,
 * give an absent slice.  Returns false if the value does not fit its type; it then stays as found.
 */
extern bool flat_read_value(const Layout *layout, const LayoutField *field, Slice found, char *out,
							Slice *value);

#endif
