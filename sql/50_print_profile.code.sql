-- 50_print_profile: shipped profiles, and which one documents are checked against.

CREATE OR REPLACE FUNCTION mailroom.shipped_print_profile()
	RETURNS TABLE (name text, pdf_version text, colour text, duplex boolean, max_pages integer, max_sheets integer, max_bytes bigint, address_min_pt numeric, address_max_pt numeric, address_families text[], envelope_width_mm numeric, envelope_height_mm numeric, zones jsonb, source text, source_date date)
	IMMUTABLE PARALLEL SAFE ROWS 8
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT v.name, v.pdf_version, v.colour, v.duplex, v.max_pages, v.max_sheets, v.max_bytes, v.address_min_pt, v.address_max_pt, v.address_families::text[], v.envelope_width_mm, v.envelope_height_mm, v.zones::jsonb, v.source, v.source_date::date
		FROM (VALUES
			('digipost', '1.7', NULL, false, 20, NULL::integer, NULL::bigint, NULL::numeric, NULL::numeric, NULL, NULL::numeric, NULL::numeric,
				'[{"name": "bar code", "kind": "no_text", "x_mm": 0, "y_mm": 95, "width_mm": 15, "height_mm": 80}]',
				'Digipost: printability-validator, rules as coded: A4, at most 20 pages, PDF up to 1.7, no text 15 mm wide and 80 mm high at 95 mm from the top left edge', '2026-11-22'),
			('postel', '1.4', NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
				'[{"name": "left edge", "kind": "free", "x_mm": 0, "y_mm": 0, "width_mm": 15, "height_mm": 297}, {"name": "right edge", "kind": "free", "x_mm": 195, "y_mm": 0, "width_mm": 15, "height_mm": 297}, {"name": "top edge", "kind": "free", "x_mm": 0, "y_mm": 0, "width_mm": 210, "height_mm": 15}, {"name": "bottom edge", "kind": "free", "x_mm": 0, "y_mm": 282, "width_mm": 210, "height_mm": 15}]',
				'21grams, PDF restrictions and country templates: Postel (Italy): PDF up to 1.4, 15 mm free on all four sides', '2026-11-22'),
			('norway-c5', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, 229, 162,
				'[{"name": "window", "kind": "window", "first_page": true, "x_mm": 15, "y_mm": 44, "width_mm": 105, "height_mm": 35}]',
				'21grams, country templates: Norwegian windows: safe corner 15 mm left, 44 mm top, window of C5 105 by 35 mm', '2026-11-22'),
			('21grams-de-s65', NULL, 'cmyk', false, NULL, 6, 3000000, 10, 12, '{Arial,Verdana,Courier}', NULL, NULL, '[]',
				'21grams, PDF restrictions: A4, CMYK, up to 3 MB, address in Arial, Verdana or Courier of 10 to 12 pt, not bold, without a blank line; Germany, envelope S65: up to 6 sheets', '2026-11-22'),
			('21grams-fi-c5', NULL, 'cmyk', false, NULL, 8, 3000000, 10, 12, '{Arial,Verdana,Courier}', 229, 162, '[]',
				'21grams, PDF restrictions: A4, CMYK, up to 3 MB, address in Arial, Verdana or Courier of 10 to 12 pt, not bold, without a blank line; Finland, envelope C5: up to 8 sheets', '2026-11-22'),
			('21grams-fi-c4', NULL, 'cmyk', false, NULL, 40, 3000000, 10, 12, '{Arial,Verdana,Courier}', 229, 324, '[]',
				'21grams, PDF restrictions: A4, CMYK, up to 3 MB, address in Arial, Verdana or Courier of 10 to 12 pt, not bold, without a blank line; Finland, envelope C4: up to 40 sheets', '2026-11-22'),
			('postnord-c5', NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, 229, 162,
				'[{"name": "PostNord", "kind": "envelope", "x_mm": 79, "y_mm": 132, "width_mm": 150, "height_mm": 30}, {"name": "Citymail, Morgonpost", "kind": "envelope", "x_mm": 79, "y_mm": 0, "width_mm": 150, "height_mm": 10}]',
				'21grams, PDF restrictions: PostNord 150 by 30 mm lower right of the envelope, Citymail and Morgonpost 150 by 10 mm at its top (drawn here on C5, 229 by 162 mm, at the right)', '2026-11-22'))
			AS v (name, pdf_version, colour, duplex, max_pages, max_sheets, max_bytes, address_min_pt, address_max_pt, address_families, envelope_width_mm, envelope_height_mm, zones, source, source_date);
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
	INSERT INTO mailroom.print_profile (issuer_id, name, pdf_version, colour, duplex, max_pages, max_sheets, max_bytes, address_min_pt, address_max_pt, address_bold, address_blank_line, address_families,
			envelope_width_mm, envelope_height_mm, source, source_date)
		SELECT $1, own, s.pdf_version, s.colour, s.duplex, s.max_pages, s.max_sheets, s.max_bytes, s.address_min_pt, s.address_max_pt, s.address_min_pt IS NULL, s.address_families IS NULL, s.address_families,
				s.envelope_width_mm, s.envelope_height_mm, s.source, s.source_date
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

-- A sheet shows through windows only: what envelope and sheet ask of one another is told before anything is printed.
CREATE OR REPLACE FUNCTION mailroom.print_profile_problem(issuer_id bigint, profile text)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (SELECT string_agg(f.problem, '; ' ORDER BY f.problem) FROM mailroom.print_profile p
		-- folded in two, three or four, the fewest that fit
		CROSS JOIN LATERAL (SELECT p.page_height_mm / coalesce(min(n.folded), 4) AS height, CASE WHEN p.envelope_width_mm IS NOT NULL THEN count(*) > 0 AND p.page_width_mm <= p.envelope_width_mm END AS fits
			FROM generate_series(1, 4) AS n (folded) WHERE p.page_height_mm / n.folded <= p.envelope_height_mm) AS panel
		CROSS JOIN LATERAL (
			SELECT format('its pages are %s by %s mm, not A4', p.page_width_mm, p.page_height_mm) AS problem WHERE p.page_width_mm <> 210 OR p.page_height_mm <> 297
			UNION ALL
			SELECT format('its sheets do not fit an envelope of %s by %s mm', p.envelope_width_mm, p.envelope_height_mm) WHERE NOT panel.fits
			UNION ALL
			SELECT format('it has %s zones, and 60 are allowed', count(*)) FROM mailroom.print_profile_zone z WHERE z.issuer_id = $1 AND z.profile = $2 HAVING count(*) > 60
			UNION ALL
			SELECT CASE
					WHEN z.kind <> 'envelope' AND (z.x_mm + z.width_mm > p.page_width_mm OR z.y_mm + z.height_mm > p.page_height_mm) THEN format('zone "%s" leaves the page', z.name)
					WHEN z.kind = 'window' AND 2 * z.play_mm >= least(z.width_mm, z.height_mm) THEN format('nothing can be safely inside window "%s" with a play of %s mm', z.name, z.play_mm)
					WHEN z.kind = 'window' AND panel.fits AND z.y_mm + z.height_mm > panel.height THEN format('window "%s" reaches below the fold at %s mm', z.name, round(panel.height, 1))
					WHEN z.kind = 'envelope' AND p.envelope_width_mm IS NULL THEN format('zone "%s" is one of an envelope, whose size is not given', z.name)
					WHEN z.kind = 'envelope' AND (z.x_mm + z.width_mm > p.envelope_width_mm OR z.y_mm + z.height_mm > p.envelope_height_mm) THEN format('zone "%s" leaves the envelope', z.name)
				END FROM mailroom.print_profile_zone z WHERE z.issuer_id = $1 AND z.profile = $2
			UNION ALL
			SELECT format('window "%s" shows in zone "%s" of the envelope', w.name, z.name)
				FROM mailroom.print_profile_zone w JOIN mailroom.print_profile_zone z USING (issuer_id, profile)
				WHERE w.issuer_id = $1 AND w.profile = $2 AND w.kind = 'window' AND z.kind = 'envelope' AND w.x_mm < z.x_mm + z.width_mm AND z.x_mm < w.x_mm + w.width_mm
					AND w.y_mm < z.y_mm + z.height_mm AND z.y_mm < w.y_mm + w.height_mm) AS f
		WHERE p.issuer_id = $1 AND p.name = $2);
COMMENT ON FUNCTION mailroom.print_profile_problem(bigint, text) IS 'what contradicts itself in a print profile, problems parted by semicolons: pages that are not A4 or do not fit the envelope, zones that leave page or envelope, a window that reaches below the fold, leaves no room for its play or shows in a place that the envelope keeps free; NULL when nothing does';

CREATE OR REPLACE FUNCTION mailroom.use_print_profile(issuer_id bigint, profile text, template text DEFAULT '')
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	problem text;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $2 IS NULL THEN
		DELETE FROM mailroom.print_profile_use u WHERE u.issuer_id = $1 AND u.template = $3;
		RETURN;
	END IF;
	PERFORM FROM mailroom.print_profile o WHERE o.issuer_id = $1 AND o.name = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'print profile "%" does not exist', $2
			USING ERRCODE = 'undefined_object', HINT = 'Take a shipped one with mailroom.add_print_profile(), or insert it.';
	END IF;
	problem := mailroom.print_profile_problem($1, $2);
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'cannot use print profile "%"', $2
			USING ERRCODE = 'invalid_parameter_value', DETAIL = pg_catalog.format('Problems: %s.', problem);
	END IF;
	INSERT INTO mailroom.print_profile_use (issuer_id, template, profile)
		VALUES ($1, $3, $2)
		ON CONFLICT ON CONSTRAINT print_profile_use_pkey DO UPDATE SET profile = EXCLUDED.profile;
END;
$$;
COMMENT ON FUNCTION mailroom.use_print_profile(bigint, text, text) IS 'documents of an issuer are checked against a print profile from now on, all of them or those of one template; NULL = no longer; 42704 no such profile, 22023 with the problems of mailroom.print_profile_problem in the detail; needs operator';
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
	SELECT 'inserter ' || m.mark, 'mark', false, m.x_mm, m.y_mm, m.width_mm, m.height_mm, 0
		FROM mailroom.inserter_place m
			JOIN mailroom.inserter_profile i ON i.issuer_id = m.issuer_id AND i.name = m.profile
		WHERE m.issuer_id = $1 AND i.is_used
	ORDER BY 2, 1;
END;
COMMENT ON FUNCTION mailroom.print_check_zone(bigint, text) IS 'zones that pages are compared with under a print profile: its own, and of kind mark the places of the marks of the inserter profile in use (mailroom.use_inserter), as free as zones of kind free; in mm from the top left corner';

SELECT mailroom.allow('operator', 'function', 'mailroom.add_print_profile(bigint, text, text)', 'EXECUTE');
SELECT mailroom.allow('operator', 'function', 'mailroom.use_print_profile(bigint, text, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('print_profile'), ('print_profile_zone'), ('print_profile_use')) AS t (name);
-- an approver looks at pages before they go live
SELECT mailroom.allow('approver', 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('print_profile'), ('print_profile_zone'), ('print_profile_use'), ('inserter_profile'), ('inserter_zone'), ('inserter_place')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.' || t.name, 'INSERT, UPDATE, DELETE')
	FROM (VALUES ('print_profile'), ('print_profile_zone')) AS t (name);
