-- 51_withdraw: takes invoices back from any state before they are posted.
--
-- One transaction takes the invoices, their letters and the print file that had them; planning anew is a job, and
-- nothing of the mailing is printed before (mailroom.mailing_replan).  Locks: issuer, mailings (a hand-in's house
-- first), invoices.

CREATE OR REPLACE FUNCTION mailroom.print_can_be_undone(issuer_id bigint, mailing_id bigint)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN NOT EXISTS (SELECT FROM mailroom.outgoing_file o WHERE o.issuer_id = $1 AND o.mailing_id = $2
			AND o.kind IN ('print_file', 'ticket', 'ticket_json') AND o.state IN ('fetched', 'acknowledged'))
		AND NOT EXISTS (SELECT FROM mailroom.letter_return r WHERE r.issuer_id = $1 AND r.mailing_id = $2)
		AND NOT EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.member_issuer_id = $1 AND h.member_mailing_id = $2);
COMMENT ON FUNCTION mailroom.print_can_be_undone(bigint, bigint) IS 'whether nobody has fetched the print files of a mailing yet or returned anything of it, and it is the issuer''s own';

CREATE OR REPLACE FUNCTION mailroom.undo_print(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	was text;
	letter record;
BEGIN
	SELECT m.state INTO was FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = $2;
	WITH undone AS (
		UPDATE mailroom.outgoing_file o SET state = 'withdrawn'
			WHERE o.issuer_id = $1 AND o.mailing_id = $2 AND o.kind IN ('print_file', 'ticket', 'ticket_json') AND o.state = 'ready'
			RETURNING o.outgoing_file_id)
	DELETE FROM mailroom.outgoing_file_part p USING undone u WHERE p.issuer_id = $1 AND p.outgoing_file_id = u.outgoing_file_id;
	DELETE FROM mailroom.letter_print p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	DELETE FROM mailroom.letter_part p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	DELETE FROM mailroom.mailing_part p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	FOR letter IN SELECT l.document_id FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2 ORDER BY l.document_id LOOP
		UPDATE mailroom.invoice i SET state = 'accepted'
			WHERE i.issuer_id = $1 AND i.state IN ('printed', 'archived')
				AND i.invoice_id = (SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = letter.document_id);
	END LOOP;
	UPDATE mailroom.flow_run f
		SET state = 'printing', open_parts = f.open_parts + 1, closed_at = NULL
		WHERE was = 'closed' AND f.issuer_id = $1 AND f.run_id IN (SELECT k.run_id FROM mailroom.flow_mailing k WHERE k.issuer_id = $1 AND k.mailing_id = $2);
	UPDATE mailroom.mailing m SET state = 'planned', closed_at = NULL WHERE m.issuer_id = $1 AND m.mailing_id = $2;
	PERFORM mailroom.log_event($1, 'mailing', $2, 'print undone', jsonb_build_object('state', was));
END;
$$;
COMMENT ON FUNCTION mailroom.undo_print(bigint, bigint) IS 'a printed mailing whose files nobody fetched is planned again: its files are withdrawn (their rows stay, with hash), its invoices are in work';
REVOKE EXECUTE ON FUNCTION mailroom.undo_print(bigint, bigint) FROM PUBLIC;

-- Where the plan stays as it is, the envelope of a head that leaves is headed by the next letter in it.
CREATE OR REPLACE FUNCTION mailroom.drop_letters(issuer_id bigint, mailing_id bigint, letter_ids bigint[])
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	cover record;
BEGIN
	DELETE FROM mailroom.letter_wait w WHERE w.issuer_id = $1 AND w.letter_id = ANY ($3);
	DELETE FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.letter_id = ANY ($3);
	FOR cover IN
		SELECT l.cover_id AS old_head, min(l.letter_id) AS head, sum(l.sheets) AS sheets, min(l.due_days) AS due_days, count(*) AS letters
			FROM mailroom.letter l
			WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.cover_id = ANY ($3)
			GROUP BY l.cover_id LOOP
		UPDATE mailroom.letter_postage p SET letter_id = cover.head
			WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND p.letter_id = cover.old_head;
		UPDATE mailroom.letter l
			SET cover_id = CASE WHEN l.letter_id <> cover.head THEN cover.head END,
				cover_sheets = CASE WHEN l.letter_id = cover.head AND cover.letters > 1 THEN cover.sheets END,
				cover_due_days = CASE WHEN l.letter_id = cover.head AND cover.letters > 1 THEN cover.due_days END
			WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.cover_id = cover.old_head;
	END LOOP;
	DELETE FROM mailroom.letter_postage p WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND p.letter_id = ANY ($3);
END;
$$;
COMMENT ON FUNCTION mailroom.drop_letters(bigint, bigint, bigint[]) IS 'takes letters and their postage out of a mailing; what travelled in their envelopes is headed by another letter';
REVOKE EXECUTE ON FUNCTION mailroom.drop_letters(bigint, bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.end_empty_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	run bigint;
BEGIN
	PERFORM mailroom.forget_plan($1, $2);
	DELETE FROM mailroom.mailing_container c WHERE c.issuer_id = $1 AND c.mailing_id = $2;
	UPDATE mailroom.mailing_booking b SET state = 'outdated' WHERE b.issuer_id = $1 AND b.mailing_id = $2 AND b.state = 'booked';
	UPDATE mailroom.mailing m SET state = 'withdrawn', letter_count = 0 WHERE m.issuer_id = $1 AND m.mailing_id = $2;
	PERFORM mailroom.log_event($1, 'mailing', $2, 'withdrawn');
	SELECT k.run_id INTO run FROM mailroom.flow_mailing k WHERE k.issuer_id = $1 AND k.mailing_id = $2;
	IF mailroom.finish_run_part($1, run, 'printing') THEN
		UPDATE mailroom.flow_run f SET state = 'closed', closed_at = mailroom.now() WHERE f.issuer_id = $1 AND f.run_id = run;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.end_empty_mailing(bigint, bigint) IS 'a mailing that lost all its letters is withdrawn, and its run goes on without it';
REVOKE EXECUTE ON FUNCTION mailroom.end_empty_mailing(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.replan_lost(issuer_id bigint, mailing_id bigint)
	RETURNS boolean
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
BEGIN
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	DELETE FROM mailroom.mailing_replan r WHERE r.issuer_id = $1 AND r.mailing_id = $2;
	IF NOT FOUND OR m.state NOT IN ('open', 'planned') THEN
		RETURN false;
	ELSIF EXISTS (SELECT FROM mailroom.hand_in_member k
			JOIN mailroom.mailing g ON g.issuer_id = k.member_issuer_id AND g.mailing_id = k.member_mailing_id
			WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND g.state NOT IN ('open', 'planned')) THEN
		PERFORM mailroom.log_event($1, 'mailing', $2, 'not planned anew', '{"reason": "a member is printed"}');
		RETURN false;
	END IF;
	PERFORM mailroom.plan_mailing($1, $2);
	PERFORM mailroom.pack_mailing($1, $2);
	RETURN true;
END;
$$;
COMMENT ON FUNCTION mailroom.replan_lost(bigint, bigint) IS 'plans and packs a mailing anew if it lost letters since; true when it did; the first step of every job that prints';
REVOKE EXECUTE ON FUNCTION mailroom.replan_lost(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.replan_mailing(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	mailing CONSTANT bigint := ($3 ->> 'mailing_id')::bigint;
BEGIN
	PERFORM mailroom.lock_hand_in($1, mailing);
	PERFORM mailroom.replan_lost($1, mailing);
	IF ($3 ->> 'print')::boolean AND (SELECT m.state FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = mailing) = 'planned' THEN
		PERFORM mailroom.submit_job($1, 'print_run_mailing', jsonb_build_object('mailing_id', mailing,
			'run_id', (SELECT k.run_id FROM mailroom.flow_mailing k WHERE k.issuer_id = $1 AND k.mailing_id = mailing)));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.replan_mailing(bigint, bigint, jsonb) IS 'job handler: plans a mailing that lost letters anew: {"mailing_id"}, and with "print" true prints it again';
REVOKE EXECUTE ON FUNCTION mailroom.replan_mailing(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('replan_mailing', 'mailroom.replan_mailing(bigint, bigint, jsonb)');

-- The letters of one mailing that a withdrawal takes, once their rows in withdrawn_invoice stand.
CREATE OR REPLACE FUNCTION mailroom.withdraw_letters(issuer_id bigint, withdrawal_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	was CONSTANT text := (SELECT m.state FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = $3);
	letters CONSTANT bigint[] := ARRAY(SELECT w.letter_id FROM mailroom.withdrawn_invoice w
		WHERE w.issuer_id = $1 AND w.withdrawal_id = $2 AND w.mailing_id = $3 AND w.place = 'taken out' ORDER BY 1);
	released CONSTANT boolean := EXISTS (SELECT FROM mailroom.mailing_release r WHERE r.issuer_id = $1 AND r.mailing_id = $3
		AND r.state = 'released' AND r.documents_sha256 = mailroom.mailing_documents_hash($1, $3));
	h mailroom.hand_in_member;
BEGIN
	IF cardinality(letters) = 0 THEN
		RETURN;
	END IF;
	SELECT * INTO h FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $3;
	PERFORM mailroom.drop_letters($1, $3, letters);
	IF released THEN -- the others still are
		UPDATE mailroom.mailing_release r SET documents_sha256 = mailroom.mailing_documents_hash($1, $3)
			WHERE r.issuer_id = $1 AND r.mailing_id = $3;
	END IF;
	IF was IN ('printed', 'closed') THEN
		PERFORM mailroom.undo_print($1, $3);
	END IF;
	PERFORM mailroom.log_event($1, 'mailing', $3, 'lost letters', jsonb_build_object('withdrawal_id', $2, 'letters', cardinality(letters)));
	IF h.mailing_id IS NOT NULL THEN
		IF was = 'planned' THEN
			INSERT INTO mailroom.mailing_replan (issuer_id, mailing_id, lost_at) VALUES (h.issuer_id, h.mailing_id, mailroom.now()) ON CONFLICT DO NOTHING;
			PERFORM mailroom.submit_job(h.issuer_id, 'replan_mailing', jsonb_build_object('mailing_id', h.mailing_id));
		END IF;
	ELSIF NOT EXISTS (SELECT FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $3) THEN
		PERFORM mailroom.end_empty_mailing($1, $3);
	ELSIF was <> 'open' THEN
		PERFORM mailroom.forget_plan($1, $3);
		INSERT INTO mailroom.mailing_replan (issuer_id, mailing_id, lost_at) VALUES ($1, $3, mailroom.now()) ON CONFLICT DO NOTHING;
		PERFORM mailroom.submit_job($1, 'replan_mailing', jsonb_build_object('mailing_id', $3, 'print', was <> 'planned'));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.withdraw_letters(bigint, bigint, bigint) IS 'the step of mailroom.take_back that takes letters out of one mailing; it is planned anew by a job';
REVOKE EXECUTE ON FUNCTION mailroom.withdraw_letters(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.csv_text(value text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN $1 ~ '[,"\r\n]' THEN '"' || replace($1, '"', '""') || '"' ELSE coalesce($1, '') END;
COMMENT ON FUNCTION mailroom.csv_text(text) IS 'a value of a CSV line (RFC 4180): quoted where it must be; NULL is empty';

CREATE OR REPLACE FUNCTION mailroom.write_pull_list(issuer_id bigint, withdrawal_id bigint, mailing_id bigint)
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h mailroom.hand_in_member;
	list bigint;
BEGIN
	-- whoever printed it gets the list
	SELECT * INTO h FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $3 AND k.house_prints;
	h.issuer_id := coalesce(h.issuer_id, $1);
	list := mailroom.open_outgoing_file(h.issuer_id, 'pull_list', format('mailing-%s-pull-%s.csv', $3, $2), 'text/csv', mailing_id => coalesce(h.mailing_id, $3));
	PERFORM mailroom.append_outgoing_file(h.issuer_id, list, convert_to(E'sequence,letter,document,invoice,file,first_page,pages,reason\n'
		|| (SELECT string_agg(concat_ws(',', w.sequence_no, w.letter_id, w.document_id, mailroom.csv_text(i.invoice_number), coalesce(o.file_name, ''), w.first_page, w.pages, mailroom.csv_text(d.reason)) || E'\n', '' ORDER BY w.sequence_no, w.letter_id)
			FROM mailroom.withdrawn_invoice w
				JOIN mailroom.withdrawal d ON d.issuer_id = w.issuer_id AND d.withdrawal_id = w.withdrawal_id
				JOIN mailroom.invoice i ON i.issuer_id = w.issuer_id AND i.invoice_id = w.invoice_id
				LEFT JOIN mailroom.letter_print p ON p.issuer_id = w.issuer_id AND p.mailing_id = w.mailing_id AND p.letter_id = w.letter_id
				LEFT JOIN mailroom.outgoing_file o ON o.issuer_id = h.issuer_id AND o.outgoing_file_id = p.outgoing_file_id
			WHERE w.issuer_id = $1 AND w.withdrawal_id = $2 AND w.mailing_id = $3 AND w.place = 'to pull'), 'UTF8'));
	PERFORM mailroom.close_outgoing_file(h.issuer_id, list);
	RETURN list;
END;
$$;
COMMENT ON FUNCTION mailroom.write_pull_list(bigint, bigint, bigint) IS 'CSV file (kind pull_list) that tells the print operator which letters of a fetched print file are to be taken out; of the house where the house printed them; returns outgoing_file_id';
REVOKE EXECUTE ON FUNCTION mailroom.write_pull_list(bigint, bigint, bigint) FROM PUBLIC;

-- House before member, then mailing by mailing, then invoices: as everybody who prints.
CREATE OR REPLACE FUNCTION mailroom.lock_to_withdraw(issuer_id bigint, invoice_ids bigint[])
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	one bigint;
BEGIN
	FOR one IN
		SELECT DISTINCT l.mailing_id
			FROM unnest($2) AS n (invoice_id)
				CROSS JOIN LATERAL (SELECT d.document_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = n.invoice_id AND d.channel = 'print' OFFSET 0) d
				CROSS JOIN LATERAL (SELECT l.mailing_id FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.document_id = d.document_id OFFSET 0) l
			ORDER BY 1 LOOP
		PERFORM mailroom.lock_hand_in($1, one);
		PERFORM FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = one FOR UPDATE;
		PERFORM FROM mailroom.outgoing_file o WHERE o.issuer_id = $1 AND o.mailing_id = one ORDER BY o.outgoing_file_id FOR UPDATE;
	END LOOP;
	FOR one IN SELECT n.invoice_id FROM unnest($2) AS n (invoice_id) ORDER BY 1 LOOP
		PERFORM FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = one FOR UPDATE;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_to_withdraw(bigint, bigint[]) IS 'locks the mailings, print files and invoices that a withdrawal may touch';
REVOKE EXECUTE ON FUNCTION mailroom.lock_to_withdraw(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.note_withdrawn(issuer_id bigint, withdrawal_id bigint, invoice_ids bigint[])
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.withdrawn_invoice (issuer_id, invoice_id, withdrawal_id, was_state, place, document_id, mailing_id, letter_id, cover_id, mailing_was, sequence_no, first_page, pages)
		WITH item AS MATERIALIZED (
			SELECT n.invoice_id, i.state, d.document_id, l.mailing_id, l.letter_id, coalesce(l.cover_id, l.letter_id) AS cover_id
				FROM unnest($3) AS n (invoice_id)
					CROSS JOIN LATERAL (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = n.invoice_id OFFSET 0) i
					LEFT JOIN LATERAL (SELECT d.document_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = n.invoice_id AND d.channel = 'print' OFFSET 0) d ON true
					LEFT JOIN LATERAL (SELECT l.mailing_id, l.letter_id, l.cover_id FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.document_id = d.document_id OFFSET 0) l ON true
				WHERE i.state IN ('set_aside', 'accepted', 'printed', 'archived')
		), place AS MATERIALIZED (
			-- once a mailing; posted: the print operator said so, or, without return files, it is printed and the day of hand-in is over
			SELECT m.mailing_id, m.state, m.state IN ('open', 'planned') OR mailroom.print_can_be_undone($1, m.mailing_id) AS is_free,
					EXISTS (SELECT FROM mailroom.return_policy p WHERE p.issuer_id = $1) AS is_told, m.state IN ('printed', 'closed') AND m.hand_in_date < mailroom.today($1) AS is_over
				FROM (SELECT DISTINCT t.mailing_id FROM item t) t
					CROSS JOIN LATERAL (SELECT m.* FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = t.mailing_id OFFSET 0) m
		)
		SELECT $1, t.invoice_id, $2, t.state, CASE WHEN t.letter_id IS NULL THEN 'no letter' WHEN m.is_free THEN 'taken out' ELSE 'to pull' END,
				t.document_id, t.mailing_id, t.letter_id, t.cover_id, m.state, g.sequence_no, p.first_page, p.pages
			FROM item t
				LEFT JOIN place m ON m.mailing_id = t.mailing_id
				LEFT JOIN LATERAL (SELECT g.sequence_no FROM mailroom.letter_postage g WHERE g.issuer_id = $1 AND g.mailing_id = t.mailing_id AND g.letter_id = t.cover_id OFFSET 0) g ON true
				LEFT JOIN LATERAL (SELECT p.first_page, p.pages FROM mailroom.letter_print p WHERE p.issuer_id = $1 AND p.mailing_id = t.mailing_id AND p.letter_id = t.letter_id OFFSET 0) p ON true
				LEFT JOIN LATERAL (SELECT r.state FROM mailroom.letter_return r WHERE r.issuer_id = $1 AND r.mailing_id = t.mailing_id AND r.letter_id = t.cover_id OFFSET 0) r ON true
			WHERE (t.letter_id IS NULL OR NOT CASE WHEN m.is_told THEN coalesce(r.state = 'posted', false) ELSE m.is_over END)
				AND NOT (EXISTS (SELECT FROM mailroom.invoice_package k WHERE k.issuer_id = $1 AND k.invoice_id = t.invoice_id) AND mailroom.package_is_sent($1, t.invoice_id));
END;
COMMENT ON FUNCTION mailroom.note_withdrawn(bigint, bigint, bigint[]) IS 'the step of mailroom.take_back that writes withdrawn_invoice: of these invoices those that are not final and not posted';
REVOKE EXECUTE ON FUNCTION mailroom.note_withdrawn(bigint, bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.take_back(issuer_id bigint, object_kind text, object_id bigint, reason text, invoice_ids bigint[])
	RETURNS mailroom.withdrawal
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	SET jit = off -- many subplans, each short
	LANGUAGE plpgsql
AS $$
DECLARE
	w mailroom.withdrawal;
	r record;
BEGIN
	INSERT INTO mailroom.withdrawal (issuer_id, object_kind, object_id, reason, withdrawn_by, withdrawn_at)
		VALUES ($1, $2, $3, btrim($4), mailroom.outer_role(), mailroom.now()) RETURNING * INTO w;
	PERFORM mailroom.lock_to_withdraw($1, $5);
	PERFORM mailroom.note_withdrawn($1, w.withdrawal_id, $5);
	-- row by row: each is found by its whole key, whatever the statistics say
	FOR r IN SELECT n.invoice_id, EXISTS (SELECT FROM mailroom.invoice_package k WHERE k.issuer_id = $1 AND k.invoice_id = n.invoice_id) AS has_package
			FROM mailroom.withdrawn_invoice n WHERE n.issuer_id = $1 AND n.withdrawal_id = w.withdrawal_id ORDER BY 1 LOOP
		UPDATE mailroom.invoice i SET state = 'withdrawn', settled_by = w.withdrawn_by, settled_reason = w.reason
			WHERE i.issuer_id = $1 AND i.invoice_id = r.invoice_id;
		IF r.has_package THEN
			PERFORM mailroom.withdraw_package($1, r.invoice_id);
		END IF;
	END LOOP;
	INSERT INTO mailroom.event (issuer_id, object_kind, object_id, activity, happened_at, actor, detail)
		SELECT $1, 'invoice', n.invoice_id, 'withdrawn', w.withdrawn_at, w.withdrawn_by, jsonb_build_object('withdrawal_id', w.withdrawal_id, 'reason', w.reason, 'was', n.was_state, 'letter', n.place)
			FROM mailroom.withdrawn_invoice n WHERE n.issuer_id = $1 AND n.withdrawal_id = w.withdrawal_id ORDER BY n.invoice_id;
	FOR r IN SELECT n.mailing_id, bool_or(n.place = 'to pull') AS pull FROM mailroom.withdrawn_invoice n
			WHERE n.issuer_id = $1 AND n.withdrawal_id = w.withdrawal_id AND n.mailing_id IS NOT NULL GROUP BY 1 ORDER BY 1 LOOP
		PERFORM mailroom.withdraw_letters($1, w.withdrawal_id, r.mailing_id);
		IF r.pull THEN
			PERFORM mailroom.write_pull_list($1, w.withdrawal_id, r.mailing_id);
		END IF;
	END LOOP;
	UPDATE mailroom.withdrawal d
		SET (invoices, letters_taken_out, letters_to_pull) = (SELECT count(*), count(*) FILTER (WHERE n.place = 'taken out'), count(*) FILTER (WHERE n.place = 'to pull')
				FROM mailroom.withdrawn_invoice n WHERE n.issuer_id = $1 AND n.withdrawal_id = w.withdrawal_id),
			too_late = (SELECT count(*) FROM unnest($5) AS o (invoice_id)
				CROSS JOIN LATERAL (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = o.invoice_id OFFSET 0) i
				WHERE i.state IN ('set_aside', 'accepted', 'printed', 'archived'))
		WHERE d.issuer_id = $1 AND d.withdrawal_id = w.withdrawal_id
		RETURNING * INTO w;
	IF w.invoices = 0 AND w.too_late > 0 THEN
		RAISE EXCEPTION 'cannot withdraw % % because it is posted', $2, $3 USING ERRCODE = 'MR004', HINT = 'What is posted is taken back by a credit note.';
	END IF;
	PERFORM mailroom.log_event($1, $2, $3, 'withdrawn', jsonb_build_object('withdrawal_id', w.withdrawal_id, 'reason', w.reason, 'invoices', w.invoices, 'too_late', w.too_late)) WHERE $2 <> 'invoice';
	RETURN w;
END;
$$;
COMMENT ON FUNCTION mailroom.take_back(bigint, text, bigint, text, bigint[]) IS 'withdraws invoices for mailroom.withdraw_invoice, withdraw_file and withdraw_mailing: all that are neither final nor posted; MR004 when all are posted';
REVOKE EXECUTE ON FUNCTION mailroom.take_back(bigint, text, bigint, text, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.begin_withdrawal(issuer_id bigint, kind text, object_kind text, object_id bigint, reason text)
	RETURNS text
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	o record;
BEGIN
	PERFORM mailroom.require_issuer($1, $2);
	PERFORM mailroom.require_reason($5, 'Say why it is withdrawn: the reason is kept.');
	PERFORM FROM mailroom.issuer i WHERE i.issuer_id = $1 FOR NO KEY UPDATE; -- no letters are made meanwhile
	CASE $3
		WHEN 'invoice' THEN
			SELECT i.state, i.invoice_number AS name, i.state NOT IN ('set_aside', 'accepted', 'printed', 'archived') AS is_final, 'invoice' AS what, 'mailroom.invoice_trace(issuer_id, number) finds an invoice.' AS hint INTO o
				FROM (SELECT) AS one LEFT JOIN mailroom.invoice i ON i.issuer_id = $1 AND i.invoice_id = $4;
		WHEN 'file' THEN
			PERFORM FROM mailroom.import_file f WHERE f.issuer_id = $1 AND f.file_id = $4 FOR UPDATE;
			SELECT f.state, f.file_name AS name, f.state = 'withdrawn' AS is_final, 'import file' AS what, 'List them with "SELECT file_id, file_name, state FROM mailroom.import_file".' AS hint INTO o
				FROM (SELECT) AS one LEFT JOIN mailroom.import_file f ON f.issuer_id = $1 AND f.file_id = $4;
		WHEN 'mailing' THEN
			SELECT m.state, m.name, m.state = 'withdrawn' AS is_final, 'mailing' AS what, 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".' AS hint INTO o
				FROM (SELECT) AS one LEFT JOIN mailroom.mailing m ON m.issuer_id = $1 AND m.mailing_id = $4;
	END CASE;
	IF o.state IS NULL THEN
		RAISE EXCEPTION '% % does not exist', o.what, $4 USING ERRCODE = 'undefined_object', HINT = o.hint;
	ELSIF o.is_final THEN
		RAISE EXCEPTION 'cannot withdraw % "%" because it is %', o.what, o.name, o.state USING ERRCODE = 'MR004', HINT = 'This state is final.';
	END IF;
	RETURN o.state;
END;
$$;
COMMENT ON FUNCTION mailroom.begin_withdrawal(bigint, text, text, bigint, text) IS 'the step of every withdrawal that asks for right and reason, keeps new letters of the issuer waiting, and returns the state of what is withdrawn (invoice, file or mailing); 42704 when it does not exist, MR004 when it is final';
REVOKE EXECUTE ON FUNCTION mailroom.begin_withdrawal(bigint, text, text, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.withdraw_invoice(issuer_id bigint, invoice_id bigint, reason text)
	RETURNS mailroom.withdrawal
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.begin_withdrawal($1, 'clerk', 'invoice', $2, $3);
	RETURN mailroom.take_back($1, 'invoice', $2, $3, ARRAY[$2]);
END;
$$;
COMMENT ON FUNCTION mailroom.withdraw_invoice(bigint, bigint, text) IS 'takes an invoice back from any state before its letter is posted: it becomes withdrawn and its number may come again; its letter leaves its mailing, which is planned anew by a job; a print file that nobody fetched is withdrawn and written anew without it, for one that was fetched a file of kind pull_list tells the operator. Returns the row of mailroom.withdrawal; who, why and where it was are kept. 42704 no such invoice, 22023 no reason, MR004 final or posted; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.withdraw_invoice(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.withdraw_file(issuer_id bigint, file_id bigint, reason text)
	RETURNS mailroom.withdrawal
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	w mailroom.withdrawal;
BEGIN
	IF mailroom.begin_withdrawal($1, 'importer', 'file', $2, $3) <> 'imported' THEN
		PERFORM mailroom.withdraw_import($1, $2, $3);
		RETURN mailroom.take_back($1, 'file', $2, $3, '{}');
	END IF;
	w := mailroom.take_back($1, 'file', $2, $3, ARRAY(SELECT i.invoice_id FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.file_id = $2 ORDER BY 1));
	IF w.too_late = 0 THEN
		UPDATE mailroom.import_file f SET state = 'withdrawn' WHERE f.issuer_id = $1 AND f.file_id = $2;
	END IF;
	RETURN w;
END;
$$;
COMMENT ON FUNCTION mailroom.withdraw_file(bigint, bigint, text) IS 'takes a file back, imported or not, with all its invoices that are neither final nor posted, as mailroom.withdraw_invoice; invoices that are posted stay and are counted in too_late; with none of them the file is withdrawn and may come again. Returns the row of mailroom.withdrawal. 42704 no such file, 22023 no reason, MR004 withdrawn already, or everything of it is posted; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.withdraw_file(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.withdraw_mailing(issuer_id bigint, mailing_id bigint, reason text)
	RETURNS mailroom.withdrawal
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.begin_withdrawal($1, 'operator', 'mailing', $2, $3);
	IF EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2) THEN
		RAISE EXCEPTION 'cannot withdraw mailing "%" because it hands in the letters of others', (SELECT m.name FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = $2)
			USING ERRCODE = 'MR004', HINT = 'Its members withdraw their own mailings; mailroom.dissolve_hand_in() lets them go.';
	END IF;
	RETURN mailroom.take_back($1, 'mailing', $2, $3, ARRAY(SELECT d.invoice_id FROM mailroom.letter l
		CROSS JOIN LATERAL (SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = l.document_id OFFSET 0) d
		WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND d.invoice_id IS NOT NULL ORDER BY 1));
END;
$$;
COMMENT ON FUNCTION mailroom.withdraw_mailing(bigint, bigint, text) IS 'takes all invoices of a mailing back that are not posted, as mailroom.withdraw_invoice; a mailing of which no letter is left is withdrawn too. Returns the row of mailroom.withdrawal. 42704 no such mailing, 22023 no reason, MR004 withdrawn already, a common hand-in, or everything of it is posted; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.withdraw_mailing(bigint, bigint, text) FROM PUBLIC;

SELECT mailroom.allow('clerk', 'function', 'mailroom.withdraw_invoice(bigint, bigint, text)', 'EXECUTE');
SELECT mailroom.allow('importer', 'function', 'mailroom.withdraw_file(bigint, bigint, text)', 'EXECUTE');
SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.withdraw_invoice(bigint, bigint, text)'), ('mailroom.withdraw_file(bigint, bigint, text)'), ('mailroom.withdraw_mailing(bigint, bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('withdrawal'), ('withdrawn_invoice'), ('mailing_replan'), ('return_policy'), ('letter_return')) AS t (name);
