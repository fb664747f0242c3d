-- 50_split: a mailing is printed in a file for each site and machine.

-- A site for each envelope: rule after rule, whole bundles for shares.
CREATE OR REPLACE FUNCTION mailroom.choose_print_sites(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (member_issuer_id bigint, member_mailing_id bigint, letter_id bigint, sequence_no bigint, format text, sheets bigint, site text)
	VOLATILE
	ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r mailroom.print_site_rule;
BEGIN
	CREATE TEMPORARY TABLE print_site_choice ON COMMIT DROP AS
		SELECT p.issuer_id AS member_issuer_id, p.mailing_id AS member_mailing_id, p.letter_id, p.sequence_no, p.bundle_no, p.format, l.country, mailroom.plain_postcode(l.country, l.postcode) AS postcode,
				(SELECT o.carrier FROM mailroom.carrier_offer o WHERE o.offer = p.offer ORDER BY o.valid_from DESC LIMIT 1) AS carrier,
				(SELECT sum(n.sheets) FROM mailroom.letter n WHERE n.issuer_id = p.issuer_id AND n.mailing_id = p.mailing_id AND (n.letter_id = p.letter_id OR n.cover_id = p.letter_id)) AS sheets, NULL::text AS site
			FROM (SELECT k.issuer_id, k.mailing_id FROM mailroom.print_parts($1, $2) k
					UNION SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.issuer_id = $1 AND h.mailing_id = $2)) k
				JOIN mailroom.letter_postage p ON p.issuer_id = k.issuer_id AND p.mailing_id = k.mailing_id
				JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id;
	FOR r IN SELECT * FROM mailroom.print_site_rule s WHERE s.issuer_id = $1 ORDER BY s.rule_no LOOP
		WITH fit AS (
			SELECT c.bundle_no, count(*) AS envelopes FROM pg_temp.print_site_choice c
				WHERE c.site IS NULL AND (r.countries IS NULL OR c.country = ANY (r.countries)) AND (r.carriers IS NULL OR c.carrier = ANY (r.carriers))
					AND (r.postcode_from IS NULL OR c.postcode >= r.postcode_from COLLATE "C") AND (r.postcode_to IS NULL OR left(c.postcode, length(r.postcode_to)) <= r.postcode_to COLLATE "C")
				GROUP BY 1
		), share AS (
			SELECT f.bundle_no FROM (SELECT f.bundle_no, sum(f.envelopes) OVER (ORDER BY f.bundle_no) - f.envelopes AS before, sum(f.envelopes) OVER () AS envelopes FROM fit f) f
				WHERE f.before * 100 < f.envelopes * r.share_percent
		)
		UPDATE pg_temp.print_site_choice c SET site = r.site
			WHERE c.site IS NULL AND (r.countries IS NULL OR c.country = ANY (r.countries)) AND (r.carriers IS NULL OR c.carrier = ANY (r.carriers))
				AND (r.postcode_from IS NULL OR c.postcode >= r.postcode_from COLLATE "C") AND (r.postcode_to IS NULL OR left(c.postcode, length(r.postcode_to)) <= r.postcode_to COLLATE "C")
				AND c.bundle_no IN (SELECT s.bundle_no FROM share s);
	END LOOP;
	RETURN QUERY SELECT c.member_issuer_id, c.member_mailing_id, c.letter_id, c.sequence_no, c.format, c.sheets,
			coalesce(c.site, (SELECT m.site FROM mailroom.print_machine m WHERE m.issuer_id = $1 ORDER BY m.priority, m.site, m.machine LIMIT 1))
		FROM pg_temp.print_site_choice c;
	DROP TABLE pg_temp.print_site_choice;
END;
$$;
COMMENT ON FUNCTION mailroom.choose_print_sites(bigint, bigint) IS 'the step of mailroom.split_mailing that finds a site for each envelope by mailroom.print_site_rule';
REVOKE EXECUTE ON FUNCTION mailroom.choose_print_sites(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.split_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS integer
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	parts integer;
BEGIN
	DELETE FROM mailroom.letter_part p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	DELETE FROM mailroom.mailing_part p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	IF NOT EXISTS (SELECT FROM mailroom.print_machine m WHERE m.issuer_id = $1) THEN
		RETURN 0;
	END IF;
	WITH chosen AS MATERIALIZED (
		SELECT c.*, m.machine, m.priority FROM mailroom.choose_print_sites($1, $2) c
			LEFT JOIN LATERAL (SELECT m.machine, m.priority FROM mailroom.print_machine m
				WHERE m.issuer_id = $1 AND m.site = c.site AND (m.formats IS NULL OR c.format = ANY (m.formats)) AND (m.max_sheets IS NULL OR c.sheets <= m.max_sheets)
				ORDER BY m.priority, m.machine LIMIT 1) m ON true
	), numbered AS MATERIALIZED (
		SELECT c.*, dense_rank() OVER (ORDER BY c.site COLLATE "C", c.priority NULLS LAST, c.machine COLLATE "C") AS part_no FROM chosen c
	), part AS (
		INSERT INTO mailroom.mailing_part (issuer_id, mailing_id, part_no, site, machine, envelopes)
			SELECT $1, $2, n.part_no, n.site, n.machine, count(*) FROM numbered n GROUP BY n.part_no, n.site, n.machine
	)
	INSERT INTO mailroom.letter_part (issuer_id, mailing_id, part_no, member_issuer_id, member_mailing_id, letter_id)
		SELECT $1, $2, n.part_no, n.member_issuer_id, n.member_mailing_id, n.letter_id FROM numbered n;
	SELECT count(*) INTO parts FROM mailroom.mailing_part p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	RETURN parts;
END;
$$;
COMMENT ON FUNCTION mailroom.split_mailing(bigint, bigint) IS 'the step of mailroom.print_mailing that splits a mailing by site and machine (mailroom.print_site_rule, print_machine) into mailing_part and letter_part; returns how many parts, 0 when the issuer has no machines';
REVOKE EXECUTE ON FUNCTION mailroom.split_mailing(bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('print_setting'), ('print_machine'), ('print_site_rule'), ('mailing_part'), ('letter_part')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.' || t.name, 'INSERT, UPDATE, DELETE')
	FROM (VALUES ('print_setting'), ('print_machine'), ('print_site_rule')) AS t (name);
