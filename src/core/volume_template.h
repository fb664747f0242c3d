/*
 * volume_template.h: documents of one template as their values.
 *
 * A template, learnt from sample documents that are written in tags (XML, HTML), is a graph of
 * states.  A state is a piece of text that never changes and the slot behind it; a slot is a row of
 * columns (text, number, date); a column knows what its values look like: a dictionary that another
 * column may choose from, words, or a number told by other columns (the same, their sum, their
 * product, ten times as much and 7) and what is left of it.  A document is the way through the
 * graph and the values, each in as many bits as it carries by these frequencies, which never
 * change.
 *
 * Whatever a template does not know is told in letters, so that every document comes back exactly.
 * Reading copies texts, adds integers and writes digits; the format is told in
 * volume_template_model.h.
 */
#ifndef CORE_VOLUME_TEMPLATE_H
#define CORE_VOLUME_TEMPLATE_H

#include "core/buffer.h"

typedef struct VolumeTemplate VolumeTemplate;
typedef struct TemplatePacker TemplatePacker;
typedef struct TemplateUnpacker TemplateUnpacker;

/*
 * Learns from samples (8 at least; more than 256 teach little) and appends the template's bytes to
 * out; nothing is appended when the samples have no template in common.
 */
extern PortStatus volume_template_learn(const Port *port, const char *const *documents,
										const size_t *lengths, int count, ByteBuffer *out);

/* PORT_INVALID when the bytes are broken; they need not outlive the template. */
extern PortStatus volume_template_load(const Port *port, const char *bytes, size_t length,
									   VolumeTemplate **loaded);
extern void volume_template_release(VolumeTemplate *template);

/* NULL when out of memory; the template must outlive both. */
extern TemplatePacker *template_packer_open(const Port *port, const VolumeTemplate *template);
extern void template_packer_close(TemplatePacker *packer);
/* Appends the packed document.  PORT_TOO_LARGE when it is not of the template: much would be told
 * in letters. */
extern PortStatus template_pack(TemplatePacker *packer, const char *bytes, size_t length,
								ByteBuffer *out);

extern TemplateUnpacker *template_unpacker_open(const Port *port);
extern void template_unpacker_close(TemplateUnpacker *unpacker);
/* Appends a document of exactly content_length bytes; PORT_INVALID when it cannot be one. */
extern PortStatus template_unpack(TemplateUnpacker *unpacker, const VolumeTemplate *template,
								  const char *packed, size_t packed_length, size_t content_length,
								  ByteBuffer *out);

#endif
