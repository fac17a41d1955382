// Calls itself for ever: an error of the program, not of the host.
// expect: stack_overflow
const descend = (depth: number): number => 1 + descend(depth + 1);
return descend(0);
