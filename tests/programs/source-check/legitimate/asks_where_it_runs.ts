// Code for several places asks what there is.
// checked: returns {"runtime":"other","network":false}
const runtime = typeof process !== 'undefined' && process.versions?.node ? 'node' : 'other';
const get = typeof fetch === 'function' ? (url: string) => fetch(url) : undefined;
return { runtime, network: get !== undefined };
