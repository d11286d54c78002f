/** Products whose settings a gate runs as they are. */
export const GATE_PRODUCTS: readonly string[] = ['kerio-connect', 'mail-express', 'tomcat']
