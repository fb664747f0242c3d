-- payment slips: what is refused, and what other channels say instead
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Giro AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET payee_account = '86011117947' WHERE issuer_id = :issuer;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, payee_account,
		buyer_name, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', number, '2026-11-01', type_code, currency, '2026-11-21', account, 'Kunde', 'NO', reference, payable, 0, payable, payable, 0, now()
	FROM (VALUES ('GIRO-OK', '380', 'NOK', NULL, '123456782', 1543.13), ('GIRO-KID', '380', 'NOK', NULL, '123456789', 1), ('GIRO-ACCOUNT', '380', 'NOK', '86011117940', '123456782', 1),
		('GIRO-EUR', '380', 'EUR', NULL, '123456782', 1), ('GIRO-LARGE', '380', 'NOK', NULL, '123456782', 100000000), ('GIRO-ORE', '380', 'NOK', NULL, '123456782', 1.005),
		('GIRO-CREDIT', '381', 'NOK', NULL, '123456782', -5), ('GIRO-OCR', '380', 'SEK', '5050-1055', '123456789', 1), ('GIRO-NONE', '380', 'SEK', '5050-1055', NULL, 1),
		('GIRO-PLAIN', '380', 'SEK', '50501055', '1230', 1), ('GIRO-IBAN', '380', 'SEK', 'SE4550000000058398257466', '1230', 1), ('GIRO-BG', '380', 'SEK', '5050-1055', '1230', 1))
		AS v (number, type_code, currency, account, reference, payable);

SELECT mailroom.check_template('<template name="t"><flow/><giro/></template>');
SELECT mailroom.check_template('<template name="t"><flow/><giro country="DK"/></template>');
SELECT mailroom.check_template('<template name="t"><flow/><giro country="SE" system="autogiro"/></template>');
SELECT mailroom.check_template('<template name="t"><flow/><giro country="SE" code="100"/></template>');
SELECT mailroom.check_template('<template name="t"><flow/><giro country="NO" account="{{konto}}"/></template>');
SELECT mailroom.check_template('<template name="t"><flow><giro country="NO"/></flow></template>');
SELECT mailroom.check_template('<template name="t"><flow/><giro system="plusgiro" country="SE" amount="blank" code="14" account="{{data.giro}}" if="currency=SEK"/></template>') IS NOT NULL AS checked;

-- each kind of refusal names what is wrong, and with which value
CREATE FUNCTION pg_temp.slip(number text, giro text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mailroom.preview_template(issuer_id, '<template name="t"><flow><text>x</text></flow>' || giro || '</template>', invoice_id) FROM mailroom.invoice WHERE invoice_number = number;
	RETURN 'set';
EXCEPTION WHEN SQLSTATE 'MR006' THEN
	RETURN regexp_replace(SQLERRM, '^.*line 1: ', '');
END $$;
SELECT v.number, pg_temp.slip(v.number, v.giro) AS said
	FROM (VALUES (1, 'GIRO-OK', '<giro country="NO"/>'), (2, 'GIRO-KID', '<giro country="NO"/>'), (3, 'GIRO-ACCOUNT', '<giro country="NO"/>'), (4, 'GIRO-EUR', '<giro country="NO"/>'),
		(5, 'GIRO-EUR', '<giro country="NO" if="currency=NOK"/>'), (6, 'GIRO-LARGE', '<giro country="NO"/>'), (7, 'GIRO-ORE', '<giro country="NO"/>'), (8, 'GIRO-CREDIT', '<giro country="NO"/>'),
		(9, 'GIRO-OCR', '<giro country="SE"/>'), (10, 'GIRO-NONE', '<giro country="SE"/>'), (11, 'GIRO-PLAIN', '<giro country="SE"/>'), (12, 'GIRO-PLAIN', '<giro country="SE" system="bankgiro"/>'),
		(13, 'GIRO-IBAN', '<giro country="SE"/>'), (14, 'GIRO-BG', '<giro country="SE"/>'), (15, 'GIRO-OK', '<giro country="NO" form="12"/>'), (16, 'GIRO-OK', '<giro country="NO"/><giro country="SE"/>'),
		(17, 'GIRO-OK', '<giro country="NO" account="{{data.konto}}"/>'), (18, 'GIRO-OK', '<giro country="NO" account="8601.11.17947"/>'), (19, 'GIRO-OK', '<giro country="SE" account="5050-1055"/>')) AS v (no, number, giro)
	ORDER BY v.no;

-- other channels have nothing to cut off: they say who, where to, what to write, until when and how much
SELECT convert_from(c.content, 'UTF8') AS text
	FROM mailroom.invoice i, LATERAL mailroom.preview_channel(i.issuer_id, i.invoice_id, 'text', '<template name="t"><flow><text>x</text></flow><giro country="NO"/></template>') AS c
	WHERE i.invoice_number = 'GIRO-OK';
SELECT position('id="pay"' IN convert_from(c.content, 'UTF8')) > 0 AS pay_part, position('<span class="copy"><span>1234</span><span>56782</span></span>' IN convert_from(c.content, 'UTF8')) > 0 AS copied
	FROM mailroom.invoice i, LATERAL mailroom.preview_channel(i.issuer_id, i.invoice_id, 'html', '<template name="t"><flow><text>x</text></flow><giro country="NO"/></template>') AS c
	WHERE i.invoice_number IN ('GIRO-OK', 'GIRO-CREDIT') ORDER BY i.invoice_number DESC;
