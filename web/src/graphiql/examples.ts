/** What the tabs of a first visit hold. They run as they are in the demo workspace. */
export const examples: readonly string[] = [
  `# Won last, with company and owner.
# Ctrl+Enter or Cmd+Enter runs it.
query LatestWon {
  opportunities(
    filter: { status: { eq: WON } }
    orderBy: [{ closedAt: DESC }]
    first: 10
  ) {
    totalCount
    nodes {
      name
      closedAt
      amount { value currency }
      company { name industry }
      owner { name team { name } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  `# How many opportunities are in each stage,
# and what they are worth.
query PipelineByStage {
  opportunitiesAggregate(groupBy: [{ stage: {} }]) {
    totalCount
    groups {
      key { stage { name type } }
      count
      sum { amount { value currency } }
    }
  }
}
`,
  `# The five owners who won most.
query TopOwners {
  opportunitiesAggregate(
    filter: { status: { eq: WON } }
    groupBy: [{ owner: {} }]
    orderBy: [{ sum: { amount: DESC } }]
    first: 5
  ) {
    groups {
      key { owner { name } }
      count
      sum { amount { value currency } }
    }
  }
}
`,
  `# Writes a contact. A refusal of what you
# wrote comes back in userErrors.
mutation CreateContact {
  createContact(
    input: { firstName: "Lena", lastName: "Ortiz", email: "lena@example.com" }
  ) {
    contact { id name email createdAt }
    userErrors { code field message }
  }
}
`,
  `# Adds a field to every contact. It is in the
# schema at once: fetch that again (the round
# arrows at the left), and ask for it.
mutation DefineField {
  createField(
    object: "Contact"
    input: {
      name: "favouriteCourse"
      label: "Favourite course"
      type: SELECT
      filterable: true
      options: [
        { value: "LINKS", label: "Links", color: "green" }
        { value: "PARKLAND", label: "Parkland", color: "blue" }
      ]
    }
  ) {
    field { name type }
    metadataVersion
    userErrors { code field message }
  }
}
`,
  `# Brings CSV in, as a mapping says which column is
# which field. This only tries it: with dryRun false
# it stays, and a second run makes no duplicates.
mutation ImportCompanies {
  startImport(
    input: {
      dryRun: true
      mapping: """
      [[step]]
      name = "companies"
      file = "companies.csv"
      object = "Company"
      match_on = "name"

      [step.columns]
      name = "Company"
      domain = "Web"
      """
      files: [
        {
          name: "companies.csv"
          content: """
          Company,Web
          Aldermoor,aldermoor.example
          Brightwell,brightwell.example
          """
        }
      ]
    }
  ) {
    import { id state rowsTotal }
    userErrors { code field message }
  }
}

# How it went, with the id of the answer above.
query ImportReport($id: ID!) {
  import(id: $id) {
    state
    rowsDone
    report { steps { name counts { created updated refused } } }
    errors { file line column code message }
  }
}
`,
];
