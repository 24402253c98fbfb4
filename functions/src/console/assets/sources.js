// What an answer was taken from.

import { el, outside } from "./dom.js";

const KINDS = { email: "Mail", contact: "Contact", hubspot_note: "Note", note: "Note", calendar: "Event", deal: "Deal", hubspot_deal: "Deal", hubspot_company: "Company" };

/** A citation of the stream and a source of a kept message, as one shape: `{n, kind, title, url, quote}`. */
export function source({ n, source_type: told, type: kept, title, url, text, snippet }) {
  const type = told ?? kept;
  const kind = KINDS[type] ?? "Source";
  return { n, kind, title: title || kind, url: url ?? "", quote: (text ?? snippet ?? "").trim().replaceAll(/\s*\n\s*/g, "\n") };
}

/** The list under an answer; nothing if it cites nothing. */
export function sourceList(sources) {
  if (sources.length === 0) return null;
  return el(
    "section",
    { class: "sources", "aria-label": "Sources" },
    el("h3", {}, "Sources"),
    el("ol", {}, sources.map(entry)),
  );
}

function entry({ n, kind, title, url, quote }) {
  const text = el("blockquote", {}, quote);
  const more = el("button", { type: "button", class: "plain more", "aria-expanded": "false", hidden: true, click: toggle }, "Show all");
  function toggle() {
    const open = text.classList.toggle("open");
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? "Show less" : "Show all";
  }
  // How much of it is seen is known only once it is laid out.
  new ResizeObserver((_, observer) => {
    if (text.clientHeight === 0) return;
    more.hidden = text.scrollHeight <= text.clientHeight + 1;
    observer.disconnect();
  }).observe(text);
  return el(
    "li",
    {},
    el("span", { class: "number", "aria-hidden": "true" }, String(n)),
    el(
      "div",
      { class: "source" },
      el("p", { class: "source-title" }, el("span", { class: "kind" }, kind), " ", outside(url, {}, title)),
      quote && text,
      quote && more,
    ),
  );
}
