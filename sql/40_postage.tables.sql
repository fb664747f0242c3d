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
	min_order_micro bigint NOT NULL DEFAULT 0 CHECK (min_order_micro >= 0),
	formats text[] NOT NULL CHECK (cardinality(formats) > 0),
	coverage text NOT NULL,
	presort text NOT NULL DEFAULT 'none' CHECK (presort ~ '^[a-z0-9][a-z0-9-]*$'),
	code text NOT NULL DEFAULT 'none' CHECK (code IN ('none', '1d', '2d')),
	needs_machinable boolean NOT NULL DEFAULT false,
	density text CHECK (density <> ''),
	colour text CHECK (colour <> ''),
	hand_in_place text CHECK (hand_in_place <> ''),
	hand_in_weekdays integer[] CHECK (hand_in_weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]),
	hand_in_until time,
	delivery_weekdays integer[] CHECK (delivery_weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]),
	notice text NOT NULL DEFAULT 'none' CHECK (notice IN ('none', 'registration', 'booking', 'postcodes')),
	notice_days integer NOT NULL DEFAULT 0 CHECK (notice_days >= 0),
	vat_treatment text NOT NULL DEFAULT 'unstated' CHECK (vat_treatment IN ('unstated', 'exempt', 'taxed')),
	vat_points integer NOT NULL DEFAULT 0 CHECK (vat_points BETWEEN 0 AND 10000),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (offer, valid_from),
	CONSTRAINT notice_has_days CHECK ((notice = 'none') = (notice_days = 0)),
	CONSTRAINT vat_rate_is_of_taxed CHECK (vat_treatment = 'taxed' OR vat_points = 0)
);
COMMENT ON TABLE mailroom.carrier_offer IS 'what a carrier sells: product, class and presort level with its conditions; shared catalogue';
COMMENT ON COLUMN mailroom.carrier_offer.days IS 'delivered at the latest this many days after hand-in';
COMMENT ON COLUMN mailroom.carrier_offer.min_mailing IS 'a mailing uses it with none or at least this many letters';
COMMENT ON COLUMN mailroom.carrier_offer.topup_micro IS 'if positive, letters missing from min_mailing may be paid at this price instead';
COMMENT ON COLUMN mailroom.carrier_offer.min_bundle IS 'none or at least this many letters of one sort zone; 0 = not sorted';
COMMENT ON COLUMN mailroom.carrier_offer.fixed_micro IS 'fee for each mailing that uses it, millionths of the currency unit';
COMMENT ON COLUMN mailroom.carrier_offer.min_order_micro IS 'least price of all letters of a mailing in this offer, millionths; 0 = none';
COMMENT ON COLUMN mailroom.carrier_offer.formats IS 'envelope formats it takes';
COMMENT ON COLUMN mailroom.carrier_offer.presort IS 'how letters are sorted before hand-in: none, or the carrier''s level in its own words, such as postcode-2';
COMMENT ON COLUMN mailroom.carrier_offer.code IS 'code printed on each letter: none, 1d or 2d';
COMMENT ON COLUMN mailroom.carrier_offer.needs_machinable IS 'letters must be fit for sorting machines';
COMMENT ON COLUMN mailroom.carrier_offer.density IS 'delivery density its prices are for, NULL = any';
COMMENT ON COLUMN mailroom.carrier_offer.colour IS 'colour the envelope must have, NULL = any';
COMMENT ON COLUMN mailroom.carrier_offer.hand_in_place IS 'where letters must be handed in, NULL = anywhere';
COMMENT ON COLUMN mailroom.carrier_offer.hand_in_weekdays IS 'weekdays of hand-in, 1 = Monday to 7 = Sunday, NULL = any';
COMMENT ON COLUMN mailroom.carrier_offer.hand_in_until IS 'latest local time of hand-in, or of the notice when there is one; NULL = not stated';
COMMENT ON COLUMN mailroom.carrier_offer.delivery_weekdays IS 'weekdays of delivery, 1 = Monday to 7 = Sunday, NULL = not stated';
COMMENT ON COLUMN mailroom.carrier_offer.notice IS 'what the carrier wants before hand-in: none, registration, booking, or the file of postcodes';
COMMENT ON COLUMN mailroom.carrier_offer.notice_days IS 'working days before hand-in at which the notice is due';
COMMENT ON COLUMN mailroom.carrier_offer.vat_treatment IS 'value added tax on its prices: exempt, taxed (at vat_points on top of the price), or unstated by the source';
COMMENT ON COLUMN mailroom.carrier_offer.vat_points IS 'rate of value added tax in basis points';

CREATE TABLE mailroom.offer_price
(
	offer text COLLATE "C" NOT NULL,
	area text NOT NULL,
	format text NOT NULL,
	form text NOT NULL DEFAULT 'step' CHECK (form IN ('step', 'kilo', 'gram', 'average', 'flat', 'percent')),
	up_to_grams integer NOT NULL CHECK (up_to_grams BETWEEN 1 AND 1000000000),
	price_micro bigint NOT NULL CHECK (price_micro >= 0 AND price_micro % 100 = 0),
	rate_micro bigint NOT NULL DEFAULT 0 CHECK (rate_micro >= 0 AND rate_micro % 100 = 0),
	base_grams integer NOT NULL DEFAULT 0 CHECK (base_grams >= 0),
	percent_points integer NOT NULL DEFAULT 10000 CHECK (percent_points BETWEEN 1 AND 10000),
	of_offer text COLLATE "C",
	of_area text,
	unit_micro bigint NOT NULL DEFAULT 10000 CHECK (unit_micro > 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (offer, area, format, up_to_grams, valid_from),
	CONSTRAINT price_is_above_zero CHECK (CASE form
		WHEN 'step' THEN price_micro > 0 AND rate_micro = 0
		WHEN 'flat' THEN price_micro > 0 AND rate_micro = 0 AND up_to_grams = 1000000000
		WHEN 'percent' THEN price_micro = 0 AND rate_micro = 0 AND up_to_grams = 1000000000
		ELSE price_micro + rate_micro > 0 END),
	CONSTRAINT base_is_below_step CHECK (base_grams = 0 OR form = 'gram' AND base_grams < up_to_grams),
	CONSTRAINT percent_is_of_an_offer CHECK (form = 'percent' AND of_offer IS NOT NULL AND of_area IS NOT NULL
		OR form <> 'percent' AND of_offer IS NULL AND of_area IS NULL AND percent_points = 10000)
);
COMMENT ON TABLE mailroom.offer_price IS 'list prices of an offer by area, format and weight: (price_micro + rate_micro for the weight that counts) by percent_points, rounded half up to unit_micro; mailroom.price_rows(date) has them ready for use; shared catalogue';
COMMENT ON COLUMN mailroom.offer_price.form IS 'step: one price up to the weight; kilo: item and kilogram price; gram: item price and a price for each begun gram above base_grams; average: as kilo or step, the row being chosen by the average weight of the order; flat: any weight; percent: percent_points of the list price of of_offer in of_area';
COMMENT ON COLUMN mailroom.offer_price.up_to_grams IS 'heaviest letter of the row, up to and including, as price lists print it; 1000000000 = any weight';
COMMENT ON COLUMN mailroom.offer_price.price_micro IS 'list price of a letter, or the item part of it, in millionths of the currency unit';
COMMENT ON COLUMN mailroom.offer_price.rate_micro IS 'millionths for each kilogram (forms kilo and average) or each begun gram above base_grams (form gram)';
COMMENT ON COLUMN mailroom.offer_price.base_grams IS 'form gram: weight that price_micro contains';
COMMENT ON COLUMN mailroom.offer_price.percent_points IS 'form percent: basis points of the other offer''s list price; 10000 otherwise';
COMMENT ON COLUMN mailroom.offer_price.unit_micro IS 'the list price is rounded half up to a multiple of this, so that discounts in basis points are exact';

CREATE TABLE mailroom.discount_scheme
(
	scheme text NOT NULL CHECK (scheme <> ''),
	mode text NOT NULL CHECK (mode IN ('all', 'incr')),
	offers text[] NOT NULL CHECK (cardinality(offers) > 0),
	period text NOT NULL DEFAULT 'mailing' CHECK (period IN ('mailing', 'calendar-year', 'contract-year')),
	year_starts text CHECK (year_starts ~ '^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'),
	measure text NOT NULL DEFAULT 'pieces' CHECK (measure IN ('pieces', 'kilograms', 'money')),
	counted_per text NOT NULL DEFAULT 'submitter' CHECK (counted_per IN ('submitter', 'issuer')),
	own_name_only boolean NOT NULL DEFAULT false,
	is_retroactive boolean NOT NULL DEFAULT false,
	stacking text NOT NULL DEFAULT 'additive' CHECK (stacking IN ('additive', 'multiplicative')),
	stack_order integer NOT NULL DEFAULT 1 CHECK (stack_order > 0),
	top_points integer CHECK (top_points BETWEEN 0 AND 10000),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (scheme, valid_from),
	CONSTRAINT contract_year_has_a_start CHECK ((period = 'contract-year') = (year_starts IS NOT NULL))
);
COMMENT ON TABLE mailroom.discount_scheme IS 'volume discounts over a set of offers; shared catalogue';
COMMENT ON COLUMN mailroom.discount_scheme.mode IS 'all: the tier reached gives its basis points on the list money of all letters; incr: its amount for each letter beyond the threshold';
COMMENT ON COLUMN mailroom.discount_scheme.period IS 'what is counted together: the mailing, the calendar-year or the contract-year';
COMMENT ON COLUMN mailroom.discount_scheme.year_starts IS 'first day of the contract year, month and day as 04-01';
COMMENT ON COLUMN mailroom.discount_scheme.measure IS 'what discount_tier.from_count counts: pieces, kilograms, or money (whole currency units of list price)';
COMMENT ON COLUMN mailroom.discount_scheme.counted_per IS 'whose letters count together: submitter (all that one house hands in) or issuer (each sender for itself, whoever hands in)';
COMMENT ON COLUMN mailroom.discount_scheme.own_name_only IS 'only letters in the issuer''s own name count, not those sent on behalf of others';
COMMENT ON COLUMN mailroom.discount_scheme.is_retroactive IS 'a tier reached within the year also lowers the price of the letters before it';
COMMENT ON COLUMN mailroom.discount_scheme.stacking IS 'additive: basis points of several schemes add up on the list price; multiplicative: this one applies to what those of lower stack_order left';
COMMENT ON COLUMN mailroom.discount_scheme.top_points IS 'highest discount the source states, basis points, where it does not publish the tiers on the way; NULL = the tiers are complete';

CREATE TABLE mailroom.discount_tier
(
	scheme text NOT NULL,
	from_count bigint NOT NULL CHECK (from_count >= 0),
	basis_points integer NOT NULL DEFAULT 0 CHECK (basis_points BETWEEN 0 AND 10000),
	amount_micro bigint NOT NULL DEFAULT 0 CHECK (amount_micro >= 0 AND amount_micro % 100 = 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (scheme, from_count, valid_from)
);
COMMENT ON TABLE mailroom.discount_tier IS 'tiers of a discount scheme; shared catalogue';
COMMENT ON COLUMN mailroom.discount_tier.from_count IS 'count of the scheme''s measure from which the tier is reached';

CREATE TABLE mailroom.carrier_format
(
	carrier text NOT NULL,
	format text NOT NULL CHECK (format <> ''),
	name text NOT NULL CHECK (name <> ''),
	max_length_mm integer CHECK (max_length_mm > 0),
	max_width_mm integer CHECK (max_width_mm > 0),
	max_thickness_mm integer CHECK (max_thickness_mm > 0),
	max_grams integer CHECK (max_grams > 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (carrier, format, valid_from)
);
COMMENT ON TABLE mailroom.carrier_format IS 'what a carrier takes as a format: the largest letter, in millimetres and grams (NULL = not stated), under the name its price list gives; shared catalogue';
COMMENT ON COLUMN mailroom.carrier_format.format IS 'the format as carrier_offer.formats and offer_price.format name it';

CREATE TABLE mailroom.offer_condition
(
	offer text COLLATE "C" NOT NULL,
	condition text NOT NULL CHECK (condition IN ('pieces', 'weight-spread', 'bundle', 'bundle-thickness', 'tray', 'tray-fill', 'mixed-tray', 'pallet', 'senders', 'listed')),
	format text NOT NULL DEFAULT '',
	category text NOT NULL DEFAULT '',
	region text NOT NULL DEFAULT '',
	counted_per text[] NOT NULL DEFAULT '{}' CHECK (counted_per <@ ARRAY['format', 'category', 'region', 'sender', 'product']),
	least bigint CHECK (least >= 0),
	most bigint CHECK (most >= 0),
	shortfall text NOT NULL DEFAULT 'refused' CHECK (shortfall IN ('refused', 'paid', 'no-discount')),
	topup_micro bigint NOT NULL DEFAULT 0 CHECK (topup_micro >= 0 AND topup_micro % 100 = 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (offer, condition, format, category, region, valid_from),
	CONSTRAINT has_least_or_most CHECK (least IS NOT NULL OR most IS NOT NULL),
	CONSTRAINT least_is_not_above_most CHECK (least <= most),
	CONSTRAINT topup_is_for_paid CHECK (topup_micro = 0 OR shortfall = 'paid'),
	CONSTRAINT mixed_tray_has_characters CHECK (condition <> 'mixed-tray' OR region ~ '^[1-9][0-9]?$' AND least > 0)
);
COMMENT ON TABLE mailroom.offer_condition IS 'conditions of an offer beyond those in carrier_offer, between least and most, for all letters or those of a format, discount category or region; shared catalogue';
COMMENT ON COLUMN mailroom.offer_condition.condition IS 'what is bounded: pieces (of a hand-in), weight-spread (grams between the lightest and the heaviest letter of a price line), bundle (pieces in one), bundle-thickness (millimetres), tray (pieces in one), tray-fill (percent), pallet (trays on one), senders (in one hand-in), listed (percent of letters whose postcode is in the carrier''s sorting file)';
COMMENT ON COLUMN mailroom.offer_condition.counted_per IS 'letters are counted apart for each of these: format, category, region, sender, product';
COMMENT ON COLUMN mailroom.offer_condition.shortfall IS 'what missing least does: refused, paid (the missing ones are paid at topup_micro, or at the list price when that is 0), or no-discount (taken without the discount)';

CREATE TABLE mailroom.carrier_obligation
(
	obligation text NOT NULL CHECK (obligation <> ''),
	carrier text NOT NULL,
	kind text NOT NULL CHECK (kind IN ('take-or-pay', 'cap', 'share', 'profile')),
	offers text[] CHECK (cardinality(offers) > 0),
	region text NOT NULL DEFAULT '',
	period text NOT NULL DEFAULT 'calendar-year' CHECK (period IN ('mailing', 'month', 'calendar-year', 'contract-year')),
	measure text NOT NULL DEFAULT 'pieces' CHECK (measure IN ('pieces', 'kilograms', 'money', 'percent')),
	least bigint CHECK (least >= 0),
	most bigint CHECK (most >= 0),
	penalty_micro bigint NOT NULL DEFAULT 0 CHECK (penalty_micro >= 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (obligation, valid_from),
	CONSTRAINT has_least_or_most CHECK (least IS NOT NULL OR most IS NOT NULL),
	CONSTRAINT least_is_not_above_most CHECK (least <= most),
	CONSTRAINT take_or_pay_has_a_least CHECK (kind <> 'take-or-pay' OR least IS NOT NULL),
	CONSTRAINT cap_has_a_most CHECK (kind <> 'cap' OR most IS NOT NULL),
	CONSTRAINT share_is_in_percent CHECK ((kind IN ('share', 'profile')) = (measure = 'percent'))
);
COMMENT ON TABLE mailroom.carrier_obligation IS 'what a contract binds to: take-or-pay (at least so much, the missing is paid), cap (at most so much), share (percent of all letters of the issuer that go by the carrier), profile (percent of the carrier''s letters that go to a region); shared catalogue';
COMMENT ON COLUMN mailroom.carrier_obligation.offers IS 'what counts, NULL = everything at the carrier';
COMMENT ON COLUMN mailroom.carrier_obligation.measure IS 'unit of least and most: pieces, kilograms, money (whole currency units), percent';
COMMENT ON COLUMN mailroom.carrier_obligation.penalty_micro IS 'millionths for each unit below least or above most; 0 with least or most set: not allowed at all';

CREATE TABLE mailroom.carrier_fee
(
	fee text NOT NULL CHECK (fee <> ''),
	carrier text NOT NULL,
	kind text NOT NULL CHECK (kind IN ('order', 'pickup', 'container', 'small-batch', 'non-compliance', 'service')),
	offers text[] CHECK (cardinality(offers) > 0),
	per text NOT NULL CHECK (per IN ('order', 'piece', 'kilogram', 'bundle', 'container', 'pickup')),
	amount_micro bigint NOT NULL CHECK (amount_micro > 0 AND amount_micro % 100 = 0),
	below_pieces bigint CHECK (below_pieces > 0),
	currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (fee, valid_from),
	CONSTRAINT small_batch_has_a_below CHECK ((kind = 'small-batch') = (below_pieces IS NOT NULL))
);
COMMENT ON TABLE mailroom.carrier_fee IS 'fees besides postage: order, pickup, container, small-batch (an order of fewer than below_pieces), non-compliance, service (such as address updates); shared catalogue';
COMMENT ON COLUMN mailroom.carrier_fee.offers IS 'offers it falls on, NULL = every offer of the carrier';
COMMENT ON COLUMN mailroom.carrier_fee.amount_micro IS 'millionths of the currency unit for each of per';

CREATE TABLE mailroom.paper
(
	paper text NOT NULL CHECK (paper <> ''),
	milligrams integer NOT NULL CHECK (milligrams > 0),
	micrometres integer CHECK (micrometres > 0),
	is_standard boolean NOT NULL DEFAULT false,
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (paper, valid_from)
);
COMMENT ON TABLE mailroom.paper IS 'paper by weight of a sheet: A4 of 80 g/m2 is 4,990 milligrams; letters are printed on the standard paper; shared catalogue';
COMMENT ON COLUMN mailroom.paper.micrometres IS 'thickness of a sheet; NULL = paper of usual bulk, by its weight: 80 g/m2 are 100';

CREATE TABLE mailroom.envelope
(
	envelope text NOT NULL CHECK (envelope <> ''),
	format text NOT NULL CHECK (format <> ''),
	milligrams integer NOT NULL CHECK (milligrams > 0),
	micrometres integer NOT NULL DEFAULT 200 CHECK (micrometres > 0),
	max_sheets integer NOT NULL CHECK (max_sheets > 0),
	source text NOT NULL,
	pack text NOT NULL,
	version integer NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to > valid_from),
	PRIMARY KEY (envelope, valid_from)
);
COMMENT ON TABLE mailroom.envelope IS 'envelopes: a letter takes the one that holds the fewest sheets and still holds its own; shared catalogue';
COMMENT ON COLUMN mailroom.envelope.micrometres IS 'thickness of the empty envelope: both walls';
COMMENT ON COLUMN mailroom.envelope.max_sheets IS 'sheets it holds, folded as the format asks: C5 once, C4 not';

CREATE TABLE mailroom.issuer_carrier
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	carrier text NOT NULL CHECK (carrier <> ''),
	PRIMARY KEY (issuer_id, carrier)
);
COMMENT ON TABLE mailroom.issuer_carrier IS 'carriers an issuer uses; an issuer without rows here uses every carrier that takes its mailings in';

CREATE TABLE mailroom.issuer_postage
(
	issuer_id bigint PRIMARY KEY REFERENCES mailroom.issuer,
	vat_deductible_points integer NOT NULL DEFAULT 10000 CHECK (vat_deductible_points BETWEEN 0 AND 10000),
	is_machinable boolean NOT NULL DEFAULT true,
	codes text[] NOT NULL DEFAULT '{1d,2d}' CHECK (codes <@ ARRAY['1d', '2d']),
	colour text CHECK (colour <> ''),
	hand_in_places text[]
);
COMMENT ON TABLE mailroom.issuer_postage IS 'how an issuer looks at postage and what its letters fulfil; an issuer without a row deducts all value added tax and fulfils everything';
COMMENT ON COLUMN mailroom.issuer_postage.vat_deductible_points IS 'share of the value added tax on postage that the issuer deducts, basis points: 0 for a bank or a hospital, 10000 for most';
COMMENT ON COLUMN mailroom.issuer_postage.is_machinable IS 'its letters are fit for sorting machines';
COMMENT ON COLUMN mailroom.issuer_postage.codes IS 'codes its letters carry where an offer asks for one';
COMMENT ON COLUMN mailroom.issuer_postage.colour IS 'colour of its envelopes, NULL = whatever an offer asks for';
COMMENT ON COLUMN mailroom.issuer_postage.hand_in_places IS 'places where it hands letters in (carrier_offer.hand_in_place), NULL = anywhere';

CREATE TABLE mailroom.scheme_base
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	scheme text NOT NULL CHECK (scheme <> ''),
	year_from date NOT NULL,
	counted bigint NOT NULL DEFAULT 0 CHECK (counted >= 0),
	money_micro bigint NOT NULL DEFAULT 0 CHECK (money_micro >= 0),
	expected bigint CHECK (expected >= 0),
	PRIMARY KEY (issuer_id, scheme, year_from)
);
COMMENT ON TABLE mailroom.scheme_base IS 'what an issuer brings into a discount scheme of a year besides the mailings planned here: base volume and base money';
COMMENT ON COLUMN mailroom.scheme_base.year_from IS 'first day of the scheme''s calendar or contract year';
COMMENT ON COLUMN mailroom.scheme_base.counted IS 'base volume: counted elsewhere so far in the scheme''s measure, such as what others handed in for the issuer; what is planned here is in mailroom.postage_volume';
COMMENT ON COLUMN mailroom.scheme_base.money_micro IS 'base money: list price of what was counted, millionths; a retroactive tier lowers it too';
COMMENT ON COLUMN mailroom.scheme_base.expected IS 'forecast of the whole year in the scheme''s measure, NULL = none';

-- One row of a price list, ready to compute with: forms of percent are resolved.
CREATE TYPE mailroom.price_row AS
(
	offer text,
	area text,
	format text,
	form text,
	up_to_grams integer,
	price_micro bigint,
	rate_micro bigint,
	base_grams integer,
	percent_points integer,
	unit_micro bigint
);
COMMENT ON TYPE mailroom.price_row IS 'a row of mailroom.offer_price as mailroom.piece_price takes it: form step, kilo, gram, average or flat; percent_points is 10000 unless the price is a percentage of another offer''s';

CREATE TABLE mailroom.mailing_cell
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	kind_no integer NOT NULL,
	offer text COLLATE "C" NOT NULL,
	cell_no integer NOT NULL,
	zone text NOT NULL,
	country text NOT NULL,
	postcode text NOT NULL,
	format text NOT NULL,
	milligrams bigint NOT NULL,
	due_days integer NOT NULL,
	letters bigint NOT NULL,
	list_micro bigint NOT NULL,
	discount_micro bigint NOT NULL,
	scope text NOT NULL DEFAULT '',
	PRIMARY KEY (issuer_id, mailing_id, kind_no, offer)
);
COMMENT ON TABLE mailroom.mailing_cell IS 'the plan of a mailing without its letters: each kind of letter (same zone, price areas, format, weight and due day: no tariff row tells them apart) by offer; written with letter_postage, whose rows it sums';
COMMENT ON COLUMN mailroom.mailing_cell.kind_no IS 'kinds of the mailing in postal order, from 1';
COMMENT ON COLUMN mailroom.mailing_cell.cell_no IS 'cell of the postage problem (mailroom.postage_problem) that the kind belongs to';
COMMENT ON COLUMN mailroom.mailing_cell.postcode IS 'plain postcode (mailroom.plain_postcode) of one destination: it stands for all of the kind, which have its zone and price areas';
COMMENT ON COLUMN mailroom.mailing_cell.scope IS 'wishes that bind these letters besides those for all: their wish_id, separated by commas';
COMMENT ON COLUMN mailroom.mailing_cell.list_micro IS 'list money of all these letters, in micro units';
COMMENT ON COLUMN mailroom.mailing_cell.discount_micro IS 'their discounts less their share of fees; negative when fees exceed discounts';
