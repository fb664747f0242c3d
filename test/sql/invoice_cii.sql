-- the Cross Industry Invoice: every business term, what has none, dates, profiles of Factur-X
\set ON_ERROR_STOP 1
\pset format unaligned
\pset tuples_only on
-- cii(document, lines, agreement, delivery, settlement): an invoice of these parts
CREATE FUNCTION pg_temp.cii(document text, lines text, agreement text, delivery text, settlement text) RETURNS bytea LANGUAGE sql AS
$$SELECT convert_to('<?xml version="1.0" encoding="UTF-8"?>
<a:CrossIndustryInvoice xmlns:a="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" xmlns:u="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100" xmlns:q="urn:un:unece:uncefact:data:standard:QualifiedDataType:100">
<a:ExchangedDocumentContext><BusinessProcessSpecifiedDocumentContextParameter><ID>urn:process</ID></BusinessProcessSpecifiedDocumentContextParameter><GuidelineSpecifiedDocumentContextParameter><ID>urn:cen.eu:en16931:2017</ID></GuidelineSpecifiedDocumentContextParameter></a:ExchangedDocumentContext>
<a:ExchangedDocument>' || document || '</a:ExchangedDocument><a:SupplyChainTradeTransaction>' || lines || '
<ApplicableHeaderTradeAgreement>' || agreement || '</ApplicableHeaderTradeAgreement>
<ApplicableHeaderTradeDelivery>' || delivery || '</ApplicableHeaderTradeDelivery>
<ApplicableHeaderTradeSettlement>' || settlement || '</ApplicableHeaderTradeSettlement></a:SupplyChainTradeTransaction></a:CrossIndustryInvoice>', 'UTF8')$$;
CREATE FUNCTION pg_temp.address(prefix text) RETURNS text LANGUAGE sql AS
$$SELECT format('<PostalTradeAddress><PostcodeCode>%1$s post</PostcodeCode><LineOne>%1$s one</LineOne><LineTwo>%1$s two</LineTwo><LineThree>%1$s three</LineThree><CityName>%1$s city</CityName><CountryID>SE</CountryID><CountrySubDivisionName>%1$s part</CountrySubDivisionName></PostalTradeAddress>', prefix)$$;
CREATE FUNCTION pg_temp.day(element text, text, format text DEFAULT '102') RETURNS text LANGUAGE sql AS
$$SELECT format('<%1$s><u:DateTimeString format="%3$s">%2$s</u:DateTimeString></%1$s>', element, $2, format)$$;
CREATE TEMP TABLE content (name text, bytes bytea);
INSERT INTO content SELECT 'full', pg_temp.cii(
	'<ID>F-1</ID><TypeCode>381</TypeCode>' || pg_temp.day('IssueDateTime', '20261031')
	|| '<IncludedNote><Content>First note</Content><SubjectCode>AAI</SubjectCode></IncludedNote><IncludedNote><Content>Second note</Content></IncludedNote><LanguageID>sv</LanguageID>',
	'<IncludedSupplyChainTradeLineItem><AssociatedDocumentLineDocument><LineID>1</LineID><ParentLineID>0</ParentLineID><IncludedNote><Content>line note</Content></IncludedNote></AssociatedDocumentLineDocument>
	<SpecifiedTradeProduct><GlobalID schemeID="0160">7300010000001</GlobalID><SellerAssignedID>S-1</SellerAssignedID><BuyerAssignedID>B-1</BuyerAssignedID><Name>Diesel</Name><Description>Diesel B7</Description>
	<ApplicableProductCharacteristic><Description>Colour</Description><Value>green</Value></ApplicableProductCharacteristic><ApplicableProductCharacteristic><Description>Class</Description><Value>1</Value></ApplicableProductCharacteristic>
	<DesignatedProductClassification><ClassCode listID="TST" listVersionID="19.05">1510</ClassCode></DesignatedProductClassification><OriginTradeCountry><ID>NO</ID></OriginTradeCountry></SpecifiedTradeProduct>
	<SpecifiedLineTradeAgreement><BuyerOrderReferencedDocument><LineID>7</LineID></BuyerOrderReferencedDocument><GrossPriceProductTradePrice><ChargeAmount currencyID="SEK">22.00</ChargeAmount><BasisQuantity unitCode="LTR">1</BasisQuantity><AppliedTradeAllowanceCharge><ChargeIndicator><u:Indicator>false</u:Indicator></ChargeIndicator><ActualAmount>2.00</ActualAmount></AppliedTradeAllowanceCharge></GrossPriceProductTradePrice>
	<NetPriceProductTradePrice><ChargeAmount>20.00</ChargeAmount><BasisQuantity unitCode="LTR">1.0</BasisQuantity></NetPriceProductTradePrice></SpecifiedLineTradeAgreement>
	<SpecifiedLineTradeDelivery><BilledQuantity unitCode="LTR">5.000</BilledQuantity></SpecifiedLineTradeDelivery>
	<SpecifiedLineTradeSettlement><ApplicableTradeTax><TypeCode>VAT</TypeCode><CategoryCode>S</CategoryCode><RateApplicablePercent>25</RateApplicablePercent></ApplicableTradeTax>
	<BillingSpecifiedPeriod>' || pg_temp.day('StartDateTime', '20261001') || pg_temp.day('EndDateTime', '20261031') || '</BillingSpecifiedPeriod>
	<SpecifiedTradeAllowanceCharge><ChargeIndicator><u:Indicator>false</u:Indicator></ChargeIndicator><CalculationPercent>10</CalculationPercent><BasisAmount>50</BasisAmount><ActualAmount>5.00</ActualAmount><ReasonCode>95</ReasonCode><Reason>Rebate</Reason></SpecifiedTradeAllowanceCharge>
	<SpecifiedTradeAllowanceCharge><ChargeIndicator><u:Indicator>true</u:Indicator></ChargeIndicator><ActualAmount>5.00</ActualAmount><Reason>Freight</Reason></SpecifiedTradeAllowanceCharge>
	<SpecifiedTradeSettlementLineMonetarySummation><LineTotalAmount>100.00</LineTotalAmount></SpecifiedTradeSettlementLineMonetarySummation>
	<AdditionalReferencedDocument><IssuerAssignedID>card 4711</IssuerAssignedID><TypeCode>130</TypeCode><ReferenceTypeCode>ABZ</ReferenceTypeCode></AdditionalReferencedDocument>
	<AdditionalReferencedDocument><IssuerAssignedID>other</IssuerAssignedID><TypeCode>916</TypeCode></AdditionalReferencedDocument>
	<ReceivableSpecifiedTradeAccountingAccount><ID>3211</ID></ReceivableSpecifiedTradeAccountingAccount></SpecifiedLineTradeSettlement></IncludedSupplyChainTradeLineItem>',
	'<BuyerReference>4100/211</BuyerReference><SellerTradeParty><ID>S77</ID><GlobalID schemeID="0088">7300009000002</GlobalID><Name>Seller AB</Name><Description>Share capital 100</Description><SpecifiedLegalOrganization><ID schemeID="0007">5561234567</ID><TradingBusinessName>Sell</TradingBusinessName></SpecifiedLegalOrganization>
	<DefinedTradeContact><PersonName>Desk</PersonName><TelephoneUniversalCommunication><CompleteNumber>+46 8 1</CompleteNumber></TelephoneUniversalCommunication><EmailURIUniversalCommunication><URIID>desk@example.com</URIID></EmailURIUniversalCommunication></DefinedTradeContact>' || pg_temp.address('seller') || '
	<URIUniversalCommunication><URIID schemeID="0007">5561234567</URIID></URIUniversalCommunication><SpecifiedTaxRegistration><ID schemeID="FC">TAX-1</ID></SpecifiedTaxRegistration><SpecifiedTaxRegistration><ID schemeID="VA">SE556123456701</ID></SpecifiedTaxRegistration></SellerTradeParty>
	<BuyerTradeParty><GlobalID schemeID="0088">7300009000019</GlobalID><Name>Buyer AB</Name><SpecifiedLegalOrganization><ID schemeID="0007">5567654321</ID><TradingBusinessName>Buy</TradingBusinessName></SpecifiedLegalOrganization><DefinedTradeContact><DepartmentName>Fleet</DepartmentName></DefinedTradeContact>' || pg_temp.address('buyer') || '
	<URIUniversalCommunication><URIID schemeID="0088">7300009000019</URIID></URIUniversalCommunication><SpecifiedTaxRegistration><ID schemeID="VA">SE556765432101</ID></SpecifiedTaxRegistration><SpecifiedTaxRegistration><ID schemeID="FC">kept</ID></SpecifiedTaxRegistration></BuyerTradeParty>
	<SellerTaxRepresentativeTradeParty><Name>Agent AB</Name>' || pg_temp.address('agent') || '<SpecifiedTaxRegistration><ID schemeID="VA">SE556000000001</ID></SpecifiedTaxRegistration></SellerTaxRepresentativeTradeParty>
	<SellerOrderReferencedDocument><IssuerAssignedID>SO-1</IssuerAssignedID></SellerOrderReferencedDocument><BuyerOrderReferencedDocument><IssuerAssignedID>PO-1</IssuerAssignedID></BuyerOrderReferencedDocument><ContractReferencedDocument><IssuerAssignedID>C-1</IssuerAssignedID></ContractReferencedDocument>
	<AdditionalReferencedDocument><IssuerAssignedID>A-1</IssuerAssignedID><URIID>https://example.com/a</URIID><TypeCode>916</TypeCode><Name>Trips</Name><AttachmentBinaryObject mimeCode="text/csv" filename="trips.csv">YTtiCg==</AttachmentBinaryObject></AdditionalReferencedDocument>
	<AdditionalReferencedDocument><IssuerAssignedID>LOT-1</IssuerAssignedID><TypeCode>50</TypeCode></AdditionalReferencedDocument><AdditionalReferencedDocument><IssuerAssignedID>METER-1</IssuerAssignedID><TypeCode>130</TypeCode><ReferenceTypeCode>AVE</ReferenceTypeCode></AdditionalReferencedDocument>
	<SpecifiedProcuringProject><ID>PR-1</ID><Name>Project reference</Name></SpecifiedProcuringProject>',
	'<ShipToTradeParty><ID>D-1</ID><Name>Depot</Name>' || pg_temp.address('depot') || '</ShipToTradeParty><ActualDeliverySupplyChainEvent>' || pg_temp.day('OccurrenceDateTime', '20261030') || '</ActualDeliverySupplyChainEvent><DespatchAdviceReferencedDocument><IssuerAssignedID>DES-1</IssuerAssignedID></DespatchAdviceReferencedDocument><ReceivingAdviceReferencedDocument><IssuerAssignedID>REC-1</IssuerAssignedID></ReceivingAdviceReferencedDocument>',
	'<CreditorReferenceID>SE12ZZZ</CreditorReferenceID><PaymentReference>6669247709</PaymentReference><TaxCurrencyCode>EUR</TaxCurrencyCode><InvoiceCurrencyCode>SEK</InvoiceCurrencyCode><PayeeTradeParty><ID>P-1</ID><Name>Factor AB</Name><SpecifiedLegalOrganization><ID schemeID="0007">5569999999</ID></SpecifiedLegalOrganization></PayeeTradeParty>
	<SpecifiedTradeSettlementPaymentMeans><TypeCode>30</TypeCode><Information>Bankgiro</Information><PayeePartyCreditorFinancialAccount><IBANID>SE4550000000058398257466</IBANID><AccountName>Seller</AccountName></PayeePartyCreditorFinancialAccount><PayeeSpecifiedCreditorFinancialInstitution><BICID>ESSESESS</BICID></PayeeSpecifiedCreditorFinancialInstitution></SpecifiedTradeSettlementPaymentMeans>
	<SpecifiedTradeSettlementPaymentMeans><TypeCode>30</TypeCode><PayeePartyCreditorFinancialAccount><ProprietaryID>123-4567</ProprietaryID></PayeePartyCreditorFinancialAccount></SpecifiedTradeSettlementPaymentMeans>
	<SpecifiedTradeSettlementPaymentMeans><TypeCode>30</TypeCode><ApplicableTradeSettlementFinancialCard><ID>1234</ID><CardholderName>Holder</CardholderName></ApplicableTradeSettlementFinancialCard><PayerPartyDebtorFinancialAccount><IBANID>SE01</IBANID></PayerPartyDebtorFinancialAccount></SpecifiedTradeSettlementPaymentMeans>
	<ApplicableTradeTax><CalculatedAmount>25.00</CalculatedAmount><TypeCode>VAT</TypeCode><ExemptionReason>none</ExemptionReason><BasisAmount>100.00</BasisAmount><CategoryCode>S</CategoryCode><ExemptionReasonCode>VATEX-EU-O</ExemptionReasonCode><TaxPointDate><u:DateString format="102">20261029</u:DateString></TaxPointDate><DueDateTypeCode>5</DueDateTypeCode><RateApplicablePercent>25</RateApplicablePercent></ApplicableTradeTax>
	<BillingSpecifiedPeriod>' || pg_temp.day('StartDateTime', '20261001') || pg_temp.day('EndDateTime', '20261031') || '</BillingSpecifiedPeriod>
	<SpecifiedTradeAllowanceCharge><ChargeIndicator><u:Indicator>true</u:Indicator></ChargeIndicator><CalculationPercent>5</CalculationPercent><BasisAmount>200</BasisAmount><ActualAmount>10.00</ActualAmount><ReasonCode>FC</ReasonCode><Reason>Freight</Reason><CategoryTradeTax><TypeCode>VAT</TypeCode><CategoryCode>S</CategoryCode><RateApplicablePercent>25</RateApplicablePercent></CategoryTradeTax></SpecifiedTradeAllowanceCharge>
	<SpecifiedTradeAllowanceCharge><ChargeIndicator><u:Indicator>0</u:Indicator></ChargeIndicator><ActualAmount>10.00</ActualAmount><Reason>Rebate</Reason><CategoryTradeTax><TypeCode>VAT</TypeCode><CategoryCode>S</CategoryCode><RateApplicablePercent>25</RateApplicablePercent></CategoryTradeTax></SpecifiedTradeAllowanceCharge>
	<SpecifiedTradePaymentTerms><Description>14 days</Description>' || pg_temp.day('DueDateDateTime', '20261114') || '<DirectDebitMandateID>M-1</DirectDebitMandateID></SpecifiedTradePaymentTerms>
	<SpecifiedTradeSettlementHeaderMonetarySummation><LineTotalAmount>100.00</LineTotalAmount><ChargeTotalAmount>10.00</ChargeTotalAmount><AllowanceTotalAmount>10.00</AllowanceTotalAmount><TaxBasisTotalAmount>100.00</TaxBasisTotalAmount><TaxTotalAmount currencyID="SEK">25.00</TaxTotalAmount><TaxTotalAmount currencyID="EUR">2.27</TaxTotalAmount><RoundingAmount>0.00</RoundingAmount><GrandTotalAmount>125.00</GrandTotalAmount><TotalPrepaidAmount>0.00</TotalPrepaidAmount><DuePayableAmount>125.00</DuePayableAmount></SpecifiedTradeSettlementHeaderMonetarySummation>
	<InvoiceReferencedDocument><IssuerAssignedID>F-0</IssuerAssignedID><FormattedIssueDateTime><q:DateTimeString format="102">20260930</q:DateTimeString></FormattedIssueDateTime></InvoiceReferencedDocument><ReceivableSpecifiedTradeAccountingAccount><ID>BUY-1</ID></ReceivableSpecifiedTradeAccountingAccount>');
-- the whole document; each term shows its own text
SELECT jsonb_pretty(mailroom.parse_invoice(bytes)) FROM content WHERE name = 'full';
SELECT rule, severity, location, message FROM content, mailroom.validate_invoice(bytes) WHERE name = 'full' AND rule !~ '^(BR|CII|PEPPOL)-';
-- no lines and no tax, as the minimum profile of Factur-X has it; a total in another currency than either is kept
INSERT INTO content SELECT 'minimum', pg_temp.cii('<ID>F-2</ID><TypeCode>380</TypeCode>' || pg_temp.day('IssueDateTime', '20261031'), '',
	'<SellerTradeParty><Name>Seller</Name></SellerTradeParty><BuyerTradeParty><Name>Buyer</Name></BuyerTradeParty>', '',
	'<InvoiceCurrencyCode>EUR</InvoiceCurrencyCode><SpecifiedTradeSettlementHeaderMonetarySummation><TaxBasisTotalAmount>624.90</TaxBasisTotalAmount><TaxTotalAmount currencyID="EUR">46.25</TaxTotalAmount><TaxTotalAmount currencyID="USD">50</TaxTotalAmount><GrandTotalAmount>671.15</GrandTotalAmount><DuePayableAmount>671.15</DuePayableAmount></SpecifiedTradeSettlementHeaderMonetarySummation>');
SELECT mailroom.parse_invoice(bytes) FROM content WHERE name = 'minimum';
-- dates of another format, no dates, an indicator that is none, a currency of lines that is not the document's
INSERT INTO content SELECT 'faults', pg_temp.cii('<ID>F-3</ID><TypeCode>380</TypeCode>' || pg_temp.day('IssueDateTime', '202610', '610'),
	'<IncludedSupplyChainTradeLineItem><SpecifiedLineTradeSettlement><BillingSpecifiedPeriod>' || pg_temp.day('StartDateTime', '20261032') || pg_temp.day('EndDateTime', '2026-10-31') || '</BillingSpecifiedPeriod><SpecifiedTradeAllowanceCharge><ChargeIndicator><u:Indicator>maybe</u:Indicator></ChargeIndicator><ActualAmount>1</ActualAmount></SpecifiedTradeAllowanceCharge><SpecifiedTradeSettlementLineMonetarySummation><LineTotalAmount currencyID="USD">1,5</LineTotalAmount></SpecifiedTradeSettlementLineMonetarySummation></SpecifiedLineTradeSettlement></IncludedSupplyChainTradeLineItem>',
	'', '', '<InvoiceCurrencyCode>EUR</InvoiceCurrencyCode><SpecifiedTradeSettlementHeaderMonetarySummation><GrandTotalAmount>1</GrandTotalAmount><GrandTotalAmount>2</GrandTotalAmount></SpecifiedTradeSettlementHeaderMonetarySummation>');
SELECT mailroom.parse_invoice(bytes) FROM content WHERE name = 'faults';
SELECT rule, severity, location, message FROM content, mailroom.validate_invoice(bytes) WHERE name = 'faults' AND rule !~ '^(BR|PEPPOL)-' AND rule !~ '^CII-(SR|DT)' ORDER BY location, rule COLLATE "C";
-- many in a wrapper, two formats in one file
SELECT j ->> 'format', j ->> 'bt_1' FROM mailroom.parse_invoices(convert_to('<all>', 'UTF8')
	|| (SELECT convert_to(replace(convert_from(bytes, 'UTF8'), '<?xml version="1.0" encoding="UTF-8"?>', ''), 'UTF8') FROM content WHERE name = 'minimum')
	|| convert_to('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><c:ID xmlns:c="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">U-1</c:ID></Invoice>', 'UTF8')
	|| (SELECT convert_to(replace(convert_from(bytes, 'UTF8'), '<?xml version="1.0" encoding="UTF-8"?>', ''), 'UTF8') FROM content WHERE name = 'minimum')
	|| convert_to('</all>', 'UTF8')) AS j;
