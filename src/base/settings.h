/*
 * settings.h: settings shared by several rooms.  A setting of one room is defined in that room.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

/* mailroom.direct_writes: see base/row_writer.h */
extern bool base_direct_writes;

/* mailroom.import_value_limit, kilobytes: largest import_file.content */
extern int import_value_limit_kb;

/* mailroom.outgoing_directory: folder for outgoing files, empty = none */
extern char *outgoing_directory;

/* mailroom.clock: fixed time for tests, empty = the real one */
extern char *clock_text;

extern void base_define_settings(void);
extern void base_reserve_settings(void);

#endif
