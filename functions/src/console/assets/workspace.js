// The frame around the tabs: conversations at the side, the tabs and the state of the sync on top, the tab below.

import { accounts } from "./accounts.js";
import { count } from "./approval.js";
import { approvals } from "./approvals.js";
import { post } from "./api.js";
import { ask } from "./ask.js";
import { conversationList } from "./conversations.js";
import { el, say } from "./dom.js";
import { rules } from "./rules.js";
import { session } from "./session.js";
import { banner } from "./sign_in.js";
import { summary } from "./sync.js";
import { tasks } from "./tasks.js";

/**
 * The tabs. Each has a `name` for the address (`#/name/rest`), a `title`, and `open(rest, context)`, which answers
 * `{element, close()}` and, if it likes, `focus()` and `shows(rest)`. One module each.
 */
const TABS = [ask, approvals, rules, tasks, accounts];

/** Narrower than this the side is a drawer. Also in the style sheet. */
const WIDE = matchMedia("(min-width: 56rem)");

/** Everything for somebody who is signed in. `left()` is called when they signed out. */
export function workspace(error, left) {
  const list = conversationList((id) => id === place().rest && go("#/ask"));
  const links = TABS.map(({ name, title }) => el("a", { href: `#/${name}`, "data-tab": name }, title));
  const sync = el("a", { class: "sync", href: "#/accounts" });
  const messages = el("div", { class: "messages" }, error && banner(error, el("button", { type: "button", class: "plain", click: () => messages.replaceChildren() }, "Dismiss")));
  const main = el("main", { id: "main", tabindex: -1 });
  const menu = el("button", { type: "button", class: "plain menu", "aria-label": "Conversations", "aria-expanded": "false", "aria-controls": "side", click: () => drawer(true) });
  const shade = el("div", { class: "shade", hidden: true, click: () => drawer(false) });
  const side = el(
    "aside",
    { id: "side" },
    el("div", { class: "brand" }, el("img", { src: "/console/icon.svg", alt: "", width: 28, height: 28 }), el("strong", {}, "Advisor AI")),
    el("a", { class: "button new", href: "#/ask", click: () => fresh() }, "New conversation"),
    list.element,
    who(left),
  );
  const body = el("div", { class: "body" }, el("header", { class: "top" }, menu, el("nav", { class: "tabs", "aria-label": "Sections" }, links), sync), messages, main);
  const element = el("div", { class: "workspace" }, el("a", { class: "skip", href: "#main", click: skip }, "Skip to content"), side, shade, body);

  let open = null;

  function route() {
    const { tab, rest } = place();
    drawer(false);
    for (const link of links) {
      if (link.dataset.tab === tab.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    list.mark(tab === ask ? rest : null);
    document.title = `${tab.title} · Financial Advisor AI`;
    if (open?.tab === tab && open.view.shows?.(rest)) return;
    show(tab, rest);
  }

  function show(tab, rest) {
    open?.view.close();
    open = { tab, view: tab.open(rest, { changed }) };
    main.replaceChildren(open.view.element);
    if (WIDE.matches) open.view.focus?.();
  }

  /** A conversation has begun or grown: its address is kept, without opening it anew. */
  function changed(id) {
    if (place().rest !== id) history.replaceState(null, "", `#/ask/${id}`);
    list.load().then(() => list.mark(id));
  }

  /** The address may be that of a new conversation already, while an answer is coming in. */
  function fresh() {
    if (location.hash === "#/ask") show(ask);
    drawer(false);
  }

  function drawer(out) {
    const shown = WIDE.matches || out;
    element.classList.toggle("out", out && !WIDE.matches);
    menu.setAttribute("aria-expanded", String(out));
    shade.hidden = !out || WIDE.matches;
    const focused = side.contains(document.activeElement) && !WIDE.matches;
    side.inert = !shown;
    body.inert = out && !WIDE.matches;
    if (out && !WIDE.matches) side.querySelector("a, button").focus();
    else if (focused && !shown) menu.focus();
  }

  function skip(event) {
    event.preventDefault();
    main.focus();
  }

  function told() {
    if (!session.user) return;
    const { text, tone } = summary(session);
    sync.dataset.tone = tone;
    sync.title = text;
    say(sync, text);
  }

  const closing = new AbortController();
  const until = { signal: closing.signal };
  addEventListener("hashchange", route, until);
  addEventListener("keydown", (event) => event.key === "Escape" && drawer(false), until);
  WIDE.addEventListener("change", () => drawer(false), until);
  session.addEventListener("user", told, until);
  session.addEventListener("progress", told, until);
  const tab = links.find((link) => link.dataset.tab === approvals.name);
  count((waiting, more) => say(tab, waiting ? `${approvals.title} (${waiting}${more ? "+" : ""})` : approvals.title), closing.signal);
  return {
    element,
    /** Once it is on the page. */
    begin() {
      told();
      route();
      list.load();
    },
    close() {
      closing.abort();
      open?.view.close();
    },
  };
}

function place() {
  const [, name, rest] = location.hash.split("/");
  return { tab: TABS.find((tab) => tab.name === name) ?? TABS[0], rest: rest || undefined };
}

function go(hash) {
  location.hash = hash;
}

function who(left) {
  const { name, email } = session.user;
  const initials = (name || email).split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const said = el("p", { class: "problem", role: "alert" });
  const out = el("button", { type: "button", class: "plain", click: leave }, "Log out");
  async function leave() {
    out.disabled = true;
    try {
      await post("/api/auth/logout");
      left();
    } catch (error) {
      said.textContent = error.message;
      out.disabled = false;
    }
  }
  return el(
    "footer",
    { class: "who" },
    el("span", { class: "initials", "aria-hidden": "true" }, initials),
    el("div", { class: "name" }, el("strong", {}, name || email), name && el("span", { class: "quiet", title: email }, email)),
    out,
    said,
  );
}
