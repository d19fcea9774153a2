use super::{Object, address, email, long_text, one, phone, select, text};

pub(super) fn declare() -> Object {
    Object::standard("Contact", "contacts")
        .describe("A person we know, usually at a company.")
        .with(text("firstName").personal())
        .with(text("lastName").personal())
        .with(
            text("name")
                .personal()
                .searchable()
                .made_of(&["firstName", "lastName"])
                .describe("First and last name, derived."),
        )
        .with(email("email").personal().searchable().label("E-mail"))
        .with(phone("phone").personal())
        .with(text("title").describe("Position at the company."))
        .with(one("company", "Company"))
        .with(select("status", STATUSES))
        .with(select("source", SOURCES))
        .with(address("address").personal())
        .with(long_text("description"))
        .owned()
        .many("opportunities", "Opportunity", "contact")
        .many("activities", "Activity", "contact")
}

const STATUSES: &[(&str, &str)] = &[
    ("LEAD", "Lead"),
    ("QUALIFIED", "Qualified"),
    ("CUSTOMER", "Customer"),
    ("PARTNER", "Partner"),
    ("CHURNED", "Churned"),
];

const SOURCES: &[(&str, &str)] = &[
    ("WEBSITE", "Website"),
    ("REFERRAL", "Referral"),
    ("EVENT", "Event"),
    ("ADVERTISING", "Advertising"),
    ("COLD_OUTREACH", "Cold outreach"),
    ("SOCIAL_MEDIA", "Social media"),
    ("IMPORT", "Import"),
    ("OTHER", "Other"),
];
