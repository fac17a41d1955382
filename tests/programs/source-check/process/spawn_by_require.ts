// Runs a command of the host's.
// checked: violation child_process
// unchecked: throws ReferenceError: require is not defined
const { execSync } = require('child_process');
return execSync('id').toString();
