/*
 * xml_formats.c: the XML formats that are read.
 */
#include "core/xml_format.h"

const XmlFormat *const xml_formats[] = {&ubl_format,	   &cii_format,		 &ksef_fa3_format,
										&ksef_fa2_format,  &finvoice_format, &teapps_format,
										&svefaktura_format};
const int xml_format_count = sizeof(xml_formats) / sizeof(*xml_formats);
