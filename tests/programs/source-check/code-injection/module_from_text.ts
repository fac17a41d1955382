// Imports a module whose text is its name.
// checked: violation import
// unchecked: returns "refused"
const text = 'export default 6 * 7';
return import('data:text/javascript,' + encodeURIComponent(text)).then((m) => m.default, () => 'refused');
