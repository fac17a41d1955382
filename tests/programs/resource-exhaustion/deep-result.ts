// Returns a value nested a million deep: the host's reader of JSON never sees it.
// expect: invalid_result
let deep: unknown = [];
for (let i = 0; i < 1e6; i++) deep = [deep];
return deep;
