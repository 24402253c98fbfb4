// The list of conversations: what was asked before, the latest first.

import { request, remove } from "./api.js";
import { confirmed } from "./confirm.js";
import { ago, el, when } from "./dom.js";
import { words } from "./markdown.js";

const FIRST = "/api/conversations";

/** `gone(id)` is called when one was deleted. */
export function conversationList(gone) {
  let shown = [];
  let next = null;
  let current = null;
  const list = el("ul", { class: "conversations" });
  const said = el("p", { class: "quiet", role: "status" });
  const older = el("button", { type: "button", class: "plain", hidden: true, click: () => load(next) }, "Show older");

  async function load(path) {
    try {
      const response = await request("GET", path);
      const items = await response.json();
      shown = path === FIRST ? items : [...shown, ...items];
      next = /<([^>]+)>; *rel="next"/.exec(response.headers.get("Link") ?? "")?.[1] ?? null;
      said.textContent = shown.length === 0 ? "No conversations yet. What you ask is kept here." : "";
    } catch (error) {
      said.textContent = error.message;
    }
    show();
  }

  function show() {
    list.replaceChildren(...shown.map(entry));
    older.hidden = next === null;
    mark(current);
  }

  function entry({ id, title, lastMessage, timestamp }) {
    const name = title || "Untitled";
    return el(
      "li",
      {},
      el(
        "a",
        { href: `#/ask/${id}`, "data-id": id },
        el("span", { class: "title" }, name),
        el("span", { class: "last" }, lastMessage ? words(lastMessage) : "No answer yet"),
        el("time", { datetime: timestamp, title: when(timestamp) }, ago(timestamp)),
      ),
      el("button", { type: "button", class: "plain delete", "aria-label": `Delete “${name}”`, title: "Delete", click: () => forget(id, name) }, "×"),
    );
  }

  async function forget(id, name) {
    if (!(await confirmed(`Delete “${name}” and everything said in it?`, "Delete"))) return;
    try {
      await remove(`/api/conversations/${encodeURIComponent(id)}`);
      gone(id);
      await load(FIRST);
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function mark(id) {
    current = id;
    for (const link of list.querySelectorAll("a")) {
      if (link.dataset.id === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  return { element: el("nav", { class: "history", "aria-label": "Conversations" }, list, older, said), load: () => load(FIRST), mark };
}
