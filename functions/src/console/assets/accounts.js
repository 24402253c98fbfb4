// The tab of the accounts: what is connected, how far the reading is, and reading again.

import { post } from "./api.js";
import { data } from "./data.js";
import { count, el, plain, say, when } from "./dom.js";
import { session } from "./session.js";
import { ACCOUNTS, reading, readingOf, state } from "./sync.js";

export const accounts = {
  name: "accounts",
  title: "Accounts",

  open() {
    const cards = [...ACCOUNTS.map(account), index(), data()];
    const show = () => session.user && cards.forEach((card) => card.show());
    session.addEventListener("user", show);
    session.addEventListener("progress", show);
    show();
    return {
      element: el("div", { class: "page" }, el("h1", {}, "Accounts"), el("div", { class: "cards" }, cards.map((card) => card.element))),
      close() {
        session.removeEventListener("user", show);
        session.removeEventListener("progress", show);
      },
    };
  },
};

const STATES = { connected: "Connected", broken: "Needs reconnecting", none: "Not connected" };

/** One account's card. It is built once and then changed in place, so that focus stays where it is. */
function account(about) {
  const badge = el("span", { class: "badge" });
  const how = el("p", { class: "how" });
  const bar = el("progress", { max: 1, "aria-label": `Reading ${about.title}` });
  const problem = el("p", { class: "problem" });
  const said = el("p", { class: "quiet", role: "status" });
  const connect = el("a", { class: "button primary", href: about.connect });
  const sync = el("button", { type: "button", click: () => again(about, sync, said) }, "Sync now");

  function show() {
    const now = state(about, session.user);
    const known = reading(about, session.progress);
    const { text, value } = now === "none" ? { text: about.what } : readingOf(about, known);
    badge.dataset.state = now;
    say(badge, STATES[now]);
    say(how, text);
    how.title = known?.synced_at ? when(known.synced_at) : "";
    fill(bar, now === "connected" ? value : undefined);
    say(problem, now === "none" ? "" : (session.trouble ?? known?.last_error ?? ""));
    say(connect, `${now === "broken" ? "Reconnect" : "Connect"} ${about.title}`);
    connect.hidden = now === "connected";
    sync.hidden = now !== "connected";
  }

  const heading = el("div", { class: "card-head" }, el("h2", {}, about.title), badge);
  return { show, element: el("section", { class: "card" }, heading, how, bar, problem, el("div", { class: "actions" }, connect, sync), said) };
}

async function again(about, button, said) {
  button.disabled = true;
  try {
    await post(about.sync);
    say(said, `Reading ${about.title} again.`);
    await session.hurry();
  } catch (error) {
    say(said, error.message);
  }
  button.disabled = false;
}

/** What can be asked about already. */
function index() {
  const how = el("p", { class: "how" });
  const bar = el("progress", { max: 1, "aria-label": "Indexing" });

  function show() {
    const { documents, embedded, waiting } = session.progress ?? {};
    const known = session.progress !== null;
    const total = embedded + waiting;
    const left = waiting > 0 ? `, ${plain(waiting)} still to come` : "";
    const empty = "Nothing to search yet. What is read from your accounts appears here.";
    say(how, !known ? "Checking…" : total === 0 ? empty : `${count(documents, "document", "documents")} in ${count(total, "passage", "passages")}; ${plain(embedded)} ready to be found${left}.`);
    fill(bar, known && waiting > 0 ? embedded / total : undefined);
  }

  const heading = el("div", { class: "card-head" }, el("h2", {}, "Search index"));
  return { show, element: el("section", { class: "card" }, heading, how, bar) };
}

/** A bar of a share; without a known one it only moves; without any it is not there. */
function fill(bar, share) {
  bar.hidden = share === undefined;
  if (share === null || share === undefined) bar.removeAttribute("value");
  else bar.value = share;
}
