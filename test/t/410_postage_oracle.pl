# 410_postage_oracle: plans and bounds against the shared oracle: its evaluator, brute force, and whichever of
# cbc and glpsol is installed.  MAILROOM_SHARED names the folder that holds oracle/ (default: shared/ beside the
# repository); POSTAGE_SEEDS=6-10 takes other seeds (default 1-2), POSTAGE_SIZES=tiny,xs,s,m other sizes
# (with m the solvers take minutes).
use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $shared = $ENV{MAILROOM_SHARED} // "$FindBin::Bin/../../../shared";
my $oracle = "$shared/oracle";
if (!-e "$oracle/pmp_gen.py" || system('python3 -c "" 2>/dev/null') != 0)
{
	diag("SKIPPED: the postage oracle needs python3 and $oracle; the plans were not compared with it");
	plan skip_all => 'no postage oracle';
}
my $helper = "$FindBin::Bin/../lib/postage_oracle.py";
my $folder = "$PostgreSQL::Test::Utils::tmp_check/postage_oracle";
my ($first, $last) = split /-/, $ENV{POSTAGE_SEEDS} // '1-2';
my $sizes = $ENV{POSTAGE_SIZES} // 'tiny,xs,s';
my @solvers = grep { system("command -v $_ >/dev/null 2>&1") == 0 } qw(cbc glpsol);
diag('SKIPPED: neither cbc nor glpsol is installed; only brute force gives optima') unless @solvers;
my @medium = grep { $_ eq 'm' } split /,/, $sizes;
@medium = ('medium') if @medium;
$ENV{PYTHONDONTWRITEBYTECODE} = 1;
mkdir $folder;
is(system('python3', $helper, $oracle, 'generate', $folder, $sizes, 'std,dense,many,tight', $first, $last), 0, 'instances generated');
is(system('python3', $helper, $oracle, 'generate', $folder, 'm', 'std,dense,many,tight', $first, $first), 0, 'one medium instance a family');

my $node = mailroom_node('postage');
my ($slowest, $slowest_ms, $certified, $checked) = ('', 0, 0, 0);
for my $path (sort glob("$folder/*.json"))
{
	my ($name) = $path =~ m{([^/]+)\.json$};
	my $got = $node->safe_psql('postgres', <<"SQL");
\\set content `cat $path`
CREATE TEMP TABLE problem AS SELECT :'content'::jsonb AS problem, clock_timestamp() AS start;
CREATE TEMP TABLE result AS SELECT mailroom.solve_postage(problem) AS result, clock_timestamp() AS done FROM problem;
SELECT result FROM result;
SELECT extract(epoch FROM done - start) * 1000, mailroom.check_postage_certificate(problem, result),
	(mailroom.price_postage_plan(problem, result -> 'plan') ->> 'cost') = (result ->> 'cost') FROM problem, result;
SQL
	my ($result, $facts) = $got =~ /^(.*)\n([^\n]*)$/s;
	my ($ms, $certificate, $priced) = split /\|/, $facts;
	PostgreSQL::Test::Utils::append_to_file("$folder/$name.result", $result);
	($slowest, $slowest_ms) = ($name, $ms) if $name !~ /-m-/ && $ms > $slowest_ms;
	$checked++;
	$certified++ if $certificate eq 't' && $priced eq 't';
	diag("$name: certificate $certificate, price $priced") unless $certificate eq 't' && $priced eq 't';
}
is($certified, $checked, "all $checked certificates hold and the SQL evaluator agrees");
diag(sprintf('slowest of the small instances: %s, %.0f ms', $slowest, $slowest_ms));
my $judged = 0;
for my $line (split /\n/, `python3 $helper $oracle judge $folder brute @medium @solvers`)
{
	like($line, qr/^ok /, $line);
	$judged++;
}
is($judged, $checked, 'every instance was judged');

# many small random problems with every rule, against brute force over the oracle's evaluator
my $random = $ENV{POSTAGE_RANDOM} // 2000;
is(system('python3', $helper, $oracle, 'random', "$folder/random.txt", $random, $first), 0, "$random random problems");
PostgreSQL::Test::Utils::append_to_file("$folder/random.results", $node->safe_psql('postgres', <<"SQL"));
CREATE TABLE random (n bigint GENERATED ALWAYS AS IDENTITY, problem text);
\\copy random (problem) FROM '$folder/random.txt' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')
SELECT mailroom.solve_postage(problem::jsonb) FROM random ORDER BY n;
SQL
like(`python3 $helper $oracle judge_random $folder/random.txt $folder/random.results`, qr/^$random problems, [0-9]+ with a plan, 0 wrong$/, 'random problems: plan, cost and bound are the optimum');
is($node->safe_psql('postgres', <<"SQL"), '', 'random problems: certificates hold');
SELECT n FROM (SELECT n, problem::jsonb AS problem, mailroom.solve_postage(problem::jsonb) AS result FROM random WHERE n % 100 = 0) r
WHERE result ? 'cost' AND NOT mailroom.check_postage_certificate(problem, result);
SQL

# random problems with shares: brute force and, for their exported programs, every solver there is
my $shared_out = $ENV{POSTAGE_SHARES} // 200;
is(system('python3', $helper, $oracle, 'random_shares', "$folder/shares.txt", $shared_out, $first), 0, "$shared_out random problems with shares");
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE shares (n bigint GENERATED ALWAYS AS IDENTITY, problem text);
\\copy shares (problem) FROM '$folder/shares.txt' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')
CREATE TABLE shares_solved AS SELECT n, problem::jsonb AS problem, mailroom.solve_postage(problem::jsonb) AS result FROM shares;
SQL
PostgreSQL::Test::Utils::append_to_file("$folder/shares.results", $node->safe_psql('postgres', 'SELECT result FROM shares_solved ORDER BY n') . "\n");
PostgreSQL::Test::Utils::append_to_file("$folder/shares.programs", $node->safe_psql('postgres', 'SELECT to_json(mailroom.export_lp(problem)) FROM shares_solved ORDER BY n') . "\n");
like(`python3 $helper $oracle judge_random $folder/shares.txt $folder/shares.results`, qr/^$shared_out problems, [0-9]+ with a plan, 0 wrong$/, 'shares: plan, cost and bound are the optimum');
for my $solver (@solvers)
{
	like(`python3 $helper $oracle judge_programs $folder/shares.txt $folder/shares.results $folder/shares.programs $solver`, qr/^$solver: $shared_out problems, [0-9]+ with a plan, 0 wrong$/, "shares: export_lp has the same optimum for $solver");
}
is($node->safe_psql('postgres', "SELECT n FROM shares_solved WHERE n % 5 = 0 AND result ? 'cost' AND NOT mailroom.check_postage_certificate(problem, result)"), '', 'shares: certificates hold');

# the exported program has the same optimum
SKIP:
{
	skip 'glpsol is not installed', 1 unless grep { $_ eq 'glpsol' } @solvers;
	my @differ;
	for my $name ("pmp-tiny-$first-dense", "pmp-xs-$first-std", "pmp-xs-$first-tight")
	{
		next unless -e "$folder/$name.json";
		PostgreSQL::Test::Utils::append_to_file("$folder/$name.lp", $node->safe_psql('postgres', <<"SQL"));
\\set content `cat $folder/$name.json`
SELECT mailroom.export_lp(:'content'::jsonb);
SQL
		my $cost = sprintf('%.4f', $node->safe_psql('postgres', <<"SQL"));
\\set content `cat $folder/$name.json`
SELECT (mailroom.solve_postage(:'content'::jsonb) ->> 'cost')::numeric / 1000000;
SQL
		system("glpsol --lp $folder/$name.lp --cuts --mipgap 1e-9 --tmlim 1200 -o $folder/$name.solved >/dev/null");
		my ($found) = PostgreSQL::Test::Utils::slurp_file("$folder/$name.solved") =~ /^Objective: +cost = ([-0-9.e+]+)/m;
		push @differ, "$name: $cost, glpsol " . ($found // 'none') unless defined $found && abs($found - $cost) < 0.001;
	}
	is("@differ", '', 'export_lp: glpsol finds the same cost');
}

# cancelled in the middle: a timeout that strikes while solving leaves nothing behind and no memory
my ($code, $out, $err) = $node->psql('postgres', <<"SQL");
\\set content `cat $folder/pmp-m-$first-many.json`
SET statement_timeout = '5ms';
SELECT mailroom.solve_postage(:'content'::jsonb) ->> 'status';
SQL
like($err, qr/canceling statement due to statement timeout/, 'cancelled in the middle');
is($node->safe_psql('postgres', <<"SQL"), 'feasible|t|t', 'stopped by time: a plan and a proven bound');
\\set content `cat $folder/pmp-m-$first-many.json`
SELECT result ->> 'status', (result ->> 'lower_bound')::numeric <= (result ->> 'cost')::numeric, mailroom.check_postage_certificate(:'content'::jsonb, result)
FROM mailroom.solve_postage(:'content'::jsonb, '{"time_limit_ms": 1}') AS result;
SQL

# millions of letters, cancelled at any moment (reading, preparing, solving, completing): answered at once.  What counts is
# the time of the processor: on a busy machine the clock runs on while the session waits for its turn.  A time-out may
# also strike before the solver has begun, or at the statement behind it: that is an error of psql, and no answer.
my ($failed, $late, $said) = $node->psql('postgres', <<"SQL", on_error_stop => 0);
CREATE TABLE large AS SELECT jsonb_build_object(
	'offers', '[{"id": "N0", "op": "N"}, {"id": "N1", "op": "N", "min_mailing": 200000, "min_bucket": 30, "fixed": 9000000000}, {"id": "C0", "op": "C", "min_mailing": 90000, "fixed": 7000000000}, {"id": "C1", "op": "C", "min_bucket": 20}]'::jsonb,
	'cells', (SELECT jsonb_agg(jsonb_build_object('id', n, 'zone', (n * 7919) % 6000, 'count', 20 + n * 31 % 80)) FROM generate_series(1, 90000) n),
	'arcs', (SELECT jsonb_agg(jsonb_build_object('cell', n, 'offer', o.id, 'price', (o.price + n * 17 % 61) * 10000)) FROM generate_series(1, 90000) n, (VALUES ('N0', 900), ('N1', 800), ('C0', 840), ('C1', 780)) AS o (id, price)
		WHERE o.id < 'D' AND (o.id > 'N' OR n % 3 > 0)),
	'groups', '[{"id": "n", "mode": "all", "offers": ["N0", "N1"], "tiers": [{"frm": 0, "bp": 0}, {"frm": 2000000, "bp": 200}, {"frm": 3000000, "bp": 400}]}, {"id": "c", "mode": "all", "offers": ["C0", "C1"], "tiers": [{"frm": 0, "bp": 0}, {"frm": 1500000, "bp": 300}]}]'::jsonb) AS problem;
-- user and system time of the session in ticks of 10 ms, as the kernel tells it
CREATE FUNCTION busy_ms() RETURNS numeric LANGUAGE sql AS \$\$
	SELECT (f[12]::numeric + f[13]::numeric) * 10 FROM string_to_array(substring(pg_read_file('/proc/self/stat') FROM '\\) (.*)'), ' ') AS f
\$\$;
CREATE FUNCTION late(problem jsonb) RETURNS numeric LANGUAGE plpgsql AS \$\$
DECLARE
	start numeric := busy_ms();
BEGIN
	PERFORM mailroom.solve_postage(problem);
	RETURN NULL;
EXCEPTION WHEN query_canceled THEN
	RETURN busy_ms() - start - current_setting('wait.ms')::numeric;
END \$\$;
CREATE TABLE answer (after integer, late_ms numeric);
@{[ map { "BEGIN; SET LOCAL wait.ms = $_; SET LOCAL statement_timeout = $_; INSERT INTO answer SELECT $_, late(problem) FROM large; SET LOCAL statement_timeout = 0; COMMIT;\n" } map { 7 * $_ } 1 .. 30 ]}
SELECT count(late_ms), round(max(late_ms)) FROM answer;
SQL
my ($stopped, $latest) = split /\|/, $late;
diag("cancelled $stopped times while solving 5 million letters: answered within $latest ms of the processor");
cmp_ok($stopped, '>=', 5, 'cancelled at several moments');
cmp_ok($latest, '<', 100 * ($ENV{POSTAGE_SLOW_MACHINE} // 4), 'a cancelled solve ends at once') or diag($said);
$node->stop;
done_testing();
