-- 44_cover: what goes into an envelope.

-- Weight and thickness -------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.letter_sheets(pages integer, duplex boolean)
	RETURNS integer
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN duplex THEN (pages + 1) / 2 ELSE pages END;
COMMENT ON FUNCTION mailroom.letter_sheets(integer, boolean) IS 'sheets of a document of so many pages, printed on both sides or on one';

CREATE OR REPLACE FUNCTION mailroom.issuer_paper(issuer_id bigint, on_date date)
	RETURNS TABLE (paper text, milligrams integer, micrometres integer)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT p.paper, p.milligrams, p.micrometres
		FROM mailroom.paper p
			LEFT JOIN mailroom.cover_setting s ON s.issuer_id = $1
		WHERE CASE WHEN s.paper IS NULL THEN p.is_standard ELSE p.paper = s.paper END
			AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2)
		ORDER BY p.paper COLLATE "C"
		LIMIT 1;
END;
COMMENT ON FUNCTION mailroom.issuer_paper(bigint, date) IS 'the paper an issuer''s letters are printed on: its own or the standard one, weight of a sheet in milligrams, its thickness in micrometres where the tariff states it';

CREATE OR REPLACE FUNCTION mailroom.issuer_envelopes(issuer_id bigint, on_date date)
	RETURNS SETOF mailroom.envelope
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT e.*
		FROM mailroom.envelope e
			LEFT JOIN mailroom.cover_setting s ON s.issuer_id = $1
		WHERE (s.envelopes IS NULL OR e.envelope = ANY (s.envelopes))
			AND e.valid_from <= $2 AND (e.valid_to IS NULL OR e.valid_to > $2);
END;
COMMENT ON FUNCTION mailroom.issuer_envelopes(bigint, date) IS 'envelopes an issuer''s letters go into: those of its setting, or all';

-- A sheet is folded for its envelope; where its thickness is not stated, paper weighs about 0.8 grams a cubic
-- centimetre, and A4 has 62,370 square millimetres: 80 g/m2 (4,990 milligrams) are 100 micrometres.
CREATE OR REPLACE FUNCTION mailroom.sheet_nanometres(milligrams bigint, micrometres bigint, format text)
	RETURNS bigint
	IMMUTABLE PARALLEL SAFE
	RETURN coalesce(micrometres * 1000, (milligrams * 1250000 + 31185) / 62370) * CASE WHEN format LIKE 'C4%' THEN 1 WHEN format LIKE 'C5%' THEN 2 ELSE 3 END;
COMMENT ON FUNCTION mailroom.sheet_nanometres(bigint, bigint, text) IS 'how thick a sheet A4 lies in an envelope, nanometres: flat in C4, folded once in C5, twice in smaller ones; by its own micrometres, or (NULL) by its weight: paper of usual bulk, 1.25 cubic centimetres a gram';

CREATE OR REPLACE FUNCTION mailroom.letter_thickness(sheets bigint, sheet_nanometres bigint, envelope_micrometres bigint)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN (sheets * sheet_nanometres + 500) / 1000 + envelope_micrometres;
COMMENT ON FUNCTION mailroom.letter_thickness(bigint, bigint, bigint) IS 'thickness of a letter in micrometres: so many sheets as they lie (mailroom.sheet_nanometres) and the empty envelope; inserts come on top';

CREATE OR REPLACE FUNCTION mailroom.sheets_micrometres(sheets bigint, milligrams bigint, format text)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN mailroom.letter_thickness(sheets, mailroom.sheet_nanometres(milligrams, NULL, format), 0);
COMMENT ON FUNCTION mailroom.sheets_micrometres(bigint, bigint, text) IS 'thickness of so many sheets A4 of a weight as they lie in an envelope, paper of usual bulk, without the envelope';

CREATE OR REPLACE FUNCTION mailroom.letter_shape(issuer_id bigint, sheets integer, on_date date)
	RETURNS TABLE (envelope text, format text, milligrams bigint, grams integer, micrometres bigint, max_sheets integer)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT e.envelope, e.format, p.milligrams::bigint * $2 + e.milligrams, ((p.milligrams::bigint * $2 + e.milligrams + 999) / 1000)::integer,
			mailroom.letter_thickness($2, mailroom.sheet_nanometres(p.milligrams, p.micrometres, e.format), e.micrometres), e.max_sheets
		FROM mailroom.issuer_paper($1, $3) p, mailroom.issuer_envelopes($1, $3) e
		WHERE e.max_sheets >= CASE WHEN $2 >= 0 THEN $2 WHEN $2 < 0 THEN mailroom.refuse_value(format('letter of %s sheets is none', $2), 'Count the sheets of paper in the envelope, 1 or more.') END
		ORDER BY e.max_sheets, e.milligrams, e.envelope COLLATE "C"
		LIMIT 1;
END;
COMMENT ON FUNCTION mailroom.letter_shape(bigint, integer, date) IS 'envelope of an issuer''s letter of so many sheets: the smallest that holds them, with format, weight in milligrams and in grams (rounded up), thickness in micrometres and how many sheets it holds; no row when no envelope does. 22023 sheets below zero';

-- Inserts --------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.step_room(offer text, format text, milligrams bigint, list_micro bigint, on_date date)
	RETURNS bigint
	STABLE PARALLEL SAFE
	RETURN (
		SELECT min(CASE WHEN h.form IN ('step', 'flat') THEN h.up_to_grams * 1000::bigint ELSE $3 END)
			FROM (SELECT DISTINCT r.area FROM mailroom.price_rows($5) r WHERE r.offer = $1 AND r.format = $2) a
				CROSS JOIN LATERAL (SELECT mailroom.piece_price(ARRAY(SELECT r FROM mailroom.price_rows($5) r
						WHERE r.offer = $1 AND r.area = a.area AND r.format = $2 AND r.form <> 'average' ORDER BY r.up_to_grams), ($3 + 999) / 1000 * 1000) AS price) p
				CROSS JOIN LATERAL (SELECT r.form, r.up_to_grams FROM mailroom.price_rows($5) r
					WHERE r.offer = $1 AND r.area = a.area AND r.format = $2 AND r.form <> 'average' AND r.up_to_grams * 1000::bigint >= $3
					ORDER BY r.up_to_grams LIMIT 1) h
			WHERE p.price = $4);
COMMENT ON FUNCTION mailroom.step_room(text, text, bigint, bigint, date) IS 'how heavy a letter of an offer, format and weight may become, in milligrams, before its list price changes: the end of its weight step (of several areas with this price the nearest); its own weight where every gram counts';

CREATE OR REPLACE FUNCTION mailroom.choose_inserts(issuer_id bigint, offer text, sheets integer, list_micro bigint, country text, customer_groups text[], on_date date)
	RETURNS TABLE (materials text[], milligrams bigint, sheets_added integer, micrometres bigint, total_milligrams bigint)
	STABLE
	ROWS 1
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
	shape record;
	room bigint;
	thickest bigint;
	i record;
BEGIN
	SELECT * INTO shape FROM mailroom.letter_shape($1, $3, $7);
	IF NOT FOUND THEN
		RETURN;
	END IF;
	room := coalesce(mailroom.step_room($2, shape.format, shape.milligrams, $4, $7), 0);
	SELECT min(f.max_thickness_mm) * 1000 INTO thickest
		FROM mailroom.carrier_offer o
			JOIN mailroom.carrier_format f ON f.carrier = o.carrier AND f.format = shape.format AND f.valid_from <= $7 AND (f.valid_to IS NULL OR f.valid_to > $7)
		WHERE o.offer = $2 AND o.valid_from <= $7 AND (o.valid_to IS NULL OR o.valid_to > $7);
	materials := '{}';
	milligrams := 0;
	sheets_added := 0;
	micrometres := 0;
	FOR i IN
		SELECT m.* FROM mailroom.insert_material m
			WHERE m.issuer_id = $1 AND m.valid_from <= $7 AND (m.valid_to IS NULL OR m.valid_to > $7)
				AND (m.countries IS NULL OR $5 = ANY (m.countries))
				AND (m.customer_groups IS NULL OR m.customer_groups && $6)
			ORDER BY m.priority, m.material COLLATE "C"
	LOOP
		CONTINUE WHEN shape.milligrams + milligrams + i.milligrams > room OR $3 + sheets_added + i.sheets > shape.max_sheets
			OR shape.micrometres + micrometres + i.micrometres > thickest;
		materials := materials || i.material;
		milligrams := milligrams + i.milligrams;
		sheets_added := sheets_added + i.sheets;
		micrometres := micrometres + i.micrometres;
	END LOOP;
	total_milligrams := shape.milligrams + milligrams;
	IF cardinality(materials) > 0 THEN
		RETURN NEXT;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.choose_inserts(bigint, text, integer, bigint, text, text[], date) IS 'inserts that a planned letter takes, by priority: each that leaves it inside the weight step of its price, the room of its envelope and the thickness its carrier takes; no row when there is none';

CREATE OR REPLACE VIEW mailroom.letter_weight
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.mailing_id, p.letter_id, coalesce(l.cover_sheets, l.sheets) AS sheets, s.envelope, s.format,
			s.milligrams + coalesce(n.milligrams, 0) AS milligrams, p.grams, s.micrometres + coalesce(n.micrometres, 0) AS micrometres, n.materials AS inserts
		FROM mailroom.letter_postage p
			JOIN mailroom.mailing m ON m.issuer_id = p.issuer_id AND m.mailing_id = p.mailing_id
			JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
			CROSS JOIN LATERAL mailroom.letter_shape(p.issuer_id, coalesce(l.cover_sheets, l.sheets), m.hand_in_date) s
			LEFT JOIN mailroom.mailing_insert n ON n.issuer_id = p.issuer_id AND n.mailing_id = p.mailing_id AND n.insert_no = p.insert_no;
COMMENT ON VIEW mailroom.letter_weight IS 'each planned envelope: sheets, envelope, weight in milligrams as its parts sum to (paper, envelope, inserts), thickness in micrometres, inserts; ask for one mailing or letter';

-- Covers of several documents ------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.household_key(merge_by text, customer_no text, recipient text, street text, street_2 text, postcode text, city text, country text)
	RETURNS bigint
	IMMUTABLE PARALLEL SAFE
	RETURN CASE
		WHEN $1 = 'address' THEN ('x' || left(encode(mailroom.address_key($3, $4, $5, $6, $7, $8), 'hex'), 16))::bit(64)::bigint
		WHEN $1 = 'customer' AND $2 <> '' THEN ('x' || left(encode(mailroom.address_key('', $2 || '|' || coalesce($4, ''), $5, $6, $7, $8), 'hex'), 16))::bit(64)::bigint
	END;
COMMENT ON FUNCTION mailroom.household_key(text, text, text, text, text, text, text, text) IS 'letter.household: 64 bits of the SHA-256 of an address with the recipient''s name, or with the customer number; NULL when nothing is merged';

CREATE OR REPLACE FUNCTION mailroom.choose_covers(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date, max_sheets integer)
	RETURNS jsonb
	VOLATILE STRICT
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_choose_covers';
COMMENT ON FUNCTION mailroom.choose_covers(bigint, bigint, text, text, date, integer) IS 'decides which letters of a household share a cover and writes letter.cover_id, cover_sheets, cover_due_days; returns {cost_alone, cost_merged, lower_bound, candidates, merged_letters, covers, trials} in micro units and counts, lower_bound being what no way to share covers can cost less than (left out where none is known), NULL when no letters may share one; MR005 no plan possible';
REVOKE EXECUTE ON FUNCTION mailroom.choose_covers(bigint, bigint, text, text, date, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.unmerge_covers(issuer_id bigint, mailing_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF EXISTS (SELECT FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.cover_id IS NOT NULL) THEN
		UPDATE mailroom.letter l SET cover_id = NULL, cover_sheets = NULL, cover_due_days = NULL
			WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND (l.cover_id IS NOT NULL OR l.cover_sheets IS NOT NULL);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.unmerge_covers(bigint, bigint) IS 'every letter of the mailing goes alone again';
REVOKE EXECUTE ON FUNCTION mailroom.unmerge_covers(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.merge_covers(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date)
	RETURNS jsonb
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	setting mailroom.cover_setting;
BEGIN
	PERFORM mailroom.unmerge_covers($1, $2);
	SELECT * INTO setting FROM mailroom.cover_setting s WHERE s.issuer_id = $1;
	IF coalesce(setting.merge_by, 'never') = 'never' THEN
		RETURN NULL;
	END IF;
	RETURN mailroom.choose_covers($1, $2, $3, $4, $5, setting.max_cover_sheets);
END;
$$;
COMMENT ON FUNCTION mailroom.merge_covers(bigint, bigint, text, text, date) IS 'the step of mailroom.plan_mailing that puts documents of one recipient into one cover where the issuer''s cover_setting allows it; returns what mailroom.choose_covers returns';
REVOKE EXECUTE ON FUNCTION mailroom.merge_covers(bigint, bigint, text, text, date) FROM PUBLIC;

-- The price of a cover over its documents by their sheets; the largest remainders get the micro units that do not divide.
CREATE OR REPLACE FUNCTION mailroom.cover_share(issuer_id bigint, mailing_id bigint, cover_id bigint)
	RETURNS TABLE (letter_id bigint, document_id bigint, cover_id bigint, sheets integer, cover_sheets bigint, share_micro bigint)
	STABLE PARALLEL SAFE
	ROWS 2
BEGIN ATOMIC
	SELECT s.letter_id, s.document_id, $3, s.sheets, s.cover_sheets,
			(s.whole + CASE WHEN row_number() OVER (ORDER BY s.remainder DESC, s.letter_id) <= s.price_micro - sum(s.whole) OVER () THEN 1 ELSE 0 END)::bigint
		FROM (SELECT l.letter_id, l.document_id, l.sheets, l.cover_sheets, p.price_micro,
					floor(p.price_micro::numeric * l.sheets / l.cover_sheets) AS whole, p.price_micro::numeric * l.sheets % l.cover_sheets AS remainder
				FROM (SELECT m.letter_id, m.document_id, m.sheets, sum(m.sheets) OVER () AS cover_sheets
						FROM mailroom.letter m
						WHERE m.issuer_id = $1 AND m.mailing_id = $2 AND (m.letter_id = $3 OR m.cover_id = $3)) l
					JOIN mailroom.letter_postage p ON p.issuer_id = $1 AND p.mailing_id = $2 AND p.letter_id = $3) s;
END;
COMMENT ON FUNCTION mailroom.cover_share(bigint, bigint, bigint) IS 'the documents in the envelope that the letter cover_id heads, with what each bears of its postage: by sheets, in micro units that sum to the price';

CREATE OR REPLACE VIEW mailroom.letter_share
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.mailing_id, s.letter_id, s.document_id, s.cover_id, s.sheets, s.cover_sheets, p.offer, s.share_micro
		FROM mailroom.letter_postage p
			CROSS JOIN LATERAL mailroom.cover_share(p.issuer_id, p.mailing_id, p.letter_id) s;
COMMENT ON VIEW mailroom.letter_share IS 'what each planned document bears of the postage of its envelope: by sheets, to the micro; over a mailing the shares sum to its cost; ask for one mailing';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('cover_setting'), ('template_cover'), ('party_group'), ('insert_material'), ('mailing_insert'), ('letter_weight'), ('letter_share')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.' || t.name, 'INSERT, UPDATE, DELETE')
	FROM (VALUES ('cover_setting'), ('template_cover'), ('party_group'), ('insert_material')) AS t (name);
