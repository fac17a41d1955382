// Variables and parameters may be called like what other places have.
// checked: returns [2,4,"page 1"]
const process = (row: number) => row * 2;
async function load(fetch: (page: number) => Promise<string>) {
  return fetch(1);
}
return [...[1, 2].map(process), await load(async (page) => `page ${page}`)];
