import type { ClientBase } from 'pg';

import type { DatabaseUrls } from './database.js';
import { databaseRoles, roleName, type DatabaseRole } from './roles.js';

/**
 * Makes one user per role on a server of our own, so that a connection cannot take back more than its role may do.
 *
 * @returns `adminUrl` with each user in place of the owner
 */
export async function makeLogins(client: ClientBase, adminUrl: string, password: string): Promise<DatabaseUrls> {
  await client.query('SELECT pg_advisory_lock($1)', [LOGINS_LOCK]);
  try {
    for (const role of databaseRoles) await makeLogin(client, role, password);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOGINS_LOCK]);
  }
  return Object.fromEntries(databaseRoles.map((role) => [role, loginUrl(adminUrl, role, password)])) as DatabaseUrls;
}

/** Any number of ours: it keeps two starts on one server from making the same user at once. */
const LOGINS_LOCK = 7_411_001;

async function makeLogin(client: ClientBase, role: DatabaseRole, password: string): Promise<void> {
  const login = client.escapeIdentifier(loginName(role));
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [loginName(role)]);
  const statement = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${statement} ROLE ${login} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  await client.query(`GRANT ${roleName(role)} TO ${login}`);
}

function loginName(role: DatabaseRole): string {
  return `${roleName(role)}_login`;
}

function loginUrl(adminUrl: string, role: DatabaseRole, password: string): string {
  const url = new URL(adminUrl);
  url.username = loginName(role);
  url.password = password;
  return url.href;
}
