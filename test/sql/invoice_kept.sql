-- the reader and the rules that validate_invoice keeps stay good after whatever ends a call early
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TEMP TABLE kept (what text, content bytea);
INSERT INTO kept
SELECT what, convert_to('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>1</cbc:ID><cbc:IssueDate>2026-10-31</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>'
	|| note || '<cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode><cac:AccountingSupplierParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>NO</cbc:IdentificationCode></cac:Country></cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>NO1</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity><cbc:RegistrationName>Seller</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty><cac:AccountingCustomerParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>NO</cbc:IdentificationCode></cac:Country></cac:PostalAddress><cac:PartyLegalEntity><cbc:RegistrationName>Buyer</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>'
	|| '<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">' || lines * 25 || '.00</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="NOK">' || lines * 100 || '.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="NOK">' || lines * 25 || '.00</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>'
	|| '<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="NOK">' || lines * 100 || '.00</cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID="NOK">' || lines * 100 || '.00</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="NOK">' || lines * 125 || '.00</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID="NOK">' || payable || '</cbc:PayableAmount></cac:LegalMonetaryTotal>'
	|| repeat('<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID="NOK">100.00</cbc:LineExtensionAmount><cac:Item><cbc:Name>n</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID="NOK">100.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>', lines)
	|| '</Invoice>', 'UTF8')
FROM (VALUES ('good', '', 2, '250.00'), ('wrong', '', 2, '251.00'), ('long text', '<cbc:Note>' || repeat('n', 2000) || '</cbc:Note>', 2, '250.00'),
	('many lines', '', 20000, '2500000.00')) AS d (what, note, lines, payable);
-- the verdicts that all others below have to match
CREATE TEMP VIEW verdicts AS SELECT k.what, v.rule, v.severity FROM kept AS k LEFT JOIN LATERAL mailroom.validate_invoice(k.content) AS v ON true;
SELECT * FROM verdicts ORDER BY 1, 2;

-- a limit in the middle of a document
SET mailroom.invoice_value_limit = '1kB';
SELECT rule, location FROM kept, mailroom.validate_invoice(content) WHERE what = 'long text';
SELECT rule FROM kept, mailroom.validate_invoice(content) WHERE what = 'wrong';
RESET mailroom.invoice_value_limit;
SELECT * FROM verdicts ORDER BY 1, 2;

-- a document that ends in its middle, and one that is none
SELECT rule FROM kept, mailroom.validate_invoice(substr(content, 1, 2000)) WHERE what IN ('good', 'many lines');
SELECT rule FROM mailroom.validate_invoice('nothing');
SELECT * FROM verdicts ORDER BY 1, 2;

-- a cancel while a long document is read
BEGIN;
SET LOCAL statement_timeout = '30ms';
SELECT count(v.rule) FROM kept, generate_series(1, 100) AS n, mailroom.validate_invoice(content || convert_to(repeat(E'\n', n), 'UTF8')) AS v WHERE what = 'many lines';
ROLLBACK;
SELECT * FROM verdicts ORDER BY 1, 2;

-- a code list that is missing
BEGIN;
DELETE FROM mailroom.code_list WHERE list = 'iso4217_currency';
SELECT rule FROM kept, mailroom.validate_invoice(content) WHERE what = 'good';
ROLLBACK;
SELECT * FROM verdicts ORDER BY 1, 2;

-- another profile between, and other rules by it
SELECT what, count(v.rule) > 0 AS findings FROM kept, mailroom.validate_invoice(content, 'peppol') AS v GROUP BY what ORDER BY what;
SELECT * FROM verdicts ORDER BY 1, 2;
DROP VIEW verdicts;
DROP TABLE kept;
