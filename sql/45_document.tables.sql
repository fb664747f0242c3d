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
