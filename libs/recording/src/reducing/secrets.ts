/** Replaces a secret by something that shows a change but not a guess. */
export type Mask = (secret: string) => string;

const secretName =
  /pass(?:w|phrase|code)|(?:^|[^a-z])pass(?:$|[^a-z])|pwd|secret|token|credential|bearer|api[_-]?key|(?:access|private|encryption|signing|secret|master|auth|ssh|gpg)[_-]?key|(?:^|[_-])key$|(?:^|[_-])auth(?:$|[_-])|authorization|signature|(?:^|[_-])(?:salt|pat|dsn|sas)$|cookie|session|connection[_-]?string|license/i;

/** Whether a variable, flag or header of this name is likely to hold a secret. */
export function looksSecret(name: string): boolean {
  return secretName.test(name) || /[a-z0-9]Pass(?![a-z])/.test(name);
}

/** Whether a word is one by its own shape: a known kind of token, or letters and digits too mixed to be language. */
function isSecretWord(word: string): boolean {
  if (/^(?:sha256|sha512):[0-9a-f]+$/i.test(word)) return false;
  if (/^[0-9a-f]{32,}$/i.test(word)) return /\d/.test(word) && /[a-f]/i.test(word);
  if (!/\d/.test(word) || !/[a-z]/.test(word) || !/[A-Z]/.test(word)) return false;
  const enough = word.includes('/') ? 4.3 : 3.7;
  return entropy(word) >= enough;
}

/** Shannon's, in bits a character. */
function entropy(word: string): number {
  const counts = new Map<string, number>();
  for (const char of word) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / word.length) * Math.log2(count / word.length);
  return bits;
}

/** A value that refers to another place is no secret: $NAME, ${NAME}, $(command), a path of a file that holds it. */
function isReference(value: string): boolean {
  return value === '' || value.startsWith('$') || isMaskedWord(value) || /^\/[\w./-]+$/.test(value);
}

/** What is masked already; its mask may be cut where a message ends. */
function isMaskedWord(value: string): boolean {
  return value.startsWith('<masked:') || (value.length > 1 && '<masked:'.startsWith(value));
}

/** What follows a name: in quotes, which may not be closed, or up to where a shell would end the word. */
const value = /"[^"\\]*(?:\\[^][^"\\]*)*"?|'[^']*'?|[^\s"'&;|<>]+/y;
/** From the beginning of a word, so that a long word is read once and not from each of its letters. */
const name = String.raw`(?<![\w.-])([\w.-]{1,1024})`;

const pemBlock = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,16384}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g;
const userInUrl = /(?<=[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]+@/gi;
const header =
  /\b((?:proxy-)?authorization|x-[\w-]{0,40}(?:key|token|secret|auth)|(?:set-)?cookie)(\s{0,4}:\s{0,4})([^\s"'][^\r\n"']*)/gi;
const scheme = /\b(bearer|basic|digest)(\s{1,4})([A-Za-z0-9._~+/=-]{8,})/gi;
const assigned = new RegExp(`${name}=`, 'g');
const quotedName = new RegExp(`${name}["']\\s{0,4}:\\s{0,4}`, 'g');
const told = new RegExp(`${name}:\\s{1,4}`, 'g');
const flag = /(?<![\w./-])(--?[A-Za-z_][\w.-]{0,1023})\s{1,4}/g;
const userFlag = /(?<=(?:^|\s)(?:-u|--user|--proxy-user)[ =]?)([\w.@-]{1,256}):([^\s"'|;&]+)/g;
const mysqlFlag = /(?<=\s)-p([^\s"'|;&]+)/g;
const redisFlag = /(?<=\s-a\s{1,4})[^\s"'|;&-][^\s"'|;&]*/g;
const knownShapes =
  /\b(?:A[KS]IA[0-9A-Z]{16}|gh[opusr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}|xox[abprs]-[\w-]{10,255}|[rs]k_(?:live|test)_\w{10,255}|sk-[\w-]{20,255}|AIza[\w-]{30,60}|npm_\w{30,60}|hv[sbr]\.[\w-]{20,255}|SG\.[\w-]{16,60}\.[\w-]{16,60}|dop_v1_\w{32,128}|eyJ[\w-]{8,4096}\.[\w-]{4,4096}(?:\.[\w-]{0,4096})?)/g;
const longWords = /(?:sha(?:256|512):)?[A-Za-z0-9+/_=-]{20,4096}/g;

/**
 * The text with its secret-shaped words masked: values of names that look secret, users in URLs, authorization headers,
 * known kinds of tokens, private keys, and words too random to be language. References to a secret stay.
 * Each pattern begins at few places, so that time grows with the length of the text alone.
 */
export function maskText(text: string, mask: Mask): string {
  if (text.length < 4) return text;
  let out = text.replace(pemBlock, mask).replace(userInUrl, (user) => `${mask(user.slice(0, -1))}@`);
  out = out.replace(
    header,
    (all, key: string, gap: string, secret: string) => keep(all, secret) ?? key + gap + mask(secret.trim()),
  );
  out = out.replace(scheme, (all, key: string, gap: string, secret: string) =>
    /[\d=._~+/]|[a-z][A-Z]/.test(secret) ? (keep(all, secret) ?? key + gap + mask(secret)) : all,
  );
  for (const pattern of [assigned, quotedName, flag]) out = maskNamed(out, pattern, mask, () => true);
  out = maskNamed(out, told, mask, isTold);
  out = out.replace(userFlag, (_, user: string, secret: string) => `${user}:${keep(secret, secret) ?? mask(secret)}`);
  if (/mysql|mariadb/.test(out))
    out = out.replace(mysqlFlag, (all, secret: string) => keep(all, secret) ?? `-p${mask(secret)}`);
  if (/redis-cli/.test(out)) out = out.replace(redisFlag, (secret) => keep(secret, secret) ?? mask(secret));
  out = out.replace(knownShapes, mask);
  return out.replace(longWords, (word, at: number) => (isNamedAt(out, at) || !isSecretWord(word) ? word : mask(word)));
}

/**
 * The secret that a word of a command ends in because of the word before it: `--password X`, `-u me:X`, and of programs
 * that are known for it `-a X`, `-pX`. Undefined where the word is to be judged by itself.
 */
export function secretAfter(before: string, word: string, program: string): string | undefined {
  if (isReference(word)) return undefined;
  if (/^--?[\w.-]+$/.test(before) && looksSecret(before) && !word.startsWith('-')) return word;
  if (/^(?:-u|--user|--proxy-user)$/.test(before)) return unlessReference(/^[^:]+:(.+)$/s.exec(word)?.[1]);
  if (before === '-a' && program.includes('redis-cli')) return word;
  return /mysql|mariadb/.test(program) ? unlessReference(/^-p(.+)$/s.exec(word)?.[1]) : undefined;
}

const unlessReference = (secret: string | undefined) =>
  secret === undefined || isReference(secret) ? undefined : secret;

/** Masks the values of names that look secret. Other names consume no value: what follows one may be a name itself. */
function maskNamed(
  text: string,
  pattern: RegExp,
  mask: Mask,
  applies: (key: string, secret: string) => boolean,
): string {
  let out = '';
  let done = 0;
  for (const named of text.matchAll(pattern)) {
    const [all, key = ''] = named;
    value.lastIndex = named.index + all.length;
    const raw = named.index >= done && looksSecret(key) ? value.exec(text)?.[0] : undefined;
    const secret = bare(raw ?? '');
    if (raw === undefined || isReference(secret) || !applies(key, secret)) continue;
    const quote = secret === raw ? '' : raw.charAt(0);
    out += text.slice(done, named.index) + all + quote + mask(secret) + quote;
    done = named.index + all.length + raw.length;
  }
  return out + text.slice(done);
}

/** Prose says "token: unexpected status" as well as "token: abc123": only strong names make any word a secret. */
function isTold(key: string, secret: string): boolean {
  return /pass|pwd|api[_-]?key/i.test(key) || /\d/.test(secret) || secret.length >= 24;
}

function bare(raw: string): string {
  return /^(["']).*\1$/s.test(raw) ? raw.slice(1, -1) : raw;
}

function keep(all: string, secret: string): string | undefined {
  return isReference(secret) ? all : undefined;
}

/** What is masked already, and the id of a container or sandbox, which the status names as well. */
function isNamedAt(text: string, at: number): boolean {
  return /<masked:$|(?:sandbox|container|task)(?:d:\/\/|[ :="'\\]{1,5})$/i.test(text.slice(Math.max(0, at - 24), at));
}
