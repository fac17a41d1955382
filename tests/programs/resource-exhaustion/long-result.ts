// Returns nine megabytes where eight are accepted.
// expect: invalid_result
return "x".repeat(9 << 20);
