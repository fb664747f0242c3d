/*
 * errors.h: SQLSTATE class MR, our own.
 *
 * One line a code; docs/errors.md is made from this file (tools/make_docs.sh), so keep the comment
 * on the same line.
 */
#ifndef MAILROOM_ERRORS_H
#define MAILROOM_ERRORS_H

#include "utils/elog.h"

#define MAILROOM_ERRCODE(c3, c4, c5) MAKE_SQLSTATE('M', 'R', c3, c4, c5)

/* clang-format off */
#define ERRCODE_MAILROOM_CONTENT_UNREADABLE MAILROOM_ERRCODE('0', '0', '1') /* content is not in a supported format, or is broken */
#define ERRCODE_MAILROOM_CONTENT_TOO_LARGE MAILROOM_ERRCODE('0', '0', '2') /* content or one of its values is over a limit setting */
#define ERRCODE_MAILROOM_LAYOUT_INVALID MAILROOM_ERRCODE('0', '0', '3') /* a record layout does not exist or contradicts itself */
#define ERRCODE_MAILROOM_WRONG_STATE MAILROOM_ERRCODE('0', '0', '4') /* the object's state does not allow the step */
#define ERRCODE_MAILROOM_NOT_COVERED MAILROOM_ERRCODE('0', '0', '5') /* no offer covers a letter */
#define ERRCODE_MAILROOM_TEMPLATE_INVALID MAILROOM_ERRCODE('0', '0', '6') /* a template is broken or asks for a field that is missing */
#define ERRCODE_MAILROOM_ARCHIVE_DAMAGED MAILROOM_ERRCODE('0', '0', '7') /* archived bytes do not match their hash */
#define ERRCODE_MAILROOM_ARCHIVE_GUARDED MAILROOM_ERRCODE('0', '0', '8') /* the archive holds documents and must not be dropped */
#define ERRCODE_MAILROOM_VERSION_MISMATCH MAILROOM_ERRCODE('0', '0', '9') /* library and SQL objects are of different versions */
#define ERRCODE_MAILROOM_JOB_CANCELLED MAILROOM_ERRCODE('0', '1', '0') /* the job was cancelled on request */
#define ERRCODE_MAILROOM_REFERENCE_INVALID MAILROOM_ERRCODE('0', '1', '1') /* a reference or check digit is wrong */
#define ERRCODE_MAILROOM_CONFLICT MAILROOM_ERRCODE('0', '1', '2') /* the same key came again with other content */
#define ERRCODE_MAILROOM_PROBLEM_INVALID MAILROOM_ERRCODE('0', '1', '3') /* a postage problem or plan is malformed */
#define ERRCODE_MAILROOM_TARIFF_INVALID MAILROOM_ERRCODE('0', '1', '4') /* a tariff pack is malformed or contradicts what is loaded */
#define ERRCODE_MAILROOM_NOT_WRITABLE MAILROOM_ERRCODE('0', '1', '5') /* an invoice cannot be written in the format: a term is missing or wrong, or a rule is broken */
#define ERRCODE_MAILROOM_MUST_BE_KEPT MAILROOM_ERRCODE('0', '1', '6') /* a document must not be deleted yet: its time of keeping is not over, or a legal hold stands */
/* clang-format on */

#endif
