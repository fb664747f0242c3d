/*
 * address_text_sql.c: keys of towns and slips for SQL; the rules are in core/address_text.c.
 */
#include "postgres.h"

#include "core/address_text.h"
#include "export.h"
#include "utils/builtins.h"

MAILROOM_FUNCTION(mailroom_town_key);
MAILROOM_FUNCTION(mailroom_text_slip);

/* mailroom.town_key(town text, fold text) → text */
Datum
mailroom_town_key(PG_FUNCTION_ARGS)
{
	text *town = PG_GETARG_TEXT_PP(0);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Size length = VARSIZE_ANY_EXHDR(town);
	AddressFold fold;
	text *key;

	if (strcmp(name, "case") == 0)
		fold = ADDRESS_CASE;
	else if (strcmp(name, "plain") == 0)
		fold = ADDRESS_PLAIN;
	else if (strcmp(name, "digraphs") == 0)
		fold = ADDRESS_DIGRAPHS;
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("fold \"%s\" does not exist", name),
						errhint("It is case, plain or digraphs.")));
	key = palloc(VARHDRSZ + ADDRESS_KEY_ROOM(length));
	SET_VARSIZE(key, VARHDRSZ + address_fold(VARDATA_ANY(town), length, fold, VARDATA(key)));
	PG_RETURN_TEXT_P(key);
}

/* mailroom.text_slip(given text, meant text) → text, null when equal or farther apart */
Datum
mailroom_text_slip(PG_FUNCTION_ARGS)
{
	text *given = PG_GETARG_TEXT_PP(0);
	text *meant = PG_GETARG_TEXT_PP(1);
	const char *name =
		address_slip_name(address_slip(VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given),
									   VARDATA_ANY(meant), VARSIZE_ANY_EXHDR(meant)));

	if (name == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(name));
}
