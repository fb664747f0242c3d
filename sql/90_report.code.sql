-- 90_report: the roof.  Views for reporting tools, one invoice's trace, and the page a run leaves behind.

CREATE OR REPLACE FUNCTION mailroom.html_text(value text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN replace(replace(replace(replace($1, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;');
COMMENT ON FUNCTION mailroom.html_text(text) IS 'text with the characters that HTML reserves escaped';

CREATE OR REPLACE FUNCTION mailroom.micro_text(amount_micro bigint, currency text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN to_char($1::numeric / 1000000, 'FM999G999G999G990D00') || ' ' || $2;
COMMENT ON FUNCTION mailroom.micro_text(bigint, text) IS 'millionths of a currency unit as text with two decimals, for people';

-- What happened to one invoice, from file line to bundle and archive.
CREATE OR REPLACE FUNCTION mailroom.counted(number bigint, one text, many text DEFAULT NULL)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN $1 || ' ' || CASE WHEN $1 = 1 THEN $2 ELSE coalesce($3, $2 || 's') END;
COMMENT ON FUNCTION mailroom.counted(bigint, text, text) IS 'a number and what it counts: 1 page, 2 pages; many: where it is not the one with an s';

CREATE OR REPLACE FUNCTION mailroom.invoice_trace(issuer_id bigint, invoice_number text)
	RETURNS TABLE (step_no bigint, invoice_id bigint, step text, happened_at timestamptz, detail text)
	STABLE ROWS 20
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	WITH found AS (
		SELECT i.* FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_number = $2
	), own_document AS (
		SELECT d.*, f.invoice_number FROM found f JOIN mailroom.document d ON d.issuer_id = f.issuer_id AND d.invoice_id = f.invoice_id
	), own_letter AS (
		SELECT l.*, d.invoice_id FROM own_document d JOIN mailroom.letter l ON l.issuer_id = d.issuer_id AND l.document_id = d.document_id
	), step (invoice_id, rank, step, happened_at, detail) AS (
		SELECT f.invoice_id, 1, 'file', i.received_at,
				format('file %s "%s" (%s), document %s, %s', i.file_id, i.file_name, i.state, f.document_no, f.location)
			FROM found f JOIN mailroom.import_file i ON i.issuer_id = f.issuer_id AND i.file_id = f.file_id
		UNION ALL
		SELECT f.invoice_id, 1, 'batch', f.received_at, format('batch %s, document %s', f.batch_id, f.document_no)
			FROM found f WHERE f.batch_id IS NOT NULL
		UNION ALL
		SELECT f.invoice_id, 2, 'finding', NULL, format('%s %s at %s: %s', n.severity, n.rule, n.location, n.message)
			FROM found f JOIN mailroom.finding n ON n.issuer_id = f.issuer_id AND n.invoice_id = f.invoice_id
		UNION ALL
		SELECT f.invoice_id, 3, CASE f.origin WHEN 'letter' THEN 'letter' ELSE 'invoice' END, f.received_at,
				CASE f.origin WHEN 'letter' THEN format('letter %s of %s, state %s', f.invoice_number, f.issue_date, f.state) ELSE format('invoice %s of %s, %s %s due %s, %s, state %s', f.invoice_number, f.issue_date, f.gross_total, f.currency, coalesce(f.due_date::text, 'none'), mailroom.counted(f.line_count, 'line'), f.state) END
			FROM found f
		UNION ALL
		SELECT f.invoice_id, 4, 'to pay', NULL, format('%s %s due %s%s%s; %s', f.payable_amount, f.currency, coalesce(f.due_date::text, 'at once'), ' to account ' || coalesce(f.payee_account, (SELECT s.payee_account FROM mailroom.issuer s WHERE s.issuer_id = f.issuer_id)), ', reference ' || f.payment_reference,
				CASE WHEN EXISTS (SELECT FROM mailroom.event e WHERE e.issuer_id = f.issuer_id AND e.object_kind = 'invoice' AND e.object_id = f.invoice_id AND e.activity = 'paid')
					THEN 'noted as paid' ELSE 'what is due: whether it was paid is not known here' END)
			FROM found f WHERE f.payable_amount <> 0
		UNION ALL
		SELECT f.invoice_id, 12, 'payment', e.happened_at, format('%s, noted by %s', e.activity, e.actor)
			FROM found f JOIN mailroom.event e ON e.issuer_id = f.issuer_id AND e.object_kind = 'invoice' AND e.object_id = f.invoice_id AND e.activity = 'paid'
		UNION ALL
		SELECT f.invoice_id, 4, 'settlement', NULL, format('%s by %s: %s', f.state, f.settled_by, f.settled_reason)
			FROM found f WHERE f.settled_by IS NOT NULL
		UNION ALL
		SELECT d.invoice_id, 5, 'document', d.created_at,
				format('document %s, template "%s" version %s, %s, %s, SHA-256 %s', d.document_id, d.template, d.template_version, mailroom.counted(d.pages, 'page'), mailroom.counted(d.content_bytes, 'byte'), encode(d.content_sha256, 'hex'))
			FROM own_document d
		UNION ALL
		SELECT d.invoice_id, 6, 'archive', e.archived_at, format('volume %s', e.volume_id)
			FROM own_document d CROSS JOIN LATERAL mailroom.archive_place(d.issuer_id, d.document_id) e
		UNION ALL
		SELECT f.invoice_id, 4, 'channel', c.chosen_at, format('%s%s: %s', c.channel, ' to ' || c.address, c.reason)
			FROM found f JOIN mailroom.invoice_channel c ON c.issuer_id = f.issuer_id AND c.invoice_id = f.invoice_id
		UNION ALL
		SELECT f.invoice_id, 7, 'package', o.created_at, format('%s, %s, SHA-256 %s (%s)', o.file_name, mailroom.counted(o.content_bytes, 'byte'), encode(o.content_sha256, 'hex'), o.state)
			FROM found f
				JOIN mailroom.invoice_package p ON p.issuer_id = f.issuer_id AND p.invoice_id = f.invoice_id
				JOIN mailroom.outgoing_file o ON o.issuer_id = p.issuer_id AND o.outgoing_file_id = p.outgoing_file_id
		UNION ALL
		SELECT l.invoice_id, 7, 'mailing', m.created_at, format('mailing %s "%s" (%s), letter %s, hand-in %s', m.mailing_id, m.name, m.state, l.letter_id, m.hand_in_date)
			FROM own_letter l JOIN mailroom.mailing m ON m.issuer_id = l.issuer_id AND m.mailing_id = l.mailing_id
		UNION ALL
		SELECT l.invoice_id, 7, 'address', a.corrected_at, format('corrected: "%s" was "%s" (%s)', concat_ws(' ', a.postcode, a.city), concat_ws(' ', a.given_postcode, a.given_city), a.reason)
			FROM own_letter l JOIN mailroom.letter_address a ON a.issuer_id = l.issuer_id AND a.mailing_id = l.mailing_id AND a.letter_id = l.letter_id
		UNION ALL
		SELECT f.invoice_id, 4, 'address', c.corrected_at, format('corrected: "%s" was "%s" (%s)', concat_ws(' ', c.postcode, c.city), concat_ws(' ', c.given_postcode, c.given_city), c.reason)
			FROM found f JOIN mailroom.recipient_correction c ON c.issuer_id = f.issuer_id AND c.invoice_id = f.invoice_id
		UNION ALL
		SELECT l.invoice_id, 8, 'postage', NULL,
				format('%s g %s to zone %s: offer %s, list %s, discount %s, price %s, bundle %s, sequence %s', p.grams, p.format, p.zone, p.offer,
					mailroom.micro_text(p.list_micro, coalesce(m.currency, s.currency)), mailroom.micro_text(p.discount_micro, coalesce(m.currency, s.currency)), mailroom.micro_text(p.price_micro, coalesce(m.currency, s.currency)), p.bundle_no, p.sequence_no)
			FROM own_letter l
				JOIN mailroom.mailing m ON m.issuer_id = l.issuer_id AND m.mailing_id = l.mailing_id
				JOIN mailroom.issuer s ON s.issuer_id = l.issuer_id
				JOIN mailroom.letter_postage p ON p.issuer_id = l.issuer_id AND p.mailing_id = l.mailing_id AND p.letter_id = coalesce(l.cover_id, l.letter_id)
		UNION ALL
		SELECT l.invoice_id, 8, 'cover', NULL, format('envelope of letter %s with %s, %s of %s, %s of the postage', s.cover_id,
					(SELECT mailroom.counted(count(*), 'document') FROM mailroom.letter o WHERE o.issuer_id = l.issuer_id AND o.mailing_id = l.mailing_id AND coalesce(o.cover_id, o.letter_id) = s.cover_id),
					s.sheets, mailroom.counted(s.cover_sheets, 'sheet'), mailroom.micro_text(s.share_micro, coalesce(m.currency, own.currency)))
			FROM own_letter l
				JOIN mailroom.mailing m ON m.issuer_id = l.issuer_id AND m.mailing_id = l.mailing_id
				JOIN mailroom.issuer own ON own.issuer_id = l.issuer_id
				JOIN mailroom.cover_share(l.issuer_id, l.mailing_id, coalesce(l.cover_id, l.letter_id)) s ON s.letter_id = l.letter_id
			WHERE l.cover_id IS NOT NULL OR l.cover_sheets IS NOT NULL
		UNION ALL
		SELECT l.invoice_id, 9, 'print', o.created_at, format('%s, %s (%s)', o.file_name, CASE WHEN p.pages = 1 THEN format('page %s', p.first_page) ELSE format('pages %s to %s', p.first_page, p.first_page + p.pages - 1) END, o.state)
			FROM own_letter l
				JOIN mailroom.letter_print p ON p.issuer_id = l.issuer_id AND p.mailing_id = l.mailing_id AND p.letter_id = l.letter_id
				JOIN mailroom.outgoing_file o ON o.issuer_id = l.issuer_id AND o.outgoing_file_id = p.outgoing_file_id
		UNION ALL
		SELECT l.invoice_id, 10, 'closed', m.closed_at, 'printed bytes read back from the archive and equal'
			FROM own_letter l JOIN mailroom.mailing m ON m.issuer_id = l.issuer_id AND m.mailing_id = l.mailing_id
			WHERE m.state = 'closed'
		UNION ALL
		SELECT f.invoice_id, 11, 'returned', r.reported_at, format('letter %s came back on %s: %s; letters to address %s are %s', r.letter_id, to_char(r.returned_on, 'YYYY-MM-DD'), r.reason, r.address_no,
					CASE WHEN u.released_at IS NULL THEN 'held' ELSE 'no longer held: ' || u.release_reason END)
			FROM found f
				JOIN mailroom.returned_letter r ON r.issuer_id = f.issuer_id AND r.invoice_id = f.invoice_id
				JOIN mailroom.undeliverable_address u ON u.issuer_id = r.issuer_id AND u.address_no = r.address_no
		UNION ALL
		SELECT d.invoice_id, 13, n.kind, n.made_at, format(CASE n.kind WHEN 'copy' THEN 'copy to %s by %s' ELSE '%s (%s)' END, n.body, n.made_by)
			FROM own_document d JOIN mailroom.document_note n ON n.issuer_id = d.issuer_id AND n.document_id = d.document_id
		UNION ALL
		SELECT d.invoice_id, 14, 'deleted', x.erased_at, format('document %s: bytes, search terms and buyer deleted, record %s tells why', x.document_id, x.record_id)
			FROM own_document d JOIN mailroom.archive_erasure x ON x.issuer_id = d.issuer_id AND x.document_id = d.document_id
		UNION ALL
		SELECT f.invoice_id, 12, 'waiting', NULL, format('%s (job %s)', r.problem, r.problem_job)
			FROM found f
				JOIN mailroom.run r ON r.issuer_id = f.issuer_id AND (r.file_id = f.file_id OR r.batch_id = f.batch_id OR r.invoice_id = f.invoice_id)
			WHERE f.state = 'accepted' AND r.problem IS NOT NULL
	)
	SELECT row_number() OVER (ORDER BY s.invoice_id, s.rank, CASE WHEN s.rank = 13 THEN s.happened_at END, s.detail), s.invoice_id, s.step, s.happened_at, s.detail
		FROM step s
		ORDER BY 1;
END;
COMMENT ON FUNCTION mailroom.invoice_trace(bigint, text) IS 'the way of the invoices with this number through the house, from file line to what is to be paid, bundle, print page, archive, payment as far as the house was told (step "to pay" is what is due, not what came in), notes, copies and deletion; one row a step';

-- A bar of an HTML chart: label, share of the longest bar in thousandths, and the figure.
CREATE OR REPLACE FUNCTION mailroom.html_bar(label text, thousandths bigint, figure text, tone text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN format('<tr><th scope="row">%s</th><td class="bar"><span class="%s" style="width:%s.%s%%"></span></td><td class="figure">%s</td></tr>',
		mailroom.html_text($1), mailroom.html_text($4), $2 / 10, $2 % 10, mailroom.html_text($3));
COMMENT ON FUNCTION mailroom.html_bar(text, bigint, text, text) IS 'a row of a bar chart made of table cells: label, length in thousandths, figure, style class';

CREATE OR REPLACE FUNCTION mailroom.html_page(title text, body text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>'
		|| mailroom.html_text($1) || '</title><style>'
		'body{font:15px/1.45 system-ui,sans-serif;color:#1b2733;max-width:62rem;margin:2rem auto;padding:0 1rem}'
		'h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #d5dde5;padding-bottom:.2rem}'
		'table{border-collapse:collapse;width:100%}th,td{padding:.25rem .5rem;text-align:left;vertical-align:top}td.figure,th.figure{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}'
		'tbody tr:nth-child(even){background:#f5f8fa}.bar{width:55%}.bar span{display:block;height:1.1em;background:#2f6f9f;border-radius:2px;min-width:1px}'
		'.bar span.good{background:#2e8b57}.bar span.wait{background:#d9902f}.bar span.bad{background:#b5473c}.bar span.plain{background:#9fb3c4}'
		'p.lead{color:#4a5a68;margin-top:0}.ok{color:#2e8b57;font-weight:600}.not{color:#b5473c;font-weight:600}'
		'code{overflow-wrap:anywhere}.wide{overflow-x:auto}td a code{overflow-wrap:normal;white-space:nowrap}td.date{white-space:nowrap}.verdict{font-size:1.15rem;font-weight:600;padding:.5rem .8rem;border-left:6px solid}'
		'.verdict.good{background:#e8f4ec;border-color:#2e8b57}.verdict.warning{background:#fdf3e1;border-color:#d9902f}.verdict.fatal{background:#fbe9e7;border-color:#b5473c}'
		'.badge{padding:0 .45em;border-radius:3px;background:#e3eaf0}.badge.fatal{background:#a63a2f;color:#fff}.badge.warning{background:#f6d9a8}'
		'.finding{border-left:4px solid #9fb3c4;padding:.1rem 0 .1rem .9rem;margin:1rem 0}.finding.fatal{border-color:#b5473c}.finding.warning{border-color:#d9902f}'
		'.finding h3{font-size:1rem;margin:.2rem 0}.finding .count{font-weight:400;color:#4a5a68}.finding p.sentence{margin:.1rem 0 .4rem}'
		'@media print{body{max-width:none;margin:0}.finding{break-inside:avoid}}'
		'</style></head><body><h1>' || mailroom.html_text($1) || '</h1>' || $2 || '</body></html>';
COMMENT ON FUNCTION mailroom.html_page(text, text) IS 'a self-contained HTML page: no script, nothing loaded from elsewhere';

-- Balance of the file's invoices: how many are in which state.
CREATE OR REPLACE FUNCTION mailroom.report_balance(issuer_id bigint, file_id bigint)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT '<h2>Every invoice, exactly once</h2><table>' || string_agg(
			mailroom.html_bar(s.label, 1000 * s.count / greatest(s.longest, 1), to_char(s.count, 'FM999G999G990'), s.tone), '' ORDER BY s.rank) || '</table>'
		FROM (SELECT n.*, max(n.count) OVER () AS longest FROM (
			SELECT 1 AS rank, 'in the file' AS label, f.document_count AS count, 'plain' AS tone FROM mailroom.import_file f WHERE f.issuer_id = $1 AND f.file_id = $2
			UNION ALL
			SELECT n.rank, n.label, count(i.invoice_id), n.tone
				FROM (VALUES (2, 'archived', 'printed, archived and read back', 'good'), (3, 'printed', 'printed', 'wait'), (4, 'accepted', 'in work', 'wait'),
						(5, 'set_aside', 'set aside, waiting for a decision', 'bad'), (6, 'rejected', 'rejected', 'plain'), (7, 'replaced', 'replaced', 'plain'), (8, 'passed_on', 'of carriers, passed on to the audit', 'plain'), (9, 'withdrawn', 'withdrawn', 'plain')) AS n (rank, state, label, tone)
					LEFT JOIN mailroom.invoice i ON i.issuer_id = $1 AND i.file_id = $2 AND i.state = n.state
				GROUP BY n.rank, n.label, n.tone) n) s;
END;
COMMENT ON FUNCTION mailroom.report_balance(bigint, bigint) IS 'HTML bars: the invoices of a file by state';

CREATE OR REPLACE FUNCTION mailroom.report_reconciliation(issuer_id bigint, file_id bigint)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT '<h2>Reconciliation</h2><table><thead><tr><th>currency</th><th class="figure">received</th><th class="figure">refused</th><th class="figure">set aside</th><th class="figure">in work</th><th class="figure">printed</th><th class="figure">archived</th><th class="figure">settled</th><th class="figure">difference</th></tr></thead><tbody>'
			|| coalesce(string_agg(format('<tr><td>%s</td><td class="figure">%s<br>%s</td><td class="figure">%s<br>%s</td><td class="figure">%s<br>%s</td><td class="figure">%s<br>%s</td><td class="figure">%s<br>%s</td><td class="figure">%s<br>%s</td><td class="figure">%s<br>%s</td><td class="figure %s">%s<br>%s</td></tr>',
				r.currency, r.received, r.received_sum, r.refused, r.refused_sum, r.set_aside, r.set_aside_sum, r.in_work, r.in_work_sum, r.printed, r.printed_sum, r.archived, r.archived_sum,
				r.rejected + r.replaced + r.passed_on + r.withdrawn, r.rejected_sum + r.replaced_sum + r.passed_on_sum + r.withdrawn_sum, CASE WHEN r.difference = 0 AND r.difference_sum = 0 THEN 'ok' ELSE 'not' END, r.difference, r.difference_sum), '' ORDER BY r.currency), '')
			|| '</tbody></table>'
		FROM mailroom.reconciliation r
		WHERE r.issuer_id = $1 AND r.file_id = $2;
END;
COMMENT ON FUNCTION mailroom.report_reconciliation(bigint, bigint) IS 'HTML table: counts and sums of a file by currency, with the difference';

CREATE OR REPLACE FUNCTION mailroom.report_faults(issuer_id bigint, file_id bigint)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT '<h2>Set aside or refused, and why</h2><table><thead><tr><th>document</th><th>invoice</th><th>place</th><th>rule</th><th>message</th></tr></thead><tbody>'
			|| coalesce(string_agg(format('<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>', n.document_no, mailroom.html_text(coalesce(i.invoice_number, '')),
				mailroom.html_text(coalesce(n.location, '')), mailroom.html_text(n.rule), mailroom.html_text(n.message)), '' ORDER BY n.finding_no), '<tr><td colspan="5">nothing</td></tr>')
			|| '</tbody></table>'
		FROM (SELECT * FROM mailroom.finding f WHERE f.issuer_id = $1 AND f.file_id = $2 AND f.severity = 'fatal' ORDER BY f.finding_no LIMIT 100) n
			LEFT JOIN mailroom.invoice i ON i.issuer_id = n.issuer_id AND i.invoice_id = n.invoice_id;
END;
COMMENT ON FUNCTION mailroom.report_faults(bigint, bigint) IS 'HTML table: the first 100 fatal findings of a file';

-- The plan against what people do without one.
CREATE OR REPLACE FUNCTION mailroom.report_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT format('<h2>Mailing %s, handed in %s from %s</h2><p class="lead">%s letters. No plan can cost less than %s: this one is within %s of that.</p><table>',
				m.mailing_id, m.hand_in_date, m.origin_country, m.letter_count, mailroom.micro_text(m.lower_bound_micro, c.currency), mailroom.micro_text(m.cost_micro - m.lower_bound_micro, c.currency))
			|| mailroom.html_bar('this plan', (1000 * m.cost_micro / c.longest)::bigint, mailroom.micro_text(m.cost_micro, c.currency), 'good')
			|| mailroom.html_bar('everything at the national carrier, unsorted', (1000 * m.national_unsorted_micro / c.longest)::bigint, mailroom.micro_text(m.national_unsorted_micro, c.currency), 'plain')
			|| mailroom.html_bar(CASE WHEN (m.plan #>> '{baselines,cheapest_list,broken}')::bigint > 0 THEN format('cheapest list price per letter (breaks %s rules: nobody can buy it)', m.plan #>> '{baselines,cheapest_list,broken}') ELSE 'cheapest list price per letter' END, (1000 * m.cheapest_list_micro / c.longest)::bigint, mailroom.micro_text(m.cheapest_list_micro, c.currency), 'plain')
			|| '</table><table><thead><tr><th>offer</th><th class="figure">letters</th><th class="figure">bundles</th><th class="figure">kg</th><th class="figure">list</th><th class="figure">discount less fees</th><th class="figure">price</th></tr></thead><tbody>'
			|| coalesce((SELECT string_agg(format('<tr><td>%s</td><td class="figure">%s</td><td class="figure">%s</td><td class="figure">%s</td><td class="figure">%s</td><td class="figure">%s</td><td class="figure">%s</td></tr>',
					mailroom.html_text(o.offer), to_char(o.letters, 'FM999G999G990'), o.bundles, to_char(o.grams / 1000.0, 'FM999G990D0'), mailroom.micro_text(o.list, c.currency), mailroom.micro_text(o.discount, c.currency), mailroom.micro_text(o.price, c.currency)), '' ORDER BY o.letters DESC, o.offer)
				FROM (SELECT p.offer, count(*) AS letters, count(DISTINCT p.bundle_no) AS bundles, sum(p.grams) AS grams, sum(p.list_micro)::bigint AS list, sum(p.discount_micro)::bigint AS discount, sum(p.price_micro)::bigint AS price
					FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id GROUP BY p.offer) o), '')
			|| '</tbody></table>'
		FROM mailroom.mailing m
			JOIN mailroom.issuer s ON s.issuer_id = m.issuer_id
			CROSS JOIN LATERAL (SELECT coalesce(m.currency, s.currency) AS currency, greatest(m.cost_micro, m.national_unsorted_micro, m.cheapest_list_micro, 1)::numeric AS longest) c
		WHERE m.issuer_id = $1 AND m.mailing_id = $2;
END;
COMMENT ON FUNCTION mailroom.report_mailing(bigint, bigint) IS 'HTML bars and table: postage of a mailing against its bound and two baselines, and its offers';

CREATE OR REPLACE FUNCTION mailroom.report_products(issuer_id bigint, file_id bigint)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT '<h2>What left the house</h2><table><thead><tr><th>file</th><th>kind</th><th class="figure">bytes</th><th>state</th><th>SHA-256</th></tr></thead><tbody>'
			|| coalesce(string_agg(format('<tr><td>%s</td><td>%s</td><td class="figure">%s</td><td>%s</td><td><code>%s</code></td></tr>', mailroom.html_text(o.file_name), mailroom.html_text(o.kind), o.content_bytes, o.state, encode(o.content_sha256, 'hex')), '' ORDER BY o.outgoing_file_id), '<tr><td colspan="5">nothing yet</td></tr>')
			|| '</tbody></table>'
		FROM mailroom.outgoing_file o
		WHERE o.issuer_id = $1
			AND (o.file_id = $2 OR o.mailing_id IN (SELECT m.mailing_id FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.file_id = $2));
END;
COMMENT ON FUNCTION mailroom.report_products(bigint, bigint) IS 'HTML table: outgoing files of a file''s mailings with hash and state';

CREATE OR REPLACE FUNCTION mailroom.report_run(issuer_id bigint, file_id bigint)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT mailroom.html_page(format('%s: %s', s.name, f.file_name),
			format('<p class="lead">File %s, received %s, %s bytes, SHA-256 <code>%s</code>, %s.</p>', f.file_id, to_char(f.received_at AT TIME ZONE s.time_zone, 'YYYY-MM-DD HH24:MI'), f.content_bytes, encode(f.content_sha256, 'hex'), f.state)
			|| coalesce(mailroom.report_balance($1, $2), '')
			|| coalesce(mailroom.report_reconciliation($1, $2), '')
			|| coalesce((SELECT string_agg(mailroom.report_mailing(m.issuer_id, m.mailing_id), '' ORDER BY m.mailing_id) FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.file_id = $2 AND m.state <> 'open'), '')
			|| coalesce(mailroom.report_faults($1, $2), '')
			|| coalesce(mailroom.report_products($1, $2), ''))
		FROM mailroom.import_file f
			JOIN mailroom.issuer s ON s.issuer_id = f.issuer_id
		WHERE f.issuer_id = $1 AND f.file_id = $2;
END;
COMMENT ON FUNCTION mailroom.report_run(bigint, bigint) IS 'HTML page of a file''s way through the house: balance, reconciliation, postage, faults, products; NULL when there is no such file';

-- Stable shapes for reporting tools: columns are only ever added.
CREATE OR REPLACE VIEW mailroom_report.invoice WITH (security_invoker = true) AS
	SELECT i.issuer_id, i.invoice_id, i.origin, i.file_id, i.batch_id, i.state, i.invoice_number, i.type_code, i.issue_date, i.due_date, i.currency,
		i.net_total, i.tax_total, i.gross_total, i.payable_amount, i.buyer_no, i.buyer_name, i.buyer_country, i.line_count, i.received_at
	FROM mailroom.invoice i;
COMMENT ON VIEW mailroom_report.invoice IS 'one row an invoice, amounts in its currency';

CREATE OR REPLACE VIEW mailroom_report.mailing WITH (security_invoker = true) AS
	SELECT m.issuer_id, m.mailing_id, m.name, m.file_id, m.batch_id, m.hand_in_date, m.origin_country, coalesce(m.currency, s.currency) AS currency, m.state, m.letter_count,
		m.cost_micro / 1000000.0 AS cost, m.lower_bound_micro / 1000000.0 AS lower_bound,
		m.national_unsorted_micro / 1000000.0 AS national_unsorted, m.cheapest_list_micro / 1000000.0 AS cheapest_list, m.created_at, m.closed_at
	FROM mailroom.mailing m
		JOIN mailroom.issuer s ON s.issuer_id = m.issuer_id;
COMMENT ON VIEW mailroom_report.mailing IS 'one row a mailing, postage in currency units';

CREATE OR REPLACE VIEW mailroom_report.file WITH (security_invoker = true) AS
	SELECT f.issuer_id, f.file_id, f.file_name, f.format, f.layout, f.state, f.duplicate_of, f.content_bytes, f.document_count, f.accepted_count, f.set_aside_count, f.fault_count, f.received_at, f.imported_at, f.submitted_by
	FROM mailroom.import_file f;
COMMENT ON VIEW mailroom_report.file IS 'one row an imported file, without its content';

SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom_report.invoice'), ('mailroom_report.mailing'), ('mailroom_report.file')) AS t (name);
