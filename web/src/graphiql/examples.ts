/** What the tabs of a first visit hold. They run as they are in the demo workspace. */
export const examples: readonly string[] = [
  `# The opportunities that were won last, with their company and owner.
# Press Ctrl+Enter (or Cmd+Enter) to run.
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
  `# How many opportunities stand in each stage, and what they are worth.
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
  `# Writes a contact. What the server would not accept is in userErrors, not in errors.
mutation CreateContact {
  createContact(
    input: { firstName: "Lena", lastName: "Ortiz", email: "lena@example.com" }
  ) {
    contact { id name email createdAt }
    userErrors { code field message }
  }
}
`,
  `# Adds a field to every contact. It is in the schema at once: reload it (Ctrl+Shift+R in this page) and ask for it.
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
];
