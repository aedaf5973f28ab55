// Choices over the real server: given and withdrawn by form and by JSON, entered by staff, and
// what the clinician can open meanwhile.  The conditions are GDPR Art. 7(1), 7(3) and 21(1); the
// shape of a Consent is FHIR R4 (4.0.1); what the server answers goes to TROTH_EMIT, where two
// validators that are not ours read it.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client, base, formFields, signIn, skip as skipAlways } from './client.mjs';

const token = process.env.TROTH_TOKEN;
const skip = skipAlways || (token ? false : 'TROTH_TOKEN is not set');
const CLINICIAN = 'clinician@demo.example';
const share = { kind: 'consent', purpose: 'sharing', recipient: 'clinician', with: CLINICIAN };

const known = {};
const signedIn = (email) => (known[email] ??= signIn(email));

async function api(method, target, body, as = token) {
	const answer = await new Client().request(method, target, {
		body: body ? JSON.stringify(body) : '',
		headers: { Accept: 'application/json', Authorization: `Bearer ${as}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
	});
	return { ...answer, json: answer.text.startsWith('{') ? JSON.parse(answer.text) : null };
}

const choices = async () => (await api('GET', '/me/consents')).json.choices;
const inForce = async () => (await choices()).filter((choice) => choice.is_in_force);

let subject;
async function memberId() {
	if (subject) return subject;
	const { people } = (await (await signedIn('admin@demo.example')).json('/admin/people')).json;
	return (subject = people.find((person) => person.email === 'alma@demo.example').id);
}

test('the page offers what the policy lets one choose, and nothing is in force', { skip, timeout: 120_000 }, async () => {
	const member = await signedIn('alma@demo.example');
	const page = await member.get('/me/consents');
	assert.equal(page.status, 200);
	assert.match(page.text, /Nothing is in force/);
	const { json } = await member.json('/me/consents');
	assert.deepEqual(json.choices, []);
	const offers = json.offers.map((offer) => `${offer.kind} ${offer.purpose} ${offer.recipient}`.trim());
	for (const due of ['consent sharing clinician', 'consent sharing third_party', 'consent research research', 'objection improvement']) assert.ok(offers.includes(due), due);
	for (const text of offers) assert.doesNotMatch(text, /care|authority|rescue|successor|objection security/);
	assert.match((await member.get('/me')).text, /href="[^"]*\/me\/consents"/);
});

test('a clinician opens what is shared from the consent to its withdrawal and not before or after', { skip, timeout: 120_000 }, async () => {
	const member = await signedIn('alma@demo.example');
	const clinician = await signedIn(CLINICIAN);
	const id = await memberId();
	const open = () => clinician.json(`/shared/${id}`);
	assert.equal((await open()).status, 403);
	assert.deepEqual((await clinician.json('/shared')).json.people, []);

	await member.get('/me/consents');
	assert.equal((await member.post('/me/consents/give', share)).to, '/me/consents?done=shared');
	const read = await open();
	assert.equal(read.status, 200, read.text);
	assert.ok(read.json.classes.find((row) => row.class === 'measurement').records > 0);
	assert.deepEqual((await clinician.json('/shared')).json.people.map((row) => row.id), [id]);
	const given = (await inForce())[0];
	assert.match(given.text, /clinician@demo\.example/);
	assert.match(given.text, /Biomarker readings/);
	assert.equal(given.how, 'page');

	const page = await member.get('/me/consents');
	const fields = formFields(page.text, '/me/consents/withdraw');
	assert.equal(fields.consent, given.id);
	const asked = await member.post('/me/consents/withdraw', fields);
	assert.equal(asked.status, 200, 'what has consequences is asked once more');
	assert.match(asked.text, /Biomarker readings/);
	assert.equal((await open()).status, 200);
	assert.equal((await member.post('/me/consents/withdraw', { ...fields, confirmed: 'true' })).to, '/me/consents?done=stopped');
	assert.equal((await open()).status, 403);
	assert.deepEqual(await inForce(), []);

	const { looks } = (await member.json('/me/looks?others=1')).json;
	assert.ok(looks.some((look) => look.who === 'clinician' && look.what === 'Biomarker readings' && look.act === 'read'));
});

test('a program gives and withdraws, twice is a conflict and a second withdrawal is none', { skip, timeout: 120_000 }, async () => {
	const given = await api('POST', '/me/consents/give', { kind: 'consent', purpose: 'research', recipient: 'research' });
	assert.equal(given.status, 201, given.text);
	assert.equal((await api('POST', '/me/consents/give', { kind: 'consent', purpose: 'research', recipient: 'research' })).status, 409);
	assert.equal((await api('POST', '/me/consents/withdraw', { consent: given.json.id })).status, 200);
	assert.equal((await api('POST', '/me/consents/withdraw', { consent: given.json.id })).status, 200);
	const ended = (await choices()).find((choice) => choice.id === given.json.id);
	assert.equal(ended.state, 'withdrawn');
	assert.ok(ended.withdrawn >= ended.given);
});

test('what the policy does not rest on consent is refused, and so is a day that is over', { skip, timeout: 120_000 }, async () => {
	for (const bad of [
		{ kind: 'consent', purpose: 'care' },
		{ kind: 'consent', recipient: 'authority', purpose: 'law' },
		{ kind: 'objection', purpose: 'security' },
		{ kind: 'consent', purpose: 'research', recipient: 'research', until: '2001-01-01' },
		{ kind: 'consent', purpose: 'research', recipient: 'research', until: 'soon' },
		{ ...share, with: 'bela@demo.example' },
		{ ...share, with: 'nobody@demo.example' },
		{ kind: 'blessing', purpose: 'research' },
	]) assert.equal((await api('POST', '/me/consents/give', bad)).status, 422, JSON.stringify(bad));
	assert.equal((await api('POST', '/me/consents/give', { kind: 'representation', recipient: 'guardian', with: CLINICIAN })).status, 403);
	assert.equal((await api('POST', '/me/consents/give', { kind: 'consent', purpose: 'research', recipient: 'research', version: '1999-01-01' })).status, 409);
	assert.equal((await api('POST', '/me/consents/withdraw', { consent: '00000000-0000-7000-8000-000000000000' })).status, 404);
	const member = await signedIn('alma@demo.example');
	await member.get('/me/consents');
	const typed = await member.post('/me/consents/give', { ...share, with: 'nobody@demo.example' });
	assert.equal(typed.status, 422);
	assert.match(typed.text, /value="nobody@demo\.example"/, 'what was typed is kept');
});

test('another person neither sees nor ends my choices', { skip: skip || !process.env.TROTH_TOKEN_OTHER, timeout: 120_000 }, async () => {
	const given = await api('POST', '/me/consents/give', { kind: 'objection', purpose: 'improvement' });
	assert.equal(given.status, 201, given.text);
	const other = process.env.TROTH_TOKEN_OTHER;
	assert.deepEqual((await api('GET', '/me/consents', null, other)).json.choices, []);
	assert.equal((await api('POST', '/me/consents/withdraw', { consent: given.json.id }, other)).status, 404);
	assert.equal((await api('GET', `/admin/people/${await memberId()}/consents`, null, other)).status, 403);
	assert.equal((await inForce()).length, 1);
});

test('choices are FHIR Consents and receipts', { skip, timeout: 120_000 }, async () => {
	const fhir = await api('GET', '/me/consents/fhir');
	assert.equal(fhir.headers['content-type'], 'application/fhir+json');
	const all = await choices();
	const consents = fhir.json.entry.map((entry) => entry.resource);
	assert.equal(consents.length, all.length);
	if (process.env.TROTH_EMIT) appendFileSync(process.env.TROTH_EMIT, [fhir.json, ...consents].map((one) => JSON.stringify(one) + '\n').join(''));
	for (const choice of all) {
		const consent = consents.find((one) => one.id === choice.id);
		assert.equal(consent.status, choice.is_in_force ? 'active' : 'inactive');
		assert.equal(consent.provision.type, choice.kind === 'objection' ? 'deny' : 'permit');
		assert.equal(consent.provision.purpose[0].code, choice.purpose);
		assert.equal(consent.provision.period.end !== undefined, choice.state === 'withdrawn');
	}
	const { receipts } = (await api('GET', '/me/consents/receipts')).json;
	assert.equal(receipts.length, all.length);
	const research = receipts.find((one) => one.purposes[0].purpose === 'research');
	assert.equal(research.purposes[0].lawful_basis, 'consent');
	assert.deepEqual(research.event.map((event) => event.event_state), ['given', 'withdrawn']);
	assert.deepEqual(research.purposes[0].pii_information.map((one) => one.pii_attribute_id), ['measurement', 'calibration']);
	const csv = await (await signedIn('alma@demo.example')).get('/me/consents?format=csv');
	assert.equal(csv.text.trim().split('\r\n').length, 1 + all.length);
});

test('staff enters what came on paper, with a reason that the person sees', { skip, timeout: 120_000 }, async () => {
	const admin = await signedIn('admin@demo.example');
	const id = await memberId();
	const target = `/admin/people/${id}/consents`;
	const first = await admin.get(target);
	assert.equal(first.status, 200);
	assert.doesNotMatch(first.text, /You agree/, 'nothing is read before the reason is stated');
	const reason = 'form of 3 May, folder 12';
	const opened = await admin.post(`${target}/open`, { reason });
	assert.equal(opened.status, 200);
	assert.match(opened.text, /You agree/);
	const given = await admin.post(`${target}/give`, { kind: 'consent', purpose: 'research', recipient: 'research', how: 'paper', reason });
	assert.equal(given.status, 303, given.text);
	const kept = (await inForce()).find((choice) => choice.purpose === 'research');
	assert.equal(kept.how, 'paper');
	assert.equal((await admin.post(`${target}/give`, { kind: 'consent', purpose: 'sharing', recipient: 'third_party', how: 'page', reason })).status, 422);
	const { looks } = (await api('GET', '/me/looks')).json;
	assert.ok(looks.some((look) => look.act === 'consent-given' && look.who === 'admin' && look.reason === reason));
	assert.equal((await admin.post(`${target}/withdraw`, { consent: kept.id, reason })).status, 303);
	assert.ok(!(await inForce()).some((choice) => choice.id === kept.id));
});

test('nobody who is not signed in gets anything', { skip }, async () => {
	for (const target of ['/me/consents', '/me/consents/fhir', '/me/consents/receipts', '/shared']) assert.equal((await new Client().json(target)).status, 401, target);
	assert.ok(base);
});

test('a member cannot find out by a choice who else is here', { skip, timeout: 120_000 }, async () => {
	const ask = (kind, recipient, address) => api('POST', '/me/consents/give', { kind, purpose: 'sharing', recipient, with: address });
	for (const [kind, recipient] of [['representation', 'guardian'], ['consent', 'clinician']]) {
		const known = await ask(kind, recipient, 'bela@demo.example');
		const unknown = await ask(kind, recipient, 'nobody@demo.example');
		assert.ok(known.status >= 400);
		assert.deepEqual([known.status, known.json.text], [unknown.status, unknown.json.text]);
	}
});
