/** Why a bar may be missed, by measure. Printed where it is. */
export const WHY: Readonly<Record<string, string>> = {}
