-- one template in every channel: pages of HTML, texts, SMS
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Kanal & "Sønn" <AS>', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', registration_no = '987654321',
	vat_id = 'NO987654321MVA', payee_account = '15030012345' WHERE issuer_id = :issuer;
CREATE TEMP TABLE made AS
	WITH new AS (
		INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code,
				currency, due_date, seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country,
				payment_reference, note, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
			SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'C-' || n, '2026-11-01', CASE n WHEN 2 THEN '381' ELSE '380' END,
				'NOK', '2026-11-21', 'Kanal', 'Kunde ' || n, n::text, 'Østre gate ' || n, 'TRONDHEIM', '7012',
				(ARRAY['NO', 'NO', 'SE', 'PL', 'NO'])[n], '000000000012344', '</p><script>alert("1")</script>' || CASE n WHEN 1 THEN '' ELSE E'\x01\u202E' END || 'gnp', 1000, 250, 1250, 1250,
				CASE n WHEN 4 THEN 100 WHEN 5 THEN 0 ELSE n END, now()
				FROM generate_series(1, 5) AS n
			RETURNING invoice_id, invoice_number, line_count)
	SELECT invoice_id, line_count, substr(invoice_number, 3)::int AS n FROM new;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate, item_name)
	SELECT :issuer, invoice_id, l, l, 1, 'C62', 100, 100, 'S', 25, 'Vare <' || l || '> & "sett"'
	FROM made, generate_series(1, line_count) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT :issuer, invoice_id, 1, 'S', 25, 1000, 250 FROM made;
CREATE FUNCTION pg_temp.said(n integer, channel text, source text DEFAULT NULL) RETURNS text LANGUAGE sql
	AS $$SELECT convert_from((mailroom.preview_channel((SELECT max(issuer_id) FROM mailroom.issuer), m.invoice_id, $2, $3)).content, 'UTF8') FROM made m WHERE m.n = $1$$;

-- the page: well-formed, self-contained, nothing that runs or is fetched, everything escaped
SELECT m.n, xml_is_well_formed_document(h.page) AS well_formed, h.page ~ '<script|<img|<link|<iframe|url\(|@import|javascript:|\son\w+=' AS runs,
		(SELECT count(*) FROM regexp_matches(h.page, 'https?://', 'g')) AS addresses, h.page ~ '[\x01\u202e]' AS hidden,
		h.page LIKE '%&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;gnp%' AS escaped,
		(SELECT count(*) FROM regexp_matches(h.page, '<th scope="row">Vare &lt;\d+&gt; &amp; &quot;sett&quot;</th>', 'g')) AS lines,
		substring(h.page, '<html[^>]* lang="(..)"') AS language, substring(h.page, '<title>([^<]*)</title>') AS title,
		(SELECT count(*) FROM regexp_matches(h.page, '<h1[ >]', 'g')) AS headings,
		h.page LIKE '%<details>%' AS folded, h.page LIKE '%class="pay"%' AS pays
	FROM made m, LATERAL pg_temp.said(m.n, 'html') AS h (page)
	ORDER BY 1;
-- groups are shown apart and copied as one
SELECT regexp_replace(substring(pg_temp.said(1, 'html'), '<dt[^>]*>KID</dt><dd[^>]*>([^\n]*)</dd>'), '</?span[^>]*>', '', 'g') AS reference;
-- texts
SELECT pg_temp.said(1, 'text');
SELECT m.n, pg_temp.said(m.n, 'sms'), pg_temp.said(m.n, 'text') ~ '[\x01\u202e]' AS hidden FROM made m ORDER BY 1;
SELECT substring(pg_temp.said(4, 'text'), '- Vare <20>[^\n]*\n[^\n]*\n[^\n]*\n');
SELECT m.media_type, substr(m.content, 1, 8) AS starts FROM mailroom.render_channel(:issuer, (SELECT invoice_id FROM made WHERE n = 1), 'print') AS m;
-- twice the same bytes
SELECT c, pg_temp.said(1, c) = pg_temp.said(1, c) AS same FROM unnest(ARRAY['html', 'text', 'sms']) AS c ORDER BY 1;

-- a change in one place of the template shows in all channels
\set own '<template name="own"><labels lang="en"><label key="hello">WORD</label></labels><subject><text>{{label:hello}} {{number}}</text></subject><sms><text>{{label:hello}}</text><text>{{number}}</text></sms><flow><text>{{label:hello}} {{number}}</text><table in="lines"><column head="{{label:hello}}"><text>{{line.item_name}}</text></column></table></flow></template>'
SELECT c.channel, pg_temp.said(1, c.channel, :'own') LIKE '%WORD C-1%' AS before,
		pg_temp.said(1, c.channel, replace(:'own', 'WORD', 'Hei på deg')) LIKE '%Hei på deg C-1%' AS after,
		pg_temp.said(1, c.channel, replace(:'own', 'WORD', 'Hei på deg')) LIKE '%WORD%' AS left_over
	FROM unnest(ARRAY['html', 'text', 'sms']) AS c (channel) ORDER BY 1;
SELECT mailroom.preview_template(:issuer, :'own', invoice_id) <> mailroom.preview_template(:issuer, replace(:'own', 'WORD', 'Hei'), invoice_id) AS changed FROM made WHERE n = 1;
-- of a list that is shown as a page's heading there is one, seen or not
SELECT pg_temp.said(1, 'html', :'own') LIKE '%<h1 class="unseen">Faktura C-1</h1>%' AS unseen;

-- images stand inside of the page
SELECT mailroom.store_resource(:issuer, 'mark', decode('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR4nGPgzvP///8/AxADWQA0TAeLusHd/wAAAABJRU5ErkJggg==', 'base64')) IS NOT NULL AS stored;
\set pictured '<template name="p"><flow><image name="mark" width="20" height="20" alt="Our mark"/><text>{{number}}</text></flow></template>'
SELECT substring(pg_temp.said(1, 'html', :'pictured'), '<p><img [^>]*>') AS image, pg_temp.said(1, 'text', :'pictured') AS plain;

-- refusals
SELECT mailroom.render_channel(:issuer, 1, 'fax');
SELECT mailroom.render_channel(:issuer, -1, 'html');
DO $$ BEGIN PERFORM pg_temp.said(1, 'html', '<template name="x"><flow><text>{{order_reference}}</text></flow></template>');
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
DO $$ BEGIN PERFORM mailroom.check_template('<template name="x"><sms><table in="lines"/></sms><flow/></template>');
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', SQLERRM; END $$;
