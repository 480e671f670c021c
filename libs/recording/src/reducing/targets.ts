const label = '[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?';
const hostName = `${label}(?:\\.${label}){0,20}\\.?`;
const address = '(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[[0-9A-Fa-f:.]{2,45}\\])';
const port = '\\d{1,5}';

const wholeTarget = new RegExp(`^(?:(?:${hostName}|${address})(?::${port})?|:?${port})$`);
const wholeUrl = new RegExp(`^[a-z][a-z0-9+.-]{1,15}://(?:${hostName}|${address})(?::${port})?(?:/[^\\s?#@]*)?$`, 'i');
const inText = new RegExp(
  `[a-z][a-z0-9+.-]{1,15}://(?:${hostName}|${address})(?::${port})?(?:/[\\w./~-]*)?|` +
    `(?<![\\w.@/:=-])(?:${hostName}|${address})(?:[: ]${port})(?![\\w.-])`,
  'gi',
);

const userInUrl = /:\/\/[^\s/@"']{1,1024}@/g;

/** A name longer than any host name, or any URL worth naming, is no target. */
const longest = 2_048;

/** A word without dot and port is a host only in lower case, as Services are named: `Hello` is none. */
const bareWord = /^[^.:[\]]+$/;
const serviceName = /^(?:[a-z][a-z0-9_-]*|\d+)$/;

/** Whether the text is wholly a host, a port, host:port or a URL without user, query and fragment. */
export function isTarget(text: string): boolean {
  if (text === '' || text.length > longest) return false;
  if (wholeUrl.test(text)) return true;
  if (!wholeTarget.test(text) || Number(/(?:^|:)(\d+)$/.exec(text)?.[1] ?? 0) > 65_535) return false;
  return !bareWord.test(text) || serviceName.test(text);
}

/** Hosts with a port, and URLs, that stand in a command: what it may be waiting for. Without user, query and fragment. */
export function targetsIn(text: string): string[] {
  const bare = text.slice(0, 65_536).replace(userInUrl, '://');
  const found = bare.match(inText) ?? [];
  return [...new Set(found.map((target) => target.replace(' ', ':')))].slice(0, 32);
}
