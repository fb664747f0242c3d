-- Finvoice: what it says, credit notes, rows of all kinds, several in a file, older versions, and what is wrong with it
SET client_min_messages = warning;
CREATE TEMP TABLE finvoice (name text PRIMARY KEY, content text);
INSERT INTO finvoice VALUES ('invoice', $$<?xml version="1.0" encoding="ISO-8859-15"?>
<Finvoice Version="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="Finvoice3.0.xsd">
<MessageTransmissionDetails><MessageSenderDetails><FromIdentifier SchemeID="0216">003767709145</FromIdentifier><FromIntermediator>DABAFIHH</FromIntermediator></MessageSenderDetails>
<MessageReceiverDetails><ToIdentifier SchemeID="0216">003760205884</ToIdentifier><ToIntermediator>003721291126</ToIntermediator></MessageReceiverDetails>
<MessageDetails><MessageIdentifier>1</MessageIdentifier><MessageTimeStamp>2026-11-02T08:00:00</MessageTimeStamp><ImplementationCode>NR01</ImplementationCode><SpecificationIdentifier>EN16931</SpecificationIdentifier></MessageDetails></MessageTransmissionDetails>
<SellerPartyDetails><SellerPartyIdentifier>6770914-5</SellerPartyIdentifier><SellerOrganisationName>Järvi Sähkö Oy</SellerOrganisationName><SellerOrganisationTradingName>Järvi</SellerOrganisationTradingName><SellerOrganisationTaxCode>FI67709145</SellerOrganisationTaxCode><SellerCode SchemeID="0088">6410000000001</SellerCode>
<SellerPostalAddressDetails><SellerStreetName>Rantatie 1</SellerStreetName><SellerStreetName>Talo B</SellerStreetName><SellerStreetName>3. kerros</SellerStreetName><SellerTownName>Oulu</SellerTownName><SellerPostCodeIdentifier>90100</SellerPostCodeIdentifier><SellerCountrySubdivision>Pohjois-Pohjanmaa</SellerCountrySubdivision><CountryCode>FI</CountryCode></SellerPostalAddressDetails></SellerPartyDetails>
<SellerContactPersonName>Asiakaspalvelu</SellerContactPersonName><SellerCommunicationDetails><SellerPhoneNumberIdentifier>020 111</SellerPhoneNumberIdentifier><SellerEmailaddressIdentifier>lasku@example.org</SellerEmailaddressIdentifier></SellerCommunicationDetails>
<SellerInformationDetails><SellerHomeTownName>Oulu</SellerHomeTownName><SellerTaxRegistrationText>Enn.per.rek.</SellerTaxRegistrationText><SellerAdditionalLegalInfo>Kotipaikka Oulu</SellerAdditionalLegalInfo>
<SellerAccountDetails><SellerAccountID IdentificationSchemeName="IBAN">FI98 6344 6645 0778 51</SellerAccountID><SellerBic IdentificationSchemeName="BIC">DABAFIHH</SellerBic><SellerAccountName>Myynti</SellerAccountName></SellerAccountDetails>
<SellerAccountDetails><SellerAccountID IdentificationSchemeName="IBAN">FI8176464206919165</SellerAccountID><SellerBic IdentificationSchemeName="BIC">NDEAFIHH</SellerBic></SellerAccountDetails></SellerInformationDetails>
<BuyerPartyDetails><BuyerPartyIdentifier>6020588-4</BuyerPartyIdentifier><BuyerOrganisationName>Hämeen Kuljetus Oy</BuyerOrganisationName><BuyerOrganisationTaxCode>FI60205884</BuyerOrganisationTaxCode>
<BuyerPostalAddressDetails><BuyerStreetName>Kauppakatu 2</BuyerStreetName><BuyerTownName>Lahti</BuyerTownName><BuyerPostCodeIdentifier>15100</BuyerPostCodeIdentifier><CountryCode>FI</CountryCode></BuyerPostalAddressDetails></BuyerPartyDetails>
<DeliveryPartyDetails><DeliveryOrganisationName>Varasto</DeliveryOrganisationName><DeliveryPostalAddressDetails><DeliveryStreetName>Satamatie 5</DeliveryStreetName><DeliveryTownName>Kotka</DeliveryTownName><DeliveryPostCodeIdentifier>48100</DeliveryPostCodeIdentifier><CountryCode>FI</CountryCode></DeliveryPostalAddressDetails></DeliveryPartyDetails>
<DeliveryDetails><DeliveryDate Format="CCYYMMDD">20261031</DeliveryDate><WaybillIdentifier>W-1</WaybillIdentifier><DeliveryNoteIdentifier>L-1</DeliveryNoteIdentifier></DeliveryDetails>
<AnyPartyDetails><AnyPartyText AnyPartyCode="PaymentReceiver">Saaja</AnyPartyText><AnyPartyIdentifier SchemeID="0212">1234567-1</AnyPartyIdentifier><AnyPartyOrganisationName>Rahoitus Oy</AnyPartyOrganisationName><AnyPartyCode IdentifierType="GLN" SchemeID="0088">6410000000018</AnyPartyCode></AnyPartyDetails>
<AnyPartyDetails><AnyPartyText AnyPartyCode="SellerTaxRepr">Veroedustaja</AnyPartyText><AnyPartyOrganisationName>Edustaja Oy</AnyPartyOrganisationName><AnyPartyOrganisationTaxCode>FI12345671</AnyPartyOrganisationTaxCode><AnyPartyPostalAddressDetails><AnyPartyStreetName>Katu 1</AnyPartyStreetName><AnyPartyStreetName>Katu 2</AnyPartyStreetName><AnyPartyTownName>Turku</AnyPartyTownName><AnyPartyPostCodeIdentifier>20100</AnyPartyPostCodeIdentifier><CountryCode>FI</CountryCode></AnyPartyPostalAddressDetails></AnyPartyDetails>
<AnyPartyDetails><AnyPartyText AnyPartyCode="3513">Jakelu</AnyPartyText><AnyPartyOrganisationName>Verkko Oy</AnyPartyOrganisationName></AnyPartyDetails>
<InvoiceDetails><InvoiceTypeCode>INV01</InvoiceTypeCode><InvoiceTypeCodeUN>380</InvoiceTypeCodeUN><InvoiceTypeText>LASKU</InvoiceTypeText><OriginCode>Original</OriginCode><InvoicedObjectID SchemeID="ABT">KP-77</InvoicedObjectID><InvoiceNumber>F-1001</InvoiceNumber><InvoiceDate Format="CCYYMMDD">20261102</InvoiceDate>
<OriginalInvoiceNumber>F-0900</OriginalInvoiceNumber><OriginalInvoiceDate Format="CCYYMMDD">20261001</OriginalInvoiceDate><OriginalInvoiceReference><InvoiceNumber>F-0901</InvoiceNumber><InvoiceDate Format="CCYYMMDD">20261002</InvoiceDate></OriginalInvoiceReference>
<InvoicingPeriodStartDate Format="CCYYMMDD">20261001</InvoicingPeriodStartDate><InvoicingPeriodEndDate Format="CCYYMMDD">20261031</InvoicingPeriodEndDate><SellerReferenceIdentifier>MT-1</SellerReferenceIdentifier><SellersBuyerIdentifier>A-4711</SellersBuyerIdentifier><OrderIdentifier>PO-7</OrderIdentifier><AgreementIdentifier>C-2026</AgreementIdentifier><BuyerReferenceIdentifier>Kustannuspaikka 12</BuyerReferenceIdentifier><ProjectReferenceIdentifier>P-3</ProjectReferenceIdentifier>
<DefinitionDetails><DefinitionHeaderText DefinitionCode="AAI">Yleistä</DefinitionHeaderText><DefinitionValue>Kiitos</DefinitionValue></DefinitionDetails><DefinitionDetails><DefinitionHeaderText DefinitionCode="E1002">Käyttöpaikka</DefinitionHeaderText><DefinitionValue>643007</DefinitionValue></DefinitionDetails>
<RowsTotalVatExcludedAmount AmountCurrencyIdentifier="EUR">1 103,60</RowsTotalVatExcludedAmount><DiscountsTotalVatExcludedAmount AmountCurrencyIdentifier="EUR">5,00</DiscountsTotalVatExcludedAmount><ChargesTotalVatExcludedAmount AmountCurrencyIdentifier="EUR">2,50</ChargesTotalVatExcludedAmount>
<InvoiceTotalVatExcludedAmount AmountCurrencyIdentifier="EUR">1101,10</InvoiceTotalVatExcludedAmount><InvoiceTotalVatAmount AmountCurrencyIdentifier="EUR">280,78</InvoiceTotalVatAmount><InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier="EUR">1381,88</InvoiceTotalVatIncludedAmount><InvoiceTotalRoundoffAmount AmountCurrencyIdentifier="EUR">0,02</InvoiceTotalRoundoffAmount><InvoicePaidAmount AmountCurrencyIdentifier="EUR">381,90</InvoicePaidAmount>
<AccountDimensionText>4100</AccountDimensionText><VatPoint><VatPointDate Format="CCYYMMDD">20261031</VatPointDate></VatPoint>
<VatSpecificationDetails><VatBaseAmount AmountCurrencyIdentifier="EUR">1101,10</VatBaseAmount><VatRatePercent>25,5</VatRatePercent><VatRateAmount AmountCurrencyIdentifier="EUR">280,78</VatRateAmount><VatFreeText>yksi</VatFreeText><VatFreeText>kaksi</VatFreeText></VatSpecificationDetails>
<InvoiceFreeText>Ensimmäinen</InvoiceFreeText><InvoiceFreeText>Toinen &amp; kolmas</InvoiceFreeText>
<PaymentTermsDetails><PaymentTermsFreeText>14 päivää netto</PaymentTermsFreeText><PaymentTermsFreeText>viivästyskorko 8 %</PaymentTermsFreeText><InvoiceDueDate Format="CCYYMMDD">20261116</InvoiceDueDate></PaymentTermsDetails>
<DiscountDetails><FreeText>Kanta-asiakas</FreeText><ReasonCode>95</ReasonCode><Percent>0,5</Percent><Amount AmountCurrencyIdentifier="EUR">5,00</Amount><BaseAmount AmountCurrencyIdentifier="EUR">1000,00</BaseAmount><VatCategoryCode>S</VatCategoryCode><VatRatePercent>25,5</VatRatePercent></DiscountDetails>
<ChargeDetails><ReasonText>Laskutuslisä</ReasonText><Amount AmountCurrencyIdentifier="EUR">2,50</Amount><VatCategoryCode>S</VatCategoryCode><VatRatePercent>25,5</VatRatePercent></ChargeDetails><TenderReference>T-9</TenderReference></InvoiceDetails>
<InvoiceRow><RowFreeText>Jakso 1.10.2026 - 31.10.2026</RowFreeText></InvoiceRow>
<InvoiceRow><ArticleIdentifier>E-1</ArticleIdentifier><ArticleGroupIdentifier SchemeID="MP" SchemeVersion="1">ENER</ArticleGroupIdentifier><ArticleName>Sähköenergia</ArticleName><ArticleDescription>Yösähkö</ArticleDescription><BuyerArticleIdentifier>B-1</BuyerArticleIdentifier><EanCode SchemeID="0160">6410000000025</EanCode><RowDefinitionDetails><RowDefinitionHeaderText DefinitionCode="E0005">Mittari</RowDefinitionHeaderText><RowDefinitionValue>98765</RowDefinitionValue></RowDefinitionDetails><DeliveredQuantity QuantityUnitCode="kWh" QuantityUnitCodeUN="KWH">1240</DeliveredQuantity><InvoicedQuantity QuantityUnitCode="kWh" QuantityUnitCodeUN="KWH">1240,5</InvoicedQuantity><StartDate Format="CCYYMMDD">20261001</StartDate><EndDate Format="CCYYMMDD">20261031</EndDate><UnitPriceAmount AmountCurrencyIdentifier="EUR" UnitPriceUnitCode="snt/kWh" QuantityUnitCodeUN="KWH">8,12</UnitPriceAmount><UnitPriceBaseQuantity>100</UnitPriceBaseQuantity><RowOrderPositionIdentifier>10</RowOrderPositionIdentifier><RowPositionIdentifier>1</RowPositionIdentifier><RowAccountDimensionText>4200</RowAccountDimensionText><RowFreeText>Arvio</RowFreeText><RowFreeText>Tasaus</RowFreeText><RowUsedQuantity QuantityUnitCodeUN="KWH">1240,5</RowUsedQuantity><RowPreviousMeterReadingDate Format="CCYYMMDD">20260930</RowPreviousMeterReadingDate><RowLatestMeterReadingDate Format="CCYYMMDD">20261031</RowLatestMeterReadingDate><RowCalculatedQuantity QuantityUnitCode="kWh">14886</RowCalculatedQuantity><RowVatRatePercent>25,5</RowVatRatePercent><RowVatCode>S</RowVatCode><RowVatAmount AmountCurrencyIdentifier="EUR">25,69</RowVatAmount><RowVatExcludedAmount AmountCurrencyIdentifier="EUR">100,73</RowVatExcludedAmount><RowAmount AmountCurrencyIdentifier="EUR">126,42</RowAmount></InvoiceRow>
<InvoiceRow><ArticleName>Liittymä</ArticleName><InvoicedQuantity QuantityUnitCode="kpl">3</InvoicedQuantity><UnitPriceAmount AmountCurrencyIdentifier="EUR">400,00</UnitPriceAmount><UnitPriceDiscountAmount AmountCurrencyIdentifier="EUR">10,00</UnitPriceDiscountAmount><RowPositionIdentifier>2</RowPositionIdentifier><RowProgressiveDiscountDetails><RowDiscountPercent>10,0</RowDiscountPercent><RowDiscountAmount AmountCurrencyIdentifier="EUR">117,00</RowDiscountAmount><RowDiscountTypeText>Sopimus</RowDiscountTypeText></RowProgressiveDiscountDetails><RowProgressiveDiscountDetails><RowDiscountAmount AmountCurrencyIdentifier="EUR">50,13</RowDiscountAmount><RowDiscountTypeCode>95</RowDiscountTypeCode></RowProgressiveDiscountDetails><RowChargeDetails><ReasonText>Asennus</ReasonText><Amount AmountCurrencyIdentifier="EUR">0,00</Amount></RowChargeDetails><RowVatRatePercent>25,5</RowVatRatePercent><RowVatAmount AmountCurrencyIdentifier="EUR">255,73</RowVatAmount><RowAmount AmountCurrencyIdentifier="EUR">1258,60</RowAmount></InvoiceRow>
<InvoiceRow><SubInvoiceRow><SubArticleName>Yhteensä</SubArticleName><SubRowVatExcludedAmount AmountCurrencyIdentifier="EUR">1103,60</SubRowVatExcludedAmount></SubInvoiceRow></InvoiceRow>
<EpiDetails><EpiIdentificationDetails><EpiDate Format="CCYYMMDD">20261102</EpiDate><EpiReference></EpiReference></EpiIdentificationDetails>
<EpiPartyDetails><EpiBfiPartyDetails><EpiBfiIdentifier IdentificationSchemeName="BIC">DABAFIHH</EpiBfiIdentifier></EpiBfiPartyDetails><EpiBeneficiaryPartyDetails><EpiNameAddressDetails>Järvi Sähkö Oy</EpiNameAddressDetails><EpiAccountID IdentificationSchemeName="IBAN">FI9863446645077851</EpiAccountID></EpiBeneficiaryPartyDetails></EpiPartyDetails>
<EpiPaymentInstructionDetails><EpiRemittanceInfoIdentifier IdentificationSchemeName="SPY">847531224288</EpiRemittanceInfoIdentifier><EpiInstructedAmount AmountCurrencyIdentifier="EUR">1000,00</EpiInstructedAmount><EpiCharge ChargeOption="SLEV"></EpiCharge><EpiDateOptionDate Format="CCYYMMDD">20261116</EpiDateOptionDate><EpiPaymentMeansCode>58</EpiPaymentMeansCode><EpiPaymentMeansText>SEPA</EpiPaymentMeansText></EpiPaymentInstructionDetails></EpiDetails>
<InvoiceUrlText>https://example.org/F-1001</InvoiceUrlText>
</Finvoice>$$);
CREATE TEMP VIEW bytes AS SELECT name, convert_to(content, 'LATIN9') AS content FROM finvoice;
SELECT jsonb_pretty(mailroom.parse_invoice(content)) FROM bytes WHERE name = 'invoice';
SELECT rule, severity, location, message FROM bytes, mailroom.validate_invoice(content) WHERE name = 'invoice';

-- a small one, to be bent
INSERT INTO finvoice VALUES ('small', $$<?xml version="1.0" encoding="ISO-8859-15"?>
<Finvoice Version="3.0">
<SellerPartyDetails><SellerOrganisationName>Järvi Sähkö Oy</SellerOrganisationName><SellerOrganisationTaxCode>FI67709145</SellerOrganisationTaxCode></SellerPartyDetails>
<BuyerPartyDetails><BuyerOrganisationName>Hämeen Kuljetus Oy</BuyerOrganisationName></BuyerPartyDetails>
<InvoiceDetails><InvoiceTypeCode>INV01</InvoiceTypeCode><InvoiceTypeText>LASKU</InvoiceTypeText><OriginCode>Original</OriginCode><InvoiceNumber>F-1002</InvoiceNumber><InvoiceDate Format="CCYYMMDD">20261102</InvoiceDate><RowsTotalVatExcludedAmount AmountCurrencyIdentifier="EUR">10,00</RowsTotalVatExcludedAmount><InvoiceTotalVatExcludedAmount AmountCurrencyIdentifier="EUR">10,00</InvoiceTotalVatExcludedAmount><InvoiceTotalVatAmount AmountCurrencyIdentifier="EUR">2,55</InvoiceTotalVatAmount><InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier="EUR">12,55</InvoiceTotalVatIncludedAmount>
<VatSpecificationDetails><VatBaseAmount AmountCurrencyIdentifier="EUR">10,00</VatBaseAmount><VatRatePercent>25,5</VatRatePercent><VatCode>S</VatCode><VatRateAmount AmountCurrencyIdentifier="EUR">2,55</VatRateAmount></VatSpecificationDetails></InvoiceDetails>
<InvoiceRow><ArticleName>Käyttö</ArticleName><InvoicedQuantity QuantityUnitCodeUN="C62">2</InvoicedQuantity><UnitPriceAmount AmountCurrencyIdentifier="EUR">5,00</UnitPriceAmount><RowVatRatePercent>25,5</RowVatRatePercent><RowVatCode>S</RowVatCode><RowVatExcludedAmount AmountCurrencyIdentifier="EUR">10,00</RowVatExcludedAmount></InvoiceRow>
<EpiDetails><EpiIdentificationDetails><EpiDate Format="CCYYMMDD">20261102</EpiDate><EpiReference/></EpiIdentificationDetails><EpiPartyDetails><EpiBfiPartyDetails/><EpiBeneficiaryPartyDetails><EpiNameAddressDetails>Perintä Oy</EpiNameAddressDetails><EpiAccountID IdentificationSchemeName="IBAN">FI9863446645077851</EpiAccountID></EpiBeneficiaryPartyDetails></EpiPartyDetails><EpiPaymentInstructionDetails><EpiInstructedAmount AmountCurrencyIdentifier="EUR">12,55</EpiInstructedAmount><EpiCharge ChargeOption="SHA"/><EpiDateOptionDate Format="CCYYMMDD">20261116</EpiDateOptionDate></EpiPaymentInstructionDetails></EpiDetails>
</Finvoice>$$);
-- bent(from, to): the small one with a text replaced; all findings in one line
CREATE FUNCTION pg_temp.bent(text, text) RETURNS bytea LANGUAGE sql AS $$SELECT convert_to(replace(content, $1, $2), 'LATIN9') FROM finvoice WHERE name = 'small'$$;
CREATE FUNCTION pg_temp.judged(bytea) RETURNS TABLE (rule text, severity text, location text, message text) LANGUAGE sql AS $$SELECT rule, severity, location, message FROM mailroom.validate_invoice($1)$$;
SELECT * FROM pg_temp.judged(pg_temp.bent('', ''));

-- a credit note: what is negative in Finvoice is positive here; the payee is another company
SELECT j ->> 'bt_3' AS type, j ->> 'bt_112' AS total, j ->> 'bt_115' AS due, j #>> '{bg_25,0,bt_129}' AS quantity, j #>> '{bg_25,0,bt_146}' AS price, j #>> '{bg_25,0,bt_131}' AS net, j #>> '{bg_23,0,bt_117}' AS tax, j ->> 'bt_59' AS payee
FROM mailroom.parse_invoice(convert_to(regexp_replace(replace(convert_from(pg_temp.bent('INV01', 'INV02'), 'LATIN9'), '>2<', '>-2<'), '"EUR">(10,00|2,55|12,55)<', '"EUR">-\1<', 'g'), 'LATIN9')) AS j;
-- negative prices instead of quantities come to the same
SELECT j #>> '{bg_25,0,bt_129}' AS quantity, j #>> '{bg_25,0,bt_146}' AS price, j #>> '{bg_25,0,bt_131}' AS net
FROM mailroom.parse_invoice(convert_to(regexp_replace(convert_from(pg_temp.bent('INV01', 'INV02'), 'LATIN9'), '"EUR">(5,00|10,00|2,55|12,55)<', '"EUR">-\1<', 'g'), 'LATIN9')) AS j;
SELECT rule, severity, message FROM pg_temp.judged(pg_temp.bent('INV01', 'INV02'));
SELECT rule, severity, message FROM pg_temp.judged(pg_temp.bent('INV01', 'ORD01'));
SELECT rule, severity, message FROM pg_temp.judged(pg_temp.bent('INV01</InvoiceTypeCode>', 'INV01</InvoiceTypeCode><InvoiceTypeCodeUN>381</InvoiceTypeCodeUN>'));

-- several in a file: with an envelope before each, in a wrapper, and a broken second one
CREATE FUNCTION pg_temp.envelope(text) RETURNS bytea LANGUAGE sql AS $$SELECT convert_to('<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"><SOAP-ENV:Header><eb:MessageHeader><eb:From><eb:PartyId>' || $1 || '</eb:PartyId></eb:From></eb:MessageHeader></SOAP-ENV:Header><SOAP-ENV:Body/></SOAP-ENV:Envelope>' || chr(10), 'UTF8')$$;
SELECT no, j ->> 'bt_1' AS number, j ->> 'bt_27' AS seller
FROM bytes AS a, mailroom.parse_invoices(pg_temp.envelope('1') || a.content || pg_temp.envelope('2') || pg_temp.bent('F-1002', 'F-1003') || '\x0a'::bytea) WITH ORDINALITY AS p (j, no) WHERE a.name = 'invoice';
SELECT count(*) FROM mailroom.parse_invoices(convert_to('<list>' || regexp_replace(convert_from(pg_temp.bent('', ''), 'LATIN9'), '^<\?.*?\?>', '') || '</list>', 'UTF8'));
SELECT * FROM pg_temp.judged(pg_temp.bent('', '') || pg_temp.envelope('2') || pg_temp.bent('</InvoiceRow>', ''));
SELECT * FROM pg_temp.judged(pg_temp.bent('', '') || convert_to('<other/>', 'UTF8'));
SELECT * FROM pg_temp.judged(pg_temp.envelope('1'));

-- wrong date, missing parts, wrong charset, twice the same part
SELECT * FROM pg_temp.judged(pg_temp.bent('20261102</InvoiceDate>', '20261302</InvoiceDate>'));
SELECT * FROM pg_temp.judged(pg_temp.bent('<InvoiceNumber>F-1002</InvoiceNumber>', '<InvoiceNumber> </InvoiceNumber>'));
SELECT * FROM pg_temp.judged(pg_temp.bent('BuyerOrganisationName>', 'BuyerName>'));
SELECT rule, severity, message FROM pg_temp.judged(convert_to(replace(convert_from(pg_temp.bent('<EpiReference/>', ''), 'LATIN9'), '"3.0"', '"1.3"'), 'LATIN9'));
SELECT rule, severity, location FROM pg_temp.judged(pg_temp.bent('ISO-8859-15', 'UTF-8'));
SELECT rule, severity, location, message FROM pg_temp.judged(pg_temp.bent('<RowVatCode>S</RowVatCode>', '<RowVatCode>S</RowVatCode><RowVatRatePercent>10</RowVatRatePercent>'));
-- arithmetic
SELECT * FROM pg_temp.judged(pg_temp.bent('12,55</EpiInstructedAmount>', '12,56</EpiInstructedAmount>'));
-- 1.3: the delivered quantity, no categories
SELECT j #>> '{bg_25,0,bt_129}' AS quantity, j #>> '{bg_25,0,bt_130}' AS unit, j #>> '{bg_25,0,bt_151}' AS category
FROM mailroom.parse_invoice(pg_temp.bent('<InvoicedQuantity QuantityUnitCodeUN="C62">2</InvoicedQuantity>', '<DeliveredQuantity QuantityUnitCode="kpl">2,00</DeliveredQuantity>')) AS j;
-- a consumer's invoice has prices and rows with VAT alone: no net amount, and no fault for want of it
SELECT j #>> '{bg_25,0,bt_129}' AS quantity, j #>> '{bg_25,0,bt_131}' AS net, j #>> '{bg_25,0,bt_152}' AS rate, (SELECT count(*) FROM mailroom.validate_invoice(content)) AS findings
FROM (SELECT pg_temp.bent('<RowVatExcludedAmount AmountCurrencyIdentifier="EUR">10,00</RowVatExcludedAmount>', '<RowAmount AmountCurrencyIdentifier="EUR">12,55</RowAmount>') AS content) AS c, mailroom.parse_invoice(content) AS j;

-- written again: all that was read, in the format's character set
SELECT mailroom.parse_invoice(mailroom.write_invoice(j, 'finvoice')) - 'extra'::text = j - 'extra'::text AS same FROM bytes, mailroom.parse_invoice(content) AS j WHERE name = 'invoice';
\pset format unaligned
SELECT convert_from(mailroom.write_invoice(j || '{"bt_3": "381", "bt_44": "Łódź € Šiauliai", "bt_20": "14 pv\nnetto"}', 'finvoice'), 'LATIN9') FROM mailroom.parse_invoice(pg_temp.bent('', '')) AS j;
\pset format aligned
SELECT j ->> 'bt_44' AS buyer, j ->> 'bt_20' AS terms, j ->> 'bt_112' AS total
FROM mailroom.parse_invoice(pg_temp.bent('', '')) AS i, mailroom.parse_invoice(mailroom.write_invoice(i || '{"bt_3": "381", "bt_44": "Łódź € Šiauliai", "bt_20": "14 pv\nnetto"}', 'finvoice')) AS j;
-- what it cannot say
CREATE FUNCTION pg_temp.refused(jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mailroom.write_invoice($1, 'finvoice');
	RETURN 'written';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END $$;
SELECT c.change, pg_temp.refused(j || c.change) FROM mailroom.parse_invoice(pg_temp.bent('', '')) AS j,
	(VALUES (1, '{"bt_1": "a-number-of-21-letters"}'::jsonb), (2, '{"bt_83": "invoice 7"}'), (3, '{"bt_35": "Katu 1"}'), (4, '{"bt_30": "1234567-1", "bt_30_1": "VARIOUS", "bt_40": "FI"}')) AS c (no, change)
ORDER BY c.no;
SELECT pg_temp.refused(j - '{bt_84,bg_17}'::text[]) FROM mailroom.parse_invoice(pg_temp.bent('', '')) AS j;
