// Texts in the person's language. The message id is the Chinese text itself, so Chinese needs no catalogue; English is
// catalogue.en.json beside this file: {message: text, or [singular, plural]}.

let catalogue = {};

// Speaks the language of `texts` from now on; null: Chinese.
export const speak = (texts) => { catalogue = texts ?? {}; };

export const lookUp = (message) => (Object.hasOwn(catalogue, message) ? catalogue[message] : message);

// Puts show(values.name) where the text says %(name)s.
export const fill = (text, values, show = String) =>
  text.replace(/%(?:\((\w+)\)s|%)/g, (_sign, name) => (name ? show(values[name]) : "%"));

// _("还有 %(n)s 条", {n: 3}), for scripts: plain text, not HTML.
export const _ = (message, values) => (values ? fill(lookUp(message), values) : lookUp(message));

// Marks a text that is looked up later.
export const N_ = (message) => message;

export function plural(one, many, n) {
  const forms = lookUp(one);
  return (Array.isArray(forms) ? forms : [one, many])[n === 1 ? 0 : 1];
}
