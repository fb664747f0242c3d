# CorpusScore: judges the corpus of e-invoices with mailroom.validate_invoice, all suites in one session.
#
# A suite is a list of documents with what is expected of each:
#   test   official rule tests: only rules in scope count, each with its number of findings
#   label  whole documents with the rules that the official stylesheets fire, or their abort
#   clean  documents without fatal findings
#   judge  accept or reject
package CorpusScore;

use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(score_corpus);

# Which rule set an official suite was run with; without an entry the document says it itself.
my %profile = (
	'rules/en16931-ubl-invoice' => 'en16931',
	'rules/en16931-ubl-creditnote' => 'en16931',
	'rules/en16931-cii' => 'en16931',
	'rules/targeted-ubl' => 'peppol',
	'rules/xrechnung-ubl-inv' => 'xrechnung',
	'rules/xrechnung-ubl-cn' => 'xrechnung',
	'rules/xrechnung-cii' => 'xrechnung',
	'mutants/ubl-en16931' => 'en16931',
	'mutants/cii-en16931' => 'en16931',
	'mutants/ubl-peppol' => 'peppol',
	'mutants/ubl-selfbilling' => 'peppol-selfbilling',
	'mutants/ubl-cius-ro' => 'cius-ro',
);

sub rows_of
{
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	return map { s/\r?\n$//; [ split /\t/, $_, -1 ] } <$in>;
}

# suites(corpus, folder for unpacked archives): [name, kind, folder, rows]
sub suites
{
	my ($corpus, $scratch) = @_;
	my @suites;
	foreach my $file (sort glob "$corpus/rules/*/tests.tsv")
	{
		my ($name) = $file =~ m{/(rules/[^/]+)/tests.tsv$};
		my @rows = rows_of($file);
		push @suites, [ $name, 'test', "$corpus/$name", @rows[1 .. $#rows] ];
	}
	my (%label, %folder);
	my @labels = rows_of("$corpus/samples/labels.tsv");
	push @{ $label{ (split m{/}, $_->[0])[0] } }, $_ foreach @labels[1 .. $#labels];
	push @suites, [ "samples/$_", 'label', "$corpus/samples", @{ $label{$_} } ] foreach sort keys %label;
	foreach my $folder (grep { -d } sort glob "$corpus/samples/*")
	{
		my ($name) = $folder =~ m{/([^/]+)$};
		push @suites, [ "samples/$name", 'clean', $folder, map { [ (split m{/}, $_)[-1] ] } sort glob "$folder/*" ] unless $label{$name};
	}
	foreach my $file (sort glob "$corpus/mutants/*.tar.gz")
	{
		my ($name) = $file =~ m{/([^/]+)\.tar\.gz$};
		system('tar', '-xzf', $file, '-C', $scratch) == 0 or die "could not unpack $file\n";
		push @suites, [ "mutants/$name", 'label', "$scratch/$name", rows_of("$corpus/mutants/$name.labels.tsv") ];
	}
	foreach my $folder (grep { -d } sort glob "$corpus/generated/*")
	{
		my ($name) = $folder =~ m{/(generated/[^/]+)$};
		push @suites, [ $name, 'clean', $folder, map { [ (split m{/}, $_)[-1] ] } sort glob "$folder/*" ];
	}
	my @hostile = rows_of("$corpus/hostile/hostile.tsv");
	push @suites, [ 'hostile', 'judge', "$corpus/hostile", @hostile[1 .. $#hostile] ];
	return @suites;
}

# The CIUS-RO label run applied the EN 16931 sheet and the Romanian one, which contains an older
# edition of it: rules of both were counted twice, rules of one of them once.
sub once_in_cius_ro
{
	my ($rule) = @_;
	return $rule =~ /^BR-(RO-|DEC-RO-|IG-|IP-|AF-|AG-|66$|67$|CO-25$)/;
}

# what one row expects: (abort or verdict, [rule, least, most] ...); most '' = any number
sub wants_of
{
	my ($name, $kind, $row) = @_;
	my (%want, $verdict);
	if ($kind eq 'test')
	{
		my (undef, $scope, $success, $error, $warning) = @$row;
		$want{$_} = [ 0, 0 ] foreach split /[ ,]+/, join ',', $scope // '', $success // '';
		foreach my $entry (map { split /[ ,]+/, $_ // '' } $error, $warning)
		{
			my ($rule, $count) = split /:/, $entry;
			$want{$rule} = $count eq '*' ? [ 1, '' ] : [ $count, $count ];
		}
	}
	elsif ($kind eq 'label')
	{
		my $fired = $row->[1] // '';
		return ('abort') if $fired =~ /^!/;
		foreach my $entry (split /,/, $fired)
		{
			my ($rule, $flag, $count) = split /\|/, $entry;
			next unless $flag eq 'fatal';
			$count = int(($count + 1) / 2) if $name =~ /cius-ro/ && !once_in_cius_ro($rule);
			$want{$rule} = [ $count, $count ];
		}
		$verdict = %want ? 'reject' : 'accept';
	}
	elsif ($kind eq 'judge') { $verdict = $row->[1] }
	else { $verdict = 'accept' }
	return ($verdict // '', map { [ $_, @{ $want{$_} } ] } sort keys %want);
}

# what one row of labels expects of the advisory layer: "rule count" ...
sub advice_of
{
	my ($kind, $row) = @_;
	my @advice;
	return () if $kind ne 'label' || ($row->[1] // '') =~ /^!/;
	foreach my $entry (split /,/, $row->[1] // '')
	{
		my ($rule, $flag, $count) = split /\|/, $entry;
		push @advice, [ $rule, $count ] if $flag eq 'warning' && $rule =~ /^(UBL-CR|UBL-DT|CII-SR|CII-DT)-/;
	}
	return @advice;
}

# script_of(out, names, suites): writes what psql has to read
sub script_of
{
	my ($out, $names, @suites) = @_;
	my (@wants, @advice, %seen);
	@suites = grep { my $suite = $_->[0]; !@$names || grep { index($suite, $_) >= 0 } @$names } @suites;
	die "no such suite\n" unless @suites;
	print $out <<'SQL';
SET client_min_messages = error;
CREATE TEMPORARY TABLE document (suite_no int, suite text, kind text, file text, profile text, verdict text, content bytea, PRIMARY KEY (suite, file));
CREATE TEMPORARY TABLE want (suite text, file text, rule text, least bigint, most bigint);
CREATE TEMPORARY TABLE advice (suite text, file text, rule text, count bigint);
COPY document FROM STDIN;
SQL
	foreach my $i (0 .. $#suites)
	{
		my ($name, $kind, $folder, @rows) = @{ $suites[$i] };
		foreach my $row (@rows)
		{
			my $file = $row->[0];
			open my $in, '<:raw', "$folder/$file" or next;
			my $content = do { local $/; <$in> } // '';
			my ($verdict, @rules) = wants_of($name, $kind, $row);
			$file =~ s/\\/\\\\/g;
			next if $seen{"$name $file"}++;
			print $out join("\t", $i, $name, $kind, $file, $profile{$name} // '\N', $verdict, '\\\\x' . unpack('H*', $content)), "\n";
			push @wants, join("\t", $name, $file, $_->[0], $_->[1], $_->[2] eq '' ? '\N' : $_->[2]) foreach @rules;
			push @advice, join("\t", $name, $file, @$_) foreach advice_of($kind, $row);
		}
	}
	print $out "\\.\nCOPY want FROM STDIN;\n", map({ "$_\n" } @wants), "\\.\nCOPY advice FROM STDIN;\n", map({ "$_\n" } @advice), "\\.\n";
	print $out <<'SQL';
-- content never raises: if it does all the same, that is a finding of its own
CREATE FUNCTION pg_temp.findings(content bytea, profile text) RETURNS TABLE (rule text, severity text, location text, message text)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT v.rule, v.severity, v.location, v.message FROM mailroom.validate_invoice(content, profile) AS v;
EXCEPTION WHEN OTHERS THEN
	RETURN QUERY SELECT 'RAISED', 'fatal', SQLSTATE, SQLERRM;
END;
$$;
CREATE TEMPORARY TABLE finding AS
SELECT d.suite, d.file, f.rule, f.severity, f.location, f.message
FROM document d, pg_temp.findings(d.content, CASE d.kind WHEN 'label' THEN coalesce(d.profile, '') || '+advisory' ELSE d.profile END) AS f;
CREATE TEMPORARY TABLE surplus_advice AS
WITH got AS (SELECT suite, file, rule, count(*) AS count FROM finding WHERE severity = 'warning' AND rule ~ '^(UBL-CR|UBL-DT|CII-SR|CII-DT)-' GROUP BY 1, 2, 3)
SELECT suite, file, rule, coalesce(a.count, 0) AS wanted, coalesce(g.count, 0) AS got
FROM advice a FULL JOIN got g USING (suite, file, rule) JOIN document d USING (suite, file)
WHERE d.kind = 'label' AND d.verdict <> 'abort' AND a.count IS DISTINCT FROM g.count;
CREATE TEMPORARY TABLE fired AS
SELECT suite, file, rule, bool_or(severity = 'fatal') AS fatal, count(*) AS count FROM finding GROUP BY 1, 2, 3;
CREATE TEMPORARY TABLE difference AS
SELECT suite, file, rule, w.least, w.most, coalesce(f.count, 0) AS got
FROM (SELECT w.* FROM want w) AS w
	FULL JOIN (SELECT f.* FROM fired f JOIN document d USING (suite, file)
		WHERE d.verdict <> 'abort' AND CASE d.kind WHEN 'test' THEN EXISTS (SELECT FROM want w WHERE (w.suite, w.file, w.rule) = (f.suite, f.file, f.rule))
			ELSE f.fatal END) AS f USING (suite, file, rule)
WHERE NOT (coalesce(f.count, 0) >= coalesce(w.least, 0) AND coalesce(f.count, 0) <= coalesce(w.most, CASE WHEN w.rule IS NULL THEN 0 ELSE f.count END, 0));
CREATE TEMPORARY TABLE result AS
SELECT d.suite_no, d.suite, d.kind, d.file, d.verdict,
	EXISTS (SELECT FROM fired f WHERE (f.suite, f.file) = (d.suite, d.file)) AS answered,
	-- a hostile file may be readable and have too many decimals
	EXISTS (SELECT FROM fired f WHERE (f.suite, f.file) = (d.suite, d.file) AND f.fatal
		AND NOT (d.kind = 'judge' AND f.rule ~ '^(BR-DEC|UBL-DT)-')) = (d.verdict = 'reject') AS verdict_holds,
	NOT EXISTS (SELECT FROM difference x WHERE (x.suite, x.file) = (d.suite, d.file) AND (x.got = 0) <> (coalesce(x.least, 0) = 0)) AS set_holds,
	NOT EXISTS (SELECT FROM difference x WHERE (x.suite, x.file) = (d.suite, d.file)) AS counts_hold
FROM document d;
\pset format unaligned
\pset tuples_only on
\pset fieldsep '\t'
\pset null ''
SELECT 'suite', suite, kind, count(*) FILTER (WHERE verdict <> 'abort'),
	count(*) FILTER (WHERE verdict <> 'abort' AND verdict_holds), count(*) FILTER (WHERE verdict <> 'abort' AND set_holds),
	count(*) FILTER (WHERE verdict <> 'abort' AND counts_hold), count(*) FILTER (WHERE verdict = 'abort'),
	count(*) FILTER (WHERE verdict = 'abort' AND answered),
	count(*) FILTER (WHERE verdict <> 'abort' AND NOT EXISTS (SELECT FROM surplus_advice a WHERE (a.suite, a.file) = (result.suite, result.file)))
FROM result GROUP BY suite_no, suite, kind ORDER BY suite_no;
SELECT 'difference', suite, file, rule, coalesce(least::text, '0'), coalesce(most::text, CASE WHEN least IS NULL THEN '0' ELSE '' END), got
FROM difference JOIN result r USING (suite, file) WHERE r.kind IN ('test', 'label') ORDER BY suite_no, file, rule;
SELECT 'difference', suite, file, string_agg(f.rule, ' ' ORDER BY f.rule), r.verdict, '', 'findings'
FROM result r LEFT JOIN (SELECT DISTINCT suite, file, rule FROM fired WHERE fatal) AS f USING (suite, file)
WHERE r.kind IN ('clean', 'judge') AND NOT verdict_holds GROUP BY suite_no, suite, file, verdict ORDER BY suite_no, file;
SELECT 'difference', suite, file, '', 'abort', '', 'no finding' FROM result WHERE verdict = 'abort' AND NOT answered ORDER BY suite_no, file;
SELECT 'difference', suite, file, rule, wanted, wanted, got FROM surplus_advice ORDER BY suite, file, rule;
SELECT 'raised', suite, file, location, message FROM finding WHERE rule = 'RAISED';
SQL
	return;
}

# score_corpus(corpus, scratch folder, suite names, psql command): {suites => [...], differences => [...], raised => [...]}
# with the columns of the last SELECTs above, without the first.
sub score_corpus
{
	my ($corpus, $scratch, $names, @psql) = @_;
	my %result = map { $_ => [] } qw(suite difference raised);
	my $script = "$scratch/score.sql";
	open my $out, '>', $script or die "$script: $!\n";
	script_of($out, $names, suites($corpus, $scratch));
	close $out or die "$script: $!\n";
	open my $psql, '-|', @psql, '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $script or die "psql: $!\n";
	while (my $line = <$psql>)
	{
		chomp $line;
		my ($what, @fields) = split /\t/, $line, -1;
		push @{ $result{$what} }, \@fields;
	}
	close $psql or die "the score could not be taken\n";
	unlink $script;
	return \%result;
}

1;
