// FHIR R4 over the real server: TROTH_URL is a tenant of measure, TROTH_TOKEN a member's token
// (`troth token issue --tenant demo --person alma@demo.example`), TROTH_TOKEN_OTHER another
// member's, TROTH_DEVICE_TOKEN one of the first member's device.  Every resource that comes back
// is appended to the file TROTH_EMIT as NDJSON, for test/fhir/validate.mjs.
//
// What is expected is FHIR R4 (4.0.1): "RESTful API" (http.html), "Search" (search.html), the
// operations' own pages, and the HL7 CGM guide 1.0.0.
import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client, base } from './client.mjs';

const token = process.env.TROTH_TOKEN;
const otherToken = process.env.TROTH_TOKEN_OTHER;
const deviceToken = process.env.TROTH_DEVICE_TOKEN;
const skip = base && token ? false : 'needs TROTH_URL and TROTH_TOKEN';
const skipOther = skip || (otherToken ? false : 'needs TROTH_TOKEN_OTHER');
const skipDevice = skip || (deviceToken ? false : 'needs TROTH_DEVICE_TOKEN');

const client = new Client();
const SYSTEM = 'urn:example:fhir-test';
const FHIR = { 'Content-Type': 'application/fhir+json' };

async function call(method, path, { body, headers = {}, as = token } = {}) {
	const answer = await client.request(method, `/fhir${path}`, {
		body: body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
		headers: { Accept: 'application/fhir+json', Authorization: `Bearer ${as}`, ...(body === undefined ? {} : FHIR), ...headers },
	});
	answer.json = answer.text === '' ? null : JSON.parse(answer.text);
	if (answer.json && process.env.TROTH_EMIT) appendFileSync(process.env.TROTH_EMIT, answer.text + '\n');
	return answer;
}
const get = (path, options) => call('GET', path, options);
const post = (path, body, options) => call('POST', path, { body, ...options });

// A refusal is an OperationOutcome; with `element`, one of its issues names that element.
function assertRefused(answer, status, element) {
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.json.resourceType, 'OperationOutcome');
	assert.equal(answer.json.issue[0].severity, 'error');
	const named = answer.json.issue.flatMap((issue) => issue.expression ?? []);
	if (element) assert.ok(named.some((name) => name.includes(element)), `${element} is not in ${named}`);
}

const patient = skip ? null : (await get('/Patient')).json.entry[0].resource.id;

// Each run has a stretch of time of its own, so that searches see its readings only.
const start = Date.UTC(1991 + randomInt(20), randomInt(12), 1 + randomInt(28), randomInt(24));
const at = (minute) => new Date(start + minute * 60_000).toISOString().replace('.000', '');
const window = (from, to) => `date=ge${at(from)}&date=lt${at(to)}`;

function observation(minute, value, more = {}) {
	return {
		resourceType: 'Observation',
		status: 'final',
		code: { coding: [{ system: 'http://loinc.org', code: '99504-3' }] },
		subject: { reference: `Patient/${patient}` },
		effectiveDateTime: at(minute),
		valueQuantity: { value, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
		...more,
	};
}
const identifier = (value) => [{ system: SYSTEM, value }];
const bundle = (type, entries, more = {}) => ({
	resourceType: 'Bundle', type, ...more,
	entry: entries.map((resource) => ({ fullUrl: `urn:uuid:${randomUUID()}`, resource, request: { method: 'POST', url: 'Observation' } })),
});
const ids = (answer) => (answer.json.entry ?? []).map((entry) => entry.resource.id);

async function count(query) {
	const answer = await get(`/Observation?${query}&_summary=count`);
	assert.equal(answer.status, 200, answer.text);
	return answer.json.total;
}

test('the CapabilityStatement needs no sign-in, is R4 and claims the CGM receiver', { skip }, async () => {
	const answer = await call('GET', '/metadata', { headers: { Authorization: undefined } }).catch(() => null) ?? await get('/metadata');
	assert.equal(answer.status, 200);
	assert.equal(answer.json.fhirVersion, '4.0.1');
	assert.deepEqual(answer.json.instantiates, ['http://hl7.org/fhir/uv/cgm/CapabilityStatement/cgm-data-receiver']);
	const operations = answer.json.rest[0].operation.map((operation) => operation.name);
	assert.deepEqual(operations, ['submit-cgm-bundle']);
});

test('what is created is read back as it was sent, with its version', { skip }, async () => {
	const made = await post('/Observation', { ...observation(0, 5.4), valueQuantity: undefined, ...JSON.parse('{"valueQuantity":{"value":105.40,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"}}') });
	assert.equal(made.status, 201, made.text);
	assert.equal(made.headers.etag, 'W/"1"');
	assert.match(made.headers['last-modified'], /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/);
	assert.match(made.headers.location, new RegExp(`${base.pathname}/fhir/Observation/[^/]+/_history/1$`));
	const read = await get(`/Observation/${made.json.id}`);
	assert.equal(read.status, 200);
	assert.equal(read.headers.etag, 'W/"1"');
	assert.equal(read.json.effectiveDateTime, at(0));
	assert.equal(read.json.meta.versionId, '1');
	const same = await get(`/Observation/${made.json.id}`, { headers: { 'If-None-Match': 'W/"1"' } });
	assert.equal(same.status, 304);
	assert.equal(same.text, '');
	const version = await get(`/Observation/${made.json.id}/_history/1`);
	assert.deepEqual(version.json, read.json);
	assertRefused(await get(`/Observation/${made.json.id}/_history/2`), 404);
	assertRefused(await get(`/Observation/${made.json.id}x`), 404);
	assertRefused(await get(`/Observation/${made.json.id}?_elements=status`), 400);
});

test('a number keeps its digits', { skip }, async () => {
	const text = JSON.stringify(observation(1, 0)).replace('"value":0', '"value":105.40');
	const made = await post('/Observation', text);
	assert.equal(made.status, 201, made.text);
	const read = await get(`/Observation/${made.json.id}`);
	assert.match(read.text, /"value":105\.40,/);
});

test('Prefer decides what comes back', { skip }, async () => {
	const none = await post('/Observation', observation(2, 101), { headers: { Prefer: 'return=minimal' } });
	assert.equal(none.status, 201);
	assert.equal(none.text, '');
	assert.ok(none.headers.location);
	const outcome = await post('/Observation', observation(3, 102), { headers: { Prefer: 'return=OperationOutcome' } });
	assert.equal(outcome.status, 201);
	assert.equal(outcome.json.resourceType, 'OperationOutcome');
	const whole = await post('/Observation', observation(4, 103), { headers: { Prefer: 'return=representation' } });
	assert.equal(whole.json.resourceType, 'Observation');
});

test('what is wrong is refused by name', { skip }, async () => {
	const good = observation(5, 104);
	const cases = [
		[400, 'Observation.status', { ...good, status: 'sent' }],
		[400, 'value', { ...good, valueString: 'high' }],
		[400, 'Observation.colour', { ...good, colour: 'red' }],
		[400, 'Observation.effectiveDateTime', { ...good, effectiveDateTime: '2026-02-30T10:00:00Z' }],
		[400, 'Observation.category', { ...good, category: [] }],
		[422, 'valueQuantity.code', { ...good, valueQuantity: { ...good.valueQuantity, code: 'MG/DL' } }],
		[422, 'valueQuantity.value', { ...good, valueQuantity: { ...good.valueQuantity, value: 100000 } }],
		[422, 'Observation.effectiveDateTime', { ...good, effectiveDateTime: '2099-01-01T00:00:00Z' }],
		[422, 'Observation.device', { ...good, device: { reference: `Device/${patient}` } }],
		[422, 'Observation.subject', { ...good, subject: { reference: `Patient/${randomUUID()}` } }],
	];
	const before = await count(window(5, 6));
	for (const [status, element, resource] of cases) assertRefused(await post('/Observation', resource), status, element);
	assertRefused(await post('/Observation', '{"resourceType":'), 400);
	assertRefused(await post('/Observation', '{"resourceType":"Observation","status":"final","valueInteger":05}'), 400);
	assertRefused(await post('/Observation', good, { headers: { 'Content-Type': 'application/fhir+xml' } }), 415);
	assertRefused(await get('/Observation', { headers: { Accept: 'application/fhir+xml' } }), 406);
	assert.equal(await count(window(5, 6)), before);
});

test('a correction is the next version, and every version stays', { skip }, async () => {
	const made = (await post('/Observation', observation(6, 110, { identifier: identifier(randomUUID()) }))).json;
	const path = `/Observation/${made.id}`;
	const next = { ...observation(6, 111, { identifier: made.identifier }), id: made.id, status: 'corrected' };
	const wrong = await call('PUT', path, { body: next, headers: { 'If-Match': 'W/"7"' } });
	assertRefused(wrong, 412);
	const put = await call('PUT', path, { body: next, headers: { 'If-Match': 'W/"1"' } });
	assert.equal(put.status, 200, put.text);
	assert.equal(put.headers.etag, 'W/"2"');
	assertRefused(await call('PUT', path, { body: next, headers: { 'If-Match': 'W/"1"' } }), 412);
	const read = await get(path);
	assert.equal(read.json.valueQuantity.value, 111);
	assert.equal(read.json.meta.versionId, '2');
	const history = await get(`${path}/_history`);
	assert.equal(history.json.type, 'history');
	assert.equal(history.json.total, 2);
	assert.deepEqual(history.json.entry.map((entry) => [entry.resource.meta.versionId, entry.request.method, entry.response.etag]), [['2', 'PUT', 'W/"2"'], ['1', 'POST', 'W/"1"']]);
	assert.equal((await get(`${path}/_history/1`)).json.valueQuantity.value, 110);
	const found = await get(`/Observation?${window(6, 7)}`);
	assert.deepEqual(found.json.entry.map((entry) => entry.resource.valueQuantity.value), [111]);

	assertRefused(await call('PUT', path, { body: { ...next, id: 'other' } }), 400, 'Observation.id');
	assertRefused(await call('PUT', path, { body: { ...next, identifier: identifier('another') } }), 422, 'Observation.identifier');
	const ketone = { coding: [{ system: 'http://loinc.org', code: '2093-3' }] };
	assertRefused(await call('PUT', path, { body: { ...next, code: ketone } }), 422, 'Observation.code');
	const unknown = made.id.replace(/\d+$/, '99999999');
	assertRefused(await call('PUT', `/Observation/${unknown}`, { body: { ...next, id: unknown } }), 405);

	const mistaken = await call('PUT', path, { body: { ...next, status: 'entered-in-error' } });
	assert.equal(mistaken.status, 200, mistaken.text);
	assert.equal((await get(path)).json.status, 'entered-in-error');
});

test('a correction of the time moves the reading, also twice', { skip }, async () => {
	const made = (await post('/Observation', observation(7, 112))).json;
	for (const minute of [8, 9]) {
		const put = await call('PUT', `/Observation/${made.id}`, { body: { ...observation(minute, 112), id: made.id, status: 'corrected' } });
		assert.equal(put.status, 200, put.text);
	}
	assert.equal((await get(`/Observation/${made.id}`)).json.effectiveDateTime, at(9));
	assert.equal((await get(`/Observation/${made.id}/_history`)).json.total, 3);
	assert.equal(await count(window(7, 9)), 0);
	assert.equal(await count(window(9, 10)), 1);
});

test('two corrections of one version at once: one is made', { skip }, async () => {
	const made = (await post('/Observation', observation(10, 113))).json;
	const put = (value) => call('PUT', `/Observation/${made.id}`, { body: { ...observation(10, value), id: made.id, status: 'amended' }, headers: { 'If-Match': 'W/"1"' } });
	const answers = await Promise.all([114, 115, 116, 117].map(put));
	const statuses = answers.map((answer) => answer.status).sort();
	assert.equal(statuses[0], 200);
	assert.ok(statuses.slice(1).every((status) => status === 409 || status === 412), String(statuses));
	assert.equal((await get(`/Observation/${made.id}/_history`)).json.total, 2);
});

test('of a hundred conditional creates at once one is stored', { skip }, async () => {
	const name = randomUUID();
	const resource = observation(20, 120, { identifier: identifier(name) });
	const headers = { 'If-None-Exist': `identifier=${encodeURIComponent(`${SYSTEM}|${name}`)}` };
	const answers = await Promise.all(Array.from({ length: 100 }, () => post('/Observation', resource, { headers })));
	const statuses = answers.map((answer) => answer.status).sort();
	assert.deepEqual(statuses, [...Array(99).fill(200), 201]);
	assert.equal(new Set(answers.map((answer) => answer.json.id)).size, 1);
	assert.equal(await count(window(20, 21)), 1);
	assert.equal(await count(`identifier=${encodeURIComponent(`${SYSTEM}|${name}`)}`), 1);
});

test('a condition that is not carried out is a 412', { skip }, async () => {
	const resource = observation(21, 121, { identifier: identifier(randomUUID()) });
	for (const condition of ['status=final', 'identifier=no-system', `identifier=${SYSTEM}|other`]) {
		assertRefused(await post('/Observation', resource, { headers: { 'If-None-Exist': condition } }), 412);
	}
	assert.equal(await count(window(21, 22)), 0);
});

test('one identifier is one reading: the same again adds nothing, another is a conflict', { skip }, async () => {
	const resource = observation(22, 122, { identifier: identifier(randomUUID()) });
	const first = await post('/Observation', resource);
	const again = await post('/Observation', resource);
	assert.deepEqual([first.status, again.status], [201, 200]);
	assert.equal(again.json.id, first.json.id);
	assertRefused(await post('/Observation', { ...resource, valueQuantity: { ...resource.valueQuantity, value: 123 } }), 409, 'Observation.identifier');
	assert.equal(await count(window(22, 23)), 1);
});

test('search finds by code, date, status, id, identifier, device and patient', { skip }, async () => {
	const name = randomUUID();
	const sent = [
		observation(30, 130, { identifier: identifier(name) }),
		observation(31, 131, { status: 'preliminary' }),
		{ ...observation(32, 90), code: { coding: [{ system: 'http://loinc.org', code: '2093-3' }] }, valueQuantity: { value: 190, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' } },
	];
	const made = [];
	for (const resource of sent) made.push((await post('/Observation', resource)).json);
	const all = window(30, 33);
	const [glucose, preliminary, cholesterol] = made.map((resource) => resource.id);
	const cases = [
		['', [cholesterol, preliminary, glucose]],
		['_sort=date', [glucose, preliminary, cholesterol]],
		['_sort=-_lastUpdated', [cholesterol, preliminary, glucose]],
		['_sort=_lastUpdated', [glucose, preliminary, cholesterol]],
		['code=2093-3', [cholesterol]],
		['code=http://loinc.org|99504-3', [preliminary, glucose]],
		['code=2093-3,99504-3', [cholesterol, preliminary, glucose]],
		['code=1234-5', []],
		['status=preliminary', [preliminary]],
		['category=laboratory', [cholesterol, preliminary, glucose]],
		['category=vital-signs', []],
		[`_id=${glucose},${cholesterol}`, [cholesterol, glucose]],
		[`identifier=${SYSTEM}|${name}`, [glucose]],
		[`patient=${patient}`, [cholesterol, preliminary, glucose]],
		[`subject=Patient/${patient}`, [cholesterol, preliminary, glucose]],
		[`device=Device/${randomUUID()}`, []],
		['_lastUpdated=gt2020-01-01', [cholesterol, preliminary, glucose]],
		['_lastUpdated=lt2020-01-01', []],
	];
	for (const [query, expected] of cases) {
		const found = await get(`/Observation?${all}&${query.replaceAll('|', '%7C')}`);
		assert.equal(found.status, 200, found.text);
		assert.equal(found.json.type, 'searchset');
		assert.deepEqual(ids(found), expected, query);
		assert.ok(found.json.link.some((link) => link.relation === 'self'));
		assert.equal(found.json.total, undefined);
	}
	const total = await get(`/Observation?${all}&_total=accurate&_count=1`);
	assert.equal(total.json.total, 3);
	const body = new URLSearchParams([...new URLSearchParams(all), ['_sort', 'date']]).toString();
	const posted = await post('/Observation/_search', body, { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
	assert.deepEqual(ids(posted), [glucose, preliminary, cholesterol]);
});

test('what a search does not carry out is an error, or a warning when lenient', { skip }, async () => {
	assertRefused(await get('/Observation?value-quantity=gt5'), 400, 'value-quantity');
	assertRefused(await get('/Observation?date=yesterday'), 400, 'date');
	assertRefused(await get('/Observation?_count=1001'), 400, '_count');
	assertRefused(await get('/Observation?_cursor=1.2.3'), 422);
	const lenient = await get('/Observation?value-quantity=gt5&_count=1', { headers: { Prefer: 'handling=lenient' } });
	assert.equal(lenient.status, 200);
	assert.equal(lenient.json.entry.at(-1).search.mode, 'outcome');
	assert.ok(!lenient.json.link[0].url.includes('value-quantity'));
});

test('pages neither repeat nor lose a reading, in every order, while others arrive', { skip }, async () => {
	const sent = Array.from({ length: 25 }, (_, i) => observation(40 + Math.floor(i / 2), 140 + i));
	assert.equal((await post('', bundle('batch', sent))).status, 200);
	for (const sort of ['date', '-date', '_lastUpdated', '-_lastUpdated']) {
		const seen = [];
		const fresh = [];
		let path = `/Observation?${window(40, 60)}&_sort=${sort}&_count=7`;
		while (path) {
			const page = await get(path);
			assert.equal(page.status, 200, page.text);
			seen.push(...ids(page));
			const next = page.json.link.find((link) => link.relation === 'next');
			path = next ? next.url.slice(next.url.indexOf('/fhir/') + 5) : null;
			if (fresh.length < 2) fresh.push((await post('/Observation', observation(41 + fresh.length, 200))).json.id);
		}
		assert.equal(new Set(seen).size, seen.length, `${sort} repeats`);
		const before = seen.filter((id) => !fresh.includes(id));
		assert.ok(before.length >= 25, `${sort} loses`);
		assert.ok(seen.length <= await count(window(40, 60)));
	}
});

test('a batch keeps the good entries and answers each', { skip }, async () => {
	const answer = await post('', bundle('batch', [
		observation(70, 150),
		observation(71, 100000),
		{ ...observation(72, 152), status: 'sent' },
		{ resourceType: 'Patient' },
		observation(73, 153, { identifier: identifier('x'.repeat(20) + randomUUID()) }),
	]));
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.type, 'batch-response');
	assert.deepEqual(answer.json.entry.map((entry) => entry.response.status.slice(0, 3)), ['201', '422', '400', '422', '201']);
	assert.equal(answer.json.entry[1].response.outcome.resourceType, 'OperationOutcome');
	const made = await get(`/${answer.json.entry[0].response.location}`);
	assert.equal(made.json.valueQuantity.value, 150);
	assert.equal(await count(window(70, 75)), 2);
});

test('a transaction is all or nothing, and names the entry', { skip }, async () => {
	assertRefused(await post('', bundle('transaction', [observation(80, 160), observation(81, 100000)])), 422, 'Bundle.entry[1].resource.valueQuantity.value');
	assert.equal(await count(window(80, 85)), 0);
	const sent = bundle('transaction', [observation(80, 160, { identifier: identifier(randomUUID()) }), observation(81, 161, { identifier: identifier(randomUUID()) })]);
	const answer = await post('', sent);
	assert.equal(answer.json.type, 'transaction-response');
	assert.deepEqual(answer.json.entry.map((entry) => entry.response.status), ['201 Created', '201 Created']);
	const again = await post('', sent);
	assert.deepEqual(again.json.entry.map((entry) => entry.response.status), ['200 OK', '200 OK']);
	assert.equal(await count(window(80, 85)), 2);
	assertRefused(await post('', { resourceType: 'Bundle', type: 'collection', entry: sent.entry.map(({ resource }) => ({ resource })) }), 422, 'Bundle.type');
});

test('$submit-cgm-bundle answers entry by entry', { skip }, async () => {
	const sent = bundle('transaction', [observation(90, 170), observation(91, 100000), { ...observation(92, 90), code: { coding: [{ system: 'http://loinc.org', code: '2093-3' }] } }], { timestamp: new Date().toISOString() });
	const answer = await post('/$submit-cgm-bundle', sent);
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.json.type, 'transaction-response');
	assert.deepEqual(answer.json.entry.map((entry) => entry.response.status.slice(0, 3)), ['201', '422', '422']);
	assert.equal(await count(window(90, 95)), 1);
	const wrapped = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: bundle('transaction', [observation(93, 171)], { timestamp: new Date().toISOString() }) }] };
	assert.equal((await post('/$submit-cgm-bundle', wrapped)).json.entry[0].response.status, '201 Created');
	assertRefused(await post('/$submit-cgm-bundle', bundle('transaction', [observation(94, 172)])), 422, 'Bundle.timestamp');
});

test('$lastn gives the latest of each analyte', { skip }, async () => {
	const one = await get('/Observation/$lastn?code=99504-3');
	assert.equal(one.json.entry.length, 1);
	const latest = await get('/Observation?code=99504-3&_count=3');
	assert.deepEqual(ids(one), ids(latest).slice(0, 1));
	const three = await get('/Observation/$lastn?code=99504-3&max=3');
	assert.deepEqual(ids(three), ids(latest));
	const codes = (await get('/Observation/$lastn')).json.entry.map((entry) => entry.resource.code.text);
	assert.equal(new Set(codes).size, codes.length);
	assertRefused(await get('/Observation/$lastn?max=0'), 400, 'max');
});

test('Patient, Devices and $everything are the member\'s own', { skip }, async () => {
	const read = await get(`/Patient/${patient}`);
	assert.equal(read.json.resourceType, 'Patient');
	assert.equal((await get(`/Patient?_id=${patient}`)).json.entry.length, 1);
	assert.equal((await get(`/Patient?_id=${randomUUID()}`)).json.entry, undefined);
	const devices = await get('/Device');
	for (const entry of devices.json.entry ?? []) {
		assert.equal(entry.resource.patient.reference, `Patient/${patient}`);
		assert.deepEqual((await get(`/Device/${entry.resource.id}`)).json, entry.resource);
	}
	assertRefused(await get(`/Device/${randomUUID()}`), 404);
	const all = await client.request('GET', `/fhir/Patient/${patient}/$everything`, { headers: { Authorization: `Bearer ${token}`, Accept: 'application/fhir+json' } });
	assert.equal(all.status, 200);
	const whole = JSON.parse(all.text);
	const kinds = whole.entry.map((entry) => entry.resource.resourceType);
	assert.equal(kinds[0], 'Patient');
	assert.equal(kinds.filter((kind) => kind === 'Device').length, devices.json.entry?.length ?? 0);
	const observations = whole.entry.filter((entry) => entry.resource.resourceType === 'Observation');
	assert.equal(observations.length, await count('status=final,preliminary,amended,corrected,entered-in-error'));
	assert.equal(new Set(observations.map((entry) => entry.resource.id)).size, observations.length);
});

test('somebody else\'s data is out of reach, and whether it is there is not told', { skip: skipOther }, async () => {
	const made = (await post('/Observation', observation(100, 180))).json;
	const as = otherToken;
	const nobody = made.id.replace(/^[0-9a-f]{8}/, '01900000');
	const theirs = [`/Observation/${made.id}`, `/Observation/${made.id}/_history`, `/Observation?patient=${patient}`, `/Patient/${patient}`, `/Patient/${patient}/$everything`, `/Observation/$lastn?patient=${patient}`];
	const none = [`/Observation/${nobody}`, `/Observation/${nobody}/_history`, `/Observation?patient=${randomUUID()}`, `/Patient/${randomUUID()}`, `/Patient/${randomUUID()}/$everything`, `/Observation/$lastn?patient=${randomUUID()}`];
	for (const [i, path] of theirs.entries()) {
		const refused = await get(path, { as });
		assertRefused(refused, 403);
		assert.deepEqual((await get(none[i], { as })).json, refused.json, path);
	}
	assertRefused(await call('PUT', `/Observation/${made.id}`, { body: { ...observation(100, 181), id: made.id }, as }), 403);
	assertRefused(await post('/Observation', observation(100, 182), { as }), 422, 'Observation.subject');
	assert.deepEqual(ids(await get(`/Observation?_id=${made.id}`, { as })), []);
	assert.equal((await get(`/Observation/${made.id}`)).json.valueQuantity.value, 180);
	const devices = (await get('/Device')).json.entry ?? [];
	for (const entry of devices) assertRefused(await get(`/Device/${entry.resource.id}`, { as }), 404);
});

test('a device writes its own optical readings, once each, and reads nothing', { skip: skipDevice }, async () => {
	const as = deviceToken;
	const sequence = String(randomInt(2 ** 40));
	const resource = observation(110, 190, { identifier: [{ system: 'urn:troth:sequence', value: sequence }] });
	const made = await post('/Observation', resource, { as });
	assert.equal(made.status, 201, made.text);
	assert.match(made.json.device.reference, /^Device\//);
	assert.equal(made.json.method.coding[0].code, 'optical');
	assert.equal((await post('/Observation', resource, { as })).status, 200);
	assert.equal(await count(window(110, 111)), 1);
	assertRefused(await post('/Observation', { ...observation(111, 191), device: { reference: `Device/${randomUUID()}` } }, { as }), 422, 'Observation.device');
	const blood = { coding: [{ system: 'urn:troth:method', code: 'sensor' }] };
	assertRefused(await post('/Observation', { ...observation(111, 191), method: blood }, { as }), 422, 'Observation.method');
	assertRefused(await get(`/Observation/${made.json.id}`, { as }), 403);
	assertRefused(await get('/Observation', { as }), 403);
	const bundled = await post('', bundle('batch', [observation(112, 192), resource]), { as });
	assert.deepEqual(bundled.json.entry.map((entry) => entry.response.status.slice(0, 3)), ['201', '200']);
});

test('without a token nothing opens', { skip }, async () => {
	const answer = await client.request('GET', '/fhir/Observation', { headers: { Accept: 'application/fhir+json' } });
	assert.equal(answer.status, 401);
	assert.equal(JSON.parse(answer.text).resourceType, 'OperationOutcome');
});
