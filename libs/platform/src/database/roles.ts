/** What a process may do in the database. Grants in the migrations speak of these; users are members of one each. */
export const databaseRoles = ['recorder', 'projector', 'api'] as const;

/** The role a pool works in: recorder for ingest, projector for projection, api for answers. */
export type DatabaseRole = (typeof databaseRoles)[number];

/** The name of a role in the database. */
export function roleName(role: DatabaseRole): string {
  return `initledger_${role}`;
}

/** Who erases bodies: nobody logs in as it. The owner of the tables gives it the one function that acts as it. */
const eraser = 'initledger_eraser';

/** Every role that the migrations speak of. */
export const allRoles: readonly string[] = [...databaseRoles.map(roleName), eraser];

/** The statements that make the roles, for whoever may run them; `owner` is who migrates. */
export const createRolesSql = (owner: string): string =>
  [...allRoles.map((name) => `CREATE ROLE ${name} NOLOGIN;`), `GRANT ${eraser} TO ${owner};`].join('\n');
