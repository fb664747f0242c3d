/*
 * finvoice_write_rows.c: the rows of a Finvoice.
 */
#include "core/finvoice_write.h"

#include <string.h>

/* -- rows -------------------------------------------------------------------------------------- */

static void
write_classifications(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {TEXT("ArticleGroupIdentifier", BT_158),
									  STEP_ATTRIBUTE("SchemeID", BT_158_1),
									  STEP_ATTRIBUTE("SchemeVersion", BT_158_2), STEPS_END};

	finvoice_each_row(writer, INVOICE_CLASSIFICATION, steps);
}

/* Meter readings came in as attributes of these names, and go out as elements again. */
static const char *const readings[] = {"RowUsedQuantity", "RowPreviousMeterReadingDate",
									   "RowLatestMeterReadingDate", "RowCalculatedQuantity"};

static int
reading_of(const Slice *row)
{
	Slice name = row[0];

	for (int i = 0; i < (int) (sizeof(readings) / sizeof(*readings)); i++)
		if (name.length == strlen(readings[i]) && memcmp(name.bytes, readings[i], name.length) == 0)
			return i;
	return -1;
}

static void
write_attributes(InvoiceWriter *writer)
{
	static const WriteStep steps[] = {STEP_OPEN("RowDefinitionDetails"),
									  TEXT("RowDefinitionHeaderText", BT_160),
									  TEXT("RowDefinitionValue", BT_161), STEP_END, STEPS_END};

	for (size_t row = 0; row < writer->line.groups[INVOICE_ATTRIBUTE].count; row++)
	{
		const Slice *values = invoice_content_row(&writer->line, INVOICE_ATTRIBUTE, row);

		if (reading_of(values) < 0)
			write_steps_with(writer, INVOICE_ATTRIBUTE, values, steps);
	}
}

static bool
is_unit_code(Slice unit)
{
	for (size_t i = 0; i < unit.length; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", unit.bytes[i]))
			return false;
	return unit.length == 2 || unit.length == 3;
}

static void
write_reading(InvoiceWriter *writer, const char *name, Slice value)
{
	const char *blank = memchr(value.bytes, ' ', value.length);
	Slice number = {value.bytes, blank != NULL ? (size_t) (blank - value.bytes) : value.length};
	Slice unit = {blank != NULL ? blank + 1 : NULL,
				  blank != NULL ? value.length - number.length - 1 : 0};

	buffer_printf(&writer->out, "<%s", name);
	if (strstr(name, "Date") != NULL)
		buffer_append_text(&writer->out, " Format=\"CCYYMMDD\"");
	if (unit.length > 0)
	{
		buffer_append_text(&writer->out,
						   is_unit_code(unit) ? " QuantityUnitCodeUN=\"" : " QuantityUnitCode=\"");
		write_escaped(writer, unit);
		buffer_append_char(&writer->out, '"');
	}
	buffer_append_char(&writer->out, '>');
	if (strstr(name, "Date") != NULL)
		finvoice_put_date(writer, TERM_BT_161, number);
	else
		finvoice_put_decimal(writer, number, 0, false, false);
	buffer_printf(&writer->out, "</%s>", name);
}

/* In the order of the schema. */
static void
write_readings(InvoiceWriter *writer)
{
	for (int i = 0; i < (int) (sizeof(readings) / sizeof(*readings)); i++)
		for (size_t row = 0; row < writer->line.groups[INVOICE_ATTRIBUTE].count; row++)
		{
			const Slice *values = invoice_content_row(&writer->line, INVOICE_ATTRIBUTE, row);

			if (reading_of(values) == i && values[1].length > 0)
				write_reading(writer, readings[i], values[1]);
		}
}

static void
write_quantity(InvoiceWriter *writer)
{
	static const WriteStep coded[] = {
		STEP_TEXT_AS("InvoicedQuantity", BT_129, finvoice_put_quantity),
		STEP_ATTRIBUTE("QuantityUnitCode", BT_130), STEP_ATTRIBUTE("QuantityUnitCodeUN", BT_130),
		STEPS_END};
	static const WriteStep other[] = {
		STEP_TEXT_AS("InvoicedQuantity", BT_129, finvoice_put_quantity),
		STEP_ATTRIBUTE("QuantityUnitCode", BT_130), STEPS_END};

	write_steps(writer, is_unit_code(write_value(writer, TERM_BT_130)) ? coded : other);
}

/* UnitPriceAmount is the price before its discount; it is the only one where there is none. */
static void
write_price(InvoiceWriter *writer)
{
	static const WriteStep net[] = {PRICE("UnitPriceAmount", BT_146), STEPS_END};
	static const WriteStep gross[] = {PRICE("UnitPriceAmount", BT_148),
									  PRICE("UnitPriceDiscountAmount", BT_147),
									  PRICE("UnitPriceNetAmount", BT_146), STEPS_END};
	static const WriteStep base[] = {
		STEP_TEXT_AS("UnitPriceBaseQuantity", BT_149, finvoice_put_percent), STEPS_END};
	bool discounted = write_has(writer, TERM_BT_147) || write_has(writer, TERM_BT_148);

	write_steps(writer, discounted ? gross : net);
	write_steps(writer, base);
}

static void
write_line_texts(InvoiceWriter *writer)
{
	static const WriteStep step[] = {TEXT("RowFreeText", BT_127), STEPS_END};

	finvoice_each_line(writer, TERM_BT_127, SIZE_MAX, step);
}

#define DISCOUNT                                                                           \
	NUMBER("RowDiscountPercent", BT_138), AMOUNT("RowDiscountAmount", BT_136),             \
		AMOUNT("RowDiscountBaseAmount", BT_137), STEP_TEXT("RowDiscountTypeCode", BT_140), \
		TEXT("RowDiscountTypeText", BT_139)

/* One discount stands flat. */
static void
write_discounts(InvoiceWriter *writer)
{
	static const WriteStep one[] = {DISCOUNT, STEPS_END};
	static const WriteStep more[] = {STEP_OPEN("RowProgressiveDiscountDetails"), DISCOUNT, STEP_END,
									 STEPS_END};

	finvoice_each_row(writer, INVOICE_LINE_ALLOWANCE,
					  writer->line.groups[INVOICE_LINE_ALLOWANCE].count == 1 ? one : more);
}

PortStatus
finvoice_prepare_line(InvoiceWriter *writer)
{
	Slice unit = write_value(writer, TERM_BT_150), scheme = write_value(writer, TERM_BT_157_1);

	if (writer->strict && unit.length > 0 && !is_unit_code(unit))
		write_set(writer, TERM_BT_150, NULL);
	if (writer->strict && scheme.length != 4)
		write_set(writer, TERM_BT_157_1, NULL);
	return PORT_OK;
}

const WriteStep finvoice_line_steps[] = {STEP_FIXED("<InvoiceRow>"),
										 IDENTIFIED("InvoicedObjectID", BT_128),
										 TEXT("ArticleIdentifier", BT_155),
										 STEP_CALL(write_classifications),
										 TEXT("ArticleName", BT_153),
										 TEXT("ArticleDescription", BT_154),
										 TEXT("BuyerArticleIdentifier", BT_156),
										 IDENTIFIED("EanCode", BT_157),
										 STEP_CALL(write_attributes),
										 STEP_CALL(write_quantity),
										 DATE("StartDate", BT_134),
										 DATE("EndDate", BT_135),
										 STEP_CALL(write_price),
										 TEXT("RowOrderPositionIdentifier", BT_132),
										 TEXT("RowPositionIdentifier", BT_126),
										 STEP_OPEN("RowDeliveryDetails"),
										 STEP_OPEN("RowCustomsInfo"),
										 STEP_TEXT("CNOriginCountryCode", BT_159),
										 STEP_END,
										 STEP_END,
										 TEXT("RowAccountDimensionText", BT_133),
										 STEP_CALL(write_line_texts),
										 STEP_CALL(write_readings),
										 STEP_CALL(write_discounts),
										 STEP_EACH(LINE_CHARGE, "RowChargeDetails"),
										 TEXT("ReasonText", BT_144),
										 STEP_TEXT("ReasonCode", BT_145),
										 NUMBER("Percent", BT_143),
										 AMOUNT("Amount", BT_141),
										 AMOUNT("BaseAmount", BT_142),
										 STEP_END,
										 NUMBER("RowVatRatePercent", BT_152),
										 STEP_TEXT("RowVatCode", BT_151),
										 AMOUNT("RowVatExcludedAmount", BT_131),
										 STEP_FIXED("</InvoiceRow>\n"),
										 STEPS_END};
