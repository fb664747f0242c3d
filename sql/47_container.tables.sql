-- 47_container: bundles, trays and pallets of a mailing, their labels, and what carriers are told beforehand.

CREATE TABLE mailroom.container_limit
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	kind text NOT NULL CHECK (kind IN ('bundle', 'tray', 'pallet')),
	offer text COLLATE "C" NOT NULL DEFAULT '',
	format text NOT NULL DEFAULT '',
	least_pieces bigint CHECK (least_pieces > 0),
	most_pieces bigint CHECK (most_pieces > 0),
	most_mm integer CHECK (most_mm > 0),
	most_grams bigint CHECK (most_grams > 0),
	fill_percent integer CHECK (fill_percent BETWEEN 0 AND 100),
	area_length integer CHECK (area_length > 0),
	PRIMARY KEY (issuer_id, kind, offer, format),
	CONSTRAINT least_is_not_above_most CHECK (least_pieces <= most_pieces),
	CONSTRAINT fill_is_of_trays CHECK (kind = 'tray' OR fill_percent IS NULL),
	CONSTRAINT areas_are_of_pallets CHECK (kind = 'pallet' OR area_length IS NULL),
	CONSTRAINT pallets_have_no_thickness CHECK (kind <> 'pallet' OR most_mm IS NULL)
);
COMMENT ON TABLE mailroom.container_limit IS 'what an issuer''s bundles, trays and pallets hold, for an offer and a format or (empty) for all; the row that names the offer counts before one that names the format, a value left NULL is taken from the next; where the tariff is stricter it counts';
COMMENT ON COLUMN mailroom.container_limit.least_pieces IS 'letters in a bundle or a tray of its own zone; trays on a pallet of its own area';
COMMENT ON COLUMN mailroom.container_limit.most_pieces IS 'letters in a bundle or tray, trays on a pallet';
COMMENT ON COLUMN mailroom.container_limit.most_mm IS 'thickness of the letters one behind the other, millimetres';
COMMENT ON COLUMN mailroom.container_limit.most_grams IS 'weight of the letters, grams';
COMMENT ON COLUMN mailroom.container_limit.fill_percent IS 'a zone gets a tray of its own from this share of what the tray holds';
COMMENT ON COLUMN mailroom.container_limit.area_length IS 'characters of the zone that make the area of a pallet; NULL = the whole zone';

CREATE TABLE mailroom.mixed_level
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	offer text COLLATE "C" NOT NULL DEFAULT '',
	zone_length integer NOT NULL CHECK (zone_length > 0),
	least_pieces bigint NOT NULL CHECK (least_pieces > 0),
	PRIMARY KEY (issuer_id, offer, zone_length)
);
COMMENT ON TABLE mailroom.mixed_level IS 'levels of mixed trays that an issuer wants, for an offer or (empty) for all, besides those of the tariff (condition mixed-tray): zones that begin with the same characters share trays where they have letters enough';
COMMENT ON COLUMN mailroom.mixed_level.zone_length IS 'characters at the start of the zone that its trays have in common';
COMMENT ON COLUMN mailroom.mixed_level.least_pieces IS 'letters that such a tray holds at least; fewer go on to the next level, at last to trays of any zones';

CREATE TABLE mailroom.issuer_label
(
	issuer_id bigint PRIMARY KEY REFERENCES mailroom.issuer,
	gs1_prefix text CHECK (gs1_prefix ~ '^[0-9]{4,12}$'),
	extension_digit integer NOT NULL DEFAULT 0 CHECK (extension_digit BETWEEN 0 AND 9),
	next_serial bigint NOT NULL DEFAULT 1 CHECK (next_serial >= 0),
	customer_number text CHECK (customer_number ~ '^[!-~]{1,30}$'),
	sender text CHECK (sender <> '')
);
COMMENT ON TABLE mailroom.issuer_label IS 'what an issuer puts on the labels of its containers; without a row, or without a prefix, they carry no SSCC';
COMMENT ON COLUMN mailroom.issuer_label.gs1_prefix IS 'GS1 company prefix, 4 to 12 digits';
COMMENT ON COLUMN mailroom.issuer_label.extension_digit IS 'first digit of the SSCC, free for the issuer to choose';
COMMENT ON COLUMN mailroom.issuer_label.next_serial IS 'serial reference of the next container; begins again when the digits are used up';
COMMENT ON COLUMN mailroom.issuer_label.customer_number IS 'the issuer at the carrier: AI (90) of codes on letters, and in bookings';

CREATE TABLE mailroom.mailing_container
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	container_no integer NOT NULL,
	parent_no integer,
	kind text NOT NULL CHECK (kind IN ('bundle', 'tray', 'pallet')),
	kind_no integer NOT NULL,
	offer text COLLATE "C" NOT NULL,
	format text,
	zone_from text NOT NULL,
	zone_to text NOT NULL,
	is_mixed boolean NOT NULL,
	is_short boolean NOT NULL,
	is_leaf boolean NOT NULL,
	first_sequence bigint NOT NULL,
	last_sequence bigint NOT NULL,
	letters bigint NOT NULL,
	grams bigint NOT NULL,
	thickness_um bigint NOT NULL,
	trays integer,
	mixed_length integer,
	sscc text,
	PRIMARY KEY (issuer_id, mailing_id, container_no)
);
CREATE INDEX mailing_container_leaf ON mailroom.mailing_container (issuer_id, mailing_id, offer, format, first_sequence) WHERE is_leaf;
COMMENT ON TABLE mailroom.mailing_container IS 'bundles, trays and pallets of a planned mailing, one row each, numbered as they are built: a pallet, its trays, their bundles; written by mailroom.pack_mailing. A letter lies in the leaf of its offer and format whose sequences hold its own (mailroom.letter_container)';
COMMENT ON COLUMN mailroom.mailing_container.parent_no IS 'container_no of the tray a bundle lies in, of the pallet a tray stands on';
COMMENT ON COLUMN mailroom.mailing_container.kind_no IS 'number among the mailing''s containers of its kind, from 1';
COMMENT ON COLUMN mailroom.mailing_container.format IS 'format of its letters; NULL for a pallet';
COMMENT ON COLUMN mailroom.mailing_container.zone_from IS 'sort zone of its first letter in postal order; zone_to of its last';
COMMENT ON COLUMN mailroom.mailing_container.is_mixed IS 'letters of several zones; a pallet: of several areas';
COMMENT ON COLUMN mailroom.mailing_container.is_short IS 'holds less than the least, and no other cut that keeps the order avoids it';
COMMENT ON COLUMN mailroom.mailing_container.is_leaf IS 'letters lie in it directly: bundles of sorted offers, trays of others';
COMMENT ON COLUMN mailroom.mailing_container.first_sequence IS 'letter_postage.sequence_no of its first letter; in between are letters of other formats, and in mixed ones of other zones';
COMMENT ON COLUMN mailroom.mailing_container.grams IS 'weight of its letters';
COMMENT ON COLUMN mailroom.mailing_container.thickness_um IS 'thickness of its letters one behind the other, micrometres: paper, envelope and inserts of each (mailroom.planned_thickness)';
COMMENT ON COLUMN mailroom.mailing_container.mixed_length IS 'of a mixed tray: characters that its zones have in common by its level (mailroom.container_levels), 0 = any zones; NULL in trays of one zone';
COMMENT ON COLUMN mailroom.mailing_container.sscc IS 'its Serial Shipping Container Code, 18 digits: trays and pallets of issuers with a GS1 prefix';
