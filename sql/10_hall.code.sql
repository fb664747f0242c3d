-- 10_hall: functions over the shared nouns: time, issuers, rights, events.

CREATE OR REPLACE FUNCTION mailroom.now()
	RETURNS timestamptz
	VOLATILE PARALLEL RESTRICTED
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_now';
COMMENT ON FUNCTION mailroom.now() IS 'the time mailroom works with: the wall clock, or the setting mailroom.clock in tests';

CREATE OR REPLACE FUNCTION mailroom.library_version()
	RETURNS text
	STABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_library_version';
COMMENT ON FUNCTION mailroom.library_version() IS 'version of the loaded library';

CREATE OR REPLACE FUNCTION mailroom.outer_role()
	RETURNS name
	STABLE PARALLEL RESTRICTED
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_outer_role';
COMMENT ON FUNCTION mailroom.outer_role() IS 'the role that called, outside of any SECURITY DEFINER function';

CREATE OR REPLACE FUNCTION mailroom.today(issuer_id bigint)
	RETURNS date
	STABLE PARALLEL RESTRICTED
	RETURN (SELECT (mailroom.now() AT TIME ZONE i.time_zone)::date FROM mailroom.issuer i WHERE i.issuer_id = $1);
COMMENT ON FUNCTION mailroom.today(bigint) IS 'the date in the issuer''s time zone';

CREATE OR REPLACE FUNCTION mailroom.is_house()
	RETURNS boolean
	STABLE PARALLEL RESTRICTED
	RETURN pg_has_role(mailroom.outer_role(),
		(SELECT c.relowner FROM pg_class c WHERE c.oid = 'mailroom.issuer'::regclass), 'USAGE');
COMMENT ON FUNCTION mailroom.is_house() IS 'true for the extension''s owner and superusers, who see every issuer';

CREATE OR REPLACE FUNCTION mailroom.my_issuers(kinds text[] DEFAULT NULL)
	RETURNS bigint[]
	STABLE PARALLEL RESTRICTED
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	narrowed bigint := nullif(current_setting('mailroom.issuer_id', true), '')::bigint;
BEGIN
	IF mailroom.is_house() THEN
		RETURN ARRAY(SELECT i.issuer_id FROM mailroom.issuer i
			WHERE narrowed IS NULL OR i.issuer_id = narrowed);
	END IF;
	RETURN ARRAY(
		SELECT DISTINCT g.issuer_id
		FROM mailroom.issuer_grant g
			JOIN pg_roles r ON r.rolname = g.role_name
		WHERE pg_has_role(mailroom.outer_role(), r.oid, 'USAGE')
			AND (kinds IS NULL OR g.kind = ANY (kinds))
			AND (narrowed IS NULL OR g.issuer_id = narrowed));
END;
$$;
COMMENT ON FUNCTION mailroom.my_issuers(text[]) IS 'issuers that the calling role was granted (with one of the kinds, if given), narrowed by the setting mailroom.issuer_id; row-level security reads it once a statement';

CREATE OR REPLACE FUNCTION mailroom.require_issuer(issuer_id bigint, kind text)
	RETURNS void
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF require_issuer.issuer_id IS NULL
		OR NOT require_issuer.issuer_id = ANY (mailroom.my_issuers(ARRAY[require_issuer.kind, 'operator'])) THEN
		RAISE EXCEPTION 'permission denied for issuer %', coalesce(require_issuer.issuer_id::text, 'NULL')
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = format('Role "%s" lacks the right "%s" for this issuer.', mailroom.outer_role(), require_issuer.kind),
				HINT = 'Ask the operator for mailroom.grant_role().';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.require_issuer(bigint, text) IS 'raises 42501 unless the calling role holds the kind (or operator) for the issuer; the first statement of every SECURITY DEFINER function';

CREATE OR REPLACE FUNCTION mailroom.require_reason(reason text, hint text)
	RETURNS void
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF coalesce(btrim($1), '') = '' THEN
		RAISE EXCEPTION 'reason is empty' USING ERRCODE = 'invalid_parameter_value', HINT = $2;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.require_reason(text, text) IS 'raises 22023 with the hint unless there is a reason: what people decide is kept with why';

CREATE OR REPLACE FUNCTION mailroom.allow(kind text, object_kind text, object_name text, privileges text)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.role_privilege (kind, object_kind, object_name, privilege)
		SELECT $1, $2, $3, pg_catalog.btrim(p.privilege)
		FROM pg_catalog.unnest(pg_catalog.string_to_array($4, ',')) AS p (privilege)
		ON CONFLICT DO NOTHING;
END;
COMMENT ON FUNCTION mailroom.allow(text, text, text, text) IS 'notes for mailroom.grant_role that a kind of role gets these privileges on an object; called by the extension script';
REVOKE EXECUTE ON FUNCTION mailroom.allow(text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.apply_grants()
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	g record;
BEGIN
	FOR g IN
		SELECT DISTINCT p.privilege, p.object_kind, p.object_name, i.role_name
		FROM mailroom.issuer_grant i
			JOIN mailroom.role_privilege p ON p.kind = i.kind OR p.kind = 'everyone'
			JOIN pg_roles r ON r.rolname = i.role_name
		ORDER BY 4, 2, 3, 1
	LOOP
		EXECUTE format('GRANT %s ON %s %s TO %I', g.privilege, g.object_kind, g.object_name, g.role_name);
	END LOOP;
	FOR g IN
		SELECT DISTINCT i.role_name FROM mailroom.issuer_grant i JOIN pg_roles r ON r.rolname = i.role_name
	LOOP
		EXECUTE format('GRANT USAGE ON SCHEMA mailroom, mailroom_report TO %I', g.role_name);
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.apply_grants() IS 'gives every granted role the privileges of its kinds; called by grant_role and by every upgrade';
REVOKE EXECUTE ON FUNCTION mailroom.apply_grants() FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.grant_role(kind text, role name, issuers bigint[])
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.role_privilege p WHERE p.kind = grant_role.kind) THEN
		RAISE EXCEPTION 'role kind "%" does not exist', kind
			USING ERRCODE = 'undefined_object',
				HINT = format('Kinds are: %s.', (SELECT string_agg(DISTINCT p.kind, ', ' ORDER BY p.kind)
					FROM mailroom.role_privilege p WHERE p.kind <> 'everyone'));
	END IF;
	INSERT INTO mailroom.issuer_grant (issuer_id, role_name, kind)
		SELECT DISTINCT i, grant_role.role, grant_role.kind FROM unnest(issuers) AS i
		ON CONFLICT DO NOTHING;
	PERFORM mailroom.apply_grants();
END;
$$;
COMMENT ON FUNCTION mailroom.grant_role(text, name, bigint[]) IS 'gives a role the rights of a kind (operator, importer, reader, clerk, approver: of templates) for the named issuers; kept as rows and re-applied by upgrades';
REVOKE EXECUTE ON FUNCTION mailroom.grant_role(text, name, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.create_issuer(name text, country text, time_zone text, currency text)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = create_issuer.time_zone) THEN
		RAISE EXCEPTION 'time zone "%" does not exist', time_zone
			USING ERRCODE = 'invalid_parameter_value', HINT = 'List them with "SELECT name FROM pg_timezone_names".';
	END IF;
	INSERT INTO mailroom.issuer (name, country, time_zone, currency, created_at)
		VALUES (create_issuer.name, create_issuer.country, create_issuer.time_zone, create_issuer.currency, mailroom.now())
		RETURNING issuer_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.create_issuer(text, text, text, text) IS 'adds an issuer: name, country (ISO 3166 alpha-2), time zone (IANA name), currency (ISO 4217); returns issuer_id';
REVOKE EXECUTE ON FUNCTION mailroom.create_issuer(text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.log_event(issuer_id bigint, object_kind text, object_id bigint, activity text, detail jsonb DEFAULT NULL)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.event (issuer_id, object_kind, object_id, activity, happened_at, actor, detail)
		VALUES ($1, $2, $3, $4, mailroom.now(), mailroom.outer_role(), $5);
END;
COMMENT ON FUNCTION mailroom.log_event(bigint, text, bigint, text, jsonb) IS 'appends to mailroom.event';
REVOKE EXECUTE ON FUNCTION mailroom.log_event(bigint, text, bigint, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.refuse_foreign_issuer()
	RETURNS trigger
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_refuse_foreign_issuer';
COMMENT ON FUNCTION mailroom.refuse_foreign_issuer() IS 'statement trigger of intake tables (AFTER INSERT ... REFERENCING NEW TABLE AS new_rows): refuses rows of an issuer for whom the role is no importer; the first column of the table must be issuer_id';

SELECT mailroom.allow('everyone', 'function', 'mailroom.now()', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.issuer'), ('mailroom.party'), ('mailroom.import_file'), ('mailroom.finding'),
			('mailroom.invoice'), ('mailroom.invoice_line'), ('mailroom.invoice_tax'), ('mailroom.invoice_adjustment'),
			('mailroom.document'), ('mailroom.mailing'), ('mailroom.letter'), ('mailroom.letter_postage'),
			('mailroom.letter_print'), ('mailroom.outgoing_file'), ('mailroom.event')) AS t (name);

CREATE OR REPLACE FUNCTION mailroom.set_aside_invoice(issuer_id bigint, invoice_id bigint, rule text, location text, message text)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	-- "=" would let the planner read the partial index of states in work instead of the key
	UPDATE mailroom.invoice i
		SET state = 'set_aside'
		WHERE i.issuer_id = $1 AND i.invoice_id = $2 AND i.state IS NOT DISTINCT FROM 'accepted';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'cannot set aside invoice % because it is not in work', $2
			USING ERRCODE = 'MR004';
	END IF;
	INSERT INTO mailroom.finding (issuer_id, file_id, batch_id, finding_no, document_no, invoice_id, location, rule, severity, message)
		SELECT i.issuer_id, i.file_id, i.batch_id,
				1 + coalesce(CASE
					WHEN i.file_id IS NOT NULL THEN
						(SELECT max(f.finding_no) FROM mailroom.finding f WHERE f.issuer_id = i.issuer_id AND f.file_id = i.file_id)
					WHEN i.batch_id IS NOT NULL THEN
						(SELECT max(f.finding_no) FROM mailroom.finding f WHERE f.issuer_id = i.issuer_id AND f.batch_id = i.batch_id)
					ELSE
						(SELECT max(f.finding_no) FROM mailroom.finding f WHERE f.issuer_id = i.issuer_id AND f.file_id IS NULL AND f.batch_id IS NULL)
				END, 0),
				i.document_no, i.invoice_id, coalesce($4, i.location), $3, 'fatal', $5
			FROM mailroom.invoice i
			WHERE i.issuer_id = $1 AND i.invoice_id = $2;
END;
$$;
COMMENT ON FUNCTION mailroom.set_aside_invoice(bigint, bigint, text, text, text) IS 'takes an accepted invoice out of work with a fatal finding (rule, location, message); it waits for a settlement; MR004 when it is not in work';
REVOKE EXECUTE ON FUNCTION mailroom.set_aside_invoice(bigint, bigint, text, text, text) FROM PUBLIC;
