-- 91_fault_report: what people see of faults: the page of one file, and who sends what wrong.

-- "sentence: found x, expected y" in its three parts; found and expected may be missing.
CREATE OR REPLACE FUNCTION mailroom.split_message(message text)
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN coalesce(regexp_match($1, '^(.*): found (.*), expected (.*)$'), regexp_match($1, '^(.*): found (.*)()$'), ARRAY[$1]);
COMMENT ON FUNCTION mailroom.split_message(text) IS 'a finding''s message as {sentence, found, expected}; the last two are left out or empty when it does not say them';

-- The findings of one rule as a section of the page: its sentence once, then place by place what was found and expected.
CREATE OR REPLACE FUNCTION mailroom.report_rule(anchor text, rule text, severity text, locations text[], messages text[])
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	WITH place AS (
		SELECT u.n, u.location, m.parts[1] AS sentence, m.parts[2] AS found, nullif(m.parts[3], '') AS expected
		FROM ROWS FROM (unnest($4), unnest($5)) WITH ORDINALITY AS u (location, message, n)
			CROSS JOIN LATERAL (SELECT mailroom.split_message(u.message) AS parts) AS m
	), shape AS (
		SELECT count(*) AS places, count(DISTINCT p.sentence) = 1 AS one_sentence, min(p.sentence) AS sentence, bool_or(p.found IS NOT NULL) AS found, bool_or(p.expected IS NOT NULL) AS expected
		FROM place p
	)
	SELECT format('<section class="finding %s" aria-labelledby="%s"><h3 id="%s"><code>%s</code> <span class="count">%s</span></h3>', mailroom.html_text($3), $1, $1, mailroom.html_text($2),
			CASE s.places WHEN 1 THEN 'once' ELSE s.places || ' times' END)
		|| CASE WHEN s.one_sentence THEN '<p class="sentence">' || mailroom.html_text(upper(left(s.sentence, 1)) || substr(s.sentence, 2)) || CASE WHEN s.sentence ~ '[.!?]$' THEN '' ELSE '.' END || '</p>' ELSE '' END
		|| '<table><thead><tr><th scope="col">Place</th>'
		|| CASE WHEN s.one_sentence THEN '' ELSE '<th scope="col">What is wrong</th>' END
		|| CASE WHEN s.found THEN '<th scope="col" class="figure">Found</th>' ELSE '' END
		|| CASE WHEN s.expected THEN '<th scope="col" class="figure">Expected</th>' ELSE '' END
		|| '</tr></thead><tbody>'
		|| (SELECT string_agg('<tr><td><code>' || mailroom.html_text(p.location) || '</code></td>'
				|| CASE WHEN s.one_sentence THEN '' ELSE '<td>' || mailroom.html_text(p.sentence) || '</td>' END
				|| CASE WHEN s.found THEN '<td class="figure">' || coalesce(mailroom.html_text(p.found), '') || '</td>' ELSE '' END
				|| CASE WHEN s.expected THEN '<td class="figure">' || coalesce(mailroom.html_text(p.expected), '') || '</td>' ELSE '' END
				|| '</tr>', '' ORDER BY p.n)
			FROM place p WHERE p.n <= 100)
		|| '</tbody></table>'
		|| CASE WHEN s.places > 100 THEN format('<p class="lead">and %s more places</p>', s.places - 100) ELSE '' END
		|| '</section>'
	FROM shape s;
END;
COMMENT ON FUNCTION mailroom.report_rule(text, text, text, text[], text[]) IS 'HTML section: the findings of one rule, the first 100 places with what was found and expected';

CREATE OR REPLACE FUNCTION mailroom.report_heads(content bytea)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	rows text;
	documents bigint;
BEGIN
	SELECT string_agg(format('<tr><td>%s</td><th scope="row">%s</th><td>%s</td><td class="date">%s</td><td>%s</td><td>%s</td><td class="figure">%s</td><td class="figure">%s</td><td class="figure">%s</td></tr>',
			n, mailroom.html_text(coalesce(j ->> 'bt_1', '(no number)')), mailroom.html_text(concat_ws(' ', j ->> 'bt_3', CASE WHEN (j ->> 'self_billed')::boolean THEN '(self-billed)' END)),
			mailroom.html_text(coalesce(j ->> 'bt_2', '')), mailroom.html_text(coalesce(j ->> 'bt_27', '')), mailroom.html_text(coalesce(j ->> 'bt_44', '')), j ->> 'line_count',
			mailroom.html_text(concat_ws(' ', j ->> 'bt_112', j ->> 'bt_5')), mailroom.html_text(concat_ws(' ', j ->> 'bt_115', j ->> 'bt_5'))), '' ORDER BY n) FILTER (WHERE n <= 50),
			count(*)
		INTO rows, documents
		FROM mailroom.parse_invoices(content) WITH ORDINALITY AS p (j, n);
	RETURN format('<h2>%s</h2><div class="wide"><table><thead><tr><th scope="col">No.</th><th scope="col">Number</th><th scope="col">Type</th><th scope="col">Date</th><th scope="col">Seller</th><th scope="col">Buyer</th>'
		'<th scope="col" class="figure">Lines</th><th scope="col" class="figure">Total with VAT</th><th scope="col" class="figure">Due</th></tr></thead><tbody>%s</tbody></table></div>%s',
		CASE documents WHEN 1 THEN 'The invoice' ELSE documents || ' invoices' END, coalesce(rows, ''), CASE WHEN documents > 50 THEN format('<p class="lead">and %s more</p>', documents - 50) ELSE '' END);
EXCEPTION
	WHEN SQLSTATE 'MR001' OR SQLSTATE 'MR002' THEN
		RETURN '<h2>The invoice</h2><p>The file cannot be read, so there is nothing to show of it.</p>';
END;
$$;
COMMENT ON FUNCTION mailroom.report_heads(bytea) IS 'HTML table: heads of the invoices of a content, the first 50';

CREATE OR REPLACE FUNCTION mailroom.validation_report(content bytea, profile text DEFAULT NULL)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	fatal bigint;
	warnings bigint;
	remarks bigint;
	summary text;
	sections text;
BEGIN
	IF content IS NULL THEN
		RETURN NULL;
	END IF;
	WITH found AS (
		SELECT v.rule, v.severity, array_position(ARRAY['fatal', 'warning', 'information'], v.severity) AS rank, count(*) AS places,
			array_agg(v.location ORDER BY v.n) AS locations, array_agg(v.message ORDER BY v.n) AS messages
		FROM mailroom.validate_invoice(content, profile) WITH ORDINALITY AS v (rule, severity, location, message, n)
		GROUP BY v.rule, v.severity
	), numbered AS (
		SELECT f.*, 'finding-' || row_number() OVER (ORDER BY f.rank, f.rule) AS anchor FROM found f
	), severity AS (
		SELECT n.rank, n.severity, sum(n.places) AS places,
			string_agg(format('<tr><td><a href="#%s"><code>%s</code></a></td><td>%s</td><td><span class="badge %s">%s</span></td><td class="figure">%s</td></tr>', n.anchor, mailroom.html_text(n.rule), mailroom.html_text((mailroom.split_message(n.messages[1]))[1]), n.severity, n.severity, n.places), '' ORDER BY n.rule) AS lines,
			string_agg(mailroom.report_rule(n.anchor, n.rule, n.severity, n.locations, n.messages), '' ORDER BY n.rule) AS parts
		FROM numbered n
		GROUP BY n.rank, n.severity
	)
	SELECT coalesce(sum(s.places) FILTER (WHERE s.severity = 'fatal'), 0), coalesce(sum(s.places) FILTER (WHERE s.severity = 'warning'), 0), coalesce(sum(s.places) FILTER (WHERE s.severity = 'information'), 0),
			string_agg(s.lines, '' ORDER BY s.rank),
			string_agg(format('<h2>%s</h2>%s', CASE s.severity WHEN 'fatal' THEN 'Fatal: to be put right before the invoice can be accepted' WHEN 'warning' THEN 'Warnings: accepted, but not as they should be' ELSE 'For information' END, s.parts), '' ORDER BY s.rank)
		INTO fatal, warnings, remarks, summary, sections
		FROM severity s;
	RETURN mailroom.html_page('Validation report',
		format('<p class="verdict %s" role="status">%s</p>', CASE WHEN fatal > 0 THEN 'fatal' WHEN warnings > 0 THEN 'warning' ELSE 'good' END,
			CASE WHEN fatal > 0 THEN format('Not accepted: %s fatal %s', fatal, CASE fatal WHEN 1 THEN 'finding' ELSE 'findings' END)
				WHEN warnings > 0 THEN format('Accepted with %s %s', warnings, CASE warnings WHEN 1 THEN 'warning' ELSE 'warnings' END)
				ELSE 'Accepted: no fault found' END)
		|| format('<p class="lead">%s bytes, SHA-256 <code>%s</code>. Rules: %s.</p>', to_char(length(content), 'FM999,999,999,990'), encode(sha256(content), 'hex'), mailroom.html_text(coalesce(profile, 'those of the profile that the invoice names')))
		|| mailroom.report_heads(content)
		|| CASE WHEN summary IS NULL THEN '' ELSE '<h2>Findings by rule</h2><table><thead><tr><th scope="col">Rule</th><th scope="col">What is wrong</th><th scope="col">Severity</th><th scope="col" class="figure">Places</th></tr></thead><tbody>' || summary || '</tbody></table>' END
		|| coalesce(sections, ''));
END;
$$;
COMMENT ON FUNCTION mailroom.validation_report(bytea, text) IS 'the findings of a content as an HTML page for people: self-contained, no script; verdict, heads of the invoices, findings by severity and rule with place, found and expected. profile as in mailroom.validate_invoice. NULL content gives NULL; a file that cannot be read gives a page that says so; 22023 for an unknown profile';

-- One row for each sender, rule and severity; a file that could not be read has no seller, so whoever submitted it stands for it.
CREATE OR REPLACE VIEW mailroom.fault_by_sender WITH (security_invoker = true) AS
	SELECT g.issuer_id, g.sender, max(g.sender_name) AS sender_name, g.submitted_by, g.rule, g.severity, count(*) AS fault_count,
		count(DISTINCT (g.file_id, g.batch_id, g.document_no)) AS invoice_count, count(DISTINCT (g.file_id, g.batch_id)) AS file_count,
		min(g.received_at) AS first_seen, max(g.received_at) AS last_seen,
		max(g.name) FILTER (WHERE g.newest = 1) AS example_name, max(g.file_id) FILTER (WHERE g.newest = 1) AS example_file_id, max(g.batch_id) FILTER (WHERE g.newest = 1) AS example_batch_id,
		max(g.document_no) FILTER (WHERE g.newest = 1) AS example_document_no, max(g.location) FILTER (WHERE g.newest = 1) AS example_location, max(g.message) FILTER (WHERE g.newest = 1) AS example_message
	FROM (SELECT s.*, row_number() OVER (PARTITION BY s.issuer_id, s.sender, s.submitted_by, s.rule, s.severity ORDER BY s.received_at DESC, s.file_id DESC, s.batch_id DESC, s.finding_no) AS newest
		FROM (SELECT f.issuer_id, f.rule, f.severity, f.file_id, f.batch_id, f.document_no, f.finding_no, f.location, f.message,
				nullif(i.seller_key, '') AS sender, i.seller_name AS sender_name,
				CASE WHEN nullif(i.seller_key, '') IS NULL THEN coalesce(o.submitted_by, b.submitted_by) END AS submitted_by,
				coalesce(o.received_at, b.received_at) AS received_at, coalesce(o.file_name, b.batch_key) AS name
			FROM mailroom.finding f
				LEFT JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.invoice_id = f.invoice_id
				LEFT JOIN mailroom.import_file o ON o.issuer_id = f.issuer_id AND o.file_id = f.file_id
				LEFT JOIN mailroom.import_batch b ON b.issuer_id = f.issuer_id AND b.batch_id = f.batch_id) AS s) AS g
	GROUP BY g.issuer_id, g.sender, g.submitted_by, g.rule, g.severity;
COMMENT ON VIEW mailroom.fault_by_sender IS 'who sends what wrong: one row for each sender (BT-31, else BT-30, else BT-27; NULL with submitted_by where a file could not be read), rule and severity, with the number of faults, invoices and files, when it was first and last seen, and its newest example';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.fault_by_sender', 'SELECT')
	FROM (VALUES ('importer'), ('operator'), ('reader'), ('clerk')) AS k (kind);
