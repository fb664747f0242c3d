-- The order with another price than agreed was held back; once repriced, the month is proposed, accepted because the
-- partner does not object, and issued in the partner's name.
\set QUIET 1
SELECT issuer_id AS road FROM mailroom.issuer WHERE name = 'Nordkort Veihjelp AS' \gset
\pset footer off
\echo
\echo '== Self-billing: a towing partner''s orders, compared with the agreed price'
SELECT order_key, net_amount, agreed_price, state, reason FROM mailroom.settlement_order WHERE issuer_id = :road ORDER BY 1;
SELECT mailroom.reprice_order(:road, 'A-1003', 950, 'agreed by phone') \g /dev/null
SELECT mailroom.propose_open_orders(:road, 'TOW-7', '2026-10-31') \g /dev/null
SELECT mailroom.tick_selfbilling(:road, '2026-11-06') \g /dev/null
\echo '== ... proposed, accepted by deadline, and issued'
SELECT invoice_number, issued_on, due_on, net_total, tax_total, state
	FROM mailroom.issue_self_billed(:road, 'TOW-7/2026-10-31/1', '2026-11-07');
\echo '== Credit watch: a rating drop arrives as an alert'
SELECT position, rule, severity, state, text FROM mailroom.alert_feed ORDER BY position;
