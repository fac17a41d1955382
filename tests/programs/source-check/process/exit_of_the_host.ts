// Ends the process that runs it.
// checked: violation process
// unchecked: throws ReferenceError: process is not defined
process.exit(1);
