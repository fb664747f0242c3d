-- 57_archive_seal: volumes that wait to be sealed.

CREATE TABLE mailroom.archive_sealing
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer PRIMARY KEY,
	least_documents integer NOT NULL CHECK (least_documents > 1),
	seal_after interval NOT NULL CHECK (seal_after >= interval '0'),
	set_by name NOT NULL,
	set_at timestamptz NOT NULL
);
COMMENT ON TABLE mailroom.archive_sealing IS 'issuers that archive few documents at a time and want them packed together by seal_archive jobs; without a row each call of archive_store seals its volumes itself';
COMMENT ON COLUMN mailroom.archive_sealing.least_documents IS 'calls that archive fewer documents add to an open volume';
COMMENT ON COLUMN mailroom.archive_sealing.seal_after IS 'an open volume is sealed so long after its first document, however few it has';

CREATE TABLE mailroom.archive_open
(
	issuer_id bigint NOT NULL,
	volume_id bigint NOT NULL,
	month text NOT NULL,
	document_count integer NOT NULL CHECK (document_count > 0),
	content_bytes bigint NOT NULL,
	opened_at timestamptz NOT NULL,
	PRIMARY KEY (issuer_id, volume_id)
);
COMMENT ON TABLE mailroom.archive_open IS 'volumes that still grow: their documents have their entries in mailroom.archive_entry and their bytes in mailroom.archive_part; sealing makes a row of mailroom.archive_volume of them';
COMMENT ON COLUMN mailroom.archive_open.month IS 'month of issue of its documents, YYYY-MM; of those without a date the month in which they were archived';
COMMENT ON COLUMN mailroom.archive_open.content_bytes IS 'bytes of its parts: where the next document begins';

CREATE TABLE mailroom.archive_part
(
	issuer_id bigint NOT NULL,
	volume_id bigint NOT NULL,
	stored_at bigint NOT NULL,
	content bytea NOT NULL,
	PRIMARY KEY (issuer_id, volume_id, stored_at)
);
ALTER TABLE mailroom.archive_part ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE mailroom.archive_part IS 'packed documents of an open volume, one part a call of archive_store; gone when it is sealed';
COMMENT ON COLUMN mailroom.archive_part.stored_at IS 'first byte in the volume, 0-based';
