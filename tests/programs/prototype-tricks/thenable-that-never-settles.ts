// Returns an object whose `then` keeps its callbacks and calls none: found out and told, not waited for.
// expect: never_settles
return { then(resolve: unknown, reject: unknown) { void [resolve, reject]; } };
