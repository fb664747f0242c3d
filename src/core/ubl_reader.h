/*
 * ubl_reader.h: UBL 2.1 Invoice and CreditNote, alone, many in a wrapper element, or framed.
 *
 * Used through invoice_reader.h, which finds out the format.  ubl_reader_next starts another file
 * of the same sequence (a ZIP member): document numbers go on.
 */
#ifndef CORE_UBL_READER_H
#define CORE_UBL_READER_H

#include "core/invoice_reader.h"

typedef struct UblReader UblReader;

extern UblReader *ubl_reader_open(const Port *port, const InvoiceLimits *limits,
								  const InvoiceSink *sink);
extern PortStatus ubl_reader_push(UblReader *reader, const char *bytes, size_t length);
/* The end of one XML document; a file without an invoice is a fault. */
extern PortStatus ubl_reader_finish(UblReader *reader);
extern PortStatus ubl_reader_next(UblReader *reader);
extern const PortFault *ubl_reader_fault(const UblReader *reader);
extern void ubl_reader_close(UblReader *reader);

#endif
