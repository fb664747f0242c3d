-- 48_booking: files that tell a carrier what will be handed in, and what was booked.

CREATE TABLE mailroom.booking_layout
(
	issuer_id bigint NOT NULL,
	layout_name text NOT NULL CHECK (layout_name ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
	kind text NOT NULL CHECK (kind IN ('delimited', 'fixed')),
	charset text NOT NULL DEFAULT 'UTF8' CHECK (charset IN ('UTF8', 'LATIN1', 'WIN1252')),
	line_end text NOT NULL DEFAULT 'lf' CHECK (line_end IN ('lf', 'crlf')),
	delimiter text NOT NULL DEFAULT ';' CHECK (length(delimiter) = 1),
	date_format text NOT NULL DEFAULT 'YYYY-MM-DD',
	file_suffix text NOT NULL DEFAULT 'csv' CHECK (file_suffix ~ '^[A-Za-z0-9]+$'),
	PRIMARY KEY (issuer_id, layout_name)
);
COMMENT ON TABLE mailroom.booking_layout IS 'how bookings and notifications are written; rows by mailroom.store_booking_layout; issuer_id 0: shipped, for every issuer';
COMMENT ON COLUMN mailroom.booking_layout.kind IS 'delimited: quoted with double quotes where needed; fixed: each field at its place';

CREATE TABLE mailroom.booking_layout_record
(
	issuer_id bigint NOT NULL,
	layout_name text NOT NULL,
	record_no integer NOT NULL,
	source text NOT NULL CHECK (source IN ('names', 'mailing', 'offer', 'postcode', 'bundle', 'tray', 'pallet', 'container', 'total')),
	PRIMARY KEY (issuer_id, layout_name, record_no),
	FOREIGN KEY (issuer_id, layout_name) REFERENCES mailroom.booking_layout ON DELETE CASCADE
);
COMMENT ON TABLE mailroom.booking_layout_record IS 'record types of a layout in the order in which they are written';
COMMENT ON COLUMN mailroom.booking_layout_record.source IS 'a line for each offer, postcode of an offer, bundle, tray, pallet or container (pallets and trays); mailing and total are one line; names is a line of the next record''s field names';

CREATE TABLE mailroom.booking_layout_field
(
	issuer_id bigint NOT NULL,
	layout_name text NOT NULL,
	record_no integer NOT NULL,
	field_no integer NOT NULL,
	name text NOT NULL,
	item text,
	constant text,
	type text NOT NULL DEFAULT 'A' CHECK (type IN ('A', 'T', 'N', 'D')),
	start integer CHECK (start > 0),
	length integer CHECK (length > 0),
	PRIMARY KEY (issuer_id, layout_name, record_no, field_no),
	FOREIGN KEY (issuer_id, layout_name, record_no) REFERENCES mailroom.booking_layout_record ON DELETE CASCADE,
	CONSTRAINT is_item_or_constant CHECK ((item IS NULL) <> (constant IS NULL))
);
COMMENT ON TABLE mailroom.booking_layout_field IS 'fields of a record type: what they say and where they stand';
COMMENT ON COLUMN mailroom.booking_layout_field.item IS 'a value of mailroom.booking_rows, such as letters or hand_in_date';
COMMENT ON COLUMN mailroom.booking_layout_field.type IS 'A text, an error when it is too long; T text, cut at length; N number, filled with zeros from the left; D date in the layout''s date_format';
COMMENT ON COLUMN mailroom.booking_layout_field.start IS 'first character of the line, from 1; of fixed layouts';

CREATE TABLE mailroom.mailing_booking
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	outgoing_file_id bigint NOT NULL,
	carrier text NOT NULL,
	layout_name text NOT NULL,
	state text NOT NULL DEFAULT 'booked' CHECK (state IN ('booked', 'outdated')),
	due_at timestamptz,
	booked_at timestamptz NOT NULL,
	letters bigint NOT NULL,
	blank_letters bigint NOT NULL,
	trays integer NOT NULL,
	pallets integer NOT NULL,
	PRIMARY KEY (issuer_id, mailing_id, outgoing_file_id)
);
COMMENT ON TABLE mailroom.mailing_booking IS 'what a carrier was told of a mailing, one row for each file; written by mailroom.write_booking';
COMMENT ON COLUMN mailroom.mailing_booking.state IS 'booked; outdated when the mailing was planned anew since';
COMMENT ON COLUMN mailroom.mailing_booking.due_at IS 'the carrier takes it until then; NULL = it asks for no notice';
COMMENT ON COLUMN mailroom.mailing_booking.blank_letters IS 'letters that are paid up to a minimum and not sent';
