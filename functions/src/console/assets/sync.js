// How far the reading of the accounts is, in words.

import { ago, count, plain } from "./dom.js";

/** What is read from where. `code` is the provider's, `source` the reading's. */
export const ACCOUNTS = [
  {
    code: "google",
    source: "gmail",
    title: "Google",
    reads: "mail",
    what: "Your mail and calendar, so that questions can be answered from them.",
    connected: ({ google_connected: known }) => known,
    connect: "/api/auth/google/start",
    sync: "/api/ingest/gmail",
    items: ["message", "messages"],
  },
  {
    code: "hubspot",
    source: "hubspot",
    title: "HubSpot",
    reads: "HubSpot",
    what: "Your contacts and the notes on them.",
    connected: ({ hubspot_connected: known }) => known,
    connect: "/api/auth/hubspot/start",
    sync: "/api/ingest/hubspot",
    items: ["record", "records"],
  },
];

/** `connected`, `broken` or `none`. */
export function state(account, user) {
  if (user.needs_reconnect?.includes(account.code)) return "broken";
  return account.connected(user) ? "connected" : "none";
}

export const reading = (account, progress) => progress?.sources?.find(({ source }) => source === account.source);

/**
 * One account's reading: a sentence and the bar beside it. `value` is a share of one, null while it cannot be known, and
 * undefined where there is no bar.
 */
export function readingOf({ items: [one, many] }, known) {
  if (!known) return { text: "Reading begins in a moment.", value: null };
  const { fetched, expected, synced_at: synced } = known;
  if (synced) return { text: `${count(fetched, one, many)} read, last ${ago(synced)}.` };
  if (!expected) return { text: `${count(fetched, one, many)} read so far.`, value: null };
  return { text: `${plain(Math.min(fetched, expected))} of ${count(expected, one, many)} read.`, value: Math.min(1, fetched / expected) };
}

/** The whole in a few words, and how it is: `good`, `busy`, `bad`. */
export function summary({ user, progress, trouble }) {
  const broken = ACCOUNTS.filter((account) => state(account, user) === "broken");
  if (broken.length > 0) return { text: `Reconnect ${broken.map(({ title }) => title).join(" and ")}`, tone: "bad" };
  if (trouble) return { text: "Sync status unknown", tone: "bad" };
  if (!progress) return { text: "Checking the sync…", tone: "busy" };
  for (const account of ACCOUNTS) {
    const known = reading(account, progress);
    if (state(account, user) !== "connected" || known?.synced_at) continue;
    if (known?.last_error) return { text: `${account.title} has a problem`, tone: "bad" };
    const share = known?.expected ? ` ${Math.floor((100 * Math.min(known.fetched, known.expected)) / known.expected)}%` : "…";
    return { text: `Reading ${account.reads}${share}`, tone: "busy" };
  }
  if (progress.waiting > 0) return { text: `Indexing, ${plain(progress.waiting)} to go`, tone: "busy" };
  return { text: "Up to date", tone: "good" };
}
