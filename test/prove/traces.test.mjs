// What a run of every probe leaves behind: its entries, and the one erasure that it shows (a tombstone, a
// certificate, a line of the ledger).  Nothing of it touches a real person, and a search of the files costs the
// running store none of its locks.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, must, pause, run, skip as absent } from '../fault/server.mjs';

const sqlite = spawnSync('sqlite3', ['--version']).status === 0;
const skip = absent || (sqlite ? false : 'sqlite3 is not here');

const TICK_MS = 25_000; // the office has one in 20 s

let server, token;
before(async () => {
	if (skip) return;
	server = new Server();
	must('backup', 'key', '--data', server.data, '--out', path.join(server.place, 'recovery.key'));
	for (const name of ['north', 'south']) {
		mkdirSync(path.join(server.place, name));
		must('backup', 'place', 'add', '--data', server.data, '--name', name, '--url', path.join(server.place, name), '--region', 'eu');
	}
	await server.start('--backup-every', '0');
	must('backup', 'create', '--data', server.data);
	token = server.token('--person', 'alma@demo.example');
}, { timeout: 120_000 });
after(() => server?.remove());

function ask(sql) {
	const done = spawnSync('sqlite3', ['-separator', ' ', path.join(server.data, 'troth.db'), sql], { encoding: 'utf8' });
	assert.equal(done.status, 0, done.stderr);
	return done.stdout.trim().split('\n').filter(Boolean);
}
const count = (table, where = '1') => Number(ask(`SELECT count(*) FROM ${table} WHERE ${where}`)[0]);
const prove = (...only) => run('prove', '--data', server.data, '--tenant', 'demo', '--json', ...only);

// What the server's process holds of the database's files, as the kernel lists it.
function locks() {
	const files = ['troth.db', 'troth.db-shm'].map((name) => statSync(path.join(server.data, name)).ino);
	return readFileSync('/proc/locks', 'utf8').split('\n')
		.filter((line) => / POSIX /.test(line) && files.some((inode) => line.includes(`:${inode} `)) && line.includes(` ${server.child()} `)).length;
}

// SUBJECT_CANARY is 32 (src/store/row.h).
const REAL = 'SELECT id FROM subject WHERE flags & 32 = 0';

test('a search of every file leaves the store its locks', { skip, timeout: 60_000 }, () => {
	const held = locks();
	assert.ok(held >= 2);
	for (const probe of ['seal.at_rest', 'keys.apart']) assert.equal(prove(probe).status, 0, probe);
	assert.equal(locks(), held);
});

test('nothing stays of a run but its entries and the one erasure that it shows', { skip, timeout: 120_000 }, async () => {
	assert.notEqual(prove().out, '');
	await pause(TICK_MS);
	const looks = async () => (await server.json('/demo/me/looks', token)).looks.length;
	const tables = { record: '1', record_version: '1', term: '1', choice: '1', deadline: '1', ticket: 'kind <> 1', projection: '1', counter: '1', mark: '1', hold: '1', subject: '1' };
	const figures = () => Object.fromEntries(Object.entries(tables).map(([table, where]) => [table, count(table, where)]));
	const [before, beforeLooks, keys] = [figures(), await looks(), count('key_slot', `owner IN (${REAL})`)];
	const certificates = () => count('erasure', 'subject <> zeroblob(16)'); // those of months are of everybody
	const certified = certificates();
	const ledger = statSync(path.join(server.data, 'ledger')).size;
	assert.notEqual(prove().out, '');
	await pause(TICK_MS); // alerts are raised by the office's tick
	assert.deepEqual(figures(), { ...before, subject: before.subject + 1 });
	assert.ok(await looks() - beforeLooks <= 1, 'no line of who looked but of the question itself');
	assert.equal(count('key_slot', `owner IN (${REAL})`), keys);
	assert.equal(count('subject', 'flags & 32 <> 0'), 0, 'no canary is left');
	// An erasure that the housekeeper finishes may be certified after its canary is forgotten.
	assert.ok(certificates() - certified <= 5, `${certificates() - certified} of over a hundred`);
	assert.ok(statSync(path.join(server.data, 'ledger')).size - ledger < 4096, 'a few lines: of that one, and of months and records');
});
