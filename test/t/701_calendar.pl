# 701_calendar: the calendar vectors hold.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomVectors;
use Test::More;

my $node = mailroom_node('calendar', preload => 0);
my @checks = (
	[ 'easter', q{western || ' ' || orthodox}, q{mailroom.find_easter(year::integer) || ' ' || mailroom.find_easter(year::integer, true)} ],
	[ 'holidays', q{'t'}, q{EXISTS (SELECT FROM mailroom.list_holidays(country, extract(year FROM date::date)::integer) h
		WHERE (h.day, h.name, h.kind) = (v.date::date, v.name, v.kind))::text} ],
	[ 'workdays', 'expected', q{(CASE op
		WHEN 'add_workdays' THEN mailroom.add_working_days(c, start::date, arg::integer)::text
		WHEN 'count_workdays_after_to' THEN mailroom.count_working_days(c, start::date, arg::date)::text
		WHEN 'plus_14_days_following' THEN mailroom.roll_to_working_day(c, start::date + 14)::text
		ELSE mailroom.roll_to_working_day(c, start::date, substr(op, 6))::text END)} ],
);
for my $check (@checks)
{
	my ($name, $want, $got) = @$check;
  SKIP:
	{
		my $rows = load_vectors($node, $name);
		skip "vectors/$name.csv", 1 unless defined $rows;
		my $calendar = $name eq 'workdays' ? q{, LATERAL (SELECT country || CASE calendar WHEN 'bank' THEN ':bank' ELSE '' END AS c) k} : '';
		$want = q{'true'} if $name eq 'holidays';
		is($node->safe_psql('postgres',
				"SELECT row_no, w, g FROM (SELECT v.row_no, $want AS w, $got AS g FROM vector_$name v$calendar) x WHERE w IS DISTINCT FROM g ORDER BY row_no LIMIT 20"),
			'', "all $rows vectors of $name hold");
	}
}
$node->stop;
done_testing();
