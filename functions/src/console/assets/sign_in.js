// The page for nobody in particular: what this is, and the way in.

import { el } from "./dom.js";

/** What the `error` that OAuth left in the address means. */
const ERRORS = {
  access_denied: "Access was not granted, so nothing was connected. You can try again whenever you like.",
  code_exchange_failed: "Google or HubSpot did not accept the sign-in. Please try again.",
  temporarily_unavailable: "Google or HubSpot cannot be reached right now. Please try again in a minute.",
  server_error: "Google or HubSpot had a problem. Please try again in a minute.",
  invalid_scope: "Google or HubSpot refused the permissions that were asked for. Tell whoever runs this application.",
  org_internal: "This application is limited to one organisation, and the account is not part of it.",
  admin_policy_enforced: "Your organisation’s administrator does not allow this application.",
  unexpected_error: "Something went wrong on our side. Please try again.",
};

/** Takes the error out of the address, so that it is told once. */
export function arrivalError() {
  const address = new URL(location.href);
  const code = address.searchParams.get("error");
  if (!code) return null;
  address.searchParams.delete("error");
  history.replaceState(null, "", address);
  return ERRORS[code] ?? `Connecting did not work (${code.replaceAll(/\W/g, "").slice(0, 64)}). Please try again.`;
}

export function banner(text, ...actions) {
  return el("div", { class: "banner", role: "alert" }, el("p", {}, text), actions);
}

export function signIn(error) {
  return el(
    "main",
    { class: "welcome" },
    el("img", { src: "/console/icon.svg", alt: "", width: 56, height: 56 }),
    el("h1", {}, "Financial Advisor AI"),
    el("p", { class: "lead" }, "Ask about your clients. Every answer comes from your own mail and CRM, with links to where it was found."),
    error && banner(error),
    el("a", { class: "button primary wide", href: "/api/auth/google/start" }, "Sign in with Google"),
    el("p", { class: "quiet" }, "Google will ask for access to mail and calendar. HubSpot can be connected afterwards."),
  );
}

export function unreachable(text, again) {
  return el(
    "main",
    { class: "welcome" },
    el("h1", {}, "Not reachable"),
    el("p", { role: "alert" }, text),
    el("button", { type: "button", class: "primary", click: again }, "Try again"),
  );
}
