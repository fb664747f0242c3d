/*
 * xml_guard.h: the server's own libxml2 set-up around every use of the library.
 *
 *   XmlGuard *guard = xml_guard_begin();
 *   PG_TRY(); { ... push, finish ... }
 *   PG_FINALLY(); { reader->close(reader); xml_guard_end(guard, failed); }
 *   PG_END_TRY();
 *
 * Between the two no other code that parses XML may run (SPI, user functions): open and close it
 * around each push, not around a whole job.
 */
#ifndef BASE_XML_GUARD_H
#define BASE_XML_GUARD_H

typedef struct XmlGuard XmlGuard;

extern XmlGuard *xml_guard_begin(void);
/* failed: leaving because of an error; then nothing is checked. */
extern void xml_guard_end(XmlGuard *guard, bool failed);

#endif
