// Starts a thread that nobody counts.
// checked: throws ReferenceError: Worker is not defined
new Worker('data:text/javascript,for (;;);');
