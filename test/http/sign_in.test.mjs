// Signing in, through the pages that people use, against a running demonstration:
//
//   TROTH_URL=https://localhost:8443/demo node --test --test-concurrency=1 test/http/sign_in.test.mjs
//
// A data directory of its own, freshly made, since tries are limited per address and network.
// That links and codes end after ten minutes is a unit test of src/people: no clock is set here.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Client, ask, base, enrol, finishByCode, finishByLink, formFields, freshCode, letters, offered, signIn, skip, stepNow, totp } from './client.mjs';

const refusedCode = (answer) => answer.status === 422 && answer.text.includes('id="code-error"');

test('the answer to asking is the same for an address with an account and one without', { skip }, async () => {
	const known = new Client();
	const unknown = new Client();
	const one = await ask(known, 'bela@demo.example');
	const other = await ask(unknown, `${randomBytes(6).toString('hex')}@nowhere.example`);
	assert.ok(one.mail, 'the account gets its mail');
	assert.equal(other.mail, null, 'nobody else does');
	const shape = ({ answer }) => [answer.status, answer.to, answer.text, Object.keys(answer.headers).sort().join(), answer.headers['set-cookie'][0].length];
	assert.deepEqual(shape(one), shape(other));
	const pages = [await known.get('/sign-in/sent'), await unknown.get('/sign-in/sent')];
	const plain = pages.map((page) => page.text.replaceAll(/name="csrf" value="[^"]*"/g, ''));
	assert.equal(plain[0], plain[1]);
	const wrong = [await finishByCode(known, '00000000'), await finishByCode(unknown, '00000000')];
	assert.deepEqual(wrong.map((answer) => answer.status), [422, 422]);
});

test('what is no address is refused beside the field, and what was typed is kept', { skip }, async () => {
	const client = new Client();
	await client.get('/sign-in');
	const answer = await client.post('/sign-in', { email: 'not an "address' });
	assert.equal(answer.status, 422);
	assert.match(answer.text, /id="email-error"/);
	assert.match(answer.text, /value="not an &quot;address"/);
});

test('looking at a link uses nothing up and tells another client nothing', { skip }, async () => {
	const client = new Client();
	const scanner = new Client();
	const { mail } = await ask(client, 'bela@demo.example');
	for (const method of ['GET', 'HEAD', 'GET']) {
		const seen = await scanner.request(method, mail.path);
		assert.equal(seen.status, 200);
		assert.doesNotMatch(seen.text, /bela|Stone/, 'the page names nobody');
	}
	assert.equal(scanner.cookies.has('__Host-session'), false);
	assert.equal((await scanner.get('/me')).status, 303, 'and nobody is signed in');
	const answer = await finishByLink(client, mail);
	assert.equal(answer.status, 303, 'the browser that asked still can');
	assert.ok(client.cookies.has('__Host-session'));
});

test('a link fails in another browser, and works in the one that asked', { skip }, async () => {
	const client = new Client();
	const other = new Client();
	const { mail } = await ask(client, 'dara@demo.example');
	await other.get('/sign-in');
	const refused = await finishByLink(other, mail);
	assert.equal(refused.status, 422);
	assert.equal(other.cookies.has('__Host-session'), false);
	assert.equal((await finishByLink(client, mail)).status, 303);
});

test('a link that was used is refused, in its own browser too', { skip }, async () => {
	const client = new Client();
	const { mail } = await ask(client, 'dara@demo.example');
	const secret = client.cookies.get('__Host-signin');
	assert.equal((await finishByLink(client, mail)).status, 303);
	const again = new Client();
	again.cookies.set('__Host-signin', secret);
	assert.equal((await finishByLink(again, mail)).status, 422);
	assert.equal((await finishByCode(again, mail.code)).status, 422, 'and so is the code of that mail');
});

test('the code of the mail works, with or without its space', { skip }, async () => {
	const client = new Client();
	const { mail } = await ask(client, 'dara@demo.example');
	const answer = await finishByCode(client, `${mail.code.slice(0, 4)} ${mail.code.slice(4)}`);
	assert.equal(answer.status, 303);
	assert.match(answer.to, /^\/sign-in\/(enrol|factor)/);
});

test('asking again makes the older mail worthless', { skip }, async () => {
	const client = new Client();
	const first = (await ask(client, 'ezra@demo.example')).mail;
	const second = (await ask(client, 'ezra@demo.example')).mail;
	assert.ok(refusedCode(await finishByCode(client, first.code)));
	assert.equal((await finishByLink(client, first)).status, 422);
	assert.equal((await finishByLink(client, second)).status, 303);
});

test('after five wrong codes the right one is refused', { skip }, async () => {
	const client = new Client();
	const { mail } = await ask(client, 'ezra@demo.example');
	for (let i = 0; i < 5; i++) {
		const wrong = String((Number(mail.code) + 1 + i) % 100_000_000).padStart(8, '0');
		assert.ok(refusedCode(await finishByCode(client, wrong)));
	}
	assert.ok(refusedCode(await finishByCode(client, mail.code)));
	assert.equal((await finishByLink(client, mail)).status, 422);
});

test('a form without its token is refused, and so is one with the token of another browser', { skip }, async () => {
	const client = new Client();
	const other = new Client();
	await client.get('/sign-in');
	await other.get('/sign-in');
	const email = 'cleo@demo.example';
	assert.equal((await client.post('/sign-in', { email, csrf: '' })).status, 403);
	assert.equal((await client.post('/sign-in', { email, csrf: other.csrf })).status, 403);
	assert.equal((await client.post('/sign-in', { email }, { Origin: 'https://elsewhere.example' })).status, 403);
	assert.equal((await letters(email)).length, 0);
});

test('a host that somebody made up does not get into a mail', { skip }, async () => {
	const client = new Client();
	const { answer, mail } = await ask(client, 'cleo@demo.example', { headers: { Host: 'evil.example' } });
	assert.equal(answer.status, 421);
	assert.equal(mail, null);
});

test('next leads back to a page of this place and nowhere else', { skip }, async () => {
	for (const next of ['//elsewhere.example/', 'https://elsewhere.example/', '/\\elsewhere.example', '/a/../../b']) {
		const page = await new Client().get(`/sign-in?next=${encodeURIComponent(next)}`);
		assert.equal(formFields(page.text, '/sign-in').next, undefined, next);
		assert.ok(!page.text.includes('elsewhere.example') && !page.text.includes('/../'), next);
	}
	const page = await new Client().get('/sign-in?next=%2Ftrends%3Fdays%3D7');
	assert.equal(formFields(page.text, '/sign-in').next, '/trends?days=7');
});

test('before the second factor nothing opens', { skip }, async () => {
	const client = new Client();
	const { mail } = await ask(client, 'cleo@demo.example', { next: '/me/looks' });
	const { to } = await finishByLink(client, mail);
	assert.match(to, /^\/sign-in\/enrol/);
	for (const target of ['/me', '/me/looks', '/me/sessions', '/me/tokens', '/today', '/log/proof/0']) {
		const page = await client.get(target);
		assert.equal(page.status, 303, target);
		assert.match(page.to, /^\/sign-in\/factor\?next=/);
		assert.equal((await client.json(target)).status, 403, target);
	}
	await client.get('/sign-in/enrol');
	assert.equal((await client.post('/language', { language: 'en' })).status, 303);
});

test('a second factor is enrolled, asked for, and each step of it taken once', { skip, timeout: 120_000 }, async () => {
	const email = 'clinician@demo.example'; // enrolled by no other test
	const client = new Client();
	await finishByLink(client, (await ask(client, email, { next: '/me/looks' })).mail);
	const { page, secret } = await offered(client);
	assert.match(page.text, /<svg/, 'the picture to scan');
	const wrong = await client.post('/sign-in/enrol', { code: totp(secret, stepNow() + 1000) });
	assert.ok(refusedCode(wrong));
	assert.doesNotMatch(wrong.text, new RegExp(secret));
	const done = await enrol(client, email);
	assert.equal(done.status, 200);
	const codes = [...done.text.matchAll(/<li>([0-9A-Z]{5}-[0-9A-Z]{5})<\/li>/g)].map((found) => found[1]);
	assert.equal(new Set(codes).size, 10, 'ten recovery codes, once');
	assert.equal((await client.get('/me')).status, 200);

	const again = new Client();
	const { to } = await finishByLink(again, (await ask(again, email, { next: '/me/looks' })).mail);
	assert.equal(to, '/sign-in/factor?next=/me/looks');
	assert.equal((await again.get('/sign-in/enrol')).status, 403, 'the first factor alone enrols no second');
	await again.get(to);
	const code = await freshCode(email);
	assert.equal((await again.post('/sign-in/factor', { code, next: '/me/looks' })).to, '/me/looks');
	assert.equal((await again.get('/me/looks')).status, 200);

	const third = new Client();
	await finishByLink(third, (await ask(third, email)).mail);
	await third.get('/sign-in/factor');
	assert.ok(refusedCode(await third.post('/sign-in/factor', { code })), 'the same step a second time');
	assert.equal((await third.post('/sign-in/factor', { code: codes[0].toLowerCase() })).status, 303);
	assert.equal((await third.get('/me')).status, 200);
	await third.post('/sign-out');

	const fourth = new Client();
	await finishByLink(fourth, (await ask(fourth, email)).mail);
	await fourth.get('/sign-in/factor');
	assert.ok(refusedCode(await fourth.post('/sign-in/factor', { code: codes[0] })), 'a recovery code a second time');
	assert.equal((await fourth.json('/me')).status, 403);
});

test('signing out ends the session for whoever kept its cookie', { skip, timeout: 120_000 }, async () => {
	const client = await signIn('bela@demo.example');
	const thief = new Client();
	thief.cookies = new Map(client.cookies);
	assert.equal((await thief.get('/me')).status, 200);
	const out = await client.post('/sign-out');
	assert.equal(out.to, '/sign-in?done=signed-out');
	assert.equal(client.cookies.has('__Host-session'), false);
	assert.equal((await thief.get('/me')).status, 303);
	assert.equal((await thief.json('/me')).status, 401);
});

test('who is suspended is out at once, and asking again brings no mail', { skip, timeout: 120_000 }, async () => {
	const email = `guest-${randomBytes(4).toString('hex')}@demo.example`;
	const admin = await signIn('admin@demo.example');
	await admin.get('/admin/people/new');
	const invited = await admin.post('/admin/people/new', { name: 'Gus Test', email, role: 'member' });
	assert.equal(invited.to, '/admin/people?done=invited');
	assert.equal((await letters(email)).length, 1, 'the invitation');

	const guest = await signIn(email);
	assert.equal((await guest.get('/me')).status, 200);
	const waiting = new Client();
	const { mail } = await ask(waiting, email);

	const { json } = await admin.json('/admin/people');
	const { id } = json.people.find((person) => person.email === email);
	assert.match((await admin.get(`/admin/people/${id}`)).text, /name="reason"/, 'a reason is asked for first');
	const opened = await admin.post(`/admin/people/${id}/open`, { reason: 'test of suspension' });
	assert.equal(opened.status, 200);
	const fields = formFields(opened.text, `/admin/people/${id}/state`);
	const meant = await admin.post(`/admin/people/${id}/state`, { ...fields, state: 'suspended' });
	assert.equal(meant.status, 200);
	assert.equal((await guest.get('/me')).status, 200, 'nothing happens before it is confirmed');
	const done = await admin.post(`/admin/people/${id}/state`, { ...formFields(meant.text, `/admin/people/${id}/state`), confirmed: 'true' });
	assert.equal(done.to, '/admin/people?done=suspended');

	assert.equal((await guest.get('/me')).status, 303, 'the open session has ended');
	assert.equal((await finishByLink(waiting, mail)).status, 422, 'a link asked for before is worth nothing');
	const late = await ask(new Client(), email);
	assert.equal(late.answer.to, '/sign-in/sent', 'the answer is the same');
	assert.equal(late.mail, null, 'and no mail comes');
});

test('cookies are the declared ones, for this host alone, out of reach for scripts', { skip }, async () => {
	const client = new Client();
	await client.get('/sign-in');
	const { answer } = await ask(client, 'support@demo.example');
	for (const line of answer.headers['set-cookie']) {
		assert.match(line, /^__Host-signin=/);
		for (const word of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) assert.ok(line.split('; ').includes(word), word);
		assert.doesNotMatch(line, /Domain/i);
	}
	assert.equal(base.protocol, 'https:');
});
