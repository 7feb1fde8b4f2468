// Elements of the page. Whatever comes from the data is set as text, never as markup.

/** The element of the page with an id. */
const byId = id => document.getElementById(id);

/** Makes an element: properties whose names hold a dash, or are 'role', become attributes; strings among the children become text. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.includes('-') || name === 'role' || name === 'for') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

// Made once: making one takes longer than using it.
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A number for reading: three digits, and thousands apart. */
function format(number) {
  if (number === null || number === undefined) return '–';
  if (number !== 0 && Math.abs(number) < 0.001) return number.toExponential(1);
  return (Math.abs(number) >= 1000 ? whole : threeDigits).format(number);
}
