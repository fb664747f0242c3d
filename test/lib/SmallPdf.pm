# SmallPdf: writes small PDFs for tests, good ones and damaged ones.
#   pdf(objects => { number => text }, root => n, ...) gives the bytes
#   options: xref => 'table' (default), 'stream', 'none'; inside => [numbers that go into an object stream];
#            predictor => 1 (of the cross-reference stream); trailer => more entries; before => bytes of an earlier
#            version that this one updates
#   stream(dictionary entries, data, %options) gives an object text; options: flate => 1, length => what to say
package SmallPdf;

use strict;
use warnings;
use Compress::Zlib qw(compress);
use Exporter 'import';
our @EXPORT_OK = qw(pdf stream attached);

sub stream
{
	my ($entries, $data, %options) = @_;
	if ($options{flate} // 1) { $data = compress($data); $entries .= ' /Filter /FlateDecode' }
	my $length = $options{length} // length $data;
	return "<< $entries /Length $length >>\nstream\n$data\nendstream";
}

# rows of the PNG predictor "up"
sub predicted
{
	my ($data, $columns) = @_;
	my ($out, $above) = ('', "\0" x $columns);
	for (my $at = 0; $at < length $data; $at += $columns)
	{
		my $row = substr($data, $at, $columns);
		$out .= "\2" . join('', map { chr((ord(substr($row, $_, 1)) - ord(substr($above, $_, 1))) & 255) } 0 .. $columns - 1);
		$above = $row;
	}
	return $out;
}

sub pdf
{
	my (%o) = @_;
	my $out = $o{before} // "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";
	my %objects = %{ $o{objects} };
	my $kind = $o{xref} // 'table';
	my (%offset, %inside);
	my $next = (sort { $b <=> $a } keys %objects, 0)[0] + 1;
	my ($before) = ($o{before} // '') =~ /.*startxref\s+(\d+)/s;
	my $more = "/Root $o{root} 0 R" . (defined $before ? " /Prev $before" : '') . ($o{trailer} ? " $o{trailer}" : '');
	if ($o{inside})
	{
		my ($pairs, $text, $at) = ('', '', 0);
		foreach my $number (@{ $o{inside} })
		{
			$pairs .= "$number " . length($text) . ' ';
			$text .= "$objects{$number}\n";
			$inside{$number} = [ $next, $at++ ];
			delete $objects{$number};
		}
		$objects{$next} = stream("/Type /ObjStm /N $at /First " . length($pairs), $pairs . $text);
		$next++;
	}
	foreach my $number (sort { $a <=> $b } keys %objects)
	{
		$offset{$number} = length $out;
		$out .= "$number 0 obj\n$objects{$number}\nendobj\n";
	}
	return $out if $kind eq 'none';
	my $start = length $out;
	if ($kind eq 'table')
	{
		$out .= "xref\n0 1\n0000000000 65535 f \n";
		$out .= sprintf "%d 1\n%010d 00000 n \n", $_, $offset{$_} foreach sort { $a <=> $b } keys %offset;
		$out .= "trailer\n<< /Size $next $more >>\n";
	}
	else
	{
		$offset{$next} = $start;
		my ($index, $data) = ('', '');
		foreach my $number (sort { $a <=> $b } keys %offset, keys %inside)
		{
			$index .= "$number 1 ";
			$data .= $inside{$number} ? pack('CNn', 2, @{ $inside{$number} }) : pack('CNn', 1, $offset{$number}, 0);
		}
		my $parameters = '';
		if ($o{predictor})
		{
			$data = predicted($data, 7);
			$parameters = ' /DecodeParms << /Predictor 12 /Columns 7 >>';
		}
		$out .= "$next 0 obj\n" . stream("/Type /XRef /W [1 4 2] /Index [$index] /Size " . ($next + 1) . " $more$parameters", $data) . "\nendobj\n";
	}
	return $out . "startxref\n$start\n%%EOF\n";
}

# attached(name, content, %options): catalogue 1 with one attached file; options of its dictionary and stream
sub attached
{
	my ($name, $content, %options) = @_;
	return {
		1 => '<< /Type /Catalog /Pages 2 0 R ' . ($options{catalog} // '/Names << /EmbeddedFiles 4 0 R >>') . ' >>',
		2 => '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
		3 => '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>',
		4 => '<< /Kids [5 0 R] >>',
		5 => "<< /Limits [(a) (z)] /Names [($name) 6 0 R] >>",
		6 => "<< /Type /Filespec /F ($name) /UF ($name) " . ($options{specification} // '') . ' /EF << /F 7 0 R /UF 7 0 R >> >>',
		7 => stream('/Type /EmbeddedFile /Subtype /text#2Fxml', $content, %{ $options{stream} // {} }),
	};
}

1;
