-- what an invoice says: one, many, wrapped, zipped; and what is refused
\set VERBOSITY default
\pset null '(null)'
SET client_min_messages = warning;
CREATE TEMP TABLE sample (name text PRIMARY KEY, content text);
INSERT INTO sample VALUES ('invoice', '<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
<cbc:ID>F-1001</cbc:ID>
<cbc:IssueDate>2026-10-31</cbc:IssueDate>
<cbc:DueDate>2026-11-14+01:00</cbc:DueDate>
<cbc:InvoiceTypeCode listID="UNCL1001">380</cbc:InvoiceTypeCode>
<cbc:Note>#AAI#Cards of October</cbc:Note>
<cbc:Note>Å &amp; Ö</cbc:Note>
<cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode>
<cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode>
<cac:InvoicePeriod><cbc:StartDate>2026-10-01</cbc:StartDate><cbc:EndDate>2026-10-31</cbc:EndDate></cac:InvoicePeriod>
<cac:AdditionalDocumentReference><cbc:ID schemeID="ABT">CARD-77</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>
<cac:AdditionalDocumentReference><cbc:ID>terms</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="a&amp;b.csv">QQ==</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>
<cac:AccountingSupplierParty><cac:Party>
<cac:PartyIdentification><cbc:ID schemeID="0088">7300010000001</cbc:ID></cac:PartyIdentification>
<cac:PartyIdentification><cbc:ID schemeID="SEPA">NO13ZZZ1</cbc:ID></cac:PartyIdentification>
<cac:PostalAddress><cbc:CityName>Oslo</cbc:CityName><cac:Country><cbc:IdentificationCode>NO</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
<cac:PartyTaxScheme><cbc:CompanyID>NO954822095MVA</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyTaxScheme><cbc:CompanyID>Foretaksregisteret</cbc:CompanyID><cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Nordkort AS</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cbc:WebsiteURI>https://example.org</cbc:WebsiteURI>
<cac:PostalAddress><cac:Country><cbc:IdentificationCode>NO</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
<cac:PartyLegalEntity><cbc:RegistrationName>Fjordtransport AS</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:AllowanceChargeReason>Invoice fee</cbc:AllowanceChargeReason><cbc:Amount currencyID="NOK">49.50</cbc:Amount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:AllowanceCharge>
<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">37.38</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="NOK">149.50</cbc:TaxableAmount><cbc:TaxAmount currencyID="NOK">37.38</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">36.10</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="NOK">+100.00</cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID="NOK">149.50</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="NOK">186.88</cbc:TaxInclusiveAmount><cbc:ChargeTotalAmount currencyID="NOK">49.50</cbc:ChargeTotalAmount><cbc:PayableAmount currencyID="NOK"> 186.88 </cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="LTR">5.500</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID="NOK">100.00</cbc:LineExtensionAmount>
<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode><cbc:Amount currencyID="NOK">10</cbc:Amount></cac:AllowanceCharge>
<cac:Item><cbc:Name>Diesel</cbc:Name><cac:CommodityClassification><cbc:ItemClassificationCode listID="TST">15101505</cbc:ItemClassificationCode></cac:CommodityClassification><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory><cac:AdditionalItemProperty><cbc:Name>Station</cbc:Name><cbc:Value>Lillestrøm</cbc:Value></cac:AdditionalItemProperty></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="NOK">20</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
</Invoice>');
SELECT jsonb_pretty(mailroom.parse_invoice(convert_to(content, 'UTF8'))) FROM sample WHERE name = 'invoice';

-- the same in a wrapper element, as credit note, in UTF-16 and in ISO 8859-1
CREATE TEMP VIEW body AS SELECT regexp_replace(content, '^<\?xml[^>]*\?>\n', '') AS xml FROM sample WHERE name = 'invoice';
CREATE TEMP VIEW credit AS SELECT replace(replace(replace(xml, 'xsd:Invoice-2', 'xsd:CreditNote-2'), 'InvoiceLine>', 'CreditNoteLine>'), '<Invoice ', '<CreditNote ') AS almost FROM body;
CREATE TEMP VIEW credit_note AS SELECT replace(replace(replace(almost, '</Invoice>', '</CreditNote>'), 'InvoicedQuantity', 'CreditedQuantity'), 'InvoiceTypeCode', 'CreditNoteTypeCode') AS xml FROM credit;
SELECT j ->> 'format' AS format, j ->> 'bt_1' AS number, j ->> 'line_count' AS lines, j #>> '{bg_25,0,bt_129}' AS quantity
FROM body, credit_note, mailroom.parse_invoices(convert_to('<batch xmlns="urn:x" no="7"><head>x</head>' || body.xml || credit_note.xml || body.xml || '</batch>', 'UTF8')) WITH ORDINALITY AS p (j, no)
ORDER BY no;
SELECT mailroom.parse_invoice(convert_to(content, 'UTF8')) = mailroom.parse_invoice(convert_to(replace(replace(content, 'UTF-8', 'ISO-8859-1'), 'x', 'x'), 'LATIN1')) AS same_in_latin1
FROM sample WHERE name = 'invoice';
SELECT mailroom.parse_invoice(convert_to(content, 'UTF8')) = mailroom.parse_invoice('\xefbbbf'::bytea || convert_to(content, 'UTF8')) AS same_with_mark
FROM sample WHERE name = 'invoice';

SELECT p ->> 'bt_27' AS seller, p ->> 'bt_112' AS total
FROM (SELECT '<?xml version="1.0" encoding="UTF-16"?>' || replace(replace(xml, 'Å', 'A'), 'ø', 'o') AS ascii FROM body) AS b,
	LATERAL (SELECT string_agg(convert_to(substr(replace(ascii, 'Ö', 'O'), g, 1), 'UTF8') || '\x00'::bytea, '' ORDER BY g) AS wide FROM generate_series(1, length(ascii)) AS g) AS w,
	mailroom.parse_invoice('\xfffe'::bytea || wide) AS p;

-- refused, with the place
CREATE FUNCTION pg_temp.refusal(content bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	PERFORM count(*) FROM mailroom.parse_invoices(content);
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	-- the words of libxml2 change with its versions
	RETURN SQLSTATE || ' ' || CASE WHEN detail ~ 'XML-(SYNTAX|NAMESPACE)|ENCODING, line (8|11)' THEN '' ELSE SQLERRM || ' | ' END || coalesce(detail, '');
END $$;
SELECT what, pg_temp.refusal(content) AS refusal
FROM (
	SELECT 1, 'empty', ''::bytea
	UNION ALL SELECT 2, 'blank', convert_to(E' \n\t ', 'UTF8')
	UNION ALL SELECT 3, 'PNG called .xml', '\x89504e470d0a1a0a0000000d49484452'
	UNION ALL SELECT 4, 'PDF', convert_to('%PDF-1.7', 'UTF8')
	UNION ALL SELECT 5, 'JSON', convert_to('{"a":1}', 'UTF8')
	UNION ALL SELECT 6, 'truncated', convert_to(left(xml, 900), 'UTF8') FROM body
	UNION ALL SELECT 7, 'DOCTYPE', convert_to('<!DOCTYPE a [<!ENTITY x "y">]>' || xml, 'UTF8') FROM body
	UNION ALL SELECT 8, 'late DOCTYPE', convert_to(E'<!-- x -->\n\n<!DOCTYPE a>' || xml, 'UTF8') FROM body
	UNION ALL SELECT 9, 'undefined entity', convert_to(replace(xml, 'F-1001', '&nbsp;'), 'UTF8') FROM body
	UNION ALL SELECT 10, '100,000 levels', convert_to(replace(xml, 'F-1001', repeat('<a>', 100000)), 'UTF8') FROM body
	UNION ALL SELECT 11, '5,000 attributes', convert_to(replace(xml, '<cbc:ID>F', '<cbc:ID ' || (SELECT string_agg(format('a%s="1"', g), ' ') FROM generate_series(1, 5000) g) || '>F'), 'UTF8') FROM body
	UNION ALL SELECT 12, '1,000 unknown names', convert_to(replace(xml, '<cbc:ID>F', (SELECT string_agg(format('<a%s/>', g), '') FROM generate_series(1, 1000) g) || '<cbc:ID>F'), 'UTF8') FROM body
	UNION ALL SELECT 13, '2 MB number', convert_to(replace(xml, 'F-1001', repeat('9', 2000000)), 'UTF8') FROM body
	UNION ALL SELECT 14, '2 MB comment', convert_to(replace(xml, 'F-1001', '<!--' || repeat('9', 2000000) || '-->'), 'UTF8') FROM body
	UNION ALL SELECT 15, 'undeclared prefix', convert_to(replace(xml, 'cbc:ID>F', 'cbd:ID>F'), 'UTF8') FROM body
	UNION ALL SELECT 16, 'Latin-1 called UTF-8', convert_to('<?xml version="1.0" encoding="UTF-8"?>' || xml, 'LATIN1') FROM body
	UNION ALL SELECT 17, 'NUL byte', overlay(convert_to(xml, 'UTF8') PLACING '\x00' FROM 700 FOR 1) FROM body
	UNION ALL SELECT 18, 'encoding that hides tags', convert_to('<?xml version="1.0" encoding="UTF-7"?>' || xml, 'UTF8') FROM body
	UNION ALL SELECT 19, 'UTF-16 without mark', '\x3c003f0078006d006c00'::bytea
	UNION ALL SELECT 20, 'half a UTF-16 character', '\xfffe3c0061003e0000d8'::bytea
	UNION ALL SELECT 27, 'UTF-8 called UTF-16', convert_to('<?xml version="1.0" encoding="UTF-16"?>' || xml, 'UTF8') FROM body
	UNION ALL SELECT 28, 'UTF-16 that is no XML', '\xfffe61003b0062000a00'::bytea
	UNION ALL SELECT 29, 'cut in a tag', convert_to(left(xml, 700), 'UTF8') FROM body
	UNION ALL SELECT 21, 'no invoice', convert_to('<html><body>no</body></html>', 'UTF8')
	UNION ALL SELECT 22, 'another namespace', convert_to(replace(xml, 'xsd:Invoice-2', 'xsd:Invoice-3'), 'UTF8') FROM body
	UNION ALL SELECT 23, 'two roots', convert_to(xml || xml, 'UTF8') FROM body
	UNION ALL SELECT 24, 'ZIP with a broken member', '\x504b0304140000000800000000000000000005000000050000000100000061ffffffffff'::bytea
	UNION ALL SELECT 25, 'cut ZIP', '\x504b03041400000008'::bytea
	UNION ALL SELECT 26, 'encrypted ZIP', '\x504b030414000100080000000000000000000500000005000000010000006100'::bytea
) AS bad (no, what, content)
ORDER BY no;
SELECT mailroom.parse_invoice(convert_to('<b>' || xml || xml || '</b>', 'UTF8')) FROM body;
SELECT count(*) FROM mailroom.parse_invoices(convert_to((SELECT xml FROM body), 'UTF8'), 'no such layout');
SELECT count(*) FROM mailroom.parse_invoices(NULL);
SELECT mailroom.parse_invoice(NULL);

-- ZIP files: stored and deflated members, a directory, a wrapper inside; sizes behind the data; what is refused in them
CREATE TEMP TABLE zip AS SELECT * FROM (VALUES
	(1, 'three invoices', decode('UEsDBBQAAAAIAIkwdl0AAAAAAgAAAAAAAAAIAAAAb2N0b2Jlci8DAFBLAwQUAAAAAAAAACFcdgXRb7cAAAC3AAAADQAAAG9jdG9iZXIvYS54bWw8SW52b2ljZSB4bWxucz0idXJuOm9hc2lzOm5hbWVzOnNwZWNpZmljYXRpb246dWJsOnNjaGVtYTp4c2Q6SW52b2ljZS0yIiB4bWxuczpjYmM9InVybjpvYXNpczpuYW1lczpzcGVjaWZpY2F0aW9uOnVibDpzY2hlbWE6eHNkOkNvbW1vbkJhc2ljQ29tcG9uZW50cy0yIj48Y2JjOklEPlotMTwvY2JjOklEPjwvSW52b2ljZT5QSwMEFAAAAAgAAAAhXKplwWh/AAAAeQEAAA0AAABvY3RvYmVyL2IueG1s1ZCxDsIwDER/BXWvIpXNChmApb/A5hojIsV2hVvUzyeIjCyMbDfcvTtdxFJSHPVpmXi3SVE/dOtDwdCzg6Kwg89M+ZYJl2wK61TA6c6CsPkVWrYfuk8caKIfEScTMT1WO1U5m7IuXoEpVhaM53TphxiajqE1/sPs/bfZ4f35C1BLAQIUAxQAAAAIAIkwdl0AAAAAAgAAAAAAAAAIAAAAAAAAAAAAEAD9QQAAAABvY3RvYmVyL1BLAQIUAxQAAAAAAAAAIVx2BdFvtwAAALcAAAANAAAAAAAAAAAAAACAASgAAABvY3RvYmVyL2EueG1sUEsBAhQDFAAAAAgAAAAhXKplwWh/AAAAeQEAAA0AAAAAAAAAAAAAAIABCgEAAG9jdG9iZXIvYi54bWxQSwUGAAAAAAMAAwCsAAAAtAEAAAAA', 'base64')),
	(2, 'streamed', decode('UEsDBBQACAAIAAAAIVwAAAAAAAAAAAAAAAAFAAAAcy54bWyVjTEOwkAMBL+C0keRENXquAJo8gW6izHCUmxHOEF5PidxH6CbYmc2jfZxIT7sOlucu+1t8BISsKIciIVJnkJlFTds04ygF2vBHg80tz92Px000Z+Jq6u6XeqcKi5ubGvUYE61hfGW7/0pDY3T0B7zF1BLBwhp1VtEcQAAALcAAABQSwECFAMUAAgACAAAACFcadVbRHEAAAC3AAAABQAAAAAAAAAAAAAAgAEAAAAAcy54bWxQSwUGAAAAAAEAAQAzAAAApAAAAAAA', 'base64')),
	(3, 'bomb', decode('UEsDBBQAAAAIAAAAIVwsFY2lPg8AAAcJPQAIAAAAYm9tYi54bWztwYEQAAAIBDCVDBLo3iV/iTy6bbMpAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADgvenNAVBLAQIUAxQAAAAIAAAAIVwsFY2lPg8AAAcJPQAIAAAAAAAAAAAAAACAAQAAAABib21iLnhtbFBLBQYAAAAAAQABADYAAABkDwAAAAA=', 'base64')),
	(4, 'a text file', decode('UEsDBBQAAAAAAAAAIVyGphA2BQAAAAUAAAAKAAAAcmVhZG1lLnR4dGhlbGxvUEsBAhQDFAAAAAAAAAAhXIamEDYFAAAABQAAAAoAAAAAAAAAAAAAAIABAAAAAHJlYWRtZS50eHRQSwUGAAAAAAEAAQA4AAAALQAAAAAA', 'base64'))
) AS z (no, what, content);
SELECT what, j ->> 'bt_1' AS number FROM zip, mailroom.parse_invoices(content) WITH ORDINALITY AS p (j, n) WHERE zip.no <= 2 ORDER BY zip.no, n;
SELECT what, pg_temp.refusal(content) AS refusal FROM zip WHERE no > 2 ORDER BY no;
-- every cut is noticed
SELECT what, count(*) FILTER (WHERE pg_temp.refusal(substr(content, 1, cut)) = 'accepted') AS accepted
FROM zip, LATERAL generate_series(0, length(content) - 20, 7) AS cut WHERE no <= 2 GROUP BY no, what ORDER BY no;
-- so is a changed bit of the content
SELECT what, pg_temp.refusal(set_bit(content, 8 * (length(content) / 4), 1 - get_bit(content, 8 * (length(content) / 4)))) LIKE 'MR00%' AS refused
FROM zip WHERE no = 1;

-- limits are settings
SET mailroom.invoice_value_limit = '1kB';
SELECT pg_temp.refusal(convert_to(replace(xml, 'F-1001', repeat('9', 2000)), 'UTF8')) FROM body;
RESET mailroom.invoice_value_limit;

-- a cancel comes through in the middle of a large file
SELECT convert_to('<b>' || (SELECT string_agg(xml, '') FROM body, generate_series(1, 8000)) || '</b>', 'UTF8') AS content INTO TEMP large;
BEGIN;
SET LOCAL statement_timeout = '50ms';
SELECT count(*) FROM mailroom.parse_invoices((SELECT content FROM large));
ROLLBACK;
DROP TABLE large;
-- record files by their layout, and by content
SELECT p ->> 'bt_1' AS number, p ->> 'line_count' AS lines FROM mailroom.parse_invoices(convert_to('a,b', 'UTF8'), 'csv-flat') AS p;
