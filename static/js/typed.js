// What stands in a form survives joining: in this tab, until the form was sent.

const key = () => `typed ${location.pathname}`;

/** Fill a form with what was typed into it before, and keep what is typed from now on. `names` are its fields'. */
export function keepTyped(form, names) {
  const typed = use((storage) => JSON.parse(storage.getItem(key()))) ?? {};
  for (const name of names) if (typed[name] && !isFilled(form, name)) form.elements[name].value = typed[name];
  form.addEventListener("input", () => {
    const values = Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
    use((storage) => storage.setItem(key(), JSON.stringify(values)));
  });
  form.addEventListener("submit", () => use((storage) => storage.removeItem(key())));
}

/** Of radio buttons one is chosen from the start: that counts only where the form comes back refused. */
function isFilled(form, name) {
  const field = form.elements[name];
  return field.value !== "" && (field instanceof Element || "refused" in form.dataset);
}

/** A browser may forbid it, and then nothing is kept. */
function use(storing) {
  try {
    return storing(sessionStorage);
  } catch {
    return null;
  }
}
