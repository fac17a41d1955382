// Runs a command of the host's, by a module that is named only when it runs.
// checked: violation import
// unchecked: returns "no module"
const name = ['node:child', 'process'].join('_');
const module = await import(name).catch(() => null);
return module ? module.execSync('id').toString() : 'no module';
