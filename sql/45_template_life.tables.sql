-- 45_template_life: drafts, approvals and retirement of templates.

CREATE TABLE mailroom.template_policy
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	four_eyes boolean NOT NULL,
	set_at timestamptz NOT NULL,
	set_by name NOT NULL,
	PRIMARY KEY (issuer_id)
);
COMMENT ON TABLE mailroom.template_policy IS 'whether an issuer''s templates need a second person; without a row they do not; written by mailroom.set_template_policy';

CREATE TABLE mailroom.template_draft
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	name text NOT NULL CHECK (name <> ''),
	draft_no integer NOT NULL CHECK (draft_no > 0),
	based_on integer,
	valid_from date,
	note text,
	source text NOT NULL,
	source_sha256 bytea NOT NULL,
	state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'refused')),
	drafted_at timestamptz NOT NULL,
	drafted_by name NOT NULL,
	decided_at timestamptz,
	decided_by name,
	reason text,
	version integer,
	PRIMARY KEY (issuer_id, name, draft_no),
	CHECK ((state = 'draft') = (decided_at IS NULL)),
	CHECK ((state = 'approved') = (version IS NOT NULL))
);
COMMENT ON TABLE mailroom.template_draft IS 'templates that wait for a second person, and what became of them; a draft''s text never changes; written by mailroom.draft_template, approve_template and refuse_template';
COMMENT ON COLUMN mailroom.template_draft.based_on IS 'newest version of the name when it was drafted, NULL = none: a draft is not approved over a version its author did not know';
COMMENT ON COLUMN mailroom.template_draft.valid_from IS 'first day it is to be used; NULL = the day of its approval';
COMMENT ON COLUMN mailroom.template_draft.version IS 'version that it became';

CREATE TABLE mailroom.template_retirement
(
	issuer_id bigint NOT NULL,
	name text NOT NULL,
	version integer NOT NULL,
	retired_from date NOT NULL,
	retired_at timestamptz NOT NULL,
	retired_by name NOT NULL,
	reason text NOT NULL CHECK (reason <> ''),
	PRIMARY KEY (issuer_id, name, version),
	FOREIGN KEY (issuer_id, name, version) REFERENCES mailroom.template
);
COMMENT ON TABLE mailroom.template_retirement IS 'versions that are not used any more; what they set stays as it is; written by mailroom.retire_template';
COMMENT ON COLUMN mailroom.template_retirement.retired_from IS 'first day it is not used (issuer''s date)';
