-- 46_recipient_channel: legal duty, then the recipient's own choice, then the sender's rule, then print.

CREATE OR REPLACE FUNCTION mailroom.channel_address_problem(channel text, address text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE
		WHEN coalesce(channel, '') NOT IN ('print', 'email', 'kivra', 'digipost', 'mailbox', 'finvoice', 'peppol') THEN format('there is no channel "%s"', channel)
		WHEN channel = 'print' THEN CASE WHEN address IS NOT NULL THEN 'print takes the address of the invoice' END
		WHEN coalesce(address, '') = '' THEN format('channel %s needs an address', channel)
		WHEN channel = 'email' AND address !~ '^[^@\s<>]+@[^@\s<>]+$' THEN format('"%s" is no e-mail address', address)
		WHEN channel = 'kivra' AND address !~ '^(\d{12}|SE\d{10}01|[^@\s<>]+@[^@\s<>]+)$' THEN format('"%s" is neither a personal number (YYYYMMDDnnnn), a VAT number (SE, ten digits, 01) nor an e-mail address', address)
		WHEN channel = 'digipost' AND address !~ '^(\d{11}|\d{9}|[^#\s]+#[0-9A-Za-z]+)$' THEN format('"%s" is neither a personal number (11 digits), an organisation number (9 digits) nor a Digipost address (name#code)', address)
		WHEN channel = 'peppol' AND address !~ '^\d{4}:\S+$' THEN format('"%s" is no Peppol address (scheme:identifier)', address)
		WHEN channel = 'finvoice' AND address !~ '^[A-Z0-9]{6,35}@[A-Z0-9]{6,35}$' THEN format('"%s" is no Finvoice address (address@intermediator)', address)
	END;
COMMENT ON FUNCTION mailroom.channel_address_problem(text, text) IS 'why an address cannot be used in a channel (print, email, kivra, digipost, mailbox, finvoice, peppol), NULL when it can: kivra takes personal number, VAT number or e-mail address, digipost personal number, organisation number or Digipost address, peppol scheme:identifier, finvoice address@intermediator, mailbox any text, print none';

CREATE OR REPLACE FUNCTION mailroom.end_recipient_channel(issuer_id bigint, customer_no text, until date DEFAULT NULL)
	RETURNS boolean
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	last_day date;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	last_day := coalesce($3, mailroom.today($1));
	IF EXISTS (SELECT FROM mailroom.recipient_channel c WHERE c.issuer_id = $1 AND c.customer_no = $2 AND c.since > last_day AND c.until IS DISTINCT FROM c.since) THEN
		RAISE EXCEPTION 'customer "%" chose a channel from a later day on', $2 USING ERRCODE = 'MR004', HINT = 'Look at mailroom.recipient_channel.';
	END IF;
	UPDATE mailroom.recipient_channel c SET until = last_day
		WHERE c.issuer_id = $1 AND c.customer_no = $2 AND c.until IS NULL;
	RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION mailroom.end_recipient_channel(bigint, text, date) IS 'a customer''s choice does not hold from a day on (default today); its row stays; false when there was none; MR004 when the customer chose from a later day on; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.end_recipient_channel(bigint, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_recipient_channel(issuer_id bigint, customer_no text, channel text, address text, proof text, since date DEFAULT NULL)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	problem CONSTANT text := mailroom.channel_address_problem($3, $4);
	first_day date;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
	ELSIF coalesce(btrim(customer_no), '') = '' OR coalesce(btrim(proof), '') = '' THEN
		RAISE EXCEPTION 'a choice needs customer and proof' USING ERRCODE = 'invalid_parameter_value', HINT = 'Say how the recipient chose: the proof is kept.';
	END IF;
	first_day := coalesce($6, mailroom.today($1));
	PERFORM FROM mailroom.issuer i WHERE i.issuer_id = $1 FOR NO KEY UPDATE;
	PERFORM mailroom.end_recipient_channel($1, $2, first_day);
	INSERT INTO mailroom.recipient_channel (issuer_id, customer_no, channel, address, since, proof, noted_at, noted_by)
		VALUES ($1, $2, $3, $4, first_day, btrim($5), mailroom.now(), mailroom.outer_role());
END;
$$;
COMMENT ON FUNCTION mailroom.set_recipient_channel(bigint, text, text, text, text, date) IS 'notes that a customer chose a channel from a day on (default today), with address and proof; what was chosen before ends that day and stays as a row; channel and address as in mailroom.channel_address_problem, 22023 otherwise; MR004 when the customer chose from a later day on; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.set_recipient_channel(bigint, text, text, text, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_channel_rule(issuer_id bigint, rule_no integer, kind text, channel text, note text, country text DEFAULT NULL, is_company boolean DEFAULT NULL, customer_group text DEFAULT NULL, template text DEFAULT NULL)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $3 IS NULL THEN
		DELETE FROM mailroom.channel_rule r WHERE r.issuer_id = $1 AND r.rule_no = $2;
	ELSE
		IF mailroom.channel_address_problem($4, NULL) LIKE 'there is no channel%' OR $4 IS NULL THEN
			RAISE EXCEPTION 'there is no channel "%"', $4 USING ERRCODE = 'invalid_parameter_value';
		END IF;
		INSERT INTO mailroom.channel_rule AS r (issuer_id, rule_no, kind, channel, note, country, is_company, customer_group, template)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT ON CONSTRAINT channel_rule_pkey DO UPDATE
				SET kind = excluded.kind, channel = excluded.channel, note = excluded.note, country = excluded.country,
					is_company = excluded.is_company, customer_group = excluded.customer_group, template = excluded.template;
	END IF;
	PERFORM mailroom.log_event($1, 'channel rule', $2, CASE WHEN $3 IS NULL THEN 'removed' ELSE 'set' END, jsonb_strip_nulls(jsonb_build_object('kind', $3,
		'channel', $4, 'note', $5, 'country', $6, 'is_company', $7, 'customer_group', $8, 'template', $9)));
END;
$$;
COMMENT ON FUNCTION mailroom.set_channel_rule(bigint, integer, text, text, text, text, boolean, text, text) IS 'sets the rule of a number: kind duty (the law asks for the channel) or sender (the issuer prefers it), with a note of what it is for, for recipients of a country, companies or persons, a customer group, a template (NULL: any); kind NULL removes it; every change is an event; 22023 for an unknown channel, 23514 for another kind; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_channel_rule(bigint, integer, text, text, text, text, boolean, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_channel_sender(issuer_id bigint, channel text, address text, structured boolean DEFAULT false)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	why_not CONSTANT text := CASE
		WHEN $2 NOT IN ('kivra', 'digipost', 'finvoice') OR $2 IS NULL THEN format('channel "%s" has no sender to set', $2)
		WHEN $2 = 'kivra' AND $3 IS NOT NULL THEN 'the sender of channel kivra is the account that sends'
		WHEN $2 = 'digipost' AND $3 !~ '^\d{1,18}$' THEN format('"%s" is no sender-id of Digipost (a number)', $3)
		WHEN $2 = 'finvoice' AND $3 IS NOT NULL THEN mailroom.channel_address_problem($2, $3) END;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF why_not IS NOT NULL THEN
		RAISE EXCEPTION '%', why_not USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF $3 IS NULL AND NOT $4 THEN
		DELETE FROM mailroom.channel_sender s WHERE s.issuer_id = $1 AND s.channel = $2;
	ELSE
		INSERT INTO mailroom.channel_sender AS s (issuer_id, channel, address, structured)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT ON CONSTRAINT channel_sender_pkey DO UPDATE SET address = excluded.address, structured = excluded.structured;
	END IF;
	PERFORM mailroom.log_event($1, 'channel sender', $1, 'set', jsonb_strip_nulls(jsonb_build_object('channel', $2, 'address', $3, 'structured', $4)));
END;
$$;
COMMENT ON FUNCTION mailroom.set_channel_sender(bigint, text, text, boolean) IS 'who the issuer is in a channel: finvoice address@intermediator (its messages then have a transmission frame), digipost the sender-id when somebody else sends for the issuer; kivra no address, structured => true gives companies the types accounting.*; NULL takes it away; every change is an event; 22023 for another channel or an address that is none; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_channel_sender(bigint, text, text, boolean) FROM PUBLIC;

-- Set by set: a run's invoices are judged in one statement, each looked up by its whole key.
CREATE OR REPLACE FUNCTION mailroom.choose_channel_each(issuer_id bigint, invoice_ids bigint[])
	RETURNS TABLE (invoice_id bigint, channel text, address text, reason text, steps text[])
	STABLE PARALLEL RESTRICTED
	ROWS 500
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	today CONSTANT date := mailroom.today($1);
BEGIN
	RETURN QUERY
	-- what the choice depends on, and the addresses that are known without a recipient's choice
	WITH fact AS MATERIALIZED (
		SELECT i.invoice_id, coalesce(p.customer_no, i.buyer_no, i.buyer_vat_id, i.buyer_registration_no) AS customer_no,
				coalesce(nullif(CASE WHEN p.party_id IS NULL THEN i.buyer_country ELSE p.country END, ''), s.country) AS country,
				coalesce(p.is_company, coalesce(i.buyer_registration_no, i.buyer_vat_id) IS NOT NULL) AS is_company,
				coalesce(d.template, 'invoice') AS template, i.origin <> 'letter' AS is_invoice,
				CASE WHEN p.party_id IS NULL THEN i.buyer_endpoint_scheme || ':' || i.buyer_endpoint ELSE p.endpoint_scheme || ':' || p.endpoint END AS peppol,
				CASE WHEN p.party_id IS NULL THEN coalesce(i.buyer_email, mailroom.invoice_mail_address(i.other_terms)) ELSE p.email END AS email,
				(regexp_match(CASE WHEN p.party_id IS NULL THEN i.buyer_vat_id ELSE p.vat_id END, '^SE\d{10}01$'))[1] AS kivra,
				(regexp_match(CASE WHEN p.party_id IS NULL THEN i.buyer_registration_no ELSE p.registration_no END, '^\d{9}$'))[1] AS digipost
			FROM (SELECT DISTINCT u.u FROM unnest($2) AS u (u)) n
				CROSS JOIN LATERAL (SELECT o.* FROM mailroom.invoice o WHERE o.issuer_id = $1 AND o.invoice_id = n.u OFFSET 0) i
				JOIN mailroom.issuer s ON s.issuer_id = $1
				LEFT JOIN LATERAL (SELECT o.* FROM mailroom.party o WHERE o.issuer_id = $1 AND o.party_id = i.recipient_party_id OFFSET 0) p ON true
				LEFT JOIN LATERAL (SELECT o.template FROM mailroom.document_data o WHERE o.issuer_id = $1 AND o.invoice_id = n.u OFFSET 0) d ON true
	), known AS MATERIALIZED (
		SELECT f.*, o.channel AS own_channel, o.address AS own_address, o.since AS own_since, o.proof AS own_proof
			FROM fact f
				LEFT JOIN LATERAL (SELECT c.channel, c.address, c.since, c.proof FROM mailroom.recipient_channel c
					WHERE c.issuer_id = $1 AND c.customer_no = f.customer_no AND c.since <= today AND (c.until IS NULL OR c.until > today) LIMIT 1) o ON true
	), option AS (
		SELECT k.invoice_id, CASE r.kind WHEN 'duty' THEN 1 ELSE 3 END AS rank, r.rule_no, r.channel, CASE WHEN k.own_channel = r.channel THEN k.own_address END AS address,
				format('%s, rule %s (%s)', CASE r.kind WHEN 'duty' THEN 'legal duty' ELSE 'sender''s rule' END, r.rule_no, r.note) AS title,
				CASE WHEN r.country <> k.country THEN format('recipient is in %s, not in %s', k.country, r.country)
					WHEN r.is_company <> k.is_company THEN CASE WHEN r.is_company THEN 'recipient is no company' ELSE 'recipient is a company' END
					WHEN r.template <> k.template THEN format('template is "%s", not "%s"', k.template, r.template)
					WHEN r.customer_group IS NOT NULL AND NOT EXISTS (SELECT FROM mailroom.party_group g
							WHERE g.issuer_id = $1 AND g.customer_no = k.customer_no AND g.customer_group = r.customer_group) THEN format('customer is not in group "%s"', r.customer_group)
				END AS why_not, k.is_invoice, k.peppol, k.email, k.kivra, k.digipost
			FROM known k CROSS JOIN mailroom.channel_rule r
			WHERE r.issuer_id = $1
		UNION ALL
		SELECT k.invoice_id, 2, 0, k.own_channel, k.own_address, format('recipient''s choice of %s (%s)', to_char(k.own_since, 'YYYY-MM-DD'), k.own_proof), NULL, k.is_invoice, k.peppol, k.email, k.kivra, k.digipost
			FROM known k WHERE k.own_channel IS NOT NULL
	), judged AS (
		SELECT o.invoice_id, o.rank, o.rule_no, o.channel, CASE WHEN o.channel <> 'print' THEN a.address END AS address, o.title, w.why_not,
				bool_or(w.why_not IS NULL) OVER (PARTITION BY o.invoice_id ORDER BY o.rank, o.rule_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS is_behind
			FROM option o
				CROSS JOIN LATERAL (SELECT coalesce(o.address, CASE o.channel WHEN 'peppol' THEN o.peppol WHEN 'email' THEN o.email WHEN 'kivra' THEN o.kivra WHEN 'digipost' THEN o.digipost END) AS address) a
				CROSS JOIN LATERAL (SELECT coalesce(o.why_not,
					CASE WHEN o.channel IN ('finvoice', 'peppol') AND NOT o.is_invoice THEN format('%s carries invoices, not letters', o.channel)
						WHEN o.rank = 3 AND o.channel <> 'print' THEN mailroom.channel_address_problem(o.channel, a.address) END) AS why_not) w
	), chosen AS (
		-- what stands behind the first that fits was not looked at
		SELECT j.invoice_id, max(j.channel) FILTER (WHERE j.why_not IS NULL) AS channel, max(j.address) FILTER (WHERE j.why_not IS NULL) AS address, max(j.title) FILTER (WHERE j.why_not IS NULL) AS reason,
				array_agg(CASE WHEN j.why_not IS NULL THEN format('%s: %s%s', j.title, j.channel, ' to ' || j.address) ELSE format('%s: not %s, %s', j.title, j.channel, j.why_not) END ORDER BY j.rank, j.rule_no) AS steps
			FROM judged j WHERE j.is_behind IS NOT TRUE GROUP BY j.invoice_id
	)
	SELECT k.invoice_id, coalesce(c.channel, 'print'), c.address, coalesce(c.reason, 'nothing else applies'),
			CASE WHEN c.channel IS NOT NULL THEN c.steps
				ELSE coalesce(c.steps, '{}') || CASE WHEN k.own_channel IS NULL THEN ARRAY[format('customer %s chose nothing', coalesce('"' || k.customer_no || '"', 'without number'))] ELSE '{}' END || 'print'::text END
		FROM known k LEFT JOIN chosen c ON c.invoice_id = k.invoice_id;
END;
$$;
COMMENT ON FUNCTION mailroom.choose_channel_each(bigint, bigint[]) IS 'mailroom.choose_channel for many invoices at once; no row for one that does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.choose_channel_each(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.choose_channel(issuer_id bigint, invoice_id bigint, OUT channel text, OUT address text, OUT reason text, OUT steps text[])
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	SELECT c.channel, c.address, c.reason, c.steps INTO channel, address, reason, steps FROM mailroom.choose_channel_each($1, ARRAY[$2]) c;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'invoice % does not exist', $2 USING ERRCODE = 'undefined_object';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.choose_channel(bigint, bigint) IS 'channel and address that an invoice goes by today, and why: legal duty (mailroom.channel_rule), else what the recipient chose (recipient_channel), else the sender''s rule, else print; steps tells what was looked at, in order, and why it was passed over. A duty whose address is not known has address NULL: such an invoice is set aside, not printed. 42704 when the invoice does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.choose_channel(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.choose_channels(issuer_id bigint, invoice_ids bigint[])
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off -- many subplans, each short
	LANGUAGE plpgsql
AS $$
DECLARE
	choice record;
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.channel_rule r WHERE r.issuer_id = $1)
			AND NOT EXISTS (SELECT FROM mailroom.recipient_channel c WHERE c.issuer_id = $1) THEN
		RETURN;
	END IF;
	FOR choice IN
		WITH chosen AS (
			INSERT INTO mailroom.invoice_channel AS c (issuer_id, invoice_id, channel, address, reason, steps, chosen_at)
				SELECT $1, e.invoice_id, e.channel, e.address, e.reason, e.steps, now.at FROM mailroom.choose_channel_each($1, $2) e, (SELECT mailroom.now() AS at) now
				ON CONFLICT ON CONSTRAINT invoice_channel_pkey DO UPDATE
					SET channel = excluded.channel, address = excluded.address, reason = excluded.reason, steps = excluded.steps, chosen_at = excluded.chosen_at
				RETURNING c.invoice_id, c.channel, c.address, c.reason
		)
		SELECT h.invoice_id, h.reason, w.problem FROM chosen h CROSS JOIN LATERAL (SELECT mailroom.channel_address_problem(h.channel, h.address) AS problem OFFSET 0) w
			WHERE w.problem IS NOT NULL ORDER BY h.invoice_id
	LOOP
		PERFORM mailroom.set_aside_invoice($1, choice.invoice_id, 'CHANNEL-ADDRESS', NULL, format('%s: %s', choice.reason, choice.problem));
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.choose_channels(bigint, bigint[]) IS 'the step of the flow that notes the channel of accepted invoices in mailroom.invoice_channel; nothing for issuers without rules and choices; an invoice whose address is not known is set aside (CHANNEL-ADDRESS)';
REVOKE EXECUTE ON FUNCTION mailroom.choose_channels(bigint, bigint[]) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.set_channel_sender(bigint, text, text, boolean)', 'EXECUTE');
SELECT mailroom.allow('operator', 'function', 'mailroom.set_channel_rule(bigint, integer, text, text, text, text, boolean, text, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.set_recipient_channel(bigint, text, text, text, text, date)'), ('mailroom.end_recipient_channel(bigint, text, date)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.choose_channel(bigint, bigint)'), ('mailroom.choose_channel_each(bigint, bigint[])')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('recipient_channel'), ('channel_rule'), ('channel_sender'), ('invoice_channel'), ('invoice_package')) AS t (name);
