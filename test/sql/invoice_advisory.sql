-- the advisory layer: elements that EN 16931 does not use, once for each rule and context node
\set ubl 'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
\set cii 'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"'
CREATE TEMP TABLE advised AS
SELECT no, convert_to(xml, 'UTF8') AS content FROM (VALUES
(1, '<Invoice ' || :'ubl' || '>
<cbc:UBLVersionID>2.0</cbc:UBLVersionID>
<cbc:ID schemeID="x" schemeName="y">1</cbc:ID>
<cbc:IssueTime>12:00:00</cbc:IssueTime>
<cac:PaymentMeans><cbc:PaymentMeansCode name="fine">30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-12-01</cbc:PaymentDueDate></cac:PaymentMeans>
<cac:InvoiceLine><cbc:UUID>a</cbc:UUID><cac:Price><cac:AllowanceCharge><cbc:AllowanceChargeReason>r</cbc:AllowanceChargeReason></cac:AllowanceCharge></cac:Price></cac:InvoiceLine>
<cac:InvoiceLine><cbc:UUID>b</cbc:UUID><cbc:Note languageID="fi" name="n">n</cbc:Note></cac:InvoiceLine>
</Invoice>'),
(2, '<CreditNote ' || replace(:'ubl', 'Invoice-2', 'CreditNote-2') || '>
<cac:PaymentMeans><cbc:PaymentDueDate>2026-12-01</cbc:PaymentDueDate></cac:PaymentMeans>
<cac:CreditNoteLine><cbc:UUID>b</cbc:UUID></cac:CreditNoteLine>
<cac:Price><cbc:UUID>not there</cbc:UUID></cac:Price>
</CreditNote>'),
(3, '<rsm:CrossIndustryInvoice ' || :'cii' || '>
<rsm:ExchangedDocument><ram:Name>Invoice</ram:Name></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:ID>1</ram:ID></ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:BasisAmount>1</ram:BasisAmount><ram:CategoryCode listID="x" listURI="y">S</ram:CategoryCode></ram:ApplicableTradeTax></ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:ID>1</ram:ID><ram:ID>2</ram:ID></ram:SpecifiedTradeProduct></ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement><ram:BuyerTradeParty><ram:ID>1</ram:ID><ram:GlobalID schemeID="0088">2</ram:GlobalID></ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:ApplicableTradeTax><ram:CategoryName>a</ram:CategoryName></ram:ApplicableTradeTax><ram:ApplicableTradeTax><ram:CategoryName>b</ram:CategoryName></ram:ApplicableTradeTax></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>')) AS document (no, xml);
SELECT no, v.rule, v.location, v.message FROM advised, mailroom.validate_invoice(content, '+advisory') AS v
WHERE v.severity = 'warning' ORDER BY no, v.rule COLLATE "C", v.location COLLATE "C";
-- never without being asked for
SELECT count(*) FROM advised, mailroom.validate_invoice(content) AS v WHERE v.severity = 'warning';
-- and the verdict does not change
SELECT no, count(*) FILTER (WHERE layer = 'en16931') = count(*) FILTER (WHERE layer = 'en16931+advisory') AS same
FROM advised, (VALUES ('en16931'), ('en16931+advisory')) AS layers (layer), mailroom.validate_invoice(content, layer) AS v
WHERE v.severity = 'fatal' GROUP BY no ORDER BY no;
SELECT count(DISTINCT rule) FILTER (WHERE ubl) AS ubl, count(DISTINCT rule) FILTER (WHERE cii) AS cii, bool_and(message <> '') AS told
FROM mailroom.list_rules() WHERE rule_set = 'advisory';
DROP TABLE advised;
