// A browser with an empty profile, and visitors who notice what must not happen: an error in
// the console, a script that fails, a request to another host, an answer that is not expected.
import { createRequire } from 'node:module';
import path from 'node:path';

// MODULES: where `npm ci` put the packages, when not beside this file.
const require = createRequire(process.env.MODULES ? path.resolve(process.env.MODULES, 'x.js') : import.meta.url);
const { chromium } = require('playwright-core');
export const packageFile = (name) => require.resolve(name);

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
	return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags });
}

function notice(page, base, faults) {
	page.on('console', (message) => {
		// The browser says this of every page that is not a 2xx; its status is asserted apart.
		if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(`console: ${message.text()}`);
	});
	page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
	page.on('request', (request) => {
		const { host, protocol } = new URL(request.url());
		if (protocol !== 'data:' && protocol !== 'blob:' && host !== base.host) faults.push(`request to ${host}`);
	});
	page.on('response', (response) => {
		if (response.status() >= 400 && response.request().resourceType() !== 'document') faults.push(`${response.status()}: ${new URL(response.url()).pathname}`);
	});
}

// A context, its page and the list that its faults go to.
export async function visitor(browser, base, options = {}) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
	const page = await context.newPage();
	const faults = [];
	notice(page, base, faults);
	page.setDefaultTimeout(15_000);
	const go = (target) => page.goto(base.href + target, { waitUntil: 'load' });
	return { context, page, faults, go };
}
