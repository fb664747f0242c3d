# 720_credit: the hysteresis vectors hold through the rule itself and through the whole way of a rating event; the state
# does not depend on the order of arrival; a restored copy has its state back and tells nothing twice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomVectors;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('credit', preload => 0);

SKIP:
{
	my $rows = load_vectors($node, 'alert_hysteresis');
	skip 'vectors/alert_hysteresis.csv', 2 unless defined $rows;
	$node->safe_psql('postgres', q{
-- the rule alone: an acknowledgement comes just before a step and does nothing when that step clears
CREATE FUNCTION replay(v vector_alert_hysteresis) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	s record;
	k record;
	rating numeric;
	i integer := 0;
	muted boolean;
	acked boolean := false;
	said text[] := '{}';
BEGIN
	SELECT false AS firing, 0 AS bad_run, 0 AS quiet_run, false AS acknowledged INTO k;
	FOR rating IN SELECT x::numeric FROM regexp_split_to_table(v."values", ';') AS x LOOP
		i := i + 1;
		muted := coalesce(i BETWEEN split_part(v.mute_from_to, '-', 1)::integer AND split_part(v.mute_from_to, '-', 2)::integer, false);
		acked := coalesce(k.firing AND NOT k.acknowledged AND i = v.ack_at::integer, false);
		s := mailroom.step_alert(rating, v.mode, v.raise_at::numeric, v.clear_at::numeric, v.consecutive::integer, v.repeat_every::integer,
			muted, k.firing, k.bad_run, k.quiet_run, k.acknowledged OR acked);
		IF s.activity IN ('raise', 'clear') THEN
			said := said || (i || ':' || upper(s.activity) || CASE WHEN muted THEN '(muted)' ELSE '' END);
		ELSIF acked THEN
			said := said || (i || ':ACK');
		ELSIF s.activity = 'repeat' THEN
			said := said || (i || ':REPEAT');
		END IF;
		SELECT s.firing, s.bad_run, s.quiet_run, s.acknowledged INTO k;
	END LOOP;
	RETURN array_to_string(said, ';');
END;
$$;
});
	is($node->safe_psql('postgres', q{SELECT v.id, coalesce(v.events, '') AS wanted, replay(v) FROM vector_alert_hysteresis v
WHERE coalesce(v.events, '') <> replay(v) ORDER BY v.row_no LIMIT 10}), '', "all $rows series of alert_hysteresis hold for the rule");

	# The whole way: each series is a customer of an issuer of its own, a rating an event, a mute and an acknowledgement a call.
	is($node->safe_psql('postgres', q{
SET mailroom.clock = '2026-01-01T00:00:00Z';
CREATE FUNCTION run_series(v vector_alert_hysteresis) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	issuer bigint := mailroom.create_issuer('Series ' || v.id, 'SE', 'Europe/Stockholm', 'SEK');
	rating numeric;
	i integer := 0;
	muted_range int4range := int4range(nullif(split_part(v.mute_from_to, '-', 1), '')::integer, nullif(split_part(v.mute_from_to, '-', 2), '')::integer, '[]');
	said text[] := '{}';
	last_message bigint := 0;
	m record;
BEGIN
	INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES (issuer, 'C', 'Customer');
	PERFORM mailroom.watch_party(issuer, 'C');
	PERFORM mailroom.set_alert_rule(issuer, 'limit', v.mode, v.raise_at::numeric, v.clear_at::numeric, v.consecutive::integer, v.repeat_every::integer);
	FOR rating IN SELECT x::numeric FROM regexp_split_to_table(v."values", ';') AS x LOOP
		i := i + 1;
		PERFORM mailroom.mute_alerts(issuer, 'C', CASE WHEN v.mute_from_to IS NOT NULL AND i <@ muted_range THEN mailroom.now() + interval '1 hour' END);
		INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)
			VALUES (issuer, 'bureau', i::text, 'C', rating, mailroom.now() + i * interval '1 day');
		-- an acknowledgement that comes with the rating comes before it is compared, unless it clears
		IF i = v.ack_at::integer AND (CASE v.mode WHEN 'below' THEN NOT (rating >= v.clear_at::numeric AND rating > v.raise_at::numeric)
				ELSE NOT (rating <= v.clear_at::numeric AND rating < v.raise_at::numeric) END)
			AND EXISTS (SELECT FROM mailroom.alert a WHERE a.issuer_id = issuer AND a.state = 'firing') THEN
			PERFORM mailroom.acknowledge_alert(issuer, max(x.position)) FROM mailroom.alert_message x WHERE x.issuer_id = issuer;
			said := said || (i || ':ACK');
		END IF;
		PERFORM mailroom.evaluate_credit_alerts(issuer);
		FOR m IN SELECT x.* FROM mailroom.alert_message x WHERE x.issuer_id = issuer AND x.position > last_message ORDER BY x.position LOOP
			said := said || (i || ':' || upper(m.activity) || CASE WHEN m.muted AND m.activity <> 'repeat' THEN '(muted)' ELSE '' END);
			last_message := m.position;
		END LOOP;
	END LOOP;
	RETURN array_to_string(said, ';');
END;
$$;
SELECT v.id, coalesce(v.events, ''), r FROM vector_alert_hysteresis v, LATERAL run_series(v) AS r
WHERE coalesce(v.events, '') <> r ORDER BY v.row_no LIMIT 10}), '', "and on the whole way from event to message");
}

# Order of arrival: the same events shuffled, repeated, in one statement or many.
my $states = 'SELECT string_agg(format(\'%s %s %s\', p.customer_no, s.rating, s.source_event_id), \',\' ORDER BY p.customer_no)'
	. ' FROM mailroom.credit_state s JOIN mailroom.party p USING (issuer_id, party_id) WHERE issuer_id = ';
$node->safe_psql('postgres', q{
CREATE TABLE feed AS SELECT 'C' || n % 40 AS customer_no, (n * 7919 % 101)::numeric AS rating, 'e' || n AS event_id,
	'2026-01-01T00:00:00Z'::timestamptz + (n * 104729 % 500) * interval '1 hour' AS effective_at, CASE WHEN n % 3 = 0 THEN 'a' ELSE 'b' END AS source
	FROM generate_series(1, 1000) AS n;
CREATE FUNCTION shuffled(seed double precision, pieces integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	issuer bigint := mailroom.create_issuer('Shuffle', 'SE', 'Europe/Stockholm', 'SEK');
BEGIN
	INSERT INTO mailroom.party (issuer_id, customer_no, name) SELECT issuer, 'C' || n, 'Customer ' || n FROM generate_series(0, 38) AS n;
	PERFORM setseed(seed);
	CREATE TEMP TABLE shuffle ON COMMIT DROP AS SELECT f.*, row_number() OVER (ORDER BY random()) AS n FROM (SELECT * FROM feed UNION ALL SELECT * FROM feed) f;
	FOR i IN 0 .. pieces - 1 LOOP
		INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)
			SELECT issuer, s.source, s.event_id, s.customer_no, s.rating, s.effective_at FROM shuffle s WHERE s.n % pieces = i ORDER BY s.n;
	END LOOP;
	RETURN issuer;
END;
$$;
});
my @issuers = map { $node->safe_psql('postgres', "SELECT shuffled($$_[0], $$_[1])") } [ 0.1, 1 ], [ 0.2, 7 ], [ 0.3, 500 ], [ 0.4, 2000 ];
my $first = $node->safe_psql('postgres', $states . $issuers[0]);
isnt($first, '', 'there is a state');
is($node->safe_psql('postgres', $states . $_), $first, 'the state does not depend on the order of arrival') for @issuers[1 .. 3];
is($node->safe_psql('postgres', "SELECT mailroom.recompute_credit_state($_)"), '0', 'and equals the recomputation from scratch') for @issuers;

# A customer that appears after its events.
$node->safe_psql('postgres', "INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES ($issuers[0], 'C39', 'Late')");
is($node->safe_psql('postgres', "SELECT mailroom.recompute_credit_state($issuers[0])"), '1', 'events that came before their party are found');

# Concurrent feeds of the same customers.
my $race = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Race', 'SE', 'Europe/Stockholm', 'SEK')");
$node->safe_psql('postgres', "INSERT INTO mailroom.party (issuer_id, customer_no, name) SELECT $race, 'C' || n, 'Customer ' || n FROM generate_series(0, 38) AS n");
my @sessions;
for my $k (0 .. 3)
{
	my $file = $node->basedir . "/feed_$k.sql";
	append_to_file($file, join('', map { "INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)"
		. " SELECT $race, source, event_id, customer_no, rating, effective_at FROM feed WHERE hashtext(event_id || '$k') % 50 = $_;\n" } -49 .. 49));
	push @sessions, IPC::Run::start([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $file ]);
}
ok($_->finish, 'a feed is loaded beside others') for @sessions;
is($node->safe_psql('postgres', $states . $race), $first, 'concurrent feeds give the same state');
is($node->safe_psql('postgres', "SELECT mailroom.recompute_credit_state($race)"), '0', 'equal to the recomputation');

# Five statements, one job; one NOTIFY with the last position.
my $calm = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Calm', 'SE', 'Europe/Stockholm', 'SEK')");
$node->safe_psql('postgres', qq{
INSERT INTO mailroom.party (issuer_id, customer_no, name) SELECT $calm, 'C' || n, 'Customer ' || n FROM generate_series(1, 5) AS n;
SELECT mailroom.watch_party($calm, 'C' || n) FROM generate_series(1, 5) AS n;
SELECT mailroom.set_alert_rule($calm, 'low', 'below', 50, 60)});
$node->safe_psql('postgres', "INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)"
	. " VALUES ($calm, 'b', '$_', 'C$_', 4$_, now())") for 1 .. 5;
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.job_queue WHERE issuer_id = $calm AND kind = 'credit_evaluate'"), '1', 'one job is queued');
my $heard = $node->safe_psql('postgres', 'LISTEN mailroom_alert; CALL mailroom.run_jobs(); SELECT 1');
my @payload = $heard =~ /payload "(\d+)"/g;
is_deeply(\@payload, [ $node->safe_psql('postgres', "SELECT max(position) FROM mailroom.alert_feed WHERE issuer_id = $calm") ], 'one NOTIFY with the last position');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.alert_feed WHERE issuer_id = $calm"), '5', 'five messages');
$node->safe_psql('postgres', "INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)"
	. " VALUES ($calm, 'b', '6', 'C1', 90, now())");
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.job_queue WHERE issuer_id = $calm AND kind = 'credit_evaluate'"), '2', 'after it ran the next event calls it again');

# An application copies a feed in; COPY works because the table has no row-level security, and the guard sees to the rest.
$node->safe_psql('postgres', "CREATE ROLE bureau LOGIN; SELECT mailroom.grant_role('importer', 'bureau', ARRAY[$calm]::bigint[])");
my $copy = "COPY mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) FROM STDIN WITH (FORMAT csv);\n";
is($node->psql('postgres', $copy . "$calm,b,7,C2,80,2027-01-01Z\n$calm,b,8,C9,80,2027-01-01Z\n\\.\n", extra_params => [ '-U', 'bureau' ]), 0, 'a feed is copied in');
isnt($node->psql('postgres', $copy . "$race,b,9,C2,80,2027-01-01Z\n\\.\n", extra_params => [ '-U', 'bureau' ], on_error_stop => 1), 0, 'but not for another issuer');

# Dump and restore: the state is not dumped but built; rules that spoke do not speak again.
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Copy', 'SE', 'Europe/Stockholm', 'SEK')");
$node->safe_psql('postgres', qq{
INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES ($issuer, 'K1', 'One'), ($issuer, 'K2', 'Two');
SELECT mailroom.watch_party($issuer, 'K1'), mailroom.watch_party($issuer, 'K2'), mailroom.set_alert_rule($issuer, 'low', 'below', 50, 60);
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)
	VALUES ($issuer, 'b', '1', 'K1', 40, '2026-02-01Z'), ($issuer, 'b', '2', 'K2', 40, '2026-02-01Z'), ($issuer, 'b', '3', 'K2', 70, '2026-02-02Z');
SELECT mailroom.evaluate_credit_alerts($issuer);
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) VALUES ($issuer, 'b', '4', 'K2', 30, '2026-02-03Z');
});
my $feed = "SELECT string_agg(format('%s %s %s', party_id, activity, state), ',' ORDER BY position) FROM mailroom.alert_feed WHERE issuer_id = $issuer";
my $dump = "$PostgreSQL::Test::Utils::tmp_check/credit.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, $node->connstr('copy') ], 'restore');
for my $i ($issuers[1], $race, $issuer)
{
	is($node->safe_psql('copy', $states . $i), $node->safe_psql('postgres', $states . $i), 'the copy has the same state');
}
is($node->safe_psql('copy', $feed), $node->safe_psql('postgres', $feed), 'and the same feed');
$node->safe_psql($_, "SELECT mailroom.evaluate_credit_alerts($issuer)") for 'postgres', 'copy';
like($node->safe_psql('copy', $feed), qr/,\d+ raise firing$/, 'what was open when it was dumped is told');
is($node->safe_psql('copy', $feed), $node->safe_psql('postgres', $feed), 'and nothing else');
$node->stop;
done_testing();
