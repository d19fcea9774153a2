// The public audits of GraphQL over HTTP against one address: node graphql-http.mjs http://127.0.0.1:8080/graphql [token]
// Ends with 0 when all are "ok"; prints the others.
import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);
const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};
const tally = {};
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await audit.fn();
  tally[status] = (tally[status] ?? 0) + 1;
  if (status !== "ok") console.log(`${status} ${audit.id} ${audit.name}: ${reason}`);
}
console.log(JSON.stringify(tally));
process.exit(Object.keys(tally).join() === "ok" ? 0 : 1);
