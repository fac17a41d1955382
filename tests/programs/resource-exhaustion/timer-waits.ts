// Wakes for a timer again and again: the number of waits has a limit of its own.
// expect: limit timer_waits
// limits: timer_waits=50
const again = () => setTimeout(again, 1);
again();
