-- 47_container: bundles, trays and pallets of a mailing, their labels, and what carriers are told beforehand.

-- Containers -----------------------------------------------------------------------------------------------

-- Paper of 0.76 g/cm3 (80 g/m2 at 0.105 mm) folded to the format's size: 1 g is 1 / (area * 0.76) thick.
CREATE OR REPLACE FUNCTION mailroom.thickness_per_gram(format text)
	RETURNS integer
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN $1 LIKE 'C6-%' OR $1 = 'DL' THEN 63
		WHEN $1 LIKE 'C6%' OR $1 = 'card' THEN 84
		WHEN $1 LIKE 'C4%' THEN 21
		ELSE 42
	END;
COMMENT ON FUNCTION mailroom.thickness_per_gram(text) IS 'micrometres that a gram of paper, folded to the size of the envelope format, is thick: C6 84, C6-long and DL 63, C5 and others 42, C4 21; for letters of which nothing but the weight is known';

-- The number of sheets is not kept with the postage: paper weighs more than a gram a sheet, so weight and format tell it.
CREATE OR REPLACE FUNCTION mailroom.planned_thickness(issuer_id bigint, mailing_id bigint, format text, grams bigint, insert_no integer, on_date date)
	RETURNS bigint
	STABLE PARALLEL SAFE
	RETURN coalesce((
		SELECT min(s.micrometres) + i.micrometres
			FROM (SELECT coalesce(sum(n.milligrams), 0)::bigint AS milligrams, coalesce(sum(n.micrometres), 0)::bigint AS micrometres
					FROM mailroom.mailing_insert n WHERE n.issuer_id = $1 AND n.mailing_id = $2 AND n.insert_no = $5) i
				CROSS JOIN mailroom.issuer_paper($1, $6) p
				JOIN mailroom.issuer_envelopes($1, $6) e ON e.format = $3
				CROSS JOIN LATERAL (SELECT ($4 * 1000 - i.milligrams - e.milligrams) / p.milligrams AS sheets) n
				CROSS JOIN LATERAL mailroom.letter_shape($1, greatest(least(n.sheets, e.max_sheets), 0)::integer, $6) s
			WHERE n.sheets BETWEEN 1 AND e.max_sheets AND s.envelope = e.envelope AND (s.milligrams + i.milligrams + 999) / 1000 = $4
			GROUP BY i.micrometres), $4 * mailroom.thickness_per_gram($3));
COMMENT ON FUNCTION mailroom.planned_thickness(bigint, bigint, text, bigint, integer, date) IS 'thickness in micrometres of planned letters of a format, weight and set of inserts (letter_postage.insert_no): of the sheets that weigh so much in an envelope of the issuer on the date, by mailroom.letter_shape, and the inserts; where no number of sheets does (another issuer''s paper), by mailroom.thickness_per_gram';

CREATE OR REPLACE FUNCTION mailroom.container_levels(issuer_id bigint, offer text, format text, on_date date)
	RETURNS TABLE (zone_length integer, least_pieces bigint)
	STABLE PARALLEL SAFE
	ROWS 2
BEGIN ATOMIC
	SELECT u.zone_length, max(u.least_pieces)
		FROM (SELECT c.region::integer, c.least FROM mailroom.offer_condition c
				WHERE c.offer = $2 AND c.format IN ('', $3) AND c.condition = 'mixed-tray' AND c.valid_from <= $4 AND (c.valid_to IS NULL OR c.valid_to > $4)
			UNION ALL
			SELECT l.zone_length, l.least_pieces FROM mailroom.mixed_level l WHERE l.issuer_id = $1 AND l.offer IN ('', $2)) u (zone_length, least_pieces)
		GROUP BY u.zone_length
		ORDER BY u.zone_length DESC;
END;
COMMENT ON FUNCTION mailroom.container_levels(bigint, text, text, date) IS 'levels of mixed trays of a sorted offer, the finest first: trays of zones that begin with the same zone_length characters hold at least least_pieces letters; by the tariff''s conditions mixed-tray and by mailroom.mixed_level, the stricter counts; none: mixed trays are of any zones';

CREATE OR REPLACE FUNCTION mailroom.container_limits(issuer_id bigint, offer text, format text, on_date date)
	RETURNS TABLE (is_sorted boolean, bundle_least bigint, bundle_least_um bigint, bundle_most bigint, bundle_most_um bigint,
		bundle_most_grams bigint, tray_least bigint, tray_fill_percent bigint, tray_most bigint, tray_most_um bigint, tray_most_grams bigint,
		pallet_least_trays bigint, pallet_most_trays bigint, pallet_most_grams bigint, area_length bigint)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	WITH house AS (
		SELECT k.kind,
				(array_agg(l.least_pieces ORDER BY l.offer DESC, l.format DESC) FILTER (WHERE l.least_pieces IS NOT NULL))[1] AS least_pieces,
				(array_agg(l.most_pieces ORDER BY l.offer DESC, l.format DESC) FILTER (WHERE l.most_pieces IS NOT NULL))[1] AS most_pieces,
				(array_agg(l.most_mm ORDER BY l.offer DESC, l.format DESC) FILTER (WHERE l.most_mm IS NOT NULL))[1] AS most_mm,
				(array_agg(l.most_grams ORDER BY l.offer DESC, l.format DESC) FILTER (WHERE l.most_grams IS NOT NULL))[1] AS most_grams,
				(array_agg(l.fill_percent ORDER BY l.offer DESC, l.format DESC) FILTER (WHERE l.fill_percent IS NOT NULL))[1] AS fill_percent,
				(array_agg(l.area_length ORDER BY l.offer DESC, l.format DESC) FILTER (WHERE l.area_length IS NOT NULL))[1] AS area_length
			FROM (VALUES ('bundle'), ('tray'), ('pallet')) AS k (kind)
				LEFT JOIN mailroom.container_limit l ON l.issuer_id = $1 AND l.kind = k.kind AND l.offer IN ('', $2) AND l.format IN ('', $3)
			GROUP BY k.kind
	), tariff AS (
		SELECT c.condition, max(c.least) AS least, min(c.most) AS most
			FROM mailroom.offer_condition c
			WHERE c.offer = $2 AND c.format IN ('', $3) AND c.condition IN ('bundle', 'bundle-thickness', 'tray', 'tray-fill', 'pallet')
				AND c.valid_from <= $4 AND (c.valid_to IS NULL OR c.valid_to > $4)
			GROUP BY c.condition
	), offered AS (
		SELECT o.min_bundle, o.presort
			FROM mailroom.carrier_offer o
			WHERE o.offer = $2 AND o.valid_from <= $4 AND (o.valid_to IS NULL OR o.valid_to > $4)
	), sorted AS (
		SELECT coalesce((SELECT o.min_bundle > 0 OR o.presort <> 'none' FROM offered o), false)
			OR EXISTS (SELECT FROM tariff t WHERE t.condition IN ('bundle', 'bundle-thickness')) AS is_sorted
	)
	SELECT s.is_sorted,
			coalesce(greatest(b.least_pieces, tb.least), 0), coalesce(tt.least * 1000, 0),
			coalesce(least(b.most_pieces, tb.most, y.most_pieces, ty.most), 0),
			least(b.most_mm, tt.most, coalesce(y.most_mm, 500)) * 1000, least(b.most_grams, coalesce(y.most_grams, 10000)),
			coalesce(greatest(y.least_pieces, ty.least), 0),
			coalesce(greatest(y.fill_percent, tf.least), CASE WHEN s.is_sorted AND y.least_pieces IS NULL AND ty.least IS NULL THEN 50 ELSE 0 END),
			coalesce(least(y.most_pieces, ty.most), 0), coalesce(y.most_mm, 500)::bigint * 1000, coalesce(y.most_grams, 10000),
			coalesce(greatest(p.least_pieces, tp.least), 0), coalesce(least(p.most_pieces, tp.most), greatest(p.least_pieces, tp.least, 40)),
			coalesce(p.most_grams, 500000), coalesce(p.area_length, 0)::bigint
		FROM sorted s
			JOIN house b ON b.kind = 'bundle'
			JOIN house y ON y.kind = 'tray'
			JOIN house p ON p.kind = 'pallet'
			LEFT JOIN tariff tb ON tb.condition = 'bundle'
			LEFT JOIN tariff tt ON tt.condition = 'bundle-thickness'
			LEFT JOIN tariff ty ON ty.condition = 'tray'
			LEFT JOIN tariff tf ON tf.condition = 'tray-fill'
			LEFT JOIN tariff tp ON tp.condition = 'pallet';
END;
COMMENT ON FUNCTION mailroom.container_limits(bigint, text, text, date) IS 'what bundles, trays and pallets of an offer and format must and may hold for an issuer on a date: the stricter of mailroom.container_limit and the tariff''s conditions; 0 = no limit. Where neither says more: trays of 500 mm and 10 kg, a tray of its own for a zone that fills half of one, pallets of 40 trays and 500 kg';

CREATE OR REPLACE FUNCTION mailroom.pack_letters(issuer_id bigint, mailing_id bigint, on_date date)
	RETURNS integer
	VOLATILE STRICT
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_pack_letters';
COMMENT ON FUNCTION mailroom.pack_letters(bigint, bigint, date) IS 'the step of mailroom.pack_mailing that reads letter_postage and writes mailing_container, which must be empty for the mailing; returns how many containers';
REVOKE EXECUTE ON FUNCTION mailroom.pack_letters(bigint, bigint, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.number_containers(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	b mailroom.issuer_label;
	digits integer;
	numbered bigint;
BEGIN
	SELECT * INTO b FROM mailroom.issuer_label i WHERE i.issuer_id = $1 AND i.gs1_prefix IS NOT NULL FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	digits := 16 - length(b.gs1_prefix);
	UPDATE mailroom.mailing_container c
		SET sscc = mailroom.make_reference('sscc', format('%s%s%s', b.extension_digit, b.gs1_prefix,
			lpad(mod((b.next_serial + o.place - 1)::numeric, power(10::numeric, digits))::bigint::text, digits, '0')))
		FROM (SELECT n.container_no, row_number() OVER (ORDER BY n.container_no) AS place FROM mailroom.mailing_container n
			WHERE n.issuer_id = $1 AND n.mailing_id = $2 AND n.kind <> 'bundle') o
		WHERE c.issuer_id = $1 AND c.mailing_id = $2 AND c.container_no = o.container_no;
	GET DIAGNOSTICS numbered = ROW_COUNT;
	UPDATE mailroom.issuer_label i
		SET next_serial = mod((b.next_serial + numbered)::numeric, power(10::numeric, digits))::bigint
		WHERE i.issuer_id = $1;
END;
$$;
COMMENT ON FUNCTION mailroom.number_containers(bigint, bigint) IS 'gives trays and pallets of a mailing their SSCC, if the issuer has a GS1 prefix';
REVOKE EXECUTE ON FUNCTION mailroom.number_containers(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.pack_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS integer
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	containers integer;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".';
	ELSIF m.state NOT IN ('planned', 'printed') THEN
		RAISE EXCEPTION 'cannot pack mailing % because it is %', $2, m.state USING ERRCODE = 'MR004', HINT = 'Mailings are packed between mailroom.plan_mailing() and their end.';
	ELSIF EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.member_issuer_id = $1 AND h.member_mailing_id = $2) THEN
		RAISE EXCEPTION 'cannot pack mailing % because it is handed in with others', $2 USING ERRCODE = 'MR004', HINT = 'The house packs the whole hand-in; mailroom.hand_in_containers() shows where a letter lies.';
	END IF;
	DELETE FROM mailroom.mailing_container c WHERE c.issuer_id = $1 AND c.mailing_id = $2;
	containers := mailroom.pack_letters($1, $2, m.hand_in_date);
	PERFORM mailroom.number_containers($1, $2);
	RETURN containers;
END;
$$;
COMMENT ON FUNCTION mailroom.pack_mailing(bigint, bigint) IS 'puts the letters of a planned or printed mailing into bundles, trays and pallets by mailroom.container_limits, in postal order and as few as it allows; writes mailing_container, trays and pallets with an SSCC where the issuer has a GS1 prefix; returns how many containers. Packing again replaces them. Letters of a common hand-in are packed together, by the house. 42704 no such mailing, MR004 not planned, or handed in with others, MR005 a letter is larger than a tray, 40001 letters changed meanwhile';
REVOKE EXECUTE ON FUNCTION mailroom.pack_mailing(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.drop_containers()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.mailing_container c WHERE c.issuer_id = NEW.issuer_id AND c.mailing_id = NEW.mailing_id;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.drop_containers() IS 'trigger: a mailing that is planned anew loses the containers of its earlier plan';
REVOKE EXECUTE ON FUNCTION mailroom.drop_containers() FROM PUBLIC;

-- Once a plan, so a row trigger costs nothing; a statement trigger would fire at every change of a mailing.
CREATE OR REPLACE TRIGGER drop_containers
	AFTER UPDATE OF plan ON mailroom.mailing
	FOR EACH ROW WHEN (NEW.state = 'planned')
	EXECUTE FUNCTION mailroom.drop_containers();

CREATE OR REPLACE FUNCTION mailroom.container_path(issuer_id bigint, mailing_id bigint, offer text, format text, sequence_no bigint)
	RETURNS integer[]
	STABLE STRICT PARALLEL SAFE
	COST 2
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_container_path';
COMMENT ON FUNCTION mailroom.container_path(bigint, bigint, text, text, bigint) IS 'container_no of the bundle (NULL in offers that are not sorted), tray and pallet in which the letter of an offer, format and sequence lies; NULL when the mailing is not packed; the leaves of a mailing are read once a query';

CREATE OR REPLACE FUNCTION mailroom.find_containers(issuer_id bigint, mailing_id bigint, offer text, format text, sequence_no bigint)
	RETURNS TABLE (bundle integer, tray integer, pallet integer)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT c.path[1], c.path[2], c.path[3]
		FROM (SELECT mailroom.container_path($1, $2, $3, $4, $5) AS path OFFSET 0) c
		WHERE c.path IS NOT NULL;
END;
COMMENT ON FUNCTION mailroom.find_containers(bigint, bigint, text, text, bigint) IS 'mailroom.container_path as a row of three columns; no row when the mailing is not packed';

CREATE OR REPLACE VIEW mailroom.letter_container
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.mailing_id, p.letter_id, p.sequence_no, p.offer, p.format, p.zone, c.path[1] AS bundle, c.path[2] AS tray, c.path[3] AS pallet
		FROM mailroom.letter_postage p
			CROSS JOIN LATERAL (SELECT mailroom.container_path(p.issuer_id, p.mailing_id, p.offer, p.format, p.sequence_no) AS path OFFSET 0) c
		WHERE c.path IS NOT NULL;
COMMENT ON VIEW mailroom.letter_container IS 'container_no of the bundle (NULL in offers that are not sorted), tray and pallet each letter of a packed mailing lies in; ask for one mailing';

CREATE OR REPLACE FUNCTION mailroom.containers_of_letter(issuer_id bigint, mailing_id bigint, letter_id bigint)
	RETURNS SETOF mailroom.mailing_container
	STABLE PARALLEL SAFE
	ROWS 3
BEGIN ATOMIC
	SELECT c.*
		FROM mailroom.letter_container p
			JOIN mailroom.mailing_container c ON c.issuer_id = p.issuer_id AND c.mailing_id = p.mailing_id AND c.container_no IN (p.bundle, p.tray, p.pallet)
		WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND p.letter_id = $3
		ORDER BY c.container_no;
END;
COMMENT ON FUNCTION mailroom.containers_of_letter(bigint, bigint, bigint) IS 'the pallet, tray and bundle a letter lies in, from the outside in';

SELECT mailroom.allow('operator', 'function', 'mailroom.pack_mailing(bigint, bigint)', 'EXECUTE');
SELECT mailroom.allow('operator', 'table', 'mailroom.' || t.name, 'SELECT, INSERT, UPDATE, DELETE')
	FROM (VALUES ('container_limit'), ('mixed_level'), ('issuer_label')) AS t (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('mailing_container'), ('letter_container')) AS t (name);
