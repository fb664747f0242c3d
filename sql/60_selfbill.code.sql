-- 60_selfbill: service orders, proposals, acceptance, and invoices that the issuer draws up for its partners.
--
-- Every command locks what it changes in the order proposal, order, series.  A refusal is SQLSTATE MR004; its
-- stable reason code is in the error field CONSTRAINT NAME (and in the detail), its words may change.

CREATE OR REPLACE FUNCTION mailroom.refuse_step(reason text, message text)
	RETURNS void
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RAISE EXCEPTION '%', message
		USING ERRCODE = 'MR004', CONSTRAINT = reason, DETAIL = format('Reason code: %s.', reason);
END;
$$;
COMMENT ON FUNCTION mailroom.refuse_step(text, text) IS 'raises MR004 with a stable reason code in the error field CONSTRAINT NAME';
REVOKE EXECUTE ON FUNCTION mailroom.refuse_step(text, text) FROM PUBLIC;

-- Agreements

CREATE OR REPLACE FUNCTION mailroom.find_supplier(issuer_id bigint, supplier_no text)
	RETURNS bigint
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	found_id bigint;
BEGIN
	SELECT p.party_id INTO found_id FROM mailroom.party p WHERE p.issuer_id = $1 AND p.customer_no = $2;
	IF found_id IS NULL THEN
		PERFORM mailroom.refuse_step('NO_SUPPLIER', format('supplier "%s" does not exist', $2));
	END IF;
	RETURN found_id;
END;
$$;
COMMENT ON FUNCTION mailroom.find_supplier(bigint, text) IS 'party_id of a supplier by customer_no; MR004 NO_SUPPLIER';
REVOKE EXECUTE ON FUNCTION mailroom.find_supplier(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.find_agreement(issuer_id bigint, party_id bigint, on_date date)
	RETURNS mailroom.agreement
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	a mailroom.agreement;
BEGIN
	SELECT * INTO a FROM mailroom.agreement g
		WHERE g.issuer_id = $1 AND g.party_id = $2 AND $3 BETWEEN g.valid_from AND g.valid_to;
	IF a.agreement_id IS NULL THEN
		PERFORM mailroom.refuse_step('NO_AGREEMENT', format('no agreement of the supplier covers %s', to_char($3, 'YYYY-MM-DD')));
	END IF;
	RETURN a;
END;
$$;
COMMENT ON FUNCTION mailroom.find_agreement(bigint, bigint, date) IS 'the agreement of a supplier that covers a day; MR004 NO_AGREEMENT';
REVOKE EXECUTE ON FUNCTION mailroom.find_agreement(bigint, bigint, date) FROM PUBLIC;

-- Electronic addresses: a self-billed invoice that goes through a network names both parties' (BT-34, BT-49).

CREATE OR REPLACE FUNCTION mailroom.require_endpoint(endpoint_scheme text, endpoint text)
	RETURNS void
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF ($1 IS NULL) <> ($2 IS NULL) OR $2 = '' THEN
		RAISE EXCEPTION 'an electronic address has a scheme and an identifier'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass both, or NULL twice to take the address away.';
	END IF;
	IF NOT mailroom.code_known('eas_endpoint_scheme', $1) THEN
		RAISE EXCEPTION 'scheme "%" is not in the list of electronic address schemes', $1
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Examples: 0088 (GLN), 0192 (Norway), 0007 (Sweden), 0216 (Finland), 9945 (Poland, VAT).';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.require_endpoint(text, text) IS 'raises 22023 unless scheme and identifier make an electronic address, or both are NULL';
REVOKE EXECUTE ON FUNCTION mailroom.require_endpoint(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_endpoint(issuer_id bigint, endpoint_scheme text, endpoint text)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	PERFORM mailroom.require_endpoint($2, $3);
	UPDATE mailroom.issuer i SET endpoint_scheme = $2, endpoint = $3 WHERE i.issuer_id = $1;
END;
$$;
COMMENT ON FUNCTION mailroom.set_endpoint(bigint, text, text) IS 'electronic address of the issuer: scheme (a code of the list eas_endpoint_scheme, such as 0192) and identifier; invoices issued afterwards carry it. NULL, NULL takes it away. Raises 22023 for an unknown scheme or half an address';
REVOKE EXECUTE ON FUNCTION mailroom.set_endpoint(bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_endpoint(issuer_id bigint, supplier_no text, endpoint_scheme text, endpoint text)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	supplier bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	PERFORM mailroom.require_endpoint($3, $4);
	supplier := mailroom.find_supplier($1, $2);
	UPDATE mailroom.party p SET endpoint_scheme = $3, endpoint = $4 WHERE p.issuer_id = $1 AND p.party_id = supplier;
END;
$$;
COMMENT ON FUNCTION mailroom.set_endpoint(bigint, text, text, text) IS 'electronic address of a supplier (customer_no of the party), as the function for the issuer; MR004 NO_SUPPLIER';
REVOKE EXECUTE ON FUNCTION mailroom.set_endpoint(bigint, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.create_agreement(issuer_id bigint, supplier_no text, valid_from date, valid_to date, tacit_days integer,
		payment_days integer DEFAULT 14, issue_on_acceptance boolean DEFAULT false)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	supplier bigint;
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	supplier := mailroom.find_supplier($1, $2);
	-- agreements of one supplier are made one after the other
	PERFORM FROM mailroom.party p WHERE p.issuer_id = $1 AND p.party_id = supplier FOR NO KEY UPDATE;
	IF EXISTS (SELECT FROM mailroom.agreement g
			WHERE g.issuer_id = $1 AND g.party_id = supplier AND g.valid_from <= $4 AND g.valid_to >= $3) THEN
		PERFORM mailroom.refuse_step('AGREEMENT_OVERLAP', format('an agreement with supplier "%s" already covers days from %s to %s', $2, to_char($3, 'YYYY-MM-DD'), to_char($4, 'YYYY-MM-DD')));
	END IF;
	INSERT INTO mailroom.agreement AS a (issuer_id, party_id, valid_from, valid_to, tacit_days, payment_days, issue_on_acceptance, created_at)
		VALUES ($1, supplier, $3, $4, $5, $6, $7, mailroom.now())
		RETURNING a.agreement_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.create_agreement(bigint, text, date, date, integer, integer, boolean) IS 'agreement with a supplier (customer_no) for the days valid_from to valid_to inclusive; tacit_days 0 = no acceptance by deadline; returns agreement_id; MR004 NO_SUPPLIER, AGREEMENT_OVERLAP';
REVOKE EXECUTE ON FUNCTION mailroom.create_agreement(bigint, text, date, date, integer, integer, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_agreed_price(issuer_id bigint, agreement_id bigint, service_code text, unit_price numeric, vat_rate numeric,
		tolerance numeric DEFAULT 0, description text DEFAULT NULL, unit_code text DEFAULT 'C62')
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	INSERT INTO mailroom.agreement_price (issuer_id, agreement_id, service_code, unit_price, vat_rate, tolerance, description, unit_code)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT ON CONSTRAINT agreement_price_pkey DO UPDATE
		SET unit_price = excluded.unit_price, vat_rate = excluded.vat_rate, tolerance = excluded.tolerance,
			description = excluded.description, unit_code = excluded.unit_code;
END;
$$;
COMMENT ON FUNCTION mailroom.set_agreed_price(bigint, bigint, text, numeric, numeric, numeric, text, text) IS 'agreed unit price of a service (currency of the issuer, without VAT), VAT rate in percent, tolerance in currency; orders taken in afterwards are checked against it';
REVOKE EXECUTE ON FUNCTION mailroom.set_agreed_price(bigint, bigint, text, numeric, numeric, numeric, text, text) FROM PUBLIC;

-- Orders

CREATE OR REPLACE FUNCTION mailroom.line_net(quantity numeric, unit_price numeric)
	RETURNS numeric
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN pg_catalog.round(quantity * unit_price, 2);
COMMENT ON FUNCTION mailroom.line_net(numeric, numeric) IS 'net amount of a line: quantity x price, rounded once to two decimals, half away from zero';

CREATE OR REPLACE FUNCTION mailroom.tax_of_net(net_sum numeric, rate numeric)
	RETURNS numeric
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN pg_catalog.round(net_sum * rate / 100, 2);
COMMENT ON FUNCTION mailroom.tax_of_net(numeric, numeric) IS 'VAT on the sum of the nets of one rate (percent), rounded once to two decimals, half away from zero';

-- Prices are compared when the rows are taken in, so that a changed price never touches what was taken.  Rows are
-- compared in full before the first is stored: a plan made while settlement_order was empty would else walk through it
-- again for each row.
CREATE OR REPLACE FUNCTION mailroom.take_service_orders(issuer_id bigint, first_id bigint, last_id bigint)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	step CONSTANT bigint := 10000;
	orders mailroom.settlement_order[];
	taken bigint := 0;
BEGIN
	FOR chunk IN 0 .. ($3 - $2) / step LOOP
		SELECT array_agg(ROW(c.issuer_id, c.service_order_id, c.order_key, c.party_id, c.performed_on, c.service_code, c.description,
			c.quantity, c.unit_code, c.price, round(c.net, 2), c.vat_rate, c.agreed_price,
			CASE WHEN c.twin_is_equal THEN 'repeated'
				WHEN c.twin_is_equal IS NOT NULL OR c.fault IS NOT NULL THEN 'refused'
				WHEN c.difference IS NOT NULL THEN 'disputed'
				ELSE 'new' END,
			CASE WHEN c.twin_is_equal THEN NULL WHEN NOT c.twin_is_equal THEN 'ORDER_EXISTS' ELSE coalesce(c.fault, c.difference) END,
			NULL, NULL)::mailroom.settlement_order ORDER BY c.service_order_id)
		INTO orders
		FROM (
			SELECT s.issuer_id, s.service_order_id, s.order_key, p.party_id, s.performed_on, s.service_code,
				coalesce(s.description, t.description) AS description, s.quantity, coalesce(t.unit_code, 'C62') AS unit_code,
				m.price, m.net, s.vat_rate, t.unit_price AS agreed_price,
				CASE WHEN p.party_id IS NULL THEN 'NO_SUPPLIER'
					WHEN s.quantity <= 0 OR m.net < 0 OR m.net <> round(m.net, 2) THEN 'BAD_AMOUNT' END AS fault,
				CASE WHEN g.has_prices IS NOT TRUE THEN NULL
					WHEN t.unit_price IS NULL THEN 'NO_AGREED_PRICE'
					WHEN abs(m.price - t.unit_price) > t.tolerance THEN 'PRICE_DIFFERS'
					WHEN s.vat_rate <> t.vat_rate THEN 'RATE_DIFFERS'
					WHEN m.net <> mailroom.line_net(s.quantity, m.price) THEN 'NET_DIFFERS' END AS difference,
				-- the live order of the same key: an earlier row of this batch or one taken before; "+ 0" keeps the planner
				-- from walking all earlier rows in their order instead of looking up the key
				(SELECT (x.supplier_no, x.performed_on, x.service_code, x.description, x.quantity, x.unit_price, x.net_amount, x.vat_rate)
						IS NOT DISTINCT FROM (s.supplier_no, s.performed_on, s.service_code, s.description, s.quantity, s.unit_price, s.net_amount, s.vat_rate)
					FROM mailroom.service_order x
						LEFT JOIN mailroom.settlement_order o ON o.issuer_id = x.issuer_id AND o.service_order_id = x.service_order_id
					WHERE x.issuer_id = s.issuer_id AND x.order_key = s.order_key AND x.service_order_id < s.service_order_id
						AND (o.state NOT IN ('refused', 'repeated') OR (o.state IS NULL AND x.service_order_id >= $2))
					ORDER BY x.service_order_id + 0
					LIMIT 1) AS twin_is_equal
			FROM mailroom.service_order s
				LEFT JOIN mailroom.party p ON p.issuer_id = s.issuer_id AND p.customer_no = s.supplier_no
				CROSS JOIN LATERAL (SELECT
					coalesce(s.unit_price, trim_scale(round(s.net_amount / nullif(s.quantity, 0), 10)), s.net_amount) AS price,
					coalesce(s.net_amount, mailroom.line_net(s.quantity, s.unit_price)) AS net) m
				LEFT JOIN LATERAL (SELECT a.agreement_id,
						EXISTS (SELECT FROM mailroom.agreement_price q WHERE q.issuer_id = a.issuer_id AND q.agreement_id = a.agreement_id) AS has_prices
					FROM mailroom.agreement a
					WHERE a.issuer_id = s.issuer_id AND a.party_id = p.party_id AND s.performed_on BETWEEN a.valid_from AND a.valid_to) g ON true
				LEFT JOIN mailroom.agreement_price t ON t.issuer_id = s.issuer_id AND t.agreement_id = g.agreement_id AND t.service_code = s.service_code
			WHERE s.issuer_id = $1 AND s.service_order_id BETWEEN $2 + chunk * step AND least($3, $2 + chunk * step + step - 1)
				AND NOT EXISTS (SELECT FROM mailroom.settlement_order o WHERE o.issuer_id = s.issuer_id AND o.service_order_id = s.service_order_id)
		) c;
		INSERT INTO mailroom.settlement_order SELECT o.* FROM unnest(orders) AS o;
		taken := taken + coalesce(cardinality(orders), 0);
	END LOOP;
	RETURN taken;
END;
$$;
COMMENT ON FUNCTION mailroom.take_service_orders(bigint, bigint, bigint) IS 'takes in service orders first_id to last_id that were not taken yet and compares them with the agreed prices; returns how many';
REVOKE EXECUTE ON FUNCTION mailroom.take_service_orders(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.check_service_orders(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.take_service_orders($1, ($3 ->> 'first_id')::bigint, ($3 ->> 'last_id')::bigint);
END;
$$;
COMMENT ON FUNCTION mailroom.check_service_orders(bigint, bigint, jsonb) IS 'job handler: takes in service orders {"first_id", "last_id"}';
REVOKE EXECUTE ON FUNCTION mailroom.check_service_orders(bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.enqueue_service_orders()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r record;
BEGIN
	FOR r IN
		SELECT n.issuer_id, min(n.service_order_id) AS first_id, max(n.service_order_id) AS last_id
		FROM new_rows n
		GROUP BY n.issuer_id
		ORDER BY n.issuer_id
	LOOP
		PERFORM mailroom.enqueue_job(r.issuer_id, 'check_service_orders', jsonb_build_object('first_id', r.first_id, 'last_id', r.last_id));
	END LOOP;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.enqueue_service_orders() IS 'trigger: one job for the service orders of a statement';
REVOKE EXECUTE ON FUNCTION mailroom.enqueue_service_orders() FROM PUBLIC;

CREATE OR REPLACE TRIGGER a_guard
	AFTER INSERT ON mailroom.service_order
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_foreign_issuer();
CREATE OR REPLACE TRIGGER b_enqueue
	AFTER INSERT ON mailroom.service_order
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.enqueue_service_orders();

CREATE OR REPLACE FUNCTION mailroom.add_service_order(issuer_id bigint, order_key text, supplier_no text, performed_on date,
		net_amount numeric, vat_rate numeric, quantity numeric DEFAULT 1, unit_price numeric DEFAULT NULL,
		service_code text DEFAULT NULL, description text DEFAULT NULL)
	RETURNS text
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
	taken record;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	INSERT INTO mailroom.service_order AS s (issuer_id, order_key, supplier_no, performed_on, net_amount, vat_rate, quantity, unit_price, service_code, description)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		RETURNING s.service_order_id INTO new_id;
	BEGIN
		PERFORM mailroom.take_service_orders($1, new_id, new_id);
	EXCEPTION WHEN unique_violation THEN
		-- another session took the same key at the same moment
		PERFORM mailroom.refuse_step('ORDER_EXISTS', format('service order "%s" already exists', $2));
	END;
	SELECT o.state, o.reason INTO taken FROM mailroom.settlement_order o WHERE o.issuer_id = $1 AND o.service_order_id = new_id;
	IF taken.state = 'repeated' OR taken.reason = 'ORDER_EXISTS' THEN
		PERFORM mailroom.refuse_step('ORDER_EXISTS', format('service order "%s" already exists', $2));
	ELSIF taken.state = 'refused' THEN
		PERFORM mailroom.refuse_step(taken.reason, CASE taken.reason
			WHEN 'NO_SUPPLIER' THEN format('supplier "%s" does not exist', $3)
			ELSE format('service order "%s" has an amount that cannot be settled', $2) END);
	END IF;
	RETURN taken.state;
END;
$$;
COMMENT ON FUNCTION mailroom.add_service_order(bigint, text, text, date, numeric, numeric, numeric, numeric, text, text) IS 'inserts one service order and takes it in at once; returns its state, new or disputed (the price differs from the agreed one); MR004 ORDER_EXISTS, NO_SUPPLIER, BAD_AMOUNT (negative, or more than two decimals)';
REVOKE EXECUTE ON FUNCTION mailroom.add_service_order(bigint, text, text, date, numeric, numeric, numeric, numeric, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.reprice_order(issuer_id bigint, order_key text, net_amount numeric, reason text DEFAULT NULL)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	before mailroom.settlement_order;
	in_proposal bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	-- the proposal is locked before its order, as everywhere
	SELECT o.proposal_id INTO in_proposal FROM mailroom.settlement_order o
		WHERE o.issuer_id = $1 AND o.order_key = $2 AND o.state = 'disputed';
	PERFORM FROM mailroom.proposal p WHERE p.issuer_id = $1 AND p.proposal_id = in_proposal FOR UPDATE;
	SELECT * INTO before FROM mailroom.settlement_order o
		WHERE o.issuer_id = $1 AND o.order_key = $2 AND o.state NOT IN ('refused', 'repeated')
		FOR UPDATE;
	IF before.service_order_id IS NULL THEN
		PERFORM mailroom.refuse_step('NO_ORDER', format('service order "%s" does not exist', $2));
	ELSIF before.state NOT IN ('new', 'disputed') THEN
		PERFORM mailroom.refuse_step('BAD_STATE', format('cannot reprice service order "%s" because it is %s', $2, before.state));
	ELSIF $3 < 0 OR $3 <> round($3, 2) THEN
		PERFORM mailroom.refuse_step('BAD_AMOUNT', format('service order "%s" cannot have the net amount %s', $2, $3));
	END IF;
	UPDATE mailroom.settlement_order o
		SET net_amount = round($3, 2), unit_price = trim_scale(round($3 / o.quantity, 10)), state = 'new', reason = NULL, proposal_id = NULL
		WHERE o.issuer_id = $1 AND o.service_order_id = before.service_order_id;
	UPDATE mailroom.proposal_line l
		SET outcome = 'left'
		WHERE l.issuer_id = $1 AND l.proposal_id = before.proposal_id AND l.service_order_id = before.service_order_id;
	PERFORM mailroom.log_event($1, 'service order', before.service_order_id, 'repriced',
		jsonb_build_object('from', before.net_amount, 'to', $3, 'reason', $4));
END;
$$;
COMMENT ON FUNCTION mailroom.reprice_order(bigint, text, numeric, text) IS 'gives a new or disputed order another net amount (currency of the issuer); a disputed order becomes new and leaves its proposal; MR004 NO_ORDER, BAD_STATE, BAD_AMOUNT; noted with the caller and the reason in mailroom.event';
REVOKE EXECUTE ON FUNCTION mailroom.reprice_order(bigint, text, numeric, text) FROM PUBLIC;

-- Proposals

CREATE OR REPLACE FUNCTION mailroom.propose_settlement(issuer_id bigint, proposal_key text, supplier_no text, order_keys text[], proposed_on date)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	supplier bigint;
	a mailroom.agreement;
	r record;
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	supplier := mailroom.find_supplier($1, $3);
	a := mailroom.find_agreement($1, supplier, $5);
	IF EXISTS (SELECT FROM mailroom.proposal p WHERE p.issuer_id = $1 AND p.proposal_key = $2) THEN
		PERFORM mailroom.refuse_step('PROPOSAL_EXISTS', format('proposal "%s" already exists', $2));
	ELSIF coalesce(cardinality($4), 0) = 0 THEN
		PERFORM mailroom.refuse_step('EMPTY', format('proposal "%s" would have no order', $2));
	END IF;
	PERFORM FROM mailroom.settlement_order o
		WHERE o.issuer_id = $1 AND o.order_key = ANY ($4) AND o.state NOT IN ('refused', 'repeated')
		ORDER BY o.service_order_id
		FOR UPDATE;
	FOR r IN
		SELECT k.order_key, o.service_order_id, o.party_id, o.state, count(*) OVER (PARTITION BY k.order_key) AS times
		FROM unnest($4) WITH ORDINALITY AS k (order_key, line_no)
			LEFT JOIN mailroom.settlement_order o ON o.issuer_id = $1 AND o.order_key = k.order_key AND o.state NOT IN ('refused', 'repeated')
		ORDER BY k.line_no
	LOOP
		IF r.service_order_id IS NULL THEN
			PERFORM mailroom.refuse_step('NO_ORDER', format('service order "%s" does not exist', r.order_key));
		ELSIF r.party_id <> supplier THEN
			PERFORM mailroom.refuse_step('WRONG_SUPPLIER', format('service order "%s" is not of supplier "%s"', r.order_key, $3));
		ELSIF r.state <> 'new' OR r.times > 1 THEN
			PERFORM mailroom.refuse_step('ORDER_BUSY', format('cannot propose service order "%s" because it is %s', r.order_key,
				CASE WHEN r.state <> 'new' THEN r.state ELSE 'named twice' END));
		END IF;
	END LOOP;
	INSERT INTO mailroom.proposal AS p (issuer_id, proposal_key, party_id, agreement_id, proposed_on, deadline)
		VALUES ($1, $2, supplier, a.agreement_id, $5, CASE WHEN a.tacit_days > 0 THEN $5 + a.tacit_days END)
		RETURNING p.proposal_id INTO new_id;
	INSERT INTO mailroom.proposal_line (issuer_id, proposal_id, line_no, service_order_id, net_amount, vat_rate)
		SELECT $1, new_id, k.line_no, o.service_order_id, o.net_amount, o.vat_rate
		FROM unnest($4) WITH ORDINALITY AS k (order_key, line_no)
			JOIN mailroom.settlement_order o ON o.issuer_id = $1 AND o.order_key = k.order_key AND o.state = 'new';
	UPDATE mailroom.settlement_order o
		SET state = 'proposed', proposal_id = new_id
		WHERE o.issuer_id = $1 AND o.order_key = ANY ($4) AND o.state = 'new';
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.propose_settlement(bigint, text, text, text[], date) IS 'proposes orders (by order_key, in this order) of a supplier as one invoice, under the caller''s own key; returns proposal_id; MR004, the first that fails: NO_SUPPLIER, NO_AGREEMENT, PROPOSAL_EXISTS, EMPTY, and for each order NO_ORDER, WRONG_SUPPLIER, ORDER_BUSY';
REVOKE EXECUTE ON FUNCTION mailroom.propose_settlement(bigint, text, text, text[], date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.propose_open_orders(issuer_id bigint, supplier_no text, proposed_on date)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	supplier bigint;
	keys text[];
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	supplier := mailroom.find_supplier($1, $2);
	SELECT array_agg(o.order_key ORDER BY o.performed_on, o.service_order_id) INTO keys
		FROM mailroom.settlement_order o
		WHERE o.issuer_id = $1 AND o.party_id = supplier AND o.state = 'new' AND o.performed_on <= $3;
	IF keys IS NULL THEN
		RETURN NULL;
	END IF;
	RETURN mailroom.propose_settlement($1,
		format('%s/%s/%s', $2, to_char($3, 'YYYY-MM-DD'), (SELECT count(*) + 1 FROM mailroom.proposal p
			WHERE p.issuer_id = $1 AND p.party_id = supplier AND p.proposed_on = $3)),
		$2, keys, $3);
END;
$$;
COMMENT ON FUNCTION mailroom.propose_open_orders(bigint, text, date) IS 'proposes all new orders of a supplier that were done up to the day, under the key supplier/day/n; returns proposal_id, NULL when there are none; refusals of mailroom.propose_settlement';
REVOKE EXECUTE ON FUNCTION mailroom.propose_open_orders(bigint, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.lock_proposal(issuer_id bigint, proposal_key text)
	RETURNS mailroom.proposal
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	p mailroom.proposal;
BEGIN
	SELECT * INTO p FROM mailroom.proposal x WHERE x.issuer_id = $1 AND x.proposal_key = $2 FOR UPDATE;
	IF p.proposal_id IS NULL THEN
		PERFORM mailroom.refuse_step('NO_PROPOSAL', format('proposal "%s" does not exist', $2));
	END IF;
	RETURN p;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_proposal(bigint, text) IS 'the proposal of this key, locked; MR004 NO_PROPOSAL';
REVOKE EXECUTE ON FUNCTION mailroom.lock_proposal(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.dispute_order(issuer_id bigint, proposal_key text, order_key text, disputed_on date, reason text DEFAULT NULL)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	p mailroom.proposal;
	disputed bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	p := mailroom.lock_proposal($1, $2);
	IF p.state <> 'sent' THEN
		PERFORM mailroom.refuse_step('BAD_STATE', format('cannot dispute proposal "%s" because it is %s', $2, p.state));
	ELSIF $4 > p.deadline THEN
		PERFORM mailroom.refuse_step('TOO_LATE', format('cannot dispute proposal "%s" after its deadline %s', $2, to_char(p.deadline, 'YYYY-MM-DD')));
	END IF;
	UPDATE mailroom.settlement_order o
		SET state = 'disputed', reason = coalesce($5, 'disputed by the supplier')
		WHERE o.issuer_id = $1 AND o.order_key = $3 AND o.state = 'proposed' AND o.proposal_id = p.proposal_id
		RETURNING o.service_order_id INTO disputed;
	IF disputed IS NULL THEN
		PERFORM mailroom.refuse_step('NO_ORDER', format('proposal "%s" has no open service order "%s"', $2, $3));
	END IF;
	UPDATE mailroom.proposal_line l
		SET outcome = 'disputed'
		WHERE l.issuer_id = $1 AND l.proposal_id = p.proposal_id AND l.service_order_id = disputed;
	PERFORM mailroom.log_event($1, 'service order', disputed, 'disputed', jsonb_build_object('proposal', $2, 'reason', $5));
END;
$$;
COMMENT ON FUNCTION mailroom.dispute_order(bigint, text, text, date, text) IS 'the supplier disputes one order of a sent proposal up to its deadline; the others stay; MR004 NO_PROPOSAL, BAD_STATE, TOO_LATE, NO_ORDER';
REVOKE EXECUTE ON FUNCTION mailroom.dispute_order(bigint, text, text, date, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_accepted(issuer_id bigint, proposal_id bigint, accepted_on date, accepted_by text)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	UPDATE mailroom.proposal p
		SET state = 'accepted', accepted_on = $3, accepted_by = $4
		WHERE p.issuer_id = $1 AND p.proposal_id = $2;
	PERFORM mailroom.log_event($1, 'proposal', $2, 'accepted', jsonb_build_object('by', $4));
	IF (SELECT a.issue_on_acceptance FROM mailroom.proposal p
			JOIN mailroom.agreement a ON a.issuer_id = p.issuer_id AND a.agreement_id = p.agreement_id
			WHERE p.issuer_id = $1 AND p.proposal_id = $2) THEN
		PERFORM mailroom.submit_job($1, 'issue_proposal', jsonb_build_object('proposal_id', $2));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.set_accepted(bigint, bigint, date, text) IS 'marks a locked proposal accepted and, if so agreed, enqueues its issue';
REVOKE EXECUTE ON FUNCTION mailroom.set_accepted(bigint, bigint, date, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.accept_proposal(issuer_id bigint, proposal_key text, accepted_on date)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	p mailroom.proposal;
BEGIN
	PERFORM mailroom.require_issuer($1, CASE WHEN $1 = ANY (mailroom.my_issuers(ARRAY['clerk'])) THEN 'clerk' ELSE 'importer' END);
	p := mailroom.lock_proposal($1, $2);
	IF p.state <> 'sent' THEN
		PERFORM mailroom.refuse_step('BAD_STATE', format('cannot accept proposal "%s" because it is %s', $2, p.state));
	ELSIF EXISTS (SELECT FROM mailroom.proposal_line l
			WHERE l.issuer_id = $1 AND l.proposal_id = p.proposal_id AND l.outcome = 'disputed') THEN
		PERFORM mailroom.refuse_step('OPEN_DISPUTE', format('cannot accept proposal "%s" while one of its orders is disputed', $2));
	ELSIF NOT EXISTS (SELECT FROM mailroom.proposal_line l
			WHERE l.issuer_id = $1 AND l.proposal_id = p.proposal_id AND l.outcome = 'in') THEN
		PERFORM mailroom.refuse_step('EMPTY', format('cannot accept proposal "%s" because all orders left it', $2));
	END IF;
	PERFORM mailroom.set_accepted($1, p.proposal_id, $3, mailroom.outer_role()::text);
END;
$$;
COMMENT ON FUNCTION mailroom.accept_proposal(bigint, text, date) IS 'explicit acceptance of a sent proposal; needs importer or clerk; MR004 NO_PROPOSAL, BAD_STATE, OPEN_DISPUTE, EMPTY';
REVOKE EXECUTE ON FUNCTION mailroom.accept_proposal(bigint, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.tick_selfbilling(issuer_id bigint, on_date date DEFAULT NULL)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	day CONSTANT date := coalesce($2, mailroom.today($1));
	r record;
	accepted bigint := 0;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	FOR r IN
		SELECT p.proposal_id
		FROM mailroom.proposal p
		WHERE p.issuer_id = $1 AND p.state = 'sent' AND p.deadline < day
		ORDER BY p.proposal_id
		FOR UPDATE
	LOOP
		-- read after the lock: a dispute may just have been committed
		CONTINUE WHEN NOT EXISTS (SELECT FROM mailroom.proposal_line l
				WHERE l.issuer_id = $1 AND l.proposal_id = r.proposal_id AND l.outcome = 'in')
			OR EXISTS (SELECT FROM mailroom.proposal_line l
				WHERE l.issuer_id = $1 AND l.proposal_id = r.proposal_id AND l.outcome = 'disputed');
		PERFORM mailroom.set_accepted($1, r.proposal_id, day, 'deadline');
		accepted := accepted + 1;
	END LOOP;
	RETURN accepted;
END;
$$;
COMMENT ON FUNCTION mailroom.tick_selfbilling(bigint, date) IS 'accepts every sent proposal whose deadline is before the day (default: the issuer''s today), that is not empty and has no open dispute; returns how many; may be called as often as one likes';
REVOKE EXECUTE ON FUNCTION mailroom.tick_selfbilling(bigint, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.run_selfbilling_tick(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.tick_selfbilling($1);
END;
$$;
COMMENT ON FUNCTION mailroom.run_selfbilling_tick(bigint, bigint, jsonb) IS 'job handler: mailroom.tick_selfbilling for today';
REVOKE EXECUTE ON FUNCTION mailroom.run_selfbilling_tick(bigint, bigint, jsonb) FROM PUBLIC;

-- The job for a deadline comes from the row itself, so that a restored copy gets it back.
CREATE OR REPLACE FUNCTION mailroom.enqueue_deadlines()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r record;
BEGIN
	FOR r IN
		SELECT DISTINCT n.issuer_id, (n.deadline + 1)::timestamp AT TIME ZONE i.time_zone AS due_at
		FROM new_rows n
			JOIN mailroom.issuer i ON i.issuer_id = n.issuer_id
		WHERE n.state = 'sent' AND n.deadline IS NOT NULL
		ORDER BY 1, 2
	LOOP
		PERFORM mailroom.enqueue_job(r.issuer_id, 'tick_selfbilling', '{}', r.due_at);
	END LOOP;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.enqueue_deadlines() IS 'trigger: a job for the day after each deadline';
REVOKE EXECUTE ON FUNCTION mailroom.enqueue_deadlines() FROM PUBLIC;

CREATE OR REPLACE TRIGGER enqueue_deadlines
	AFTER INSERT ON mailroom.proposal
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.enqueue_deadlines();

-- Invoices

-- The series row is taken last: whoever waits here waits only for the rest of one issue of the same partner.
CREATE OR REPLACE FUNCTION mailroom.take_self_billed_number(issuer_id bigint, party_id bigint, on_date date)
	RETURNS integer
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	taken integer;
BEGIN
	INSERT INTO mailroom.self_billed_series AS s (issuer_id, party_id, series_year, last_number, last_date)
		VALUES ($1, $2, extract(year FROM $3)::integer, 1, $3)
		ON CONFLICT ON CONSTRAINT self_billed_series_pkey DO UPDATE
		SET last_number = s.last_number + 1, last_date = excluded.last_date
		WHERE s.last_date <= excluded.last_date
		RETURNING s.last_number INTO taken;
	IF taken IS NULL THEN
		PERFORM mailroom.refuse_step('DATE_BEFORE_LAST', format('cannot date a document %s before the last one of its series', to_char($3, 'YYYY-MM-DD')));
	END IF;
	RETURN taken;
END;
$$;
COMMENT ON FUNCTION mailroom.take_self_billed_number(bigint, bigint, date) IS 'next number of the partner''s series of the year, given back by rollback; MR004 DATE_BEFORE_LAST';
REVOKE EXECUTE ON FUNCTION mailroom.take_self_billed_number(bigint, bigint, date) FROM PUBLIC;

-- Lines of the invoice must be there: totals, VAT and hash come from them.
CREATE OR REPLACE FUNCTION mailroom.write_self_billed(issuer_id bigint, invoice_id bigint, party_id bigint, proposal_id bigint, issued_on date,
		payment_days integer, wording text, credits_invoice_id bigint DEFAULT NULL)
	RETURNS mailroom.self_billed_invoice
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	made mailroom.self_billed_invoice;
	i mailroom.issuer;
	p mailroom.party;
	series integer;
	number text;
	original mailroom.self_billed_invoice;
	proposed mailroom.proposal;
	line record;
	tax record;
BEGIN
	SELECT * INTO STRICT i FROM mailroom.issuer x WHERE x.issuer_id = $1;
	SELECT * INTO STRICT p FROM mailroom.party x WHERE x.issuer_id = $1 AND x.party_id = $3;
	SELECT * INTO original FROM mailroom.self_billed_invoice x WHERE x.issuer_id = $1 AND x.invoice_id = $8;
	SELECT * INTO proposed FROM mailroom.proposal x WHERE x.issuer_id = $1 AND x.proposal_id = $4;
	INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
		SELECT $1, $2, row_number() OVER (ORDER BY l.tax_rate, l.tax_category), l.tax_category, l.tax_rate,
			sum(l.net_amount), mailroom.tax_of_net(sum(l.net_amount), l.tax_rate)
		FROM mailroom.invoice_line l
		WHERE l.issuer_id = $1 AND l.invoice_id = $2
		GROUP BY l.tax_category, l.tax_rate;
	SELECT count(*) AS lines, sum(l.net_amount) AS net, min(l.period_start) AS first_day, max(l.period_end) AS last_day,
			string_agg((to_jsonb(l) - 'issuer_id' - 'invoice_id')::text, E'\n' ORDER BY l.line_no) AS content
		INTO line
		FROM mailroom.invoice_line l
		WHERE l.issuer_id = $1 AND l.invoice_id = $2;
	SELECT sum(t.tax_amount) AS tax INTO tax FROM mailroom.invoice_tax t WHERE t.issuer_id = $1 AND t.invoice_id = $2;
	series := mailroom.take_self_billed_number($1, $3, $5);
	number := format('%s/%s/%s', p.customer_no, extract(year FROM $5), lpad(series::text, greatest(5, length(series::text)), '0'));

	INSERT INTO mailroom.self_billed_invoice (issuer_id, invoice_id, party_id, proposal_id, series_year, series_number, invoice_number,
			issued_on, due_on, currency, net_total, tax_total, state, credits_invoice_id)
		VALUES ($1, $2, $3, $4, extract(year FROM $5)::integer, series, number,
			$5, $5 + $6, i.currency, line.net, tax.tax, CASE WHEN $8 IS NULL THEN 'issued' ELSE 'credit_note' END, $8)
		RETURNING * INTO made;
	INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code,
			currency, due_date, order_reference, preceding_invoice, note, seller_name, seller_registration_no, seller_vat_id, seller_endpoint,
			buyer_endpoint, buyer_endpoint_scheme, buyer_name, buyer_registration_no, buyer_vat_id, buyer_street, buyer_city, buyer_postcode, buyer_country,
			period_start, period_end, payment_means, payment_reference, payee_account,
			line_total, net_total, tax_total, gross_total, payable_amount, payable_minor, line_count, recipient_party_id, other_terms, received_at)
		VALUES ($1, $2, 'self_billed', 'accepted', coalesce(p.vat_id, p.registration_no, p.name),
			sha256(convert_to(concat_ws('|', number, to_char($5, 'YYYY-MM-DD'), original.invoice_number, p.name, i.name, i.currency, line.net, tax.tax) || E'\n' || line.content, 'UTF8')),
			number, $5, CASE WHEN $8 IS NULL THEN '389' ELSE '261' END,
			i.currency, CASE WHEN $8 IS NULL THEN $5 + $6 END, proposed.proposal_key, original.invoice_number, $7, p.name, p.registration_no, p.vat_id, p.endpoint,
			i.endpoint, i.endpoint_scheme, i.name, i.registration_no, i.vat_id, i.street, i.city, i.postcode, i.country,
			line.first_day, line.last_day, CASE WHEN p.payee_account IS NOT NULL THEN '30' END, number, p.payee_account,
			line.net, line.net, tax.tax, line.net + tax.tax, line.net + tax.tax, ((line.net + tax.tax) * 100)::bigint, line.lines, $3,
			-- what has no column: the address's scheme, and the date of what is credited
			nullif(jsonb_strip_nulls(jsonb_build_object('bt_34_1', p.endpoint_scheme, 'bg_3', CASE WHEN $8 IS NOT NULL
				THEN jsonb_build_array(jsonb_build_object('bt_25', original.invoice_number, 'bt_26', original.issued_on)) END)), '{}'), mailroom.now());
	PERFORM mailroom.log_event($1, 'invoice', $2, CASE WHEN $8 IS NULL THEN 'issued' ELSE 'credit note' END, jsonb_build_object('number', number));
	PERFORM mailroom.enqueue_job($1, 'process_invoices', jsonb_build_object('invoice_id', $2));
	RETURN made;
END;
$$;
COMMENT ON FUNCTION mailroom.write_self_billed(bigint, bigint, bigint, bigint, date, integer, text, bigint) IS 'takes the number, writes header and VAT of a self-billed invoice (389) or credit note (261) over lines that are there, and enqueues process_invoices';
REVOKE EXECUTE ON FUNCTION mailroom.write_self_billed(bigint, bigint, bigint, bigint, date, integer, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.issue_locked_proposal(p mailroom.proposal, issued_on date)
	RETURNS mailroom.self_billed_invoice
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	a mailroom.agreement;
	made mailroom.self_billed_invoice;
	new_id bigint;
BEGIN
	IF p.state <> 'accepted' THEN
		PERFORM mailroom.refuse_step('NOT_ACCEPTED', format('cannot issue proposal "%s" because it is %s', p.proposal_key, p.state));
	END IF;
	a := mailroom.find_agreement(p.issuer_id, p.party_id, $2);
	new_id := nextval(pg_get_serial_sequence('mailroom.invoice', 'invoice_id'));
	UPDATE mailroom.settlement_order o
		SET state = 'invoiced', invoice_id = new_id
		WHERE o.issuer_id = p.issuer_id AND o.proposal_id = p.proposal_id AND o.state = 'proposed';
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate,
			item_name, item_id, period_start, period_end, other_terms)
		SELECT o.issuer_id, new_id, row_number() OVER (ORDER BY l.line_no), (row_number() OVER (ORDER BY l.line_no))::text,
			o.quantity, o.unit_code, o.net_amount, o.unit_price, CASE WHEN o.vat_rate > 0 THEN 'S' ELSE 'Z' END, o.vat_rate,
			coalesce(o.description, o.service_code, o.order_key), o.service_code, o.performed_on, o.performed_on,
			jsonb_build_object('bt_128', o.order_key)
		FROM mailroom.proposal_line l
			JOIN mailroom.settlement_order o ON o.issuer_id = l.issuer_id AND o.service_order_id = l.service_order_id
		WHERE l.issuer_id = p.issuer_id AND l.proposal_id = p.proposal_id AND l.outcome = 'in' AND o.invoice_id = new_id;
	made := mailroom.write_self_billed(p.issuer_id, new_id, p.party_id, p.proposal_id, $2, a.payment_days, a.wording);
	UPDATE mailroom.proposal x
		SET state = 'invoiced', invoice_id = new_id
		WHERE x.issuer_id = p.issuer_id AND x.proposal_id = p.proposal_id;
	RETURN made;
END;
$$;
COMMENT ON FUNCTION mailroom.issue_locked_proposal(mailroom.proposal, date) IS 'issues a locked proposal; MR004 NOT_ACCEPTED, NO_AGREEMENT, DATE_BEFORE_LAST';
REVOKE EXECUTE ON FUNCTION mailroom.issue_locked_proposal(mailroom.proposal, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.issue_self_billed(issuer_id bigint, proposal_key text, issued_on date)
	RETURNS mailroom.self_billed_invoice
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	RETURN mailroom.issue_locked_proposal(mailroom.lock_proposal($1, $2), $3);
END;
$$;
COMMENT ON FUNCTION mailroom.issue_self_billed(bigint, text, date) IS 'issues the invoice of an accepted proposal in the caller''s transaction: number supplier/year/5 digits without gaps, VAT per rate on summed nets; returns the row of mailroom.self_billed_invoice; its document goes the way of every invoice; MR004 NO_PROPOSAL, NOT_ACCEPTED, NO_AGREEMENT, DATE_BEFORE_LAST';
REVOKE EXECUTE ON FUNCTION mailroom.issue_self_billed(bigint, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.issue_proposal(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	p mailroom.proposal;
BEGIN
	SELECT * INTO p FROM mailroom.proposal x
		WHERE x.issuer_id = $1 AND x.proposal_id = ($3 ->> 'proposal_id')::bigint
		FOR UPDATE;
	IF p.state = 'accepted' THEN
		PERFORM mailroom.issue_locked_proposal(p, mailroom.today($1));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.issue_proposal(bigint, bigint, jsonb) IS 'job handler: issues an accepted proposal {"proposal_id"}, dated the issuer''s today';
REVOKE EXECUTE ON FUNCTION mailroom.issue_proposal(bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.lock_self_billed(issuer_id bigint, invoice_number text)
	RETURNS mailroom.self_billed_invoice
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	v mailroom.self_billed_invoice;
BEGIN
	SELECT * INTO v FROM mailroom.self_billed_invoice x WHERE x.issuer_id = $1 AND x.invoice_number = $2 FOR UPDATE;
	IF v.invoice_id IS NULL THEN
		PERFORM mailroom.refuse_step('NO_INVOICE', format('self-billed invoice "%s" does not exist', $2));
	END IF;
	RETURN v;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_self_billed(bigint, text) IS 'the self-billed document of this number, locked; MR004 NO_INVOICE';
REVOKE EXECUTE ON FUNCTION mailroom.lock_self_billed(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.credit_self_billed(issuer_id bigint, invoice_number text, credited_on date)
	RETURNS mailroom.self_billed_invoice
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	v mailroom.self_billed_invoice;
	made mailroom.self_billed_invoice;
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	v := mailroom.lock_self_billed($1, $2);
	IF v.state IN ('credited', 'credit_note') THEN
		PERFORM mailroom.refuse_step('ALREADY_CREDITED', format('cannot credit "%s" because it is %s', $2,
			CASE v.state WHEN 'credited' THEN 'credited already' ELSE 'a credit note' END));
	END IF;
	new_id := nextval(pg_get_serial_sequence('mailroom.invoice', 'invoice_id'));
	UPDATE mailroom.settlement_order o
		SET state = 'new', invoice_id = NULL, proposal_id = NULL
		WHERE o.issuer_id = $1 AND o.proposal_id = v.proposal_id AND o.invoice_id = v.invoice_id;
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate,
			item_name, item_id, period_start, period_end, other_terms)
		SELECT l.issuer_id, new_id, l.line_no, l.line_id, l.quantity, l.unit_code, l.net_amount, l.price, l.tax_category, l.tax_rate,
			l.item_name, l.item_id, l.period_start, l.period_end, l.other_terms
		FROM mailroom.invoice_line l
		WHERE l.issuer_id = $1 AND l.invoice_id = v.invoice_id;
	made := mailroom.write_self_billed($1, new_id, v.party_id, v.proposal_id, $3, 0,
		(SELECT i.note FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = v.invoice_id), v.invoice_id);
	UPDATE mailroom.self_billed_invoice x
		SET state = 'credited'
		WHERE x.issuer_id = $1 AND x.invoice_id = v.invoice_id;
	RETURN made;
END;
$$;
COMMENT ON FUNCTION mailroom.credit_self_billed(bigint, text, date) IS 'credits a self-billed invoice whole, with the next number of the same series; its orders become new again; returns the credit note''s row (amounts positive); MR004 NO_INVOICE, ALREADY_CREDITED (also for a credit note), DATE_BEFORE_LAST';
REVOKE EXECUTE ON FUNCTION mailroom.credit_self_billed(bigint, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.pay_self_billed(issuer_id bigint, invoice_number text)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	v mailroom.self_billed_invoice;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	v := mailroom.lock_self_billed($1, $2);
	IF v.state = 'credit_note' THEN
		PERFORM mailroom.refuse_step('CREDIT_NOTE', format('cannot pay "%s" because it is a credit note', $2));
	ELSIF v.state <> 'issued' THEN
		PERFORM mailroom.refuse_step('BAD_STATE', format('cannot pay "%s" because it is %s', $2, v.state));
	END IF;
	UPDATE mailroom.self_billed_invoice x SET state = 'paid' WHERE x.issuer_id = $1 AND x.invoice_id = v.invoice_id;
	PERFORM mailroom.log_event($1, 'invoice', v.invoice_id, 'paid', jsonb_build_object('number', $2));
END;
$$;
COMMENT ON FUNCTION mailroom.pay_self_billed(bigint, text) IS 'notes that a self-billed invoice was paid; MR004 NO_INVOICE, CREDIT_NOTE, BAD_STATE';
REVOKE EXECUTE ON FUNCTION mailroom.pay_self_billed(bigint, text) FROM PUBLIC;

SELECT mailroom.register_handler('check_service_orders', 'mailroom.check_service_orders(bigint, bigint, jsonb)');
SELECT mailroom.register_handler('tick_selfbilling', 'mailroom.run_selfbilling_tick(bigint, bigint, jsonb)');
SELECT mailroom.register_handler('issue_proposal', 'mailroom.issue_proposal(bigint, bigint, jsonb)');

SELECT mailroom.allow('importer', 'table', 'mailroom.service_order', pg_catalog.format('INSERT (%s)', c.name))
	FROM (VALUES ('issuer_id'), ('order_key'), ('supplier_no'), ('performed_on'), ('service_code'), ('description'), ('quantity'),
		('unit_price'), ('net_amount'), ('vat_rate')) AS c (name);
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('importer')) AS k (kind),
		(VALUES ('mailroom.agreement'), ('mailroom.agreement_price'), ('mailroom.settlement_order'), ('mailroom.proposal'),
			('mailroom.proposal_line'), ('mailroom.self_billed_invoice')) AS t (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('importer')) AS k (kind),
		(VALUES ('mailroom.create_agreement(bigint, text, date, date, integer, integer, boolean)'),
			('mailroom.set_endpoint(bigint, text, text)'), ('mailroom.set_endpoint(bigint, text, text, text)'),
			('mailroom.set_agreed_price(bigint, bigint, text, numeric, numeric, numeric, text, text)'),
			('mailroom.add_service_order(bigint, text, text, date, numeric, numeric, numeric, numeric, text, text)'),
			('mailroom.propose_settlement(bigint, text, text, text[], date)'), ('mailroom.propose_open_orders(bigint, text, date)'),
			('mailroom.accept_proposal(bigint, text, date)'), ('mailroom.tick_selfbilling(bigint, date)'),
			('mailroom.issue_self_billed(bigint, text, date)'), ('mailroom.credit_self_billed(bigint, text, date)'),
			('mailroom.pay_self_billed(bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.reprice_order(bigint, text, numeric, text)'), ('mailroom.dispute_order(bigint, text, text, date, text)'),
			('mailroom.accept_proposal(bigint, text, date)')) AS f (name);
