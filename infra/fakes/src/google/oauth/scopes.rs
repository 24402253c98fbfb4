//! The scopes that can be asked for, and their long and short names.

const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// Scopes below [`PREFIX`] and what the consent page says about them.
const KNOWN: &[(&str, &str)] = &[
    ("userinfo.email", "See your primary Google Account email address"),
    ("userinfo.profile", "See your personal info, including any personal info you've made publicly available"),
    ("gmail.readonly", "View your email messages and settings"),
    ("gmail.modify", "Read, compose, and send emails from your Gmail account"),
    ("gmail.send", "Send email on your behalf"),
    ("gmail.compose", "Manage drafts and send emails"),
    ("gmail.insert", "Add emails into your Gmail mailbox"),
    ("gmail.labels", "See and edit your email labels"),
    ("gmail.metadata", "View your email message metadata such as labels and headers, but not the email body"),
    ("calendar", "See, edit, share, and permanently delete all the calendars you can access using Google Calendar"),
    ("calendar.readonly", "See and download any calendar you can access using your Google Calendar"),
    ("calendar.events", "View and edit events on all your calendars"),
    ("calendar.events.readonly", "View events on all your calendars"),
    ("calendar.events.owned", "See, create, change, and delete events on Google calendars you own"),
    ("calendar.events.owned.readonly", "See the events on Google calendars you own"),
    ("calendar.events.freebusy", "See the availability on Google calendars you have access to"),
    ("calendar.freebusy", "View your availability in your calendars"),
    ("calendar.calendarlist", "See, add, and remove Google calendars you're subscribed to"),
    ("calendar.calendarlist.readonly", "See the list of Google calendars you're subscribed to"),
    ("calendar.calendars.readonly", "See the title, description, default time zone, and other properties of calendars"),
    ("calendar.app.created", "Make secondary Google calendars, and see, create, change, and delete events on them"),
    ("calendar.settings.readonly", "View your Calendar settings"),
];

/// The name Google answers with: `email` and `profile` are spelt out.
pub(super) fn canonical(scope: &str) -> Option<String> {
    match scope {
        "openid" | "https://mail.google.com/" => Some(scope.to_owned()),
        "email" => Some(EMAIL.to_owned()),
        "profile" => Some(PROFILE.to_owned()),
        _ => {
            let short = scope.strip_prefix(PREFIX)?;
            KNOWN.iter().any(|(name, _)| *name == short).then(|| scope.to_owned())
        }
    }
}

/// Sign-in scopes cannot be unticked.
pub(super) fn is_sign_in(scope: &str) -> bool {
    matches!(scope, "openid" | EMAIL | PROFILE)
}

pub(super) fn has_email(scopes: &[String]) -> bool {
    scopes.iter().any(|scope| scope == EMAIL)
}

pub(super) fn has_profile(scopes: &[String]) -> bool {
    scopes.iter().any(|scope| scope == PROFILE)
}

pub(super) fn describe(scope: &str) -> &'static str {
    match scope {
        "openid" => "Associate you with your personal info on Google",
        "https://mail.google.com/" => "Read, compose, send, and permanently delete all your email from Gmail",
        _ => KNOWN
            .iter()
            .find(|(name, _)| scope.strip_prefix(PREFIX) == Some(name))
            .map_or("", |(_, description)| description),
    }
}

/// The `scope` of the callback: it lists the short names beside the long ones.
pub(super) fn for_callback(scopes: &[String]) -> String {
    let mut all = Vec::new();
    if has_email(scopes) {
        all.push("email");
    }
    if has_profile(scopes) {
        all.push("profile");
    }
    all.extend(scopes.iter().map(String::as_str));
    all.join(" ")
}
