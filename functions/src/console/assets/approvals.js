// The tab of what waits for the advisor, and of what became of the rest.

import { approvals as changes, card, waiting } from "./approval.js";
import { get } from "./api.js";
import { el } from "./dom.js";

export const approvals = {
  name: "approvals",
  title: "Approvals",

  open() {
    const now = el("div", { class: "stack" });
    const before = el("div", { class: "stack" });
    const more = el("button", { type: "button", hidden: true, click: () => older() }, "Show more");
    const closing = new AbortController();
    let cursor = null;

    async function load() {
      try {
        const { items } = await waiting();
        now.replaceChildren(...(items.length ? items.map((item) => card(item)) : [empty("Nothing waits for you. What the assistant may not do unasked appears here.")]));
        await older();
      } catch (error) {
        now.replaceChildren(el("p", { class: "problem", role: "alert" }, error.message));
      }
    }

    async function older() {
      more.disabled = true;
      const page = await get(`/api/approvals?state=all&limit=20${cursor ? `&cursor=${cursor}` : ""}`);
      if (!cursor) before.replaceChildren();
      cursor = page.next_cursor;
      before.append(...page.items.filter(({ state }) => state !== "pending").map((item) => card(item)));
      heading.hidden = before.childElementCount === 0;
      more.hidden = !cursor;
      more.disabled = false;
    }

    // A new one that was proposed or decided elsewhere while this is open.
    const fresh = ({ detail }) => {
      if (detail.state !== "pending" || now.querySelector(`[data-id="${CSS.escape(detail.id)}"]`)) return;
      now.querySelector(".quiet")?.remove();
      now.prepend(card(detail));
    };
    changes.addEventListener("changed", fresh, { signal: closing.signal });

    const heading = el("h2", { hidden: true }, "Decided");
    load();
    return {
      element: el("div", { class: "page" }, el("h1", {}, "Approvals"), now, heading, before, more),
      close: () => closing.abort(),
    };
  },
};

const empty = (text) => el("p", { class: "quiet" }, text);
