-- 92_proof: a draft beside the live version, test by test and channel by channel.

CREATE OR REPLACE FUNCTION mailroom.set_template_test(issuer_id bigint, name text, test_set text, test_no integer, label text, invoice_id bigint DEFAULT NULL, data jsonb DEFAULT NULL)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $6 IS NOT NULL AND NOT EXISTS (SELECT FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = $6) THEN
		RAISE EXCEPTION 'invoice % does not exist', $6 USING ERRCODE = 'undefined_object';
	ELSIF mailroom.letter_problem($7) IS NOT NULL AND $7 IS NOT NULL THEN
		RAISE EXCEPTION 'data of test % cannot become a letter: %', $4, mailroom.letter_problem($7) USING ERRCODE = 'invalid_parameter_value';
	END IF;
	DELETE FROM mailroom.template_test t WHERE t.issuer_id = $1 AND t.name = $2 AND t.test_set = $3 AND t.test_no = $4;
	IF num_nonnulls($6, $7) > 0 THEN
		INSERT INTO mailroom.template_test (issuer_id, name, test_set, test_no, label, invoice_id, data) VALUES ($1, $2, $3, $4, $5, $6, $7);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.set_template_test(bigint, text, text, integer, text, bigint, jsonb) IS 'sets a test of a template''s test set: an invoice, or data as an element of mailroom.create_letters; neither removes it; 42704 no such invoice, 22023 data without a recipient, 23514 both; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_template_test(bigint, text, text, integer, text, bigint, jsonb) FROM PUBLIC;

-- The letter is made, set, and taken back by the subtransaction; only its bytes stay.
CREATE OR REPLACE FUNCTION mailroom.preview_data(issuer_id bigint, source text, data jsonb, channel text, OUT content bytea, OUT media_type text)
	RETURNS record
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	problem CONSTANT text := mailroom.letter_problem($3);
BEGIN
	PERFORM mailroom.require_issuer($1, 'approver');
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'data cannot become a letter: %', problem USING ERRCODE = 'invalid_parameter_value';
	END IF;
	BEGIN
		PERFORM mailroom.insert_letters($1, -1, 'preview', jsonb_build_array($3), 'preview');
		SELECT p.content, p.media_type INTO content, media_type
			FROM mailroom.invoice i, mailroom.preview_channel($1, i.invoice_id, $4, $2, 'preview@preview.example') AS p
			WHERE i.issuer_id = $1 AND i.batch_id = -1;
		RAISE EXCEPTION 'taken back' USING ERRCODE = 'MRZZZ';
	EXCEPTION
		WHEN SQLSTATE 'MRZZZ' THEN
			NULL;
	END;
END;
$$;
COMMENT ON FUNCTION mailroom.preview_data(bigint, text, jsonb, text) IS 'data in the form of an element of mailroom.create_letters, set by a template that need not be published, in a channel; stores nothing; errors as preview_channel, 22023 data without a recipient; needs operator or approver';
REVOKE EXECUTE ON FUNCTION mailroom.preview_data(bigint, text, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.proof_lines(content bytea, channel text)
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT coalesce(array_agg(btrim(l.line) ORDER BY l.n), '{}')
		FROM regexp_split_to_table(CASE
				WHEN $2 = 'html' THEN replace(regexp_replace(regexp_replace(convert_from($1, 'UTF8'), '<(style|head)[ >].*?</\1>', '', 'g'), '<[^>]*>', E'\n', 'g'), '&#160;', ' ')
				WHEN $2 IN ('text', 'sms') THEN convert_from($1, 'UTF8') ELSE '' END, E'\\n') WITH ORDINALITY AS l (line, n)
		WHERE btrim(l.line) <> '';
END;
COMMENT ON FUNCTION mailroom.proof_lines(bytea, text) IS 'what people read of a document of channel html, text or sms, line by line; none of the others';

CREATE OR REPLACE FUNCTION mailroom.own_pdf_pages(content bytea)
	RETURNS integer
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN (regexp_match(encode(substring($1 FROM nullif(position('/Type/Pages/Count '::bytea IN $1), 0) + 18 FOR 10), 'escape'), '^\d+'))[1]::integer;
COMMENT ON FUNCTION mailroom.own_pdf_pages(bytea) IS 'pages of a PDF that the house wrote; NULL for others';

CREATE OR REPLACE FUNCTION mailroom.proof_side(issuer_id bigint, source text, test mailroom.template_test, channel text, OUT content bytea, OUT problem text)
	RETURNS record
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF test.data IS NULL THEN
		SELECT p.content INTO content FROM mailroom.preview_channel($1, test.invoice_id, $4, $2, 'preview@preview.example') AS p;
	ELSE
		SELECT p.content INTO content FROM mailroom.preview_data($1, $2, test.data, $4) AS p;
	END IF;
EXCEPTION
	WHEN SQLSTATE 'MR006' THEN
		problem := SQLERRM;
END;
$$;
COMMENT ON FUNCTION mailroom.proof_side(bigint, text, mailroom.template_test, text) IS 'a test set by a template in a channel, or why it cannot be';
REVOKE EXECUTE ON FUNCTION mailroom.proof_side(bigint, text, mailroom.template_test, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.proof(issuer_id bigint, name text, wanted_set text DEFAULT NULL, draft_no integer DEFAULT NULL)
	RETURNS TABLE (test_set text, test_no integer, label text, channel text, changed boolean, live_pages integer, draft_pages integer, removed text[], added text[], problem text,
		live_sha256 bytea, draft_sha256 bytea, live_content bytea, draft_content bytea)
	VOLATILE PARALLEL UNSAFE ROWS 50
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
	draft text;
	live text;
	t mailroom.template_test;
	a record;
	b record;
BEGIN
	PERFORM mailroom.require_issuer($1, 'approver');
	SELECT d.source INTO draft FROM mailroom.template_draft d
		WHERE d.issuer_id = $1 AND d.name = $2 AND (d.draft_no = $4 OR $4 IS NULL AND d.state = 'draft') ORDER BY d.draft_no DESC LIMIT 1;
	IF draft IS NULL THEN
		RAISE EXCEPTION 'draft % of template "%" does not exist', coalesce($4::text, 'in work'), $2 USING ERRCODE = 'undefined_object';
	END IF;
	SELECT o.source INTO live FROM mailroom.template o WHERE o.issuer_id = $1 AND o.name = $2 AND o.version = mailroom.live_template_version($1, $2);
	FOR t IN SELECT * FROM mailroom.template_test k WHERE k.issuer_id = $1 AND k.name = $2 AND (k.test_set = $3 OR $3 IS NULL) ORDER BY k.test_set, k.test_no LOOP
		FOREACH channel IN ARRAY CASE WHEN EXISTS (SELECT FROM mailroom.mail_sender m WHERE m.issuer_id = $1)
			THEN ARRAY['print', 'html', 'email', 'text', 'sms'] ELSE ARRAY['print', 'html', 'text', 'sms'] END
		LOOP
			a := NULL;
			IF live IS NOT NULL OR t.data IS NULL THEN
				a := mailroom.proof_side($1, live, t, channel);
			ELSE
				SELECT NULL::bytea AS content, NULL::text AS problem INTO a;
			END IF;
			b := mailroom.proof_side($1, draft, t, channel);
			test_set := t.test_set;
			test_no := t.test_no;
			label := t.label;
			live_content := a.content;
			draft_content := b.content;
			live_sha256 := sha256(a.content);
			draft_sha256 := sha256(b.content);
			changed := live_sha256 IS DISTINCT FROM draft_sha256;
			problem := b.problem;
			live_pages := CASE WHEN channel = 'print' THEN mailroom.own_pdf_pages(a.content) END;
			draft_pages := CASE WHEN channel = 'print' THEN mailroom.own_pdf_pages(b.content) END;
			removed := ARRAY(SELECT unnest(mailroom.proof_lines(a.content, channel)) EXCEPT ALL SELECT unnest(mailroom.proof_lines(b.content, channel)) ORDER BY 1);
			added := ARRAY(SELECT unnest(mailroom.proof_lines(b.content, channel)) EXCEPT ALL SELECT unnest(mailroom.proof_lines(a.content, channel)) ORDER BY 1);
			RETURN NEXT;
		END LOOP;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.proof(bigint, text, text, integer) IS 'a draft (default: the newest in work) beside the live version on the tests of a test set (NULL: all), in every channel (email where the issuer has a sender): whether the bytes changed, pages of print, lines that left and came (html, text, sms), problem = why the draft cannot set it, hashes and contents of both; stores nothing; 42704 no such draft; needs operator or approver';
REVOKE EXECUTE ON FUNCTION mailroom.proof(bigint, text, text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.proof_cell(content bytea, channel text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT CASE
		WHEN $1 IS NULL THEN '<p>nothing</p>'
		WHEN $2 = 'html' THEN format('<iframe sandbox="" title="page" style="width:100%%;height:32rem;border:1px solid #d5dde5" srcdoc="%s"></iframe>', mailroom.html_text(convert_from($1, 'UTF8')))
		WHEN $2 = 'sms' THEN (SELECT format('<pre style="white-space:pre-wrap">%s</pre><p>%s, %s%s</p>', mailroom.html_text(convert_from($1, 'UTF8')), mailroom.counted(s.segment_count, 'message'), s.encoding, ' because of ' || s.forced_by)
			FROM mailroom.sms_segments(convert_from($1, 'UTF8')) AS s)
		WHEN $2 = 'text' THEN format('<pre style="white-space:pre-wrap">%s</pre>', mailroom.html_text(convert_from($1, 'UTF8')))
		WHEN $2 = 'print' THEN format('<object type="application/pdf" aria-label="pages" style="width:100%%;height:44rem;border:1px solid #d5dde5" data="data:application/pdf;base64,%s"><p>A PDF of %s, which this browser does not show.</p></object>',
			translate(encode($1, 'base64'), E'\n', ''), pg_size_pretty(octet_length($1)::bigint))
		ELSE format('<p><a download="proof.eml" href="data:message/rfc822;base64,%s">E-mail of %s with the PDF, to be opened by a mail program</a></p>', translate(encode($1, 'base64'), E'\n', ''), pg_size_pretty(octet_length($1)::bigint)) END;
END;
COMMENT ON FUNCTION mailroom.proof_cell(bytea, text) IS 'a document inside of a proof page: pages in a frame without rights, PDFs shown by the browser, texts as they are, an SMS with the messages it takes, e-mails to be saved';

CREATE OR REPLACE FUNCTION mailroom.proof_page(issuer_id bigint, name text, wanted_set text DEFAULT NULL, draft_no integer DEFAULT NULL)
	RETURNS text
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT mailroom.html_page(format('Proof of template %s', $2), coalesce(string_agg(
			format('<h2>%s %s, %s: %s</h2>%s%s<table><thead><tr><th scope="col">live%s</th><th scope="col">draft%s</th></tr></thead><tbody><tr><td style="width:50%%">%s</td><td style="width:50%%">%s</td></tr></tbody></table>',
				mailroom.html_text(p.test_set), p.test_no, mailroom.html_text(p.label), p.channel,
				CASE WHEN p.problem IS NOT NULL THEN format('<p class="verdict fatal">%s</p>', mailroom.html_text(p.problem)) WHEN p.changed THEN '<p class="not">changed</p>' ELSE '<p class="ok">the same bytes</p>' END,
				CASE WHEN cardinality(p.removed) + cardinality(p.added) > 0 THEN '<ul>'
					|| coalesce((SELECT string_agg(format('<li><del>%s</del></li>', mailroom.html_text(r.line)), '' ORDER BY r.line) FROM unnest(p.removed) AS r (line)), '')
					|| coalesce((SELECT string_agg(format('<li><ins>%s</ins></li>', mailroom.html_text(r.line)), '' ORDER BY r.line) FROM unnest(p.added) AS r (line)), '') || '</ul>' END,
				', ' || mailroom.counted(p.live_pages, 'page'), ', ' || mailroom.counted(p.draft_pages, 'page'), mailroom.proof_cell(p.live_content, p.channel), mailroom.proof_cell(p.draft_content, p.channel)),
			'' ORDER BY p.test_set, p.test_no, array_position(ARRAY['print', 'html', 'email', 'text', 'sms'], p.channel)), '<p>There are no tests.</p>'))
		FROM mailroom.proof($1, $2, $3, $4) AS p;
END;
COMMENT ON FUNCTION mailroom.proof_page(bigint, text, text, integer) IS 'mailroom.proof for people: one self-contained HTML page with live and draft side by side, channel by channel, and what differs; errors as mailroom.proof';
REVOKE EXECUTE ON FUNCTION mailroom.proof_page(bigint, text, text, integer) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.set_template_test(bigint, text, text, integer, text, bigint, jsonb)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('approver')) AS k (kind),
		(VALUES ('mailroom.preview_data(bigint, text, jsonb, text)'), ('mailroom.proof(bigint, text, text, integer)'), ('mailroom.proof_page(bigint, text, text, integer)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.template_test', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('approver')) AS k (kind);
