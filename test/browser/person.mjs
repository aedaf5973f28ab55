// Signing in as the people of the demonstration do: by the mail in its inbox, and a one-time code
// (RFC 6238, RFC 4226; secrets in base32, RFC 4648).
import { createHash, createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 30_000;
const stepNow = () => Math.floor(Date.now() / STEP_MS);

function base32(text) {
	let bits = '';
	for (const letter of text.replace(/[\s=]/g, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
	return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export function totp(secret, step) {
	const count = Buffer.alloc(8);
	count.writeBigUInt64BE(BigInt(step));
	const mac = createHmac('sha1', base32(secret)).update(count).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// Seeds outlive a test file, since others sign in to the same server as the same person.
const seedFile = (base) => path.join(tmpdir(), `troth-test-${createHash('sha256').update(base.href).digest('hex').slice(0, 16)}.json`);

function seeds(base) {
	try {
		return JSON.parse(readFileSync(seedFile(base), 'utf8'));
	} catch {
		return {};
	}
}

function keep(base, email, secret, last) {
	writeFileSync(seedFile(base), JSON.stringify({ ...seeds(base), [email]: { secret, last } }), { mode: 0o600 });
}

// A step is accepted once: the next one is taken early rather than one twice.
export async function freshCode(base, email) {
	const seed = seeds(base)[email];
	if (!seed) throw new Error(`${email} has a second factor that no test enrolled: use a new data directory`);
	const step = Math.max(stepNow(), seed.last + 1);
	while (step > stepNow() + 1) await sleep(500);
	keep(base, email, seed.secret, step);
	return totp(seed.secret, step);
}

// The code for the secret that the page shows.
export async function offeredCode(base, page, email) {
	const secret = (await page.locator('.secret').innerText()).replace(/\s/g, '');
	const step = stepNow();
	keep(base, email, secret, step);
	return totp(secret, step);
}

// Clicks what loads a page, and waits until it has.
export async function follow(page, locator) {
	await Promise.all([page.waitForEvent('load'), locator.click()]);
}

const submit = (page) => follow(page, page.locator('main form.form button[type=submit]'));

// The newest letter in the inbox that went to this address.
export async function newestLink(base, page, email) {
	await page.goto(`${base.href}/inbox`);
	return page.locator('article.letter').filter({ hasText: email }).first().locator('a.action').getAttribute('href');
}

// Asks for a link, reads it, follows it and presses the button.
export async function followMail(base, page, email, next = '') {
	await page.goto(`${base.href}/sign-in${next ? `?next=${encodeURIComponent(next)}` : ''}`);
	await page.locator('#email').fill(email);
	await submit(page);
	await page.goto(await newestLink(base, page, email));
	await submit(page);
}

// Signed in with both factors; the second is enrolled when there is none.
export async function signIn(base, page, email) {
	await followMail(base, page, email);
	await page.locator('#code').fill(page.url().includes('/sign-in/enrol') ? await offeredCode(base, page, email) : await freshCode(base, email));
	await submit(page);
	if (page.url().includes('/sign-in/enrol')) await follow(page, page.locator('a.action'));
}
