-- 53_return: what the print operator says about the letters it was given.

CREATE TABLE mailroom.return_policy
(
	issuer_id bigint PRIMARY KEY REFERENCES mailroom.issuer,
	layout_name text NOT NULL DEFAULT 'return-csv' CHECK (layout_name <> '')
);
COMMENT ON TABLE mailroom.return_policy IS 'issuers whose print operator returns a file: their invoices are printed when it says so, and posted when it says so; without a row a letter counts as printed when its file is written, and as posted when the day of hand-in is over';
COMMENT ON COLUMN mailroom.return_policy.layout_name IS 'layout of the return files, a row of mailroom.return_layout';

CREATE TABLE mailroom.letter_return
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	letter_id bigint NOT NULL,
	state text NOT NULL CHECK (state IN ('inserted', 'spoiled', 'posted', 'pulled')),
	return_id bigint NOT NULL,
	reason text,
	reprint_no integer,
	spoiled_count integer NOT NULL DEFAULT 0,
	changed_at timestamptz NOT NULL,
	PRIMARY KEY (issuer_id, mailing_id, letter_id)
);
COMMENT ON TABLE mailroom.letter_return IS 'how far the print operator has come with an envelope, by the letter that heads it; line-grain';
COMMENT ON COLUMN mailroom.letter_return.state IS 'inserted (in its envelope), spoiled (to be printed again), posted, pulled (taken out because it was withdrawn)';
COMMENT ON COLUMN mailroom.letter_return.return_id IS 'the return file that said so';
COMMENT ON COLUMN mailroom.letter_return.reprint_no IS 'the newest reprint of the mailing that it is in; NULL = none';
