-- 46_channel: tables.

CREATE TABLE mailroom.mail_sender
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer PRIMARY KEY,
	address text NOT NULL CHECK (address LIKE '%_@_%'),
	name text
);
COMMENT ON TABLE mailroom.mail_sender IS 'who an issuer''s e-mails come from; written by mailroom.set_mail_sender';
COMMENT ON COLUMN mailroom.mail_sender.name IS 'shown beside the address; NULL: the issuer''s name';
