// Years pass: a server whose clock stands past the policy's periods sweeps nothing until somebody says that
// the clock is right; then what is due goes, what is held stays, and the held goes once it is released.
//
// Periods are the reference policy's: messages 2 years, requests 3 years after they were recorded, an account
// 2 years after it was closed.  800 days are more than two years and less than three.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, must, run, skip } from './server.mjs';

const DAY_S = 86400;
const AWAY_DAYS = 800;

let server, staff, admin, hold;
const people = { alma: {}, bela: {}, cleo: {} };

const post = async (token, target, body) => {
	const answer = await server.request('POST', `/demo${target}`, { token, body: JSON.stringify(body) });
	assert.ok(answer.status < 400, `${target}: ${answer.status} ${answer.text}`);
};
const at = (...words) => ['--data', server.data, '--tenant', 'demo', ...words];
const retention = (what, ...more) => JSON.parse(must('retention', what, ...at('--json', ...more)));
const line = (lines, name) => lines.classes.find((one) => one.class === name);
const messages = async (name) => (await server.json('/demo/me/messages', people[name].token)).messages.length;

function tokens(...names) {
	for (const name of names) people[name].token = server.token('--person', `${name}@demo.example`);
	staff = server.token('--person', 'support@demo.example');
	admin = server.token('--person', 'admin@demo.example');
}

before(async () => {
	if (skip) return;
	server = new Server();
	await server.start('--backup-every', '0');
	tokens(...Object.keys(people));
});
after(() => server?.remove());

test('people ask, are told, one leaves, and what one has is held', { skip }, async () => {
	for (const person of Object.values(people)) {
		await post(person.token, '/me/requests', { kind: 'access', confirmed: 'true' });
		const { requests: [{ id }] } = await server.json('/demo/me/requests', person.token);
		const { request } = await server.json(`/demo/admin/requests/${id}`, staff);
		person.id = request.subject;
		await post(staff, `/admin/requests/${id}/step`, { step: 'fulfil', version: String(request.version) });
	}
	for (const name of Object.keys(people)) assert.equal(await messages(name), 2, name);
	hold = must('hold', 'place', ...at('--subject', people.alma.id, '--reason', 'case 17', '--by', 'the court')).trim();
	const { person } = await server.json(`/demo/admin/people/${people.cleo.id}?reason=test`, admin);
	await post(admin, `/admin/people/${people.cleo.id}/state`, { state: 'left', version: String(person.version), confirmed: 'true', reason: 'test' });
	assert.equal(line(retention('show'), 'message').due, 0);
});

test('after 800 days nothing is swept, for the clock has jumped', { skip, timeout: 60_000 }, async () => {
	await server.stop();
	await server.start('--backup-every', '0', '--clock-offset', String(AWAY_DAYS * DAY_S));
	tokens('alma', 'bela');
	const swept = run('retention', 'sweep', ...at());
	assert.equal(swept.status, 1);
	assert.match(swept.err, /clock has jumped/);
	for (const name of ['alma', 'bela']) assert.equal(await messages(name), 2, name);
	assert.ok(line(retention('show'), 'message').due > 0);
	assert.equal(line(retention('show'), 'request').due, 0);
});

test('what would go is said before it goes, also of a later day', { skip }, () => {
	assert.ok(line(retention('sweep', '--dry-run'), 'message').due > 0);
	const later = retention('sweep', '--dry-run', '--as-of', new Date(Date.now() + 1200 * DAY_S * 1000).toISOString().slice(0, 10));
	assert.ok(line(later, 'request').due > 0);
	assert.equal(line(retention('show'), 'message').erased, 0);
});

test('once the clock is right, what is due goes and what is held stays', { skip, timeout: 60_000 }, async () => {
	must('retention', 'clock', '--data', server.data, '--accept');
	retention('sweep');
	assert.equal(await messages('bela'), 0);
	assert.equal(await messages('alma'), 2);
	assert.equal((await server.json('/demo/me/requests', people.bela.token)).requests.length, 1, 'a request has three years');
	const { people: shown } = await server.json('/demo/admin/people', admin);
	assert.ok(shown.some(({ id }) => id === people.bela.id) && !shown.some(({ id }) => id === people.cleo.id), 'who left two years ago is gone');
	assert.equal(line(retention('show'), 'message').held, 2);
});

test('what a hold kept goes after its release, and each erasure has a certificate and an entry', { skip, timeout: 60_000 }, async () => {
	must('hold', 'release', ...at(hold));
	retention('sweep');
	assert.equal(await messages('alma'), 0);
	const shown = line(retention('show'), 'message');
	assert.equal(shown.held + shown.due, 0);
	const certificates = JSON.parse(must('erasure', 'list', ...at('--json')));
	assert.ok(certificates.some((one) => one.class === 'message'));
	assert.ok(certificates.some((one) => one.class === 'account' && one.subject === people.cleo.id));
	await server.stop();
	const verified = server.verify();
	assert.equal(verified.status, 0, verified.out + verified.err);
});
