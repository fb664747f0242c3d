/*
 * template_house.h: the house's own invoice as a template, for the channels without pages of
 * issuers that have published none; also the texts of e-mail and SMS for templates that have none.
 */
#ifndef CORE_TEMPLATE_HOUSE_H
#define CORE_TEMPLATE_HOUSE_H

extern const char template_house_source[];

#endif
