-- 45_document: tables.

CREATE TABLE mailroom.template
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	name text NOT NULL CHECK (name <> ''),
	version integer NOT NULL CHECK (version > 0),
	valid_from date NOT NULL,
	source text NOT NULL,
	source_sha256 bytea NOT NULL,
	published_at timestamptz NOT NULL,
	published_by name NOT NULL,
	PRIMARY KEY (issuer_id, name, version)
);
COMMENT ON TABLE mailroom.template IS 'published templates; a version never changes; written by mailroom.publish_template';
COMMENT ON COLUMN mailroom.template.name IS 'what it is for: the template named invoice sets invoices, credit notes and self-billed documents';
COMMENT ON COLUMN mailroom.template.valid_from IS 'first day it is used (issuer''s date); the latest such day wins, then the highest version';

CREATE TABLE mailroom.document_profile
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	template text NOT NULL DEFAULT '',
	profile text NOT NULL CHECK (profile <> ''),
	PRIMARY KEY (issuer_id, template)
);
COMMENT ON TABLE mailroom.document_profile IS 'which kind of PDF an issuer''s documents are archived as; without a row: print; written by mailroom.set_document_profile';
COMMENT ON COLUMN mailroom.document_profile.template IS 'template the row is for, empty = those that have no row of their own';
COMMENT ON COLUMN mailroom.document_profile.profile IS 'print, print-rgb, print-cmyk, pdfa-1b, pdfa-1a, pdfa-3b, pdfa-3a, factur-x or factur-x-tagged (docs/documents.md)';

CREATE TABLE mailroom.template_resource
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	name text NOT NULL CHECK (name <> ''),
	content bytea NOT NULL,
	content_sha256 bytea NOT NULL,
	stored_at timestamptz NOT NULL,
	stored_by name NOT NULL,
	PRIMARY KEY (issuer_id, name)
);
COMMENT ON TABLE mailroom.template_resource IS 'images that templates show by name; a name keeps its content for ever, as a published template does; written by mailroom.store_resource';
