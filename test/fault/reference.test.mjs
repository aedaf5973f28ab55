// The figures of real readings, through everything: five people's sensor readings go in by `troth
// simulate` over TLS, in late and repeated batches, and /agp gives the reference figures; what is
// exported as JSON, CSV and FHIR goes into other members and gives them again.
//
// Readings: ../shared/data/measure/cgm-5-subjects.csv.  Expected figures: the reference values of the
// measure service's specification, worked out by a program that is not ours (GMI by Bergenstal 2018,
// GRI by Klonoff 2023, quartiles of type 7).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server, must, skip as absent, pause } from './server.mjs';

const csv = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../shared/data/measure/cgm-5-subjects.csv');
const skip = absent || (existsSync(csv) ? false : 'the readings are not here');

const READINGS = 13866;
const DAYS = 20;
const FIGURES = ['mean', 'sd', 'cv', 'gmi', 'below_54', 'from_54', 'from_70', 'over_180', 'over_250', 'gri', 'p25', 'p50', 'p75'];
const people = [
	{ id: 'Subject 1', email: 'alma@demo.example', serial: 'LUM-20001', until: '2015-06-19', count: 2915,
	  expected: [123.6655, 33.2681, 26.9017, 6.2681, 0, 0.1372, 91.6638, 7.8216, 0.3774, 7.1904, 99, 112, 143] },
	{ id: 'Subject 2', email: 'bela@demo.example', serial: 'LUM-20002', until: '2015-03-13', count: 2829,
	  expected: [218.4528, 52.3711, 23.9736, 8.5354, 0, 0, 26.4404, 47.4726, 26.0870, 79.7172, 179, 211, 253] },
	{ id: 'Subject 3', email: 'cleo@demo.example', serial: 'LUM-20003', until: '2015-03-16', count: 1533 },
	{ id: 'Subject 4', email: 'dara@demo.example', serial: 'LUM-20004', until: '2015-03-26', count: 3664 },
	{ id: 'Subject 5', email: 'ezra@demo.example', serial: 'LUM-20005', until: '2015-03-11', count: 2925 },
];

let server;

before(async () => {
	if (skip) return;
	server = new Server();
	await server.start();
	for (const person of people) {
		person.device = server.token('--device', person.serial);
		person.token = server.token('--person', person.email);
	}
});
after(() => server?.remove());

const play = (person) => JSON.parse(must('simulate', '--json', '--batch', '100', '--csv', csv, '--id', person.id, '--tenant', 'demo', '--token', person.device, '--url', `https://localhost:${server.port}`));

const profile = (person, token = person.token) => server.json(`/demo/agp?days=${DAYS}&until=${person.until}`, token);

function figuresAre(exact, expected, who) {
	FIGURES.forEach((name, i) => assert.equal(Number(exact[name]).toFixed(4), expected[i].toFixed(4), `${who}: ${name}`));
}

test('every reading goes in once, however often it is sent', { skip }, () => {
	let stored = 0;
	for (const person of people) {
		const played = play(person);
		assert.equal(played.readings, person.count);
		assert.equal(played.stored, person.count);
		assert.equal(played.refused, 0);
		assert.ok(played.duplicates > 0, 'some batches are sent twice');
		stored += played.stored;
	}
	assert.equal(stored, READINGS);
});

test('sent again, not one is new', { skip }, () => {
	for (const person of people) {
		const played = play(person);
		assert.equal(played.stored, 0);
		assert.ok(played.duplicates >= person.count);
	}
});

test('the figures are the reference figures to four decimals', { skip }, async () => {
	for (const person of people) {
		const { metrics, exact } = await profile(person);
		assert.equal(metrics.readings, person.count);
		person.exact = exact;
		if (person.expected) figuresAre(exact, person.expected, person.id);
	}
});

test('a day without readings has no figures, and a wrong day is named', { skip }, async () => {
	const { exact } = await server.json('/demo/agp?days=1&until=2010-01-01', people[0].token);
	assert.equal(exact?.mean ?? null, null);
	const wrong = await server.request('GET', '/demo/agp?until=yesterday', { token: people[0].token });
	assert.equal(wrong.status, 422);
});

// --- out, and into another member ---------------------------------------------------------------

async function newMember(name) {
	const email = `${name}@demo.example`;
	must('person', 'add', '--data', server.data, '--tenant', 'demo', '--role', 'member', '--email', email, '--name', name, '--zone', 'Europe/Paris');
	const token = server.token('--person', email);
	await server.onboard(token);
	return token;
}

async function post(target, token, body, type = 'application/json') {
	const answer = await server.request('POST', target, { token, body: JSON.stringify(body), headers: { 'Content-Type': type } });
	assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.text.slice(0, 500)}`);
	return JSON.parse(answer.text);
}

async function takeAll(token, readings) {
	let stored = 0;
	for (let at = 0; at < readings.length; at += 2000) stored += (await post('/demo/readings', token, { readings: readings.slice(at, at + 2000) })).stored;
	return stored;
}

async function sameFigures(token, person) {
	await pause(0);
	const { metrics, exact } = await profile(person, token);
	assert.equal(metrics.readings, person.count);
	assert.deepEqual(exact, person.exact);
	figuresAre(exact, person.expected, person.id);
}

const isOurs = (taken) => taken.startsWith('2015');
const again = ({ analyte, value, unit, taken, id }) => ({ analyte, value: Number(value), unit, taken, identifier: id });

test('an export as JSON gives another member the same figures', { skip }, async () => {
	const [person] = people;
	const { readings } = await server.json('/demo/export/readings', person.token);
	const token = await newMember('json');
	assert.equal(await takeAll(token, readings.filter((row) => isOurs(row.taken)).map(again)), person.count);
	await sameFigures(token, person);
});

test('an export as CSV gives another member the same figures', { skip }, async () => {
	const [, person] = people;
	const answer = await server.request('GET', '/demo/export/readings', { token: person.token, headers: { Accept: 'text/csv' } });
	assert.equal(answer.status, 200);
	const [head, ...lines] = answer.text.trim().split(/\r?\n/).map((line) => line.split(',').map((cell) => cell.replace(/^"(.*)"$/, '$1')));
	const rows = lines.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i]])));
	const token = await newMember('csv');
	assert.equal(await takeAll(token, rows.filter((row) => isOurs(row.taken)).map(again)), person.count);
	await sameFigures(token, person);
});

test('an export as FHIR gives another member the same figures', { skip }, async () => {
	const [person] = people;
	const { entry } = await server.json('/demo/export/fhir.json', person.token);
	const observations = entry.map(({ resource }) => resource).filter((resource) => resource.resourceType === 'Observation' && isOurs(resource.effectiveDateTime ?? ''));
	assert.equal(observations.length, person.count);
	const token = await newMember('fhir');
	const patient = (await server.json('/demo/fhir/Patient', token)).entry[0].resource.id;
	for (let at = 0; at < observations.length; at += 500) {
		const batch = observations.slice(at, at + 500).map(({ id, meta, device, identifier, ...resource }) => ({
			resource: { ...resource, subject: { reference: `Patient/${patient}` }, identifier: [{ system: 'urn:example:export', value: id }] },
			request: { method: 'POST', url: 'Observation' },
		}));
		const answer = await post('/demo/fhir', token, { resourceType: 'Bundle', type: 'batch', entry: batch }, 'application/fhir+json');
		for (const { response, resource } of answer.entry) assert.match(response.status, /^20[01]/, JSON.stringify(response.outcome ?? resource ?? response));
	}
	await sameFigures(token, person);
});
