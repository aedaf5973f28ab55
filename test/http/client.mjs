// What HTTP tests share: a browser of sorts (cookies, form tokens, redirects not followed), mail
// from a demonstration's inbox, and sign-in with a second factor.
//
// TROTH_URL is a tenant of a demonstration: https://localhost:8443/demo.  The certificate is the
// server's own, so it is not checked; that is fine on the loopback and nowhere else.
import https from 'node:https';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const base = process.env.TROTH_URL ? new URL(process.env.TROTH_URL) : null;
export const skip = base ? false : 'TROTH_URL is not set';

const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';
const agent = new https.Agent({ rejectUnauthorized: false, keepAlive: true });

export function unescape(text) {
	return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

// Fields of the form that posts to `action` (below the tenant): name → value.
export function formFields(html, action) {
	const target = `action="${base.pathname}${action}"`;
	const start = html.indexOf(target);
	if (start < 0) throw new Error(`no form posts to ${action}`);
	const form = html.slice(start, html.indexOf('</form>', start));
	const fields = {};
	for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
		const name = /\bname="([^"]*)"/.exec(tag);
		const value = /\bvalue="([^"]*)"/.exec(tag);
		const type = /\btype="([^"]*)"/.exec(tag)?.[1];
		if (!name || (type === 'radio' && !/\schecked/.test(tag))) continue;
		fields[name[1]] = unescape(value?.[1] ?? '');
	}
	return fields;
}

export class Client {
	cookies = new Map();
	csrf = '';

	// Paths are below the tenant.
	request(method, target, { body = '', headers = {} } = {}) {
		const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
		const options = {
			method, agent, hostname: base.hostname, port: base.port, path: base.pathname + target,
			headers: { Accept: HTML, ...(cookie ? { Cookie: cookie } : {}), ...(body ? { 'Content-Length': Buffer.byteLength(body) } : {}), ...headers },
		};
		return new Promise((resolve, reject) => {
			const sent = https.request(options, (got) => {
				const pieces = [];
				got.on('data', (piece) => pieces.push(piece));
				got.on('end', () => resolve(this.take(got, Buffer.concat(pieces))));
			});
			sent.on('error', reject);
			sent.end(body);
		});
	}

	take(got, bytes) {
		for (const line of got.headers['set-cookie'] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name);
			else this.cookies.set(name, value);
		}
		const answer = { status: got.statusCode, headers: got.headers, bytes, text: bytes.toString() };
		const token = /name="csrf" value="([^"]+)"/.exec(answer.text);
		if (token) this.csrf = token[1];
		const to = got.headers.location;
		answer.to = to?.startsWith(base.pathname) ? to.slice(base.pathname.length) : to;
		return answer;
	}

	get(target, headers = {}) {
		return this.request('GET', target, { headers });
	}

	async json(target, headers = {}) {
		const answer = await this.get(target, { Accept: 'application/json', ...headers });
		return { ...answer, json: answer.text ? JSON.parse(answer.text) : null };
	}

	// With the token of the page that was loaded last.
	post(target, fields = {}, headers = {}) {
		const body = new URLSearchParams({ csrf: this.csrf, ...fields }).toString();
		return this.request('POST', target, { body, headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } });
	}
}

// --- mail ---------------------------------------------------------------------------------

export async function letters(email) {
	const { json } = await new Client().json('/inbox?format=json');
	return json.letters.filter((letter) => letter.to === email);
}

// What a mail of sign-in says: the link below the tenant, its secret, the code.
export function readLetter(letter) {
	const link = new URL(letter.link);
	const code = /^(\d{4}) (\d{4})$/m.exec(letter.text);
	return { host: link.host, path: link.pathname.slice(base.pathname.length) + link.search, secret: link.searchParams.get('secret'), code: code[1] + code[2] };
}

// Asks for a link and reads the mail that came; null when none came.
export async function ask(client, email, { next, headers = {} } = {}) {
	const before = (await letters(email)).length;
	await client.get('/sign-in' + (next ? `?next=${encodeURIComponent(next)}` : ''));
	const answer = await client.post('/sign-in', { email, ...(next ? { next } : {}) }, headers);
	const after = await letters(email);
	return { answer, mail: after.length > before ? readLetter(after[0]) : null };
}

export async function finishByLink(client, mail) {
	const page = await client.get(mail.path);
	const fields = page.text.includes('/sign-in/link"') ? formFields(page.text, '/sign-in/link') : { secret: mail.secret };
	return client.post('/sign-in/link', fields);
}

export async function finishByCode(client, code) {
	await client.get('/sign-in/sent');
	return client.post('/sign-in/code', { code });
}

// --- second factor (RFC 6238, RFC 4226, RFC 4648) --------------------------------------------

export function base32(text) {
	let bits = '';
	for (const letter of text.replace(/[\s=]/g, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
	return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export const stepNow = () => Math.floor(Date.now() / 30_000);

export function totp(secret, step) {
	const count = Buffer.alloc(8);
	count.writeBigUInt64BE(BigInt(step));
	const mac = createHmac('sha1', base32(secret)).update(count).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// Seeds that tests of this server have enrolled, so that several files can sign in as one person.
const kept = base ? path.join(tmpdir(), `troth-test-${createHash('sha256').update(base.href).digest('hex').slice(0, 16)}.json`) : null;
function seeds() {
	try {
		return JSON.parse(readFileSync(kept, 'utf8'));
	} catch {
		return {};
	}
}
export function keepSeed(email, secret, last) {
	writeFileSync(kept, JSON.stringify({ ...seeds(), [email]: { secret, last } }), { mode: 0o600 });
}

// A code that was not used: the next step is taken early rather than a step twice.
export async function freshCode(email) {
	const seed = seeds()[email];
	if (!seed) throw new Error(`${email} has a second factor that no test enrolled: use a new data directory`);
	const step = Math.max(stepNow(), seed.last + 1);
	while (step > stepNow() + 1) await new Promise((wake) => setTimeout(wake, 500));
	keepSeed(email, seed.secret, step);
	return totp(seed.secret, step);
}

// The secret that the page offers, without confirming it.
export async function offered(client) {
	const page = await client.get('/sign-in/enrol');
	return { page, secret: /class="secret">([A-Z2-7 ]+)</.exec(page.text)[1].replaceAll(' ', '') };
}

export async function enrol(client, email) {
	const { secret } = await offered(client);
	const step = stepNow();
	const answer = await client.post('/sign-in/enrol', { code: totp(secret, step) });
	if (answer.status === 200) keepSeed(email, secret, step);
	return answer;
}

// The steps before anything opens: the terms accepted, every consent answered no.
export async function onboard(client) {
	const { json } = await client.json('/welcome');
	if (json?.is_complete !== false) return;
	await client.get('/welcome');
	if (json.terms_version) await client.post('/welcome/terms', { version: json.terms_version, accept: 'yes' });
	const answers = json.consents.map(({ purpose }) => [`consent_${purpose}`, 'no']);
	if (answers.length) await client.post('/welcome/consents', Object.fromEntries(answers));
}

// A client that is signed in with both factors; the second is enrolled when there is none.
export async function signIn(email) {
	const client = new Client();
	const { mail } = await ask(client, email);
	if (!mail) throw new Error(`no mail came for ${email}`);
	const { to } = await finishByLink(client, mail);
	if (to?.startsWith('/sign-in/enrol')) await enrol(client, email);
	if (to?.startsWith('/sign-in/factor')) {
		await client.get(to);
		await client.post('/sign-in/factor', { code: await freshCode(email) });
	}
	await onboard(client);
	await client.get('/me');
	return client;
}
