-- 45_letter: brands, data beside the invoice, letters and notices without one.

CREATE TABLE mailroom.brand
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	brand text NOT NULL CHECK (brand <> ''),
	name text NOT NULL CHECK (name <> ''),
	palette jsonb CHECK (jsonb_typeof(palette) = 'object'),
	logo text,
	slogan text,
	street text,
	postcode text,
	city text,
	country text,
	phone text,
	email text,
	web text,
	contact text[],
	PRIMARY KEY (issuer_id, brand)
);
COMMENT ON TABLE mailroom.brand IS 'the faces an issuer shows: templates name them as {{brand.name}}, {{brand.phone?}} and so on, and use the colours of its palette instead of their own of the same name';
COMMENT ON COLUMN mailroom.brand.palette IS '{"accent": "#0A5C36", ...}: colours by the names of the template''s palette';
COMMENT ON COLUMN mailroom.brand.logo IS 'name of the image resource that <image name="logo"> shows';
COMMENT ON COLUMN mailroom.brand.street IS 'address of the sender, above the recipient''s in the window';
COMMENT ON COLUMN mailroom.brand.contact IS 'lines for questions: each in="brand.contact" as="line"';

CREATE TABLE mailroom.brand_rule
(
	issuer_id bigint NOT NULL,
	rule_no integer NOT NULL,
	brand text NOT NULL,
	customer_group text,
	template text,
	type_code text,
	PRIMARY KEY (issuer_id, rule_no),
	FOREIGN KEY (issuer_id, brand) REFERENCES mailroom.brand
);
COMMENT ON TABLE mailroom.brand_rule IS 'which brand a document shows: that of mailroom.document_data, else of the first rule by number whose conditions all hold; NULL = any; without a rule none';
COMMENT ON COLUMN mailroom.brand_rule.customer_group IS 'group of mailroom.party_group that the customer number belongs to';
COMMENT ON COLUMN mailroom.brand_rule.type_code IS 'UNTDID 1001 code of the invoice: 380, 381, 389 ...';

CREATE TABLE mailroom.document_data
(
	issuer_id bigint NOT NULL,
	invoice_id bigint NOT NULL,
	template text,
	brand text,
	data jsonb CHECK (jsonb_typeof(data) = 'object'),
	PRIMARY KEY (issuer_id, invoice_id)
);
COMMENT ON TABLE mailroom.document_data IS 'what a document shows besides its invoice, as {{data.…}}: consumption by month, own fields of a letter; line-grain';
COMMENT ON COLUMN mailroom.document_data.template IS 'name of the template; NULL = invoice';
COMMENT ON COLUMN mailroom.document_data.brand IS 'brand it shows; NULL = by mailroom.brand_rule';
