/**
 * Other programs' settings files: what TLS they really ask for, and the smallest edit that asks for something else.
 *
 * An **adapter** reads one kind of file and never prints it anew: every byte outside a changed value stays. Nothing here
 * speaks to a server; who proves a change on the wire is handed in.
 *
 *     const reading = adapter.read(fileOf(path, bytes), {})
 *     const { changes, inexpressible } = adapter.write(reading, [{ door, role: 'server', policy }], {})
 */
export type * from './adapter.ts'
export type * from './words.ts'
export { ADAPTERS } from './adapters.ts'
export { bytesOf, fileOf, placeIn, showPlace, withEdits, type Edit, type Place, type SettingsFile } from './settings-file.ts'
