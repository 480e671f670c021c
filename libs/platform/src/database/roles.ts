/** What a process may do in the database. Grants in the migrations speak of these; users are members of one each. */
export const databaseRoles = ['recorder', 'projector', 'api'] as const;

/** The role a pool works in: recorder for ingest, projector for projection, api for answers. */
export type DatabaseRole = (typeof databaseRoles)[number];

/** The name of a role in the database. */
export function roleName(role: DatabaseRole): string {
  return `initledger_${role}`;
}

/** The statements that make the roles, for whoever may run them. */
export const CREATE_ROLES_SQL = databaseRoles.map((role) => `CREATE ROLE ${roleName(role)} NOLOGIN;`).join('\n');
