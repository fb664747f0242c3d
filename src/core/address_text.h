/*
 * address_text.h: names of towns as keys, and how far two keys are apart.
 *
 * Texts are UTF-8.  A key has upper-case letters, digits and single blanks: what stands between
 * words does not count.  Letters of other scripts stay as they are.
 */
#ifndef CORE_ADDRESS_TEXT_H
#define CORE_ADDRESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum AddressFold
{
	ADDRESS_CASE,	 /* accents stay */
	ADDRESS_PLAIN,	 /* accents go: Ö and Ø are O, Å is A, Æ is AE */
	ADDRESS_DIGRAPHS /* as they are spelled out: Ö and Ø are OE, Å is AA, Ä is AE, Ü is UE */
} AddressFold;

/* How one text became another by a single slip of the hand. */
typedef enum AddressSlip
{
	SLIP_NONE, /* they are equal */
	SLIP_SWAPPED,
	SLIP_REPLACED,
	SLIP_MISSING, /* "given" lacks a letter */
	SLIP_EXTRA,	  /* "given" has one too many */
	SLIP_MORE	  /* more than one slip, or no telling */
} AddressSlip;

/* Room that a key of a text of so many bytes may need. */
#define ADDRESS_KEY_ROOM(length) (2 * (length) + 1)

/* Writes the key, without a closing zero; returns its length. */
extern size_t address_fold(const char *text, size_t length, AddressFold fold, char *key);

/* Compares byte by byte: meant for keys. */
extern AddressSlip address_slip(const char *given, size_t given_length, const char *meant,
								size_t meant_length);

/* swapped, replaced, missing, extra; NULL for the others */
extern const char *address_slip_name(AddressSlip slip);

#endif
