-- 46_proof: test sets of templates.

CREATE TABLE mailroom.template_test
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	name text NOT NULL CHECK (name <> ''),
	test_set text NOT NULL CHECK (test_set <> ''),
	test_no integer NOT NULL,
	label text NOT NULL CHECK (label <> ''),
	invoice_id bigint,
	data jsonb CHECK (jsonb_typeof(data) = 'object'),
	PRIMARY KEY (issuer_id, name, test_set, test_no),
	CHECK (num_nonnulls(invoice_id, data) = 1)
);
COMMENT ON TABLE mailroom.template_test IS 'what a template is tried on: invoices, or data in the form of an element of mailroom.create_letters; written by mailroom.set_template_test';
COMMENT ON COLUMN mailroom.template_test.name IS 'template';
COMMENT ON COLUMN mailroom.template_test.label IS 'what is special about it: a long name, a credit note, no lines';
