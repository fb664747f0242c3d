-- 31_codes: the code lists of the rules, loaded without a release of the library.

CREATE OR REPLACE FUNCTION mailroom.forget_code_lists()
	RETURNS trigger
	VOLATILE PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_forget_code_lists';
COMMENT ON FUNCTION mailroom.forget_code_lists() IS 'trigger of mailroom.code_list: every session reads the lists again';
CREATE OR REPLACE TRIGGER forget
	AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON mailroom.code_list
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.forget_code_lists();

CREATE OR REPLACE FUNCTION mailroom.store_code_list(list text, version text, valid_from date, valid_to date, codes text[], shipped boolean)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wrong text;
	clean text[];
BEGIN
	wrong := (SELECT c FROM unnest(codes) AS c WHERE c !~ '^[^[:space:][:cntrl:]]{1,200}$' LIMIT 1);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'code "%" of code list "%" cannot be stored', left(wrong, 80), list
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'A code has 1 to 200 characters and no blanks.';
	END IF;
	clean := ARRAY(SELECT DISTINCT c COLLATE "C" FROM unnest(codes) AS c ORDER BY 1);
	IF cardinality(clean) = 0 THEN
		RAISE EXCEPTION 'version "%" of code list "%" has no codes', version, list USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO mailroom.code_list AS l (list, version, shipped, valid_from, valid_to, codes, loaded_at)
	VALUES ($1, $2, $6, $3, $4, clean, mailroom.now())
	ON CONFLICT ON CONSTRAINT code_list_pkey DO UPDATE
	SET valid_from = excluded.valid_from, valid_to = excluded.valid_to, codes = excluded.codes, loaded_at = excluded.loaded_at;
END;
$$;
COMMENT ON FUNCTION mailroom.store_code_list(text, text, date, date, text[], boolean) IS 'puts one version of a code list in place; for mailroom.load_code_list and the extension script';
REVOKE EXECUTE ON FUNCTION mailroom.store_code_list(text, text, date, date, text[], boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_code_list(list text, version text, valid_from date, content text, valid_to date DEFAULT NULL)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	codes text[] := regexp_split_to_array(rtrim(content, E'\r\n'), '\r?\n');
BEGIN
	IF list IS NULL OR version IS NULL OR valid_from IS NULL OR content IS NULL THEN
		RAISE EXCEPTION 'list, version, first day and content of a code list are needed' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF valid_to < valid_from THEN
		RAISE EXCEPTION 'version "%" of code list "%" would end on %, before its first day', version, list, valid_to
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF NOT EXISTS (SELECT FROM mailroom.code_list l WHERE l.list = load_code_list.list AND l.shipped) THEN
		RAISE EXCEPTION 'code list "%" does not exist', list
			USING ERRCODE = 'undefined_object', HINT = 'List the known ones with "SELECT DISTINCT list FROM mailroom.code_list".';
	END IF;
	IF codes[1] = 'code' THEN
		codes := codes[2:];
	END IF;
	PERFORM mailroom.store_code_list(list, version, valid_from, valid_to, codes, false);
	RETURN (SELECT cardinality(l.codes) FROM mailroom.code_list l
		WHERE l.list = load_code_list.list AND l.version = load_code_list.version AND NOT l.shipped);
END;
$$;
COMMENT ON FUNCTION mailroom.load_code_list(text, text, date, text, date) IS 'loads a version of a code list and returns the number of its codes; content = one code per line, perhaps under the heading "code" (the files of data/codelist); the version counts from its first day on, in every session at once, and replaces an own version of that name. Raises 42704 for a list that no rule uses, 22023 for a code with blanks or more than 200 characters and for an empty list or a last day before the first, 22004 for NULL';
REVOKE EXECUTE ON FUNCTION mailroom.load_code_list(text, text, date, text, date) FROM PUBLIC;
SELECT mailroom.allow('operator', 'function', 'mailroom.load_code_list(text, text, date, text, date)', 'EXECUTE');

CREATE OR REPLACE FUNCTION mailroom.drop_code_list(list text, version text)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.code_list l
	WHERE l.list = drop_code_list.list AND l.version = drop_code_list.version AND NOT l.shipped;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'own version "%" of code list "%" does not exist', version, list USING ERRCODE = 'undefined_object';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.drop_code_list(text, text) IS 'removes a version that mailroom.load_code_list brought; shipped ones stay. Raises 42704 when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.drop_code_list(text, text) FROM PUBLIC;
SELECT mailroom.allow('operator', 'function', 'mailroom.drop_code_list(text, text)', 'EXECUTE');

CREATE OR REPLACE VIEW mailroom.current_code_list
	WITH (security_invoker = true)
AS
SELECT DISTINCT ON (l.list) l.list, l.version, l.shipped, l.valid_from, l.valid_to, l.codes
FROM mailroom.code_list l,
	(SELECT (mailroom.now() AT TIME ZONE 'UTC')::date AS today) AS t
ORDER BY l.list, l.valid_from <= t.today AND coalesce(l.valid_to >= t.today, true) DESC,
	l.valid_from <= t.today DESC,
	CASE WHEN l.valid_from <= t.today THEN l.valid_from - t.today ELSE t.today - l.valid_from END DESC,
	l.shipped, l.version COLLATE "C" DESC;
COMMENT ON VIEW mailroom.current_code_list IS 'the version of each code list that counts today (UTC): the latest whose days include today, else the latest before, else the earliest to come; of two, the own one';
GRANT SELECT ON mailroom.current_code_list TO PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.code_known(list text, code text)
	RETURNS boolean
	STABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_code_known';
COMMENT ON FUNCTION mailroom.code_known(text, text) IS 'the code is in the version of the list that counts today (UTC), byte for byte, as the rules see it. Raises 42704 for a list that no rule uses';

CREATE OR REPLACE FUNCTION mailroom.list_rule_sets()
	RETURNS TABLE (rule_set text, version text, valid_from date, valid_to date)
	IMMUTABLE PARALLEL SAFE
	ROWS 5
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_list_rule_sets';
COMMENT ON FUNCTION mailroom.list_rule_sets() IS 'the rule sets of this version of the library: en16931 applies to every invoice, the others by the specification identifier or by name (validate_invoice), advisory by +advisory only; version = release of the official rules, valid_from = its date. Of several editions of a set the one in force on the day of the check (UTC) counts';

CREATE OR REPLACE FUNCTION mailroom.list_invoice_models()
	RETURNS TABLE (model text, version text, identifier text, valid_from date, valid_to date)
	IMMUTABLE PARALLEL SAFE
	ROWS 1
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_list_invoice_models';
COMMENT ON FUNCTION mailroom.list_invoice_models() IS 'the editions of the semantic model that this version of the library knows; identifier = how the specification identifier (BT-24) of a document of that edition begins';

CREATE OR REPLACE FUNCTION mailroom.list_rules()
	RETURNS TABLE (rule_set text, rule text, severity text, ubl boolean, cii boolean, other boolean, message text)
	IMMUTABLE PARALLEL SAFE
	ROWS 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_list_rules';
COMMENT ON FUNCTION mailroom.list_rules() IS 'the rules of all sets with their sentences; a rule has a row for each of its contexts; ubl, cii: for the XML of these formats, other: for the formats that become an invoice without rules of their own';
