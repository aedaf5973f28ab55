// Opens every rendered page under the product's content policy, in light and
// dark, at 1280 and 390 pixels: a screenshot each, and what axe, the console and
// the page's width say.  Exits 1 when anything does.
//   node look.mjs PAGES OUT [part of a name]       modules: NODE_PATH or beside
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";

const [pages, out, part = ""] = process.argv.slice(2);
const require = createRequire(process.env.MODULES ? join(process.env.MODULES, "x.js") : import.meta.url);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".mjs": "text/javascript", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json" };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
// Drawings and data of services have no sample: a plain stand-in.
const drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 300"><path d="M20 200C200 60 300 260 420 150S700 120 780 180" fill="none" stroke="#0b6069" stroke-width="3"/></svg>';
const openapi = { openapi: "3.1.0", servers: [{ url: "/acme" }], paths: {
  "/devices": { get: { summary: "My devices", tags: ["devices"], description: "For roles that may read device. Purpose: care." }, post: { summary: "Add a device", tags: ["devices"], requestBody: { content: { "application/json": {} } } } },
  "/devices/{device}": { get: { summary: "One device", tags: ["devices"], parameters: [{ name: "device", in: "path" }] } } } };

function answer(request, response) {
  const path = new URL(request.url, "http://localhost").pathname;
  let body, type = types[extname(path)] ?? types[".html"];
  if (path.endsWith("openapi.json")) body = JSON.stringify(openapi);
  else if (path.startsWith("/acme/") && path.endsWith(".svg")) body = drawing;
  else {
    try { body = readFileSync(join(pages, path)); } catch { response.writeHead(404).end(); return; }
  }
  response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": policy }).end(body);
}

async function look(browser, base, name, scheme, width) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, bypassCSP: false });
  const page = await context.newPage();
  const found = [];
  page.on("console", (message) => { if (message.type() === "error") found.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => found.push(`script: ${error.message}`));
  page.on("response", (response) => { if (response.status() >= 400) found.push(`${response.status()}: ${response.url()}`); });
  await page.goto(`${base}/${name}.html`, { waitUntil: "networkidle" });
  if (await page.evaluate("document.documentElement.scrollWidth > innerWidth")) found.push("wider than the screen");
  await page.screenshot({ path: join(out, `${name}-${scheme}-${width}.png`), fullPage: true });
  const result = await page.evaluate(`${axe}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`).catch((error) => ({ violations: [{ id: String(error), nodes: [] }] }));
  for (const violation of result.violations) found.push(`axe ${violation.id}: ${violation.nodes.slice(0, 3).map((n) => n.html.slice(0, 110)).join(" | ")}`);
  await context.close();
  return found;
}

mkdirSync(out, { recursive: true });
const server = createServer(answer).listen(0, "127.0.0.1");
await new Promise((listening) => server.once("listening", listening));
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
let count = 0, bad = 0;
for (const file of readdirSync(pages).filter((f) => f.endsWith(".html") && f.includes(part))) {
  const name = file.slice(0, -5);
  for (const scheme of ["light", "dark"]) for (const width of [1280, 390]) {
    count++;
    const found = await look(browser, base, name, scheme, width);
    if (found.length) { bad++; console.log(`${name} ${scheme} ${width}\n  ${[...new Set(found)].join("\n  ")}`); }
  }
}
await browser.close();
server.close();
console.log(`${count - bad} passed, ${bad} failed`);
process.exitCode = bad ? 1 : 0;
