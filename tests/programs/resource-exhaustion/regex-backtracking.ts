// A pattern that takes exponential time: it is stopped inside of the match.
// expect: timeout
// limits: wall_time_ms=300
return /^(a+)+$/.test(`${"a".repeat(40)}b`);
