//! The properties HubSpot itself defines on each object type.

use super::kind::Kind;
use super::schema::Definition;

/// Name, label, type and field type.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Every property HubSpot defines for this kind.
pub fn standard(kind: Kind) -> Vec<Definition> {
    standard_rows(kind).map(|row| definition(kind, row)).collect()
}

/// The property of this name, if HubSpot defines it for this kind.
pub fn find(kind: Kind, name: &str) -> Option<Definition> {
    standard_rows(kind).find(|row| row.0 == name).map(|row| definition(kind, row))
}

fn standard_rows(kind: Kind) -> impl Iterator<Item = &'static Row> {
    let own = match kind {
        Kind::Contact => CONTACT,
        Kind::Company => COMPANY,
        Kind::Deal => DEAL,
        Kind::Note => NOTE,
        Kind::Task => TASK,
    };
    COMMON.iter().chain(own)
}

fn definition(kind: Kind, &(name, label, value_type, field_type): &Row) -> Definition {
    let read_only = READ_ONLY.contains(&name) || (name == "createdate" && kind != Kind::Deal);
    Definition {
        name: name.to_owned(),
        label: label.to_owned(),
        value_type: value_type.to_owned(),
        field_type: field_type.to_owned(),
        group: format!("{}information", kind.singular()),
        description: String::new(),
        options: options(name).iter().map(|value| (title(value), (*value).to_owned())).collect(),
        unique: name == "hs_object_id" || (kind == Kind::Contact && name == "email"),
        read_only,
        hubspot_defined: true,
    }
}

fn title(value: &str) -> String {
    let words: Vec<_> = value
        .split('_')
        .map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            format!("{}{}", first.to_uppercase(), rest.to_lowercase())
        })
        .collect();
    words.join(" ")
}

const READ_ONLY: &[&str] = &[
    "hs_object_id",
    "lastmodifieddate",
    "hs_lastmodifieddate",
    "hs_createdate",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_is_closed_lost",
    "hs_deal_stage_probability",
    "hs_merged_object_ids",
    "hs_object_source",
    "hs_object_source_id",
    "num_notes",
    "notes_last_updated",
];

fn options(name: &str) -> &'static [&'static str] {
    match name {
        "lifecyclestage" => &[
            "subscriber",
            "lead",
            "marketingqualifiedlead",
            "salesqualifiedlead",
            "opportunity",
            "customer",
            "evangelist",
            "other",
        ],
        "hs_lead_status" => &[
            "NEW",
            "OPEN",
            "IN_PROGRESS",
            "OPEN_DEAL",
            "UNQUALIFIED",
            "ATTEMPTED_TO_CONTACT",
            "CONNECTED",
            "BAD_TIMING",
        ],
        "dealtype" => &["newbusiness", "existingbusiness"],
        "hs_priority" => &["low", "medium", "high"],
        "hs_task_status" => &["NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"],
        "hs_task_priority" => &["NONE", "LOW", "MEDIUM", "HIGH"],
        "hs_task_type" => &["TODO", "EMAIL", "CALL"],
        _ => &[],
    }
}

const COMMON: &[Row] = &[
    ("hs_object_id", "Record ID", "number", "number"),
    ("hs_lastmodifieddate", "Object last modified date/time", "datetime", "date"),
    ("hs_createdate", "Object create date/time", "datetime", "date"),
    ("hubspot_owner_id", "Owner", "enumeration", "select"),
    ("hs_merged_object_ids", "Merged record IDs", "string", "text"),
    ("hs_object_source", "Record creation source", "string", "text"),
    ("hs_object_source_id", "Record creation source ID", "string", "text"),
];

const CONTACT: &[Row] = &[
    ("email", "Email", "string", "text"),
    ("hs_additional_emails", "Additional email addresses", "string", "text"),
    ("firstname", "First Name", "string", "text"),
    ("lastname", "Last Name", "string", "text"),
    ("salutation", "Salutation", "string", "text"),
    ("phone", "Phone Number", "string", "phonenumber"),
    ("mobilephone", "Mobile Phone Number", "string", "phonenumber"),
    ("fax", "Fax Number", "string", "phonenumber"),
    ("company", "Company Name", "string", "text"),
    ("jobtitle", "Job Title", "string", "text"),
    ("industry", "Industry", "string", "text"),
    ("address", "Street Address", "string", "text"),
    ("city", "City", "string", "text"),
    ("state", "State/Region", "string", "text"),
    ("zip", "Postal Code", "string", "text"),
    ("country", "Country/Region", "string", "text"),
    ("website", "Website URL", "string", "text"),
    ("message", "Message", "string", "textarea"),
    ("date_of_birth", "Date of birth", "string", "text"),
    ("marital_status", "Marital Status", "string", "text"),
    ("annualrevenue", "Annual Revenue", "string", "text"),
    ("lifecyclestage", "Lifecycle Stage", "enumeration", "radio"),
    ("hs_lead_status", "Lead Status", "enumeration", "radio"),
    ("hs_language", "Preferred language", "string", "text"),
    ("hs_timezone", "Time Zone", "string", "text"),
    ("associatedcompanyid", "Primary Associated Company ID", "number", "number"),
    ("notes_last_contacted", "Last Contacted", "datetime", "date"),
    ("notes_last_updated", "Last Activity Date", "datetime", "date"),
    ("num_notes", "Number of Sales Activities", "number", "number"),
    ("createdate", "Create Date", "datetime", "date"),
    ("lastmodifieddate", "Last Modified Date", "datetime", "date"),
];

const COMPANY: &[Row] = &[
    ("name", "Company name", "string", "text"),
    ("domain", "Company Domain Name", "string", "text"),
    ("website", "Website URL", "string", "text"),
    ("phone", "Phone Number", "string", "phonenumber"),
    ("description", "Description", "string", "textarea"),
    ("industry", "Industry", "string", "text"),
    ("type", "Type", "string", "text"),
    ("address", "Street Address", "string", "text"),
    ("city", "City", "string", "text"),
    ("state", "State/Region", "string", "text"),
    ("zip", "Postal Code", "string", "text"),
    ("country", "Country/Region", "string", "text"),
    ("numberofemployees", "Number of Employees", "number", "number"),
    ("annualrevenue", "Annual Revenue", "number", "number"),
    ("lifecyclestage", "Lifecycle Stage", "enumeration", "radio"),
    ("createdate", "Create Date", "datetime", "date"),
];

const DEAL: &[Row] = &[
    ("dealname", "Deal Name", "string", "text"),
    ("pipeline", "Pipeline", "enumeration", "select"),
    ("dealstage", "Deal Stage", "enumeration", "radio"),
    ("amount", "Amount", "number", "number"),
    ("closedate", "Close Date", "datetime", "date"),
    ("description", "Deal Description", "string", "textarea"),
    ("dealtype", "Deal Type", "enumeration", "radio"),
    ("hs_priority", "Priority", "enumeration", "select"),
    ("hs_is_closed", "Is Deal Closed?", "bool", "calculation_equation"),
    ("hs_is_closed_won", "Is Closed Won", "bool", "calculation_equation"),
    ("hs_is_closed_lost", "Is Closed Lost", "bool", "calculation_equation"),
    ("hs_deal_stage_probability", "Deal Probability", "number", "number"),
    ("createdate", "Create Date", "datetime", "date"),
];

const NOTE: &[Row] = &[
    ("hs_timestamp", "Activity date", "datetime", "date"),
    ("hs_note_body", "Body preview", "string", "html"),
    ("hs_attachment_ids", "Attached file IDs", "string", "text"),
];

const TASK: &[Row] = &[
    ("hs_timestamp", "Due date", "datetime", "date"),
    ("hs_task_subject", "Task Title", "string", "text"),
    ("hs_task_body", "Task Notes", "string", "html"),
    ("hs_task_status", "Task Status", "enumeration", "select"),
    ("hs_task_priority", "Priority", "enumeration", "select"),
    ("hs_task_type", "Task Type", "enumeration", "select"),
    ("hs_task_reminders", "Reminders", "string", "text"),
];
