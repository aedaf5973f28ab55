// Nothing opens before the steps of security.onboarding are complete: every route, tried as
// every role by somebody who has just been added, by token; then the steps, and it opens.
// Which routes stay open is stated here again: one's own account and rights, the steps.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Client, ask, base, enrol, finishByLink, skip as skipAlways } from './client.mjs';

const { TROTH_BIN: program, TROTH_DATA: data } = process.env;
const skip = skipAlways || (program && data ? false : 'needs TROTH_BIN and TROTH_DATA');
const roles = ['member', 'clinician', 'support', 'admin', 'auditor'];
const troth = (...words) => execFileSync(program, words, { encoding: 'utf8' });
const filled = (path) => path.replace(/:[a-z]+/g, '00000000-0000-7000-8000-000000000000');
const isOpen = (path) => /^\/(me|welcome)(\/|$)/.test(path);
const shut = ({ status, text }) => status === 403 && text.includes('complete the steps at /welcome first');

function added(role, email = `new-${role}@demo.example`) {
	troth('person', 'add', '--data', data, '--tenant', 'demo', '--role', role, '--email', email);
	return troth('token', 'issue', '--data', data, '--tenant', 'demo', '--person', email).trim();
}

function call(method, path, token, body = '{}') {
	const isSending = method !== 'GET' && method !== 'DELETE';
	const headers = { Accept: 'application/json', Authorization: `Bearer ${token}`, ...(isSending ? { 'Content-Type': 'application/json' } : {}) };
	return new Client().request(method, path, { headers, body: isSending ? body : '' });
}

function granted(grants, need) {
	if (need === 'any person') return true;
	const [verb, what] = need.split(' ');
	return grants.some((grant) => grant.startsWith(`${verb} `) && grant.endsWith(` ${what}`));
}

test('every route refuses every role before its steps are complete, but one’s own account and the steps', { skip, timeout: 300_000 }, async () => {
	const routes = JSON.parse(troth('routes', '--json'));
	const { json } = await new Client().json('/privacy?format=json');
	const wrong = [];
	let tried = 0;
	for (const role of roles) {
		const token = added(role);
		const grants = json.policy.roles[role].may;
		for (const route of routes) {
			if (['anyone', 'signing in'].includes(route.need) || !granted(grants, route.need) || /tokens\/:token\/revoke/.test(route.path)) continue;
			const answer = await call(route.method, filled(route.path), token);
			tried++;
			if (shut(answer) === isOpen(route.path)) wrong.push(`${role} ${route.method} ${route.path}: ${answer.status} ${answer.text.slice(0, 100)}`);
		}
	}
	console.log(`${tried} combinations`);
	assert.ok(tried > 50);
	assert.deepEqual(wrong, []);
});

test('a browser is led to the steps and, when they are done, to where it was going', { skip, timeout: 120_000 }, async () => {
	const email = 'walker@demo.example';
	added('member', email);
	const client = new Client();
	const { mail } = await ask(client, email);
	await finishByLink(client, mail);
	await enrol(client, email);
	assert.equal((await client.get('/devices')).to, '/welcome?next=/devices');
	const page = await client.get('/welcome?next=/devices');
	assert.equal(page.status, 200);
	assert.match(page.text, /Terms of use|Not for dosing/, 'the terms stand on the page whole');
	assert.doesNotMatch(page.text, /type="radio"[^>]*checked/, 'no answer is given before the person does');

	const { json } = await client.json('/welcome');
	assert.deepEqual(json.steps.map(({ name, state }) => `${name} ${state}`), ['terms open', 'consents open']);
	await client.get('/welcome');
	assert.equal((await client.post('/welcome/terms', { version: json.terms_version })).status, 422, 'without the tick');
	assert.equal((await client.post('/welcome/terms', { version: '2001-01-01', accept: 'yes' })).status, 422, 'terms that were not shown');
	assert.equal((await client.post('/welcome/terms', { version: json.terms_version, accept: 'yes', next: '/devices' })).to, '/welcome?next=/devices');
	assert.equal((await client.post('/welcome/consents', { consent_sharing: 'yes' })).status, 422, 'each is answered');
	assert.equal((await client.get('/devices')).to, '/welcome?next=/devices');
	const done = await client.post('/welcome/consents', { consent_sharing: 'yes', consent_research: 'no', next: '/devices' });
	assert.equal(done.to, '/devices');
	assert.equal((await client.get('/devices')).status, 200);
	assert.equal((await client.json('/welcome')).json.is_complete, true);

	const consents = await client.json('/me/consents');
	if (consents.status === 200) {
		assert.match(consents.text, /sharing/);
	}
});

test('the steps speak French', { skip }, async () => {
	const token = added('member', 'chloe@demo.example');
	const page = await new Client().request('GET', '/welcome', { headers: { Authorization: `Bearer ${token}`, 'Accept-Language': 'fr' } });
	assert.match(page.text, /Accepter les conditions d’utilisation/);
	assert.match(page.text, /Oui, je consens/);
});

test('staff enters a training for others, never for itself, and only whoever manages people', { skip, timeout: 60_000 }, async () => {
	const token = (email) => troth('token', 'issue', '--data', data, '--tenant', 'demo', '--person', email).trim();
	const admin = token('admin@demo.example');
	const people = await call('GET', '/admin/people?reason=audit', admin);
	const id = (email) => JSON.parse(people.text).people.find((person) => person.email === email).id;
	const body = JSON.stringify({ kind: 'training', until: '2099-12-31', document: 'folder 3' });
	assert.equal((await call('POST', `/admin/people/${id('support@demo.example')}/steps`, admin, body)).status, 303);
	assert.equal((await call('POST', `/admin/people/${id('admin@demo.example')}/steps`, admin, body)).status, 403);
	assert.equal((await call('POST', `/admin/people/${id('support@demo.example')}/steps`, admin, JSON.stringify({ kind: 'training', until: '2001-01-01' }))).status, 422);
	assert.equal((await call('POST', `/admin/people/${id('admin@demo.example')}/steps`, token('alma@demo.example'), body)).status, 403);
});
