/*
 * template_data.c: the list of fields as a table.
 */
#include "core/template_data.h"

const TemplateFieldInfo template_field_info[TEMPLATE_FIELD_COUNT] = {
#define FIELD(group, name, path, type, expression) \
	{TEMPLATE_##group, TEMPLATE_TYPE_##type, path, expression},
#include "core/template_fields.def"
#undef FIELD
};

static const int group_first[TEMPLATE_GROUP_COUNT + 1] = {FIRST_FIELD_INVOICE, FIRST_FIELD_LINE,
														  FIRST_FIELD_TAX, FIRST_FIELD_ADJUSTMENT,
														  TEMPLATE_FIELD_COUNT};

TemplateField
template_group_first(TemplateGroup group)
{
	return (TemplateField) group_first[group];
}

int
template_group_size(TemplateGroup group)
{
	return group_first[group + 1] - group_first[group];
}

PortStatus
template_check_data(const TemplateData *data, PortFault *fault)
{
	if (data->no_brand.bytes == NULL)
		return PORT_OK;
	return port_fault(fault, PORT_INVALID, "TEMPLATE-BRAND", "brand \"%.*s\" does not exist",
					  slice_shown(data->no_brand, 80), data->no_brand.bytes);
}
