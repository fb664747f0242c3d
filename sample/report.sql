-- What the demo prints, and the products it leaves: print files, tickets, pages, a fault report.
\pset footer off
\pset border 1
\pset null ''
SET client_min_messages = warning;
SELECT issuer_id AS fuel FROM mailroom.issuer WHERE name = 'Nordkort Drivstoff AS' \gset
SELECT issuer_id AS road FROM mailroom.issuer WHERE name = 'Nordkort Veihjelp AS' \gset
SELECT file_id AS file FROM mailroom.import_file WHERE issuer_id = :fuel ORDER BY file_id LIMIT 1 \gset

\echo
\echo '== Reconciliation: every invoice is somewhere, exactly once'
SELECT coalesce(f.file_name, 'batch ' || b.batch_key, 'self-billed') AS source, r.currency, r.received, r.refused, r.set_aside, r.in_work, r.printed, r.archived, r.rejected + r.replaced AS settled,
		r.received_sum, r.set_aside_sum, r.archived_sum, r.difference, r.difference_sum
	FROM mailroom.reconciliation r
		LEFT JOIN mailroom.import_file f USING (issuer_id, file_id)
		LEFT JOIN mailroom.import_batch b ON b.issuer_id = r.issuer_id AND b.batch_id = r.batch_id
	ORDER BY r.issuer_id, 1, 2;

\echo '== Set aside, and why (they wait for a replacement, a rejection or a release; the fault report goes back to the sender)'
SELECT i.invoice_number, f.location, f.rule, f.message
	FROM mailroom.import_fault f
		JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.file_id = f.file_id AND i.document_no = f.document_no
	WHERE f.issuer_id = :fuel AND f.severity = 'fatal'
	ORDER BY f.document_no, f.rule
	LIMIT 20;

\echo '== Postage: the plan, its bound, and what people do without one'
SELECT m.mailing_id AS mailing, m.origin_country AS "from", m.letter_count AS letters, mailroom.micro_text(m.cost_micro, c.currency) AS plan, mailroom.micro_text(m.lower_bound_micro, c.currency) AS "proven bound",
		mailroom.micro_text(m.national_unsorted_micro, c.currency) AS "national, unsorted", mailroom.micro_text(m.cheapest_list_micro, c.currency) AS "cheapest list price", m.plan #>> '{baselines,cheapest_list,broken}' AS "breaks rules",
		round(100.0 * (m.national_unsorted_micro - m.cost_micro) / m.national_unsorted_micro, 1) || ' %' AS saved
	FROM mailroom.mailing m
		JOIN mailroom.issuer s USING (issuer_id)
		CROSS JOIN LATERAL (SELECT coalesce(m.currency, s.currency) AS currency) c
	ORDER BY m.mailing_id;
SELECT p.mailing_id AS mailing, p.offer, count(*) AS letters, count(DISTINCT p.bundle_no) AS bundles, round(sum(p.grams) / 1000.0, 1) AS kg, round(sum(p.price_micro) / 1000000.0, 2) AS price
	FROM mailroom.letter_postage p
	GROUP BY 1, 2
	ORDER BY 1, 3 DESC;

\echo '== One invoice, from file line to bundle and archive'
SELECT t.step, t.detail
	FROM mailroom.invoice_trace(:fuel, (SELECT i.invoice_number FROM mailroom.invoice i WHERE i.issuer_id = :fuel AND i.state = 'archived' AND i.line_count > 40 ORDER BY i.invoice_id LIMIT 1)) t
	ORDER BY t.step_no;

\echo '== Archive'
SELECT s.name AS issuer, (SELECT count(*) FROM mailroom.document d WHERE d.issuer_id = s.issuer_id) AS documents, (SELECT count(*) FROM mailroom.verify_archive(s.issuer_id)) AS defects
	FROM mailroom.issuer s ORDER BY s.issuer_id;

\echo '== How long it took'
SELECT coalesce(f.file_name, 'batch') AS source, f.document_count AS documents, date_trunc('milliseconds', f.imported_at - f.received_at) AS import, date_trunc('milliseconds', r.render_time) AS "render, archive",
		date_trunc('milliseconds', r.plan_time) AS postage, date_trunc('milliseconds', r.print_time) AS "print, read back", date_trunc('milliseconds', r.closed_at - coalesce(f.received_at, r.started_at)) AS total
	FROM mailroom.run r
		LEFT JOIN mailroom.import_file f USING (issuer_id, file_id)
	WHERE r.invoice_id IS NULL
	ORDER BY r.run_id;

-- products
SELECT mailroom.write_fault_report(:fuel, :file) \g /dev/null
SELECT mailroom.write_outgoing_file(o.issuer_id, o.outgoing_file_id)
	FROM mailroom.outgoing_file o
	WHERE o.state <> 'writing'
	ORDER BY o.outgoing_file_id \g /dev/null
\pset format unaligned
\pset tuples_only on
SELECT mailroom.report_run(:fuel, :file) \g :out/report.html
SELECT string_agg(format('issuer %s: %s documents, %s defects', s.name, (SELECT count(*) FROM mailroom.document d WHERE d.issuer_id = s.issuer_id), (SELECT count(*) FROM mailroom.verify_archive(s.issuer_id))), E'\n' ORDER BY s.issuer_id)
	FROM mailroom.issuer s \g :out/archive-check.txt
