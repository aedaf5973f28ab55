// Every page that a person can open, by role.  `find` gives an address that only the running
// server knows: the first link of a list.
const everyone = [
	{ name: 'sign-in', path: '/sign-in' },
	{ name: 'sign-in-sent', path: '/sign-in/sent' },
	{ name: 'link-used', path: '/sign-in/link?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
	{ name: 'privacy', path: '/privacy' },
	{ name: 'privacy-versions', path: '/privacy/versions' },
	{ name: 'privacy-diff', path: '/privacy/diff' },
	{ name: 'trust', path: '/trust' },
	{ name: 'log', path: '/log' },
	{ name: 'inbox', path: '/inbox' },
	{ name: 'api', path: '/api' },
	{ name: 'absent', path: '/no/such/page', status: 404 },
];

const own = [
	{ name: 'me', path: '/me' },
	{ name: 'sessions', path: '/me/sessions' },
	{ name: 'looks', path: '/me/looks' },
	{ name: 'tokens', path: '/me/tokens' },
	{ name: 'messages', path: '/me/messages' },
	{ name: 'welcome', path: '/welcome' },
	{ name: 'enrol', path: '/sign-in/enrol' },
];

const people = { name: 'people', path: '/admin/people' };

export const roles = [
	{ role: 'nobody', email: null, pages: everyone },
	{ role: 'member', email: 'alma@demo.example', pages: [
		{ name: 'today', path: '/today' },
		{ name: 'trends', path: '/trends' },
		{ name: 'trends-day', path: '/trends?days=1' },
		{ name: 'trends-ketone', path: '/trends?analyte=ketone&days=90' },
		{ name: 'agp', path: '/agp' },
		{ name: 'agp-90', path: '/agp?days=90' },
		{ name: 'devices', path: '/devices' },
		{ name: 'device', find: { path: '/devices', link: 'main tbody th a' } },
		{ name: 'device-new', path: '/devices/new' },
		{ name: 'export', path: '/export' },
		...own,
		{ name: 'refused', path: '/admin/people', status: 403 },
	] },
	{ role: 'admin', email: 'admin@demo.example', pages: [
		{ name: 'staff', path: '/staff' },
		people,
		{ name: 'person-reason', find: { path: '/admin/people', link: 'main tbody th a' } },
		{ name: 'person', find: { path: '/admin/people', link: 'main tbody th a' }, query: '?reason=the+quarterly+look+at+accounts' },
		{ name: 'person-new', path: '/admin/people/new' },
		{ name: 'admin-policy', path: '/admin/policy' },
		{ name: 'office', path: '/admin' },
		{ name: 'registers', path: '/admin/registers' },
		{ name: 'register', path: '/admin/registers/attestation' },
		{ name: 'register-empty', path: '/admin/registers/transfer' },
		{ name: 'register-new', path: '/admin/registers/incident/new' },
		{ name: 'register-entry', find: { path: '/admin/registers/attestation', link: 'main tbody th a' } },
		{ name: 'register-incident', find: { path: '/admin/registers/incident', link: 'main tbody th a' } },
		{ name: 'breach-tell', find: { path: '/admin/registers/incident', link: 'main tbody th a' }, query: '/tell' },
		{ name: 'disclosure-new', path: '/admin/registers/disclosure/new' },
		{ name: 'processing', path: '/admin/registers/processing' },
		{ name: 'alerts', path: '/admin/alerts' },
		{ name: 'usage', path: '/admin/usage' },
		{ name: 'refused', path: '/today', status: 403 },
		...own,
	] },
	{ role: 'support', email: 'support@demo.example', pages: [{ name: 'staff', path: '/staff' }, ...own] },
	{ role: 'auditor', email: 'auditor@demo.example', pages: [{ name: 'log', path: '/log' }, ...own] },
	{ role: 'clinician', email: 'clinician@demo.example', pages: own },
];

// The address of a page, below the tenant.
export async function address(base, page, row) {
	if (row.path) return row.path;
	await page.goto(base.href + row.find.path);
	const found = await page.locator(row.find.link).first().getAttribute('href');
	return found.slice(base.pathname.length) + (row.query ?? '');
}
