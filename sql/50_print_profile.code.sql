-- 50_print_profile: shipped profiles, and which one documents are checked against.

CREATE OR REPLACE FUNCTION mailroom.shipped_print_profile()
	RETURNS TABLE (name text, pdf_version text, colour text, duplex boolean, max_pages integer, max_sheets integer, max_bytes bigint, address_min_pt numeric, address_max_pt numeric, zones jsonb, source text, source_date date)
	IMMUTABLE PARALLEL SAFE ROWS 8
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT v.name, v.pdf_version, v.colour, v.duplex, v.max_pages, v.max_sheets, v.max_bytes, v.address_min_pt, v.address_max_pt, v.zones::jsonb, v.source, v.source_date::date
		FROM (VALUES
			('digipost', '1.7', NULL, false, 20, NULL::integer, NULL::bigint, NULL::numeric, NULL::numeric,
				'[{"name": "bar code", "kind": "no_text", "x_mm": 0, "y_mm": 95, "width_mm": 15, "height_mm": 80}]',
				'Digipost: printability-validator, rules as coded: A4, at most 20 pages, PDF up to 1.7, no text 15 mm wide and 80 mm high at 95 mm from the top left edge', '2026-11-22'),
			('postel', '1.4', NULL, false, NULL, NULL, NULL, NULL, NULL,
				'[{"name": "left edge", "kind": "free", "x_mm": 0, "y_mm": 0, "width_mm": 15, "height_mm": 297}, {"name": "right edge", "kind": "free", "x_mm": 195, "y_mm": 0, "width_mm": 15, "height_mm": 297}, {"name": "top edge", "kind": "free", "x_mm": 0, "y_mm": 0, "width_mm": 210, "height_mm": 15}, {"name": "bottom edge", "kind": "free", "x_mm": 0, "y_mm": 282, "width_mm": 210, "height_mm": 15}]',
				'21grams, PDF restrictions and country templates: Postel (Italy): PDF up to 1.4, 15 mm free on all four sides', '2026-11-22'),
			('norway-c5', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL,
				'[{"name": "window", "kind": "window", "first_page": true, "x_mm": 15, "y_mm": 44, "width_mm": 105, "height_mm": 35}]',
				'21grams, country templates: Norwegian windows: safe corner 15 mm left, 44 mm top, window of C5 105 by 35 mm', '2026-11-22'),
			('21grams-de-s65', NULL, 'cmyk', false, NULL, 6, 3000000, 10, 12, '[]',
				'21grams, PDF restrictions: A4, CMYK, up to 3 MB, address in 10 to 12 pt, not bold; Germany, envelope S65: up to 6 sheets', '2026-11-22'),
			('21grams-fi-c5', NULL, 'cmyk', false, NULL, 8, 3000000, 10, 12, '[]',
				'21grams, PDF restrictions: A4, CMYK, up to 3 MB, address in 10 to 12 pt, not bold; Finland, envelope C5: up to 8 sheets', '2026-11-22'),
			('21grams-fi-c4', NULL, 'cmyk', false, NULL, 40, 3000000, 10, 12, '[]',
				'21grams, PDF restrictions: A4, CMYK, up to 3 MB, address in 10 to 12 pt, not bold; Finland, envelope C4: up to 40 sheets', '2026-11-22'),
			('postnord-c5', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL,
				'[{"name": "PostNord", "kind": "envelope", "x_mm": 79, "y_mm": 132, "width_mm": 150, "height_mm": 30}, {"name": "Citymail, Morgonpost", "kind": "envelope", "x_mm": 79, "y_mm": 0, "width_mm": 150, "height_mm": 10}]',
				'21grams, PDF restrictions: PostNord 150 by 30 mm lower right of the envelope, Citymail and Morgonpost 150 by 10 mm at its top (drawn here on C5, 229 by 162 mm, at the right)', '2026-11-22'))
			AS v (name, pdf_version, colour, duplex, max_pages, max_sheets, max_bytes, address_min_pt, address_max_pt, zones, source, source_date);
END;
COMMENT ON FUNCTION mailroom.shipped_print_profile() IS 'print profiles that come with the house, with their zones (mm, docs/print_profile.md), who says so and when it was read';

CREATE OR REPLACE FUNCTION mailroom.add_print_profile(issuer_id bigint, shipped text, name text DEFAULT NULL)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	own CONSTANT text := coalesce($3, $2);
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	INSERT INTO mailroom.print_profile (issuer_id, name, pdf_version, colour, duplex, max_pages, max_sheets, max_bytes, address_min_pt, address_max_pt, address_bold, source, source_date)
		SELECT $1, own, s.pdf_version, s.colour, s.duplex, s.max_pages, s.max_sheets, s.max_bytes, s.address_min_pt, s.address_max_pt, s.address_min_pt IS NULL, s.source, s.source_date
			FROM mailroom.shipped_print_profile() AS s WHERE s.name = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'print profile "%" is not shipped', $2
			USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT name, source FROM mailroom.shipped_print_profile()".';
	END IF;
	INSERT INTO mailroom.print_profile_zone (issuer_id, profile, name, kind, first_page, x_mm, y_mm, width_mm, height_mm)
		SELECT $1, own, z.name, z.kind, coalesce(z.first_page, false), z.x_mm, z.y_mm, z.width_mm, z.height_mm
			FROM mailroom.shipped_print_profile() AS s
				CROSS JOIN LATERAL jsonb_to_recordset(s.zones) AS z (name text, kind text, first_page boolean, x_mm numeric, y_mm numeric, width_mm numeric, height_mm numeric)
			WHERE s.name = $2;
END;
$$;
COMMENT ON FUNCTION mailroom.add_print_profile(bigint, text, text) IS 'gives an issuer a copy of a shipped print profile (its rows may then be changed: duplex, play of a window), under another name if one is given; 42704 not shipped, 23505 the issuer has one of that name; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.add_print_profile(bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.use_print_profile(issuer_id bigint, profile text, template text DEFAULT '')
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	p mailroom.print_profile;
	zones bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $2 IS NULL THEN
		DELETE FROM mailroom.print_profile_use u WHERE u.issuer_id = $1 AND u.template = $3;
		RETURN;
	END IF;
	SELECT * INTO p FROM mailroom.print_profile o WHERE o.issuer_id = $1 AND o.name = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'print profile "%" does not exist', $2
			USING ERRCODE = 'undefined_object', HINT = 'Take a shipped one with mailroom.add_print_profile(), or insert it.';
	ELSIF p.page_width_mm <> 210 OR p.page_height_mm <> 297 THEN
		RAISE EXCEPTION 'cannot use print profile "%" because its pages are not A4', $2
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Its pages are %s by %s mm.', p.page_width_mm, p.page_height_mm);
	END IF;
	SELECT count(*) INTO zones FROM mailroom.print_profile_zone z WHERE z.issuer_id = $1 AND z.profile = $2;
	IF zones > 60 THEN
		RAISE EXCEPTION 'cannot use print profile "%" because it has % zones', $2, zones
			USING ERRCODE = 'program_limit_exceeded', DETAIL = '60 are allowed.';
	END IF;
	INSERT INTO mailroom.print_profile_use (issuer_id, template, profile)
		VALUES ($1, $3, $2)
		ON CONFLICT ON CONSTRAINT print_profile_use_pkey DO UPDATE SET profile = EXCLUDED.profile;
END;
$$;
COMMENT ON FUNCTION mailroom.use_print_profile(bigint, text, text) IS 'documents of an issuer are checked against a print profile from now on, all of them or those of one template; NULL = no longer; 42704 no such profile, 22023 its pages are not A4, 54000 more than 60 zones; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.use_print_profile(bigint, text, text) FROM PUBLIC;

-- What a page is compared with: the profile's own zones, and where the inserter's marks are printed later.
CREATE OR REPLACE FUNCTION mailroom.print_check_zone(issuer_id bigint, profile text)
	RETURNS TABLE (name text, kind text, first_page boolean, x_mm numeric, y_mm numeric, width_mm numeric, height_mm numeric, play_mm numeric)
	STABLE PARALLEL SAFE ROWS 4
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT z.name, z.kind, z.first_page, z.x_mm, z.y_mm, z.width_mm, z.height_mm, z.play_mm
		FROM mailroom.print_profile_zone z
		WHERE z.issuer_id = $1 AND z.profile = $2 AND z.kind <> 'envelope'
	UNION ALL
	SELECT 'inserter ' || m.mark, 'free', false, m.x_mm, m.y_mm, m.width_mm, m.height_mm, 0
		FROM mailroom.inserter_place m
			JOIN mailroom.inserter_profile i ON i.issuer_id = m.issuer_id AND i.name = m.profile
		WHERE m.issuer_id = $1 AND i.is_used
	ORDER BY 2, 1;
END;
COMMENT ON FUNCTION mailroom.print_check_zone(bigint, text) IS 'zones that pages are compared with under a print profile: its own, and the places of the marks of the inserter profile in use (mailroom.use_inserter); in mm from the top left corner';

SELECT mailroom.allow('operator', 'function', 'mailroom.add_print_profile(bigint, text, text)', 'EXECUTE');
SELECT mailroom.allow('operator', 'function', 'mailroom.use_print_profile(bigint, text, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('print_profile'), ('print_profile_zone'), ('print_profile_use')) AS t (name);
-- an approver looks at pages before they go live
SELECT mailroom.allow('approver', 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('print_profile'), ('print_profile_zone'), ('print_profile_use'), ('inserter_profile'), ('inserter_zone'), ('inserter_place')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.' || t.name, 'INSERT, UPDATE, DELETE')
	FROM (VALUES ('print_profile'), ('print_profile_zone')) AS t (name);
