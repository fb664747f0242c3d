-- 50_split: where mailings are printed, and how they are split.

CREATE TABLE mailroom.print_setting
(
	issuer_id bigint PRIMARY KEY REFERENCES mailroom.issuer,
	json_ticket boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE mailroom.print_setting IS 'how an issuer''s mailings are printed; without a row as by a row of defaults';
COMMENT ON COLUMN mailroom.print_setting.json_ticket IS 'a ticket in JSON, kind ticket_json, is written besides the one in CSV';

CREATE TABLE mailroom.print_machine
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	site text NOT NULL CHECK (site <> ''),
	machine text NOT NULL CHECK (machine <> ''),
	priority integer NOT NULL DEFAULT 100,
	formats text[] CHECK (cardinality(formats) > 0),
	max_sheets integer CHECK (max_sheets > 0),
	PRIMARY KEY (issuer_id, site, machine)
);
COMMENT ON TABLE mailroom.print_machine IS 'machines of an issuer''s print sites: with rows here a mailing is printed in a file for each site and machine; of a common hand-in the house''s';
COMMENT ON COLUMN mailroom.print_machine.priority IS 'an envelope goes to the lowest machine of its site that takes it';
COMMENT ON COLUMN mailroom.print_machine.formats IS 'envelope formats it takes, NULL = all';
COMMENT ON COLUMN mailroom.print_machine.max_sheets IS 'sheets of an envelope it takes at most, NULL = any';

CREATE TABLE mailroom.print_site_rule
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	rule_no integer NOT NULL,
	site text NOT NULL CHECK (site <> ''),
	countries text[],
	postcode_from text,
	postcode_to text,
	carriers text[],
	share_percent integer NOT NULL DEFAULT 100 CHECK (share_percent BETWEEN 1 AND 100),
	PRIMARY KEY (issuer_id, rule_no)
);
COMMENT ON TABLE mailroom.print_site_rule IS 'which site prints an envelope: the first rule by rule_no that fits; where none fits, the site of the lowest machine by priority';
COMMENT ON COLUMN mailroom.print_site_rule.postcode_from IS 'postcodes from here, compared as text without blanks; NULL = from the first';
COMMENT ON COLUMN mailroom.print_site_rule.postcode_to IS 'postcodes that begin with this, and those before, inclusive; NULL = to the last';
COMMENT ON COLUMN mailroom.print_site_rule.carriers IS 'carriers of the planned offer, NULL = all';
COMMENT ON COLUMN mailroom.print_site_rule.share_percent IS 'of the envelopes that it fits: bundles in postal order while the share is not reached; the rest goes to later rules';

CREATE TABLE mailroom.mailing_part
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	part_no integer NOT NULL CHECK (part_no > 0),
	site text NOT NULL,
	machine text,
	envelopes bigint NOT NULL,
	outgoing_file_id bigint,
	PRIMARY KEY (issuer_id, mailing_id, part_no),
	FOREIGN KEY (issuer_id, mailing_id) REFERENCES mailroom.mailing ON DELETE CASCADE
);
COMMENT ON TABLE mailroom.mailing_part IS 'parts of a printed mailing, each a print file and tickets of its own';
COMMENT ON COLUMN mailroom.mailing_part.machine IS 'NULL = no machine of the site takes these: by hand';

CREATE TABLE mailroom.letter_part
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	part_no integer NOT NULL,
	member_issuer_id bigint NOT NULL,
	member_mailing_id bigint NOT NULL,
	letter_id bigint NOT NULL,
	PRIMARY KEY (issuer_id, mailing_id, part_no, member_issuer_id, letter_id)
);
COMMENT ON TABLE mailroom.letter_part IS 'envelopes of each part, by the letter that heads it; line-grain';
