-- 47_mailbox: what digital mailboxes and internet banks take in.
--
-- A package is made once, from the archived bytes, and kept as outgoing files: Kivra's duplicate control compares whole
-- payloads, so that a package which is sent again must be the same bytes.  The documents in it are not stored a second
-- time: the file names them, and they are put in when it is fetched.

CREATE OR REPLACE FUNCTION mailroom.xml_text(value text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN replace(replace(replace(regexp_replace($1, '[\x01-\x08\x0b\x0c\x0e-\x1f]', '', 'g'), '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
COMMENT ON FUNCTION mailroom.xml_text(text) IS 'a text as content of an XML element; control characters that XML does not have are left out';

CREATE OR REPLACE FUNCTION mailroom.payment_amount(amount numeric)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN round(amount, 2)::text;
COMMENT ON FUNCTION mailroom.payment_amount(numeric) IS 'an amount with two decimals and a point';

-- Swedish giro accounts tell themselves apart by what their branch says (BT-86) or by where the hyphen stands.
CREATE OR REPLACE FUNCTION mailroom.giro_kind(i mailroom.invoice, account text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE
		WHEN mailroom.reference_problem('plusgiro', $2) IS NULL AND (upper(coalesce((i).other_terms #>> '{bg_17,0,bt_86}', (i).other_terms ->> 'bt_86')) LIKE '%PLUSGIRO%' OR $2 ~ '-\d$') THEN 'plusgiro'
		WHEN mailroom.reference_problem('bankgiro', $2) IS NULL THEN 'bankgiro' END;
COMMENT ON FUNCTION mailroom.giro_kind(mailroom.invoice, text) IS 'bankgiro or plusgiro, by check digit, branch (BT-86) and hyphen; NULL when an account is neither';

CREATE OR REPLACE FUNCTION mailroom.kivra_payment(i mailroom.invoice, payee_account text)
	RETURNS json
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	account CONSTANT text := coalesce(i.payee_account, $2);
	kind CONSTANT text := mailroom.giro_kind(i, account);
	amount CONSTANT numeric := coalesce(i.payable_amount, i.gross_total, 0);
BEGIN
	IF i.currency <> 'SEK' OR amount < 1 OR i.due_date IS NULL OR length(coalesce(i.payment_reference, '')) NOT BETWEEN 1 AND 25 OR kind IS NULL THEN
		RETURN NULL;
	END IF;
	RETURN json_build_object('payable', true, 'currency', i.currency, 'method', CASE kind WHEN 'bankgiro' THEN '1' ELSE '2' END, 'account', account,
		'options', json_build_array(json_build_object('due_date', to_char(i.due_date, 'YYYY-MM-DD'), 'amount', mailroom.payment_amount(amount),
			'type', CASE WHEN mailroom.reference_problem('se_ocr', i.payment_reference) IS NULL THEN 'SE_OCR' ELSE 'TENANT_REF' END,
			'reference', i.payment_reference)));
END;
$$;
COMMENT ON FUNCTION mailroom.kivra_payment(mailroom.invoice, text) IS 'payment_multiple_options of a Kivra content; NULL when the invoice cannot be paid there: not in SEK, less than 1 to pay, no due date, no reference or one of over 25 characters, no giro account';
REVOKE EXECUTE ON FUNCTION mailroom.kivra_payment(mailroom.invoice, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.kivra_invoice(i mailroom.invoice, s mailroom.issuer)
	RETURNS json
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	account CONSTANT text := coalesce(i.payee_account, s.payee_account);
	kind CONSTANT text := mailroom.giro_kind(i, account);
BEGIN
	IF i.currency IS NULL OR coalesce(i.payable_amount, i.gross_total) IS NULL OR i.type_code <> '381' AND (i.due_date IS NULL OR kind IS NULL) THEN
		RETURN NULL;
	END IF;
	RETURN json_strip_nulls(json_build_object('invoice_number', i.invoice_number, 'original_invoice_number', i.preceding_invoice,
		'invoice_date', to_char(i.issue_date, 'YYYY-MM-DD'), 'currency', i.currency, 'due_date', to_char(i.due_date, 'YYYY-MM-DD'),
		'buyer_reference', i.buyer_reference, 'order_number', i.order_reference,
		'supplier_name', coalesce(i.seller_name, s.name), 'supplier_organisation_number', regexp_replace(coalesce(i.seller_registration_no, s.registration_no), '^(\d{6})(\d{4})$', '\1-\2'),
		'supplier_vat_number', coalesce(i.seller_vat_id, s.vat_id), 'supplier_address_street', coalesce(i.other_terms ->> 'bt_35', s.street),
		'supplier_address_postal_code', coalesce(i.other_terms ->> 'bt_38', s.postcode), 'supplier_address_city', coalesce(i.other_terms ->> 'bt_37', s.city),
		'payment_reference', CASE WHEN i.payment_reference <> '' THEN json_build_object('value', i.payment_reference, 'reference_type', CASE WHEN mailroom.reference_problem('se_ocr', i.payment_reference) IS NULL THEN 'ocr' ELSE 'unstructured' END) END,
		'bankgiro', CASE kind WHEN 'bankgiro' THEN account END, 'plusgiro', CASE kind WHEN 'plusgiro' THEN account END, 'iban', CASE WHEN mailroom.reference_problem('iban', account) IS NULL THEN account END,
		'total_amount_tax_exclusive', mailroom.payment_amount(i.net_total), 'total_vat_amount', mailroom.payment_amount(i.tax_total), 'total_amount_tax_inclusive', mailroom.payment_amount(i.gross_total),
		'rounding_amount', mailroom.payment_amount(i.rounding_amount), 'total_amount_due', mailroom.payment_amount(coalesce(i.payable_amount, i.gross_total))));
END;
$$;
COMMENT ON FUNCTION mailroom.kivra_invoice(mailroom.invoice, mailroom.issuer) IS 'the object invoice of a Kivra content of type accounting.invoice or accounting.invoicecreditnote; NULL when what it must have is missing: an amount to pay with its currency, and but for credit notes due date and giro account';
REVOKE EXECUTE ON FUNCTION mailroom.kivra_invoice(mailroom.invoice, mailroom.issuer) FROM PUBLIC;

-- Type invoice is only for what can be paid in Kivra: all else is a letter.
CREATE OR REPLACE FUNCTION mailroom.kivra_pieces(issuer_id bigint, invoice_id bigint, address text, with_page boolean)
	RETURNS bytea[]
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	i mailroom.invoice;
	s mailroom.issuer;
	is_credit boolean;
	fields json;
	payment json;
	head text;
	tail text;
BEGIN
	SELECT * INTO i FROM mailroom.invoice v WHERE v.issuer_id = $1 AND v.invoice_id = $2;
	SELECT * INTO s FROM mailroom.issuer o WHERE o.issuer_id = $1;
	is_credit := i.type_code = '381';
	IF i.origin <> 'letter' THEN
		IF $3 ~ '^SE' AND EXISTS (SELECT FROM mailroom.channel_sender c WHERE c.issuer_id = $1 AND c.channel = 'kivra' AND c.structured) THEN
			fields := mailroom.kivra_invoice(i, s);
		END IF;
		IF fields IS NULL AND NOT is_credit THEN
			payment := mailroom.kivra_payment(i, s.payee_account);
		END IF;
	END IF;
	head := '{' || concat_ws(',',
		format('%s:%s', CASE WHEN $3 ~ '^\d{12}$' THEN '"ssn"' WHEN $3 ~ '@' THEN '"email"' ELSE '"vat_number"' END, to_json($3)),
		'"subject":' || to_json(left(CASE WHEN i.origin = 'letter' THEN format('Brev från %s', s.name) WHEN is_credit THEN format('Kreditfaktura %s från %s', i.invoice_number, s.name)
			ELSE format('Faktura %s från %s', i.invoice_number, s.name) END, 200)),
		'"generated_at":' || to_json(to_char(coalesce(i.issue_date, mailroom.today($1)), 'YYYY-MM-DD')),
		'"type":' || to_json(CASE WHEN fields IS NOT NULL THEN CASE WHEN is_credit THEN 'accounting.invoicecreditnote' ELSE 'accounting.invoice' END WHEN payment IS NOT NULL THEN 'invoice' ELSE 'letter' END),
		format('"parts":[{"name":"%s.pdf","data":"', CASE WHEN i.origin = 'letter' THEN 'brev' ELSE 'faktura' END));
	tail := concat_ws(',', '}]', '"invoice":' || fields, '"payment_multiple_options":' || payment) || '}';
	RETURN ARRAY[convert_to(head, 'UTF8'),
		convert_to('","content_type":"application/pdf"' || CASE WHEN with_page THEN ',"responsive_part":{"name":"faktura.html","data":"' ELSE '' END, 'UTF8'),
		convert_to(CASE WHEN with_page THEN '","content_type":"text/html"}' ELSE '' END || tail, 'UTF8')];
END;
$$;
COMMENT ON FUNCTION mailroom.kivra_pieces(bigint, bigint, text, boolean) IS 'the three pieces of kivra_content that stand before the PDF, between it and the page, and after that';
REVOKE EXECUTE ON FUNCTION mailroom.kivra_pieces(bigint, bigint, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.kivra_content(issuer_id bigint, invoice_id bigint, address text, pdf bytea, html bytea DEFAULT NULL)
	RETURNS bytea
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT mailroom.base64_body(p.pieces[1], $4, p.pieces[2], $5, p.pieces[3])
		FROM (SELECT mailroom.kivra_pieces($1, $2, $3, $5 IS NOT NULL) OFFSET 0) AS p (pieces);
END;
COMMENT ON FUNCTION mailroom.kivra_content(bigint, bigint, text, bytea, bytea) IS 'body of POST /v2/tenant/{tenant}/content of Kivra: recipient by ssn, vat_number or email, subject, generated_at (date of issue), type (invoice where it can be paid there, with payment_multiple_options; accounting.invoice or accounting.invoicecreditnote with the object invoice for companies of issuers that want it; else letter), the PDF with the page as its responsive part; JSON in UTF-8';
REVOKE EXECUTE ON FUNCTION mailroom.kivra_content(bigint, bigint, text, bytea, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.digipost_pieces(issuer_id bigint, invoice_id bigint, address text, pdf_sha256 bytea)
	RETURNS bytea[]
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	hash CONSTANT text := encode(pdf_sha256, 'hex');
	boundary CONSTANT text := 'mailroom-' || left(hash, 32);
	-- version 8 of RFC 9562: made of the document's hash, so that it is the same whenever it is made
	document_uuid CONSTANT text := (left(hash, 12) || '8' || substr(hash, 14, 3) || '8' || substr(hash, 18, 15))::uuid::text;
	i mailroom.invoice;
	s mailroom.issuer;
	account text;
	payment text;
BEGIN
	SELECT * INTO i FROM mailroom.invoice v WHERE v.issuer_id = $1 AND v.invoice_id = $2;
	SELECT * INTO s FROM mailroom.issuer o WHERE o.issuer_id = $1;
	account := regexp_replace(coalesce(i.payee_account, s.payee_account), '[ .]', '', 'g');
	account := CASE WHEN account ~ '^NO\d{13}$' THEN right(account, 11) WHEN account ~ '^\d{11}$' THEN account END;
	IF i.origin <> 'letter' AND i.currency = 'NOK' AND coalesce(i.payable_amount, i.gross_total) > 0 AND i.due_date IS NOT NULL AND account IS NOT NULL
			AND mailroom.reference_problem('no_kid', i.payment_reference) IS NULL THEN
		payment := format('<data-type><invoice xmlns="http://api.digipost.no/schema/datatypes"><due-date>%s</due-date><sum>%s</sum><creditor-account>%s</creditor-account><kid>%s</kid></invoice></data-type>',
			-- midnight in Norway, with the offset of that day
			to_char(i.due_date, 'YYYY-MM-DD"T"00:00:00"+"') || to_char(i.due_date::timestamp AT TIME ZONE 'UTC' - i.due_date::timestamp AT TIME ZONE 'Europe/Oslo', 'HH24:MI'),
			mailroom.payment_amount(coalesce(i.payable_amount, i.gross_total)), account, i.payment_reference);
	END IF;
	RETURN ARRAY[convert_to(format(E'--%s\r\nContent-Type: application/vnd.digipost-v8+xml\r\nContent-Disposition: attachment; filename="message"\r\n\r\n', boundary)
		|| '<?xml version="1.0" encoding="UTF-8"?>' || E'\n'
		|| format('<message xmlns="http://api.digipost.no/schema/v8"><message-id>%s</message-id>%s<recipient><%s>%s</%s></recipient>', 'mailroom-' || $1 || '-' || $2,
			(SELECT format('<sender-id>%s</sender-id>', c.address) FROM mailroom.channel_sender c WHERE c.issuer_id = $1 AND c.channel = 'digipost'), kind.name, mailroom.xml_text($3), kind.name)
		|| coalesce('<invoice-reference>' || mailroom.xml_text(left(i.invoice_number, 100)) || '</invoice-reference>', '')
		|| format('<primary-document><uuid>%s</uuid><subject>%s</subject><file-type>pdf</file-type><authentication-level>PASSWORD</authentication-level><sensitivity-level>NORMAL</sensitivity-level>%s</primary-document></message>',
			document_uuid, mailroom.xml_text(left(CASE WHEN i.origin = 'letter' THEN format('Brev fra %s', s.name) ELSE format('%s %s fra %s', CASE i.type_code WHEN '381' THEN 'Kreditnota' ELSE 'Faktura' END, i.invoice_number, s.name) END, 255)), payment)
		|| format(E'\r\n--%s\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="%s"\r\n\r\n', boundary, document_uuid), 'UTF8'),
			convert_to(format(E'\r\n--%s--\r\n', boundary), 'UTF8')]
		FROM (SELECT CASE WHEN $3 ~ '^\d{11}$' THEN 'personal-identification-number' WHEN $3 ~ '^\d{9}$' THEN 'organisation-number' ELSE 'digipost-address' END AS name) AS kind;
END;
$$;
COMMENT ON FUNCTION mailroom.digipost_pieces(bigint, bigint, text, bytea) IS 'the two pieces of digipost_message that stand before and after the document''s bytes';
REVOKE EXECUTE ON FUNCTION mailroom.digipost_pieces(bigint, bigint, text, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.digipost_message(issuer_id bigint, invoice_id bigint, address text, pdf bytea)
	RETURNS bytea
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT p.pieces[1] || $4 || p.pieces[2]
		FROM (SELECT mailroom.digipost_pieces($1, $2, $3, sha256($4)) OFFSET 0) AS p (pieces);
END;
COMMENT ON FUNCTION mailroom.digipost_message(bigint, bigint, text, bytea) IS 'body of POST /messages of Digipost (version 8): a message with its recipient and primary document, and the document''s bytes, as multipart; boundary and identifier are made of the document''s SHA-256; the data type invoice (due date, amount, account, KID) where the invoice is in NOK and has all of them';
REVOKE EXECUTE ON FUNCTION mailroom.digipost_message(bigint, bigint, text, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.mailbox_metadata(issuer_id bigint, invoice_id bigint, address text, file_name text, file_bytes bigint, file_sha256 bytea)
	RETURNS bytea
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT convert_to(json_strip_nulls(json_build_object('recipient', $3, 'recipient_name', i.buyer_name, 'sender', s.name, 'number', i.invoice_number, 'type', CASE WHEN i.origin = 'letter' THEN 'letter' ELSE i.type_code END,
			'issued', to_char(i.issue_date, 'YYYY-MM-DD'), 'due', to_char(i.due_date, 'YYYY-MM-DD'), 'currency', i.currency, 'amount', mailroom.payment_amount(coalesce(i.payable_amount, i.gross_total)),
			'account', coalesce(i.payee_account, s.payee_account), 'reference', i.payment_reference,
			'file', json_build_object('name', $4, 'media_type', 'application/pdf', 'bytes', $5, 'sha256', encode($6, 'hex'))))::text, 'UTF8')
		FROM mailroom.invoice i JOIN mailroom.issuer s ON s.issuer_id = i.issuer_id
		WHERE i.issuer_id = $1 AND i.invoice_id = $2;
END;
COMMENT ON FUNCTION mailroom.mailbox_metadata(bigint, bigint, text, text, bigint, bytea) IS 'what a mailbox without a shape of its own gets beside the PDF: JSON with recipient, sender, number, dates, amount, account, reference, and name, size and SHA-256 of the file';
REVOKE EXECUTE ON FUNCTION mailroom.mailbox_metadata(bigint, bigint, text, text, bigint, bytea) FROM PUBLIC;

-- The file that a Finnish bank or operator takes in: the transmission frame (SOAP with ebXML MessageHeader 2.0), then the
-- invoice, whose own transmission details name the same parties.  Both are the sender's to fill: the invoice's data do
-- not know the banks.  Finvoice 3.0 Implementation Guidelines, 9.1; the frame is that of Finvoice since version 1.0.
CREATE OR REPLACE FUNCTION mailroom.finvoice_message(issuer_id bigint, invoice_id bigint, address text)
	RETURNS bytea
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	sender CONSTANT text := (SELECT c.address FROM mailroom.channel_sender c WHERE c.issuer_id = $1 AND c.channel = 'finvoice');
	message_id CONSTANT text := format('mailroom-%s-%s', $1, $2);
	at CONSTANT text := to_char(mailroom.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
	party CONSTANT text := '<eb:%1$s><eb:PartyId>%2$s</eb:PartyId><eb:Role>%3$s</eb:Role></eb:%1$s>';
	invoice text := convert_from(mailroom.write_invoice($1, $2, 'finvoice'), 'LATIN9');
	details text;
	from_to text[];
BEGIN
	IF sender IS NULL THEN
		RETURN convert_to(invoice, 'LATIN9');
	END IF;
	from_to := string_to_array(sender || '@' || $3, '@');
	details := coalesce((regexp_match(invoice, '<ImplementationCode>.*?</ImplementationCode>'))[1], '') || coalesce((regexp_match(invoice, '<SpecificationIdentifier>.*?</SpecificationIdentifier>'))[1], '');
	invoice := regexp_replace(invoice, '(<Finvoice [^>]*>)(<MessageTransmissionDetails>.*?</MessageTransmissionDetails>)?', '\1' || replace(format(
		'<MessageTransmissionDetails><MessageSenderDetails><FromIdentifier>%s</FromIdentifier><FromIntermediator>%s</FromIntermediator></MessageSenderDetails>'
		'<MessageReceiverDetails><ToIdentifier>%s</ToIdentifier><ToIntermediator>%s</ToIntermediator></MessageReceiverDetails>'
		'<MessageDetails><MessageIdentifier>%s</MessageIdentifier><MessageTimeStamp>%s</MessageTimeStamp>%s</MessageDetails></MessageTransmissionDetails>',
		from_to[1], from_to[2], from_to[3], from_to[4], message_id, at, details), '\', '\\'));
	RETURN convert_to('<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">'
		|| '<SOAP-ENV:Header><eb:MessageHeader SOAP-ENV:mustUnderstand="1" eb:version="2.0">'
		|| format(party, 'From', from_to[1], 'Sender') || format(party, 'From', from_to[2], 'Intermediator')
		|| format(party, 'To', from_to[3], 'Receiver') || format(party, 'To', from_to[4], 'Intermediator')
		|| format('<eb:CPAId>yoursandmycpa</eb:CPAId><eb:Service>Routing</eb:Service><eb:Action>ProcessInvoice</eb:Action><eb:MessageData><eb:MessageId>%s</eb:MessageId><eb:Timestamp>%s</eb:Timestamp></eb:MessageData>', message_id, at)
		|| '</eb:MessageHeader></SOAP-ENV:Header><SOAP-ENV:Body><eb:Manifest eb:id="Manifest" eb:version="2.0">'
		|| format('<eb:Reference eb:id="Finvoice" xlink:href="%s"><eb:Schema eb:location="Finvoice3.0.xsd" eb:version="3.0"/></eb:Reference></eb:Manifest></SOAP-ENV:Body></SOAP-ENV:Envelope>', message_id) || E'\n'
		|| invoice, 'LATIN9');
END;
$$;
COMMENT ON FUNCTION mailroom.finvoice_message(bigint, bigint, text) IS 'an invoice as Finvoice 3.0 in ISO-8859-15 for address@intermediator; where the issuer has a Finvoice address of its own (mailroom.set_channel_sender) with the transmission frame before it and both parties in the invoice''s transmission details; else the invoice alone; errors of mailroom.write_invoice';
REVOKE EXECUTE ON FUNCTION mailroom.finvoice_message(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.base64_length(bytes bigint)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN (bytes + 2) / 3 * 4;
COMMENT ON FUNCTION mailroom.base64_length(bigint) IS 'characters that so many bytes take in base64 without line ends';

CREATE OR REPLACE FUNCTION mailroom.package_parts(issuer_id bigint, invoice_id bigint, channel text, address text)
	RETURNS TABLE (file_name text, media_type text, content bytea, document_ids bigint[], document_places integer[], document_in_base64 boolean[])
	VOLATILE PARALLEL UNSAFE ROWS 2
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	kivra_limit CONSTANT integer := 1000000;
	stem CONSTANT text := format('%s-%s-%s', $3, $1, $2);
	pdf mailroom.document;
	page mailroom.document;
	pieces bytea[];
	bytes bigint;
	mail record;
BEGIN
	document_ids := '{}';
	document_places := '{}';
	document_in_base64 := '{}';
	SELECT * INTO pdf FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = $2 AND d.channel = 'print';
	CASE $3
		WHEN 'kivra' THEN
			-- make_packages has archived the page of many invoices at once
			SELECT * INTO page FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = $2 AND d.channel = 'html';
			IF page.document_id IS NULL THEN
				SELECT * INTO mail FROM mailroom.render_channel_documents($1, ARRAY[$2], 'html');
				IF mail.rule IS NOT NULL THEN
					RAISE EXCEPTION '%', mail.message USING ERRCODE = 'MR006';
				END IF;
				SELECT * INTO page FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = $2 AND d.channel = 'html';
			END IF;
			FOR with_page IN REVERSE 1 .. 0 LOOP
				pieces := mailroom.kivra_pieces($1, $2, $4, with_page = 1);
				content := pieces[1] || pieces[2] || pieces[3];
				bytes := octet_length(content) + mailroom.base64_length(pdf.content_bytes) + with_page * mailroom.base64_length(page.content_bytes);
				document_ids := (ARRAY[pdf.document_id, page.document_id])[1 : 1 + with_page];
				document_places := (ARRAY[octet_length(pieces[1]), octet_length(pieces[1] || pieces[2])])[1 : 1 + with_page];
				document_in_base64 := (ARRAY[true, true])[1 : 1 + with_page];
				EXIT WHEN bytes < kivra_limit;
			END LOOP;
			IF bytes >= kivra_limit THEN
				RAISE EXCEPTION 'package of % bytes is over the limit of % of channel kivra', bytes, kivra_limit USING ERRCODE = 'MR002';
			END IF;
			file_name := stem || '.json';
			media_type := 'application/json';
			RETURN NEXT;
		WHEN 'digipost' THEN
			pieces := mailroom.digipost_pieces($1, $2, $4, pdf.content_sha256);
			file_name := stem || '.multipart';
			media_type := format('multipart/vnd.digipost-v8+xml; boundary=mailroom-%s', left(encode(pdf.content_sha256, 'hex'), 32));
			content := pieces[1] || pieces[2];
			document_ids := ARRAY[pdf.document_id];
			document_places := ARRAY[octet_length(pieces[1])];
			document_in_base64 := ARRAY[false];
			RETURN NEXT;
		WHEN 'mailbox' THEN
			RETURN QUERY SELECT stem || '.pdf', 'application/pdf'::text, ''::bytea, ARRAY[pdf.document_id], ARRAY[0], ARRAY[false];
			RETURN QUERY SELECT stem || '.json', 'application/json'::text, mailroom.mailbox_metadata($1, $2, $4, stem || '.pdf', pdf.content_bytes, pdf.content_sha256), '{}'::bigint[], '{}'::integer[], '{}'::boolean[];
		WHEN 'finvoice' THEN
			RETURN QUERY SELECT stem || '.xml', 'application/xml'::text, mailroom.finvoice_message($1, $2, $4), '{}'::bigint[], '{}'::integer[], '{}'::boolean[];
		WHEN 'peppol' THEN
			RETURN QUERY SELECT stem || '.xml', 'application/xml'::text, mailroom.write_invoice($1, $2, $3), '{}'::bigint[], '{}'::integer[], '{}'::boolean[];
		WHEN 'email' THEN
			SELECT * INTO mail FROM mailroom.render_channel_documents($1, ARRAY[$2], 'email', ARRAY[$4], mailroom.now());
			IF mail.rule IS NOT NULL THEN
				RAISE EXCEPTION '%', mail.message USING ERRCODE = 'MR006';
			END IF;
			RETURN QUERY SELECT stem || '.eml', 'message/rfc822'::text, ''::bytea, ARRAY[d.document_id], ARRAY[0], ARRAY[false]
				FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = $2 AND d.channel = 'email';
	END CASE;
END;
$$;
COMMENT ON FUNCTION mailroom.package_parts(bigint, bigint, text, text) IS 'the files that carry an invoice by a channel, made from its archived document: kivra one JSON (under 1 MB: without the page when it does not fit, MR002 when the PDF alone does not), digipost one multipart body, mailbox the PDF and its metadata, finvoice and peppol the invoice, email the message; the documents in a file as store_outgoing_files takes them; errors of mailroom.write_invoice and render_channel_documents';
REVOKE EXECUTE ON FUNCTION mailroom.package_parts(bigint, bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.store_package(issuer_id bigint, invoice_id bigint, channel text, address text)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	part record;
	part_count integer := 0;
	files bigint[];
BEGIN
	FOR part IN SELECT * FROM mailroom.package_parts($1, $2, $3, $4) LOOP
		part_count := part_count + 1;
		files := mailroom.store_outgoing_files($1, 'package', ARRAY[part.file_name], ARRAY[part.media_type], ARRAY[part.content],
			array_fill(1, ARRAY[cardinality(part.document_ids)]), part.document_ids, part.document_places, part.document_in_base64);
		INSERT INTO mailroom.invoice_package (issuer_id, invoice_id, part_no, outgoing_file_id) VALUES ($1, $2, part_count, files[1]);
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.store_package(bigint, bigint, text, text) IS 'makes the package of an invoice and keeps it as outgoing files';
REVOKE EXECUTE ON FUNCTION mailroom.store_package(bigint, bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.render_pages(issuer_id bigint, invoice_ids bigint[])
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	kind record;
BEGIN
	FOR kind IN
		SELECT c.channel, array_agg(c.invoice_id ORDER BY c.invoice_id) AS ids, array_agg(c.address ORDER BY c.invoice_id) AS addresses
			FROM unnest($2) AS n (invoice_id)
				CROSS JOIN LATERAL (SELECT c.* FROM mailroom.invoice_channel c WHERE c.issuer_id = $1 AND c.invoice_id = n.invoice_id AND c.channel IN ('kivra', 'email') OFFSET 0) c
				CROSS JOIN LATERAL (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = n.invoice_id OFFSET 0) i
			WHERE i.state = 'accepted'
			GROUP BY c.channel
	LOOP
		IF kind.channel = 'email' THEN
			PERFORM FROM mailroom.render_channel_documents($1, kind.ids, 'email', kind.addresses, mailroom.now());
		ELSE
			PERFORM FROM mailroom.render_channel_documents($1, kind.ids, 'html');
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.render_pages(bigint, bigint[]) IS 'the part of make_packages that renders and archives, for many invoices at once: the messages of those that go by e-mail, the pages of those that go by kivra';
REVOKE EXECUTE ON FUNCTION mailroom.render_pages(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.store_kivra_packages(issuer_id bigint, invoice_ids bigint[])
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET enable_seqscan = off -- by key, whatever was known of the tables when they were empty
	LANGUAGE plpgsql
AS $$
DECLARE
	wanted record;
	made record;
	files bigint[];
BEGIN
	PERFORM FROM mailroom.issuer o WHERE o.issuer_id = $1 FOR SHARE; -- an invoice that is being withdrawn gets no package
	SELECT array_agg(w.invoice_id) AS ids, array_agg(w.address) AS addresses, array_agg(w.pdf) AS pdfs, array_agg(w.page) AS pages, array_agg(w.bytes) AS bytes,
			array_agg(format('kivra-%s-%s.json', $1, w.invoice_id)) AS names
		INTO wanted
		FROM (SELECT n.invoice_id, c.address, p.document_id AS pdf, h.document_id AS page, mailroom.base64_length(p.content_bytes) + mailroom.base64_length(h.content_bytes) AS bytes
			FROM unnest($2) AS n (invoice_id)
				CROSS JOIN LATERAL (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = n.invoice_id OFFSET 0) i
				CROSS JOIN LATERAL (SELECT c.channel, c.address FROM mailroom.invoice_channel c WHERE c.issuer_id = $1 AND c.invoice_id = n.invoice_id OFFSET 0) c
				CROSS JOIN LATERAL (SELECT d.* FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = n.invoice_id AND d.channel = 'print' OFFSET 0) p
				CROSS JOIN LATERAL (SELECT d.* FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = n.invoice_id AND d.channel = 'html' OFFSET 0) h
			WHERE i.state = 'accepted' AND c.channel = 'kivra'
				AND (SELECT count(*) FROM mailroom.invoice_package k WHERE k.issuer_id = $1 AND k.invoice_id = n.invoice_id) = 0
			ORDER BY n.invoice_id) AS w;
	IF wanted.ids IS NULL THEN
		RETURN;
	END IF;
	SELECT array_agg(k.pieces[1] || k.pieces[2] || k.pieces[3] ORDER BY k.n) AS contents, array_agg('application/json'::text) AS media_types,
			array_agg(octet_length(k.pieces[1]) ORDER BY k.n) AS heads, array_agg(octet_length(k.pieces[1]) + octet_length(k.pieces[2]) ORDER BY k.n) AS middles,
			max(k.bytes + octet_length(k.pieces[1]) + octet_length(k.pieces[2]) + octet_length(k.pieces[3])) AS largest
		INTO made
		FROM (SELECT u.n, u.bytes, mailroom.kivra_pieces($1, u.invoice_id, u.address, true) AS pieces
			FROM unnest(wanted.ids, wanted.addresses, wanted.bytes) WITH ORDINALITY AS u (invoice_id, address, bytes, n) OFFSET 0) AS k;
	IF made.largest >= 1000000 THEN
		RAISE EXCEPTION 'a package is over the limit of channel kivra' USING ERRCODE = 'MR002'; -- which one is said when each is made by itself
	END IF;
	SELECT mailroom.store_outgoing_files($1, 'package', wanted.names, made.media_types, made.contents, array_agg(u.n::integer ORDER BY u.n, d.n), array_agg(d.id ORDER BY u.n, d.n), array_agg(d.place ORDER BY u.n, d.n), array_agg(true))
		INTO files
		FROM unnest(wanted.pdfs, wanted.pages, made.heads, made.middles) WITH ORDINALITY AS u (pdf, page, head, middle, n)
			CROSS JOIN LATERAL (VALUES (1, u.pdf, u.head), (2, u.page, u.middle)) AS d (n, id, place);
	INSERT INTO mailroom.invoice_package (issuer_id, invoice_id, part_no, outgoing_file_id)
		SELECT $1, u.invoice_id, 1, u.file FROM unnest(wanted.ids, files) AS u (invoice_id, file);
	PERFORM mailroom.advance_invoices($1, wanted.ids, 'accepted', 'archived');
END;
$$;
COMMENT ON FUNCTION mailroom.store_kivra_packages(bigint, bigint[]) IS 'the part of make_packages that makes packages of kivra for many invoices in one statement, of those whose page is archived; some hundreds at a time; MR002 when one is too large: then each by itself';
REVOKE EXECUTE ON FUNCTION mailroom.store_kivra_packages(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.make_packages(issuer_id bigint, invoice_ids bigint[])
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET enable_seqscan = off -- by key, whatever was known of the tables when they were empty
	LANGUAGE plpgsql
AS $$
DECLARE
	together CONSTANT integer := 250;
	choice record;
	problem text;
BEGIN
	-- many at once; what cannot be rendered or carried says so below, one by one
	PERFORM FROM mailroom.render_pages($1, $2);
	FOR n IN 1 .. cardinality($2) BY together LOOP
		BEGIN
			PERFORM mailroom.store_kivra_packages($1, ($2)[n : n + together - 1]);
		EXCEPTION
			WHEN SQLSTATE 'MR002' OR SQLSTATE 'MR006' OR SQLSTATE 'MR015' THEN
				NULL;
		END;
	END LOOP;
	FOR choice IN
		SELECT n.invoice_id, c.channel, c.address
			FROM unnest($2) AS n (invoice_id)
				CROSS JOIN LATERAL (SELECT c.channel, c.address FROM mailroom.invoice_channel c
					WHERE c.issuer_id = $1 AND c.invoice_id = n.invoice_id AND c.channel <> 'print' OFFSET 0) c
			WHERE (SELECT count(*) FROM mailroom.invoice_package p WHERE p.issuer_id = $1 AND p.invoice_id = n.invoice_id) = 0
			ORDER BY n.invoice_id
	LOOP
		PERFORM FROM mailroom.issuer o WHERE o.issuer_id = $1 FOR SHARE; -- an invoice that is being withdrawn gets no package
		CONTINUE WHEN (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = choice.invoice_id) <> 'accepted'
			OR EXISTS (SELECT FROM mailroom.invoice_package p WHERE p.issuer_id = $1 AND p.invoice_id = choice.invoice_id);
		problem := NULL;
		BEGIN
			PERFORM mailroom.store_package($1, choice.invoice_id, choice.channel, choice.address);
		EXCEPTION
			WHEN SQLSTATE 'MR002' OR SQLSTATE 'MR006' OR SQLSTATE 'MR015' THEN
				problem := SQLERRM;
		END;
		IF problem IS NULL THEN
			PERFORM mailroom.advance_invoices($1, ARRAY[choice.invoice_id], 'accepted', 'archived');
		ELSE
			PERFORM mailroom.set_aside_invoice($1, choice.invoice_id, 'CHANNEL-CONTENT', NULL, format('%s: %s', choice.channel, problem));
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.make_packages(bigint, bigint[]) IS 'the step of the flow that makes the packages of rendered invoices that do not go by print; they are made of bytes read back from the archive, and so their invoices are archived; one that its channel cannot carry is set aside (CHANNEL-CONTENT)';
REVOKE EXECUTE ON FUNCTION mailroom.make_packages(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.package_is_sent(issuer_id bigint, invoice_id bigint)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN EXISTS (SELECT FROM mailroom.invoice_package p
			JOIN mailroom.outgoing_file o ON o.issuer_id = p.issuer_id AND o.outgoing_file_id = p.outgoing_file_id
		WHERE p.issuer_id = $1 AND p.invoice_id = $2 AND o.state IN ('fetched', 'acknowledged'));
COMMENT ON FUNCTION mailroom.package_is_sent(bigint, bigint) IS 'whether a file of an invoice''s package was fetched: it counts as posted';

CREATE OR REPLACE FUNCTION mailroom.withdraw_package(issuer_id bigint, invoice_id bigint)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	UPDATE mailroom.outgoing_file o SET state = 'withdrawn'
		WHERE o.issuer_id = $1 AND o.state = 'ready'
			AND o.outgoing_file_id IN (SELECT p.outgoing_file_id FROM mailroom.invoice_package p WHERE p.issuer_id = $1 AND p.invoice_id = $2);
	DELETE FROM mailroom.outgoing_file_part f
		WHERE f.issuer_id = $1 AND f.outgoing_file_id IN (SELECT p.outgoing_file_id FROM mailroom.invoice_package p
			JOIN mailroom.outgoing_file o ON o.issuer_id = p.issuer_id AND o.outgoing_file_id = p.outgoing_file_id
			WHERE p.issuer_id = $1 AND p.invoice_id = $2 AND o.state = 'withdrawn');
END;
$$;
COMMENT ON FUNCTION mailroom.withdraw_package(bigint, bigint) IS 'the step of mailroom.take_back that withdraws the package of an invoice; its rows stay, with hash';
REVOKE EXECUTE ON FUNCTION mailroom.withdraw_package(bigint, bigint) FROM PUBLIC;
