-- 52_release: mailings that wait for a second person before they are printed.

CREATE TABLE mailroom.release_policy
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	template text NOT NULL DEFAULT '',
	min_letters bigint NOT NULL DEFAULT 1 CHECK (min_letters > 0),
	brand text NOT NULL DEFAULT '',
	PRIMARY KEY (issuer_id, template, brand)
);
COMMENT ON TABLE mailroom.release_policy IS 'mailings that wait for a release before they are printed';
COMMENT ON COLUMN mailroom.release_policy.template IS 'mailings with documents of this template; empty = of any';
COMMENT ON COLUMN mailroom.release_policy.brand IS 'mailings with documents of this brand (and of the template, where one is named); empty = of any';
COMMENT ON COLUMN mailroom.release_policy.min_letters IS 'smaller mailings do not wait';

CREATE TABLE mailroom.mailing_release
(
	issuer_id bigint NOT NULL,
	mailing_id bigint NOT NULL,
	state text NOT NULL CHECK (state IN ('waiting', 'released', 'rejected')),
	letters bigint NOT NULL,
	documents_sha256 bytea NOT NULL,
	asked_at timestamptz,
	decided_by name,
	decided_at timestamptz,
	reason text CHECK (reason <> ''),
	PRIMARY KEY (issuer_id, mailing_id),
	FOREIGN KEY (issuer_id, mailing_id) REFERENCES mailroom.mailing ON DELETE CASCADE,
	CHECK ((state = 'waiting') = (decided_by IS NULL))
);
COMMENT ON TABLE mailroom.mailing_release IS 'releases of mailings: asked for by the job that prints, decided by mailroom.release_mailing or reject_mailing';
COMMENT ON COLUMN mailroom.mailing_release.documents_sha256 IS 'over the documents of the mailing: what was released; other documents wait anew';
COMMENT ON COLUMN mailroom.mailing_release.asked_at IS 'since when printing waits; NULL = it was released before it was to be printed';
