-- 50_print: functions, triggers and views.

CREATE OR REPLACE FUNCTION mailroom.print_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_print_mailing';
COMMENT ON FUNCTION mailroom.print_mailing(bigint, bigint) IS 'writes the print file (PDF in postal order, page contents copied from the archived documents) and the ticket (CSV, a line an envelope, totals in the last) of a planned mailing as outgoing files of kind print_file and ticket, fills mailroom.letter_print and sets the mailing printed; returns outgoing_file_id of the PDF; a printed mailing is left as it is; of a common hand-in the letters of the members that let the house print, in one file of the house, and these members'' mailings become printed (NULL when there are none); MR004 when the mailing is not planned or its house prints it, MR007 when archived bytes do not match their hash';
REVOKE EXECUTE ON FUNCTION mailroom.print_mailing(bigint, bigint) FROM PUBLIC;

-- Inserter marks

CREATE OR REPLACE VIEW mailroom.inserter_place WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.name AS profile, m.mark, m.x_mm, m.y_mm, m.width_mm, m.height_mm
	FROM mailroom.inserter_profile p
		CROSS JOIN LATERAL (VALUES
			('ladder', p.has_ladder, p.ladder_x_mm - 2, p.ladder_y_mm - 2, p.bar_length_mm + 4, 10 * p.bar_pitch_mm + p.bar_thickness_mm + 4),
			('matrix', p.has_matrix, p.matrix_x_mm - 1, p.matrix_y_mm - 1, p.matrix_side_mm + 2, p.matrix_side_mm + 2))
			AS m (mark, is_wanted, x_mm, y_mm, width_mm, height_mm)
	WHERE m.is_wanted;
COMMENT ON VIEW mailroom.inserter_place IS 'where the marks of a profile stand, with the clear space around them (2 mm around the ladder, 1 mm around the DataMatrix); in mm from the top left corner; nothing else should be printed there';

CREATE OR REPLACE FUNCTION mailroom.inserter_problem(issuer_id bigint, profile text)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (SELECT string_agg(f.problem, '; ' ORDER BY f.problem) FROM (
		SELECT format('%s leaves the page', m.mark) AS problem FROM mailroom.inserter_place m
			WHERE m.issuer_id = $1 AND m.profile = $2 AND (m.x_mm < 0 OR m.y_mm < 0 OR m.x_mm + m.width_mm > 210 OR m.y_mm + m.height_mm > 297)
		UNION ALL
		SELECT format('%s stands in zone "%s"', m.mark, z.name) FROM mailroom.inserter_place m
				JOIN mailroom.inserter_zone z ON z.issuer_id = m.issuer_id AND z.profile = m.profile
			WHERE m.issuer_id = $1 AND m.profile = $2 AND m.x_mm < z.x_mm + z.width_mm AND z.x_mm < m.x_mm + m.width_mm
				AND m.y_mm < z.y_mm + z.height_mm AND z.y_mm < m.y_mm + m.height_mm
		UNION ALL
		SELECT 'ladder and matrix overlap' FROM mailroom.inserter_place m JOIN mailroom.inserter_place n USING (issuer_id, profile)
			WHERE m.issuer_id = $1 AND m.profile = $2 AND m.mark = 'ladder' AND n.mark = 'matrix' AND m.x_mm < n.x_mm + n.width_mm
				AND n.x_mm < m.x_mm + m.width_mm AND m.y_mm < n.y_mm + n.height_mm AND n.y_mm < m.y_mm + m.height_mm) AS f);
COMMENT ON FUNCTION mailroom.inserter_problem(bigint, text) IS 'what is wrong with the places of a profile''s marks (outside of the page, in a forbidden zone or window, over one another), problems parted by semicolons; NULL when nothing is';

CREATE OR REPLACE FUNCTION mailroom.use_inserter(issuer_id bigint, profile text)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	problem text;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $2 IS NOT NULL THEN
		IF NOT EXISTS (SELECT FROM mailroom.inserter_profile p WHERE p.issuer_id = $1 AND p.name = $2) THEN
			RAISE EXCEPTION 'inserter profile "%" does not exist', $2 USING ERRCODE = 'undefined_object';
		END IF;
		problem := mailroom.inserter_problem($1, $2);
		IF problem IS NOT NULL THEN
			RAISE EXCEPTION 'cannot use inserter profile "%"', $2
				USING ERRCODE = 'invalid_parameter_value', DETAIL = pg_catalog.format('Problems: %s.', problem);
		END IF;
	END IF;
	UPDATE mailroom.inserter_profile p SET is_used = false WHERE p.issuer_id = $1 AND p.is_used;
	UPDATE mailroom.inserter_profile p SET is_used = true WHERE p.issuer_id = $1 AND p.name = $2;
END;
$$;
COMMENT ON FUNCTION mailroom.use_inserter(bigint, text) IS 'print files of the issuer carry the marks of this profile from now on, NULL: no marks; 42704 when there is no such profile, 22023 with the problems in the detail when its marks leave the page, stand in a zone or overlap';
REVOKE EXECUTE ON FUNCTION mailroom.use_inserter(bigint, text) FROM PUBLIC;
SELECT mailroom.allow('operator', 'function', 'mailroom.use_inserter(bigint, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('inserter_profile'), ('inserter_zone'), ('inserter_place')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.inserter_zone', 'INSERT, UPDATE, DELETE');
SELECT mailroom.allow('operator', 'table', 'mailroom.inserter_profile', 'INSERT, UPDATE, DELETE');
