/*
 * port_server.h: core's hooks inside the server.
 *
 * port_server(context) allocates from a memory context and returns NULL instead of throwing, tests
 * the interrupt flag without serving it, and frees nothing by itself: delete or reset the context.
 */
#ifndef BASE_PORT_SERVER_H
#define BASE_PORT_SERVER_H

#include "core/port.h"
#include "utils/palloc.h"

extern Port port_server(MemoryContext context);

/*
 * Raises what core reported: interrupts are served, no memory is 53200, a fault becomes
 * sqlerrcode with its rule and place in the detail.  Returns only for PORT_OK and PORT_STOPPED.
 */
extern void port_raise(PortStatus status, const PortFault *fault, int sqlerrcode, const char *what);

#endif
