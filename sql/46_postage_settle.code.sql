-- 46_postage_settle: what carriers settle for a year: rebates of retroactive tiers, and take-or-pay that was not delivered.
--
-- The year balance is the ledger of volumes (48_postage_year).  A rebate is the discount of the tier that the year reached,
-- on the list money of the whole year, less what invoices gave of it.

-- An invoice settles the last period that has ended, or ends within 31 days.  Tariffs change with the year: contracts are
-- looked for month by month back.
CREATE OR REPLACE FUNCTION mailroom.settled_periods(on_date date)
	RETURNS TABLE (kind text, object text, carrier text, offers text[], period_start date, period_end date)
	STABLE PARALLEL SAFE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN QUERY
		SELECT DISTINCT ON (o.kind, o.object) CASE o.kind WHEN 'scheme' THEN 'retroactive' ELSE 'penalty' END, o.object, o.carrier, o.offers, o.period_start, o.period_end
			FROM generate_series(0, 12) AS n
				CROSS JOIN LATERAL mailroom.postage_year_objects(settled_periods.on_date - 31 * n) o
			WHERE o.period <> 'mailing' AND o.period_end <= settled_periods.on_date + 31
				AND (o.kind = 'scheme' AND o.is_retroactive AND o.mode = 'all' OR o.kind = 'take-or-pay' AND o.penalty_micro > 0)
			ORDER BY o.kind, o.object, o.period_end DESC;
END;
$$;
COMMENT ON FUNCTION mailroom.settled_periods(date) IS 'retroactive schemes (percent) and take-or-pay contracts, each with the period that an invoice of a day settles: the last that has ended, or ends within 31 days';

CREATE OR REPLACE FUNCTION mailroom.year_balance(issuer_id bigint, on_date date)
	RETURNS TABLE (kind text, object text, carrier text, currency text, period_start date, period_end date, measure text, reached bigint, at_least bigint, basis_points integer,
		list_money numeric, due numeric, granted numeric, expected numeric, vat_rate numeric)
	STABLE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN QUERY
		SELECT p.kind, p.object, p.carrier, o.currency, p.period_start, p.period_end, s.measure, s.counted, s.at_least, t.basis_points,
				s.money_micro / 1000000.0, w.due, CASE p.kind WHEN 'retroactive' THEN coalesce(g.granted, 0) - coalesce(d.refused, 0) END,
				round(CASE p.kind WHEN 'retroactive' THEN coalesce(g.granted, 0) - coalesce(d.refused, 0) - w.due ELSE w.due END, mailroom.currency_decimals(o.currency)),
				CASE WHEN p.kind = 'retroactive' THEN o.vat_rate END
			FROM mailroom.settled_periods(year_balance.on_date) p
				JOIN LATERAL mailroom.postage_standing($1, p.period_end - 1, NULL, 0) s ON s.object = p.object AND s.kind = CASE p.kind WHEN 'retroactive' THEN 'scheme' ELSE 'take-or-pay' END
				CROSS JOIN LATERAL (SELECT min(c.currency) AS currency, CASE WHEN count(DISTINCT (c.vat_treatment, c.vat_points)) = 1 AND min(c.vat_treatment) <> 'unstated' THEN min(c.vat_points) / 100.0 END AS vat_rate
					FROM mailroom.carrier_offer c WHERE c.offer = ANY (p.offers) AND c.valid_from < p.period_end AND (c.valid_to IS NULL OR c.valid_to >= p.period_end)) o
				LEFT JOIN LATERAL (SELECT x.basis_points FROM mailroom.discount_tier x
					WHERE p.kind = 'retroactive' AND x.scheme = p.object AND x.from_count <= s.counted AND x.valid_from < p.period_end AND (x.valid_to IS NULL OR x.valid_to >= p.period_end)
					ORDER BY x.from_count DESC LIMIT 1) t ON true
				CROSS JOIN LATERAL (SELECT CASE p.kind WHEN 'retroactive' THEN s.money_micro * coalesce(t.basis_points, 0) / 10000000000.0
					ELSE greatest(s.at_least - s.counted, 0) * s.penalty_micro / 1000000.0 END AS due) w
				-- what plans reckoned with on the invoices of their mailings, less what carriers did not give and did not credit
				LEFT JOIN LATERAL (SELECT - sum((x ->> 'amount_micro')::numeric) / 1000000 AS granted
					FROM mailroom.mailing m CROSS JOIN jsonb_array_elements(m.plan -> 'parts') AS x
					WHERE p.kind = 'retroactive' AND m.issuer_id = $1 AND m.state <> 'open' AND m.hand_in_date >= p.period_start AND m.hand_in_date < p.period_end
						AND x ->> 'part' = 'discount' AND x ->> 'item' = p.object) g ON true
				LEFT JOIN LATERAL (SELECT sum(x.exact_amount - coalesce(x.credited_amount, 0)) AS refused
					FROM mailroom.carrier_invoice_difference x
						JOIN mailroom.mailing m ON m.issuer_id = x.issuer_id AND m.mailing_id = x.mailing_id AND m.hand_in_date >= p.period_start AND m.hand_in_date < p.period_end
					WHERE p.kind = 'retroactive' AND x.issuer_id = $1 AND x.item = p.object AND x.code IN ('DISCOUNT-TIER', 'DISCOUNT-BASE')) d ON true
			WHERE s.is_known OR p.kind = 'penalty' AND EXISTS (SELECT FROM mailroom.issuer_carrier u WHERE u.issuer_id = $1 AND u.carrier = p.carrier)
			ORDER BY p.kind, p.object;
END;
$$;
COMMENT ON FUNCTION mailroom.year_balance(bigint, date) IS 'rows of mailroom.year_settlement before what was billed; asks for no right';
REVOKE EXECUTE ON FUNCTION mailroom.year_balance(bigint, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.year_billed(issuer_id bigint, kind text, object text, period_end date, before_date date, before_id bigint)
	RETURNS numeric
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RETURN (SELECT sum(b.net_amount) - coalesce(sum(d.credited), 0)
		FROM mailroom.carrier_line_match b
			JOIN mailroom.carrier_invoice c ON c.issuer_id = b.issuer_id AND c.carrier_invoice_id = b.carrier_invoice_id
			CROSS JOIN LATERAL mailroom.settled_periods(c.issue_date) p
			LEFT JOIN LATERAL (SELECT sum(x.credited_amount) AS credited FROM mailroom.carrier_invoice_difference x
				WHERE x.issuer_id = b.issuer_id AND x.carrier_invoice_id = b.carrier_invoice_id AND x.line_no = b.line_no) d ON true
		WHERE b.issuer_id = $1 AND b.kind = $2 AND b.item = $3 AND p.kind = $2 AND p.object = $3 AND p.period_end = $4 AND (c.issue_date, c.carrier_invoice_id) < ($5, $6));
END;
$$;
COMMENT ON FUNCTION mailroom.year_billed(bigint, text, text, date, date, bigint) IS 'what audited invoices, up to one, billed (credited: negative) to settle a period of a scheme or obligation, less later credits; NULL = nothing';
REVOKE EXECUTE ON FUNCTION mailroom.year_billed(bigint, text, text, date, date, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.year_settlement(issuer_id bigint, on_date date DEFAULT NULL)
	RETURNS TABLE (kind text, object text, carrier text, currency text, period_start date, period_end date, measure text, reached bigint, at_least bigint, basis_points integer,
		list_money numeric, due numeric, granted numeric, expected numeric, billed numeric, difference numeric)
	STABLE
	ROWS 10
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	day CONSTANT date := coalesce($2, mailroom.today($1));
BEGIN
	PERFORM mailroom.require_issuer($1, CASE WHEN $1 = ANY (mailroom.my_issuers(ARRAY['clerk'])) THEN 'clerk' ELSE 'reader' END);
	PERFORM mailroom.require_day(day);
	RETURN QUERY
		SELECT b.kind, b.object, b.carrier, b.currency, b.period_start, b.period_end, b.measure, b.reached, b.at_least, b.basis_points, trim_scale(b.list_money), trim_scale(b.due), trim_scale(b.granted),
				b.expected, y.billed, y.billed - b.expected
			FROM mailroom.year_balance($1, day) b
				CROSS JOIN LATERAL (SELECT mailroom.year_billed($1, b.kind, b.object, b.period_end, 'infinity', 0) AS billed) y
			ORDER BY b.kind, b.object;
END;
$$;
COMMENT ON FUNCTION mailroom.year_settlement(bigint, date) IS 'what carriers settle for the periods that end by a day (default today): kind retroactive (a rebate: expected is negative, the discount reached on the year''s list money less what invoices granted) or penalty (take-or-pay: what was not delivered at its price), with what audited invoices billed, NULL = nothing yet, and billed less expected; units of the currency, before tax. Needs reader or clerk; 22023 no day of the calendar';
REVOKE EXECUTE ON FUNCTION mailroom.year_settlement(bigint, date) FROM PUBLIC;

-- Expected lines of an invoice that settles a year: only of what it names, less what earlier ones billed.
CREATE OR REPLACE FUNCTION mailroom.year_keys(issuer_id bigint, carrier_invoice_id bigint, lines mailroom.audit_line[])
	RETURNS SETOF mailroom.audit_key
	STABLE
	ROWS 2
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM unnest(lines) AS l WHERE l.kind IN ('retroactive', 'penalty')) THEN
		RETURN;
	END IF;
	RETURN QUERY
		SELECT NULL::bigint, b.kind, NULL::text, NULL::text, NULL::text, NULL::integer, b.object, 1::numeric, r.net, 0, r.net, b.vat_rate, NULL::numeric
			FROM mailroom.carrier_invoice c
				CROSS JOIN LATERAL mailroom.year_balance(c.issuer_id, c.issue_date) b
				CROSS JOIN LATERAL (SELECT b.expected - coalesce(mailroom.year_billed(c.issuer_id, b.kind, b.object, b.period_end, c.issue_date, c.carrier_invoice_id), 0) AS net) r
			WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2 AND c.currency = b.currency AND c.carrier = ANY (string_to_array(b.carrier, ', '))
				AND EXISTS (SELECT FROM unnest(lines) AS l WHERE l.kind = b.kind AND l.item = b.object);
END;
$$;
COMMENT ON FUNCTION mailroom.year_keys(bigint, bigint, mailroom.audit_line[]) IS 'what an invoice that settles a year should still bill of the schemes and obligations that it names';
REVOKE EXECUTE ON FUNCTION mailroom.year_keys(bigint, bigint, mailroom.audit_line[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.audit_year(issuer_id bigint, carrier_invoice_id bigint, lines mailroom.audit_line[], keys mailroom.audit_key[])
	RETURNS SETOF mailroom.audit_finding
	STABLE
	ROWS 2
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r record;
BEGIN
	IF NOT EXISTS (SELECT FROM unnest(lines) AS l WHERE l.kind IN ('retroactive', 'penalty')) THEN
		RETURN;
	END IF;
	FOR r IN
		SELECT l.kind, l.item, l.line_no, l.net, l.rate, k.net AS expected, k.vat_rate, b.*
			FROM (SELECT x.kind, x.item, min(x.line_no) AS line_no, sum(x.net) AS net, min(coalesce(x.vat_rate, 0)) AS rate FROM unnest(lines) AS x WHERE x.kind IN ('retroactive', 'penalty') GROUP BY 1, 2) l
				LEFT JOIN (SELECT u.kind, u.item, u.net, u.vat_rate FROM unnest(keys) AS u) k ON k.kind = l.kind AND k.item = l.item
				LEFT JOIN (SELECT y.kind AS b_kind, y.object, y.period_start, y.period_end, y.measure, y.reached, y.at_least, y.basis_points, y.list_money, y.due, y.granted
					FROM mailroom.carrier_invoice c CROSS JOIN LATERAL mailroom.year_balance(c.issuer_id, c.issue_date) y
					WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2) b ON b.b_kind = l.kind AND b.object = l.item
			ORDER BY l.line_no
	LOOP
		IF r.net <> coalesce(r.expected, 0) THEN
			RETURN NEXT ROW(r.line_no, NULL, CASE r.kind WHEN 'penalty' THEN 'YEAR-PENALTY' ELSE 'YEAR-REBATE' END, NULL, NULL, NULL, NULL, r.item, NULL, r.net, coalesce(r.expected, 0), r.net - coalesce(r.expected, 0),
				coalesce(r.vat_rate, r.rate), NULL,
				CASE WHEN r.object IS NULL THEN format('%s settles nothing that ends by then: no letters are counted for it', r.item)
					WHEN r.kind = 'penalty' THEN format('%s, %s to %s: %s of at least %s %s delivered, %s due, billed %s%s', r.item, r.period_start, r.period_end - 1, r.reached, r.at_least, r.measure, mailroom.amount_text(round(r.due, 2)), mailroom.amount_text(r.net),
						CASE WHEN r.due <> coalesce(r.expected, 0) THEN ', part of it on an earlier invoice' ELSE '' END)
					ELSE format('%s, %s to %s: %s %s reach %s %%, on list money of %s that is %s; invoices gave %s; billed %s', r.item, r.period_start, r.period_end - 1, r.reached, r.measure, mailroom.percent_text(coalesce(r.basis_points, 0)),
						round(r.list_money, 2), mailroom.amount_text(round(r.due, 2)), mailroom.amount_text(round(r.granted, 2)), mailroom.amount_text(r.net)) END)::mailroom.audit_finding;
		END IF;
		IF r.vat_rate <> r.rate THEN
			RETURN NEXT ROW(r.line_no, NULL, 'VAT-RATE', NULL, NULL, NULL, NULL, r.item, NULL, r.rate, r.vat_rate, 0, NULL, r.net * (r.rate - r.vat_rate) / 100,
				format('value added tax of %s %% instead of %s %%', trim_scale(r.rate), trim_scale(r.vat_rate)))::mailroom.audit_finding;
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.audit_year(bigint, bigint, mailroom.audit_line[], mailroom.audit_key[]) IS 'lines that settle a year against the year balance';
REVOKE EXECUTE ON FUNCTION mailroom.audit_year(bigint, bigint, mailroom.audit_line[], mailroom.audit_key[]) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', 'mailroom.year_settlement(bigint, date)', 'EXECUTE') FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
