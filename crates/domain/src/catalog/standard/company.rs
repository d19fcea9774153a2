use super::{Object, address, integer, long_text, money, one, phone, select, text, url};

pub(super) fn declare() -> Object {
    Object::standard("Company", "companies")
        .labels("Company", "Companies")
        .describe("An organisation that buys, might buy, or works with us.")
        .with(text("name").required().searchable())
        .with(text("domain").searchable().describe("Main internet domain: `acme.com`."))
        .with(url("website"))
        .with(select("industry", INDUSTRIES))
        .with(integer("employeeCount").label("Employees"))
        .with(money("annualRevenue"))
        .with(integer("foundedYear").label("Founded"))
        .with(phone("phone"))
        .with(address("address"))
        .with(long_text("description"))
        .with(one("parent", "Company").acyclic().label("Parent company"))
        .owned()
        .many("subsidiaries", "Company", "parent")
        .many("contacts", "Contact", "company")
        .many("opportunities", "Opportunity", "company")
        .many("activities", "Activity", "company")
}

const INDUSTRIES: &[(&str, &str)] = &[
    ("AGRICULTURE", "Agriculture"),
    ("CONSTRUCTION", "Construction"),
    ("CONSULTING", "Consulting"),
    ("EDUCATION", "Education"),
    ("EMPLOYMENT", "Employment"),
    ("ENERGY", "Energy"),
    ("ENTERTAINMENT", "Entertainment"),
    ("FINANCE", "Finance"),
    ("GOVERNMENT", "Government"),
    ("HOSPITALITY", "Hospitality"),
    ("INSURANCE", "Insurance"),
    ("LEGAL", "Legal"),
    ("LOGISTICS", "Logistics"),
    ("MANUFACTURING", "Manufacturing"),
    ("MARKETING", "Marketing"),
    ("MEDIA", "Media"),
    ("MEDICAL", "Medical"),
    ("NON_PROFIT", "Non-profit"),
    ("REAL_ESTATE", "Real estate"),
    ("RETAIL", "Retail"),
    ("SERVICES", "Services"),
    ("SOFTWARE", "Software"),
    ("TECHNOLOGY", "Technology"),
    ("TELECOMMUNICATIONS", "Telecommunications"),
    ("OTHER", "Other"),
];
