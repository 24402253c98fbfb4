// The answer's HTML, built anew from what is allowed: nothing the server says can bring a script, a style or a picture.

import { el, outside } from "./dom.js";

const KEPT = new Set(["b", "i", "em", "strong", "br", "p", "ul", "ol", "li", "code", "pre"]);

/** Elements whose content is no text to read. */
const DROPPED = new Set(["script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea", "select"]);

/** A fragment with the allowed elements of `html`; of all others the text stays. */
export function clean(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const fragment = document.createDocumentFragment();
  fragment.append(...copies(body));
  return fragment;
}

function copies(parent) {
  return [...parent.childNodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data];
    if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.localName)) return [];
    if (node.localName === "a") return [link(node)];
    return KEPT.has(node.localName) ? [el(node.localName, {}, ...copies(node))] : copies(node);
  });
}

function link(node) {
  const number = /^\[(\d+)\]$/.exec(node.textContent.trim());
  const address = node.getAttribute("href") ?? "";
  return number ? citation(number[1], address) : outside(address, {}, ...copies(node));
}

/** The small number behind a statement that leads to what it was taken from. */
export function citation(n, address, title) {
  return outside(address, { class: "cite", "data-n": n, title, "aria-label": `Source ${n}${title ? `: ${title}` : ""}` }, String(n));
}
