/*
 * zipread.h: the members of a ZIP file as a stream, in the order of their local headers.
 *
 * Reads stored and deflated members, data descriptors and 64-bit sizes; checks sizes and CRC-32.
 * Encrypted members and other methods are refused, and so are members that inflate without measure.
 * The central directory is not needed, but its end must be there: a cut file is noticed.
 *
 * Rules (fault.rule): ZIP-SYNTAX, ZIP-TRUNCATED, ZIP-ENCRYPTED, ZIP-METHOD, ZIP-CRC, ZIP-LIMIT.
 */
#ifndef CORE_ZIPREAD_H
#define CORE_ZIPREAD_H

#include "core/port.h"

typedef struct ZipHandler
{
	void *state;
	/* *skip = true: the member's bytes are checked, but not handed over */
	PortStatus (*begin)(void *state, const char *name, bool *skip);
	PortStatus (*bytes)(void *state, const char *bytes, size_t length);
	PortStatus (*end)(void *state);
} ZipHandler;

typedef struct ZipReader ZipReader;

/* total: bytes of all members together; ratio: growth of one member beyond its first megabyte. */
extern ZipReader *zip_reader_open(const Port *port, int64_t total, int ratio,
								  const ZipHandler *handler);
extern PortStatus zip_reader_push(ZipReader *reader, const char *bytes, size_t length);
extern PortStatus zip_reader_finish(ZipReader *reader);
extern void zip_reader_close(ZipReader *reader);
extern const PortFault *zip_reader_fault(const ZipReader *reader);

#endif
