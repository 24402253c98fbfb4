// Building elements, and words for times and numbers.

/**
 * An element. Functions among the properties listen to the event of that name, `true` is an attribute without a value,
 * and null, undefined and false leave their attribute or child out. Text is text, never markup.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets the text only if it is another, so that nothing is announced or redrawn for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A link to another site; its text alone when the address is none of the web's. */
export function outside(address, properties, ...children) {
  const url = URL.parse ? URL.parse(address) : parsed(address);
  if (!url || !["http:", "https:"].includes(url.protocol)) return el("span", properties, ...children);
  return el("a", { ...properties, href: url.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function parsed(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

const numbers = new Intl.NumberFormat("en");

export const count = (number, one, many) => `${numbers.format(number)} ${number === 1 ? one : many}`;
export const plain = (number) => numbers.format(number);

const days = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** "now", "5 min", "3 h", "Tue 4 Mar": how long ago, as short as it can be said. */
export function ago(time) {
  const minutes = Math.round((Date.now() - new Date(time)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.round(minutes / 60)} h ago`;
  return days.format(new Date(time));
}

export const when = (time) => exact.format(new Date(time));
