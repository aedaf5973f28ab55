// Every route, tried as every role, answers as the policy says.
//
// The routes come from the program's own tables (`troth routes --json`), the
// grants from the canonical policy that the server shows at /privacy: the test
// reads "read own measurement" for itself and expects the dispatcher's refusal
// exactly where no grant of a role covers a route.  What a grant then reaches
// (whose records) is the vault's to decide and is tested there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { request } from "node:https";

const base = process.env.TROTH_URL;
const program = process.env.TROTH_BIN;
const data = process.env.TROTH_DATA;
const skip = base && program && data ? false : "needs TROTH_URL, TROTH_BIN and TROTH_DATA";

const people = {
  member: "alma@demo.example",
  clinician: "clinician@demo.example",
  support: "support@demo.example",
  admin: "admin@demo.example",
  auditor: "auditor@demo.example",
};
const device = "LUM-20001";

function troth(...words) {
  return execFileSync(program, words, { encoding: "utf8" });
}

function call(method, path, token) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  // An empty body of the right type: the question is who is let in, not what is done.
  if (method !== "GET" && method !== "DELETE") Object.assign(headers, { "Content-Type": "application/json", "Content-Length": 2 });
  return new Promise((resolve, reject) => {
    const asking = request(base + path, { method, headers, rejectUnauthorized: false }, (answer) => {
      let text = "";
      answer.on("data", (piece) => { if (text.length < 20000) text += piece; });
      answer.on("end", () => resolve({ status: answer.statusCode, text }));
    });
    asking.on("error", reject);
    asking.end(headers["Content-Length"] ? "{}" : undefined);
  });
}

// Parameters that name nothing of anybody's.
const filled = (path) => path.replace(/:[a-z]+/g, "00000000-0000-7000-8000-000000000000");

const refusals = ["your role does not include this", "a second factor is needed", "this needs a tenant", "this is for signing in with a browser"];
const isRefused = ({ status, text }) => status === 401 || (status === 403 && refusals.some((refusal) => text.includes(refusal)));

function mayUse(grants, route) {
  if (route.need === "anyone") return true;
  if (route.need === "signing in") return false; // a browser's session, never a token
  if (route.need === "any person") return grants !== null;
  const [verb, what] = route.need.split(" ");
  if (grants === null) return false;
  return grants.some((grant) => {
    const words = grant.split(" ");
    return words[0] === verb && words[words.length - 1] === what;
  });
}

test("every route answers every role as the policy says", { skip, timeout: 300000 }, async () => {
  const routes = JSON.parse(troth("routes", "--json"));
  const policy = JSON.parse((await call("GET", "/privacy?format=json")).text);
  const roles = (policy.policy ?? policy).roles;
  assert.ok(routes.length > 40, "the tables are there");
  const tokens = { nobody: null };
  for (const [role, email] of Object.entries(people)) tokens[role] = troth("token", "issue", "--data", data, "--tenant", "demo", "--person", email).trim();
  tokens.device = troth("token", "issue", "--data", data, "--tenant", "demo", "--device", device).trim();
  const wrong = [];
  let tried = 0;
  for (const route of routes) {
    // What ends sessions or tokens of the actor would end the test's own.
    if (/sign-out|tokens\/:token\/revoke/.test(route.path)) continue;
    for (const [role, token] of Object.entries(tokens)) {
      const grants = role === "nobody" ? null : roles[role].may;
      const answer = await call(route.method, filled(route.path), token);
      const isPersonOnly = route.need === "any person" && role === "device";
      const expected = mayUse(grants, route) && !isPersonOnly;
      // A device's credential is of assurance 1: a route of 2 is not for it.
      const isSure = role !== "device" || route.assurance < 2;
      tried++;
      if (isRefused(answer) === (expected && isSure)) wrong.push(`${role} ${route.method} ${route.path} (${route.need}): ${answer.status} ${answer.text.slice(0, 120)}`);
    }
  }
  console.log(`${tried} combinations`);
  assert.deepEqual(wrong, []);
});
