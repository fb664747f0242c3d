-- 56_archive_proof: heads of archives as they were published.

CREATE TABLE mailroom.archive_head
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	link_no bigint NOT NULL CHECK (link_no > 0),
	document_count bigint NOT NULL,
	head_hash bytea NOT NULL CHECK (octet_length(head_hash) = 32),
	published_at timestamptz NOT NULL,
	published_by name NOT NULL,
	outgoing_file_id bigint,
	PRIMARY KEY (issuer_id, link_no)
);
COMMENT ON TABLE mailroom.archive_head IS 'heads of an issuer''s chain of volumes that were published: proofs lead to them, and verify_archive compares the chain with them; written by mailroom.publish_archive_head';
COMMENT ON COLUMN mailroom.archive_head.link_no IS 'number of volumes in the chain at that time: the head is the hash of this link';
COMMENT ON COLUMN mailroom.archive_head.outgoing_file_id IS 'file in which it left the house; NULL when there is none';
