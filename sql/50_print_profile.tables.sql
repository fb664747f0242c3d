-- 50_print_profile: what a printer or mailbox asks of the pages.

CREATE TABLE mailroom.print_profile
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	name text NOT NULL CHECK (name <> '' AND length(name) <= 60),
	page_width_mm numeric(5, 1) NOT NULL DEFAULT 210 CHECK (page_width_mm > 0),
	page_height_mm numeric(5, 1) NOT NULL DEFAULT 297 CHECK (page_height_mm > 0),
	pdf_version text CHECK (pdf_version IN ('1.4', '1.5', '1.6', '1.7')),
	colour text CHECK (colour IN ('gray', 'rgb', 'cmyk')),
	duplex boolean NOT NULL DEFAULT false,
	max_pages integer CHECK (max_pages > 0),
	max_sheets integer CHECK (max_sheets > 0),
	max_bytes bigint CHECK (max_bytes > 0),
	address_min_pt numeric(4, 1) CHECK (address_min_pt > 0),
	address_max_pt numeric(4, 1) CHECK (address_max_pt >= address_min_pt),
	address_bold boolean NOT NULL DEFAULT true,
	address_blank_line boolean NOT NULL DEFAULT true,
	address_families text[] CHECK (cardinality(address_families) > 0 AND length(array_to_string(address_families, ', ', '')) BETWEEN 1 AND 79),
	envelope_width_mm numeric(5, 1) CHECK (envelope_width_mm > 0),
	envelope_height_mm numeric(5, 1) CHECK (envelope_height_mm > 0),
	source text,
	source_date date,
	CHECK ((envelope_width_mm IS NULL) = (envelope_height_mm IS NULL)),
	PRIMARY KEY (issuer_id, name)
);
COMMENT ON TABLE mailroom.print_profile IS 'what a printer, envelope or mailbox asks of a document; checked when documents are made (mailroom.use_print_profile); shipped ones come by mailroom.add_print_profile';
COMMENT ON COLUMN mailroom.print_profile.page_width_mm IS 'of the sheet; only A4 can be used yet';
COMMENT ON COLUMN mailroom.print_profile.page_height_mm IS 'of the sheet; only A4 can be used yet';
COMMENT ON COLUMN mailroom.print_profile.pdf_version IS 'highest version of the document''s PDF, NULL = any';
COMMENT ON COLUMN mailroom.print_profile.colour IS 'gray: nothing else; rgb or cmyk: that or gray; NULL = any; as the PDF profile has it (mailroom.document_profile)';
COMMENT ON COLUMN mailroom.print_profile.duplex IS 'two pages are a sheet';
COMMENT ON COLUMN mailroom.print_profile.max_pages IS 'of a document, NULL = any number';
COMMENT ON COLUMN mailroom.print_profile.max_sheets IS 'of a document, NULL = any number';
COMMENT ON COLUMN mailroom.print_profile.max_bytes IS 'of the document''s PDF, NULL = any number';
COMMENT ON COLUMN mailroom.print_profile.address_min_pt IS 'size of the recipient''s address, NULL = any';
COMMENT ON COLUMN mailroom.print_profile.address_max_pt IS 'size of the recipient''s address, NULL = any';
COMMENT ON COLUMN mailroom.print_profile.address_bold IS 'the recipient''s address may be bold';
COMMENT ON COLUMN mailroom.print_profile.address_blank_line IS 'the recipient''s address may have a blank line between its lines';
COMMENT ON COLUMN mailroom.print_profile.address_families IS 'font families that the recipient''s address may be set in, NULL = any; the house''s face Liberation Sans has the widths of Arial and is taken for it';
COMMENT ON COLUMN mailroom.print_profile.envelope_width_mm IS 'of the envelope as its address is read, NULL = not known; the sheet lies in it folded as few times as fit';
COMMENT ON COLUMN mailroom.print_profile.envelope_height_mm IS 'of the envelope as its address is read, NULL = not known';
COMMENT ON COLUMN mailroom.print_profile.source IS 'who says so, and where';
COMMENT ON COLUMN mailroom.print_profile.source_date IS 'when it was read there';

CREATE TABLE mailroom.print_profile_zone
(
	issuer_id bigint NOT NULL,
	profile text NOT NULL,
	name text NOT NULL CHECK (name <> '' AND length(name) <= 36),
	kind text NOT NULL CHECK (kind IN ('free', 'no_text', 'window', 'envelope')),
	first_page boolean NOT NULL DEFAULT false,
	x_mm numeric(5, 1) NOT NULL CHECK (x_mm >= 0),
	y_mm numeric(5, 1) NOT NULL CHECK (y_mm >= 0),
	width_mm numeric(5, 1) NOT NULL CHECK (width_mm > 0),
	height_mm numeric(5, 1) NOT NULL CHECK (height_mm > 0),
	play_mm numeric(4, 1) NOT NULL DEFAULT 0 CHECK (play_mm >= 0),
	PRIMARY KEY (issuer_id, profile, name),
	FOREIGN KEY (issuer_id, profile) REFERENCES mailroom.print_profile (issuer_id, name) ON DELETE CASCADE
);
COMMENT ON TABLE mailroom.print_profile_zone IS 'places of a sheet that a print profile keeps free, and windows of the envelope; in mm from the top left corner of the sheet, of kind envelope from that of the envelope';
COMMENT ON COLUMN mailroom.print_profile_zone.kind IS 'free: nothing may be printed there; no_text: no text; window: the recipient''s address stands in it and nothing else may be seen in it; envelope: a place on the outside of the envelope, where no window may be; a sheet is seen through windows only, so sheets need not be compared with it';
COMMENT ON COLUMN mailroom.print_profile_zone.first_page IS 'only on the first page; windows always';
COMMENT ON COLUMN mailroom.print_profile_zone.play_mm IS 'how far the sheet moves behind a window, each way: the address keeps this distance inside, everything else outside';

CREATE TABLE mailroom.print_profile_use
(
	issuer_id bigint NOT NULL,
	template text NOT NULL DEFAULT '',
	profile text NOT NULL,
	PRIMARY KEY (issuer_id, template),
	FOREIGN KEY (issuer_id, profile) REFERENCES mailroom.print_profile (issuer_id, name)
);
COMMENT ON TABLE mailroom.print_profile_use IS 'which print profile documents are checked against; without a row none; written by mailroom.use_print_profile';
COMMENT ON COLUMN mailroom.print_profile_use.template IS 'template the row is for, empty = those that have no row of their own';
