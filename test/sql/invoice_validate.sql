-- findings of one invoice: rules, values, files that cannot be read
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TEMP TABLE base AS SELECT $x$<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>1</cbc:ID><cbc:IssueDate>2026-10-31</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>NO</cbc:IdentificationCode></cac:Country></cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>NO1</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity><cbc:RegistrationName>Seller</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty><cac:AccountingCustomerParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>NO</cbc:IdentificationCode></cac:Country></cac:PostalAddress><cac:PartyLegalEntity><cbc:RegistrationName>Buyer</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:AllowanceChargeReason>r</cbc:AllowanceChargeReason><cbc:Amount currencyID="NOK">10.00</cbc:Amount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25.0</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:AllowanceCharge>
<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">22.63</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="NOK">90.50</cbc:TaxableAmount><cbc:TaxAmount currencyID="NOK">22.63</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="NOK">100.50</cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID="NOK">90.50</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="NOK">113.13</cbc:TaxInclusiveAmount><cbc:AllowanceTotalAmount currencyID="NOK">10.00</cbc:AllowanceTotalAmount><cbc:PayableAmount currencyID="NOK">113.13</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID="NOK">100.50</cbc:LineExtensionAmount><cac:Item><cbc:Name>n</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID="NOK">100.50</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
</Invoice>$x$ AS xml;
SELECT count(*) AS findings FROM base, mailroom.validate_invoice(convert_to(xml, 'UTF8'));

SELECT what, v.rule, v.severity, v.location, v.message
FROM base, (VALUES
	(1, 'lines', '100.50</cbc:LineExtensionAmount><cac:Item>', '100.51</cbc:LineExtensionAmount><cac:Item>'),
	(2, 'allowance total', '<cbc:AllowanceTotalAmount currencyID="NOK">10.00', '<cbc:AllowanceTotalAmount currencyID="NOK">11.00'),
	(3, 'no allowance total', '<cbc:AllowanceTotalAmount currencyID="NOK">10.00</cbc:AllowanceTotalAmount>', ''),
	(4, 'tax total', '<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">22.63', '<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">22.62'),
	(5, 'amount due off by one øre', '113.13</cbc:PayableAmount>', '113.14</cbc:PayableAmount>'),
	(6, 'tax of another rate', '<cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory>', '<cbc:Percent>12</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory>'),
	(7, 'currency', '<cbc:DocumentCurrencyCode>NOK', '<cbc:DocumentCurrencyCode>SEK'),
	(8, 'reason', '<cbc:AllowanceChargeReason>r</cbc:AllowanceChargeReason>', ''),
	(9, 'VAT prefix', '>NO1<', '>QQ1<'),
	(10, 'not a number', '113.13</cbc:PayableAmount>', '113,13</cbc:PayableAmount>'),
	(11, 'NaN', '113.13</cbc:PayableAmount>', 'NaN</cbc:PayableAmount>'),
	(12, 'exponent', '113.13</cbc:PayableAmount>', '1.1313e2</cbc:PayableAmount>'),
	(13, 'empty amount', '113.13</cbc:PayableAmount>', '</cbc:PayableAmount>'),
	(14, '40 digits', '113.13</cbc:PayableAmount>', '1111111111111111111111111111111111111111</cbc:PayableAmount>'),
	(15, '40 decimals of nothing', '113.13</cbc:PayableAmount>', '113.1300000000000000000000000000000000000000</cbc:PayableAmount>'),
	(16, 'no such day', '2026-10-31', '2026-02-30'),
	(17, 'indicator', '>false<', '>no<'),
	(18, 'amount twice', '<cbc:PayableAmount', '<cbc:PayableAmount currencyID="NOK">1</cbc:PayableAmount><cbc:PayableAmount'),
	(19, 'invoice number twice', '<cbc:ID>1</cbc:ID><cbc:IssueDate>', '<cbc:ID>1</cbc:ID><cbc:ID>2</cbc:ID><cbc:IssueDate>'),
	(20, 'cut', '</Invoice>', ''),
	(21, 'sum over the range', '100.50</cbc:LineExtensionAmount><cac:Item>', '99999999999999999999999999999999999999</cbc:LineExtensionAmount><cac:Item>')
) AS change (no, what, old, new), mailroom.validate_invoice(convert_to(replace(xml, old, new), 'UTF8')) WITH ORDINALITY AS v
WHERE v.rule NOT IN ('XML-SYNTAX')
ORDER BY change.no, v.ordinality;

-- a file that cannot be read is a finding as well, never an error
SELECT what, v.rule, v.severity, v.location
FROM (SELECT 1, 'empty', ''::bytea UNION ALL SELECT 2, 'PNG', '\x89504e470d0a1a0a'::bytea
	UNION ALL SELECT 3, 'cut', convert_to(left(xml, 700), 'UTF8') FROM base
	UNION ALL SELECT 4, 'DOCTYPE', convert_to('<!DOCTYPE x>' || xml, 'UTF8') FROM base
	UNION ALL SELECT 5, 'bytes', '\x3cff'::bytea
	UNION ALL SELECT 6, 'NULL', NULL) AS bad (no, what, content), mailroom.validate_invoice(content) AS v
ORDER BY no;
-- several invoices: the place says which
SELECT v.rule, v.location FROM base, mailroom.validate_invoice(convert_to('<b>' || xml || replace(xml, '113.13</cbc:Pay', '113.14</cbc:Pay') || '</b>', 'UTF8')) AS v;
-- profiles
-- a profile by name adds its layer
SELECT rule, severity, location FROM base, mailroom.validate_invoice(convert_to(xml, 'UTF8'), 'peppol+advisory') ORDER BY rule COLLATE "C", location;
SELECT * FROM mailroom.validate_invoice('x', 'peppol-next');

-- bytes and characters that are none: what was found, and what was expected
SELECT what, v.rule, v.message FROM (VALUES (1, 'Latin-1 that says nothing', '\x3c496e766f6963653ee53c2f496e766f6963653e'::bytea),
	(2, 'a control character', convert_to(E'<Invoice>\u0007</Invoice>', 'UTF8')), (3, 'a reference to one', convert_to('<Invoice>&#1;</Invoice>', 'UTF8')),
	(4, 'an encoding of nobody', convert_to('<?xml version="1.0" encoding="EBCDIC-42"?><Invoice/>', 'UTF8'))) AS c (no, what, content), mailroom.validate_invoice(content) AS v ORDER BY no;
