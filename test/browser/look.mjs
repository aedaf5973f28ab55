// What every page must hold, whoever opens it: axe (WCAG 2.2 A and AA, and its best practices) in
// light and dark, wide and narrow; no page wider than its screen; a screenshot of each for eyes.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageFile } from './browser.mjs';

export const widths = [1280, 390];
export const schemes = ['light', 'dark'];
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
const shots = process.env.SCREENSHOTS ?? path.join(import.meta.dirname, '../../out/screenshots');
const axe = readFileSync(packageFile('axe-core/axe.min.js'), 'utf8');

async function violations(page) {
	const result = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(tags)}, resultTypes: ['violations'] })`);
	return result.violations.map(({ id, nodes }) => `axe ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(' | ')}`);
}

async function state(page, name, scheme, width) {
	const found = [];
	await page.setViewportSize({ width, height: 800 });
	await page.emulateMedia({ colorScheme: scheme });
	// What a script draws anew is drawn after the next frames.
	await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
	if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push('wider than the screen');
	found.push(...await violations(page));
	await page.screenshot({ path: path.join(shots, `${name}-${width}-${scheme}.png`), fullPage: true });
	return found.map((text) => `${width} ${scheme}: ${text}`);
}

// What is wrong with the page that is open; empty when nothing is.
export async function look(page, name) {
	const found = [];
	mkdirSync(shots, { recursive: true });
	for (const scheme of schemes) for (const width of widths) found.push(...await state(page, name, scheme, width));
	await page.setViewportSize({ width: widths[0], height: 800 });
	return found;
}
