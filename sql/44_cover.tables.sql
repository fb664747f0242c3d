-- 44_cover: what goes into an envelope: sheets, paper, inserts, and the documents of one recipient together.

CREATE TABLE mailroom.cover_setting
(
	issuer_id bigint PRIMARY KEY REFERENCES mailroom.issuer,
	duplex boolean NOT NULL DEFAULT true,
	paper text,
	envelopes text[] CHECK (cardinality(envelopes) > 0),
	merge_by text NOT NULL DEFAULT 'never' CHECK (merge_by IN ('never', 'address', 'customer')),
	max_cover_sheets integer NOT NULL DEFAULT 50 CHECK (max_cover_sheets > 0)
);
COMMENT ON TABLE mailroom.cover_setting IS 'how an issuer''s letters are made up; an issuer without a row prints on both sides of the standard paper, takes any envelope and merges nothing';
COMMENT ON COLUMN mailroom.cover_setting.paper IS 'row of mailroom.paper, NULL = the standard paper';
COMMENT ON COLUMN mailroom.cover_setting.envelopes IS 'rows of mailroom.envelope that are in stock, NULL = any';
COMMENT ON COLUMN mailroom.cover_setting.merge_by IS 'documents that may share a cover: never; address = same recipient at the same address; customer = same customer number at the same address, however the name is written';
COMMENT ON COLUMN mailroom.cover_setting.max_cover_sheets IS 'sheets of a cover with several documents at most: what the inserting machine takes';

CREATE TABLE mailroom.template_cover
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	template text NOT NULL CHECK (template <> ''),
	duplex boolean,
	must_be_alone boolean NOT NULL DEFAULT false,
	PRIMARY KEY (issuer_id, template)
);
COMMENT ON TABLE mailroom.template_cover IS 'what holds for the documents of a template: duplex (NULL = as the issuer), and whether they share a cover with no other';

CREATE TABLE mailroom.party_group
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	customer_no text NOT NULL CHECK (customer_no <> ''),
	customer_group text NOT NULL CHECK (customer_group <> ''),
	PRIMARY KEY (issuer_id, customer_no, customer_group)
);
COMMENT ON TABLE mailroom.party_group IS 'groups that customers belong to, for the conditions of inserts';

CREATE TABLE mailroom.insert_material
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	material text NOT NULL CHECK (material <> ''),
	description text NOT NULL DEFAULT '',
	milligrams integer NOT NULL CHECK (milligrams > 0),
	sheets integer NOT NULL DEFAULT 1 CHECK (sheets > 0),
	micrometres integer NOT NULL DEFAULT 100 CHECK (micrometres > 0),
	priority integer NOT NULL DEFAULT 100,
	countries text[],
	customer_groups text[],
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (issuer_id, material, valid_from)
);
COMMENT ON TABLE mailroom.insert_material IS 'what is added to letters where it costs no postage';
COMMENT ON COLUMN mailroom.insert_material.sheets IS 'room it takes in an envelope, in sheets';
COMMENT ON COLUMN mailroom.insert_material.micrometres IS 'thickness as it lies in the envelope';
COMMENT ON COLUMN mailroom.insert_material.priority IS 'the lower is taken first';
COMMENT ON COLUMN mailroom.insert_material.countries IS 'only to these countries, NULL = to all';
COMMENT ON COLUMN mailroom.insert_material.customer_groups IS 'only to customers of one of these groups (mailroom.party_group), NULL = to all';
COMMENT ON COLUMN mailroom.insert_material.valid_to IS 'first day it is no longer added, NULL = open';

CREATE TABLE mailroom.mailing_insert
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	insert_no integer NOT NULL,
	materials text[] NOT NULL,
	milligrams bigint NOT NULL,
	sheets integer NOT NULL,
	micrometres bigint NOT NULL,
	letters bigint NOT NULL,
	PRIMARY KEY (issuer_id, mailing_id, insert_no)
);
COMMENT ON TABLE mailroom.mailing_insert IS 'sets of inserts that a mailing''s letters take (letter_postage.insert_no), with how many letters take them';
