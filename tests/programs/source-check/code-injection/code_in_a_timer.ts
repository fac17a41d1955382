// Gives text to a timer, which a browser would run.
// checked: throws TypeError: setTimeout: the callback must be a function, got 'globalThis.injected = 1'
setTimeout('globalThis.injected = 1' as any, 0);
