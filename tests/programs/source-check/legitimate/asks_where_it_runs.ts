// Code for several places asks what there is.
// checked: returns {"runtime":"other","network":true}
const runtime = typeof process !== 'undefined' && process.versions?.node ? 'node' : 'other';
const get = typeof fetch === 'function' ? (url: string) => fetch(url) : undefined;
return { runtime, network: get !== undefined };
