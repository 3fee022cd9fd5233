open(my $file, '>', '/srv/real-script-pl') or die;
print $file "@ARGV\n";
