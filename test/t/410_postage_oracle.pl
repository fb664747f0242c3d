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
		system("glpsol --lp $folder/$name.lp --cuts --mipgap 1e-9 --tmlim 60 -o $folder/$name.solved >/dev/null");
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
$node->stop;
done_testing();
