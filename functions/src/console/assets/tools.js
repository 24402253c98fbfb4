// What the assistant does on the way, in words.

const WORDS = {
  search_emails: ["Searching mail", "Searched mail"],
  search_contacts: ["Searching contacts", "Searched contacts"],
  search_calendar: ["Searching the calendar", "Searched the calendar"],
  search_deals: ["Searching deals", "Searched deals"],
  get_contact_by_id: ["Opening a contact", "Opened a contact"],
  get_contact_notes: ["Reading a contact’s notes", "Read a contact’s notes"],
  find_free_time: ["Looking for free time", "Looked for free time"],
  send_email: ["Preparing an e-mail", "Prepared an e-mail"],
  schedule_event: ["Preparing an event", "Prepared an event"],
  update_event: ["Preparing a change to an event", "Prepared a change to an event"],
  cancel_event: ["Preparing to cancel an event", "Prepared to cancel an event"],
  create_contact: ["Preparing a contact", "Prepared a contact"],
  update_contact: ["Preparing a change to a contact", "Prepared a change to a contact"],
  create_note: ["Preparing a note", "Prepared a note"],
};

/** `{now, done}`: the line while it runs, and the one it leaves behind. */
export function told(name, given) {
  const [now, done] = WORDS[name] ?? [`Using ${name.replaceAll("_", " ")}`, `Used ${name.replaceAll("_", " ")}`];
  const about = subject(given);
  return { now: `${now}${about}…`, done: `${done}${about}` };
}

/** Arguments are an object in the stream, and JSON text in what was kept. */
function subject(given) {
  let values = given;
  if (typeof given === "string") {
    try {
      values = JSON.parse(given);
    } catch {
      return "";
    }
  }
  const { query, sender_filter: sender, date_filter: date } = values ?? {};
  const parts = [query && ` for “${query}”`, sender && ` from ${sender}`, date && ` (${String(date).replaceAll("_", " ")})`];
  return parts.filter(Boolean).join("");
}
