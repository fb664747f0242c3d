-- 40_postage: shared catalogues of what carriers charge and of the material letters are made of.
--
-- These tables have no issuer_id: they are read by every issuer and written by mailroom.load_tariff alone.
-- A row holds from valid_from up to, but not including, valid_to.  A price is never changed: its row is
-- closed and another one opened, so that an old mailing prices to the same amount for ever.

CREATE TABLE mailroom.tariff_pack
(
	pack text NOT NULL CHECK (pack ~ '^[a-z0-9][a-z0-9-]*$'),
	version integer NOT NULL CHECK (version > 0),
	valid_from date NOT NULL,
	content text NOT NULL,
	content_sha256 bytea NOT NULL,
	loaded_at timestamptz NOT NULL,
	loaded_by name NOT NULL,
	PRIMARY KEY (pack, version)
);
COMMENT ON TABLE mailroom.tariff_pack IS 'tariff packs as loaded, each version with its text; shared catalogue, written by mailroom.load_tariff';

CREATE TABLE mailroom.carrier
(
	carrier text NOT NULL CHECK (carrier <> ''),
	name text NOT NULL CHECK (name <> ''),
	country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
	is_national boolean NOT NULL DEFAULT false,
	max_mailing bigint CHECK (max_mailing > 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (carrier, valid_from)
);
COMMENT ON TABLE mailroom.carrier IS 'carriers; shared catalogue';
COMMENT ON COLUMN mailroom.carrier.country IS 'where it takes mailings in: mailing.origin_country';
COMMENT ON COLUMN mailroom.carrier.is_national IS 'the carrier of the baseline "everything at the national carrier, unsorted"';
COMMENT ON COLUMN mailroom.carrier.max_mailing IS 'letters it takes in one mailing at most, NULL = no limit';
COMMENT ON COLUMN mailroom.carrier.version IS 'the latest version of the pack that confirmed this row';
COMMENT ON COLUMN mailroom.carrier.valid_to IS 'first day it no longer holds, NULL = open';

CREATE TABLE mailroom.offer_coverage
(
	coverage text NOT NULL CHECK (coverage <> ''),
	country text NOT NULL CHECK (country ~ '^([A-Z]{2}|\*)$'),
	postcode_from text COLLATE "C" NOT NULL,
	postcode_to text COLLATE "C" NOT NULL,
	area text NOT NULL CHECK (area <> ''),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (coverage, country, postcode_from, valid_from),
	CHECK (postcode_from <= postcode_to)
);
COMMENT ON TABLE mailroom.offer_coverage IS 'where offers deliver: ranges of postcodes of a country with the price area; country * is any country without a row of its own; shared catalogue';
COMMENT ON COLUMN mailroom.offer_coverage.postcode_from IS 'first postcode without blanks and hyphens; the whole country is '''' to ~ and takes letters without a postcode too';

CREATE TABLE mailroom.sort_zone
(
	country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
	postcode_from text COLLATE "C" NOT NULL,
	postcode_to text COLLATE "C" NOT NULL,
	zone text NOT NULL CHECK (zone <> ''),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (country, postcode_from, valid_from),
	CHECK (postcode_from <= postcode_to)
);
COMMENT ON TABLE mailroom.sort_zone IS 'zones in which presorted letters are bundled: ranges of postcodes; a postcode outside all of them has the country as its zone; shared catalogue';

CREATE TABLE mailroom.carrier_offer
(
	offer text COLLATE "C" NOT NULL CHECK (offer <> ''),
	carrier text NOT NULL,
	product text NOT NULL,
	service_class text NOT NULL,
	currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	days integer NOT NULL CHECK (days > 0),
	min_mailing bigint NOT NULL DEFAULT 0 CHECK (min_mailing >= 0),
	topup_micro bigint NOT NULL DEFAULT 0 CHECK (topup_micro >= 0 AND topup_micro % 10000 = 0),
	min_bundle bigint NOT NULL DEFAULT 0 CHECK (min_bundle >= 0),
	fixed_micro bigint NOT NULL DEFAULT 0 CHECK (fixed_micro >= 0 AND fixed_micro % 10000 = 0),
	formats text[] NOT NULL CHECK (cardinality(formats) > 0),
	coverage text NOT NULL,
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (offer, valid_from)
);
COMMENT ON TABLE mailroom.carrier_offer IS 'what a carrier sells: product, class and presort level with its conditions; shared catalogue';
COMMENT ON COLUMN mailroom.carrier_offer.days IS 'delivered at the latest this many days after hand-in';
COMMENT ON COLUMN mailroom.carrier_offer.min_mailing IS 'a mailing uses it with none or at least this many letters';
COMMENT ON COLUMN mailroom.carrier_offer.topup_micro IS 'if positive, letters missing from min_mailing may be paid at this price instead';
COMMENT ON COLUMN mailroom.carrier_offer.min_bundle IS 'none or at least this many letters of one sort zone; 0 = not sorted';
COMMENT ON COLUMN mailroom.carrier_offer.fixed_micro IS 'fee for each mailing that uses it, millionths of the currency unit';
COMMENT ON COLUMN mailroom.carrier_offer.formats IS 'envelope formats it takes';

CREATE TABLE mailroom.offer_price
(
	offer text COLLATE "C" NOT NULL,
	area text NOT NULL,
	format text NOT NULL,
	up_to_grams integer NOT NULL CHECK (up_to_grams > 0),
	price_micro bigint NOT NULL CHECK (price_micro > 0 AND price_micro % 10000 = 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (offer, area, format, up_to_grams, valid_from)
);
COMMENT ON TABLE mailroom.offer_price IS 'price steps of an offer by area, format and weight; shared catalogue';
COMMENT ON COLUMN mailroom.offer_price.up_to_grams IS 'heaviest letter of the step, up to and including, as price lists print it';
COMMENT ON COLUMN mailroom.offer_price.price_micro IS 'list price of a letter in millionths of the currency unit, a multiple of 10,000 so that discounts in basis points are exact';

CREATE TABLE mailroom.discount_scheme
(
	scheme text NOT NULL CHECK (scheme <> ''),
	mode text NOT NULL CHECK (mode IN ('all', 'incr')),
	offers text[] NOT NULL CHECK (cardinality(offers) > 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (scheme, valid_from)
);
COMMENT ON TABLE mailroom.discount_scheme IS 'volume discounts of a mailing over a set of offers; discounts of several schemes add up; shared catalogue';
COMMENT ON COLUMN mailroom.discount_scheme.mode IS 'all: the tier reached gives its basis points on the list money of all letters; incr: its amount for each letter beyond the threshold';

CREATE TABLE mailroom.discount_tier
(
	scheme text NOT NULL,
	from_count bigint NOT NULL CHECK (from_count >= 0),
	basis_points integer NOT NULL DEFAULT 0 CHECK (basis_points BETWEEN 0 AND 10000),
	amount_micro bigint NOT NULL DEFAULT 0 CHECK (amount_micro >= 0 AND amount_micro % 10000 = 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (scheme, from_count, valid_from)
);
COMMENT ON TABLE mailroom.discount_tier IS 'tiers of a discount scheme; shared catalogue';
COMMENT ON COLUMN mailroom.discount_tier.from_count IS 'letters of the mailing from which the tier is reached';

CREATE TABLE mailroom.paper
(
	paper text NOT NULL CHECK (paper <> ''),
	milligrams integer NOT NULL CHECK (milligrams > 0),
	is_standard boolean NOT NULL DEFAULT false,
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (paper, valid_from)
);
COMMENT ON TABLE mailroom.paper IS 'paper by weight of a sheet: A4 of 80 g/m2 is 4,990 milligrams; letters are printed on the standard paper; shared catalogue';

CREATE TABLE mailroom.envelope
(
	envelope text NOT NULL CHECK (envelope <> ''),
	format text NOT NULL CHECK (format <> ''),
	milligrams integer NOT NULL CHECK (milligrams > 0),
	max_sheets integer NOT NULL CHECK (max_sheets > 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (envelope, valid_from)
);
COMMENT ON TABLE mailroom.envelope IS 'envelopes: a letter takes the one that holds the fewest sheets and still holds its own; shared catalogue';
COMMENT ON COLUMN mailroom.envelope.max_sheets IS 'sheets it holds, folded as the format asks: C5 once, C4 not';

CREATE TABLE mailroom.issuer_carrier
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	carrier text NOT NULL CHECK (carrier <> ''),
	PRIMARY KEY (issuer_id, carrier)
);
COMMENT ON TABLE mailroom.issuer_carrier IS 'carriers an issuer uses; an issuer without rows here uses every carrier that takes its mailings in';

-- Row types that the steps of mailroom.plan_mailing hand to each other.

CREATE TYPE mailroom.postage_key AS
(
	key_no integer,
	country text,
	postcode text,
	sheets integer,
	due_days integer,
	letters bigint,
	sort_code text,
	zone text,
	grams integer,
	format text,
	cell_no integer
);
COMMENT ON TYPE mailroom.postage_key IS 'letters of a mailing that are alike: same destination, sheets and due day; key_no is their postal order; cell_no is NULL when no offer carries them';

CREATE TYPE mailroom.postage_cell AS
(
	cell_no integer,
	bundle_zone text,
	format text,
	grams integer,
	due_days integer,
	letters bigint,
	prices bigint[]
);
COMMENT ON TYPE mailroom.postage_cell IS 'letters of equal price at every offer and, where an offer asks for bundles, of one zone (else bundle_zone is empty); prices by offer in the order of mailroom.postage_offers, NULL = not offered';

CREATE TYPE mailroom.postage_flow AS
(
	cell_no integer,
	zone text,
	offer text,
	letters bigint,
	price_micro bigint
);
COMMENT ON TYPE mailroom.postage_flow IS 'letters of a cell sent by an offer, with the list price of each';

CREATE TYPE mailroom.postage_segment AS
(
	key_no integer,
	first_rank bigint,
	last_rank bigint,
	offer text,
	list_micro bigint,
	discount_micro bigint,
	bundle_no integer,
	first_sequence bigint
);
COMMENT ON TYPE mailroom.postage_segment IS 'letters first_rank to last_rank of a key, by letter_id, with all that the plan gives them alike';

CREATE TYPE mailroom.placed_letter AS
(
	grams integer,
	format text,
	zone text,
	offer text,
	list_micro bigint,
	discount_micro bigint,
	price_micro bigint,
	bundle_no integer,
	sequence_no bigint
);
COMMENT ON TYPE mailroom.placed_letter IS 'what the plan says of one letter';
