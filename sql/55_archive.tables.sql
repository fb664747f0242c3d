-- 55_archive: tables of this room.

CREATE TABLE mailroom.outgoing_write
(
	issuer_id bigint NOT NULL,
	outgoing_file_id bigint NOT NULL,
	path text NOT NULL,
	written_at timestamptz NOT NULL,
	PRIMARY KEY (issuer_id, outgoing_file_id),
	FOREIGN KEY (issuer_id, outgoing_file_id) REFERENCES mailroom.outgoing_file
);
COMMENT ON TABLE mailroom.outgoing_write IS 'where and when mailroom.write_outgoing_file wrote a file, so that it is handed over once';
