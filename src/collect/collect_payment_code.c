/*
 * collect_payment_code.c: payloads of payment codes for SQL.
 *
 * Glue only: the rules are in core/payment_code*.c.  Every refusal is MR011 with the reason code in
 * the detail, so that callers treat references and codes alike.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "base/errors.h"
#include "base/port_server.h"
#include "core/calendar.h"
#include "core/decimal.h"
#include "core/payment_code.h"
#include "export.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

MAILROOM_FUNCTION(mailroom_make_epc_code);
MAILROOM_FUNCTION(mailroom_make_polish_code);
MAILROOM_FUNCTION(mailroom_make_finnish_barcode);
MAILROOM_FUNCTION(mailroom_parse_finnish_barcode);
MAILROOM_FUNCTION(mailroom_parse_biller_barcode);

static Slice text_argument(FunctionCallInfo fcinfo, int number);
static PaymentAmount amount_argument(FunctionCallInfo fcinfo, int number, const char *code);
static void require_made(PortStatus status, const PortFault *fault, const char *code);
static void require_read(PortStatus status, const PortFault *fault, const char *code);

/* mailroom.make_epc_code(name, iban, amount, bic, purpose, reference, message, charset) → text */
Datum
mailroom_make_epc_code(PG_FUNCTION_ARGS)
{
	int charset = PG_ARGISNULL(7) ? 1 : PG_GETARG_INT32(7);
	Port port = port_server(CurrentMemoryContext);
	PortFault fault = {0};
	EpcPayment payment;
	ByteBuffer out;

	if (charset != 1 && charset != 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("character set %d of an EPC code does not exist", charset),
						errhint("The sets are 1 (UTF-8) and 2 (ISO 8859-1).")));
	payment.name = text_argument(fcinfo, 0);
	payment.iban = text_argument(fcinfo, 1);
	payment.amount = amount_argument(fcinfo, 2, "EPC code");
	payment.bic = text_argument(fcinfo, 3);
	payment.purpose = text_argument(fcinfo, 4);
	payment.reference = text_argument(fcinfo, 5);
	payment.message = text_argument(fcinfo, 6);
	payment.latin1 = charset == 2;
	buffer_init(&out, &port);
	require_made(payment_code_epc(&out, &payment, &fault), &fault, "EPC code");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.bytes, out.length));
}

/* mailroom.make_polish_code(name, account, amount, title, tax_number, country, reserved1..3) → text
 */
Datum
mailroom_make_polish_code(PG_FUNCTION_ARGS)
{
	Port port = port_server(CurrentMemoryContext);
	PortFault fault = {0};
	PolishPayment payment;
	ByteBuffer out;

	payment.name = text_argument(fcinfo, 0);
	payment.account = text_argument(fcinfo, 1);
	payment.amount = amount_argument(fcinfo, 2, "Polish 2D code");
	payment.title = text_argument(fcinfo, 3);
	payment.tax_number = text_argument(fcinfo, 4);
	payment.country = text_argument(fcinfo, 5);
	for (int i = 0; i < 3; i++)
		payment.reserved[i] = text_argument(fcinfo, 6 + i);
	buffer_init(&out, &port);
	require_made(payment_code_polish(&out, &payment, &fault), &fault, "Polish 2D code");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.bytes, out.length));
}

/* mailroom.make_finnish_barcode(iban text, reference text, amount numeric, due_date date) → text */
Datum
mailroom_make_finnish_barcode(PG_FUNCTION_ARGS)
{
	char symbol[FINNISH_BARCODE_DIGITS + 1];
	FinnishPayment payment = {0};
	PortFault fault = {0};

	payment.amount = amount_argument(fcinfo, 2, "Finnish bar code");
	if (!PG_ARGISNULL(3))
	{
		DateADT due = PG_GETARG_DATEADT(3);

		if (DATE_NOT_FINITE(due))
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
							errmsg("the due date of a bar code must be finite")));
		payment.has_due = true;
		calendar_date(due, &payment.year, &payment.month, &payment.day);
	}
	require_made(payment_code_finnish(symbol, &payment, text_argument(fcinfo, 0),
									  text_argument(fcinfo, 1), &fault),
				 &fault, "Finnish bar code");
	PG_RETURN_TEXT_P(cstring_to_text(symbol));
}

/* mailroom.parse_finnish_barcode(symbol text) → (version, iban, reference, amount, due_date) */
Datum
mailroom_parse_finnish_barcode(PG_FUNCTION_ARGS)
{
	FinnishPayment payment;
	PortFault fault = {0};
	Datum values[5] = {0};
	bool nulls[5] = {false};
	char amount[DECIMAL_TEXT_SIZE];
	TupleDesc row;

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	require_read(payment_code_parse_finnish(&payment, text_argument(fcinfo, 0), &fault), &fault,
				 "Finnish bar code");
	values[0] = Int32GetDatum(payment.version);
	values[1] = CStringGetTextDatum(payment.iban);
	values[2] = CStringGetTextDatum(payment.reference);
	nulls[3] = !payment.amount.present;
	if (payment.amount.present)
	{
		decimal_text(decimal_from_minor(payment.amount.minor, 2), 2, amount);
		values[3] = DirectFunctionCall3(numeric_in, CStringGetDatum(amount),
										ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	}
	nulls[4] = !payment.has_due;
	if (payment.has_due)
		values[4] = DateADTGetDatum(calendar_day(payment.year, payment.month, payment.day));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)));
}

/* mailroom.parse_biller_barcode(definition text, symbol text) → set of (field, value) */
Datum
mailroom_parse_biller_barcode(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Port port = port_server(CurrentMemoryContext);
	Slice symbol = text_argument(fcinfo, 1);
	BillerDefinition definition;
	PortFault fault = {0};
	ByteBuffer value;

	require_read(payment_code_compile_biller(&definition, text_argument(fcinfo, 0), &fault), &fault,
				 "biller's bar code");
	InitMaterializedSRF(fcinfo, 0);
	buffer_init(&value, &port);
	for (int i = 0; i < definition.field_count; i++)
	{
		Slice name = definition.fields[i].name;
		Datum values[2];
		bool nulls[2] = {false, false};

		buffer_reset(&value);
		require_read(payment_code_biller_field(&value, &definition, i, symbol, &fault), &fault,
					 "biller's bar code");
		values[0] = PointerGetDatum(cstring_to_text_with_len(name.bytes, name.length));
		values[1] = PointerGetDatum(cstring_to_text_with_len(value.bytes, value.length));
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* An argument that is null counts as empty. */
static Slice
text_argument(FunctionCallInfo fcinfo, int number)
{
	text *argument;

	if (PG_ARGISNULL(number))
		return (Slice){"", 0};
	argument = PG_GETARG_TEXT_PP(number);
	return (Slice){VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)};
}

static PaymentAmount
amount_argument(FunctionCallInfo fcinfo, int number, const char *code)
{
	PaymentAmount amount = {false, 0};
	Decimal decimal;
	char *text;

	if (PG_ARGISNULL(number))
		return amount;
	text = DatumGetCString(
		DirectFunctionCall1(numeric_out, NumericGetDatum(PG_GETARG_NUMERIC(number))));
	amount.present = true;
	if (decimal_parse(text, strlen(text), &decimal) != DECIMAL_OK ||
		!decimal_to_minor(decimal, 2, &amount.minor))
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_REFERENCE_INVALID),
						errmsg("cannot make a payment code (%s): amount %s", code, text),
						errdetail("The problem is \"bad_amount\": not a number of hundredths.")));
	return amount;
}

static void
require_made(PortStatus status, const PortFault *fault, const char *code)
{
	if (status == PORT_NO_MEMORY)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (status != PORT_OK)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_REFERENCE_INVALID),
						errmsg("cannot make a payment code (%s): %s", code, fault->message),
						errdetail("The problem is \"%s\".", fault->rule)));
}

static void
require_read(PortStatus status, const PortFault *fault, const char *code)
{
	if (status == PORT_NO_MEMORY)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (status != PORT_OK)
		ereport(ERROR, (errcode(ERRCODE_MAILROOM_REFERENCE_INVALID),
						errmsg("cannot read a payment code (%s): %s", code, fault->message),
						errdetail("The problem is \"%s\".", fault->rule)));
}
