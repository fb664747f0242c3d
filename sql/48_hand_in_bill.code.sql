-- 48_hand_in_bill: what carriers bill a house for a common hand-in, split between its members.
--
-- A member pays what its letters were planned at and the differences of the lines that its letters are on, by their number;
-- what belongs to no line goes by the planned postage.  Parts are whole minor units that sum to what the carrier billed.

-- Exact parts before rounding: planned money, and with the differences that invoices made.
CREATE OR REPLACE FUNCTION mailroom.hand_in_parts(house_issuer_id bigint, house_mailing_id bigint)
	RETURNS TABLE (member_no integer, member_issuer_id bigint, member_mailing_id bigint, carrier text, letters bigint, planned_micro bigint, with_differences numeric)
	STABLE
	ROWS 20
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN QUERY
		WITH m AS MATERIALIZED (
			SELECT g.hand_in_date FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2
		), line AS MATERIALIZED (
			SELECT k.member_no, e.offer, e.area, e.format, e.up_to_grams, sum(e.quantity) AS letters
				FROM mailroom.hand_in_member k
					CROSS JOIN LATERAL mailroom.expected_postage_lines(k.member_issuer_id, k.member_mailing_id) e
				WHERE k.issuer_id = $1 AND k.mailing_id = $2
				GROUP BY 1, 2, 3, 4, 5
		), part AS MATERIALIZED (
			SELECT k.member_no, k.member_issuer_id, k.member_mailing_id, o.carrier, count(*) AS letters, sum(p.price_micro) AS planned_micro
				FROM mailroom.hand_in_member k
					JOIN mailroom.letter_postage p ON p.issuer_id = k.member_issuer_id AND p.mailing_id = k.member_mailing_id
					CROSS JOIN m
					JOIN mailroom.carrier_offer o ON o.offer = p.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
				WHERE k.issuer_id = $1 AND k.mailing_id = $2
				GROUP BY 1, 2, 3, 4
		), difference AS MATERIALIZED (
			SELECT row_number() OVER () AS n, c.carrier, d.offer, d.area, d.format, d.up_to_grams, d.amount - coalesce(d.credited_amount, 0) AS amount
				FROM mailroom.carrier_invoice_difference d
					JOIN mailroom.carrier_invoice c ON c.issuer_id = d.issuer_id AND c.carrier_invoice_id = d.carrier_invoice_id
				WHERE d.issuer_id = $1 AND d.mailing_id = $2 AND NOT (d.code = 'LINE-MISSING' AND d.state = 'settled')
		), borne AS (
			SELECT d.n, d.amount, d.carrier, l.member_no, sum(l.letters) AS letters
				FROM difference d
					JOIN line l ON l.offer = d.offer AND (d.area IS NULL OR l.area = d.area) AND (d.format IS NULL OR l.format = d.format) AND (d.up_to_grams IS NULL OR l.up_to_grams = d.up_to_grams)
				GROUP BY 1, 2, 3, 4
		), moved AS (
			SELECT b.carrier, b.member_no, sum(b.amount * b.letters / b.all_letters) AS amount
				FROM (SELECT x.*, sum(x.letters) OVER (PARTITION BY x.n) AS all_letters FROM borne x) b
				GROUP BY 1, 2
		), loose AS ( -- on no line with letters of anybody
			SELECT d.carrier, sum(d.amount) AS amount FROM difference d WHERE NOT EXISTS (SELECT FROM borne b WHERE b.n = d.n) GROUP BY 1
		)
		SELECT p.member_no, p.member_issuer_id, p.member_mailing_id, p.carrier, p.letters, p.planned_micro::bigint,
				p.planned_micro / 1000000 + coalesce(v.amount, 0) + coalesce(l.amount * p.planned_micro / nullif(sum(p.planned_micro) OVER (PARTITION BY p.carrier), 0), 0)
			FROM part p
				LEFT JOIN moved v ON v.carrier = p.carrier AND v.member_no = p.member_no
				LEFT JOIN loose l ON l.carrier = p.carrier
			ORDER BY p.carrier COLLATE "C", p.member_no;
END;
$$;
COMMENT ON FUNCTION mailroom.hand_in_parts(bigint, bigint) IS 'letters and planned postage of each member of a common hand-in at each carrier, and the same with the differences of the house''s invoices, not rounded';
REVOKE EXECUTE ON FUNCTION mailroom.hand_in_parts(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.billed_postage(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (carrier text, net numeric)
	STABLE PARALLEL SAFE
	ROWS 3
BEGIN ATOMIC
	SELECT c.carrier, sum(b.net_amount) - coalesce((SELECT sum(d.credited_amount) FROM mailroom.carrier_invoice_difference d
				JOIN mailroom.carrier_invoice v ON v.issuer_id = d.issuer_id AND v.carrier_invoice_id = d.carrier_invoice_id AND v.carrier = c.carrier
			WHERE d.issuer_id = $1 AND d.mailing_id = $2), 0)
		FROM mailroom.carrier_line_match b
			JOIN mailroom.carrier_invoice c ON c.issuer_id = b.issuer_id AND c.carrier_invoice_id = b.carrier_invoice_id
		WHERE b.issuer_id = $1 AND b.mailing_id = $2
		GROUP BY c.carrier;
END;
COMMENT ON FUNCTION mailroom.billed_postage(bigint, bigint) IS 'what carriers billed for a mailing on audited invoices less what they credited, before tax';
REVOKE EXECUTE ON FUNCTION mailroom.billed_postage(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.share_bill(house_issuer_id bigint, house_mailing_id bigint)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	decimals CONSTANT integer := (SELECT mailroom.currency_decimals(g.currency) FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2);
	written bigint;
BEGIN
	DELETE FROM mailroom.hand_in_bill b USING mailroom.hand_in_member k
		WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND b.issuer_id = k.member_issuer_id AND b.mailing_id = k.member_mailing_id;
	INSERT INTO mailroom.hand_in_bill (issuer_id, mailing_id, carrier, house_issuer_id, house_mailing_id, letters, planned_micro, planned, actual)
		WITH expected AS (
			SELECT e.carrier, sum(e.net) AS net FROM mailroom.expected_postage_invoice($1, $2) e GROUP BY 1
		), carrier AS (
			SELECT p.carrier, array_agg(p.member_issuer_id ORDER BY p.member_no) AS members, array_agg(p.member_mailing_id ORDER BY p.member_no) AS mailings, array_agg(p.letters ORDER BY p.member_no) AS letters,
					array_agg(p.planned_micro ORDER BY p.member_no) AS planned_micro, array_agg(p.planned_micro::numeric ORDER BY p.member_no) AS planned, array_agg(p.with_differences ORDER BY p.member_no) AS actual
				FROM mailroom.hand_in_parts($1, $2) p
				GROUP BY 1
		), balance AS ( -- the parts that are given sum to those that are taken
			SELECT (s.amount_micro > 0) AS is_given, array_agg(s.issuer_id ORDER BY s.issuer_id) AS members, array_agg(s.mailing_id ORDER BY s.issuer_id) AS mailings, array_agg(s.amount_micro ORDER BY s.issuer_id) AS amounts,
					array_agg(abs(s.amount_micro)::numeric ORDER BY s.issuer_id) AS weights, round(sum(abs(s.amount_micro)) / 1000000, decimals) AS total
				FROM mailroom.postage_share s WHERE s.house_issuer_id = $1 AND s.house_mailing_id = $2 AND s.part = 'balance'
				GROUP BY 1
		)
		SELECT u.member, u.mailing, c.carrier, $1, $2, u.letters, u.planned_micro, u.planned, u.actual
			FROM carrier c
				LEFT JOIN expected e ON e.carrier = c.carrier
				LEFT JOIN mailroom.billed_postage($1, $2) b ON b.carrier = c.carrier
				CROSS JOIN LATERAL unnest(c.members, c.mailings, c.letters, c.planned_micro, mailroom.share_total(c.planned, e.net, decimals), mailroom.share_total(c.actual, b.net, decimals))
					AS u (member, mailing, letters, planned_micro, planned, actual)
		UNION ALL
		SELECT u.member, u.mailing, '', $1, $2, 0, u.amount, u.share, u.share
			FROM balance b
				CROSS JOIN LATERAL unnest(b.members, b.mailings, b.amounts, mailroom.share_total(b.weights, b.total, decimals)) AS s (member, mailing, amount, share)
				CROSS JOIN LATERAL (SELECT s.member, s.mailing, s.amount, CASE WHEN b.is_given THEN s.share ELSE - s.share END AS share) u;
	GET DIAGNOSTICS written = ROW_COUNT;
	RETURN written;
END;
$$;
COMMENT ON FUNCTION mailroom.share_bill(bigint, bigint) IS 'writes mailroom.hand_in_bill of all members of a common hand-in; returns how many rows. mailroom.spread_postage of the house or of a member, and so the audit of an invoice, call it';
REVOKE EXECUTE ON FUNCTION mailroom.share_bill(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.hand_in_bills(house_issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (member_issuer_id bigint, member_mailing_id bigint, carrier text, letters bigint, planned numeric, actual numeric, difference numeric)
	STABLE
	SECURITY DEFINER
	ROWS 20
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, CASE WHEN $1 = ANY (mailroom.my_issuers(ARRAY['clerk'])) THEN 'clerk' ELSE 'reader' END);
	RETURN QUERY SELECT b.issuer_id, b.mailing_id, b.carrier, b.letters, b.planned, b.actual, b.actual - b.planned
		FROM mailroom.hand_in_bill b
		WHERE b.house_issuer_id = $1 AND b.house_mailing_id = $2
		ORDER BY b.issuer_id, b.carrier COLLATE "C";
END;
$$;
COMMENT ON FUNCTION mailroom.hand_in_bills(bigint, bigint) IS 'the house''s view of mailroom.hand_in_bill: what each member bears of what carriers bill for a common hand-in, planned and billed, before tax. Needs reader or clerk for the house';
REVOKE EXECUTE ON FUNCTION mailroom.hand_in_bills(bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'table', 'mailroom.hand_in_bill', 'SELECT') FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
SELECT mailroom.allow(k.kind, 'function', 'mailroom.hand_in_bills(bigint, bigint)', 'EXECUTE') FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
