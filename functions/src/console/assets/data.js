// What an advisor may do about all that is held: take it along, sign out everywhere, have it erased.

import { get, remove, request } from "./api.js";
import { confirmed } from "./confirm.js";
import { count, el, say } from "./dom.js";
import { session } from "./session.js";

const OFTEN = 2_000;

/** The card. */
export function data() {
  const said = el("p", { class: "quiet", role: "status" });
  const volumes = el("ul", { hidden: true });
  const take = el("button", { type: "button", click: () => tried(take, said, () => download(said, volumes)) }, "Download my data");
  const out = el("button", { type: "button", click: () => tried(out, said, everywhere) }, "Sign out everywhere");
  const address = el("input", { type: "email", autocomplete: "off", "aria-label": "Your address, to delete the account", placeholder: "Your address", input: show });
  const gone = el("button", { type: "button", class: "danger", click: () => tried(gone, said, () => erase(card, address.value)) }, "Delete my account");

  function show() {
    gone.disabled = address.value.trim().toLowerCase() !== session.user?.email.toLowerCase();
  }

  const heading = el("div", { class: "card-head" }, el("h2", {}, "Your data"));
  const how = el("p", { class: "how" }, "Everything that is held about you, as files; or gone for good. To delete the account, type its address.");
  const card = el("section", { class: "card" }, heading, how, el("div", { class: "actions" }, take, out), volumes, el("div", { class: "actions" }, address, gone), said);
  show();
  return { show, element: card };
}

async function tried(button, said, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(said, error.message);
  }
  button.disabled = false;
}

/** Waits for the list, and shows a link for each volume. */
async function download(said, volumes) {
  say(said, "Looking through everything that is held…");
  let list = await get("/api/account/export");
  while (list.state !== "ready") {
    await new Promise((resolve) => setTimeout(resolve, OFTEN));
    list = await get("/api/account/export");
  }
  const links = list.volumes.map(({ url, rows }, at) => {
    const link = el("a", { href: url, download: true }, list.volumes.length > 1 ? `Volume ${at + 1}` : "The archive");
    return el("li", {}, link, ` (${count(rows, "row", "rows")})`);
  });
  volumes.replaceChildren(...links);
  volumes.hidden = false;
  say(said, list.volumes.length > 1 ? "Download each of them within the hour." : "Download it within the hour.");
}

async function everywhere() {
  if (!(await confirmed("Sign out on every device, and here?", "Sign out everywhere"))) return;
  await remove("/api/auth/sessions");
  location.reload();
}

async function erase(card, email) {
  const question = "Erase the account with everything that is held? Google and HubSpot keep what is theirs. There is no way back.";
  if (!(await confirmed(question, "Delete my account"))) return;
  const { url } = await (await request("DELETE", "/api/account", { body: { email } })).json();
  session.end();
  const receipt = new URL(url, location.href).href;
  card.replaceChildren(
    el("h2", {}, "Your account is being erased"),
    el("p", {}, "Keep this address: it shows what became of it, and nobody else has it."),
    el("p", {}, el("a", { href: receipt }, receipt)),
  );
}
