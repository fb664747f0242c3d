-- 48_postage_share: what a clerk decides about differences, whose cost the postage is, and how cost depends on the
-- split between carriers.

-- What a clerk decides -------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.decide_differences(issuer_id bigint, carrier_invoice_id bigint, difference_nos integer[], to_state text, reason text)
	RETURNS numeric
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	total numeric;
	decided bigint;
BEGIN
	PERFORM FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'carrier invoice % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT carrier_invoice_id, carrier, invoice_number, state FROM mailroom.carrier_invoice".';
	END IF;
	WITH decision AS (
		UPDATE mailroom.carrier_invoice_difference d
			SET state = $4, decided_at = mailroom.now(), decided_by = mailroom.outer_role(), reason = $5
			WHERE d.issuer_id = $1 AND d.carrier_invoice_id = $2 AND d.difference_no = ANY ($3) AND d.state = 'open'
			RETURNING d.amount)
	SELECT count(*), coalesce(sum(x.amount), 0) INTO decided, total FROM decision x;
	IF decided < (SELECT count(DISTINCT n) FROM unnest($3) AS n) THEN
		RAISE EXCEPTION 'not all of differences % of carrier invoice % are open', $3, $2
			USING ERRCODE = 'MR004', HINT = 'mailroom.audit_difference shows the state of each.';
	END IF;
	PERFORM mailroom.settle_carrier_invoice($1, $2);
	PERFORM mailroom.log_event($1, 'carrier invoice', $2, $4, jsonb_build_object('differences', to_jsonb($3), 'amount', total, 'reason', $5));
	RETURN total;
END;
$$;
COMMENT ON FUNCTION mailroom.decide_differences(bigint, bigint, integer[], text, text) IS 'moves open differences to accepted or claimed; returns the sum of their amounts; 42704 no such invoice, MR004 unless all are open';
REVOKE EXECUTE ON FUNCTION mailroom.decide_differences(bigint, bigint, integer[], text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.accept_differences(issuer_id bigint, carrier_invoice_id bigint, difference_nos integer[], reason text)
	RETURNS numeric
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	RETURN mailroom.decide_differences($1, $2, $3, 'accepted', $4);
END;
$$;
COMMENT ON FUNCTION mailroom.accept_differences(bigint, bigint, integer[], text) IS 'accepts open differences of a carrier''s invoice: the carrier is paid as billed; returns the sum of their amounts. Needs clerk; 42704 no such invoice, MR004 unless all are open';
REVOKE EXECUTE ON FUNCTION mailroom.accept_differences(bigint, bigint, integer[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.claim_differences(issuer_id bigint, carrier_invoice_id bigint, difference_nos integer[] DEFAULT NULL, reason text DEFAULT NULL)
	RETURNS numeric
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	claimed numeric;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	claimed := mailroom.decide_differences($1, $2, coalesce($3, ARRAY(SELECT d.difference_no FROM mailroom.carrier_invoice_difference d
		WHERE d.issuer_id = $1 AND d.carrier_invoice_id = $2 AND d.state = 'open' AND d.in_right = 'issuer')), 'claimed', $4);
	-- the credit note may be there already
	PERFORM mailroom.match_credit_note($1, n.credit_note_id)
		FROM (SELECT v.credit_note_id FROM mailroom.carrier_credit_note v WHERE v.issuer_id = $1 AND v.carrier_invoice_id = $2 AND v.finding = 'agrees with the claim' ORDER BY v.credit_note_id LIMIT 1) n;
	RETURN claimed;
END;
$$;
COMMENT ON FUNCTION mailroom.claim_differences(bigint, bigint, integer[], text) IS 'claims open differences of a carrier''s invoice back (NULL = all in which the tariff gives the issuer right); returns the sum of their amounts before tax. Needs clerk; 42704 no such invoice, MR004 unless all are open';
REVOKE EXECUTE ON FUNCTION mailroom.claim_differences(bigint, bigint, integer[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.settle_claimed(issuer_id bigint, carrier_invoice_id bigint, credited numeric, reason text)
	RETURNS numeric
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	inv mailroom.carrier_invoice;
	numbers integer[];
	amounts numeric[];
	claimed numeric;
BEGIN
	SELECT * INTO inv FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'carrier invoice % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT carrier_invoice_id, carrier, invoice_number, state FROM mailroom.carrier_invoice".';
	END IF;
	SELECT array_agg(d.difference_no ORDER BY d.difference_no), array_agg(d.amount ORDER BY d.difference_no), sum(d.amount) INTO numbers, amounts, claimed
		FROM mailroom.carrier_invoice_difference d WHERE d.issuer_id = $1 AND d.carrier_invoice_id = $2 AND d.state = 'claimed';
	IF numbers IS NULL THEN
		RAISE EXCEPTION 'carrier invoice % of issuer % has no claim', $2, $1
			USING ERRCODE = 'MR004', HINT = 'Claim its open differences with mailroom.claim_differences() first.';
	ELSIF credited <> round(credited, mailroom.currency_decimals(inv.currency)) OR credited IS NULL THEN
		RAISE EXCEPTION 'credited amount % is not a whole number of minor units of %', credited, inv.currency
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the amount before tax as the credit note states it.';
	END IF;
	UPDATE mailroom.carrier_invoice_difference d
		SET state = 'settled', credited_amount = s.share, decided_at = mailroom.now(), decided_by = mailroom.outer_role(), reason = $4
		FROM unnest(numbers, mailroom.share_total(amounts, credited, mailroom.currency_decimals(inv.currency))) AS s (n, share)
		WHERE d.issuer_id = $1 AND d.carrier_invoice_id = $2 AND d.difference_no = s.n;
	PERFORM mailroom.settle_carrier_invoice($1, $2);
	PERFORM mailroom.spread_postage($1, m.mailing_id)
		FROM (SELECT DISTINCT b.mailing_id FROM mailroom.carrier_line_match b WHERE b.issuer_id = $1 AND b.carrier_invoice_id = $2 AND b.mailing_id IS NOT NULL) m;
	PERFORM mailroom.log_event($1, 'carrier invoice', $2, 'settled', jsonb_build_object('claimed', claimed, 'credited', credited, 'reason', reason));
	RETURN claimed - credited;
END;
$$;
COMMENT ON FUNCTION mailroom.settle_claimed(bigint, bigint, numeric, text) IS 'what mailroom.settle_claim does, for credit notes too, which ask for no right';
REVOKE EXECUTE ON FUNCTION mailroom.settle_claimed(bigint, bigint, numeric, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.settle_claim(issuer_id bigint, carrier_invoice_id bigint, credited numeric, reason text)
	RETURNS numeric
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	RETURN mailroom.settle_claimed($1, $2, $3, $4);
END;
$$;
COMMENT ON FUNCTION mailroom.settle_claim(bigint, bigint, numeric, text) IS 'the carrier credited so much of what was claimed of its invoice, before tax; spread over the claimed differences by the largest remainder; returns what was not credited. Needs clerk; 42704 no such invoice, MR004 nothing is claimed, 22023 not whole minor units';
REVOKE EXECUTE ON FUNCTION mailroom.settle_claim(bigint, bigint, numeric, text) FROM PUBLIC;

-- Credit notes: the preceding invoice (BT-25) says which claim they answer.
CREATE OR REPLACE VIEW mailroom.carrier_credit_note
	WITH (security_invoker = true) AS
	SELECT n.issuer_id, n.carrier, n.carrier_invoice_id AS credit_note_id, n.invoice_number, n.issue_date, n.currency, - n.net_total AS credited, n.preceding_invoice,
			coalesce(n.answers_invoice_id, c.carrier_invoice_id) AS carrier_invoice_id, d.claimed, n.state,
			CASE WHEN n.answers_invoice_id IS NOT NULL THEN 'settled the claim'
				WHEN n.state <> 'loaded' THEN 'audited as a settlement of the year'
				WHEN n.preceding_invoice IS NULL THEN 'names no invoice'
				WHEN c.carrier_invoice_id IS NULL THEN 'names an invoice that is not there'
				WHEN d.claimed IS NULL THEN 'nothing is claimed of that invoice'
				WHEN c.currency <> n.currency THEN 'is in another currency'
				WHEN d.claimed <> - n.net_total THEN 'is not the amount claimed'
				ELSE 'agrees with the claim' END AS finding
		FROM mailroom.carrier_invoice n
			LEFT JOIN mailroom.carrier_invoice c ON c.issuer_id = n.issuer_id AND c.carrier = n.carrier AND c.invoice_number = n.preceding_invoice AND NOT c.is_credit_note
			LEFT JOIN LATERAL (SELECT sum(x.amount) AS claimed FROM mailroom.carrier_invoice_difference x
				WHERE x.issuer_id = c.issuer_id AND x.carrier_invoice_id = c.carrier_invoice_id AND x.state = 'claimed') d ON true
		WHERE n.is_credit_note;
COMMENT ON VIEW mailroom.carrier_credit_note IS 'credit notes of carriers with the invoice they name, what is still claimed of it before tax, and whether they settled the claim or why a clerk must look: mailroom.settle_by_credit_note';

CREATE OR REPLACE FUNCTION mailroom.match_credit_note(issuer_id bigint, credit_note_id bigint)
	RETURNS boolean
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	n record;
BEGIN
	PERFORM FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2 FOR UPDATE;
	SELECT * INTO n FROM mailroom.carrier_credit_note v WHERE v.issuer_id = $1 AND v.credit_note_id = $2 AND v.finding = 'agrees with the claim';
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM mailroom.settle_claimed($1, n.carrier_invoice_id, n.credited, format('credit note "%s"', n.invoice_number));
	UPDATE mailroom.carrier_invoice c SET state = 'settled', answers_invoice_id = n.carrier_invoice_id WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2;
	RETURN true;
END;
$$;
COMMENT ON FUNCTION mailroom.match_credit_note(bigint, bigint) IS 'settles the claim that a credit note answers when the invoice it names and the amount agree; true = done';
REVOKE EXECUTE ON FUNCTION mailroom.match_credit_note(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.settle_by_credit_note(issuer_id bigint, credit_note_id bigint, carrier_invoice_id bigint)
	RETURNS numeric
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	n mailroom.carrier_invoice;
	missing numeric;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	SELECT * INTO n FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2 AND c.is_credit_note FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'credit note % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT * FROM mailroom.carrier_credit_note".';
	ELSIF n.state <> 'loaded' THEN
		RAISE EXCEPTION 'cannot settle with credit note "%" because it has settled a claim', n.invoice_number USING ERRCODE = 'MR004', HINT = 'mailroom.carrier_credit_note shows which.';
	ELSIF NOT EXISTS (SELECT FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $3 AND c.carrier = n.carrier AND c.currency = n.currency) THEN
		RAISE EXCEPTION 'carrier invoice % is not one of carrier "%" in %', $3, n.carrier, n.currency USING ERRCODE = 'undefined_object', HINT = 'Name the invoice of this carrier that the credit note answers.';
	END IF;
	missing := mailroom.settle_claimed($1, $3, - n.net_total, format('credit note "%s"', n.invoice_number));
	UPDATE mailroom.carrier_invoice c SET state = 'settled', answers_invoice_id = $3 WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2;
	RETURN missing;
END;
$$;
COMMENT ON FUNCTION mailroom.settle_by_credit_note(bigint, bigint, bigint) IS 'a clerk says which invoice a credit note answers: its claim is settled with what the note credits, as mailroom.settle_claim does; returns what was not credited. Needs clerk; 42704 no such note or invoice, MR004 nothing is claimed or the note is used';
REVOKE EXECUTE ON FUNCTION mailroom.settle_by_credit_note(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.audit_difference
	WITH (security_invoker = true) AS
	SELECT d.issuer_id, c.carrier, c.invoice_number, c.issue_date, d.carrier_invoice_id, d.difference_no, d.line_no, d.mailing_id, d.code, k.title, d.offer, d.area, d.format, d.up_to_grams, d.item,
			d.quantity, d.billed, d.expected, c.currency, d.exact_amount, d.amount, d.vat_amount, d.in_right, d.message, k.action, d.state, d.credited_amount, d.decided_at, d.decided_by, d.reason
		FROM mailroom.carrier_invoice_difference d
			JOIN mailroom.carrier_invoice c ON c.issuer_id = d.issuer_id AND c.carrier_invoice_id = d.carrier_invoice_id
			JOIN mailroom.audit_code k ON k.code = d.code;
COMMENT ON VIEW mailroom.audit_difference IS 'differences of carriers'' invoices with what the code means and what to do; amounts in units of the currency, positive = billed too much';

CREATE OR REPLACE VIEW mailroom.audit_summary
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.carrier, date_trunc('month', c.issue_date)::date AS month, c.currency, count(*) AS invoices, count(*) FILTER (WHERE c.state = 'settled') AS settled_invoices,
			sum(c.net_total) AS billed, sum(c.net_total) - sum(d.amount) AS expected, sum(d.amount) AS difference, sum(d.vat_amount) AS vat_difference,
			sum(d.to_claim) AS to_claim, sum(d.to_clear) AS to_clear, sum(d.claimed) AS claimed, sum(d.credited) AS credited, sum(d.given_up) AS given_up, sum(d.accepted) AS accepted,
			sum(d.still_to_pay) AS still_to_pay, sum(d.open_count)::bigint AS open_differences
		FROM mailroom.carrier_invoice c
			CROSS JOIN LATERAL (SELECT coalesce(sum(x.amount), 0) AS amount, coalesce(sum(x.vat_amount), 0) AS vat_amount,
					coalesce(sum(x.amount) FILTER (WHERE x.state = 'open' AND x.in_right = 'issuer'), 0) AS to_claim,
					coalesce(sum(x.amount) FILTER (WHERE x.state = 'open' AND x.in_right = 'open'), 0) AS to_clear,
					coalesce(sum(x.amount) FILTER (WHERE x.state = 'claimed'), 0) AS claimed,
					coalesce(sum(x.credited_amount), 0) AS credited,
					coalesce(sum(x.amount - x.credited_amount), 0) AS given_up,
					coalesce(sum(x.amount) FILTER (WHERE x.state = 'accepted'), 0) AS accepted,
					- coalesce(sum(x.amount) FILTER (WHERE x.state = 'open' AND x.in_right = 'carrier'), 0) AS still_to_pay,
					count(*) FILTER (WHERE x.state = 'open') AS open_count
				FROM mailroom.carrier_invoice_difference x WHERE x.issuer_id = c.issuer_id AND x.carrier_invoice_id = c.carrier_invoice_id) d
		WHERE c.state <> 'loaded' AND c.answers_invoice_id IS NULL
		GROUP BY c.issuer_id, c.carrier, date_trunc('month', c.issue_date), c.currency;
COMMENT ON VIEW mailroom.audit_summary IS 'audited invoices by carrier and month of issue: billed, expected, the difference, and of it what is to claim (the tariff gives the issuer right), to clear (counts, unknown mailings and fees), claimed, credited, given up, accepted, and still to pay to the carrier; before tax, units of the currency';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('carrier_order'), ('carrier_article'), ('carrier_invoice'), ('carrier_invoice_line'), ('carrier_line_match'), ('carrier_invoice_difference'), ('audit_code'), ('audit_difference'), ('audit_summary'), ('carrier_credit_note')) AS t (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, pg_catalog.format('INSERT (%s)', c.name))
	FROM (VALUES ('operator'), ('importer')) AS k (kind),
		(VALUES ('carrier_invoice', '{issuer_id,carrier_invoice_id,carrier,invoice_number,is_credit_note,issue_date,currency,preceding_invoice,order_reference,mailing_id,net_total,tax_total}'),
			('carrier_invoice_line', '{issuer_id,carrier_invoice_id,line_no,order_reference,mailing_id,article,item_name,area,format,grams,quantity,unit_price,discount_amount,net_amount,vat_rate}')) AS t (name, columns),
		unnest(t.columns::text[]) AS c (name);
SELECT mailroom.allow('importer', 'table', 'mailroom.carrier_invoice', 'SELECT');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT, INSERT, UPDATE, DELETE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind), (VALUES ('carrier_order'), ('carrier_article')) AS t (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('importer')) AS k (kind),
		(VALUES ('mailroom.load_carrier_invoice(bigint, text, bytea, text)'), ('mailroom.load_carrier_invoice(bigint, bigint)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.audit_carrier_invoice(bigint, bigint)'), ('mailroom.accept_differences(bigint, bigint, integer[], text)'),
			('mailroom.claim_differences(bigint, bigint, integer[], text)'), ('mailroom.settle_claim(bigint, bigint, numeric, text)'), ('mailroom.settle_by_credit_note(bigint, bigint, bigint)')) AS f (name);

-- Cost centres -------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.cost_centre_of(issuer_id bigint, template text, buyer_no text, buyer_reference text, currency text, accounting_reference text)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN coalesce((SELECT r.cost_centre
			FROM mailroom.cost_centre_rule r
			WHERE r.issuer_id = $1 AND (r.template IS NULL OR r.template = $2)
				AND (r.buyer_no_from IS NULL OR r.buyer_no_from <= $3) AND (r.buyer_no_to IS NULL OR r.buyer_no_to >= $3)
				AND (r.customer_group IS NULL OR EXISTS (SELECT FROM mailroom.party_group g
					WHERE g.issuer_id = $1 AND g.customer_no = $3 AND g.customer_group = r.customer_group))
				AND (r.buyer_reference IS NULL OR r.buyer_reference = $4) AND (r.currency IS NULL OR r.currency = $5)
			ORDER BY r.rule_no
			LIMIT 1), $6, '');
COMMENT ON FUNCTION mailroom.cost_centre_of(bigint, text, text, text, text, text) IS 'cost centre of a document: of the first row of mailroom.cost_centre_rule it meets, else the accounting reference (BT-19), else empty';

CREATE OR REPLACE FUNCTION mailroom.letter_cost_centres(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (offer text, cost_centre text, documents bigint, price_micro bigint)
	STABLE PARALLEL SAFE
	ROWS 50
	SET enable_nestloop = off
	SET jit = off
BEGIN ATOMIC
	WITH share AS (
		SELECT p.offer, p.price_micro, l.document_id
			FROM mailroom.letter_postage p
				JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
			WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND l.cover_sheets IS NULL
		UNION ALL -- envelopes of several documents
		SELECT p.offer, s.share_micro, s.document_id
			FROM mailroom.letter_postage p
				JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
				CROSS JOIN LATERAL mailroom.cover_share(p.issuer_id, p.mailing_id, p.letter_id) s
			WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND l.cover_sheets IS NOT NULL
	), about AS (
		SELECT h.offer, h.price_micro, d.template, i.buyer_no, i.buyer_reference, i.currency, i.other_terms ->> 'bt_19' AS accounting_reference
			FROM share h
				LEFT JOIN mailroom.document d ON d.issuer_id = $1 AND d.document_id = h.document_id
				LEFT JOIN mailroom.invoice i ON i.issuer_id = $1 AND i.invoice_id = d.invoice_id
	), alike AS MATERIALIZED (
		SELECT a.offer, a.template, a.buyer_no, a.buyer_reference, a.currency, a.accounting_reference, count(*) AS letters, sum(a.price_micro) AS price_micro
			FROM about a
			GROUP BY 1, 2, 3, 4, 5, 6
	)
	SELECT k.offer, mailroom.cost_centre_of($1, k.template, k.buyer_no, k.buyer_reference, k.currency, k.accounting_reference), sum(k.letters)::bigint, sum(k.price_micro)::bigint
		FROM alike k
		GROUP BY 1, 2;
END;
COMMENT ON FUNCTION mailroom.letter_cost_centres(bigint, bigint) IS 'documents and their part of the planned postage of a mailing by offer and cost centre of their invoices; documents in one envelope share its price by sheets';

CREATE OR REPLACE FUNCTION mailroom.spread_postage(issuer_id bigint, mailing_id bigint)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	written bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	PERFORM mailroom.lock_hand_in($1, $2);
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".';
	ELSIF m.state = 'open' THEN
		RAISE EXCEPTION 'cannot spread the postage of mailing % because it is not planned', $2 USING ERRCODE = 'MR004', HINT = 'Plan it with mailroom.plan_mailing().';
	END IF;
	IF m.plan ? 'house_mailing_id' THEN
		PERFORM mailroom.share_bill((m.plan ->> 'house_issuer_id')::bigint, (m.plan ->> 'house_mailing_id')::bigint);
	ELSIF EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2) THEN
		-- the letters, and their cost centres, are the members'
		PERFORM mailroom.share_bill($1, $2);
	END IF;
	DELETE FROM mailroom.cost_centre_share s WHERE s.issuer_id = $1 AND s.mailing_id = $2;
	WITH part AS MATERIALIZED (
		SELECT o.carrier, c.cost_centre, sum(c.documents)::bigint AS letters, sum(c.price_micro)::bigint AS planned_micro
			FROM mailroom.letter_cost_centres($1, $2) c
				JOIN mailroom.carrier_offer o ON o.offer = c.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
			GROUP BY 1, 2
	), expected AS MATERIALIZED (
		SELECT e.carrier, sum(e.net) AS net FROM mailroom.expected_postage_invoice($1, $2) e WHERE NOT m.plan ? 'house_mailing_id' GROUP BY 1
		UNION ALL
		SELECT b.carrier, b.planned FROM mailroom.hand_in_bill b WHERE b.issuer_id = $1 AND b.mailing_id = $2 AND b.carrier <> ''
	), billed AS MATERIALIZED (
		SELECT b.carrier, b.net FROM mailroom.billed_postage($1, $2) b WHERE NOT m.plan ? 'house_mailing_id'
		UNION ALL
		SELECT b.carrier, b.actual FROM mailroom.hand_in_bill b WHERE b.issuer_id = $1 AND b.mailing_id = $2 AND b.carrier <> '' AND b.actual IS NOT NULL
	), carrier AS (
		SELECT p.carrier, array_agg(p.cost_centre ORDER BY p.cost_centre) AS centres, array_agg(p.letters ORDER BY p.cost_centre) AS letters,
				array_agg(p.planned_micro ORDER BY p.cost_centre) AS planned_micro, array_agg(p.planned_micro::numeric ORDER BY p.cost_centre) AS amounts
			FROM part p
			GROUP BY p.carrier
	)
	INSERT INTO mailroom.cost_centre_share (issuer_id, mailing_id, carrier, cost_centre, documents, planned_micro, planned, actual)
		SELECT $1, $2, c.carrier, u.cost_centre, u.letters, u.planned_micro, round(u.planned, a.decimals), round(u.actual, a.decimals)
			FROM carrier c
				CROSS JOIN (SELECT mailroom.currency_decimals(m.currency) AS decimals) a
				LEFT JOIN expected e ON e.carrier = c.carrier
				LEFT JOIN billed b ON b.carrier = c.carrier
				CROSS JOIN LATERAL unnest(c.centres, c.letters, c.planned_micro, mailroom.share_total(c.amounts, e.net, a.decimals), mailroom.share_total(c.amounts, b.net, a.decimals))
					AS u (cost_centre, letters, planned_micro, planned, actual);
	GET DIAGNOSTICS written = ROW_COUNT;
	RETURN written;
END;
$$;
COMMENT ON FUNCTION mailroom.spread_postage(bigint, bigint) IS 'spreads the postage of a planned mailing over cost centres: one row of mailroom.cost_centre_share a carrier and cost centre; planned shares sum to the mailing''s cost to the micro unit and to the carrier''s expected invoice to the minor unit, actual ones to what its audited invoices bill less what it credited; returns how many rows. The audit of an invoice calls it; call it again when rules change. Of a common hand-in the house''s call writes what each member bears (mailroom.hand_in_bill), a member''s call spreads that over its cost centres. Needs clerk; 42704 no such mailing, MR004 not planned';
REVOKE EXECUTE ON FUNCTION mailroom.spread_postage(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.cost_centre_month
	WITH (security_invoker = true) AS
	SELECT s.issuer_id, date_trunc('month', m.hand_in_date)::date AS month, s.cost_centre, s.carrier, m.currency, count(*) AS mailings, sum(s.documents)::bigint AS documents,
			sum(s.planned) AS planned, sum(s.actual) AS actual, sum(s.actual - s.planned) AS difference
		FROM mailroom.cost_centre_share s
			JOIN mailroom.mailing m ON m.issuer_id = s.issuer_id AND m.mailing_id = s.mailing_id
		GROUP BY s.issuer_id, date_trunc('month', m.hand_in_date), s.cost_centre, s.carrier, m.currency;
COMMENT ON VIEW mailroom.cost_centre_month IS 'postage by month of hand-in, cost centre and carrier, planned and billed, before tax; actual and difference count mailings with audited invoices only';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('cost_centre_rule'), ('cost_centre_share'), ('cost_centre_month')) AS t (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.cost_centre_rule', 'INSERT, UPDATE, DELETE') FROM (VALUES ('operator'), ('clerk')) AS k (kind);
SELECT mailroom.allow(k.kind, 'function', 'mailroom.spread_postage(bigint, bigint)', 'EXECUTE') FROM (VALUES ('operator'), ('clerk')) AS k (kind);
