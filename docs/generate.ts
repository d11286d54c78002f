/** Writes the pages and schemas that are made out of the source: `node docs/generate.ts`. Tests fail while one is out of date. */
import { writeFileSync } from 'node:fs'
import { findingsPage } from '../src/policy/index.ts'
import { printPolicySchema } from '../src/policy/policy-schema.ts'

writeFileSync(new URL('findings.md', import.meta.url), findingsPage())
writeFileSync(new URL('../schemas/policy.schema.json', import.meta.url), printPolicySchema())
