// A server of its own for a fault test: a demonstration directory in a temporary place, the program on a
// free port of the loopback, stopped by its process id and removed at the end.
//
// TROTH_BIN is the program.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const troth = process.env.TROTH_BIN;
export const skip = troth ? false : 'TROTH_BIN is not set';
const WAIT_MS = 30_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function run(...args) {
	const done = spawnSync(troth, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
	return { status: done.status, out: done.stdout ?? '', err: done.stderr ?? '' };
}

export function must(...args) {
	const done = run(...args);
	if (done.status !== 0) throw new Error(`troth ${args[0]}: ${done.err || done.out}`);
	return done.out;
}

// Whether a process is there and does not wait to be collected.
export function isAlive(pid) {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

function freePort() {
	return new Promise((resolve) => {
		const probe = net.createServer().listen(0, 'localhost', () => {
			const { port } = probe.address();
			probe.close(() => resolve(port));
		});
	});
}

export class Server {
	log = '';

	// `dir`: where the data directory goes, else a temporary place.
	constructor(dir) {
		this.place = mkdtempSync(path.join(dir ?? tmpdir(), 'troth-fault-'));
		this.data = path.join(this.place, 'data');
		must('init', '--data', this.data, '--demo');
	}

	// Milliseconds until it answers.
	async start(...more) {
		this.port ??= await freePort(); // the same after a restart
		const began = Date.now();
		this.supervisor = spawn(troth, ['serve', '--data', this.data, '--listen', `localhost:${this.port}`, '--prove-every', '0', ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
		this.supervisor.stderr.on('data', (text) => { this.log += text; });
		let greeting = '';
		this.supervisor.stdout.on('data', (text) => { greeting += text; });
		let ended = false;
		this.supervisor.on('exit', () => { ended = true; });
		while (!/https:\/\/localhost:(\d+)\//.test(greeting)) {
			if (ended || Date.now() - began > WAIT_MS) throw new Error(`the server does not start: ${this.log}`);
			await pause(5);
		}
		await this.ready();
		return Date.now() - began;
	}

	async ready() {
		const began = Date.now();
		for (;;) {
			const answer = await this.request('GET', '/-/health').catch(() => null);
			if (answer?.status === 200) return Date.now() - began;
			if (Date.now() - began > WAIT_MS) throw new Error(`the server does not answer: ${this.log}`);
			await pause(5);
		}
	}

	// The process that serves, below the supervisor.
	child() {
		const pid = this.supervisor.pid;
		return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
	}

	// Its exit status after SIGTERM.
	async stop() {
		const { supervisor } = this;
		if (!supervisor || supervisor.exitCode !== null || supervisor.signalCode !== null) return supervisor?.exitCode;
		const ended = new Promise((resolve) => supervisor.on('exit', (code) => resolve(code)));
		supervisor.kill('SIGTERM');
		return ended;
	}

	// Server and supervisor, without a word.
	async kill() {
		const { supervisor } = this;
		const child = this.child();
		const ended = new Promise((resolve) => supervisor.on('exit', resolve));
		process.kill(child, 'SIGKILL');
		supervisor.kill('SIGKILL');
		await ended;
		while (isAlive(child)) await pause(5);
	}

	async remove() {
		await this.stop();
		rmSync(this.place, { recursive: true, force: true });
	}

	token(...whose) {
		return must('token', 'issue', '--data', this.data, '--tenant', 'demo', '--label', 'fault', ...whose).trim();
	}

	// `target` is the whole path.  One agent is one connection that is kept.
	request(method, target, { token, body, agent, headers = {} } = {}) {
		const options = {
			method, path: target, hostname: 'localhost', port: this.port, rejectUnauthorized: false, agent, timeout: WAIT_MS,
			headers: {
				Accept: 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}),
				...(body ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } : {}), ...headers,
			},
		};
		return new Promise((resolve, reject) => {
			const sent = https.request(options, (got) => {
				const pieces = [];
				got.on('data', (piece) => pieces.push(piece));
				got.on('error', reject);
				got.on('end', () => {
					const bytes = Buffer.concat(pieces);
					resolve({ status: got.statusCode, headers: got.headers, bytes, text: bytes.toString() });
				});
			});
			sent.on('error', reject);
			sent.on('timeout', () => sent.destroy(new Error('no answer')));
			sent.end(body);
		});
	}

	async json(target, token) {
		const answer = await this.request('GET', target, { token });
		if (answer.status !== 200) throw new Error(`${target}: ${answer.status} ${answer.text.slice(0, 200)}`);
		return JSON.parse(answer.text);
	}

	// The steps before anything opens: the terms accepted, every consent answered no.
	async onboard(token) {
		const json = await this.json('/demo/welcome', token);
		const answers = Object.fromEntries(json.consents.map(({ purpose }) => [`consent_${purpose}`, 'no']));
		for (const [step, body] of [['terms', { version: json.terms_version, accept: 'yes' }], ['consents', answers]]) {
			const answer = await this.request('POST', `/demo/welcome/${step}`, { token, body: JSON.stringify(body) });
			if (answer.status >= 400) throw new Error(`${step}: ${answer.status} ${answer.text.slice(0, 200)}`);
		}
	}

	verify() {
		return run('audit', 'verify', '--data', this.data);
	}

	// Every file below the data directory.
	files(dir = this.data) {
		return readdirSync(dir).flatMap((name) => {
			const file = path.join(dir, name);
			const stat = statSync(file);
			if (stat.isDirectory()) return this.files(file);
			return stat.isFile() ? [file] : [];
		});
	}
}

export const keptConnection = () => new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });

export const reading = (sequence, value = 100) => ({
	analyte: 'glucose', value, unit: 'mg/dL', sequence,
	taken: new Date(Date.UTC(2020, 0, 1) + sequence * 60_000).toISOString(),
});
