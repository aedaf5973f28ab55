// Every page of every role: it opens, nothing is wrong with it for eyes, assistive technology or
// the browser's console, nothing comes from elsewhere, and no cookie is there that the policy
// does not name.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launch, packageFile, visitor } from './browser.mjs';
import { look } from './look.mjs';
import { address, roles } from './pages.mjs';
import { product, skip } from './product.mjs';
import { signIn } from './person.mjs';

// policies/measure.yaml, `cookies`
const declared = { '__Host-signin': { httpOnly: true, secure: true }, '__Host-session': { httpOnly: true, secure: true }, lang: { secure: true } };

let server, browser;
const sources = mkdtempSync(path.join(tmpdir(), 'troth-html-'));

before(async () => {
	if (skip) return;
	server = await product();
	browser = await launch();
});

after(async () => {
	rmSync(sources, { recursive: true, force: true });
	await browser?.close();
	await server?.close();
});

async function cookieFaults(context) {
	const found = [];
	for (const cookie of await context.cookies()) {
		const known = declared[cookie.name];
		if (!known) found.push(`a cookie that the policy does not name: ${cookie.name}`);
		for (const [key, value] of Object.entries(known ?? {})) if (cookie[key] !== value) found.push(`${cookie.name} is not ${key}`);
	}
	return found;
}

for (const { role, email, pages } of roles) {
	test(`pages of ${role}`, { skip }, async (t) => {
		const { context, page, faults, go } = await visitor(browser, server.base);
		if (email) await signIn(server.base, page, email);
		for (const row of pages) {
			await t.test(`${role}: ${row.name}`, async () => {
				faults.length = 0;
				const target = await address(server.base, page, row);
				const answer = await go(target);
				assert.equal(answer.status(), row.status ?? 200);
				writeFileSync(path.join(sources, `${role}-${row.name}.html`), await answer.text());
				const found = await look(page, `${role}-${row.name}`);
				assert.deepEqual([...found, ...faults, ...await cookieFaults(context)], []);
			});
		}
		await context.close();
	});
}

// What is no page: files, data for programs; and pages that another test reaches.
const noPage = [/^\/$/, /\.(svg|pdf|json)$/, /^\/log\/./, /^\/fhir\//, /^\/readings/, /^\/export\/./, /^\/me\/(package|consents\/.+)$/];
const elsewhere = ['/sign-in/factor', '/shared/:person', '/admin/requests/:request/certificate'];

test('every page of the route tables is looked at', { skip: skip || (process.env.TROTH_BIN ? false : 'TROTH_BIN is not set') }, () => {
	const rows = JSON.parse(execFileSync(process.env.TROTH_BIN, ['routes', '--json']));
	const looked = roles.flatMap(({ pages }) => pages).map((row) => row.path ?? `${row.find.path}/x${row.query ?? ''}`).map((path) => path.replace(/\?.*/, ''));
	const pages = rows.filter(({ of, method }) => method === 'GET' && ['pages', 'measure'].includes(of)).map(({ path }) => path);
	const left = pages.filter((path) => !noPage.some((pattern) => pattern.test(path)) && !elsewhere.includes(path))
		.filter((path) => !looked.some((one) => new RegExp(`^${path.replace(/:[a-z]+/g, '[^/]+')}$`).test(one)));
	assert.deepEqual(left, []);
});

const java = spawnSync('java', ['-version']).status === 0;

test('the Nu HTML checker finds no fault in the source of any page', { skip: skip || (java ? false : 'there is no java') }, () => {
	const jar = path.join(path.dirname(packageFile('vnu-jar/package.json')), 'build/dist/vnu.jar');
	let report = '';
	try {
		execFileSync('java', ['-Xss1m', '-jar', jar, '--skip-non-html', '--format', 'json', sources], { stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 26 });
	} catch (error) {
		report = String(error.stderr);
	}
	const messages = report ? JSON.parse(report).messages : [];
	assert.deepEqual([...new Set(messages.filter(({ type }) => type === 'error').map(({ url, message, extract }) => `${path.basename(url)}: ${message} ${extract ?? ''}`))].slice(0, 20), []);
});
