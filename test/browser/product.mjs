// The server under test: the one that TROTH_URL names (a tenant of a demonstration, such as
// https://localhost:8443/demo), else one of our own from TROTH_BIN with a new data directory.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const bin = process.env.TROTH_BIN ? path.resolve(process.env.TROTH_BIN) : null;
export const skip = process.env.TROTH_URL || bin ? false : 'neither TROTH_URL nor TROTH_BIN is set';

function freePort() {
	return new Promise((resolve) => {
		const probe = net.createServer().listen(0, '127.0.0.1', () => {
			const { port } = probe.address();
			probe.close(() => resolve(port));
		});
	});
}

function ready(server) {
	return new Promise((resolve, reject) => {
		server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
		server.stdout.on('data', (text) => String(text).includes('serves https://') && resolve());
	});
}

async function start() {
	const place = mkdtempSync(path.join(tmpdir(), 'troth-browser-'));
	const data = path.join(place, 'data');
	execFileSync(bin, ['init', '--data', data, '--demo'], { stdio: 'ignore' });
	const port = await freePort();
	const server = spawn(bin, ['serve', '--data', data, '--listen', `localhost:${port}`], { stdio: ['ignore', 'pipe', 'ignore'] });
	await ready(server);
	const close = () => new Promise((resolve) => {
		server.once('exit', () => {
			rmSync(place, { recursive: true, force: true });
			resolve();
		});
		server.kill('SIGTERM');
	});
	return { base: new URL(`https://localhost:${port}/demo`), close };
}

export async function product() {
	if (process.env.TROTH_URL) return { base: new URL(process.env.TROTH_URL.replace(/\/$/, '')), close: async () => {} };
	return start();
}
