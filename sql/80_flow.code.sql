-- 80_flow: file → invoice → document → mailing → print file → archive, as job handlers.
--
-- Each step is one transaction of one job and can run twice without harm: it looks at what is done.
-- Steps hand over through mailroom.flow_run; its row lock decides which job starts the next step.

-- Lookups from row to row are written as subqueries with OFFSET 0, so that each uses its whole key: tables that have
-- just grown have no statistics, and a join would be taken to find one row and scan an issuer's rows for each.

-- Invoices of a run, whatever started it.
CREATE OR REPLACE FUNCTION mailroom.run_invoices(issuer_id bigint, run_id bigint)
	RETURNS SETOF mailroom.invoice
	STABLE ROWS 1000
	LANGUAGE sql
BEGIN ATOMIC
	SELECT i.* FROM mailroom.flow_run f JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.file_id = f.file_id
		WHERE f.issuer_id = $1 AND f.run_id = $2
	UNION ALL
	SELECT i.* FROM mailroom.flow_run f JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.batch_id = f.batch_id
		WHERE f.issuer_id = $1 AND f.run_id = $2
	UNION ALL
	SELECT i.* FROM mailroom.flow_run f JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.invoice_id = f.invoice_id
		WHERE f.issuer_id = $1 AND f.run_id = $2;
END;
COMMENT ON FUNCTION mailroom.run_invoices(bigint, bigint) IS 'invoices that a run carries';
REVOKE EXECUTE ON FUNCTION mailroom.run_invoices(bigint, bigint) FROM PUBLIC;

-- Customers of new invoices become parties; a known customer number stays as it is.
CREATE OR REPLACE FUNCTION mailroom.add_parties(issuer_id bigint, run_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.party (issuer_id, customer_no, name, is_company, registration_no, vat_id, street, street_2, postcode, city, country, email)
		SELECT DISTINCT ON (coalesce(i.buyer_no, i.buyer_vat_id, i.buyer_registration_no))
				i.issuer_id, coalesce(i.buyer_no, i.buyer_vat_id, i.buyer_registration_no), i.buyer_name,
				coalesce(i.buyer_registration_no, i.buyer_vat_id) IS NOT NULL,
				i.buyer_registration_no, i.buyer_vat_id, i.buyer_street, i.buyer_street_2, i.buyer_postcode, i.buyer_city, i.buyer_country, i.buyer_email
			FROM mailroom.run_invoices($1, $2) i
			WHERE i.origin <> 'self_billed' AND i.state <> 'passed_on'
				AND coalesce(i.buyer_no, i.buyer_vat_id, i.buyer_registration_no) <> ''
				AND i.buyer_name IS NOT NULL
			ORDER BY coalesce(i.buyer_no, i.buyer_vat_id, i.buyer_registration_no), i.invoice_id
		ON CONFLICT DO NOTHING;
END;
COMMENT ON FUNCTION mailroom.add_parties(bigint, bigint) IS 'adds the unknown customers of a run to mailroom.party';
REVOKE EXECUTE ON FUNCTION mailroom.add_parties(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.advance_invoices(issuer_id bigint, invoice_ids bigint[], from_state text, to_state text)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	id bigint;
BEGIN
	-- row by row: each is found by its whole key, whatever the statistics say
	FOREACH id IN ARRAY invoice_ids LOOP
		UPDATE mailroom.invoice i
			SET state = to_state
			WHERE i.issuer_id = $1 AND i.invoice_id = id AND i.state = from_state;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.advance_invoices(bigint, bigint[], text, text) IS 'moves the invoices that are in one state to another';
REVOKE EXECUTE ON FUNCTION mailroom.advance_invoices(bigint, bigint[], text, text) FROM PUBLIC;

-- Takes parts off a run's current step; true for the caller that finishes it.
CREATE OR REPLACE FUNCTION mailroom.finish_run_part(issuer_id bigint, run_id bigint, state text)
	RETURNS boolean
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	UPDATE mailroom.flow_run f
		SET open_parts = f.open_parts - 1
		WHERE f.issuer_id = $1 AND f.run_id = $2 AND f.state = $3
		RETURNING f.open_parts = 0;
END;
COMMENT ON FUNCTION mailroom.finish_run_part(bigint, bigint, text) IS 'one part of the run''s step is done; true when it was the last';
REVOKE EXECUTE ON FUNCTION mailroom.finish_run_part(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.process_invoices(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	part_size CONSTANT bigint := 500;
	new_run bigint;
	parts bigint;
BEGIN
	-- the file, batch or invoice is taken up once; a second job finds nothing undone
	INSERT INTO mailroom.flow_run (issuer_id, file_id, batch_id, invoice_id, open_parts, started_at)
		VALUES ($1, ($3 ->> 'file_id')::bigint, ($3 ->> 'batch_id')::bigint, ($3 ->> 'invoice_id')::bigint, 0, mailroom.now())
		RETURNING run_id INTO new_run;
	-- what a carrier sent to the issuer; neither a carrier's own invoices nor those that the issuer writes for one
	PERFORM mailroom.pass_on_carrier_invoices($1, ARRAY(SELECT i.invoice_id FROM mailroom.run_invoices($1, new_run) i
		WHERE i.state = 'accepted' AND i.origin <> 'self_billed' AND coalesce(i.type_code, '380') NOT IN ('261', '389')
			AND lower(i.seller_name) IN (SELECT n.name FROM mailroom.carrier_name n)
			AND lower(i.seller_name) <> (SELECT lower(s.name) FROM mailroom.issuer s WHERE s.issuer_id = $1)
		ORDER BY i.invoice_id));
	PERFORM mailroom.add_parties($1, new_run);
	INSERT INTO mailroom.flow_part (issuer_id, run_id, part_no, invoice_ids)
		SELECT $1, new_run, n.part, array_agg(n.invoice_id ORDER BY n.invoice_id)
		FROM (SELECT i.invoice_id, (row_number() OVER (ORDER BY i.invoice_id) - 1) / part_size + 1 AS part
			FROM mailroom.run_invoices($1, new_run) i
			WHERE i.state = 'accepted'
				AND NOT EXISTS (SELECT FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = i.invoice_id AND d.channel = 'print' OFFSET 0)) n
		GROUP BY n.part;
	GET DIAGNOSTICS parts = ROW_COUNT;
	UPDATE mailroom.flow_run f SET open_parts = parts WHERE f.issuer_id = $1 AND f.run_id = new_run;
	PERFORM mailroom.enqueue_job($1, 'render_part', jsonb_build_object('run_id', new_run, 'part_no', p.part_no))
		FROM mailroom.flow_part p
		WHERE p.issuer_id = $1 AND p.run_id = new_run
		ORDER BY p.part_no;
	IF parts = 0 THEN
		PERFORM mailroom.start_planning($1, new_run);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.process_invoices(bigint, bigint, jsonb) IS 'job handler: takes up the accepted invoices of {"file_id"}, {"batch_id"} or {"invoice_id"} and starts rendering; invoices that carriers sent go to the audit instead';
REVOKE EXECUTE ON FUNCTION mailroom.process_invoices(bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.render_part(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	run CONSTANT bigint := ($3 ->> 'run_id')::bigint;
	part mailroom.flow_part;
	invoices bigint[];
BEGIN
	SELECT * INTO part FROM mailroom.flow_part p
		WHERE p.issuer_id = $1 AND p.run_id = run AND p.part_no = ($3 ->> 'part_no')::bigint
		FOR UPDATE;
	IF part.done THEN
		RETURN;
	END IF;
	invoices := ARRAY(
		SELECT n.invoice_id
		FROM unnest(part.invoice_ids) AS n (invoice_id)
		WHERE (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = n.invoice_id) = 'accepted'
		ORDER BY n.invoice_id);
	PERFORM mailroom.choose_channels($1, invoices);
	PERFORM mailroom.correct_recipients($1, invoices);
	PERFORM mailroom.render_documents($1, invoices);
	PERFORM mailroom.make_packages($1, invoices);
	UPDATE mailroom.flow_part p SET done = true
		WHERE p.issuer_id = $1 AND p.run_id = run AND p.part_no = part.part_no;
	IF mailroom.finish_run_part($1, run, 'rendering') THEN
		PERFORM mailroom.start_planning($1, run);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.render_part(bigint, bigint, jsonb) IS 'job handler: renders and archives the documents of one part of a run: {"run_id", "part_no"}';
REVOKE EXECUTE ON FUNCTION mailroom.render_part(bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.start_planning(issuer_id bigint, run_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	UPDATE mailroom.flow_run f
		SET state = 'planning', open_parts = 1, rendered_at = mailroom.now()
		WHERE f.issuer_id = $1 AND f.run_id = $2 AND f.state = 'rendering';
	IF FOUND THEN
		PERFORM mailroom.enqueue_job($1, 'plan_run', jsonb_build_object('run_id', $2));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.start_planning(bigint, bigint) IS 'moves a run from rendering to planning';
REVOKE EXECUTE ON FUNCTION mailroom.start_planning(bigint, bigint) FROM PUBLIC;

-- Letters of a run by hand-in: a recipient in a country where the issuer hands in gets domestic postage there,
-- all others leave from the issuer's own country.
CREATE OR REPLACE FUNCTION mailroom.run_letters(issuer_id bigint, run_id bigint)
	RETURNS TABLE (document_id bigint, pages integer, sheets integer, recipient text, postcode text, city text, country text, origin_country text,
		customer_no text, household bigint)
	STABLE ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT d.document_id, d.pages, mailroom.letter_sheets(d.pages, coalesce(d.duplex, made.template_duplex, made.issuer_duplex, true)),
			coalesce(to_whom.name, '?'), to_whom.postcode, to_whom.city, to_whom.country,
			CASE WHEN to_whom.country = ANY (own.hand_in_countries) THEN to_whom.country ELSE own.country END, to_whom.customer_no,
			CASE WHEN made.merge_by <> 'never' AND NOT coalesce(d.must_be_alone, made.must_be_alone, false)
				THEN mailroom.household_key(made.merge_by, to_whom.customer_no, to_whom.name, to_whom.street, to_whom.street_2, to_whom.postcode, to_whom.city, to_whom.country) END
		FROM mailroom.run_invoices($1, $2) i
			JOIN mailroom.issuer own ON own.issuer_id = i.issuer_id
			CROSS JOIN LATERAL (SELECT d.document_id, d.pages, d.template, d.duplex, d.must_be_alone
				FROM mailroom.document d
				WHERE d.issuer_id = i.issuer_id AND d.invoice_id = i.invoice_id AND d.channel = 'print'
				OFFSET 0) d
			LEFT JOIN LATERAL (SELECT p.*
				FROM mailroom.party p
				WHERE p.issuer_id = i.issuer_id AND p.party_id = i.recipient_party_id
				OFFSET 0) p ON true
			CROSS JOIN LATERAL (SELECT (SELECT s.duplex FROM mailroom.cover_setting s WHERE s.issuer_id = i.issuer_id) AS issuer_duplex,
				(SELECT s.merge_by FROM mailroom.cover_setting s WHERE s.issuer_id = i.issuer_id) AS merge_by,
				(SELECT t.duplex FROM mailroom.template_cover t WHERE t.issuer_id = i.issuer_id AND t.template = d.template) AS template_duplex,
				(SELECT t.must_be_alone FROM mailroom.template_cover t WHERE t.issuer_id = i.issuer_id AND t.template = d.template) AS must_be_alone) made
			CROSS JOIN LATERAL (SELECT
				CASE WHEN p.party_id IS NULL THEN i.buyer_no ELSE p.customer_no END AS customer_no,
				CASE WHEN p.party_id IS NULL THEN i.buyer_name ELSE p.name END AS name,
				CASE WHEN p.party_id IS NULL THEN i.buyer_street ELSE p.street END AS street,
				CASE WHEN p.party_id IS NULL THEN i.buyer_street_2 ELSE p.street_2 END AS street_2,
				CASE WHEN p.party_id IS NULL THEN i.buyer_postcode ELSE p.postcode END AS postcode,
				CASE WHEN p.party_id IS NULL THEN i.buyer_city ELSE p.city END AS city,
				nullif(CASE WHEN p.party_id IS NULL THEN i.buyer_country ELSE p.country END, '') AS given_country) given
			-- a letter at home needs no country; but then its postcode must be one of ours
			LEFT JOIN LATERAL (SELECT c.*
				FROM mailroom.recipient_correction c
				WHERE c.issuer_id = i.issuer_id AND c.invoice_id = i.invoice_id
				OFFSET 0) c ON true
			CROSS JOIN LATERAL (SELECT given.customer_no, CASE WHEN c.is_whole THEN c.recipient ELSE given.name END AS name,
				CASE WHEN c.is_whole THEN c.street ELSE given.street END AS street, CASE WHEN c.is_whole THEN c.street_2 ELSE given.street_2 END AS street_2,
				CASE WHEN c.is_whole THEN c.postcode ELSE coalesce(c.postcode, given.postcode) END AS postcode, CASE WHEN c.is_whole THEN c.city ELSE coalesce(c.city, given.city) END AS city,
				coalesce(CASE WHEN c.is_whole THEN c.country ELSE given.given_country END,
					CASE WHEN mailroom.address_problem(own.country, coalesce(c.postcode, given.postcode)) IS NULL THEN own.country END, '') AS country) to_whom
		WHERE i.state = 'accepted'
			AND NOT EXISTS (SELECT FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.document_id = d.document_id OFFSET 0)
			AND NOT EXISTS (SELECT FROM mailroom.invoice_channel c WHERE c.issuer_id = $1 AND c.invoice_id = i.invoice_id AND c.channel <> 'print' OFFSET 0);
END;
COMMENT ON FUNCTION mailroom.run_letters(bigint, bigint) IS 'documents of a run that go by print and are in no mailing yet, with sheets, recipient, country of hand-in and household';
REVOKE EXECUTE ON FUNCTION mailroom.run_letters(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.make_mailings(issuer_id bigint, run_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r mailroom.flow_run;
	origin text;
	new_mailing bigint;
BEGIN
	SELECT * INTO STRICT r FROM mailroom.flow_run f WHERE f.issuer_id = $1 AND f.run_id = $2;
	PERFORM FROM mailroom.issuer o WHERE o.issuer_id = $1 FOR SHARE; -- an invoice that is being withdrawn gets no letter
	FOR origin IN SELECT DISTINCT l.origin_country FROM mailroom.run_letters($1, $2) l ORDER BY 1 LOOP
		INSERT INTO mailroom.mailing (issuer_id, name, file_id, batch_id, hand_in_date, origin_country, currency, created_at)
			SELECT $1, format('run %s from %s', $2, origin), r.file_id, r.batch_id, mailroom.today($1), origin,
				(SELECT c.currency FROM mailroom.country c WHERE c.country = origin), mailroom.now()
			RETURNING mailing_id INTO new_mailing;
		INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, city, country, customer_no, household)
			SELECT $1, new_mailing, l.document_id, l.pages, l.sheets, l.recipient, l.postcode, l.city, l.country, l.customer_no, l.household
			FROM mailroom.run_letters($1, $2) l
			WHERE l.origin_country = origin
			ORDER BY l.document_id;
		INSERT INTO mailroom.flow_mailing (issuer_id, run_id, mailing_id) VALUES ($1, $2, new_mailing);
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.make_mailings(bigint, bigint) IS 'one mailing a country of hand-in with a letter for each document of the run; its sheets follow from document, template and issuer: duplex or not';
REVOKE EXECUTE ON FUNCTION mailroom.make_mailings(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.waits_for_house(issuer_id bigint, mailing_id bigint)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN EXISTS (SELECT FROM mailroom.mailing m
			JOIN mailroom.postage_consent c ON c.issuer_id = m.issuer_id AND c.runs_wait AND c.valid_from <= m.hand_in_date AND (c.valid_to IS NULL OR c.valid_to > m.hand_in_date)
		WHERE m.issuer_id = $1 AND m.mailing_id = $2);
COMMENT ON FUNCTION mailroom.waits_for_house(bigint, bigint) IS 'whether a run''s mailing waits for a house that hands it in with others (mailroom.postage_consent.runs_wait)';

CREATE OR REPLACE FUNCTION mailroom.plan_run(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	run CONSTANT bigint := ($3 ->> 'run_id')::bigint;
	r mailroom.flow_run;
	retried bigint[];
	mailing bigint;
	mailings bigint := 0;
BEGIN
	SELECT * INTO STRICT r FROM mailroom.flow_run f WHERE f.issuer_id = $1 AND f.run_id = run FOR UPDATE;
	IF r.state <> 'planning' THEN
		RETURN;
	END IF;
	-- invoices whose document was there before, and that were set aside since
	retried := ARRAY(SELECT i.invoice_id FROM mailroom.run_invoices($1, run) i
		WHERE i.state = 'accepted' AND EXISTS (SELECT FROM mailroom.invoice_channel c WHERE c.issuer_id = $1 AND c.invoice_id = i.invoice_id AND c.channel <> 'print' OFFSET 0)
		ORDER BY i.invoice_id);
	PERFORM mailroom.choose_channels($1, retried);
	PERFORM mailroom.make_packages($1, retried);
	PERFORM mailroom.make_mailings($1, run);
	FOR mailing IN SELECT m.mailing_id FROM mailroom.flow_mailing m WHERE m.issuer_id = $1 AND m.run_id = run ORDER BY 1 LOOP
		mailings := mailings + 1;
		CONTINUE WHEN mailroom.waits_for_house($1, mailing);
		PERFORM mailroom.plan_mailing($1, mailing);
		PERFORM mailroom.pack_mailing($1, mailing);
		PERFORM mailroom.enqueue_job($1, 'print_run_mailing', jsonb_build_object('run_id', run, 'mailing_id', mailing));
	END LOOP;
	UPDATE mailroom.flow_run f
		SET state = CASE WHEN mailings = 0 THEN 'closed' ELSE 'printing' END,
			open_parts = mailings,
			planned_at = mailroom.now(),
			closed_at = CASE WHEN mailings = 0 THEN mailroom.now() END
		WHERE f.issuer_id = $1 AND f.run_id = run;
END;
$$;
COMMENT ON FUNCTION mailroom.plan_run(bigint, bigint, jsonb) IS 'job handler: makes and plans the mailings of a run: {"run_id"}';
REVOKE EXECUTE ON FUNCTION mailroom.plan_run(bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.advance_letters(issuer_id bigint, mailing_id bigint, run_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	invoices CONSTANT bigint[] := ARRAY(
		SELECT (SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = l.document_id)
		FROM mailroom.letter l
		WHERE l.issuer_id = $1 AND l.mailing_id = $2);
BEGIN
	IF EXISTS (SELECT FROM mailroom.return_policy p WHERE p.issuer_id = $1) THEN
		RETURN; -- mailroom.read_return goes on, when the print operator says what became of it
	END IF;
	PERFORM mailroom.advance_invoices($1, invoices, 'accepted', 'printed');
	PERFORM mailroom.enqueue_job($1, 'close_run_mailing', jsonb_build_object('run_id', $3, 'mailing_id', $2));
END;
$$;
COMMENT ON FUNCTION mailroom.advance_letters(bigint, bigint, bigint) IS 'the invoices of a mailing that was printed are printed, and a job is to close it; not where a return file is to confirm it first (mailroom.return_policy)';
REVOKE EXECUTE ON FUNCTION mailroom.advance_letters(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.print_run_mailing(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	mailing CONSTANT bigint := ($3 ->> 'mailing_id')::bigint;
BEGIN
	PERFORM mailroom.lock_hand_in($1, mailing);
	PERFORM mailroom.replan_lost($1, mailing);
	IF (SELECT m.state FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = mailing FOR UPDATE) <> 'planned' THEN
		RETURN;
	ELSIF NOT $3 ? 'house_mailing_id' AND EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.member_issuer_id = $1 AND h.member_mailing_id = mailing) THEN
		RETURN; -- it was taken into a hand-in, whose house says when
	ELSIF mailroom.wait_for_release($1, mailing) THEN
		RETURN; -- whoever releases it says when
	END IF;
	PERFORM mailroom.print_mailing($1, mailing);
	PERFORM mailroom.advance_letters($1, mailing, ($3 ->> 'run_id')::bigint);
END;
$$;
COMMENT ON FUNCTION mailroom.print_run_mailing(bigint, bigint, jsonb) IS 'job handler: writes the print file and ticket of a planned mailing: {"run_id" (null for one that no run made), "mailing_id"}, and "house_mailing_id" when its house hands it in and it prints its own letters';
REVOKE EXECUTE ON FUNCTION mailroom.print_run_mailing(bigint, bigint, jsonb) FROM PUBLIC;

-- Reads every letter's document back from the archive and compares it with what was printed: only then the
-- invoice is done.
CREATE OR REPLACE FUNCTION mailroom.close_run_mailing(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	run CONSTANT bigint := ($3 ->> 'run_id')::bigint;
	mailing CONSTANT bigint := ($3 ->> 'mailing_id')::bigint;
	step CONSTANT integer := 500;
	total bigint;
	done bigint := 0;
	last_letter bigint := 0;
	letters bigint[];
	documents bigint[];
	invoices bigint[];
	hashes bytea[];
	equal_count bigint;
BEGIN
	PERFORM mailroom.lock_hand_in($1, mailing);
	IF (SELECT m.state FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = mailing FOR UPDATE) <> 'printed' THEN
		RETURN;
	END IF;
	SELECT count(*) INTO total FROM mailroom.letter_print p WHERE p.issuer_id = $1 AND p.mailing_id = mailing;
	LOOP
		SELECT array_agg(n.letter_id ORDER BY n.letter_id), array_agg(n.document_id ORDER BY n.letter_id),
				array_agg(n.invoice_id ORDER BY n.letter_id), array_agg(n.content_sha256 ORDER BY n.letter_id)
			INTO letters, documents, invoices, hashes
			FROM (SELECT l.letter_id, l.document_id,
					(SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = l.document_id) AS invoice_id,
					(SELECT p.content_sha256 FROM mailroom.letter_print p WHERE p.issuer_id = $1 AND p.mailing_id = mailing AND p.letter_id = l.letter_id) AS content_sha256
				FROM mailroom.letter l
				WHERE l.issuer_id = $1 AND l.mailing_id = mailing AND l.letter_id > last_letter
				ORDER BY l.letter_id
				LIMIT step) n;
		EXIT WHEN letters IS NULL;
		SELECT count(*) INTO equal_count
			FROM mailroom.archive_documents($1, documents) a
				JOIN ROWS FROM (unnest(documents), unnest(hashes)) AS h (document_id, content_sha256) ON h.document_id = a.document_id
			WHERE sha256(a.content) = h.content_sha256;
		IF equal_count <> cardinality(letters) THEN
			RAISE EXCEPTION 'archived bytes of mailing % do not match what was printed', mailing
				USING ERRCODE = 'MR007',
					DETAIL = format('%s of %s letters from letter %s on are equal.', equal_count, cardinality(letters), letters[1]),
					HINT = 'Run mailroom.verify_archive() for the issuer.';
		END IF;
		PERFORM mailroom.advance_invoices($1, invoices, 'printed', 'archived');
		last_letter := letters[cardinality(letters)];
		done := done + cardinality(letters);
		PERFORM mailroom.report_progress(done, total);
	END LOOP;
	UPDATE mailroom.mailing m SET state = 'closed', closed_at = mailroom.now() WHERE m.issuer_id = $1 AND m.mailing_id = mailing;
	PERFORM mailroom.log_event($1, 'mailing', mailing, 'closed', jsonb_build_object('letters', done));
	IF mailroom.finish_run_part($1, run, 'printing') THEN
		UPDATE mailroom.flow_run f SET state = 'closed', closed_at = mailroom.now() WHERE f.issuer_id = $1 AND f.run_id = run;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.close_run_mailing(bigint, bigint, jsonb) IS 'job handler: reads every printed document back from the archive, compares the hashes and closes the mailing: {"run_id" (null for a mailing that no run made), "mailing_id"}';
REVOKE EXECUTE ON FUNCTION mailroom.close_run_mailing(bigint, bigint, jsonb) FROM PUBLIC;

-- A common hand-in goes on as one: packed once, the members that let the house print in one file, everybody else by a
-- job of its own. All of it is one transaction: a crash before its end leaves nothing printed, one after it nothing to do.
CREATE OR REPLACE FUNCTION mailroom.print_hand_in(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	house CONSTANT bigint := ($3 ->> 'mailing_id')::bigint;
	house_state text;
	h record;
BEGIN
	PERFORM mailroom.replan_lost($1, house);
	house_state := (SELECT m.state FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = house FOR UPDATE);
	IF house_state IN ('printed', 'closed') THEN
		RETURN;
	ELSIF house_state IS DISTINCT FROM 'planned' THEN
		RAISE EXCEPTION 'cannot print hand-in % because it is %', house, coalesce(house_state, 'gone') USING ERRCODE = 'MR004', HINT = 'Plan it with mailroom.plan_mailing().';
	END IF;
	IF NOT EXISTS (SELECT FROM mailroom.mailing_container c WHERE c.issuer_id = $1 AND c.mailing_id = house) THEN
		PERFORM mailroom.pack_mailing($1, house);
	END IF;
	CREATE TEMPORARY TABLE hand_in_part ON COMMIT DROP AS
		SELECT k.member_issuer_id AS part_issuer_id, k.member_mailing_id AS part_mailing_id, k.house_prints,
				(SELECT f.run_id FROM mailroom.flow_mailing f WHERE f.issuer_id = k.member_issuer_id AND f.mailing_id = k.member_mailing_id) AS run_id
			FROM mailroom.hand_in_member k
				JOIN mailroom.mailing g ON g.issuer_id = k.member_issuer_id AND g.mailing_id = k.member_mailing_id AND g.state = 'planned'
			WHERE k.issuer_id = $1 AND k.mailing_id = house
			ORDER BY k.member_no;
	IF (SELECT count(*) > 0 FROM pg_temp.hand_in_part p WHERE mailroom.wait_for_release(p.part_issuer_id, p.part_mailing_id)) THEN
		DROP TABLE pg_temp.hand_in_part;
		RETURN; -- the release of the last one starts it again
	END IF;
	IF EXISTS (SELECT FROM pg_temp.hand_in_part p WHERE p.house_prints) THEN
		PERFORM mailroom.print_mailing($1, house);
		PERFORM mailroom.note_hand_in_printed($1, house, NULL); -- members without letters
	END IF;
	FOR h IN SELECT * FROM pg_temp.hand_in_part LOOP
		IF h.house_prints THEN
			PERFORM mailroom.advance_letters(h.part_issuer_id, h.part_mailing_id, h.run_id);
		ELSE
			PERFORM mailroom.enqueue_job(h.part_issuer_id, 'print_run_mailing', jsonb_build_object('run_id', h.run_id, 'mailing_id', h.part_mailing_id, 'house_mailing_id', house));
		END IF;
	END LOOP;
	DROP TABLE pg_temp.hand_in_part;
END;
$$;
COMMENT ON FUNCTION mailroom.print_hand_in(bigint, bigint, jsonb) IS 'job handler: packs a planned common hand-in if it is not packed yet, prints the members'' letters that the house prints into one file in postal order, and lets the other members print their own: {"mailing_id"} of the house';
REVOKE EXECUTE ON FUNCTION mailroom.print_hand_in(bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.send_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	h mailroom.hand_in_member;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	SELECT * INTO h FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $2;
	IF m.mailing_id IS NULL THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".';
	ELSIF h.mailing_id IS NOT NULL THEN
		RAISE EXCEPTION 'cannot send mailing % because it is handed in with others', $2 USING ERRCODE = 'MR004', HINT = 'The house sends it, or lets it go with mailroom.dissolve_hand_in().';
	ELSIF m.state NOT IN ('open', 'planned') THEN
		RAISE EXCEPTION 'cannot send mailing % because it is %', $2, m.state USING ERRCODE = 'MR004', HINT = 'Mailings are sent when they are planned; those that are printed are on their way.';
	END IF;
	IF m.state = 'open' THEN
		PERFORM mailroom.plan_mailing($1, $2);
	END IF;
	IF NOT EXISTS (SELECT FROM mailroom.mailing_container c WHERE c.issuer_id = $1 AND c.mailing_id = $2) THEN
		PERFORM mailroom.pack_mailing($1, $2);
	END IF;
	PERFORM mailroom.log_event($1, 'mailing', $2, 'sent');
	IF EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2) THEN
		RETURN mailroom.enqueue_job($1, 'print_hand_in', jsonb_build_object('mailing_id', $2));
	END IF;
	RETURN mailroom.enqueue_job($1, 'print_run_mailing', jsonb_build_object('run_id', (SELECT f.run_id FROM mailroom.flow_mailing f WHERE f.issuer_id = $1 AND f.mailing_id = $2), 'mailing_id', $2));
END;
$$;
COMMENT ON FUNCTION mailroom.send_mailing(bigint, bigint) IS 'sends a mailing on its way: plans and packs it if that is not done, and enqueues the job (whose id it returns) that prints it; printed letters are checked against the archive and the mailing is closed. For a common hand-in of the house, for a mailing that waited for one, and for one made by hand. Needs operator; 42704 no such mailing, MR004 printed, or handed in with others; errors of mailroom.plan_mailing and pack_mailing';
REVOKE EXECUTE ON FUNCTION mailroom.send_mailing(bigint, bigint) FROM PUBLIC;
SELECT mailroom.allow('operator', 'function', 'mailroom.send_mailing(bigint, bigint)', 'EXECUTE');

SELECT mailroom.register_handler(h.kind, pg_catalog.format('mailroom.%s(bigint, bigint, jsonb)', h.kind)::pg_catalog.regprocedure)
	FROM (VALUES ('process_invoices'), ('render_part'), ('plan_run'), ('print_run_mailing'), ('close_run_mailing'), ('print_hand_in')) AS h (kind);

CREATE OR REPLACE VIEW mailroom.run WITH (security_invoker = true) AS
	SELECT f.issuer_id, f.run_id, f.file_id, f.batch_id, f.invoice_id, f.state,
		(SELECT count(*) FROM mailroom.flow_part p WHERE p.issuer_id = f.issuer_id AND p.run_id = f.run_id AND p.done) AS parts_rendered,
		(SELECT count(*) FROM mailroom.flow_part p WHERE p.issuer_id = f.issuer_id AND p.run_id = f.run_id) AS parts,
		f.started_at,
		f.rendered_at - f.started_at AS render_time,
		f.planned_at - f.rendered_at AS plan_time,
		f.closed_at - f.planned_at AS print_time,
		f.closed_at,
		w.problem_job, w.problem
	FROM mailroom.flow_run f
		LEFT JOIN LATERAL (
			SELECT j.job_id AS problem_job,
					format('%s is %s: %s', replace(j.kind, '_', ' '), j.state,
						(SELECT concat_ws(' ', e.message || '.', e.detail, e.hint)
							FROM mailroom.job_failure e
							WHERE e.issuer_id = j.issuer_id AND e.job_id = j.job_id
							ORDER BY e.attempt DESC LIMIT 1)) AS problem
				FROM mailroom.job_waiting j
				WHERE j.issuer_id = f.issuer_id AND j.state IN ('failed', 'dead', 'cancelled') AND j.arguments ->> 'run_id' = f.run_id::text
				ORDER BY j.job_id LIMIT 1) w ON f.state <> 'closed';
COMMENT ON VIEW mailroom.run IS 'where each file, batch or single invoice is on its way from accepted to archived, and how long each step took; problem says why it does not go on, problem_job which job to start again with mailroom.retry_job()';
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.run'), ('mailroom.flow_run'), ('mailroom.flow_part'), ('mailroom.flow_mailing')) AS t (name);
