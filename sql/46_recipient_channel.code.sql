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

-- What the choice depends on, and the addresses that are known without a recipient's choice.
CREATE OR REPLACE FUNCTION mailroom.recipient_facts(issuer_id bigint, invoice_id bigint, OUT customer_no text, OUT country text, OUT is_company boolean, OUT template text, OUT is_invoice boolean, OUT addresses jsonb)
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT coalesce(p.customer_no, i.buyer_no, i.buyer_vat_id, i.buyer_registration_no),
			coalesce(nullif(CASE WHEN p.party_id IS NULL THEN i.buyer_country ELSE p.country END, ''), s.country),
			coalesce(p.is_company, coalesce(i.buyer_registration_no, i.buyer_vat_id) IS NOT NULL),
			coalesce((SELECT d.template FROM mailroom.document_data d WHERE d.issuer_id = i.issuer_id AND d.invoice_id = i.invoice_id), 'invoice'),
			i.origin <> 'letter',
			jsonb_strip_nulls(jsonb_build_object(
				'peppol', CASE WHEN p.party_id IS NULL THEN i.buyer_endpoint_scheme || ':' || i.buyer_endpoint ELSE p.endpoint_scheme || ':' || p.endpoint END,
				'email', CASE WHEN p.party_id IS NULL THEN coalesce(i.buyer_email, mailroom.invoice_mail_address(i.other_terms)) ELSE p.email END,
				'kivra', (regexp_match(CASE WHEN p.party_id IS NULL THEN i.buyer_vat_id ELSE p.vat_id END, '^SE\d{10}01$'))[1],
				'digipost', (regexp_match(CASE WHEN p.party_id IS NULL THEN i.buyer_registration_no ELSE p.registration_no END, '^\d{9}$'))[1]))
		FROM mailroom.invoice i
			JOIN mailroom.issuer s ON s.issuer_id = i.issuer_id
			LEFT JOIN mailroom.party p ON p.issuer_id = i.issuer_id AND p.party_id = i.recipient_party_id
		WHERE i.issuer_id = $1 AND i.invoice_id = $2;
END;
COMMENT ON FUNCTION mailroom.recipient_facts(bigint, bigint) IS 'what mailroom.choose_channel knows of an invoice''s recipient; addresses by channel as invoice and party have them; no values when the invoice does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.recipient_facts(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.choose_channel(issuer_id bigint, invoice_id bigint, OUT channel text, OUT address text, OUT reason text, OUT steps text[])
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	facts record;
	own mailroom.recipient_channel;
	option record;
	why_not text;
BEGIN
	SELECT * INTO facts FROM mailroom.recipient_facts($1, $2);
	IF facts.is_invoice IS NULL THEN
		RAISE EXCEPTION 'invoice % does not exist', $2 USING ERRCODE = 'undefined_object';
	END IF;
	SELECT * INTO own FROM mailroom.recipient_channel c
		WHERE c.issuer_id = $1 AND c.customer_no = facts.customer_no AND c.since <= mailroom.today($1) AND (c.until IS NULL OR c.until > mailroom.today($1));
	steps := '{}';
	FOR option IN
		SELECT CASE r.kind WHEN 'duty' THEN 1 ELSE 3 END AS rank, r.rule_no, r.channel, CASE WHEN own.channel = r.channel THEN own.address END AS address,
				format('%s, rule %s (%s)', CASE r.kind WHEN 'duty' THEN 'legal duty' ELSE 'sender''s rule' END, r.rule_no, r.note) AS title,
				CASE WHEN r.country <> facts.country THEN format('recipient is in %s, not in %s', facts.country, r.country)
					WHEN r.is_company <> facts.is_company THEN CASE WHEN r.is_company THEN 'recipient is no company' ELSE 'recipient is a company' END
					WHEN r.template <> facts.template THEN format('template is "%s", not "%s"', facts.template, r.template)
					WHEN r.customer_group IS NOT NULL AND NOT EXISTS (SELECT FROM mailroom.party_group g
							WHERE g.issuer_id = $1 AND g.customer_no = facts.customer_no AND g.customer_group = r.customer_group) THEN format('customer is not in group "%s"', r.customer_group)
				END AS why_not
			FROM mailroom.channel_rule r
			WHERE r.issuer_id = $1
		UNION ALL
		SELECT 2, 0, own.channel, own.address, format('recipient''s choice of %s (%s)', to_char(own.since, 'YYYY-MM-DD'), own.proof), NULL
			WHERE own.channel IS NOT NULL
		ORDER BY 1, 2
	LOOP
		address := coalesce(option.address, facts.addresses ->> option.channel);
		why_not := coalesce(option.why_not,
			CASE WHEN option.channel IN ('finvoice', 'peppol') AND NOT facts.is_invoice THEN format('%s carries invoices, not letters', option.channel)
				WHEN option.rank = 3 AND option.channel <> 'print' THEN mailroom.channel_address_problem(option.channel, address) END);
		IF why_not IS NULL THEN
			channel := option.channel;
			address := CASE WHEN channel <> 'print' THEN address END;
			reason := option.title;
			steps := steps || format('%s: %s%s', option.title, channel, ' to ' || address);
			RETURN;
		END IF;
		steps := steps || format('%s: not %s, %s', option.title, option.channel, why_not);
	END LOOP;
	IF own.channel IS NULL THEN
		steps := steps || format('customer %s chose nothing', coalesce('"' || facts.customer_no || '"', 'without number'));
	END IF;
	channel := 'print';
	address := NULL;
	reason := 'nothing else applies';
	steps := steps || 'print'::text;
END;
$$;
COMMENT ON FUNCTION mailroom.choose_channel(bigint, bigint) IS 'channel and address that an invoice goes by today, and why: legal duty (mailroom.channel_rule), else what the recipient chose (recipient_channel), else the sender''s rule, else print; steps tells what was looked at, in order, and why it was passed over. A duty whose address is not known has address NULL: such an invoice is set aside, not printed. 42704 when the invoice does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.choose_channel(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.choose_channels(issuer_id bigint, invoice_ids bigint[])
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	one bigint;
	choice record;
	problem text;
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.channel_rule r WHERE r.issuer_id = $1)
			AND NOT EXISTS (SELECT FROM mailroom.recipient_channel c WHERE c.issuer_id = $1) THEN
		RETURN;
	END IF;
	FOREACH one IN ARRAY $2 LOOP
		choice := mailroom.choose_channel($1, one);
		INSERT INTO mailroom.invoice_channel AS c (issuer_id, invoice_id, channel, address, reason, steps, chosen_at)
			VALUES ($1, one, choice.channel, choice.address, choice.reason, choice.steps, mailroom.now())
			ON CONFLICT ON CONSTRAINT invoice_channel_pkey DO UPDATE
				SET channel = excluded.channel, address = excluded.address, reason = excluded.reason, steps = excluded.steps, chosen_at = excluded.chosen_at;
		problem := mailroom.channel_address_problem(choice.channel, choice.address);
		IF problem IS NOT NULL THEN
			PERFORM mailroom.set_aside_invoice($1, one, 'CHANNEL-ADDRESS', NULL, format('%s: %s', choice.reason, problem));
		END IF;
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
		(VALUES ('mailroom.choose_channel(bigint, bigint)'), ('mailroom.recipient_facts(bigint, bigint)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('recipient_channel'), ('channel_rule'), ('channel_sender'), ('invoice_channel'), ('invoice_package')) AS t (name);
