// Chooses the colours before anything is drawn. Read as a classic script in the head, so that no page flashes in the other ones.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing goes by the system's choice.
}
