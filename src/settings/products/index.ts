/**
 * The products whose settings Postern reads and writes, by name, title and usual places, with what tells their files from others: a
 * door of its own, so that whoever only asks for help need load no adapter and no policy.
 *
 *     const adapter = await PRODUCTS.find(({ product }) => product === 'postfix')?.adapter()
 */
export { PRODUCTS } from '../adapters.ts'
export type { KnownProduct, Product } from '../adapter.ts'
